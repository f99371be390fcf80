//! One open PostgreSQL database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use claviger_model::{Model, Value};
use claviger_query::{Delete, KeyList, Lock, Outcome, Plan, Projection, Save, Selection};
use deadpool_postgres::{ClientWrapper, Object};
use parking_lot::{Mutex, RwLock};
use rustc_hash::FxHashMap;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::connections::Connections;
use super::constraints::Constraints;
use super::read::Frame;
use super::tls::Tls;
use crate::bind::Bind;
use crate::error::StoreError;
use crate::guard::EntityGuard;
use crate::layout::Layout;
use crate::plan::{absent, is_light};
use crate::sink::Sink;
use crate::sql::Tables;
use crate::sql::prepared::Prepared;
use crate::store::Clock;
use crate::write::{DeleteOutcome, SaveOutcome};

/// Projections whose statements are remembered.
const REMEMBERED_PROJECTIONS: usize = 4096;
/// Counts that are remembered while nothing is committed.
const REMEMBERED_COUNTS: usize = 1024;
/// How long a connection may take to be fit for use again after a refusal.
pub(super) const UNDOING: Duration = Duration::from_secs(1);

/// An open database.
pub struct Engine {
    pub(super) connections: Connections,
    pub(super) model: Arc<Model>,
    pub(super) layout: Arc<Layout>,
    pub(super) clock: Clock,
    pub(super) constraints: Constraints,
    prepared: RwLock<FxHashMap<u64, Arc<Prepared>>>,
    counts: Mutex<Counts>,
    statements: AtomicU64,
    /// One permit for each transaction that may stay open.
    pub(super) open: Arc<Semaphore>,
}

/// Sizes of selections in one state of the database.
#[derive(Default)]
struct Counts {
    state: Option<Bind>,
    sizes: FxHashMap<Vec<u8>, u64>,
}

impl Engine {
    /// A database that was looked at: the model and how it lies there.
    pub fn new(connections: Connections, model: Arc<Model>, layout: Layout, constraints: Constraints, clock: Clock) -> Self {
        // Others need connections meanwhile.
        let open = Arc::new(Semaphore::new((connections.most() / 2).max(1)));
        Self {
            connections,
            model,
            layout: Arc::new(layout),
            clock,
            constraints,
            prepared: RwLock::default(),
            counts: Mutex::default(),
            statements: AtomicU64::new(0),
            open,
        }
    }

    /// The model that is served.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Statements sent for plans and changes since the database was opened.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub(super) fn count_statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Asks the server for something.
    pub async fn ping(&self, deadline: Instant) -> Result<(), StoreError> {
        within(deadline, async { Ok(self.connections.lane().await?.batch_execute("SELECT 1").await?) }).await
    }

    /// Keys of the entities of a selection; see [`crate::Store::keys`].
    pub async fn keys(&self, selection: Selection, most_bytes: usize, deadline: Instant) -> Result<KeyList, StoreError> {
        let attempt = || self.exclusively(deadline, async |client| self.selected_keys(client, &selection, most_bytes).await);
        match attempt().await {
            Err(StoreError::Stale) => {
                self.connections.forget_statements();
                attempt().await
            }
            done => done,
        }
    }

    /// Runs a plan, once more where the tables have changed since its statements were prepared.
    pub async fn read<S: Sink + Send>(&self, plan: Plan, mut sink: S, deadline: Instant) -> Result<S, StoreError> {
        match self.attempt(&plan, &mut sink, deadline).await {
            Err(StoreError::Stale) => {
                self.connections.forget_statements();
                sink.reset();
                Box::pin(self.attempt(&plan, &mut sink, deadline)).await?;
            }
            done => done?,
        }
        Ok(sink)
    }

    /// A plan of bounded cost runs on a shared connection, another on one of its own.
    async fn attempt<S: Sink + Send>(&self, plan: &Plan, sink: &mut S, deadline: Instant) -> Result<(), StoreError> {
        if let Outcome::Entity(projection) = plan.outcome()
            && is_light(plan)
        {
            let work = async {
                let lane = self.connections.lane().await?;
                self.run_single(&lane, plan, projection, sink).await
            };
            return within(deadline, work).await;
        }
        // Boxed, as is what is seldom done: the future of the smallest reading stays small.
        Box::pin(self.exclusively(deadline, async |client| self.run(client, plan, sink, Frame::Snapshot).await)).await
    }

    /// Works on a connection of its own.
    async fn exclusively<T>(
        &self,
        deadline: Instant,
        work: impl AsyncFnOnce(&ClientWrapper) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let client = self.take(deadline).await?;
        let done = within(deadline, work(&client)).await;
        let is_clean = match &done {
            Ok(_) => true,
            // A statement may still send what nobody wants: it is not waited for long.
            Err(error) if is_refusal(error) => {
                let until = deadline.min(Instant::now() + UNDOING);
                within(until, async { Ok(client.batch_execute("ROLLBACK").await?) }).await.is_ok()
            }
            Err(_) => false,
        };
        if is_clean {
            client.give_back();
        }
        done
    }

