//! Why a permission is granted or denied, and the resolved table of a role (`roles-privileges.md` 10).

mod resolved;

use claviger_model::{AttrRef, Attribute, ClassId, Dataclass, FunctionId, Model};
use serde::Serialize;

pub use self::resolved::{Resolved, ResolvedAttribute, ResolvedDataclass, ResolvedDatastore, ResolvedFunction, ResolvedSingleton, Summary};
use crate::decide::{Decider, Ground, Verdict};
use crate::grants::{Action, Scope};
use crate::roles::{PrivilegeSet, Roles, WEB_ADMIN};

/// An answer with its ground: one cell of the table (RV-1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Granted.
    pub allowed: bool,
    /// What decided: the path of a list (`permissions.allowed[3].read`), `restrictedByDefault`, `administration`, ...
    pub by: String,
    /// One sentence for people; only in answers of [`explain`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Functions that the caller may call and that lend what is missing while they run (section 7); only in tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lent_by: Vec<String>,
}

/// A resource by name, as somebody types it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resource {
    /// `ds`.
    Datastore,
    /// `Book`.
    Dataclass(String),
    /// `Book.price`.
    Attribute(String, String),
    /// `ds.stats`.
    DatastoreFunction(String),
    /// `Book.lendTo`.
    DataclassFunction(String, String),
    /// `Mailer`.
    Singleton(String),
    /// `Mailer.ping`.
    SingletonFunction(String, String),
}

impl Resource {
    /// What a text names in this model: a name that is no dataclass is taken for a singleton, a member that is no attribute for a function.
    pub fn parse(text: &str, model: &Model) -> Self {
        let Some((scope, member)) = text.split_once('.') else {
            return match text {
                "ds" => Self::Datastore,
                _ if model.find(text).is_some() => Self::Dataclass(text.to_owned()),
                _ => Self::Singleton(text.to_owned()),
            };
        };
        let (scope, member) = (scope.to_owned(), member.to_owned());
        match model.find(&scope) {
            _ if scope == "ds" => Self::DatastoreFunction(member),
            Some(class) if class.find(&member).is_some() => Self::Attribute(scope, member),
            Some(_) => Self::DataclassFunction(scope, member),
            None => Self::SingletonFunction(scope, member),
        }
    }

    /// The actions that can be asked of it (section 3).
    pub fn actions(&self) -> &'static [Action] {
        use Action::{Create, Drop, Execute, Read, Update};
        match self {
            Self::Datastore | Self::Dataclass(_) => &[Create, Read, Update, Drop, Execute],
            Self::Attribute(..) => &[Create, Read, Update, Drop],
            Self::DatastoreFunction(_) | Self::DataclassFunction(..) | Self::Singleton(_) | Self::SingletonFunction(..) => &[Execute],
        }
    }
}

/// Whose permissions are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller<'a> {
    /// A Standard key with this role; `None`, or a role that is not declared: a guest.
    Role(Option<&'a str>),
    /// An Administration key.
    Administration,
    /// An Administration key while the setting `keys.admin_protection` keeps data from it.
    ProtectedAdministration,
}

/// Answers for one caller.
struct Explainer<'r> {
    roles: &'r Roles,
    /// None: an Administration key.
    held: Option<PrivilegeSet>,
    is_protected: bool,
    /// Functions that the caller may call, and what he holds while they run, where that is more.
    lenders: Vec<(String, PrivilegeSet)>,
}

/// Whether the caller may do something, and which list or rule says so.
pub fn explain(roles: &Roles, caller: Caller<'_>, resource: &Resource, action: Action) -> Decision {
    let explainer = Explainer::new(roles, caller);
    explainer.reasoned(action, |held| explainer.verdict(held, resource, action))
}

/// The same for an attribute of a model, as [`Grants`](crate::Grants) know it: a relation and its foreign key attributes are one value in two
/// guises, so that a list on either decides.
pub fn explain_attribute(roles: &Roles, caller: Caller<'_>, class: &Dataclass, attribute: &Attribute, action: Action) -> Decision {
    let explainer = Explainer::new(roles, caller);
    explainer.reasoned(action, |held| Decider::new(roles, held).attribute_of(class, attribute, action))
}

/// Something that a permission is about, by the handles of a model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Protected {
    /// The entities of a dataclass as a whole.
    Dataclass(ClassId),
    /// An attribute.
    Attribute(AttrRef),
    /// A function.
    Function(FunctionId),
}

/// The resource as `roles.json` names it, and the decision. A handle that the model does not have (its functions were loaded anew) is nobody's.
pub fn explain_protected(roles: &Roles, caller: Caller<'_>, model: &Model, of: Protected, action: Action) -> (String, Decision) {
    match of {
        Protected::Dataclass(class) => {
            let name = &model.dataclass(class).name;
            (name.clone(), explain(roles, caller, &Resource::Dataclass(name.clone()), action))
        }
        Protected::Attribute(at) => {
            let class = model.dataclass(at.class);
            match class.attributes.get(usize::from(at.attr.0)) {
                Some(attribute) => {
                    (format!("{}.{}", class.name, attribute.name), explain_attribute(roles, caller, class, attribute, action))
                }
                None => explain_protected(roles, caller, model, Protected::Dataclass(at.class), action),
            }
        }
        Protected::Function(id) => match model.functions().name(id) {
            Some(function) => {
                let explainer = Explainer::new(roles, caller);
                let verdict = |held| explainer.function(held, Scope::of(function, model), &function.name, action);
                (function.path(model), explainer.reasoned(action, verdict))
            }
            None => ("ds".to_owned(), explain(roles, caller, &Resource::Datastore, action)),
        },
    }
}

