//! The decision procedure of `roles-privileges.md` 4.3, by names: the one place that knows it.
//!
//! [`Grants`](crate::Grants) are its answers for a whole model, kept as bits; the explanations are its answers with their grounds.

use crate::grants::Action;
use crate::roles::{List, ListAction, PrivilegeSet, ResourceType, Roles};

/// An answer, and which list or rule gave it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict<'r> {
    pub(crate) allowed: bool,
    pub(crate) ground: Ground<'r>,
}

/// What decided.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ground<'r> {
    /// A list of the file.
    List(&'r List),
    /// Nothing is defined: `restrictedByDefault`.
    Default,
    /// No `describe` list (6.5).
    Described,
    /// The function `authentify`, open to everybody (section 5).
    Authentify,
}

/// Asks the rules for somebody who holds certain privileges.
pub(crate) struct Decider<'r> {
    roles: &'r Roles,
    held: &'r PrivilegeSet,
}

impl<'r> Decider<'r> {
    pub(crate) fn new(roles: &'r Roles, held: &'r PrivilegeSet) -> Self {
        Self { roles, held }
    }

    /// The answer of a resource's own list, when it is defined.
    fn own(&self, of: ResourceType, apply_to: &str, action: Action) -> Option<Verdict<'r>> {
        let list = self.roles.lists(of, apply_to)?.get(ListAction::Of(action))?;
        Some(Verdict { allowed: self.held.meets(&list.privileges), ground: Ground::List(list) })
    }

    pub(crate) fn datastore(&self, action: Action) -> Verdict<'r> {
        self.own(ResourceType::Datastore, "ds", action).unwrap_or_else(|| match action {
            // Without any describe list everything is listed for everybody, in restricted mode too.
            Action::Describe => Verdict { allowed: true, ground: Ground::Described },
            _ => Verdict { allowed: !self.roles.restricted_by_default(), ground: Ground::Default },
        })
    }

    /// Overrides the datastore.
    pub(crate) fn dataclass(&self, class: &str, action: Action) -> Verdict<'r> {
        self.own(ResourceType::Dataclass, class, action).unwrap_or_else(|| self.datastore(action))
    }

    /// In addition to the dataclass.
    pub(crate) fn attribute(&self, class: &str, attribute: &str, action: Action) -> Verdict<'r> {
        let inherited = self.dataclass(class, action);
        if !inherited.allowed {
            return inherited;
        }
        self.own(ResourceType::Attribute, &format!("{class}.{attribute}"), action).unwrap_or(inherited)
    }

    pub(crate) fn datastore_function(&self, name: &str) -> Verdict<'r> {
        if name == "authentify" {
            return Verdict { allowed: true, ground: Ground::Authentify };
        }
        let own = self.own(ResourceType::Method, &format!("ds.{name}"), Action::Execute);
        own.unwrap_or_else(|| self.datastore(Action::Execute))
    }

    /// Overrides the dataclass.
    pub(crate) fn dataclass_function(&self, class: &str, name: &str) -> Verdict<'r> {
        let own = self.own(ResourceType::Method, &format!("{class}.{name}"), Action::Execute);
        own.unwrap_or_else(|| self.dataclass(class, Action::Execute))
    }

    pub(crate) fn singleton(&self, singleton: &str) -> Verdict<'r> {
        self.own(ResourceType::Singleton, singleton, Action::Execute).unwrap_or_else(|| self.datastore(Action::Execute))
    }

    /// Overrides the singleton.
    pub(crate) fn singleton_function(&self, singleton: &str, name: &str) -> Verdict<'r> {
        let own = self.own(ResourceType::SingletonMethod, &format!("{singleton}.{name}"), Action::Execute);
        own.unwrap_or_else(|| self.singleton(singleton))
    }
}
