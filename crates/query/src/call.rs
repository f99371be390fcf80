//! Calls of functions (`rest-dialect.md` 15): which function, on what, with which arguments. Authorised: its maker asked for *execute*.

use std::sync::Arc;

use claviger_model::{ClassId, FunctionClass, FunctionId, Model};
use serde_json::Value as Json;

use crate::ask::Verb;
use crate::keys::KeyList;
use crate::plan::{Base, Selection};
use crate::restriction::Restrictions;
use crate::url::CatalogAsk;

/// The datastore function that logs in: open to everybody under every permission (`roles-privileges.md` 5).
pub(crate) const AUTHENTIFY: &str = "authentify";

/// An authorised call of a function. No public constructor but the planner.
#[derive(Debug)]
pub struct Call {
    pub(crate) id: FunctionId,
    pub(crate) class: FunctionClass,
    pub(crate) name: String,
    pub(crate) receiver: Receiver,
    pub(crate) arguments: Vec<Json>,
    pub(crate) read_only: bool,
    pub(crate) keep: Option<Option<u64>>,
}

/// What a function is called on: `this`.
#[derive(Debug)]
pub enum Receiver {
    /// The datastore.
    Datastore,
    /// A dataclass.
    Dataclass(ClassId),
    /// Entities of a dataclass, authorised like a reading of them.
    Selection(Box<Selection>),
    /// One entity by key ([`Base::Key`] or [`Base::Unique`]); whether it is there is not known yet (1542).
    Entity(ClassId, Base),
    /// A singleton.
    Singleton(String),
}

impl Call {
    /// The function as permissions know it.
    pub fn id(&self) -> FunctionId {
        self.id
    }

    /// The class of the operator's code that has it.
    pub fn class(&self) -> &FunctionClass {
        &self.class
    }

    /// Its name in that class.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `this`.
    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// In order, as the request gave them (15.4).
    pub fn arguments(&self) -> &[Json] {
        &self.arguments
    }

    /// Called with GET: it must not change data.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// A selection that it returns is to be stored as an entity set (`$method=entityset`): its life in seconds, if one was given.
    pub fn keep(&self) -> Option<Option<u64>> {
        self.keep
    }

    /// `this` and the arguments, to be handed on.
    pub fn into_parts(self) -> (Receiver, Vec<Json>) {
        (self.receiver, self.arguments)
    }

    /// The dataclass that it is about, if it is about one.
    pub fn dataclass(&self) -> Option<ClassId> {
        match &self.receiver {
            Receiver::Datastore | Receiver::Singleton(_) => None,
            Receiver::Dataclass(class) | Receiver::Entity(class, _) => Some(*class),
            Receiver::Selection(selection) => Some(selection.class()),
        }
    }
}

impl Receiver {
    /// Which entities the caller sees.
    pub(crate) fn restrictions(&self) -> &Restrictions {
        static NONE: Restrictions = Restrictions::none();
        if let Self::Selection(selection) = self { &selection.restrictions } else { &NONE }
    }

    /// The entities of a kept set are meant.
    pub(crate) fn lay_over(&mut self, keys: Arc<KeyList>) {
        if let Self::Selection(selection) = self {
            selection.base = Base::Set(keys);
        }
    }
}

/// The exposed datastore function that `$catalog/{name}` means: by POST always, by GET where no dataclass has the name.
pub(crate) fn datastore_function<'a>(model: &Model, verb: Verb, asked: &'a CatalogAsk) -> Option<&'a str> {
    let CatalogAsk::Named(names) = asked else { return None };
    let [name] = names.as_slice() else { return None };
    let name = function_name(name);
    let is_dataclass = || verb == Verb::Get && model.find(name).is_some();
    (matches!(verb, Verb::Get | Verb::Post) && model.functions().datastore().exposed(name).is_some() && !is_dataclass()).then_some(name)
}

/// A name in a path; an empty pair of parentheses behind it is tolerated (15.1).
pub(crate) fn function_name(segment: &str) -> &str {
    let name = segment.trim();
    name.strip_suffix("()").unwrap_or(name)
}
