//! What the store asks before it writes an entity for a request.

use std::sync::Arc;

use claviger_model::{ClassId, Value};
use claviger_store::{EntityGuard, Held};
use parking_lot::Mutex;

use super::Sessions;
use super::locks::{Asker, Entity};

/// Lets a request write what nobody else holds.
#[derive(Debug)]
pub(crate) struct Guard {
    sessions: Arc<Sessions>,
    asker: Asker,
    now: i64,
    /// Locks of the asker on entities that are to be deleted.
    own_deleted: Mutex<Vec<Entity>>,
}

impl Guard {
    pub(super) fn new(sessions: Arc<Sessions>, asker: Asker, now: i64) -> Self {
        Self { sessions, asker, now, own_deleted: Mutex::default() }
    }

    /// Everything that was to be deleted is gone: the asker's locks on it end.
    pub(crate) fn all_deleted(&self) {
        for entity in self.own_deleted.lock().drain(..) {
            // Somebody else may have made such an entity since, and hold it.
            let _ = self.sessions.give_back(&self.asker, &entity, self.now);
        }
    }

    fn check(&self, entity: &Entity) -> Result<(), Held> {
        self.sessions.held_by_other(&self.asker, entity, self.now).map_or(Ok(()), Err)
    }
}

impl EntityGuard for Guard {
    fn is_idle(&self) -> bool {
        self.sessions.is_nothing_held()
    }

    fn may_update(&self, class: ClassId, key: &[Value]) -> Result<(), Held> {
        if self.is_idle() { Ok(()) } else { self.check(&Entity::of(class, key)) }
    }

    fn may_delete(&self, class: ClassId, key: &[Value]) -> Result<(), Held> {
        let entity = Entity::of(class, key);
        if !self.is_idle() {
            self.check(&entity)?;
        }
        self.sessions.locks().note_deleted(&entity);
        if !self.is_idle() {
            self.own_deleted.lock().push(entity);
        }
        Ok(())
    }
}
