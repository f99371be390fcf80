//! Entities (`remote-datastore.md` 4.3).

mod relation;
mod saving;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::Result;
use crate::call::{Call, Target};
use crate::catalog::{AttributeKind, AttributeType};
use crate::dataclass::Dataclass;
use crate::error::{Error, Missing};
use crate::farewell::Hold;
use crate::row::Row;
use crate::selection::Selection;
use crate::value::{EntityValue, FromValue, Value, convert, object};

pub(crate) use saving::invalid;
pub use saving::{DropMode, LockMode, SaveMode};

/// An entity in memory: what was read, and what was assigned since. Its lock, if it has one, ends when it is dropped.
pub struct Entity {
    /// Its page has it, too.
    row: Arc<Row>,
    /// As the wire has them.
    touched: Map<String, Json>,
    lock: Option<Hold>,
    /// Where it was found.
    place: Option<(Selection, usize)>,
    /// Related entities that were read already.
    related: Mutex<HashMap<String, Option<Arc<Row>>>>,
    // Last: should this be the last user of the session, the lock is given back before it ends.
    class: Dataclass,
}

impl Entity {
    pub(crate) fn read(class: Dataclass, row: Arc<Row>, place: Option<(Selection, usize)>) -> Self {
        Self { class, row, touched: Map::new(), lock: None, place, related: Mutex::default() }
    }

    pub(crate) fn blank(class: Dataclass) -> Self {
        Self::read(class, Arc::default(), None)
    }

    /// One that a function made and did not save: everything in it is still to be saved.
    pub(crate) fn unsaved(class: Dataclass, mut row: Row) -> Self {
        let mut values = std::mem::take(&mut row.values);
        values.retain(|name, value| {
            let is_deferred = value.as_object().is_some_and(|members| members.contains_key("__deferred"));
            let is_written = class.info().and_then(|info| info.attribute(name)).is_none_or(|attribute| !attribute.read_only);
            is_written && !value.is_null() && (!is_deferred || crate::selection::related_key(value).is_some())
        });
        for value in values.values_mut() {
            if let Some(key) = crate::selection::related_key(value) {
                *value = serde_json::json!({ "__KEY": key });
            }
        }
        Self { touched: values, ..Self::blank(class) }
    }

    /// The dataclass (`getDataClass()`).
    pub fn dataclass(&self) -> &Dataclass {
        &self.class
    }

    /// The key; none before it is saved (`getKey()`).
    pub fn key(&self) -> Option<&str> {
        self.row.key.as_deref()
    }

    pub(crate) fn saved_key(&self) -> Result<&str> {
        self.key().ok_or_else(|| Error::Misuse("The entity is not saved yet.".to_owned()))
    }

    /// The version; 0 before it is saved (`getStamp()`).
    pub fn stamp(&self) -> i64 {
        self.row.stamp
    }

