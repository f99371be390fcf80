//! Functions that the operator declares (`functions.md` 1), by where they are called: their names and how far they can be reached. What
//! they do is code, of which the model knows nothing.

use std::collections::BTreeMap;

use crate::model::{ClassId, Model};

/// All functions of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    datastore: FunctionList,
    dataclasses: BTreeMap<ClassId, ClassFunctions>,
    singletons: BTreeMap<String, Singleton>,
    /// By [`FunctionId`].
    names: Vec<FunctionName>,
}

/// Handle of a function as permissions know it: those of a dataclass, its selections and its entities share one name space
/// (`roles-privileges.md` 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(u32);

/// What permissions know of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName {
    /// Where it is.
    pub scope: FunctionScope,
    /// Its own name.
    pub name: String,
}

/// Where a function is, as permissions name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionScope {
    /// `ds.stats`
    Datastore,
    /// `Book.lendTo`
    Dataclass(ClassId),
    /// `Mailer.ping`
    Singleton(String),
}

/// Which class of the operator's code a function is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionClass {
    /// `DataStore`
    Datastore,
    /// `Book`
    Dataclass(ClassId),
    /// `BookSelection`
    Selection(ClassId),
    /// `BookEntity`
    Entity(ClassId),
    /// `Mailer`
    Singleton(String),
}

/// The functions of one dataclass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassFunctions {
    /// Of the class named like it.
    pub dataclass: FunctionList,
    /// Of its selection class.
    pub selection: FunctionList,
    /// Of its entity class.
    pub entity: FunctionList,
    /// Events of its entity class.
    pub events: Events,
}

/// Which events an entity class has (`functions.md` 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// `validateSave` or `saving`: asked before an entity is saved.
    pub before_save: bool,
    /// `afterSave`
    pub after_save: bool,
    /// `validateDrop` or `dropping`: asked before an entity is deleted.
    pub before_drop: bool,
    /// `afterDrop`
    pub after_drop: bool,
}

impl Events {
    /// Something runs when an entity is saved.
    pub fn of_save(self) -> bool {
        self.before_save || self.after_save
    }

    /// Something runs when an entity is deleted.
    pub fn of_drop(self) -> bool {
        self.before_drop || self.after_drop
    }
}

/// A singleton class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Singleton {
    /// One instance for all callers, and reachable by a URL; else one for each session, which server code alone reaches.
    pub shared: bool,
    /// Its functions.
    pub functions: FunctionList,
}

/// Functions of one class, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionList(BTreeMap<String, Function>);

/// One function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// As permissions know it.
    pub id: FunctionId,
    /// `exposed`: reachable from outside. The others are there for server code.
    pub exposed: bool,
    /// `onHttpGet`: with GET, too.
    pub on_http_get: bool,
}

