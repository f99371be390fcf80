//! Functions of the server (`rest-dialect.md` 15).

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::ask::{Ask, name};
use crate::entity::Entity;
use crate::error::{Error, told};
use crate::http::Answer;
use crate::row::{Page, Row};
use crate::selection::{Origin, Selection, Shape, refined};
use crate::value::Value;
use crate::{DataStore, Result};

/// A call that is sent when it is awaited.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct Call {
    store: DataStore,
    target: Target,
    function: String,
    arguments: Arguments,
    by_get: bool,
    select: Option<String>,
}

/// What a function is called on.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    DataStore,
    Dataclass(String),
    Entity { dataclass: String, key: String },
    Selection(Selection),
    Singleton(String),
}

#[derive(Clone, Debug)]
enum Arguments {
    Typed(Vec<Value>),
    Wire(Vec<Json>),
}

/// What a function gave.
#[derive(Clone, Debug)]
pub enum Returned {
    /// A text, number, boolean, object, collection, or null; dates are texts.
    Value(Json),
    /// An entity; one that is not saved is [new](Entity::is_new).
    Entity(Box<Entity>),
    /// A selection.
    Selection(Selection),
    /// An HTTP response of the function's own making.
    Response(Response),
}

/// An HTTP response of a function's own making.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Of HTTP.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Other headers, without cookies.
    pub headers: Vec<(String, String)>,
    /// As it came.
    pub body: Bytes,
}

impl Call {
    pub(crate) fn new(store: DataStore, target: Target, function: &str, arguments: Vec<Value>) -> Self {
        Self { store, target, function: function.to_owned(), arguments: Arguments::Typed(arguments), by_get: false, select: None }
    }

    /// With arguments as the wire has them, instead of those that were given.
    pub fn with_json(mut self, arguments: Vec<Json>) -> Self {
        self.arguments = Arguments::Wire(arguments);
        self
    }

    /// By GET, for functions that allow it; then it is repeated when the server cannot be reached.
    pub fn by_get(mut self) -> Self {
        self.by_get = true;
        self
    }

    /// Only these attributes of the entities that it gives.
    pub fn select<I: IntoIterator<Item = S>, S: AsRef<str>>(mut self, attributes: I) -> Self {
        self.select = Some(crate::query::joined(attributes));
        self
    }

    /// What it gave, read as a plain value.
    ///
    /// # Errors
    /// [`Error::Misuse`] when it gave something else.
    pub async fn value<T: DeserializeOwned>(self) -> Result<T> {
        let function = self.function.clone();
        let wrong = |what: String| Error::Misuse(format!("The function {function} gave {what}."));
        match self.await? {
            Returned::Value(json) => serde_json::from_value(json).map_err(|error| wrong(format!("something else: {error}"))),
            other => Err(wrong(format!("{other:?}, no plain value"))),
        }
    }

    /// What it gave, when it is an entity or null.
    ///
    /// # Errors
    /// [`Error::Misuse`] when it gave something else.
    pub async fn entity(self) -> Result<Option<Entity>> {
        let function = self.function.clone();
        match self.await? {
            Returned::Entity(entity) => Ok(Some(*entity)),
            Returned::Value(Json::Null) => Ok(None),
            other => Err(Error::Misuse(format!("The function {function} gave {other:?}, no entity."))),
        }
    }

    /// What it gave, when it is a selection.
    ///
    /// # Errors
    /// [`Error::Misuse`] when it gave something else.
    pub async fn selection(self) -> Result<Selection> {
        let function = self.function.clone();
        match self.await? {
            Returned::Selection(selection) => Ok(selection),
            other => Err(Error::Misuse(format!("The function {function} gave {other:?}, no selection."))),
        }
    }

