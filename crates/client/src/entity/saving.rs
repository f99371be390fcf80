//! Saving, deleting, locking, reading again (`remote-datastore.md` 4.3, `data-model.md` 6).

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::Result;
use crate::ask::Purpose;
use crate::catalog::AttributeType;
use crate::dataclass::{Dataclass, Saved};
use crate::error::Error;
use crate::farewell::Hold;
use crate::http::Wire;
use crate::row::Row;
use crate::status::Status;

use super::Entity;

/// What saving does about changes of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveMode {
    /// Any of them hinders: status 2.
    #[default]
    Check,
    /// Those on other attributes are kept (`kAutoMerge`); on the same: status 6; on objects: status 2.
    AutoMerge,
}

/// What deleting does about changes of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DropMode {
    /// Any of them hinders: status 2.
    #[default]
    Check,
    /// Deletes whatever was changed (`kForceDropIfStampChanged`).
    Force,
}

/// What locking does about changes of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockMode {
    /// Any of them hinders: status 2.
    #[default]
    Check,
    /// Takes them over (`kReloadIfStampChanged`).
    Reload,
}

impl Entity {
    /// Saves what was assigned (`save()`). Status 2, 3 and 5 say that somebody else was there; nothing is thrown for them.
    ///
    /// # Errors
    /// [`Error::Validation`] when a value breaks a rule, [`Error::PermissionDenied`], and whatever happens on the way.
    pub async fn save(&mut self) -> Result<Status> {
        self.save_with(SaveMode::Check).await
    }

    /// Saves what was assigned, in one of two ways (`save(mode)`).
    pub async fn save_with(&mut self, mode: SaveMode) -> Result<Status> {
        self.class = self.class.described().await?;
        if self.touched.is_empty() && !self.is_new() {
            return Ok(Status::done());
        }
        let wire = Arc::clone(self.class.store().wire());
        wire.executed(self.ask_save(mode, &wire).await)
    }

    async fn ask_save(&mut self, mode: SaveMode, wire: &Wire) -> Result<Status> {
        let stamp = (!self.is_new()).then_some(self.row.stamp);
        let saved = self.class.ask_save(self.row.key.as_deref(), stamp, &self.touched).await?;
        if saved.status.status != Some(2) || mode == SaveMode::Check || wire.has_lost() {
            return self.after(saved, false);
        }
        let stored = match saved.row.filter(|row| row.key.is_some()) {
            Some(row) => row,
            None => match self.class.row(self.saved_key()?, None).await? {
                Some(row) => row,
                None => return Ok(Status::failed(5)),
            },
        };
        match mergeable(&self.class, &self.row.values, &stored.values, &self.touched) {
            Ok(()) => {}
            Err(status) => return Ok(Status::failed(status)),
        }
        let saved = self.class.ask_save(stored.key.as_deref(), Some(stored.stamp), &self.touched).await?;
        self.after(saved, true)
    }

    /// Takes over what the server has now.
    pub(crate) fn after(&mut self, saved: Saved, is_merged: bool) -> Result<Status> {
        let mut status = saved.status;
        if status.success {
            if let Some(row) = saved.row {
                self.row = Arc::new(row);
            }
            self.touched.clear();
            self.related.lock().clear();
            status.auto_merged = is_merged;
            return Ok(status);
        }
        if status.is_conflict() {
            return Ok(status);
        }
        Err(invalid(status))
    }

    /// Deletes the entity (`drop()`), unless it was saved by somebody else meanwhile.
    pub async fn drop(&mut self) -> Result<Status> {
        self.drop_with(DropMode::Check).await
    }

    /// Deletes the entity, in one of two ways (`drop(mode)`).
    pub async fn drop_with(&mut self, mode: DropMode) -> Result<Status> {
        let key = self.saved_key()?.to_owned();
        let wire = Arc::clone(self.class.store().wire());
        wire.executed(self.ask_drop(&key, mode).await)
    }

    async fn ask_drop(&mut self, key: &str, mode: DropMode) -> Result<Status> {
        let status = match mode {
            DropMode::Check => self.class.ask_drop_if(key, self.row.stamp).await?,
            DropMode::Force => self.class.ask_drop(key, None, Purpose::Change).await?,
        };
        if status.success {
            // The lock went with it.
            if let Some(hold) = self.lock.take() {
                hold.end();
            }
        } else if !status.is_conflict() {
            return Err(invalid(status));
        }
        Ok(status)
    }

