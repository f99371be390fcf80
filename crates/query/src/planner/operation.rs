//! What a request wants to do: verb, `$method` and body together (`rest-dialect.md` 9.7, 12.2, 13.1, R20).

use claviger_model::Dataclass;

use super::Planning;
use super::choice::names;
use super::denial::{malformed, not_in_list};
use crate::ask::Verb;
use crate::change::Trial;
use crate::error::Error;
use crate::url::{KeyText, Method, Pick, Target};

/// What a request wants to do to a dataclass.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation<'a> {
    /// With or without `$method=entityset`.
    Read,
    /// `$method=subentityset` on one entity.
    Related(&'a KeyText),
    /// `$method=release`.
    Release,
    /// `taken`: `$lock=true`.
    Lock {
        taken: bool,
    },
    /// `create_only`: `$method=insert`. `trial`: nothing of it stays.
    Save {
        create_only: bool,
        trial: Option<Trial>,
    },
    /// Bytes into an image or blob (14.3). `trial`: nothing of it stays.
    Post {
        trial: Option<Trial>,
    },
    Delete,
}

impl Planning<'_> {
    pub(super) fn operation<'t>(&self, class: &Dataclass, target: &'t Target, has_body: bool) -> Result<Operation<'t>, Error> {
        let parameters = &self.ask.parameters;
        let aggregates = parameters.compute.is_some() || parameters.distinct;
        let trial = parameters.refresh.then_some(Trial::Refresh);
        if self.ask.wants_bytes(self.context.model)
            && (parameters.raw_pict.is_some() || self.context.bytes.posted().is_some_and(|bytes| !bytes.is_empty()))
        {
            return Ok(Operation::Post { trial });
        }
        let operation = match (self.ask.verb, parameters.method) {
            (Verb::Get, Some(Method::EntitySet | Method::SubEntitySet | Method::Release)) => self.set_operation(target)?,
            (Verb::Post, Some(Method::EntitySet | Method::SubEntitySet | Method::Release)) if !has_body || parameters.extended => {
                self.set_operation(target)?
            }
            (Verb::Post, Some(Method::EntitySet | Method::SubEntitySet | Method::Release)) => {
                return Err(malformed(1813, "This $method takes no body."));
            }
            (Verb::Get | Verb::Post, None) if parameters.lock.is_some() && Self::is_entity(target) => {
                Operation::Lock { taken: parameters.lock == Some(true) }
            }
            (Verb::Post, Some(Method::Validate)) => Operation::Save { create_only: false, trial: Some(Trial::Validate) },
            (Verb::Get, None) => Operation::Read,
            (Verb::Get, Some(Method::Delete)) if self.context.options.allow_get_delete => Operation::Delete,
            (Verb::Post, None) if parameters.refresh && !has_body => return Err(malformed(1813, "$refresh is not applicable here.")),
            (Verb::Post, None) if !aggregates && (!has_body || parameters.extended) => Operation::Read,
            (Verb::Post, None) if aggregates => return Err(malformed(1813, "$compute and $distinct are asked for with GET.")),
            (Verb::Post, None | Some(Method::Update)) => Operation::Save { create_only: false, trial },
            (Verb::Post, Some(Method::Insert)) => Operation::Save { create_only: true, trial },
            (Verb::Post, Some(Method::Delete)) => Operation::Delete,
            (Verb::Put | Verb::Patch, None | Some(Method::Update)) if matches!(target.pick, Some(Pick::Key(_))) => {
                Operation::Save { create_only: false, trial }
            }
            (Verb::Delete, None | Some(Method::Delete)) if matches!(target.pick, Some(Pick::Key(_))) => Operation::Delete,
            (Verb::Put | Verb::Patch | Verb::Delete, _) => {
                return Err(malformed(1806, "PUT, PATCH and DELETE need one entity by key, as in Book(12)."));
            }
            (Verb::Get, Some(Method::Update | Method::Insert | Method::Validate | Method::Delete)) => {
                return Err(malformed(1813, "This $method is not applicable to GET. Send a POST."));
            }
        };
        if target.set.is_some() && target.pick.is_some() {
            return Err(malformed(1806, "An entity set stands behind its dataclass, not behind one entity."));
        }
        if target.set.is_some() && matches!(operation, Operation::Save { .. }) {
            return Err(malformed(1813, "The entities of an entity set are not saved through it: send each to its dataclass."));
        }
        if matches!(operation, Operation::Save { .. } | Operation::Delete)
            && let Some(list) = &target.list
        {
            // A segment that is no attribute list may be meant as a function: its name is what cannot be found (2.5).
            for name in names(list) {
                let first = name.split('.').next().unwrap_or_default();
                if self.context.visible(class, first).is_none() {
                    return Err(not_in_list(class, name));
                }
            }
            return Err(malformed(1813, "An attribute list in the path cannot be written."));
        }
        if matches!(operation, Operation::Delete) && aggregates {
            return Err(malformed(1813, "$method=delete is not applicable together with $compute or $distinct."));
        }
        Ok(operation)
    }

    /// `$method=entityset`, `subentityset`, `release` by what the path names (9.7).
    fn set_operation<'t>(&self, target: &'t Target) -> Result<Operation<'t>, Error> {
        Ok(match (self.ask.parameters.method, &target.pick) {
            (Some(Method::Release), None) => Operation::Release,
            (Some(Method::EntitySet), None) => Operation::Read,
            (Some(Method::SubEntitySet), Some(Pick::Key(key))) => Operation::Related(key),
            // A plain page: clients page through a set with it (11.8).
            (Some(Method::SubEntitySet), None) if target.set.is_some() => Operation::Read,
            (Some(Method::SubEntitySet), _) => {
                return Err(malformed(1815, "$method=subentityset needs one entity and one of its relatedEntities attributes."));
            }
            _ => return Err(malformed(1813, "This $method is not applicable to one entity.")),
        })
    }
}
