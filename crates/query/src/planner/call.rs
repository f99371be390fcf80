//! Calls of functions (`rest-dialect.md` 15.1, 15.2): which one a path means, and whether it may be called.

use claviger_access::Action;
use claviger_model::{ClassId, Dataclass, Function, FunctionClass};
use serde_json::Value as Json;

use super::context::visible;
use super::denial::malformed;
use super::{Planning, key};
use crate::ask::{Body, Request, Verb};
use crate::call::{Call, Receiver, datastore_function, function_name};
use crate::error::{Error, ErrorKind};
use crate::plan::{Outcome, PageForm, Plan, Selection};
use crate::set::Then;
use crate::url::{CatalogAsk, Method, Parameters, Pick, Target, seconds};

/// A function that a path means.
pub(super) struct Meant {
    class: FunctionClass,
    name: String,
    function: Function,
}

impl<'a> Planning<'a> {
    /// The exposed function that the last segment means: on POST before an attribute of the name, on GET after it. What is not exposed does
    /// not exist (15.2).
    pub(super) fn function_of(self, class: &'a Dataclass, target: &Target) -> Result<Option<Meant>, Error> {
        let Some(functions) = self.context.model.functions().of(class.id) else { return Ok(None) };
        let Some(list) = target.list.as_deref() else { return Ok(None) };
        if !matches!(self.ask.verb, Verb::Get | Verb::Post) {
            return Ok(None);
        }
        let name = function_name(list);
        if self.ask.verb == Verb::Get && visible(class, name).is_some() {
            return Ok(None);
        }
        let of =
            |class: FunctionClass, function: Option<Function>| function.map(|function| Meant { class, name: name.to_owned(), function });
        Ok(match &target.pick {
            Some(_) => of(FunctionClass::Entity(class.id), functions.entity.exposed(name)),
            None => of(FunctionClass::Selection(class.id), functions.selection.exposed(name))
                .or_else(|| of(FunctionClass::Dataclass(class.id), functions.dataclass.exposed(name))),
        })
    }

    /// A function of a dataclass, of entities of it, or of one (15.1).
    pub(super) fn class_call(self, class: &'a Dataclass, target: &Target, meant: Meant, body: Body) -> Result<Request, Error> {
        let receiver = match (&meant.class, &target.pick) {
            (FunctionClass::Entity(_), Some(Pick::Key(text))) => Receiver::Entity(class.id, key::base(class, text)),
            (FunctionClass::Entity(_), Some(Pick::Unique { attribute, value })) => {
                // Asked first: an entity is found by a value that may not be read.
                self.context.ask_execute(meant.function.id)?;
                Receiver::Entity(class.id, self.unique(class, attribute, value)?)
            }
            (FunctionClass::Selection(_), _) => {
                self.context.ask_execute(meant.function.id)?;
                Receiver::Selection(Box::new(self.receiver_selection(class, target)?))
            }
            _ => Receiver::Dataclass(class.id),
        };
        let call = self.call(meant, receiver, body)?;
        match (&target.set, &call.receiver) {
            (None, _) => Ok(Request::Call(Box::new(call))),
            (Some(id), Receiver::Selection(_)) => self.over_set(class, id, Then::Call(Box::new(call))),
            (Some(_), _) => Err(malformed(1806, "An entity set stands behind a function of entity selections only.")),
        }
    }

    /// The entities that `$filter` and `$orderby` name; all without them, which needs no permission before they are read.
    fn receiver_selection(self, class: &'a Dataclass, target: &Target) -> Result<Selection, Error> {
        let parameters = &self.ask.parameters;
        if parameters.filter.is_some() || parameters.order_by.is_some() || target.set.is_some() {
            self.context.ask_dataclass(class, Action::Read)?;
        }
        self.selection_of(class, parameters.filter.as_deref(), parameters.order_by.as_deref())
    }

    /// `$catalog/{fn}`: a datastore function, when there is one of the name.
    pub(super) fn datastore_call(self, asked: &CatalogAsk, body: Body) -> Result<Option<Request>, Error> {
        let Some(name) = datastore_function(self.context.model, self.ask.verb, asked) else { return Ok(None) };
        let Some(function) = self.context.model.functions().datastore().exposed(name) else { return Ok(None) };
        let meant = Meant { class: FunctionClass::Datastore, name: name.to_owned(), function };
        self.call(meant, Receiver::Datastore, body).map(|call| Some(Request::Call(Box::new(call))))
    }

