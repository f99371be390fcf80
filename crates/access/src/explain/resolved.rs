//! The resolved table of a role: what it may do with each resource, and which list says so (`roles-privileges.md` 10).

use claviger_model::{Attribute, Dataclass, FunctionList, FunctionName, Functions, Model, Singleton};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::{Caller, Decision, Explainer, Resource};
use crate::decide::Decider;
use crate::grants::{Action, Scope};
use crate::roles::{PrivilegeSet, ResourceType, Roles};

/// Everything that a role (or an Administration key) may do, cell by cell (RV-1, RV-3). Only exposed resources are listed, and functions that
/// the roles file names.
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
    /// Shared singletons with an exposed function, and those that the roles file names.
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

/// A function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ResolvedFunction {
    /// Without its scope.
    pub name: String,
    /// Which classes have it exposed: `datastore`, `dataclass`, `entity`, `selection`, `singleton`. None: only the roles file names it.
    pub kinds: Vec<&'static str>,
    /// May it be called.
    pub execute: Decision,
    /// Privileges lent while it runs (section 7).
    pub promotes: Vec<String>,
}

/// A singleton.
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
        let mut explainer = Explainer::new(roles, caller);
        explainer.lenders = explainer.lenders(model);
        let exposed = model.dataclasses().iter().filter(|class| class.exposed);
        let dataclasses: Vec<_> = exposed.map(|class| explainer.dataclass(class, model.functions())).collect();
        let role = match caller {
            Caller::Role(Some(name)) => roles.role(name).map(|role| role.name().to_owned()),
            _ => None,
        };
        Self {
            role,
            administration: explainer.held.is_none(),
            privileges: explainer.privileges(),
            summary: Summary::of(&dataclasses),
            datastore: explainer.datastore(model.functions()),
            dataclasses,
            singletons: explainer.singletons(model.functions()),
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

impl Explainer<'_> {
    fn datastore(&self, functions: &Functions) -> ResolvedDatastore {
        let ask = |action| self.ask(&Resource::Datastore, action);
        ResolvedDatastore {
            create: ask(Action::Create),
            read: ask(Action::Read),
            update: ask(Action::Update),
            drop: ask(Action::Drop),
            execute: ask(Action::Execute),
            functions: self.functions(Scope::Datastore, &[("datastore", functions.datastore())]),
        }
    }

    fn dataclass(&self, class: &Dataclass, functions: &Functions) -> ResolvedDataclass {
        let resource = Resource::Dataclass(class.name.clone());
        let own = functions.of(class.id);
        let lists: Vec<_> = own
            .into_iter()
            .flat_map(|own| [("dataclass", &own.dataclass), ("entity", &own.entity), ("selection", &own.selection)])
            .collect();
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
            functions: self.functions(Scope::Dataclass(&class.name), &lists),
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

    fn singletons(&self, functions: &Functions) -> Vec<ResolvedSingleton> {
        let mut names = self.roles.named(ResourceType::Singleton);
        names.extend(self.roles.named(ResourceType::SingletonMethod).into_iter().filter_map(|name| name.split('.').next()));
        let is_reachable = |(_, singleton): &(&str, &Singleton)| singleton.shared && singleton.functions.all_exposed().next().is_some();
        names.extend(functions.singletons().filter(is_reachable).map(|(name, _)| name));
        names.sort_unstable();
        names.dedup();
        let resolved = |name: &str| {
            let lists: Vec<_> = functions.singleton(name).map(|singleton| ("singleton", &singleton.functions)).into_iter().collect();
            ResolvedSingleton {
                name: name.to_owned(),
                execute: self.ask(&Resource::Singleton(name.to_owned()), Action::Execute),
                functions: self.functions(Scope::Singleton(name), &lists),
            }
        };
        names.into_iter().map(resolved).collect()
    }

    /// Functions of a scope: those of `lists`, each with its kind, and those that entries name.
    fn functions(&self, scope: Scope<'_>, lists: &[(&'static str, &FunctionList)]) -> Vec<ResolvedFunction> {
        let named = self.roles.named(scope.resource_type()).into_iter().filter_map(|path| path.split_once('.'));
        let mut names: Vec<&str> = named.filter(|(found, _)| *found == scope.name()).map(|(_, name)| name).collect();
        names.extend(lists.iter().flat_map(|(_, list)| list.all_exposed()).map(|(name, _)| name));
        names.sort_unstable();
        names.dedup();
        let resolved = |name: &str| ResolvedFunction {
            name: name.to_owned(),
            kinds: lists.iter().filter(|(_, list)| list.exposed(name).is_some()).map(|(kind, _)| *kind).collect(),
            execute: self.decision(|held| self.function(held, scope, name, Action::Execute)),
            promotes: self.roles.promotes(scope, name).map(|list| self.roles.privilege_names(&list.privileges)).unwrap_or_default(),
        };
        names.into_iter().map(resolved).collect()
    }

    /// See [`Explainer::lenders`].
    fn lenders(&self, model: &Model) -> Vec<(String, PrivilegeSet)> {
        let Some(own) = &self.held else { return Vec::new() };
        let lent = |(_, function): (_, &FunctionName)| {
            let scope = Scope::of(function, model);
            let list = self.roles.promotes(scope, &function.name)?;
            let mut held = own.clone();
            held.unite(&self.roles.closure(list.privileges.iter()));
            let is_called = self.decision(|held| self.function(held, scope, &function.name, Action::Execute)).allowed;
            (held != *own && is_called).then(|| (scope.path(&function.name), held))
        };
        model.functions().all_exposed().filter_map(lent).collect()
    }
}
