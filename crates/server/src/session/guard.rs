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
    own: Mutex<Own>,
}

/// Entities that the asker holds and that are being deleted.
#[derive(Debug, Default)]
struct Own {
    /// They may still stay.
    asked: Vec<Entity>,
    /// They are gone once the transaction is committed.
    gone: Vec<Entity>,
}

impl Guard {
    /// For one request.
    pub(crate) fn new(sessions: Arc<Sessions>, asker: Asker, now: i64) -> Self {
        Self { sessions, asker, now, own: Mutex::default() }
    }
}

impl EntityGuard for Guard {
    fn is_idle(&self) -> bool {
        self.sessions.is_nothing_held()
    }

    fn may_update(&self, class: ClassId, key: &[Value]) -> Result<(), Held> {
        if self.is_idle() {
            return Ok(());
        }
        self.sessions.holds(&self.asker, &Entity::of(class, key), self.now).map(drop)
    }

    fn may_delete(&self, class: ClassId, key: &[Value]) -> Result<(), Held> {
        let entity = Entity::of(class, key);
        let is_own = !self.is_idle() && self.sessions.holds(&self.asker, &entity, self.now)?;
        self.sessions.locks().note_deleted(&entity);
        if is_own {
            self.own.lock().asked.push(entity);
        }
        Ok(())
    }

    fn none_deleted(&self) {
        *self.own.lock() = Own::default();
    }

    fn deleted(&self, is_kept: bool) {
        let Own { asked, gone } = &mut *self.own.lock();
        if is_kept {
            gone.append(asked);
        } else {
            asked.clear();
        }
    }

    /// The asker's locks on what went end.
    fn committed(&self) {
        for entity in std::mem::take(&mut *self.own.lock()).gone {
            // Somebody else may have made such an entity since, and hold it.
            let _ = self.sessions.give_back(&self.asker, &entity, self.now);
        }
    }
}
