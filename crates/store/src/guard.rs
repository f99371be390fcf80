//! Who may write an entity that somebody holds: asked inside the transaction that writes, so that nothing slips between a lock and a write.
//!
//! The store keeps no locks itself; whoever does answers here (`data-model.md` 6.3).

use std::sync::Arc;

use claviger_model::{ClassId, Value};

/// An entity is held by somebody else. What the caller is told of the holder, as its keeper wrote it (`lockInfo`); the store does not read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held(pub Arc<str>);

/// Asked for each entity before it is changed or deleted, under the transaction that does it: by a save, a deletion, and what relations bring
/// about. Called on threads of the database; it must answer at once. A transaction may be run more than once, or be undone after all.
pub trait EntityGuard: Send + Sync {
    /// Nothing at all is held, so that changes need not ask for each entity.
    fn is_idle(&self) -> bool;
    /// May the entity be changed? `key`: its key parts as they are stored, in key order.
    fn may_update(&self, class: ClassId, key: &[Value]) -> Result<(), Held>;
    /// May the entity be deleted? Asked for every one, also when nothing is held.
    fn may_delete(&self, class: ClassId, key: &[Value]) -> Result<(), Held>;
    /// Nothing is deleted: a deletion begins, perhaps once more, or is undone as a whole.
    fn none_deleted(&self) {}
    /// The entities that were asked about since this or [`none_deleted`](Self::none_deleted) was called last are deleted, or stay after all.
    /// The deletions are not yet committed.
    fn deleted(&self, _is_kept: bool) {}
    /// What was told to be deleted is committed.
    fn committed(&self) {}
}

/// Nobody holds anything: for writers beside the REST interface (an import, the demo).
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingHeld;

impl EntityGuard for NothingHeld {
    fn is_idle(&self) -> bool {
        true
    }

    fn may_update(&self, _: ClassId, _: &[Value]) -> Result<(), Held> {
        Ok(())
    }

    fn may_delete(&self, _: ClassId, _: &[Value]) -> Result<(), Held> {
        Ok(())
    }
}