    async fn send(self) -> Result<Returned> {
        let arguments = match &self.arguments {
            Arguments::Wire(arguments) => arguments.clone(),
            Arguments::Typed(values) => {
                let mut arguments = Vec::with_capacity(values.len());
                for value in values {
                    arguments.push(value.as_argument().await?);
                }
                arguments
            }
        };
        let wire = self.store.wire();
        let function = name(&self.function);
        let ask = |path: String| {
            let ask = if self.by_get { Ask::get(path).params(&arguments) } else { Ask::post(path, &Json::from(arguments.clone())) };
            ask.calling()
        };
        let ask = match &self.target {
            Target::DataStore => ask(format!("$catalog/{function}")),
            Target::Dataclass(dataclass) => ask(format!("{}/{function}", name(dataclass))),
            Target::Entity { key, .. } if key.is_empty() => return Err(Error::Misuse("The entity is not saved yet.".to_owned())),
            Target::Entity { dataclass, key } => ask(format!("{}/{function}", self.store.dataclass(dataclass)?.address(key))),
            Target::Singleton(class) => ask(format!("$singleton/{}/{function}", name(class))),
            Target::Selection(selection) => {
                let path = format!("{}/{function}", name(selection.dataclass().name()));
                let inner = &selection.inner;
                match &inner.origin {
                    // A filter has `$params` of its own, which a GET needs for the arguments.
                    Origin::Query { filter, order } if !self.by_get && !inner.has_set().await => {
                        refined(ask(path), filter.as_ref(), order.as_deref())
                    }
                    _ => {
                        let id = inner.set().await?;
                        ask(format!("{path}/$entityset/{}", name(&id)))
                    }
                }
            }
        };
        let ask = ask.maybe("$attributes", self.select.as_deref());
        // A selection that it gives is kept, so that its further pages can be read. With what is no function this would mean something else.
        let ask = if self.is_listed().await? { ask.with("$method", "entityset") } else { ask };
        let answer = wire.send(&ask).await?;
        wire.executed(self.read(answer).await)
    }

    /// The catalog has the function.
    async fn is_listed(&self) -> Result<bool> {
        let catalog = self.store.catalog().await?;
        let of = |name: &str| catalog.dataclass(name).map(|dataclass| dataclass.methods.as_slice());
        let methods = match &self.target {
            Target::DataStore => Some(catalog.methods.as_slice()),
            Target::Dataclass(dataclass) | Target::Entity { dataclass, .. } => of(dataclass),
            Target::Selection(selection) => of(selection.dataclass().name()),
            Target::Singleton(class) => {
                catalog.singletons.iter().find(|singleton| singleton.name == *class).map(|singleton| singleton.methods.as_slice())
            }
        };
        Ok(methods.is_some_and(|methods| methods.iter().any(|method| method.name == self.function)))
    }

    async fn read(&self, answer: Answer) -> Result<Returned> {
        let Ok(body) = self.store.wire().parse(&answer) else { return Ok(Returned::Response(response(answer))) };
        let is_told = ["__ERROR", "error"].iter().any(|member| body.get(member).is_some());
        if is_told && let Some(error) = told(answer.status, &body, true) {
            return Err(error);
        }
        let class = ["__DATACLASS", "__entityModel"].iter().find_map(|member| body.get(member)?.as_str()).map(str::to_owned);
        match (body, class) {
            (Json::Object(mut members), None) if members.len() == 1 && members.contains_key("result") => {
                Ok(Returned::Value(members.remove("result").unwrap_or_default()))
            }
            (body, Some(class)) if body.get("__ENTITIES").is_some_and(Json::is_array) => {
                let class = self.store.dataclass(&class)?.described().await?;
                let page = Page::read(body)?;
                // Further pages are as long as the first, which the server has cut.
                let sent = page.rows.len();
                let size = if (1..page.count).contains(&sent) { sent } else { sent.max(self.store.wire().rules.page_size) };
                let shape = Shape { select: self.select.clone(), ..Shape::of(size) };
                let is_whole = page.rows.len() == page.count && page.rows.iter().all(|row| row.key.is_some());
                if is_whole && page.set.is_none() && class.single_key().is_ok() {
                    return Ok(Returned::Selection(Selection::of_rows(class, shape, page.rows)));
                }
                Ok(Returned::Selection(Selection::known(class, Origin::Called, shape, page)))
            }
            (Json::Object(members), Some(class)) if members.contains_key("__STAMP") => {
                let class = self.store.dataclass(&class)?.described().await?;
                let row = Row::read(members);
                let entity = if row.key.is_some() { Entity::read(class, Arc::new(row), None) } else { Entity::unsaved(class, row) };
                Ok(Returned::Entity(Box::new(entity)))
            }
            _ => Ok(Returned::Response(response(answer))),
        }
    }
}

impl IntoFuture for Call {
    type Output = Result<Returned>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Returned>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

fn response(answer: Answer) -> Response {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers = answer.headers.iter().filter(|(name, _)| name.as_str() != "set-cookie");
    Response {
        status: answer.status,
        content_type: answer.headers.get(CONTENT_TYPE).and_then(text),
        headers: headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect(),
        body: answer.body,
    }
}
