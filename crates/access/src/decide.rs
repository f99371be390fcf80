//! The decision procedure of `roles-privileges.md` 4.3, by names: the one place that knows it.
//!
//! [`Grants`](crate::Grants) are its answers for a whole model, kept as bits; the explanations are its answers with their grounds.

use claviger_model::{AttrId, Attribute, Dataclass, Kind};

use crate::grants::{Action, Scope};
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

    /// The same for an attribute of a model: a relation and its foreign key attributes are one value in two guises, so that a list on either
    /// guards both. Whoever may not read `authorID` may not read `author`, which shows the same key; who may not change `author` may not
    /// change `authorID`. Relations that share a foreign key attribute guard each other. Seeing one in the catalog is not concerned: names
    /// are not values.
    pub(crate) fn attribute_of(&self, class: &Dataclass, attribute: &Attribute, action: Action) -> Verdict<'r> {
        let own = self.attribute(&class.name, &attribute.name, action);
        if !own.allowed || action == Action::Describe {
            return own;
        }
        let others = same_value(class, attribute).into_iter().map(|other| self.attribute(&class.name, &other.name, action));
        others.into_iter().find(|verdict| !verdict.allowed).unwrap_or(own)
    }

    /// True when the attribute, or another guise of its value (see [`Self::attribute_of`]), has a list for the action.
    pub(crate) fn has_list(&self, class: &Dataclass, attribute: &Attribute, action: Action) -> bool {
        let has = |attribute: &Attribute| {
            let lists = self.roles.lists(ResourceType::Attribute, &format!("{}.{}", class.name, attribute.name));
            lists.is_some_and(|lists| lists.get(ListAction::Of(action)).is_some())
        };
        has(attribute) || action != Action::Describe && same_value(class, attribute).into_iter().any(has)
    }

    /// A function is called (`execute`) or listed in the catalog (`describe`, 6.5): its own list, else what holds for where it is.
    pub(crate) fn function(&self, scope: Scope<'_>, name: &str, action: Action) -> Verdict<'r> {
        if scope == Scope::Datastore && name == "authentify" && action == Action::Execute {
            return Verdict { allowed: true, ground: Ground::Authentify };
        }
        self.own(scope.resource_type(), &scope.path(name), action).unwrap_or_else(|| match scope {
            Scope::Datastore => self.datastore(action),
            Scope::Dataclass(class) => self.dataclass(class, action),
            Scope::Singleton(singleton) => self.singleton(singleton, action),
        })
    }

    /// All functions of a singleton.
    pub(crate) fn singleton(&self, singleton: &str, action: Action) -> Verdict<'r> {
        self.own(ResourceType::Singleton, singleton, action).unwrap_or_else(|| self.datastore(action))
    }
}

/// Other attributes that hold the attribute's value, or a part of it: the relations over a foreign key attribute; a relation's foreign key
/// attributes and the relations that share one of them.
fn same_value<'m>(class: &'m Dataclass, attribute: &'m Attribute) -> Vec<&'m Attribute> {
    let foreign_key = |attribute: &'m Attribute| match &attribute.kind {
        Kind::RelatedEntity(relation) => relation.foreign_key.as_slice(),
        _ => &[],
    };
    let own: &[AttrId] = foreign_key(attribute);
    let holds = |part: &AttrId| *part == attribute.id || own.contains(part);
    let is_other = |other: &&'m Attribute| other.id != attribute.id && (own.contains(&other.id) || foreign_key(other).iter().any(holds));
    class.attributes.iter().filter(is_other).collect()
}
