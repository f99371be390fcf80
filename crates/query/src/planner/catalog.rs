//! `$catalog`: which dataclasses and attributes are described (`rest-dialect.md` 8, `roles-privileges.md` 6.5).

use claviger_access::{Action, Protected};
use claviger_model::{AttrId, Dataclass};

use super::call;
use super::context::Context;
use super::denial;
use crate::ask::{Catalog, CatalogClass, Verb};
use crate::asked::Bearing;
use crate::error::Error;
use crate::url::CatalogAsk;

pub(super) fn plan(context: Context<'_>, asked: &CatalogAsk, verb: Verb) -> Result<Catalog, Error> {
    let every = || context.model.dataclasses().iter().filter(|class| is_listed(context, class)).map(|class| describe(context, class));
    let (full, dataclasses) = match asked {
        CatalogAsk::Named(names) if verb != Verb::Get => {
            return Err(call::no_datastore_function(&names.join(",")));
        }
        CatalogAsk::Short => (false, every().collect()),
        CatalogAsk::All => (true, every().collect()),
        // A dataclass that is not described to the caller does not exist in the catalog.
        CatalogAsk::Named(names) => {
            let named = names.iter().map(|name| match context.model.find(name).filter(|class| is_listed(context, class)) {
                Some(class) => Ok(describe(context, class)),
                None => Err(denial::no_dataclass(name)),
            });
            (true, named.collect::<Result<_, _>>()?)
        }
    };
    Ok(Catalog { full, dataclasses })
}

/// With `catalog = "readable"` what may not be read is not in the catalog.
fn is_listed(context: Context<'_>, class: &Dataclass) -> bool {
    class.exposed
        && left_in(context, class, None, Action::Describe, context.grants.describes(class.id))
        && (!context.options.catalog_readable
            || left_in(context, class, None, Action::Read, context.grants.dataclass(class.id, Action::Read)))
}

/// Gives `allowed` back, written down when it leaves something out.
fn left_in(context: Context<'_>, class: &Dataclass, attribute: Option<AttrId>, action: Action, allowed: bool) -> bool {
    if !allowed {
        let on = attribute.map_or(Protected::Dataclass(class.id), |id| Protected::Attribute(class.at(id)));
        context.note(action, on, false, Bearing::Sent);
    }
    allowed
}

fn describe(context: Context<'_>, class: &Dataclass) -> CatalogClass {
    let attributes = class.attributes.iter().filter(|attribute| {
        let at = class.at(attribute.id);
        // A relation to a dataclass that is left out would lead nowhere.
        context.is_visible(attribute)
            && left_in(context, class, Some(at.attr), Action::Describe, context.grants.describes_attribute(at))
            && (!context.options.catalog_readable || left_in(context, class, Some(at.attr), Action::Read, context.may_read(at)))
            && attribute.target().is_none_or(|target| is_listed(context, context.dataclass(target)))
    });
    CatalogClass { class: class.id, attributes: attributes.map(|attribute| attribute.id).collect() }
}