    /// Locks the entity against all other sessions (`lock()`), unless it was saved by somebody else meanwhile.
    pub async fn lock(&mut self) -> Result<Status> {
        self.lock_with(LockMode::Check).await
    }

    /// Locks the entity, in one of two ways (`lock(mode)`).
    pub async fn lock_with(&mut self, mode: LockMode) -> Result<Status> {
        let key = self.saved_key()?.to_owned();
        let (mut status, hold) = {
            let _turn = self.class.store().wire().lock_turn(self.class.name(), &key).await;
            let status = self.class.ask_lock(&key, true).await?;
            if !status.success {
                return Ok(status);
            }
            (status, Hold::new(&self.class, &key))
        };
        // Read once it cannot change any more. If this fails, the lock is given back.
        match self.class.row(&key, None).await? {
            None => return Ok(Status::failed(5)),
            Some(row) if row.stamp == self.row.stamp => {}
            Some(row) if mode == LockMode::Reload => {
                self.take(row);
                status.was_reloaded = true;
            }
            Some(_) => {
                self.give_back(hold, &key).await?;
                return Ok(Status::failed(2));
            }
        }
        match self.lock.take() {
            // It counts once for this object; one of a session that has ended counts no more.
            Some(earlier) if earlier.is_current() => {
                hold.end();
                self.lock = Some(earlier);
            }
            _ => self.lock = Some(hold),
        }
        Ok(status)
    }

    /// Gives the lock back (`unlock()`). While other objects of this session hold it, it stays.
    pub async fn unlock(&mut self) -> Result<Status> {
        let key = self.saved_key()?.to_owned();
        if let Some(hold) = self.lock.take().filter(Hold::is_current) {
            return self.give_back(hold, &key).await;
        }
        let wire = self.class.store().wire();
        let _turn = wire.lock_turn(self.class.name(), &key).await;
        let is_held = wire.session.lock().is_held(self.class.name(), &key);
        if is_held { Ok(Status::done()) } else { self.class.ask_lock(&key, false).await }
    }

    async fn give_back(&self, hold: Hold, key: &str) -> Result<Status> {
        let _turn = self.class.store().wire().lock_turn(self.class.name(), key).await;
        if hold.end() { self.class.ask_lock(key, false).await } else { Ok(Status::done()) }
    }

    /// This object holds a lock.
    pub fn is_locked(&self) -> bool {
        self.lock.as_ref().is_some_and(Hold::is_current)
    }

    /// Reads the entity again (`reload()`); what was assigned and not saved is forgotten. Status 5 when it is gone.
    pub async fn reload(&mut self) -> Result<Status> {
        let key = self.saved_key()?.to_owned();
        self.class = self.class.described().await?;
        match self.class.row(&key, None).await? {
            Some(row) => {
                self.take(row);
                Ok(Status::done())
            }
            None => Ok(Status::failed(5)),
        }
    }

    fn take(&mut self, row: Row) {
        self.row = Arc::new(row);
        self.touched.clear();
        self.related.lock().clear();
    }
}

/// Status 4 is thrown: a value breaks a rule.
pub(crate) fn invalid(status: Status) -> Error {
    let quoted = status.errors.first().and_then(|error| error.message.split('"').nth(1));
    Error::Validation { attribute: quoted.map(str::to_owned), errors: status.errors }
}

/// Whether changes of two sides can stand together; else the status. An image's address changes with each stamp, so that its changes cannot be
/// seen: who has touched one cannot merge.
fn mergeable(class: &Dataclass, read: &Map<String, Json>, stored: &Map<String, Json>, touched: &Map<String, Json>) -> Result<(), i64> {
    let kind = |name: &str| class.attribute(name).map(|attribute| attribute.value_type()).unwrap_or(AttributeType::Other);
    let is_whole = |name: &str| matches!(kind(name), AttributeType::Object | AttributeType::Image | AttributeType::Blob);
    if touched.keys().any(|name| is_whole(name)) {
        return Err(2);
    }
    for (name, now) in stored {
        let was = read.get(name);
        let is_media = matches!(kind(name), AttributeType::Image | AttributeType::Blob);
        if was == Some(now) || is_media {
            continue;
        }
        match was {
            // It was not read, so nobody knows whether it has changed.
            None if touched.contains_key(name) => return Err(6),
            None => {}
            Some(_) if kind(name) == AttributeType::Object => return Err(2),
            Some(_) if touched.contains_key(name) => return Err(6),
            Some(_) => {}
        }
    }
    Ok(())
}
