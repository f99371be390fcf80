//! Transactions that stay open between operations: a function begins one, reads and writes, and validates or cancels it
//! (`functions.md` 2, `data-model.md` 7).
//!
//! The owner holds a [`handle`], the transaction itself is served at a [`desk`] on a thread that may wait: the writing thread of SQLite, a
//! thread of its own with a connection of its own for PostgreSQL. The two speak by a channel. Whatever becomes of the owner, the desk
//! leaves the transaction at its deadline.

mod desk;
mod handle;
mod presence;

use std::sync::Arc;

use claviger_model::Value;
use claviger_query::{Delete, KeyList, Lock, Plan, Save, Selection};

use crate::error::StoreError;
use crate::guard::EntityGuard;
use crate::postgres::write::Transaction as Postgres;
use crate::sink::Sink;
use crate::sql::Tables;
use crate::sqlite::engine::Engine as SqliteEngine;
use crate::sqlite::write::Transaction as Sqlite;
use crate::write::database::Database;
use crate::write::{DeleteOutcome, SaveOutcome};

pub(crate) use handle::{Handle, Seat};
pub use presence::Presence;

/// Transactions that are open one in the other at most, beside the outermost.
pub const DEEPEST: usize = 64;

/// What a desk asks of the transaction in its hands, beside what a change does.
pub(crate) trait Lasting: Database {
    /// Runs a plan, over what the transaction wrote.
    fn read<S: Sink>(&self, tables: Tables<'_>, plan: &Plan, sink: &mut S) -> Result<(), StoreError>;

    /// Keys of a selection, over what the transaction wrote.
    fn keys(&self, tables: Tables<'_>, selection: &Selection, most_bytes: usize) -> Result<KeyList, StoreError>;

    /// Why the transaction is gone after a part of it ended with this failure; none when only the part is.
    fn loss(&self, error: &StoreError) -> Option<String>;

    /// Statements that were prepared before the tables changed are prepared anew.
    fn forget_statements(&self) {}

    /// Commits what was done. A failure leaves nothing of it.
    fn commit(&self) -> Result<(), StoreError>;

    /// Nothing stays, and no deadline hinders that. True when the connection is as good as before.
    fn undo(&self) -> bool;
}

/// Why an open transaction is over.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Over {
    /// Its owner ended it.
    Ended,
    /// Its owner went away.
    Left,
    /// Its deadline passed.
    Timeout,
    /// It was lost.
    Undone(String),
}

/// A transaction between whose operations its owner does other things. It sees what it wrote; others do not until it is committed.
///
/// All ends at the deadline given to [`Store::begin`](crate::Store::begin): past it the transaction is undone by itself and every operation
/// is [`StoreError::Timeout`]. An operation that fails is undone alone, and the transaction goes on; where that is not possible (a failure
/// of the database, a conflict with another transaction), it is undone as a whole, and every operation after it is
/// [`StoreError::Undone`].
///
/// Dropped, the transaction is undone at once and nobody waits for it; the same when an operation is no longer waited for, because its owner
/// cannot know what it did.
///
/// On SQLite an open transaction holds the one place of those that write: other changes wait behind it, the owner's own ones outside of it
/// too, which therefore never end well.
#[derive(Debug)]
pub struct OpenTransaction(pub(crate) Engine);

/// On which engine.
#[derive(Debug)]
pub(crate) enum Engine {
    /// With the database, whose writing thread is not waited for before its owner has left.
    Sqlite {
        handle: Handle<Sqlite>,
        _database: Arc<SqliteEngine>,
    },
    Postgres(Handle<Postgres>),
}

/// Does the same on either engine.
macro_rules! on_either {
    ($engine:expr, $handle:ident => $work:expr) => {
        match $engine {
            Engine::Sqlite { handle: $handle, .. } => $work,
            Engine::Postgres($handle) => $work,
        }
    };
}

impl OpenTransaction {
    /// Runs a plan; see [`Store::read`](crate::Store::read).
    pub async fn read<S: Sink + Send + 'static>(&mut self, plan: Plan, sink: S) -> Result<S, StoreError> {
        on_either!(&mut self.0, handle => handle.read(plan, sink).await)
    }

    /// Keys of the entities of a selection; see [`Store::keys`](crate::Store::keys).
    pub async fn keys(&mut self, selection: Selection, most_bytes: usize) -> Result<KeyList, StoreError> {
        on_either!(&mut self.0, handle => handle.keys(selection, most_bytes).await)
    }

    /// Creates and updates entities; see [`Store::save`](crate::Store::save). The answer does not mean that they are committed. A
    /// stamp that the transaction itself replaced is no conflict (`data-model.md` ST-6).
    pub async fn save<S: Sink + Send + 'static>(
        &mut self,
        save: Save,
        sink: Arc<dyn Fn() -> S + Send + Sync>,
        guard: Arc<dyn EntityGuard>,
    ) -> Result<Vec<SaveOutcome<S>>, StoreError> {
        on_either!(&mut self.0, handle => handle.save(save, sink, guard).await)
    }

    /// Deletes entities; see [`Store::delete`](crate::Store::delete). Each deletion has a guard of its own: it learns with
    /// [`EntityGuard::committed`] or [`EntityGuard::none_deleted`] how the transaction ended.
    pub async fn delete(&mut self, delete: Delete, guard: Arc<dyn EntityGuard>) -> Result<DeleteOutcome, StoreError> {
        on_either!(&mut self.0, handle => handle.delete(delete, guard).await)
    }

    /// Finds an entity to lock or unlock; see [`Store::lock`](crate::Store::lock). What `claim` did stays when the transaction is undone.
    pub async fn lock<T: Send + 'static>(
        &mut self,
        lock: Lock,
        claim: impl Fn(&[Value]) -> T + Send + Sync + 'static,
    ) -> Result<Option<T>, StoreError> {
        on_either!(&mut self.0, handle => handle.lock(lock, claim).await)
    }

    /// Begins a transaction inside this one. More than [`DEEPEST`] are [`StoreError::TooDeep`].
    pub async fn begin_nested(&mut self) -> Result<(), StoreError> {
        on_either!(&mut self.0, handle => handle.begin_nested().await)
    }

    /// Keeps what was done since the nested transaction that was begun last, as long as those around it are kept.
    pub async fn commit_nested(&mut self) -> Result<(), StoreError> {
        on_either!(&mut self.0, handle => handle.end_nested(true).await)
    }

    /// Takes back what was done since the nested transaction that was begun last.
    pub async fn rollback_nested(&mut self) -> Result<(), StoreError> {
        on_either!(&mut self.0, handle => handle.end_nested(false).await)
    }

    /// Commits; answered when that is done. Nested transactions that are still open are taken back first: not validated means not saved.
    pub async fn commit(self) -> Result<(), StoreError> {
        on_either!(self.0, handle => handle.end(true).await)
    }

    /// Takes everything back; answered when that is done.
    pub async fn rollback(self) -> Result<(), StoreError> {
        on_either!(self.0, handle => handle.end(false).await)
    }
}
