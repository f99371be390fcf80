//! Selections that wait.

use std::future::IntoFuture as _;
use std::ops::Deref;

use serde_json::{Map, Number, Value as Json};

use crate::{Cursor, Key, Result, Value};

use super::{Call, Entity, Waiter, shows};

/// A query before it is asked; see [`crate::Query`].
#[must_use = "a query does nothing until it is run"]
pub struct Query {
    inner: crate::Query,
    waiter: Waiter,
}

/// A selection of entities; see [`crate::Selection`].
#[derive(Clone)]
pub struct Selection {
    inner: crate::Selection,
    waiter: Waiter,
}

/// Goes through a selection page by page.
pub struct Iter {
    cursor: Cursor,
    waiter: Waiter,
    is_over: bool,
}

impl Query {
    pub(super) fn new(inner: crate::Query, waiter: Waiter) -> Self {
        Self { inner, waiter }
    }

    /// The order (`orderBy()`).
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.inner = self.inner.order_by(order);
        self
    }

    /// Only these attributes travel.
    pub fn select<I: IntoIterator<Item = S>, S: AsRef<str>>(mut self, attributes: I) -> Self {
        self.inner = self.inner.select(attributes);
        self
    }

    /// Entities of a page.
    pub fn page_size(mut self, entities: usize) -> Self {
        self.inner = self.inner.page_size(entities);
        self
    }

    /// Only how many entities fit, without reading any.
    pub fn length(self) -> Result<usize> {
        self.waiter.wait(self.inner.length())
    }

    /// Asks for the first page.
    pub fn run(self) -> Result<Selection> {
        let Self { inner, waiter } = self;
        Ok(Selection::new(waiter.wait(inner.into_future())?, waiter))
    }
}

impl Selection {
    pub(super) fn new(inner: crate::Selection, waiter: Waiter) -> Self {
        Self { inner, waiter }
    }

    fn entity(&self, found: Option<crate::Entity>) -> Option<Entity> {
        found.map(|entity| Entity::new(entity, self.waiter))
    }

    fn wait<T>(&self, what: impl Future<Output = Result<T>>) -> Result<T> {
        self.waiter.wait(what)
    }

    fn made(&self, what: impl Future<Output = Result<crate::Selection>>) -> Result<Self> {
        Ok(Self::new(self.wait(what)?, self.waiter))
    }

    /// The entity at a place from 0 (`at()`).
    pub fn at(&self, index: usize) -> Result<Option<Entity>> {
        Ok(self.entity(self.wait(self.inner.at(index))?))
    }

    /// The first entity (`first()`).
    pub fn first(&self) -> Result<Option<Entity>> {
        Ok(self.entity(self.wait(self.inner.first())?))
    }

    /// The last entity (`last()`).
    pub fn last(&self) -> Result<Option<Entity>> {
        Ok(self.entity(self.wait(self.inner.last())?))
    }

    /// Its entities, page by page; the next page is on its way before it is needed.
    pub fn iter(&self) -> Iter {
        Iter { cursor: self.inner.cursor(), waiter: self.waiter, is_over: false }
    }

    /// The entities from one place up to, not including, another (`slice()`).
    pub fn slice(&self, first: usize, end: usize) -> Result<Self> {
        self.made(self.inner.slice(first, end))
    }

    /// Those of its entities that fit (`query()`).
    pub fn query(&self, filter: &str, values: Vec<Value>) -> Query {
        Query::new(self.inner.query(filter, values), self.waiter)
    }

    /// Its entities in another order (`orderBy()`).
    pub fn order_by(&self, order: impl Into<String>) -> Query {
        Query::new(self.inner.order_by(order), self.waiter)
    }

    /// What is in both (`and()`).
    pub fn and(&self, other: &Self) -> Result<Self> {
        self.made(self.inner.and(&other.inner))
    }

    /// What is in either (`or()`).
    pub fn or(&self, other: &Self) -> Result<Self> {
        self.made(self.inner.or(&other.inner))
    }

    /// What is here and not there (`minus()`).
    pub fn minus(&self, other: &Self) -> Result<Self> {
        self.made(self.inner.minus(&other.inner))
    }

    /// What its entities are related to (`selection.author`).
    pub fn related(&self, relation: &str) -> Result<Self> {
        self.made(self.inner.related(relation))
    }

    /// Whether an entity is in it (`contains()`).
    pub fn contains(&self, key: impl Into<Key>) -> Result<bool> {
        self.wait(self.inner.contains(key))
    }

    /// The place of an entity.
    pub fn index_of(&self, key: impl Into<Key>) -> Result<Option<usize>> {
        self.wait(self.inner.index_of(key))
    }

    /// Sum of an attribute (`sum()`).
    pub fn sum(&self, attribute: &str) -> Result<Number> {
        self.wait(self.inner.sum(attribute))
    }

    /// Mean of an attribute (`average()`).
    pub fn average(&self, attribute: &str) -> Result<Option<f64>> {
        self.wait(self.inner.average(attribute))
    }

    /// Smallest value (`min()`).
    pub fn min(&self, attribute: &str) -> Result<Value> {
        self.wait(self.inner.min(attribute))
    }

    /// Greatest value (`max()`).
    pub fn max(&self, attribute: &str) -> Result<Value> {
        self.wait(self.inner.max(attribute))
    }

    /// How many have a value there (`count()`).
    pub fn count(&self, attribute: &str) -> Result<u64> {
        self.wait(self.inner.count(attribute))
    }

    /// Its different values (`distinct()`).
    pub fn distinct(&self, attribute: &str) -> Result<Vec<Value>> {
        self.wait(self.inner.distinct(attribute))
    }

    /// The entities as plain objects (`toCollection()`).
    pub fn to_collection(&self, attributes: &[&str]) -> Result<Vec<Map<String, Json>>> {
        self.wait(self.inner.to_collection(attributes))
    }

    /// The values of one attribute (`extract()`).
    pub fn extract(&self, attribute: &str) -> Result<Vec<Value>> {
        self.wait(self.inner.extract(attribute))
    }

    /// Deletes its entities (`drop()`); gives those that are still there.
    pub fn drop_all(&self) -> Result<Self> {
        self.made(self.inner.drop_all())
    }

    /// Calls a function of the selection.
    pub fn call(&self, function: &str, arguments: Vec<Value>) -> Call {
        Call::new(self.inner.call(function, arguments), self.waiter)
    }
}

shows!(Selection);

impl IntoIterator for &Selection {
    type Item = Result<Entity>;
    type IntoIter = Iter;

    fn into_iter(self) -> Iter {
        self.iter()
    }
}

impl Iterator for Iter {
    type Item = Result<Entity>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let found = self.waiter.wait(self.cursor.next()).transpose();
        self.is_over = !matches!(found, Some(Ok(_)));
        found.map(|found| found.map(|entity| Entity::new(entity, self.waiter)))
    }
}

impl From<&Selection> for Value {
    fn from(selection: &Selection) -> Self {
        Self::from(&selection.inner)
    }
}