    /// When it was saved last, where the answer says so.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.row.timestamp.as_deref()?.parse().ok()
    }

    /// Not saved yet (`isNew()`).
    pub fn is_new(&self) -> bool {
        self.row.key.is_none()
    }

    /// What was read, as the wire has it, without what was assigned.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// What the wire has for an attribute: assigned, else read. None when it was not read, or may not be.
    pub fn raw(&self, attribute: &str) -> Option<&Json> {
        self.touched.get(attribute).or_else(|| self.row.values.get(attribute))
    }

    /// The value of an attribute with its type. None when it was not read, or may not be; a new entity has null everywhere.
    pub fn value(&self, attribute: &str) -> Option<Value> {
        let info = self.class.info().and_then(|info| info.attribute(attribute));
        match self.raw(attribute) {
            Some(raw) => Some(info.map_or_else(|| Value::read(raw, AttributeType::Other), |info| info.value(raw))),
            None => (self.is_new() && info.is_some()).then_some(Value::Null),
        }
    }

    /// The value of an attribute as what is wanted: `book.get::<String>("title")?`, `Option<…>` where it may be null.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the entity has no such attribute (not read, not readable, or unknown), [`Error::Misuse`] when it is something else.
    pub fn get<T: FromValue>(&self, attribute: &str) -> Result<T> {
        let value = self.value(attribute).ok_or_else(|| {
            Error::missing(Missing::Attribute, format!("The entity of {} has no \"{attribute}\" here.", self.class.name()))
        })?;
        convert(value, attribute)
    }

    /// An object attribute as what serde can read of it.
    pub fn object<T: DeserializeOwned>(&self, attribute: &str) -> Result<T> {
        let json: Json = self.get(attribute)?;
        serde_json::from_value(json).map_err(|error| Error::Misuse(format!("\"{attribute}\" cannot be read so: {error}.")))
    }

    /// Assigns a value, to be saved by [`save`](Self::save). Of a relation: an entity, its key, or null.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown attribute, [`Error::Misuse`] for one that cannot be written.
    pub fn set(&mut self, attribute: &str, value: impl Into<Value>) -> Result<()> {
        self.set_wire(attribute, value.into().written()?)
    }

    /// Assigns to an object attribute what serde can write.
    pub fn set_object(&mut self, attribute: &str, value: &impl Serialize) -> Result<()> {
        self.set_wire(attribute, object(value)?)
    }

    /// Assigns a value unless the attribute has it already, so that nothing is touched needlessly.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn update(&mut self, attribute: &str, value: impl Into<Value>) -> Result<()> {
        let new = value.into().written()?;
        let now = self.value(attribute).map(|now| now.written()).transpose()?;
        if now.is_some_and(|now| same(&now, &new)) { Ok(()) } else { self.set_wire(attribute, new) }
    }

    /// The same for object attributes, with what serde can write.
    ///
    /// # Errors
    /// As [`set_object`](Self::set_object).
    pub fn update_object(&mut self, attribute: &str, value: &impl Serialize) -> Result<()> {
        let new = object(value)?;
        let has_it = self.raw(attribute).map_or(self.is_new() && new.is_null(), |now| *now == new);
        if has_it { Ok(()) } else { self.set_wire(attribute, new) }
    }

    fn set_wire(&mut self, attribute: &str, value: Json) -> Result<()> {
        if self.class.info().is_some() {
            let info = self.class.attribute(attribute)?;
            if info.read_only || info.kind == AttributeKind::RelatedEntities {
                return Err(Error::Misuse(format!("\"{attribute}\" cannot be written.")));
            }
        }
        self.related.lock().remove(attribute);
        self.touched.insert(attribute.to_owned(), value);
        Ok(())
    }

    /// Something was assigned and not saved (`touched()`).
    pub fn touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// What was assigned and not saved (`touchedAttributes()`).
    pub fn touched_attributes(&self) -> Vec<&str> {
        self.touched.keys().map(String::as_str).collect()
    }

    /// The selection that it was found in (`getSelection()`).
    pub fn selection(&self) -> Option<&Selection> {
        self.place.as_ref().map(|(selection, _)| selection)
    }

    /// Its place there, from 0 (`indexOf()`).
    pub fn index(&self) -> Option<usize> {
        self.place.as_ref().map(|(_, index)| *index)
    }

    /// The one after it in its selection (`next()`).
    pub async fn next(&self) -> Result<Option<Self>> {
        self.beside(|index| index.checked_add(1)).await
    }

    /// The one before it in its selection (`previous()`).
    pub async fn previous(&self) -> Result<Option<Self>> {
        self.beside(|index| index.checked_sub(1)).await
    }

    async fn beside(&self, step: impl Fn(usize) -> Option<usize> + Send) -> Result<Option<Self>> {
        let Some((selection, index)) = &self.place else { return Ok(None) };
        let mut index = *index;
        while let Some(next) = step(index).filter(|next| *next < selection.len()) {
            if let Some(entity) = selection.at(next).await? {
                return Ok(Some(entity));
            }
            index = next;
        }
        Ok(None)
    }

    /// The bytes of an image or blob; none when it is null.
    pub async fn bytes(&self, attribute: &str) -> Result<Option<Bytes>> {
        match self.get::<Option<crate::Media>>(attribute)? {
            Some(media) => self.class.bytes(&media.uri).await.map(Some),
            None => Ok(None),
        }
    }

    /// All its values as one object, as the wire has them (`toObject()`).
    pub fn to_object(&self) -> Map<String, Json> {
        let mut values = self.row.values.clone();
        values.extend(self.touched.clone());
        values
    }

    /// Assigns the members of an object (`fromObject()`). What is no attribute, or cannot be written, is passed over.
    pub fn from_object(&mut self, object: &Map<String, Json>) {
        for (name, value) in object {
            if name.starts_with("__") || (self.class.info().is_some() && self.class.attribute(name).is_err()) {
                continue;
            }
            let _ = self.set_wire(name, value.clone());
        }
    }

    /// The attributes in which two entities differ, with both values (`diff()`).
    pub fn diff(&self, other: &Self) -> Vec<(String, Json, Json)> {
        let (mine, theirs) = (self.to_object(), other.to_object());
        let names = mine.keys().chain(theirs.keys().filter(|name| !mine.contains_key(*name)));
        let value = |values: &Map<String, Json>, name: &str| values.get(name).cloned().unwrap_or_default();
        let pairs = names.map(|name| (name.clone(), value(&mine, name), value(&theirs, name)));
        pairs.filter(|(_, mine, theirs)| mine != theirs).collect()
    }

    /// Calls a function of the entity, as it is saved.
    pub fn call(&self, function: &str, arguments: Vec<Value>) -> Call {
        let target = Target::Entity { dataclass: self.class.name().to_owned(), key: self.key().unwrap_or_default().to_owned() };
        Call::new(self.class.store().clone(), target, function, arguments)
    }

    /// As a value or argument: with what is not saved.
    pub(crate) fn as_value(&self) -> EntityValue {
        EntityValue {
            dataclass: self.class.name().to_owned(),
            key: self.row.key.clone(),
            stamp: self.row.stamp,
            touched: self.touched.clone(),
        }
    }
}

/// The same value: `10` is `10.0`, but whole numbers are compared by all their digits.
fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => {
            one == other || !(one.is_i64() && other.is_i64()) && one.as_f64().is_some() && one.as_f64() == other.as_f64()
        }
        _ => one == other,
    }
}

/// Another object on the same entity, with what was assigned here and without the lock (`clone()`).
impl Clone for Entity {
    fn clone(&self) -> Self {
        Self {
            class: self.class.clone(),
            row: Arc::clone(&self.row),
            touched: self.touched.clone(),
            lock: None,
            place: self.place.clone(),
            related: Mutex::new(self.related.lock().clone()),
        }
    }
}

impl fmt::Debug for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entity")
            .field("dataclass", &self.class.name())
            .field("key", &self.row.key)
            .field("stamp", &self.row.stamp)
            .field("touched", &self.touched_attributes())
            .finish_non_exhaustive()
    }
}
