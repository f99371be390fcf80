//! Why a permission is granted or denied, and the resolved table of a role (`roles-privileges.md` 10).

use claviger_model::{AttrRef, Attribute, ClassId, Dataclass, FunctionId, FunctionScope, Model};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::decide::{Decider, Ground, Verdict};
use crate::grants::Action;
use crate::roles::{ListAction, PrivilegeSet, ResourceType, Roles, WEB_ADMIN};

/// An answer with its ground: one cell of the table (RV-1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Decision {
    /// Granted.
    pub allowed: bool,
    /// What decided: the path of a list (`permissions.allowed[3].read`), `restrictedByDefault`, `administration`, ...
    pub by: String,
    /// One sentence for people; only in answers of [`explain`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
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
                let name = function.name.clone();
                let resource = match &function.scope {
                    FunctionScope::Datastore => Resource::DatastoreFunction(name),
                    FunctionScope::Dataclass(class) => Resource::DataclassFunction(model.dataclass(*class).name.clone(), name),
                    FunctionScope::Singleton(singleton) => Resource::SingletonFunction(singleton.clone(), name),
                };
                (function.path(model), explain(roles, caller, &resource, action))
            }
            None => ("ds".to_owned(), explain(roles, caller, &Resource::Datastore, action)),
        },
    }
}

/// Everything that a role (or an Administration key) may do, cell by cell (RV-1, RV-3). Only exposed resources are listed, and functions as
/// far as the roles file names them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// The role as declared; null for an Administration key and for a guest.
    pub role: Option<String>,
    /// True for an Administration key.
    pub administration: bool,
    /// Privileges of the session, those included by others too.
    pub privileges: Vec<String>,
    /// How many dataclasses can be reached, for a one-line summary.
    pub summary: Summary,
    /// The datastore.
    pub datastore: ResolvedDatastore,
    /// In model order.
    pub dataclasses: Vec<ResolvedDataclass>,
    /// Singletons named by the roles file.
    pub singletons: Vec<ResolvedSingleton>,
}

/// "reads 11 of 11 dataclasses, changes 3, deletes none".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Exposed dataclasses.
    pub dataclasses: usize,
    /// How many can be read.
    pub reads: usize,
    /// In how many entities can be created.
    pub creates: usize,
    /// In how many entities can be created or updated.
    pub changes: usize,
    /// In how many entities can be deleted.
    pub deletes: usize,
}

/// The rules that apply where nothing nearer is defined.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns are the actions of roles-privileges.md 3")]
pub struct ResolvedDatastore {
    pub create: Decision,
    pub read: Decision,
    pub update: Decision,
    pub drop: Decision,
    pub execute: Decision,
    pub functions: Vec<ResolvedFunction>,
}

/// A dataclass with its members.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns are the actions of roles-privileges.md 3")]
pub struct ResolvedDataclass {
    pub name: String,
    pub create: Decision,
    pub read: Decision,
    pub update: Decision,
    pub drop: Decision,
    pub execute: Decision,
    pub attributes: Vec<ResolvedAttribute>,
    pub functions: Vec<ResolvedFunction>,
}

/// An attribute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns are the actions of roles-privileges.md 3")]
pub struct ResolvedAttribute {
    pub name: String,
    pub create: Decision,
    pub read: Decision,
    pub update: Decision,
    pub drop: Decision,
}

/// A function that the roles file names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ResolvedFunction {
    /// Without its scope.
    pub name: String,
    /// May it be called.
    pub execute: Decision,
    /// Privileges lent while it runs (section 7).
    pub promotes: Vec<String>,
}

/// A singleton that the roles file names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns are the actions of roles-privileges.md 3")]
pub struct ResolvedSingleton {
    pub name: String,
    pub execute: Decision,
    pub functions: Vec<ResolvedFunction>,
}

impl Resolved {
    /// The table of a caller.
    pub fn of(roles: &Roles, caller: Caller<'_>, model: &Model) -> Self {
        let explainer = Explainer::new(roles, caller);
        let dataclasses: Vec<_> =
            model.dataclasses().iter().filter(|class| class.exposed).map(|class| explainer.dataclass(class)).collect();
        let role = match caller {
            Caller::Role(Some(name)) => roles.role(name).map(|role| role.name().to_owned()),
            _ => None,
        };
        Self {
            role,
            administration: explainer.held.is_none(),
            privileges: explainer.privileges(),
            summary: Summary::of(&dataclasses),
            datastore: explainer.datastore(),
            dataclasses,
            singletons: explainer.singletons(),
        }
    }
}

impl Summary {
    /// Counts what can really be done: updating and deleting need reading too (section 3).
    fn of(dataclasses: &[ResolvedDataclass]) -> Self {
        let count = |test: fn(&ResolvedDataclass) -> bool| dataclasses.iter().filter(|class| test(class)).count();
        Self {
            dataclasses: dataclasses.len(),
            reads: count(|class| class.read.allowed),
            creates: count(|class| class.create.allowed),
            changes: count(|class| class.create.allowed || class.update.allowed && class.read.allowed),
            deletes: count(|class| class.drop.allowed && class.read.allowed),
        }
    }
}

