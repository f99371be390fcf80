//! Entity selections (`remote-datastore.md` 4.2): pages on demand, and an entity set on the server only where one is needed.

mod cursor;
mod kept;
mod origin;
mod reduce;

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::ask::{Ask, Purpose};
use crate::call::{Call, Target};
use crate::catalog::AttributeKind;
use crate::dataclass::Dataclass;
use crate::entity::Entity;
use crate::error::{Error, Missing};
use crate::query::{Filter, Query, QuerySettings, joined};
use crate::row::{Page, Row};
use crate::value::{Key, Value};
use crate::{DataStore, Result};

pub use cursor::{Cursor, Entities};
pub(crate) use kept::{Kept, Shape};
pub(crate) use origin::Origin;
pub(crate) use origin::{refined, set_path};
pub use reduce::Compute;

/// A selection of entities. It never changes; what is asked of it is asked in pages. Its entity set is released when the last clone is dropped.
#[derive(Clone)]
pub struct Selection {
    pub(crate) inner: Arc<Kept>,
}

impl Selection {
    /// Asks for the first page.
    pub(crate) async fn asked(class: Dataclass, origin: Origin, shape: Shape) -> Result<Self> {
        let inner = Kept::new(class, origin, shape, None);
        inner.page(0).await?;
        Ok(Self { inner })
    }

    /// From what is known already.
    pub(crate) fn known(class: Dataclass, origin: Origin, shape: Shape, page: Page) -> Self {
        Self { inner: Kept::new(class, origin, shape, Some(page)) }
    }

    /// Of these entities, in their order; their rows are at hand. Without a key of one attribute they cannot be asked for again.
    pub(crate) fn of_rows(class: Dataclass, mut shape: Shape, rows: Vec<Row>) -> Self {
        let rows: Vec<_> = rows.into_iter().filter(|row| !row.is_gap()).collect();
        let values: Vec<_> = rows.iter().filter_map(|row| class.key_json(row.key.as_deref()?)).collect();
        // All of them are one page.
        shape.page_size = shape.page_size.max(rows.len());
        let origin = match class.single_key() {
            _ if rows.is_empty() => Origin::Empty,
            Ok(path) if values.len() == rows.len() => Origin::Among { path: path.to_owned(), values, order: None },
            _ => Origin::Called,
        };
        Self::known(class, origin, shape, Page { count: rows.len(), rows, ..Page::default() })
    }

    /// Of entities with these keys, which are read when they are asked for.
    pub(crate) fn of_keys(class: Dataclass, shape: Shape, keys: &[Key]) -> Result<Self> {
        let path = class.single_key()?.to_owned();
        let values: Vec<_> = keys.iter().filter_map(|key| class.key_json(&key.0)).collect();
        let origin = if values.is_empty() { Origin::Empty } else { Origin::Among { path, values, order: None } };
        Ok(Self { inner: Kept::new(class, origin, shape, None) })
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape { is_explained: false, is_kept: false, ..self.inner.shape.clone() }
    }

    pub(crate) fn store(&self) -> &DataStore {
        self.inner.class.store()
    }

    /// The dataclass (`getDataClass()`).
    pub fn dataclass(&self) -> &Dataclass {
        &self.inner.class
    }

