//! Permissions of one caller against one model, computed once (`roles-privileges.md` 4).

use claviger_model::{AttrRef, ClassId};

/// What is done to a resource (`roles-privileges.md` 3). `promote` is no action of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names are those of roles-privileges.md 3")]
pub enum Action {
    Create,
    Read,
    Update,
    Drop,
    Execute,
    Describe,
}

/// The resolved permissions of one role (or of an Administration key) against one model.
#[derive(Clone, Debug)]
pub struct Grants {
    pub(crate) id: u64,
}

impl Grants {
    /// Unique in the process for each computed value: usable as a cache key.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// `dataclass(C, action)` of `roles-privileges.md` 4.3.
    pub fn dataclass(&self, _class: ClassId, _action: Action) -> bool {
        unimplemented!()
    }

    /// `attribute(C, a, action)` of 4.3: includes the test of the dataclass.
    pub fn attribute(&self, _attribute: AttrRef, _action: Action) -> bool {
        unimplemented!()
    }

    /// True when the attribute has a list of its own for the action (rules ).
    pub fn has_own_list(&self, _attribute: AttrRef, _action: Action) -> bool {
        unimplemented!()
    }
}