impl Serialize for Summary {
    /// The numbers, and the line as `text`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Summary", 6)?;
        members.serialize_field("dataclasses", &self.dataclasses)?;
        members.serialize_field("reads", &self.reads)?;
        members.serialize_field("creates", &self.creates)?;
        members.serialize_field("changes", &self.changes)?;
        members.serialize_field("deletes", &self.deletes)?;
        members.serialize_field("text", &self.to_string())?;
        members.end()
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |count: usize| if count == 0 { "none".to_owned() } else { count.to_string() };
        let (changes, deletes) = (number(self.changes), number(self.deletes));
        write!(f, "reads {} of {} dataclasses, changes {changes}, deletes {deletes}", self.reads, self.dataclasses)
    }
}

impl<'r> Explainer<'r> {
    fn new(roles: &'r Roles, caller: Caller<'_>) -> Self {
        let held = match caller {
            Caller::Role(role) => Some(roles.session(role)),
            Caller::Administration | Caller::ProtectedAdministration => None,
        };
        Self { roles, held, is_protected: caller == Caller::ProtectedAdministration }
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
        decision.reason = match &self.held {
            None if self.is_protected => "The setting keys.admin_protection keeps all data from Administration keys.".to_owned(),
            None => "An Administration key is not limited by roles.".to_owned(),
            Some(held) => self.reason(verdict(held), held, action),
        };
        decision
    }

    fn decision<'e>(&'e self, verdict: impl FnOnce(&'e PrivilegeSet) -> Verdict<'e>) -> Decision {
        let (allowed, by) = match &self.held {
            None if self.is_protected => (false, "keys.admin_protection".to_owned()),
            None => (true, "administration".to_owned()),
            Some(held) => {
                let verdict = verdict(held);
                (verdict.allowed, ground_text(verdict, held))
            }
        };
        Decision { allowed, by, reason: String::new() }
    }

    fn verdict<'e>(&'e self, held: &'e PrivilegeSet, resource: &Resource, action: Action) -> Verdict<'e> {
        let decider = Decider::new(self.roles, held);
        match resource {
            Resource::Datastore => decider.datastore(action),
            Resource::Dataclass(class) => decider.dataclass(class, action),
            Resource::Attribute(class, attribute) => decider.attribute(class, attribute, action),
            Resource::DatastoreFunction(name) => decider.datastore_function(name),
            Resource::DataclassFunction(class, name) => decider.dataclass_function(class, name),
            Resource::Singleton(singleton) => decider.singleton(singleton),
            Resource::SingletonFunction(singleton, name) => decider.singleton_function(singleton, name),
        }
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

    fn datastore(&self) -> ResolvedDatastore {
        let ask = |action| self.ask(&Resource::Datastore, action);
        ResolvedDatastore {
            create: ask(Action::Create),
            read: ask(Action::Read),
            update: ask(Action::Update),
            drop: ask(Action::Drop),
            execute: ask(Action::Execute),
            functions: self.functions(ResourceType::Method, "ds", |_, name| Resource::DatastoreFunction(name)),
        }
    }

    fn dataclass(&self, class: &Dataclass) -> ResolvedDataclass {
        let resource = Resource::Dataclass(class.name.clone());
        let ask = |action| self.ask(&resource, action);
        ResolvedDataclass {
            name: class.name.clone(),
            create: ask(Action::Create),
            read: ask(Action::Read),
            update: ask(Action::Update),
            drop: ask(Action::Drop),
            execute: ask(Action::Execute),
            attributes: class
                .attributes
                .iter()
                .filter(|attribute| attribute.exposed)
                .map(|attribute| self.attribute(class, attribute))
                .collect(),
            functions: self.functions(ResourceType::Method, &class.name, Resource::DataclassFunction),
        }
    }

    fn attribute(&self, class: &Dataclass, attribute: &Attribute) -> ResolvedAttribute {
        let ask = |action| self.decision(|held| Decider::new(self.roles, held).attribute_of(class, attribute, action));
        ResolvedAttribute {
            name: attribute.name.clone(),
            create: ask(Action::Create),
            read: ask(Action::Read),
            update: ask(Action::Update),
            drop: ask(Action::Drop),
        }
    }

    fn singletons(&self) -> Vec<ResolvedSingleton> {
        let mut names = self.roles.named(ResourceType::Singleton);
        names.extend(self.roles.named(ResourceType::SingletonMethod).into_iter().filter_map(|name| name.split('.').next()));
        names.sort_unstable();
        names.dedup();
        let resolved = |name: &str| ResolvedSingleton {
            name: name.to_owned(),
            execute: self.ask(&Resource::Singleton(name.to_owned()), Action::Execute),
            functions: self.functions(ResourceType::SingletonMethod, name, Resource::SingletonFunction),
        };
        names.into_iter().map(resolved).collect()
    }

    /// Functions of a scope that entries name.
    fn functions(&self, of: ResourceType, scope: &str, resource: impl Fn(String, String) -> Resource) -> Vec<ResolvedFunction> {
        let resolved = |apply_to: &str| {
            let (_, name) = apply_to.split_once('.').filter(|(found, _)| *found == scope)?;
            let promote = self.roles.lists(of, apply_to).and_then(|lists| lists.get(ListAction::Promote));
            Some(ResolvedFunction {
                name: name.to_owned(),
                execute: self.ask(&resource(scope.to_owned(), name.to_owned()), Action::Execute),
                promotes: promote.map(|list| self.roles.privilege_names(&list.privileges)).unwrap_or_default(),
            })
        };
        self.roles.named(of).into_iter().filter_map(resolved).collect()
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