    /// How many entities (`length`).
    pub fn len(&self) -> usize {
        self.inner.count()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Has an order that was asked for (`isOrdered()`).
    pub fn is_ordered(&self) -> bool {
        self.inner.origin.is_ordered()
    }

    /// The entity at a place from 0 (`[i]`, `at()`); none past the end, or where one was deleted meanwhile.
    pub async fn at(&self, index: usize) -> Result<Option<Entity>> {
        let size = self.inner.shape.page_size;
        if index >= self.len() {
            return Ok(None);
        }
        let rows = self.inner.page(index / size).await?;
        Ok(rows.get(index % size).filter(|row| !row.is_gap()).map(|row| self.entity(Arc::clone(row), index)))
    }

    /// The first entity (`first()`).
    pub async fn first(&self) -> Result<Option<Entity>> {
        self.at(0).await
    }

    /// The last entity (`last()`).
    pub async fn last(&self) -> Result<Option<Entity>> {
        match self.len().checked_sub(1) {
            Some(index) => self.at(index).await,
            None => Ok(None),
        }
    }

    /// All entities, read into memory; [`cursor`](Self::cursor) reads as it goes.
    #[expect(clippy::iter_not_returning_iterator, reason = "it is one, once the pages are read")]
    pub async fn iter(&self) -> Result<std::vec::IntoIter<Entity>> {
        let mut entities = Vec::with_capacity(self.len().min(100_000));
        let mut cursor = self.cursor();
        while let Some(entity) = cursor.next().await? {
            entities.push(entity);
        }
        Ok(entities.into_iter())
    }

    /// Goes through the entities page by page; the next page is on its way before it is needed.
    pub fn cursor(&self) -> Cursor {
        Cursor::new(self.clone())
    }

    pub(crate) fn entity(&self, row: Arc<Row>, index: usize) -> Entity {
        Entity::read(self.inner.class.clone(), row, Some((self.clone(), index)))
    }

    /// Rows as the wire has them, from a place on: for callers that want no objects. What was deleted meanwhile is a [gap](Row::is_gap).
    pub async fn rows(&self, first: usize, count: usize) -> Result<Vec<Row>> {
        let size = self.inner.shape.page_size;
        let end = first.saturating_add(count).min(self.len());
        let mut rows = Vec::new();
        let mut at = first;
        while at < end {
            let page = self.inner.page(at / size).await?;
            let here = page.get(at % size..).unwrap_or_default();
            if here.is_empty() {
                break;
            }
            let here = &here[..here.len().min(end - at)];
            rows.extend(here.iter().map(|row| (**row).clone()));
            at += here.len();
        }
        Ok(rows)
    }

    /// The entities from one place up to, not including, another (`slice()`).
    pub async fn slice(&self, first: usize, end: usize) -> Result<Self> {
        let rows = self.rows(first, end.saturating_sub(first)).await?;
        Ok(Self::of_rows(self.inner.class.clone(), self.shape(), rows))
    }

    /// Those of its entities that fit (`query()`).
    pub fn query(&self, filter: &str, values: Vec<Value>) -> Query {
        Query::new(self.inner.class.clone(), Some(self.clone()), Filter::positional(filter, &values))
    }

    /// The same with named placeholders (`query()` with settings).
    pub fn query_with(&self, filter: &str, values: Vec<Value>, settings: &QuerySettings) -> Query {
        Query::new(self.inner.class.clone(), Some(self.clone()), Filter::named(filter, &values, settings))
    }

    /// Its entities in another order (`orderBy()`).
    pub fn order_by(&self, order: impl Into<String>) -> Query {
        Query::new(self.inner.class.clone(), Some(self.clone()), Ok(None)).order_by(order)
    }

    /// Its entities with these attributes only.
    pub fn select<I: IntoIterator<Item = S>, S: AsRef<str>>(&self, attributes: I) -> Query {
        Query::new(self.inner.class.clone(), Some(self.clone()), Ok(None)).select(attributes)
    }

    /// What is in both (`and()`).
    pub async fn and(&self, other: &Self) -> Result<Self> {
        self.combined("AND", other).await
    }

    /// What is in either (`or()`).
    pub async fn or(&self, other: &Self) -> Result<Self> {
        self.combined("OR", other).await
    }

    /// What is here and not there (`minus()`).
    pub async fn minus(&self, other: &Self) -> Result<Self> {
        self.combined("EXCEPT", other).await
    }

    async fn combined(&self, operator: &'static str, other: &Self) -> Result<Self> {
        if self.dataclass().name() != other.dataclass().name() {
            return Err(Error::Misuse("Selections of two dataclasses cannot be combined.".to_owned()));
        }
        match (operator, self.is_empty(), other.is_empty()) {
            ("AND" | "EXCEPT", true, _) | ("OR" | "EXCEPT", _, true) => return Ok(self.clone()),
            ("AND", _, true) | ("OR", true, _) => return Ok(other.clone()),
            _ => {}
        }
        let origin = Origin::Combined { left: Arc::clone(&self.inner), right: Arc::clone(&other.inner), operator };
        Self::asked(self.inner.class.clone(), origin, self.shape()).await
    }

    /// The same selection with one entity more at its end (`copy().add()`).
    pub async fn with(&self, entity: &Entity) -> Result<Self> {
        if entity.dataclass().name() != self.dataclass().name() || entity.is_new() {
            return Err(Error::Misuse("Only saved entities of the same dataclass can be added.".to_owned()));
        }
        let mut rows = self.rows(0, self.len()).await?;
        rows.push(entity.row().clone());
        Ok(Self::of_rows(self.inner.class.clone(), self.shape(), rows))
    }

    /// Whether an entity is in it (`contains()`).
    pub async fn contains(&self, key: impl Into<Key>) -> Result<bool> {
        let Key(key) = key.into();
        if self.is_empty() {
            return Ok(false);
        }
        let class = &self.inner.class;
        let few = self.len() <= self.inner.shape.page_size;
        match (few, class.single_key().ok().zip(class.key_json(&key))) {
            (false, Some((path, key))) if !class.has_text_key() => {
                let filter = Filter { text: format!("{path} = :1"), params: vec![key] };
                let body =
                    self.inner.ask_of_set(|id| refined(Ask::get(set_path(class.name(), &id)), Some(&filter), None).with("$top", "0"));
                Ok(Page::read(body.await?)?.count > 0)
            }
            _ => Ok(self.place_of(&key).await?.is_some()),
        }
    }

    /// The place of an entity, from 0 (`entity.indexOf()`); its pages are read until it is found.
    pub async fn index_of(&self, key: impl Into<Key>) -> Result<Option<usize>> {
        let Key(key) = key.into();
        self.place_of(&key).await
    }

    async fn place_of(&self, key: &str) -> Result<Option<usize>> {
        let size = self.inner.shape.page_size;
        for index in 0..self.len().div_ceil(size) {
            let page = self.inner.page(index).await?;
            if let Some(at) = page.iter().position(|row| row.key.as_deref() == Some(key)) {
                return Ok(Some(index * size + at));
            }
            if page.len() < size {
                break;
            }
        }
        Ok(None)
    }

    /// The entities as plain objects of these attributes; of all when the list is empty (`toCollection()`).
    pub async fn to_collection(&self, attributes: &[&str]) -> Result<Vec<Map<String, Json>>> {
        let shaped = if attributes.is_empty() { self.clone() } else { self.with_only(attributes).await? };
        Ok(shaped.rows(0, shaped.len()).await?.into_iter().filter(|row| !row.is_gap()).map(|row| row.values).collect())
    }

    /// With these attributes alone. Keys that are texts are asked for anew: a set of them is refused where it has others.
    async fn with_only(&self, attributes: &[&str]) -> Result<Self> {
        let Some((path, keys)) = self.inner.text_keys() else { return self.select(attributes).await };
        let origin = Origin::Among { path: path.to_owned(), values: keys.to_vec(), order: None };
        let shape = Shape { select: Some(joined(attributes)), ..self.shape() };
        Ok(Self { inner: Kept::new(self.inner.class.clone(), origin, shape, None) })
    }

    /// The values of one attribute, entity by entity (`extract()`, `selection.title`).
    pub async fn extract(&self, attribute: &str) -> Result<Vec<Value>> {
        let info = self.inner.class.attribute(attribute)?;
        let rows = self.with_only(&[attribute]).await?;
        let rows = rows.rows(0, rows.len()).await?;
        let value = |row: &Row| row.values.get(attribute).map_or(Value::Null, |value| info.value(value));
        Ok(rows.iter().filter(|row| !row.is_gap()).map(value).collect())
    }

    /// What its entities are related to, each once (`selection.author`, `selection.books`).
    pub async fn related(&self, relation: &str) -> Result<Self> {
        let class = &self.inner.class;
        let info = class.attribute(relation)?.clone();
        let store = class.store();
        match info.kind {
            AttributeKind::RelatedEntity => {
                let target = store.dataclass(&info.type_name)?.described().await?;
                let path = target.single_key()?.to_owned();
                let rows = self.select([relation]).await?;
                let rows = rows.rows(0, rows.len()).await?;
                let keys = rows.iter().filter_map(|row| related_key(row.values.get(relation)?));
                Self::among(target.clone(), path, keys.filter_map(|key| target.key_json(&key)), self.shape()).await
            }
            AttributeKind::RelatedEntities => {
                let catalog = store.catalog().await?;
                let target = catalog.dataclasses.iter().find(|target| target.collection_name == info.type_name);
                let target = target.ok_or_else(|| Error::missing(Missing::Dataclass, format!("{} is of no dataclass.", info.type_name)))?;
                let back = info.inverse_name.or(info.path).unwrap_or_default();
                let path = format!("{back}.{}", class.single_key()?);
                let rows = self.rows(0, self.len()).await?;
                let keys = rows.iter().filter_map(|row| class.key_json(row.key.as_deref()?));
                let target = Dataclass::new(store.clone(), &target.name, Some(Arc::clone(target)));
                Self::among(target, path, keys, self.shape()).await
            }
            _ => Err(Error::Misuse(format!("\"{relation}\" is no relation."))),
        }
    }

    async fn among(class: Dataclass, path: String, keys: impl Iterator<Item = Json>, shape: Shape) -> Result<Self> {
        let mut values: Vec<Json> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        values.extend(keys.filter(|key| seen.insert(key.to_string())));
        let shape = Shape { select: None, ..shape };
        if values.is_empty() {
            return Ok(Self::known(class, Origin::Empty, shape, Page::default()));
        }
        // Text keys are read one by one, exactly these: comparing would find others too. Of others an order keeps the answer to one request.
        let order = class.single_key().ok().filter(|key| *key != path || !class.has_text_key()).map(str::to_owned);
        Self::asked(class, Origin::Among { path, values, order }, shape).await
    }

    /// How it was found (`queryPlan`), when the query was [`explained`](Query::explained).
    pub async fn query_plan(&self) -> Option<Json> {
        self.inner.explanation().await.0
    }

    /// How it was found, with times (`queryPath`), when the query was [`explained`](Query::explained).
    pub async fn query_path(&self) -> Option<Json> {
        self.inner.explanation().await.1
    }

    /// Calls a function of the selection.
    pub fn call(&self, function: &str, arguments: Vec<Value>) -> Call {
        Call::new(self.store().clone(), Target::Selection(self.clone()), function, arguments)
    }

    /// Deletes its entities (`drop()`), and gives those that are still there: locked by others, or needed by other entities.
    pub async fn drop_all(&self) -> Result<Self> {
        self.store().wire().executed(self.ask_drop_all().await)
    }

    async fn ask_drop_all(&self) -> Result<Self> {
        let class = &self.inner.class;
        if self.is_empty() {
            return Ok(self.clone());
        }
        if let Some(left) = self.drop_by_keys().await? {
            return Ok(left);
        }
        let used = parking_lot::Mutex::default();
        let delete = |id: String| {
            let ask = Ask::post_nothing(set_path(class.name(), &id)).with("$method", "delete");
            *used.lock() = id;
            ask
        };
        let done = self.inner.ask_of_set(delete).await;
        match done {
            Ok(_) | Err(Error::Remote { .. } | Error::Validation { .. } | Error::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        let clean = |id: String| {
            let ask = Ask::get(set_path(class.name(), &id)).with("$clean", "true").with("$method", "entityset");
            ask.with("$top", self.inner.shape.page_size.to_string()).maybe("$attributes", self.inner.shape.select.as_deref())
        };
        // What is left is part of the answer, also when the session has ended: the set has not.
        let asked = self.inner.json(&clean(used.into_inner()).to(Purpose::Follow)).await;
        let left = match asked {
            Err(error) if kept::is_lost(&error) => self.inner.ask_of_set(clean).await?,
            asked => asked?,
        };
        let left = Page::read(left)?;
        match done {
            // Nothing was deleted: why, is worth an error.
            Err(error) if left.count == self.len() => Err(error),
            _ => Ok(Self::known(class.clone(), Origin::Called, self.shape(), left)),
        }
    }

    /// One by one, where the server would find others by the keys, too.
    async fn drop_by_keys(&self) -> Result<Option<Self>> {
        let Some((_, keys)) = self.inner.text_keys() else { return Ok(None) };
        let class = &self.inner.class;
        let (mut left, mut purpose) = (Vec::new(), Purpose::Change);
        for key in keys.iter().filter_map(Json::as_str) {
            let status = class.ask_drop(key, None, std::mem::replace(&mut purpose, Purpose::Follow)).await?;
            if !status.success
                && let Some(row) = class.ask_row(key, self.inner.shape.select.as_deref(), purpose).await?
            {
                left.push(row);
            }
        }
        Ok(Some(Self::of_rows(class.clone(), self.shape(), left)))
    }

    /// Its entity set on the server; made when there is none. It lives as long as the selection.
    pub async fn set_id(&self) -> Result<String> {
        self.inner.set().await
    }

    /// Gives the entity set back now rather than when the selection is dropped.
    pub async fn close(self) {
        self.inner.release().await;
    }

    /// One JSON object as an argument or for a log.
    pub fn describe(&self) -> Json {
        json!({ "dataclass": self.dataclass().name(), "length": self.len() })
    }
}

/// The key of a relation's value, deferred or not.
pub(crate) fn related_key(value: &Json) -> Option<String> {
    let members = value.as_object()?;
    let inner = members.get("__deferred").and_then(Json::as_object).unwrap_or(members);
    inner.get("__KEY").and_then(crate::value::key_text)
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection").field("dataclass", &self.dataclass().name()).field("length", &self.len()).finish_non_exhaustive()
    }
}
