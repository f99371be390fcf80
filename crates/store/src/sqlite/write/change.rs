//! Changes of an open database: its writing thread, started with the first change.

use std::sync::Arc;
use std::time::Instant;

use claviger_model::Value;
use claviger_query::{Delete, Lock, Save};
use parking_lot::Mutex;

use super::{Session, Transaction, Writer};
use crate::error::StoreError;
use crate::guard::EntityGuard;
use crate::sink::Sink;
use crate::sqlite::engine::Engine;
use crate::write::{DeleteOutcome, SaveOutcome, Verdict};

/// The writing thread of a database; none until something is written, so that a file that cannot be written can be read.
#[derive(Debug, Default)]
pub struct Writing(Mutex<Option<Arc<Writer>>>);

impl Engine {
    /// Saves entities. `sink` makes the sink that each saved entity (or the current one of a conflict) is pushed into.
    pub async fn save<S: Sink + Send + 'static>(
        &self,
        save: Save,
        sink: Arc<dyn Fn() -> S + Send + Sync>,
        guard: Arc<dyn EntityGuard>,
        deadline: Instant,
    ) -> Result<Vec<SaveOutcome<S>>, StoreError> {
        self.change(deadline, move |session| session.save(&save, &*sink, &*guard)).await
    }

    /// Deletes entities.
    pub async fn delete(&self, delete: Delete, guard: Arc<dyn EntityGuard>, deadline: Instant) -> Result<DeleteOutcome, StoreError> {
        self.change(deadline, move |session| session.delete(&delete, &*guard)).await
    }

    /// Finds an entity to lock or unlock: on the writing thread, so in order with the writes.
    pub async fn lock<T: Send + 'static>(
        &self,
        lock: Lock,
        claim: impl Fn(&[Value]) -> T + Send + Sync + 'static,
        deadline: Instant,
    ) -> Result<Option<T>, StoreError> {
        self.change(deadline, move |session| session.lock(&lock, &claim)).await
    }

    /// Runs a change on the writing thread; answered after its commit. See [`Writer::submit`].
    pub async fn change<T, W>(&self, deadline: Instant, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Session) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        self.writer()?.submit(deadline, work).await
    }

    pub(super) fn writer(&self) -> Result<Arc<Writer>, StoreError> {
        let mut writing = self.writing.0.lock();
        if let Some(writer) = &*writing {
            return Ok(Arc::clone(writer));
        }
        let link = self.files.open_writer()?;
        link.db.pragma_update(None, "foreign_keys", true)?;
        let session = Session::new(Transaction::new(link), Arc::clone(&self.model), Arc::new(self.layout.clone()), Arc::clone(&self.clock));
        let writer = Writer::start(session).map_err(|error| StoreError::Internal(format!("no writing thread: {error}")))?;
        Ok(Arc::clone(writing.insert(Arc::new(writer))))
    }
}
