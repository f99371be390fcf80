//! `$catalog`: which dataclasses and attributes are described (`rest-dialect.md` 8, `roles-privileges.md` 6.5).

use claviger_access::{Action, Protected};
use claviger_model::{Dataclass, FunctionClass, FunctionList};

use super::call;
use super::context::Context;
use super::denial;
use crate::ask::{Catalog, CatalogClass, CatalogFunction, Verb};
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
    let functions = context.model.functions();
    let singletons = functions.singletons().filter(|(_, singleton)| singleton.shared);
    let singletons = singletons
        .map(|(name, singleton)| (name.to_owned(), listed(context, &FunctionClass::Singleton(name.to_owned()), &singleton.functions)));
    Ok(Catalog {
        full,
        dataclasses,
        functions: listed(context, &FunctionClass::Datastore, functions.datastore()),
        singletons: singletons.filter(|(_, functions)| !functions.is_empty()).collect(),
    })
}

/// With `catalog = "readable"` what may not be read is not in the catalog.
fn is_listed(context: Context<'_>, class: &Dataclass) -> bool {
    class.exposed
        && left_in(context, Protected::Dataclass(class.id), Action::Describe, context.grants.describes(class.id))
        && (!context.options.catalog_readable
            || left_in(context, Protected::Dataclass(class.id), Action::Read, context.grants.dataclass(class.id, Action::Read)))
}

/// Gives `allowed` back, written down when it leaves something out.
fn left_in(context: Context<'_>, on: Protected, action: Action, allowed: bool) -> bool {
    if !allowed {
        context.note(action, on, false, Bearing::Sent);
    }
    allowed
}

fn describe(context: Context<'_>, class: &Dataclass) -> CatalogClass {
    let attributes = class.attributes.iter().filter(|attribute| {
        let at = class.at(attribute.id);
        // A relation to a dataclass that is left out would lead nowhere.
        context.is_visible(attribute)
            && left_in(context, Protected::Attribute(at), Action::Describe, context.grants.describes_attribute(at))
            && (!context.options.catalog_readable || left_in(context, Protected::Attribute(at), Action::Read, context.may_read(at)))
            && attribute.target().is_none_or(|target| is_listed(context, context.dataclass(target)))
    });
    let mut functions = Vec::new();
    if let Some(own) = context.model.functions().of(class.id) {
        // A function of selections hides one of the dataclass (15.1).
        functions = listed(context, &FunctionClass::Dataclass(class.id), &own.dataclass);
        functions.retain(|function| own.selection.exposed(&function.name).is_none());
        functions.extend(listed(context, &FunctionClass::Selection(class.id), &own.selection));
        functions.extend(listed(context, &FunctionClass::Entity(class.id), &own.entity));
    }
    CatalogClass { class: class.id, attributes: attributes.map(|attribute| attribute.id).collect(), functions }
}

/// The exposed functions of a class, by name. With `catalog = "readable"` what may not be executed is not in the catalog.
fn listed(context: Context<'_>, class: &FunctionClass, functions: &FunctionList) -> Vec<CatalogFunction> {
    let exposed = functions.all_exposed().filter(|(_, function)| {
        let on = Protected::Function(function.id);
        left_in(context, on, Action::Describe, context.grants.describes_function(function.id))
            && (!context.options.catalog_readable || left_in(context, on, Action::Execute, context.grants.executes(function.id)))
    });
    exposed
        .map(|(name, function)| CatalogFunction { name: name.to_owned(), class: class.clone(), on_http_get: function.on_http_get })
        .collect()
}