impl<'r> Explainer<'r> {
    fn new(roles: &'r Roles, caller: Caller<'_>) -> Self {
        let held = match caller {
            Caller::Role(role) => Some(roles.session(role)),
            Caller::Administration | Caller::ProtectedAdministration => None,
        };
        Self { roles, held, is_protected: caller == Caller::ProtectedAdministration, lenders: Vec::new() }
    }

    fn privileges(&self) -> Vec<String> {
        match &self.held {
            Some(held) => self.roles.privilege_names(held),
            None if self.is_protected => Vec::new(),
            None => vec![WEB_ADMIN.to_owned()],
        }
    }

    fn ask(&self, resource: &Resource, action: Action) -> Decision {
        self.decision(|held| self.verdict(held, resource, action))
    }

    fn reasoned<'e>(&'e self, action: Action, verdict: impl Fn(&'e PrivilegeSet) -> Verdict<'e>) -> Decision {
        let mut decision = self.decision(&verdict);
        decision.lent_by.clear();
        decision.reason = match &self.held {
            None if self.is_protected => "The setting keys.admin_protection keeps all data from Administration keys.".to_owned(),
            None => "An Administration key is not limited by roles.".to_owned(),
            Some(held) => self.reason(verdict(held), held, action),
        };
        decision
    }

    fn decision<'e>(&'e self, verdict: impl Fn(&'e PrivilegeSet) -> Verdict<'e>) -> Decision {
        let (allowed, by) = match &self.held {
            None if self.is_protected => (false, "keys.admin_protection".to_owned()),
            None => (true, "administration".to_owned()),
            Some(held) => {
                let verdict = verdict(held);
                (verdict.allowed, ground_text(verdict, held))
            }
        };
        let lends = |(path, held): &'e (String, PrivilegeSet)| (!allowed && verdict(held).allowed).then(|| path.clone());
        let lent_by = self.lenders.iter().filter_map(lends).collect();
        Decision { allowed, by, reason: String::new(), lent_by }
    }

    fn verdict<'e>(&'e self, held: &'e PrivilegeSet, resource: &Resource, action: Action) -> Verdict<'e> {
        let decider = Decider::new(self.roles, held);
        match resource {
            Resource::Datastore => decider.datastore(action),
            Resource::Dataclass(class) => decider.dataclass(class, action),
            Resource::Attribute(class, attribute) => decider.attribute(class, attribute, action),
            Resource::Singleton(singleton) => decider.singleton(singleton, Action::Execute),
            Resource::DatastoreFunction(name) => self.function(held, Scope::Datastore, name, action),
            Resource::DataclassFunction(class, name) => self.function(held, Scope::Dataclass(class), name, action),
            Resource::SingletonFunction(singleton, name) => self.function(held, Scope::Singleton(singleton), name, action),
        }
    }

    /// Whatever is asked of a function but whether it is listed: may it be called.
    fn function<'e>(&'e self, held: &'e PrivilegeSet, scope: Scope<'_>, name: &str, action: Action) -> Verdict<'e> {
        let action = if action == Action::Describe { action } else { Action::Execute };
        Decider::new(self.roles, held).function(scope, name, action)
    }

    fn reason(&self, verdict: Verdict<'_>, held: &PrivilegeSet, action: Action) -> String {
        match verdict.ground {
            Ground::Default => {
                format!("Nothing is defined for {} and restrictedByDefault is {}.", action.name(), self.roles.restricted_by_default())
            }
            Ground::Described => "Without a describe list everything is listed for everybody.".to_owned(),
            Ground::Authentify => "The function authentify is open to everybody.".to_owned(),
            Ground::List(list) => format!(
                "Needs one of the privileges [{}]; holds [{}].",
                self.roles.privilege_names(&list.privileges).join(", "),
                self.roles.privilege_names(held).join(", ")
            ),
        }
    }
}

/// The list that decided; of several united lists the one that grants.
fn ground_text(verdict: Verdict<'_>, held: &PrivilegeSet) -> String {
    match verdict.ground {
        Ground::Default => "restrictedByDefault".to_owned(),
        Ground::Described => "no describe list".to_owned(),
        Ground::Authentify => "authentify".to_owned(),
        Ground::List(list) => {
            let granting = list.parts.iter().find(|(_, privileges)| held.meets(privileges));
            match granting.filter(|_| verdict.allowed) {
                Some((path, _)) => path.clone(),
                None => list.parts.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join(", "),
            }
        }
    }
}