impl FunctionId {
    fn of(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// As the index of a table of all functions.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Functions {
    /// Declares a singleton class, which may have no function.
    pub fn add_singleton(&mut self, name: &str, shared: bool) {
        self.singletons.entry(name.to_owned()).or_default().shared = shared;
    }

    /// Adds a function.
    pub fn add(&mut self, class: &FunctionClass, name: &str, exposed: bool, on_http_get: bool) {
        let scope = match class {
            FunctionClass::Datastore => FunctionScope::Datastore,
            FunctionClass::Dataclass(id) | FunctionClass::Selection(id) | FunctionClass::Entity(id) => FunctionScope::Dataclass(*id),
            FunctionClass::Singleton(singleton) => FunctionScope::Singleton(singleton.clone()),
        };
        let wanted = FunctionName { scope, name: name.to_owned() };
        let known = self.names.iter().position(|known| *known == wanted);
        let index = known.unwrap_or_else(|| {
            self.names.push(wanted);
            self.names.len() - 1
        });
        let id = FunctionId::of(index);
        let list = match class {
            FunctionClass::Datastore => &mut self.datastore,
            FunctionClass::Dataclass(id) => &mut self.dataclasses.entry(*id).or_default().dataclass,
            FunctionClass::Selection(id) => &mut self.dataclasses.entry(*id).or_default().selection,
            FunctionClass::Entity(id) => &mut self.dataclasses.entry(*id).or_default().entity,
            FunctionClass::Singleton(singleton) => &mut self.singletons.entry(singleton.clone()).or_default().functions,
        };
        list.0.insert(name.to_owned(), Function { id, exposed, on_http_get });
    }

    /// Declares the events of an entity class.
    pub fn set_events(&mut self, class: ClassId, events: Events) {
        self.dataclasses.entry(class).or_default().events = events;
    }

    /// The events of a dataclass's entities.
    pub fn events(&self, class: ClassId) -> Events {
        self.dataclasses.get(&class).map_or_else(Events::default, |functions| functions.events)
    }

    /// Datastore functions.
    pub fn datastore(&self) -> &FunctionList {
        &self.datastore
    }

    /// Those of a dataclass.
    pub fn of(&self, class: ClassId) -> Option<&ClassFunctions> {
        self.dataclasses.get(&class)
    }

    /// A singleton class.
    pub fn singleton(&self, name: &str) -> Option<&Singleton> {
        self.singletons.get(name)
    }

    /// Singleton classes by name.
    pub fn singletons(&self) -> impl Iterator<Item = (&str, &Singleton)> {
        self.singletons.iter().map(|(name, singleton)| (name.as_str(), singleton))
    }

    /// What permissions know of a function; `None` for a handle of other functions.
    pub fn name(&self, id: FunctionId) -> Option<&FunctionName> {
        self.names.get(id.index())
    }

    /// How many names permissions know; handles are below.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// All names that permissions know.
    pub fn names(&self) -> impl Iterator<Item = (FunctionId, &FunctionName)> {
        self.names.iter().enumerate().map(|(index, name)| (FunctionId::of(index), name))
    }

    /// The functions that can be reached from outside, once for each name that permissions know.
    pub fn all_exposed(&self) -> impl Iterator<Item = (FunctionId, &FunctionName)> {
        let of_classes = self.dataclasses.values().flat_map(|lists| [&lists.dataclass, &lists.selection, &lists.entity]);
        let lists = std::iter::once(&self.datastore).chain(of_classes).chain(self.singletons.values().map(|one| &one.functions));
        let exposed: std::collections::BTreeSet<FunctionId> =
            lists.flat_map(|list| list.0.values()).filter(|function| function.exposed).map(|function| function.id).collect();
        exposed.into_iter().filter_map(|id| Some((id, self.name(id)?)))
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.singletons.is_empty()
    }
}

impl FunctionName {
    /// As the roles file names it: `ds.stats`, `Book.lendTo`, `Mailer.ping`.
    pub fn path(&self, model: &Model) -> String {
        let scope = match &self.scope {
            FunctionScope::Datastore => "ds",
            FunctionScope::Dataclass(class) => &model.dataclass(*class).name,
            FunctionScope::Singleton(name) => name,
        };
        format!("{scope}.{}", self.name)
    }
}

impl FunctionList {
    /// A function of this name, exposed or not.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The function of this name that can be reached from outside (`rest-dialect.md` 15.2).
    pub fn exposed(&self, name: &str) -> Option<Function> {
        self.0.get(name).copied().filter(|function| function.exposed)
    }

    /// The exposed ones, by name.
    pub fn all_exposed(&self) -> impl Iterator<Item = (&str, Function)> {
        self.0.iter().filter(|(_, function)| function.exposed).map(|(name, function)| (name.as_str(), *function))
    }
}

impl ClassFunctions {
    /// The three lists have a function of this name, exposed or not.
    pub fn has(&self, name: &str) -> bool {
        [&self.dataclass, &self.selection, &self.entity].into_iter().any(|list| list.has(name))
    }
}
