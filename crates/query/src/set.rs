//! Entity sets as a request speaks of them (`rest-dialect.md` 11). Which keys an ID stands for is known outside of here: whoever knows them
//! lays the request over them ([`OverSet::over`]).

use std::sync::Arc;

use claviger_model::ClassId;

use crate::ask::Request;
use crate::call::Call;
use crate::change::{Change, Delete};
use crate::error::{Error, ErrorKind};
use crate::keys::{KeyList, SetOperator};
use crate::plan::{Base, Plan, Selection};

/// A request about the entities of a kept set: authorised, but not yet over any keys.
#[derive(Debug)]
pub struct OverSet {
    pub(crate) class: ClassId,
    pub(crate) id: String,
    pub(crate) combine: Option<Combine>,
    pub(crate) clean: bool,
    pub(crate) then: Then,
}

/// What is to be done with the entities of the set.
#[derive(Debug)]
pub(crate) enum Then {
    Read(Plan),
    Delete(Delete),
    Call(Box<Call>),
}

/// `$logicOperator` with `$otherCollection` (11.6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Combine {
    pub(crate) operator: SetOperator,
    pub(crate) other: String,
}

/// The result is to be stored as a new set (11.1, 11.8).
#[derive(Debug)]
pub struct Keep {
    pub(crate) life: Option<u64>,
    pub(crate) made_from: Option<Selection>,
}

/// Sets are given up (11.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Release {
    /// `$entityset/$release`: what is not there is passed over.
    Listed {
        /// The dataclass that the path names, if it names one.
        class: Option<ClassId>,
        /// As written.
        ids: Vec<String>,
    },
    /// `$method=release` behind one set: it must be there, and of the dataclass of the path.
    One {
        /// The dataclass.
        class: ClassId,
        /// As written.
        id: String,
    },
}

impl OverSet {
    /// Dataclass of the path; the set must be of the same.
    pub fn class(&self) -> ClassId {
        self.class
    }

    /// ID as written.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The other set that it is to be combined with.
    pub fn combine(&self) -> Option<&Combine> {
        self.combine.as_ref()
    }

    /// Entities that are gone do not count (`$clean`).
    pub fn is_clean(&self) -> bool {
        self.clean
    }

    /// All entities of these keys that are still there, in their order (`$clean`).
    pub fn existing(&self, keys: Arc<KeyList>) -> Selection {
        let restrictions = match &self.then {
            Then::Read(plan) => plan.restrictions(),
            Then::Delete(delete) => delete.restrictions(),
            Then::Call(call) => call.receiver.restrictions(),
        };
        Selection { restrictions: restrictions.clone(), ..Selection::of(self.class, Base::Set(keys)) }
    }

    /// The request over these keys: its entities are read or deleted, or a function is called on them.
    pub fn over(self, keys: Arc<KeyList>) -> Request {
        match self.then {
            Then::Read(mut plan) => {
                plan.selection.base = Base::Set(keys);
                Request::Read(plan)
            }
            Then::Delete(mut delete) => {
                delete.base = Base::Set(keys);
                Request::Write(Change::Delete(delete))
            }
            Then::Call(mut call) => {
                call.receiver.lay_over(keys);
                Request::Call(call)
            }
        }
    }
}

impl Combine {
    /// How.
    pub fn operator(&self) -> SetOperator {
        self.operator
    }

    /// ID of the other set, as written.
    pub fn other(&self) -> &str {
        &self.other
    }
}

impl Keep {
    /// `$timeout`, in seconds.
    pub fn life(&self) -> Option<u64> {
        self.life
    }
}

impl Release {
    /// The dataclass that the path names, if it names one.
    pub fn class(&self) -> Option<ClassId> {
        match self {
            Self::Listed { class, .. } => *class,
            Self::One { class, .. } => Some(*class),
        }
    }
}

impl Plan {
    /// The result is to be stored as a new set.
    pub fn keep(&self) -> Option<&Keep> {
        self.keep.as_deref()
    }

    /// What a new set holds: the whole result, whatever page of it is sent; made from `$savedfilter` and `$savedorderby` where these differ
    /// from what this request sees (R1).
    pub fn kept(&self) -> Selection {
        self.keep.as_ref().and_then(|keep| keep.made_from.as_ref()).unwrap_or(&self.selection).clone()
    }

    /// A page of a set that was just stored from [`Self::kept`].
    #[must_use]
    pub fn page_of(mut self, keys: Arc<KeyList>) -> Self {
        let is_narrowed = self.keep.take().is_some_and(|keep| keep.made_from.is_some());
        self.selection.base = Base::Set(keys);
        if !is_narrowed {
            self.selection.filter = None;
            self.selection.order = Vec::new();
        }
        self
    }
}

/// The ID in a text that is an ID, or the path of a set.
pub(crate) fn id_of(text: &str) -> &str {
    let text = text.split('?').next().unwrap_or_default().trim().trim_end_matches('/');
    text.rsplit('/').next().unwrap_or_default()
}

/// 1802
pub fn absent() -> Error {
    Error::new(ErrorKind::NotFound, 1802, "The entity set cannot be found")
}

/// 1803
pub fn other_dataclass() -> Error {
    Error::new(ErrorKind::Malformed, 1803, "The entity set is of another dataclass")
}

/// 1820
pub fn other_absent() -> Error {
    Error::new(ErrorKind::Malformed, 1820, "The entity set of $otherCollection cannot be found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_alone_or_in_paths() {
        for text in ["AB12", "/rest/Book/$entityset/AB12", "rest/Book/$entityset/AB12/", " AB12 ", "/rest/Book/$entityset/AB12?$top=1"] {
            assert_eq!(id_of(text), "AB12", "{text}");
        }
        assert_eq!(id_of(""), "");
    }
}
