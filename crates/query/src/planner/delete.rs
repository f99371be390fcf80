//! Deleting (`rest-dialect.md` 13.1).

use claviger_access::Action;
use claviger_model::Dataclass;
use serde_json::Value as Json;

use super::condition::Conditions;
use super::context::Context;
use super::denial::{self, malformed};
use super::scope::Arena;
use super::{Planning, key, reach};
use crate::ask::{Body, Request};
use crate::change::{Change, Delete, Listed};
use crate::error::{Error, ErrorKind};
use crate::filter::Parameters;
use crate::plan::{Base, Selection};
use crate::restriction::Restrictions;
use crate::url::{Pick, Target};

impl<'a> Planning<'a> {
    pub(super) fn delete(self, class: &'a Dataclass, target: &'a Target, body: Body) -> Result<Request, Error> {
        let parameters = &self.ask.parameters;
        ask(self.context, class)?;
        let mut arena = Arena::new(class);
        let keys = keys(class, body)?;
        // Whatever the path names: a filter that came out empty is a mistake of its writer (9.1).
        let filter = self.query()?.condition;
        if filter.is_none() && parameters.filter.is_some() {
            return Err(malformed(1201, "The query cannot be analysed: it is empty. Nothing was deleted."));
        }
        if parameters.stamp.is_some() && target.pick.is_none() {
            return Err(malformed(1813, "$stamp is compared when one entity is deleted by its key. Nothing was deleted."));
        }
        let (base, filter) = match &target.pick {
            Some(Pick::Key(_)) if keys.is_some() => {
                return Err(malformed(1806, "One entity by key takes no list of keys in the body. Nothing was deleted."));
            }
            Some(Pick::Key(text)) => (key::base(class, text), None),
            Some(Pick::Unique { .. }) => return Err(malformed(1813, "$method=delete needs the key of the entity.")),
            None => {
                refuse_all(self.context, filter.is_some() || keys.is_some() || target.set.is_some())?;
                let conditions = Conditions::new(self.context, class, Parameters::of(parameters.params.as_ref()));
                (Base::All, filter.map(|expr| conditions.predicate(&expr, &mut arena)).transpose()?)
            }
        };
        let selection = Selection { filter, scopes: arena.finish(), ..Selection::of(class.id, base) };
        let listed = keys.map(|keys| Box::new(Listed { keys: Some(keys), seen: Vec::new() }));
        let change = Delete {
            listed,
            stamp: parameters.stamp.as_deref().copied(),
            atomic: parameters.atomic,
            ..of_selection(self.context, selection)
        };
        match &target.set {
            Some(id) => self.delete_over(class, id, change),
            None => Ok(Request::Write(Change::Delete(change))),
        }
    }
}

/// Refuses a caller who may not delete entities of the dataclass.
pub(super) fn ask(context: Context<'_>, class: &Dataclass) -> Result<(), Error> {
    // Dropping needs reading too (roles-privileges 3).
    context.ask_dataclass(class, Action::Read)?;
    context.ask_dataclass(class, Action::Drop)?;
    if class.is_writable() {
        return Ok(());
    }
    let message = format!("{} cannot be deleted from: it is read only, or nothing identifies its entities", class.name);
    Err(Error::new(ErrorKind::Failed, 1046, message))
}

/// The deletion of what is selected, for a caller who was let through by [`ask`].
pub(super) fn of_selection(context: Context<'_>, selection: Selection) -> Delete {
    Delete {
        reaches: reach::of(context, context.dataclass(selection.class)),
        class: selection.class,
        scopes: selection.scopes,
        base: selection.base,
        filter: selection.filter,
        listed: None,
        stamp: None,
        atomic: false,
        restrictions: Restrictions::default(),
    }
}

/// Refuses to delete every entity of a dataclass where that is switched off.
pub(super) fn refuse_all(context: Context<'_>, is_restricted: bool) -> Result<(), Error> {
    if is_restricted || context.options.allow_delete_all {
        return Ok(());
    }
    Err(malformed(1813, "Deleting every entity of a dataclass is switched off. Give a key, a $filter or keys."))
}

/// The keys that a body restricts the deletion to; an empty array restricts nothing.
fn keys(class: &Dataclass, body: Body) -> Result<Option<Vec<Option<Vec<claviger_model::Value>>>>, Error> {
    let wrong = || denial::malformed(1806, "The body of a deletion must be an array of objects with __KEY.");
    let items = match body {
        None => return Ok(None),
        Some(Json::Array(items)) if items.is_empty() => return Ok(None),
        Some(Json::Object(members)) if members.is_empty() => return Ok(None),
        Some(Json::Array(items)) => items,
        Some(item @ Json::Object(_)) => vec![item],
        Some(_) => return Err(wrong()),
    };
    let keys = items.iter().map(|item| match item {
        Json::Object(members) => members.get("__KEY").filter(|key| !key.is_null()).ok_or_else(wrong),
        Json::String(_) | Json::Number(_) => Ok(item),
        _ => Err(wrong()),
    });
    let keys = keys.map(|key| key.map(|key| key::key_values(class, &key::key_of_json(key))));
    keys.collect::<Result<Vec<_>, _>>().map(Some)
}