    /// A connection for one plan or change.
    pub(super) async fn take(&self, deadline: Instant) -> Result<Taken, StoreError> {
        Ok(Taken { object: Some(self.connections.exclusive(deadline).await?), tls: self.connections.server().tls.clone() })
    }

    /// Saves entities; see [`crate::Store::save`].
    pub async fn save<S: Sink + Send + 'static>(
        self: &Arc<Self>,
        save: Save,
        sink: Arc<dyn Fn() -> S + Send + Sync>,
        guard: Arc<dyn EntityGuard>,
        deadline: Instant,
    ) -> Result<Vec<SaveOutcome<S>>, StoreError> {
        self.change(deadline, move |session| session.save(&save, &*sink, &*guard)).await
    }

    /// Deletes entities; see [`crate::Store::delete`].
    pub async fn delete(
        self: &Arc<Self>,
        delete: Delete,
        guard: Arc<dyn EntityGuard>,
        deadline: Instant,
    ) -> Result<DeleteOutcome, StoreError> {
        self.change(deadline, move |session| session.delete(&delete, &*guard)).await
    }

    /// Finds an entity to lock or unlock, in order with the writes of it: its row is held meanwhile; see [`crate::Store::lock`].
    pub async fn lock<T: Send + 'static>(
        self: &Arc<Self>,
        lock: Lock,
        claim: impl Fn(&[Value]) -> T + Send + Sync + 'static,
        deadline: Instant,
    ) -> Result<Option<T>, StoreError> {
        self.change(deadline, move |session| session.lock(&lock, &claim)).await
    }

    /// The statements of a projection.
    pub(super) fn prepared(&self, tables: Tables<'_>, projection: &Arc<Projection>) -> Arc<Prepared> {
        if tables.is_restricted() {
            // Another caller with the same projection may see other entities.
            return Arc::new(Prepared::new(tables, projection));
        }
        if let Some(known) = self.prepared.read().get(&projection.id()) {
            return Arc::clone(known);
        }
        let made = Arc::new(Prepared::new(tables, projection));
        let mut all = self.prepared.write();
        if all.len() >= REMEMBERED_PROJECTIONS {
            all.clear();
        }
        all.insert(projection.id(), Arc::clone(&made));
        made
    }

    /// Size of a selection, if it was counted in this state of the database.
    pub(super) fn remembered_count(&self, state: &Bind, counting: &[u8]) -> Option<u64> {
        let counts = self.counts.lock();
        if counts.state.as_ref() != Some(state) {
            return None;
        }
        counts.sizes.get(counting).copied()
    }

    pub(super) fn remember_count(&self, state: Bind, counting: Vec<u8>, count: u64) {
        if self.layout.has_foreign_tables() {
            return;
        }
        let mut counts = self.counts.lock();
        if counts.state.as_ref() != Some(&state) || counts.sizes.len() >= REMEMBERED_COUNTS {
            *counts = Counts { state: Some(state), sizes: FxHashMap::default() };
        }
        counts.sizes.insert(counting, count);
    }

    pub(super) fn absent(&self, plan: &Plan) -> StoreError {
        absent(&self.model, plan.class(), plan.base()).into()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// An answer to the caller rather than a failure: what was begun can be undone, and the connection is as good as before.
pub(super) fn is_refusal(error: &StoreError) -> bool {
    matches!(error, StoreError::Dialect(_) | StoreError::TooLarge | StoreError::TooManyKeys)
}

/// A connection that is closed unless it is given back: what a failed plan or change left on it is nobody's business. Should a statement
/// run on it still, because the time is over or nobody waits for its answer any more, it is cancelled.
pub(super) struct Taken {
    object: Option<Object>,
    tls: Tls,
}

impl Taken {
    pub(super) fn give_back(mut self) {
        drop(self.object.take());
    }
}

impl std::ops::Deref for Taken {
    type Target = deadpool_postgres::ClientWrapper;

    fn deref(&self) -> &Self::Target {
        match &self.object {
            Some(object) => object,
            None => unreachable!("taken until it is given back"),
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        let client = Object::take(object);
        if client.is_closed() {
            return;
        }
        let (cancel, tls) = (client.cancel_token(), self.tls.clone());
        // The answer does not wait for it. Without a runtime the program is about to end.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = cancel.cancel_query(tls).await {
                    tracing::warn!(%error, "a statement could not be cancelled");
                }
            });
        }
    }
}

/// Work that ends at the deadline.
pub(super) async fn within<T>(deadline: Instant, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout_at(deadline.into(), work).await.unwrap_or(Err(StoreError::Timeout))
}
