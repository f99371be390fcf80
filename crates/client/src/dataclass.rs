//! Dataclasses (`remote-datastore.md` 4.1), and entities by key for callers that want rows and no objects.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use crate::ask::{Ask, Purpose, keyed, name};
use crate::call::{Call, Target};
use crate::catalog::{AttributeInfo, AttributeType, DataclassInfo};
use crate::datastore::absent;
use crate::entity::{Entity, LockMode};
use crate::error::{Missing, errors_of, told};
use crate::query::{Filter, Query, QuerySettings};
use crate::row::{Page, Row};
use crate::selection::{Origin, Selection, Shape};
use crate::status::Status;
use crate::value::{Key, Value};
use crate::{DataStore, Error, Result};

/// A dataclass of a datastore.
#[derive(Clone)]
pub struct Dataclass {
    store: DataStore,
    name: Arc<str>,
    /// None before a datastore that was opened lazily has its catalog.
    info: Option<Arc<DataclassInfo>>,
}

/// What came of saving a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Saved or not, and why.
    pub status: Status,
    /// As it is stored now, where the answer says so: also when it was not saved because it had changed.
    pub row: Option<Row>,
}

impl Dataclass {
    pub(crate) fn new(store: DataStore, name: &str, info: Option<Arc<DataclassInfo>>) -> Self {
        Self { store, name: name.into(), info }
    }

    /// With its description, which is asked for when it is not known.
    pub(crate) async fn described(&self) -> Result<Self> {
        if self.info.is_some() {
            return Ok(self.clone());
        }
        let catalog = self.store.catalog().await?;
        let info = catalog.dataclass(&self.name).cloned().ok_or_else(|| absent(&self.name))?;
        Ok(Self { info: Some(info), ..self.clone() })
    }

