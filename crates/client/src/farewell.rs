//! What is given back to the server when nobody needs it any more: entity sets and locks, in the background, errors ignored
//! (`remote-datastore.md` 4.2, 5).

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use serde_json::json;
use tokio::runtime::Handle;

use crate::ask::{Ask, Purpose};
use crate::dataclass::Dataclass;
use crate::http::Wire;
use crate::{Error, Result};

/// What waits to be given back.
#[derive(Default)]
pub(crate) struct Farewells {
    waiting: Mutex<Waiting>,
    /// One at a time, so that whoever waits for it knows that all was sent.
    gate: tokio::sync::Mutex<()>,
    /// Whoever takes or ends the lock of an entity does so alone: no end overtakes a lock that is newer.
    turns: Mutex<HashMap<(String, String), Arc<tokio::sync::Mutex<()>>>>,
    /// Where requests run: an object may be dropped outside of it.
    runtime: OnceLock<Handle>,
}

#[derive(Default)]
struct Waiting {
    sets: Vec<String>,
    locks: Vec<Unlocking>,
}

/// A lock that nobody holds any more.
struct Unlocking {
    dataclass: String,
    key: String,
    address: String,
    generation: u64,
}

/// An entity set of the server that is released in the end.
pub(crate) struct EntitySet {
    wire: Arc<Wire>,
    pub(crate) id: String,
    /// The session that it was made in.
    pub(crate) generation: u64,
}

/// An object's part in the lock of an entity.
pub(crate) struct Hold {
    wire: Arc<Wire>,
    dataclass: String,
    key: String,
    address: String,
    generation: u64,
}

impl Farewells {
    /// Remembers where requests run.
    pub(crate) fn here(&self) {
        if self.runtime.get().is_none()
            && let Ok(handle) = Handle::try_current()
        {
            let _ = self.runtime.set(handle);
        }
    }

    pub(crate) fn runtime(&self) -> Option<&Handle> {
        self.runtime.get()
    }
}

impl Wire {
    fn later(self: &Arc<Self>, remember: impl FnOnce(&mut Waiting)) {
        remember(&mut self.farewells.waiting.lock());
        if let Some(runtime) = self.farewells.runtime() {
            let wire = Arc::clone(self);
            runtime.spawn(async move {
                let _ = wire.say_farewells().await;
            });
        }
    }

    /// Waits until nobody else takes or ends the lock of an entity; nobody does before the guard is dropped.
    pub(crate) async fn lock_turn(&self, dataclass: &str, key: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.farewells.turns.lock();
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry((dataclass.to_owned(), key.to_owned())).or_default())
        };
        turn.lock_owned().await
    }

    /// Sends what waits. When it returns, whatever waited before has been sent; or the server cannot be reached, and it waits for another time.
    ///
    /// # Errors
    /// [`Error::Unreachable`] alone: whatever else the server says of it does not matter.
    pub(crate) async fn say_farewells(&self) -> Result<()> {
        let _alone = self.farewells.gate.lock().await;
        let mut left = std::mem::take(&mut *self.farewells.waiting.lock());
        let said = self.say(&mut left).await;
        let mut waiting = self.farewells.waiting.lock();
        waiting.sets.append(&mut left.sets);
        waiting.locks.append(&mut left.locks);
        said
    }

    async fn say(&self, left: &mut Waiting) -> Result<()> {
        if !left.sets.is_empty() {
            self.part(&Ask::post("$entityset/$release", &json!(left.sets))).await?;
            left.sets.clear();
        }
        while let Some(Unlocking { dataclass, key, address, generation }) = left.locks.last() {
            let _turn = self.lock_turn(dataclass, key).await;
            // Another object may have locked it since; another session has ended it.
            let is_over = {
                let session = self.session.lock();
                session.generation == *generation && !session.is_held(dataclass, key)
            };
            if is_over {
                self.part(&Ask::get(address).with("$lock", "false")).await?;
            }
            left.locks.pop();
        }
        Ok(())
    }

    async fn part(&self, ask: &Ask) -> Result<()> {
        match self.json(&ask.clone().to(Purpose::Part)).await {
            Err(error @ Error::Unreachable { .. }) => Err(error),
            Err(error) => {
                tracing::debug!(%error, path = ask.path(), "what is not needed any more could not be given back");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }
}

impl EntitySet {
    pub(crate) fn new(wire: &Arc<Wire>, id: String) -> Self {
        Self { wire: Arc::clone(wire), id, generation: wire.generation() }
    }
}

impl EntitySet {
    /// The server does not know it any more: there is nothing to release.
    pub(crate) fn forget(mut self) {
        self.id.clear();
    }
}

impl Drop for EntitySet {
    fn drop(&mut self) {
        let id = std::mem::take(&mut self.id);
        if id.is_empty() {
            return;
        }
        self.wire.later(|waiting| waiting.sets.push(id));
    }
}

impl Hold {
    /// The entity has just been locked.
    pub(crate) fn new(class: &Dataclass, key: &str) -> Self {
        let (wire, dataclass) = (class.store().wire(), class.name());
        let generation = {
            let mut session = wire.session.lock();
            session.hold(dataclass, key);
            session.generation
        };
        Self { wire: Arc::clone(wire), dataclass: dataclass.to_owned(), key: key.to_owned(), address: class.address(key), generation }
    }

    /// Its session has not ended.
    pub(crate) fn is_current(&self) -> bool {
        self.wire.generation() == self.generation
    }

    /// Ends it without telling the server; true when the server should be told.
    pub(crate) fn end(mut self) -> bool {
        let key = std::mem::take(&mut self.key);
        let dataclass = std::mem::take(&mut self.dataclass);
        self.wire.session.lock().let_go(&dataclass, &key, self.generation)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.dataclass.is_empty() {
            return;
        }
        let is_last = self.wire.session.lock().let_go(&self.dataclass, &self.key, self.generation);
        if is_last {
            let [dataclass, key, address] = [&mut self.dataclass, &mut self.key, &mut self.address].map(std::mem::take);
            let unlocking = Unlocking { dataclass, key, address, generation: self.generation };
            self.wire.later(|waiting| waiting.locks.push(unlocking));
        }
    }
}
