//! The same without `async`, for programs that have no runtime. Each object is its counterpart of the crate's root, of which it shows everything that
//! needs no waiting; what needs waiting waits.
//!
//! ```no_run
//! use claviger_client::{Connect, blocking::DataStore, params};
//!
//! # fn f(key: &str) -> claviger_client::Result<()> {
//! let ds = DataStore::open(Connect::endpoint("https://library.example.org").api_key(key))?;
//! let books = ds.dataclass("Book")?;
//! for book in books.query("price < :1", params![20]).order_by("title").run()?.iter() {
//!     println!("{}", book?.get::<String>("title")?);
//! }
//! let mut book = books.new_entity();
//! book.set("title", "Solaris")?;
//! book.save()?;
//! ds.close()
//! # }
//! ```
//!
//! In async code these are [`Error::Misuse`]: take the crate's root there.

mod entity;
mod selection;

use std::future::Future;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::{Map, Value as Json};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::{Catalog, Connect, Error, Key, QuerySettings, Result, Saved, Status, Upload, Value};

pub use entity::Entity;
pub use selection::{Iter, Query, Selection};

/// One for the process, and never ended: connections that share an alias share it, too.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Where requests run: one thread beside the program's own.
#[derive(Clone, Copy)]
pub(crate) struct Waiter(&'static Runtime);

impl Waiter {
    fn new() -> Result<Self> {
        if let Some(runtime) = RUNTIME.get() {
            return Ok(Self(runtime));
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("claviger-client").enable_all().build();
        let runtime = runtime.map_err(|error| Error::Misuse(format!("No thread can be started: {error}.")))?;
        Ok(Self(RUNTIME.get_or_init(|| runtime)))
    }

    pub(crate) fn wait<T>(&self, what: impl Future<Output = Result<T>>) -> Result<T> {
        if Handle::try_current().is_ok() {
            return Err(Error::Misuse("In async code the blocking functions cannot be used.".to_owned()));
        }
        self.0.block_on(what)
    }
}

/// A remote datastore; see [`crate::DataStore`].
#[derive(Clone)]
pub struct DataStore {
    inner: crate::DataStore,
    waiter: Waiter,
}

/// A dataclass; see [`struct@crate::Dataclass`].
#[derive(Clone)]
pub struct Dataclass {
    inner: crate::Dataclass,
    waiter: Waiter,
}

/// A call of a function; see [`crate::Call`].
#[must_use = "a call does nothing until it is run"]
pub struct Call {
    inner: crate::Call,
    waiter: Waiter,
}

/// What a function gave; see [`crate::Returned`].
#[derive(Debug)]
pub enum Returned {
    /// A plain value.
    Value(Json),
    /// An entity.
    Entity(Box<Entity>),
    /// A selection.
    Selection(Selection),
    /// An HTTP response of the function's own making.
    Response(crate::Response),
}

impl DataStore {
    /// Opens a datastore (`openDatastore`).
    ///
    /// # Errors
    /// As [`crate::DataStore::open`].
    pub fn open(connect: Connect) -> Result<Self> {
        let waiter = Waiter::new()?;
        Ok(Self { inner: waiter.wait(crate::DataStore::open(connect))?, waiter })
    }

    /// The same without asking anything.
    ///
    /// # Errors
    /// As [`crate::DataStore::open_lazy`].
    pub fn open_lazy(connect: Connect) -> Result<Self> {
        let waiter = Waiter::new()?;
        Ok(Self { inner: waiter.wait(async { crate::DataStore::open_lazy(connect) })?, waiter })
    }

    /// The description of what the key can see.
    pub fn catalog(&self) -> Result<Arc<Catalog>> {
        self.waiter.wait(self.inner.catalog())
    }

    /// Asks for the description again.
    pub fn refresh_catalog(&self) -> Result<Arc<Catalog>> {
        self.waiter.wait(self.inner.refresh_catalog())
    }

    /// Names of the exposed dataclasses.
    pub fn dataclasses(&self) -> Result<Vec<String>> {
        self.waiter.wait(self.inner.dataclasses())
    }

    /// A dataclass (`ds.Book`).
    ///
    /// # Errors
    /// As [`crate::DataStore::dataclass`].
    pub fn dataclass(&self, name: &str) -> Result<Dataclass> {
        Ok(Dataclass { inner: self.inner.dataclass(name)?, waiter: self.waiter })
    }

    /// Calls a function of the datastore.
    pub fn call(&self, function: &str, arguments: Vec<Value>) -> Call {
        Call { inner: self.inner.call(function, arguments), waiter: self.waiter }
    }

    /// Calls a function of a shared singleton.
    pub fn call_singleton(&self, class: &str, function: &str, arguments: Vec<Value>) -> Call {
        Call { inner: self.inner.call_singleton(class, function, arguments), waiter: self.waiter }
    }

    /// Leaves an image with the server (`$upload`).
    pub fn upload_image(&self, bytes: impl Into<Bytes>, content_type: &str) -> Result<Upload> {
        self.waiter.wait(self.inner.upload_image(bytes, content_type))
    }

    /// Leaves bytes with the server (`$upload`).
    pub fn upload(&self, bytes: impl Into<Bytes>) -> Result<Upload> {
        self.waiter.wait(self.inner.upload(bytes))
    }

    /// Saves entities of one dataclass together, or none of them.
    ///
    /// # Errors
    /// As [`crate::DataStore::transaction`].
    pub fn transaction(&self, entities: &mut [&mut Entity]) -> Result<Vec<Status>> {
        self.waiter.wait(self.inner.transaction(|tx| {
            for entity in entities {
                tx.save(&mut entity.inner);
            }
            Ok(())
        }))
    }

    /// Waits until what was dropped has been given back.
    pub fn flush(&self) -> Result<()> {
        self.waiter.wait(async {
            self.inner.flush().await;
            Ok(())
        })
    }

    /// Ends the session.
    pub fn close(&self) -> Result<()> {
        self.waiter.wait(self.inner.close())
    }
}

impl Dataclass {
    /// All entities (`all()`).
    pub fn all(&self) -> Query {
        Query::new(self.inner.all(), self.waiter)
    }

    /// Entities that fit (`query()`).
    pub fn query(&self, filter: &str, values: Vec<Value>) -> Query {
        Query::new(self.inner.query(filter, values), self.waiter)
    }

    /// The same with named placeholders.
    pub fn query_with(&self, filter: &str, values: Vec<Value>, settings: &QuerySettings) -> Query {
        Query::new(self.inner.query_with(filter, values, settings), self.waiter)
    }

    /// The entity with a key; none when there is none (`get()`).
    pub fn get(&self, key: impl Into<Key>) -> Result<Option<Entity>> {
        Ok(self.waiter.wait(self.inner.get(key))?.map(|entity| Entity::new(entity, self.waiter)))
    }

    /// How many entities there are (`getCount()`).
    pub fn get_count(&self) -> Result<usize> {
        self.waiter.wait(self.inner.get_count())
    }

    /// A blank entity in memory (`new()`).
    pub fn new_entity(&self) -> Entity {
        Entity::new(self.inner.new_entity(), self.waiter)
    }

    /// A selection without entities (`newSelection()`).
    pub fn new_selection(&self) -> Selection {
        Selection::new(self.inner.new_selection(), self.waiter)
    }

    /// Creates and updates many (`fromCollection()`).
    pub fn from_collection(&self, objects: Vec<Map<String, Json>>) -> Result<Vec<Saved>> {
        self.waiter.wait(self.inner.from_collection(objects))
    }

    /// Calls a function of the dataclass.
    pub fn call(&self, function: &str, arguments: Vec<Value>) -> Call {
        Call { inner: self.inner.call(function, arguments), waiter: self.waiter }
    }
}

impl Call {
    pub(crate) fn new(inner: crate::Call, waiter: Waiter) -> Self {
        Self { inner, waiter }
    }

    /// By GET, for functions that allow it.
    pub fn by_get(mut self) -> Self {
        self.inner = self.inner.by_get();
        self
    }

    /// Only these attributes of the entities that it gives.
    pub fn select<I: IntoIterator<Item = S>, S: AsRef<str>>(mut self, attributes: I) -> Self {
        self.inner = self.inner.select(attributes);
        self
    }

    /// Sends it.
    pub fn run(self) -> Result<Returned> {
        let Self { inner, waiter } = self;
        Ok(match waiter.wait(inner.into_future())? {
            crate::Returned::Value(value) => Returned::Value(value),
            crate::Returned::Entity(entity) => Returned::Entity(Box::new(Entity::new(*entity, waiter))),
            crate::Returned::Selection(selection) => Returned::Selection(Selection::new(selection, waiter)),
            crate::Returned::Response(response) => Returned::Response(response),
        })
    }

    /// Sends it, and reads what it gave as a plain value.
    ///
    /// # Errors
    /// As [`crate::Call::value`].
    pub fn value<T: serde::de::DeserializeOwned>(self) -> Result<T> {
        self.waiter.wait(self.inner.value())
    }
}

macro_rules! shows {
    ($($type:ident),*) => {$(
        /// What needs no waiting.
        impl Deref for $type {
            type Target = crate::$type;

            fn deref(&self) -> &Self::Target {
                &self.inner
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.inner.fmt(f)
            }
        }
    )*};
}
use shows;

shows!(DataStore, Dataclass);

use std::future::IntoFuture as _;
