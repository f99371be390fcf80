//! Entities that wait.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;

use crate::{DropMode, LockMode, Result, SaveMode, Status, Value};

use super::{Call, Selection, Waiter, shows};

/// An entity in memory; see [`crate::Entity`].
#[derive(Clone)]
pub struct Entity {
    pub(super) inner: crate::Entity,
    waiter: Waiter,
}

impl Entity {
    pub(super) fn new(inner: crate::Entity, waiter: Waiter) -> Self {
        Self { inner, waiter }
    }

    fn maybe(&self, found: Option<crate::Entity>) -> Option<Self> {
        found.map(|entity| Self::new(entity, self.waiter))
    }

    /// Saves what was assigned (`save()`).
    pub fn save(&mut self) -> Result<Status> {
        self.waiter.wait(self.inner.save())
    }

    /// Saves what was assigned, in one of two ways.
    pub fn save_with(&mut self, mode: SaveMode) -> Result<Status> {
        self.waiter.wait(self.inner.save_with(mode))
    }

    /// Deletes the entity (`drop()`).
    pub fn drop(&mut self) -> Result<Status> {
        self.waiter.wait(self.inner.drop())
    }

    /// Deletes the entity, in one of two ways.
    pub fn drop_with(&mut self, mode: DropMode) -> Result<Status> {
        self.waiter.wait(self.inner.drop_with(mode))
    }

    /// Locks the entity (`lock()`).
    pub fn lock(&mut self) -> Result<Status> {
        self.waiter.wait(self.inner.lock())
    }

    /// Locks the entity, in one of two ways.
    pub fn lock_with(&mut self, mode: LockMode) -> Result<Status> {
        self.waiter.wait(self.inner.lock_with(mode))
    }

    /// Gives the lock back (`unlock()`).
    pub fn unlock(&mut self) -> Result<Status> {
        self.waiter.wait(self.inner.unlock())
    }

    /// Reads the entity again (`reload()`).
    pub fn reload(&mut self) -> Result<Status> {
        self.waiter.wait(self.inner.reload())
    }

    /// The entity that a relation leads to (`book.author`).
    pub fn related(&self, relation: &str) -> Result<Option<Self>> {
        Ok(self.maybe(self.waiter.wait(self.inner.related(relation))?))
    }

    /// The entities that a relation leads to (`author.books`).
    pub fn related_selection(&self, relation: &str) -> Result<Selection> {
        Ok(Selection::new(self.waiter.wait(self.inner.related_selection(relation))?, self.waiter))
    }

    /// The bytes of an image or blob.
    pub fn bytes(&self, attribute: &str) -> Result<Option<Bytes>> {
        self.waiter.wait(self.inner.bytes(attribute))
    }

    /// The one after it in its selection (`next()`).
    pub fn next(&self) -> Result<Option<Self>> {
        Ok(self.maybe(self.waiter.wait(self.inner.next())?))
    }

    /// The one before it in its selection (`previous()`).
    pub fn previous(&self) -> Result<Option<Self>> {
        Ok(self.maybe(self.waiter.wait(self.inner.previous())?))
    }

    /// Calls a function of the entity.
    pub fn call(&self, function: &str, arguments: Vec<Value>) -> Call {
        Call::new(self.inner.call(function, arguments), self.waiter)
    }
}

shows!(Entity);

/// Assigning needs no waiting.
impl DerefMut for Entity {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

impl From<&Entity> for Value {
    fn from(entity: &Entity) -> Self {
        Self::from(&entity.inner)
    }
}
