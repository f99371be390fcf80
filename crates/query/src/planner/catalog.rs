//! `$catalog`: which dataclasses and attributes are described (`rest-dialect.md` 8, `roles-privileges.md` 6.5).

use claviger_access::Action;
use claviger_model::Dataclass;

use super::context::{Context, is_visible};
use super::denial;
use crate::ask::{Catalog, CatalogClass, Verb};
use crate::error::Error;
use crate::later::Later;
use crate::url::CatalogAsk;

pub(super) fn plan(context: Context<'_>, asked: &CatalogAsk, verb: Verb) -> Result<Catalog, Error> {
    let every = || context.model.dataclasses().iter().filter(|class| class.exposed && is_listed(context, class));
    let (full, classes): (bool, Vec<&Dataclass>) = match asked {
        CatalogAsk::Named(names) if verb != Verb::Get => {
            return Err(Later::Function(names.join(",")).refuse(context.grants));
        }
        CatalogAsk::Short => (false, every().collect()),
        CatalogAsk::All => (true, every().collect()),
        CatalogAsk::Named(names) => {
            let mut named = names.iter().map(|name| by_name(context, name)).collect::<Result<Vec<_>, _>>()?;
            named.sort_by_key(|class| class.id);
            named.dedup_by_key(|class| class.id);
            (true, named)
        }
    };
    let dataclasses = classes.into_iter().map(|class| describe(context, class)).collect();
    Ok(Catalog { full, dataclasses })
}

fn by_name<'a>(context: Context<'a>, name: &str) -> Result<&'a Dataclass, Error> {
    let class = context.class(name)?;
    if !context.grants.describes(class.id) {
        return Err(denial::dataclass(class, Action::Describe));
    }
    // With `catalog = "readable"` what may not be read is not in the catalog.
    if is_listed(context, class) { Ok(class) } else { Err(denial::no_dataclass(name)) }
}

fn is_listed(context: Context<'_>, class: &Dataclass) -> bool {
    context.grants.describes(class.id) && (!context.options.catalog_readable || context.grants.dataclass(class.id, Action::Read))
}

fn describe(context: Context<'_>, class: &Dataclass) -> CatalogClass {
    let attributes = class
        .attributes
        .iter()
        .filter(|attribute| {
            let at = class.at(attribute.id);
            is_visible(attribute)
                && context.grants.describes_attribute(at)
                && (!context.options.catalog_readable || context.may_read(at))
        })
        .map(|attribute| attribute.id)
        .collect();
    CatalogClass { class: class.id, attributes }
}
