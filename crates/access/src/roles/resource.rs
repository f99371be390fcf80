//! Resources that can be protected, and the lists of privileges set for them (`roles-privileges.md` 2 and 4.2).

use super::PrivilegeSet;
use crate::grants::Action;

/// `type` of an entry of `permissions.allowed` (`roles-privileges.md` 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ResourceType {
    /// `datastore`: everything.
    Datastore,
    /// `dataclass`.
    Dataclass,
    /// `attribute`.
    Attribute,
    /// `method`: a datastore function, or a function of a dataclass, its entities or its selections.
    Method,
    /// `singleton`: all exposed functions of a singleton class.
    Singleton,
    /// `singletonMethod`.
    SingletonMethod,
}

impl ResourceType {
    /// By its name in the file.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "datastore" => Self::Datastore,
            "dataclass" => Self::Dataclass,
            "attribute" => Self::Attribute,
            "method" => Self::Method,
            "singleton" => Self::Singleton,
            "singletonMethod" => Self::SingletonMethod,
            _ => return None,
        })
    }

    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Datastore => "datastore",
            Self::Dataclass => "dataclass",
            Self::Attribute => "attribute",
            Self::Method => "method",
            Self::Singleton => "singleton",
            Self::SingletonMethod => "singletonMethod",
        }
    }

    /// True when the action has a meaning for this type (table of section 3; PR-11 for `promote`).
    pub(crate) fn takes(self, action: ListAction) -> bool {
        use ListAction::Of;
        match self {
            Self::Datastore | Self::Dataclass => matches!(action, Of(_)),
            Self::Attribute => !matches!(action, Of(Action::Execute) | ListAction::Promote),
            Self::Method | Self::SingletonMethod => matches!(action, Of(Action::Execute | Action::Describe) | ListAction::Promote),
            Self::Singleton => matches!(action, Of(Action::Execute | Action::Describe)),
        }
    }

    /// True when the text names a resource of this type: `ds`, `Book` or `Book.price`.
    pub(crate) fn fits(self, apply_to: &str) -> bool {
        let parts: Vec<&str> = apply_to.split('.').collect();
        let named = parts.iter().all(|part| !part.is_empty() && part.trim() == *part);
        match self {
            Self::Datastore => apply_to == "ds",
            Self::Dataclass | Self::Singleton => named && parts.len() == 1,
            Self::Attribute | Self::Method | Self::SingletonMethod => named && parts.len() == 2,
        }
    }
}

/// An action for which an entry may hold a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ListAction {
    /// One that a request can do.
    Of(Action),
    /// Privileges lent while a function runs (section 7).
    Promote,
}

impl ListAction {
    pub(crate) const ALL: [Self; 7] = [
        Self::Of(Action::Create),
        Self::Of(Action::Read),
        Self::Of(Action::Update),
        Self::Of(Action::Drop),
        Self::Of(Action::Execute),
        Self::Of(Action::Describe),
        Self::Promote,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Of(action) => action.name(),
            Self::Promote => "promote",
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Of(action) => action.index(),
            Self::Promote => 6,
        }
    }
}

/// A defined list: the privileges of which the caller needs one, and where the file says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    /// Known privileges of all entries for the resource and action, united.
    pub(crate) privileges: PrivilegeSet,
    /// Per entry: its path in the file, and its privileges.
    pub(crate) parts: Vec<(String, PrivilegeSet)>,
}

/// The lists of one resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists([Option<List>; 7]);

impl Lists {
    pub(crate) fn get(&self, action: ListAction) -> Option<&List> {
        self.0[action.index()].as_ref()
    }

    /// Adds the list of one entry; several entries for the same resource are united (4.2).
    pub(crate) fn unite(&mut self, action: ListAction, path: String, privileges: PrivilegeSet) {
        let list = self.0[action.index()].get_or_insert_default();
        list.privileges.unite(&privileges);
        list.parts.push((path, privileges));
    }
}