    /// Its datastore (`getDataStore()`).
    pub fn store(&self) -> &DataStore {
        &self.store
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its description, once it is known (`getInfo()`).
    pub fn info(&self) -> Option<&DataclassInfo> {
        self.info.as_deref()
    }

    /// The description of an attribute (`dataClass.attributeName`).
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such attribute.
    pub fn attribute(&self, attribute: &str) -> Result<&AttributeInfo> {
        let found = self.info().and_then(|info| info.attribute(attribute));
        found.ok_or_else(|| {
            Error::missing(Missing::Attribute, format!("The \"{attribute}\" attribute cannot be found in the \"{}\" dataclass", self.name))
        })
    }

    /// Its entities have keys; those of a view have none.
    pub(crate) fn has_keys(&self) -> bool {
        self.info().is_none_or(|info| !info.key.is_empty())
    }

    /// Name of the key attribute.
    pub(crate) fn single_key(&self) -> Result<&str> {
        let key = self.info().and_then(DataclassInfo::single_key);
        key.ok_or_else(|| Error::Misuse(format!("{} has no primary key of one attribute.", self.name)))
    }

    /// The entity with a key, as part of a path.
    pub(crate) fn address(&self, key: &str) -> String {
        keyed(&self.name, key, self.info().is_some_and(|info| info.single_key().is_some()))
    }

    /// Its keys are texts: the dialect compares these without case and accents, and reads `@` and `*` in them as wildcards.
    pub(crate) fn has_text_key(&self) -> bool {
        let key = self.info().and_then(|info| info.attribute(info.single_key()?));
        key.is_some_and(|key| key.value_type() == AttributeType::Text)
    }

    /// A key as the key attribute's value; none for keys of several parts.
    pub(crate) fn key_json(&self, key: &str) -> Option<Json> {
        let attribute = self.info()?.attribute(self.info()?.single_key()?)?;
        let is_number = matches!(attribute.value_type(), AttributeType::Integer | AttributeType::Number);
        Some(if is_number { serde_json::from_str(key).unwrap_or_else(|_| json!(key)) } else { json!(key) })
    }

    /// All entities (`all()`).
    pub fn all(&self) -> Query {
        Query::new(self.clone(), None, Ok(None))
    }

    /// Entities that fit (`query()`): `query("price < :1 and author.fullName = :2", params![20, "Lem@"])`. Values never become part of the text.
    pub fn query(&self, filter: &str, values: Vec<Value>) -> Query {
        Query::new(self.clone(), None, Filter::positional(filter, &values))
    }

    /// The same with named placeholders (`query()` with settings).
    pub fn query_with(&self, filter: &str, values: Vec<Value>, settings: &QuerySettings) -> Query {
        Query::new(self.clone(), None, Filter::named(filter, &values, settings))
    }

    /// The entity with a key; none when there is none (`get()`).
    pub async fn get(&self, key: impl Into<Key>) -> Result<Option<Entity>> {
        let class = self.described().await?;
        let row = class.row(key, None).await?;
        Ok(row.map(|row| Entity::read(class, Arc::new(row), None)))
    }

    /// How many entities there are (`getCount()`).
    pub async fn get_count(&self) -> Result<usize> {
        Ok(Page::read(self.json(&Ask::get(name(&self.name)).with("$top", "0")).await?)?.count)
    }

    /// A blank entity in memory (`new()`).
    pub fn new_entity(&self) -> Entity {
        let info = self.info.clone().or_else(|| self.store.last_catalog()?.dataclass(&self.name).cloned());
        Entity::blank(Self { info, ..self.clone() })
    }

    /// A selection without entities (`newSelection()`).
    pub fn new_selection(&self) -> Selection {
        Selection::known(self.clone(), Origin::Empty, Shape::of(self.store.wire().rules.page_size), Page::default())
    }

    /// The entities with these keys, in their order; one that is not there is a gap.
    ///
    /// # Errors
    /// [`Error::Misuse`] when keys have several parts.
    pub fn of_keys(&self, keys: &[Key]) -> Result<Selection> {
        Selection::of_keys(self.clone(), Shape::of(self.store.wire().rules.page_size), keys)
    }

    /// Creates and updates many (`fromCollection()`): objects with `__KEY` are updated. Each is on its own: some may be saved and others not.
    pub async fn from_collection(&self, objects: Vec<Map<String, Json>>) -> Result<Vec<Saved>> {
        let saved = self.write_many(&Json::from(objects.into_iter().map(Json::Object).collect::<Vec<_>>()), false).await;
        self.store.wire().executed(saved)
    }

    /// Calls a function of the dataclass.
    pub fn call(&self, function: &str, arguments: Vec<Value>) -> Call {
        Call::new(self.store.clone(), Target::Dataclass(self.name.to_string()), function, arguments)
    }

    /// Calls a function of an entity that need not be read.
    pub fn call_entity(&self, key: impl Into<Key>, function: &str, arguments: Vec<Value>) -> Call {
        let target = Target::Entity { dataclass: self.name.to_string(), key: key.into().0 };
        Call::new(self.store.clone(), target, function, arguments)
    }

    /// The row with a key, with these attributes only when they are said (`"title,author.fullName"`).
    pub async fn row(&self, key: impl Into<Key>, select: Option<&str>) -> Result<Option<Row>> {
        self.ask_row(&key.into().0, select, Purpose::Read).await
    }

    pub(crate) async fn ask_row(&self, key: &str, select: Option<&str>, purpose: Purpose) -> Result<Option<Row>> {
        let ask = Ask::get(self.address(key)).maybe("$attributes", select);
        match self.json(&ask.to(purpose)).await {
            Ok(Json::Object(members)) => Ok(Some(Row::read(members))),
            Ok(other) => Err(self.store.wire().odd("The answer is no entity", &other)),
            Err(error) if error.is_missing(Missing::Entity) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Saves values: creates without a key, updates with one. With a stamp, only when nobody has saved the entity since. What the server says of
    /// the values is in the status; network and permissions are errors.
    pub async fn save_row(&self, key: Option<&str>, stamp: Option<i64>, values: &Map<String, Json>) -> Result<Saved> {
        self.store.wire().executed(self.ask_save(key, stamp, values).await)
    }

    /// The same without a word of a session that was lost.
    pub(crate) async fn ask_save(&self, key: Option<&str>, stamp: Option<i64>, values: &Map<String, Json>) -> Result<Saved> {
        let mut body = Map::new();
        if let Some(key) = key {
            body.insert("__KEY".to_owned(), json!(key));
            if let Some(stamp) = stamp {
                body.insert("__STAMP".to_owned(), json!(stamp));
            }
        }
        body.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
        // An empty `__KEY` would create: the address says it.
        let path = key.filter(|key| key.is_empty()).map_or_else(|| name(&self.name), |key| self.address(key));
        let ask = Ask::post(path, &Json::Object(body)).with("$method", "update");
        let wire = self.store.wire();
        let answer = wire.send(&ask).await?;
        saved(answer.status, wire.parse(&answer)?, self.has_uri())
    }

    /// Saves many at once; all or none when it is atomic.
    pub(crate) async fn write_many(&self, bodies: &Json, is_atomic: bool) -> Result<Vec<Saved>> {
        let mut ask = Ask::post(name(&self.name), bodies).with("$method", "update");
        if is_atomic {
            ask = ask.with("$atomic", "true");
        }
        let wire = self.store.wire();
        let answer = wire.send(&ask).await?;
        let mut body = wire.parse(&answer)?;
        let Some(Json::Array(items)) = body.get_mut("__ENTITIES").map(Json::take) else {
            return Err(told(answer.status, &body, false).unwrap_or_else(|| wire.odd("The answer lists no entities", &body)));
        };
        items.into_iter().map(|item| saved(200, item, self.has_uri())).collect()
    }

    /// Deletes the entity with a key, whatever its stamp.
    pub async fn drop_row(&self, key: impl Into<Key>) -> Result<Status> {
        self.store.wire().executed(self.ask_drop(&key.into().0, None, Purpose::Change).await)
    }

    /// Deletes the entity with a key when it has this stamp; else status 2. A server that compares stamps itself does both as one; from others the
    /// entity is read before.
    pub async fn drop_row_if(&self, key: impl Into<Key>, stamp: i64) -> Result<Status> {
        self.store.wire().executed(self.ask_drop_if(&key.into().0, stamp).await)
    }

    pub(crate) async fn ask_drop_if(&self, key: &str, stamp: i64) -> Result<Status> {
        let class = self.described().await?;
        if self.store.catalog().await?.properties.support_delete_stamp {
            return class.ask_drop(key, Some(stamp), Purpose::Change).await;
        }
        let least = class.single_key().ok();
        match class.row(key, least).await? {
            None => Ok(Status::failed(5)),
            Some(row) if row.stamp != stamp => Ok(Status::failed(2)),
            Some(_) => class.ask_drop(key, None, Purpose::Change).await,
        }
    }

    pub(crate) async fn ask_drop(&self, key: &str, stamp: Option<i64>, purpose: Purpose) -> Result<Status> {
        let ask = Ask::post_nothing(self.address(key)).with("$method", "delete").maybe("$stamp", stamp.map(|stamp| stamp.to_string()));
        let wire = self.store.wire();
        let answer = wire.send(&ask.to(purpose)).await?;
        let body = wire.parse(&answer)?;
        match told(answer.status, &body, false) {
            None => Ok(Status::done()),
            Some(Error::Conflict { status, .. }) => Ok(*status),
            Some(error) if error.is_missing(Missing::Entity) => Ok(Status::failed(5)),
            Some(error @ (Error::Validation { .. } | Error::Remote { .. })) if !error.errors().is_empty() => {
                // Servers of the reference say it in words only.
                let is_locked = error.errors().iter().any(|error| error.message.contains(" is locked"));
                Ok(Status { errors: error.errors().to_vec(), ..Status::failed(if is_locked { 3 } else { 4 }) })
            }
            Some(error) => Err(error),
        }
    }

    /// Locks the entity with a key in this session, until [`unlock_row`](Self::unlock_row) or the session's end.
    pub async fn lock_row(&self, key: impl Into<Key>) -> Result<Status> {
        Ok(self.take_row_lock(&key.into().0).await?.0)
    }

    /// The same unless the entity was saved by somebody else since it had this stamp: then status 2, or the row as it is now, as `mode` says. Of a
    /// lock that this has not taken nothing is given back.
    pub async fn lock_row_if(&self, key: impl Into<Key>, stamp: Option<i64>, mode: LockMode) -> Result<(Status, Option<Row>)> {
        let Key(key) = key.into();
        let (status, was_held) = self.take_row_lock(&key).await?;
        if !status.success {
            return Ok((status, None));
        }
        // Read once it cannot change any more.
        let refused = match self.row(key.as_str(), None).await {
            Ok(Some(row)) if stamp.is_none_or(|stamp| stamp == row.stamp) => return Ok((status, Some(row))),
            Ok(Some(row)) if mode == LockMode::Reload => return Ok((Status { was_reloaded: true, ..status }, Some(row))),
            Ok(Some(_)) => Ok(2),
            Ok(None) => Ok(5),
            Err(error) => Err(error),
        };
        if !was_held {
            self.unlock_row(key.as_str()).await?;
        }
        Ok((Status::failed(refused?), None))
    }

    /// Also whether it was held by its key before.
    async fn take_row_lock(&self, key: &str) -> Result<(Status, bool)> {
        let wire = self.store.wire();
        let _turn = wire.lock_turn(&self.name, key).await;
        let status = self.ask_lock(key, true).await?;
        let was_held = status.success && wire.session.lock().hold_by_key(&self.name, key);
        Ok((status, was_held))
    }

    /// Gives back what [`lock_row`](Self::lock_row) took, however often. While entity objects hold the same lock it stays.
    pub async fn unlock_row(&self, key: impl Into<Key>) -> Result<Status> {
        let Key(key) = key.into();
        let wire = self.store.wire();
        let _turn = wire.lock_turn(&self.name, &key).await;
        let is_last = wire.session.lock().let_go_by_key(&self.name, &key);
        if is_last { self.ask_lock(&key, false).await } else { Ok(Status::done()) }
    }

    /// Asks for the lock, or for its end. When the answer was given in a session that is not kept, it is asked for once more.
    pub(crate) async fn ask_lock(&self, key: &str, lock: bool) -> Result<Status> {
        let ask = Ask::get(self.address(key)).with("$lock", if lock { "true" } else { "false" }).to(Purpose::Change);
        let wire = self.store.wire();
        let mut answer = wire.send(&ask).await?;
        if answer.is_elsewhere {
            answer = wire.send(&ask).await?;
        }
        let body = wire.parse(&answer)?;
        let lost = wire.session.lock().take_lost();
        if !lost.is_empty() {
            // Nobody will know of a lock that this has taken.
            if lock && body.get("result") == Some(&Json::Bool(true)) {
                let _ = wire.send(&Ask::get(self.address(key)).with("$lock", "false").to(Purpose::Part)).await;
            }
            return Err(Error::lost(lost));
        }
        match told(answer.status, &body, false) {
            Some(Error::Conflict { status, .. }) => return Ok(*status),
            Some(error) if error.is_missing(Missing::Entity) => return Ok(Status::failed(5)),
            Some(error) => return Err(error),
            None => {}
        }
        let is_done = body.get("result") == Some(&Json::Bool(true));
        let told = body.as_object().and_then(Status::of);
        let status = told.unwrap_or_else(|| if is_done { Status::done() } else { Status::failed(3) });
        Ok(Status { success: is_done, ..status })
    }

    /// The bytes that a deferred image or blob names.
    pub async fn bytes(&self, uri: &str) -> Result<Bytes> {
        let ask = Ask::uri(uri).ok_or_else(|| self.store.wire().odd("The address leads elsewhere", &json!(uri)))?;
        let wire = self.store.wire();
        let answer = wire.send(&ask).await?;
        if answer.status >= 400 {
            let body = wire.parse(&answer)?;
            return Err(told(answer.status, &body, false).unwrap_or(Error::Remote { http_status: answer.status, errors: Vec::new() }));
        }
        Ok(answer.body)
    }

    /// Has an attribute with the name of a member that every update answer has.
    fn has_uri(&self) -> bool {
        self.info().is_some_and(|info| info.attribute("uri").is_some())
    }

    async fn json(&self, ask: &Ask) -> Result<Json> {
        self.store.wire().json(ask).await
    }
}

/// What an update answer says (`rest-dialect.md` 12.3 to 12.7).
fn saved(http_status: u16, body: Json, has_uri: bool) -> Result<Saved> {
    let Json::Object(members) = body else {
        return Err(Error::Protocol { cause: "The answer is no entity".to_owned(), excerpt: crate::row::excerpt(&body.to_string()) });
    };
    let errors = errors_of(&members);
    let told_status = Status::of(&members);
    if http_status < 400 && errors.is_empty() && told_status.as_ref().is_none_or(|status| status.success) {
        return Ok(Saved { status: told_status.unwrap_or_else(Status::done), row: Some(Row::read_saved(members, has_uri)) });
    }
    let row = members.contains_key("__STAMP").then(|| Row::read_saved(members.clone(), has_uri));
    // An item of a list has no status of its own in HTTP.
    let http_status = if http_status < 400 { 500 } else { http_status };
    let body = Json::Object(members);
    let failed = |status: i64, errors| Status { errors, ..Status::failed(status) };
    match told(http_status, &body, false) {
        Some(Error::Conflict { status, .. }) => Ok(Saved { status: *status, row }),
        Some(Error::Validation { errors, .. }) => {
            let status = told_status.filter(|status| status.status.is_some());
            Ok(Saved { status: Status { success: false, ..status.unwrap_or_else(|| failed(4, errors)) }, row })
        }
        Some(Error::NotFound { kind: Missing::Entity, errors }) => Ok(Saved { status: failed(5, errors), row: None }),
        Some(Error::Remote { errors, .. }) if errors.iter().any(|error| error.err_code == 1542) => {
            Ok(Saved { status: failed(5, errors), row: None })
        }
        Some(Error::Remote { errors, .. }) if told_status.is_some() => Ok(Saved { status: failed(4, errors), row }),
        Some(error) => Err(error),
        None => Ok(Saved { status: failed(4, Vec::new()), row }),
    }
}

impl fmt::Debug for Dataclass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataclass").field("name", &self.name).finish_non_exhaustive()
    }
}