    /// `$singleton/{Class}/{fn}`.
    pub(super) fn singleton_call(self, class: &str, function: &str, body: Body) -> Result<Request, Error> {
        let name = function_name(function);
        let found = self.context.model.functions().singleton(class).filter(|singleton| singleton.shared);
        let function = found.and_then(|singleton| singleton.functions.exposed(name)).filter(|_| self.is_call());
        let Some(function) = function else { return Err(no_singleton_function(class, name)) };
        let meant = Meant { class: FunctionClass::Singleton(class.to_owned()), name: name.to_owned(), function };
        self.call(meant, Receiver::Singleton(class.to_owned()), body).map(|call| Request::Call(Box::new(call)))
    }

    fn is_call(self) -> bool {
        matches!(self.ask.verb, Verb::Get | Verb::Post)
    }

    fn call(self, meant: Meant, receiver: Receiver, body: Body) -> Result<Call, Error> {
        let Meant { class, name, function } = meant;
        // Before anything is said of the request: whoever may not call learns no more.
        self.context.ask_execute(function.id)?;
        let parameters = &self.ask.parameters;
        let read_only = self.ask.verb == Verb::Get;
        if read_only && !function.on_http_get {
            return Err(Error::new(ErrorKind::Malformed, 1829, format!("The function \"{name}\" cannot be called with GET. Send a POST.")));
        }
        let keep = match parameters.method {
            None => None,
            Some(Method::EntitySet) => Some(parameters.timeout.as_deref().map(seconds).transpose()?),
            Some(_) => return Err(malformed(1813, "This $method is not applicable to a function.")),
        };
        let arguments = if read_only { of_params(parameters)? } else { of_body(body) };
        Ok(Call { id: function.id, class, name, receiver, arguments, read_only, keep })
    }

    /// A page of a selection that a function returned: the request's `$skip`, `$top`, `$attributes`, `$expand`, `$asArray` (15.5), with all
    /// permissions asked.
    pub(super) fn returned_page(self, selection: Selection) -> Result<Plan, Error> {
        let class = self.context.dataclass(selection.class);
        self.context.ask_dataclass(class, Action::Read)?;
        let form = self.form()?;
        let projection = self.projection(class, &whole(class), form)?;
        let (skip, top) = (self.ask.parameters.skip.unwrap_or(0), self.top(class));
        let outcome = Box::new(Outcome::Page(projection, form));
        Ok(Plan { selection: Box::new(selection), skip, top, outcome, explain: None, keep: None })
    }

    /// An entity that a function returned, by its key.
    pub(super) fn returned_entity(self, class: ClassId, key: &Json) -> Result<Plan, Error> {
        let class = self.context.dataclass(class);
        self.context.ask_dataclass(class, Action::Read)?;
        let projection = self.projection(class, &whole(class), PageForm::Selection)?;
        let base = key::base(class, &key::key_of_json(key));
        let selection = Box::new(Selection::of(class.id, base));
        Ok(Plan { selection, skip: 0, top: 1, outcome: Box::new(Outcome::Entity(projection)), explain: None, keep: None })
    }
}

/// The dataclass, with nothing else in the path.
fn whole(class: &Dataclass) -> Target {
    Target { class: class.name.clone(), pick: None, list: None, set: None }
}

/// GET: `$params='[…]'`.
fn of_params(parameters: &Parameters) -> Result<Vec<Json>, Error> {
    match &parameters.params {
        None => Ok(Vec::new()),
        Some(Json::Array(arguments)) => Ok(arguments.clone()),
        Some(_) => Err(malformed(1806, "$params must be a JSON array.")),
    }
}

/// POST: a JSON array; anything else is one argument (15.2).
fn of_body(body: Body) -> Vec<Json> {
    match body {
        None => Vec::new(),
        Some(Json::Array(arguments)) => arguments,
        Some(argument) => vec![argument],
    }
}

/// 1827, for `POST $catalog/{fn}`.
pub(super) fn no_datastore_function(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, 1827, format!("The function \"{name}\" cannot be found"))
}

/// 1827: no such class, no shared singleton, no exposed function of it.
fn no_singleton_function(class: &str, name: &str) -> Error {
    Error::new(ErrorKind::NotFound, 1827, format!("The function \"{name}\" of the singleton \"{class}\" cannot be found"))
}
