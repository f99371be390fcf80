//! What a request wants to do: verb, `$method` and body together (`rest-dialect.md` 9.7, 12.2, 13.1, R20).

use claviger_model::Dataclass;

use super::Planning;
use super::choice::names;
use super::context::visible;
use super::denial::{malformed, not_in_list};
use crate::ask::Verb;
use crate::error::Error;
use crate::later;
use crate::url::{Method, Pick, Target};

/// What a request wants to do to a dataclass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operation {
    Read,
    /// `create_only`: `$method=insert`.
    Save {
        create_only: bool,
    },
    /// Bytes into an image or blob (14.3).
    Post,
    Delete,
}

impl Planning<'_> {
    pub(super) fn operation(&self, class: &Dataclass, target: &Target, has_body: bool) -> Result<Operation, Error> {
        let parameters = &self.ask.parameters;
        let aggregates = parameters.compute.is_some() || parameters.distinct;
        if self.ask.wants_bytes() && (parameters.raw_pict.is_some() || self.context.bytes.posted().is_some_and(|bytes| !bytes.is_empty())) {
            return Ok(Operation::Post);
        }
        let operation = match (self.ask.verb, parameters.method) {
            (_, Some(Method::EntitySet)) => return Err(later::set_method("entityset")),
            (_, Some(Method::SubEntitySet)) if !matches!(target.pick, Some(Pick::Key(_))) => return Err(later::sub_set_of_dataclass()),
            (_, Some(Method::SubEntitySet)) => return Err(later::set_method("subentityset")),
            (_, Some(Method::Release)) => return Err(later::set_method("release")),
            (_, Some(Method::Validate)) => return Err(later::validate()),
            (Verb::Get, None) => Operation::Read,
            (Verb::Get, Some(Method::Delete)) if self.context.options.allow_get_delete => Operation::Delete,
            (Verb::Post, None) if parameters.refresh => return Err(malformed(1813, "$refresh is not applicable here.")),
            (Verb::Post, None) if !aggregates && (!has_body || parameters.extended) => Operation::Read,
            (Verb::Post, None) if aggregates => return Err(malformed(1813, "$compute and $distinct are asked for with GET.")),
            (Verb::Post | Verb::Put | Verb::Patch, Some(Method::Update)) if parameters.refresh => {
                return Err(malformed(1813, "$refresh is not applicable here."));
            }
            (Verb::Post, None | Some(Method::Update)) => Operation::Save { create_only: false },
            (Verb::Post, Some(Method::Insert)) => Operation::Save { create_only: true },
            (Verb::Post, Some(Method::Delete)) => Operation::Delete,
            (Verb::Put | Verb::Patch, None | Some(Method::Update)) if matches!(target.pick, Some(Pick::Key(_))) => {
                Operation::Save { create_only: false }
            }
            (Verb::Delete, None | Some(Method::Delete)) if matches!(target.pick, Some(Pick::Key(_))) => Operation::Delete,
            (Verb::Put | Verb::Patch | Verb::Delete, _) => {
                return Err(malformed(1806, "PUT, PATCH and DELETE need one entity by key, as in Book(12)."));
            }
            (Verb::Get, Some(Method::Update | Method::Insert | Method::Delete)) => {
                return Err(malformed(1813, "This $method is not applicable to GET. Send a POST."));
            }
        };
        if operation != Operation::Read
            && let Some(list) = &target.list
        {
            // A segment that is no attribute list may be meant as a function: its name is what cannot be found (2.5).
            for name in names(list) {
                let first = name.split('.').next().unwrap_or_default();
                if visible(class, first).is_none() {
                    return Err(not_in_list(class, name));
                }
            }
            return Err(malformed(1813, "An attribute list in the path cannot be written."));
        }
        if operation == Operation::Delete && aggregates {
            return Err(malformed(1813, "$method=delete is not applicable together with $compute or $distinct."));
        }
        Ok(operation)
    }
}
