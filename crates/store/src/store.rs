//! The seam: one store over whichever engine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_model::{Model, Value};
use claviger_query::{Delete, KeyList, Lock, Plan, Save, Selection};
use tokio::runtime::{Builder, Handle};

use crate::error::StoreError;
use crate::guard::EntityGuard;
use crate::location::Location;
use crate::postgres::engine::Engine as Postgres;
use crate::sink::Sink;
use crate::sqlite::connection::Durability;
use crate::sqlite::engine::Engine as Sqlite;
use crate::transaction::{Engine as Opened, OpenTransaction};
use crate::write::{DeleteOutcome, SaveOutcome};

/// The time, in milliseconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A database that runs authorised plans and changes. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(crate) Engine);

/// Which engine.
#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

/// Who made the tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// The server: it creates and migrates them.
    Owned,
    /// Somebody else: they are served as they are.
    Attached,
}

/// How stamps of an attached database are kept (settlement "Attached databases").
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StampMode {
    /// In this file of our own.
    Side(PathBuf),
    /// Derived from each row's content.
    Hash,
}

/// What is opened, and how.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The database: a file, or on a server.
    pub location: Location,
    /// Who made its tables.
    pub mode: Mode,
    /// The model, validated.
    pub model: Arc<Model>,
    /// Owned databases: how surely a commit is on the disk.
    pub durability: Durability,
    /// Attached databases: how stamps are kept.
    pub stamps: StampMode,
    /// Owned databases: removals and type changes of the model are carried out.
    pub allow_destructive: bool,
    /// Plans of unbounded cost that run at once; others wait.
    pub readers: usize,
    /// Plans and changes that may wait; more are refused with [`StoreError::Busy`].
    pub queue: usize,
}

impl OpenOptions {
    /// Defaults for a database file.
    pub fn new(path: impl Into<PathBuf>, mode: Mode, model: Arc<Model>, stamps: StampMode) -> Self {
        Self::at(Location::Sqlite(path.into()), mode, model, stamps)
    }

    /// Defaults for a database wherever it is.
    pub fn at(location: Location, mode: Mode, model: Arc<Model>, stamps: StampMode) -> Self {
        let readers = std::thread::available_parallelism().map_or(4, |cores| cores.get().clamp(2, 16));
        Self { location, mode, model, durability: Durability::default(), stamps, allow_destructive: false, readers, queue: 1024 }
    }
}

impl Store {
    /// Answers when the database can be read (`/readyz`). Blocks for a moment.
    pub fn ping(&self) -> Result<(), StoreError> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.ping(),
            Engine::Postgres(engine) => block_on(engine.ping(Instant::now() + PING))?,
        }
    }

    /// Opens a database: an owned one is made or migrated, an attached one is only looked at.
    pub fn open(options: OpenOptions, clock: Clock) -> Result<Self, StoreError> {
        match options.location.clone() {
            Location::Sqlite(path) => Ok(Self(Engine::Sqlite(Arc::new(Sqlite::open(path, options, clock)?)))),
            Location::Postgres(server) => Ok(Self(Engine::Postgres(Arc::new(block_on(Postgres::open(*server, &options, clock))??)))),
        }
    }

    /// The model that is served.
    pub fn model(&self) -> &Arc<Model> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.model(),
            Engine::Postgres(engine) => engine.model(),
        }
    }

    /// Runs a plan and pushes its answer into the sink, which comes back filled. An absent entity is
    /// [`StoreError::Dialect`] with 1542. At the deadline the reading is interrupted.
    pub async fn read<S: Sink + Send + 'static>(&self, plan: Plan, sink: S, deadline: Instant) -> Result<S, StoreError> {
        match &self.0 {
            Engine::Sqlite(engine) => Arc::clone(engine).read(plan, sink, deadline).await,
            // Boxed: what another engine needs must not make every request's future large.
            Engine::Postgres(engine) => Box::pin(engine.read(plan, sink, deadline)).await,
        }
    }

    /// Keys of the entities of a selection, in its order: what an entity set holds (`rest-dialect.md` 11.1). More than `most_bytes` of
    /// them are [`StoreError::TooManyKeys`]. The entity that a [`claviger_query::Base::Related`] starts from must be there (1542).
    pub async fn keys(&self, selection: Selection, most_bytes: usize, deadline: Instant) -> Result<KeyList, StoreError> {
        match &self.0 {
            Engine::Sqlite(engine) => Arc::clone(engine).keys(selection, most_bytes, deadline).await,
            Engine::Postgres(engine) => Box::pin(engine.keys(selection, most_bytes, deadline)).await,
        }
    }

    /// Creates and updates entities; answered after the commit, one outcome per item that was processed. `sink` makes the sink that each
    /// saved entity, or the current one of a conflict, is pushed into. `guard` is asked for each entity that is to be changed. A
    /// [trial](Save::is_trial) is undone whatever comes of it.
    pub async fn save<S: Sink + Send + 'static>(
        &self,
        save: Save,
        sink: Arc<dyn Fn() -> S + Send + Sync>,
        guard: Arc<dyn EntityGuard>,
        deadline: Instant,
    ) -> Result<Vec<SaveOutcome<S>>, StoreError> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.save(save, sink, guard, deadline).await,
            Engine::Postgres(engine) => engine.save(save, sink, guard, deadline).await,
        }
    }

    /// Deletes entities; answered after the commit. `guard` is asked for each entity that is to go, or to change because of it.
    pub async fn delete(&self, delete: Delete, guard: Arc<dyn EntityGuard>, deadline: Instant) -> Result<DeleteOutcome, StoreError> {
        let asked = Arc::clone(&guard);
        let outcome = match &self.0 {
            Engine::Sqlite(engine) => engine.delete(delete, guard, deadline).await,
            Engine::Postgres(engine) => engine.delete(delete, guard, deadline).await,
        }?;
        asked.committed();
        Ok(outcome)
    }

    /// Finds the entity that is to be locked or unlocked and calls `claim` with its key as it is stored, in order with the writes: what was
    /// written to the entity before is committed when the answer comes, and what is written afterwards asks its guard after `claim`.
    /// `None`: there is no such entity. `claim` may be called more than once.
    pub async fn lock<T: Send + 'static>(
        &self,
        lock: Lock,
        claim: impl Fn(&[Value]) -> T + Send + Sync + 'static,
        deadline: Instant,
    ) -> Result<Option<T>, StoreError> {
        match &self.0 {
            Engine::Sqlite(engine) => engine.lock(lock, claim, deadline).await,
            Engine::Postgres(engine) => engine.lock(lock, claim, deadline).await,
        }
    }
}

impl Store {
    /// Begins a transaction that stays open between its operations and ends at the deadline at the latest. It waits for its turn: on SQLite
    /// behind all that is to be written, on PostgreSQL behind other open ones when they are as many as may be.
    pub async fn begin(&self, deadline: Instant) -> Result<OpenTransaction, StoreError> {
        if Instant::now() >= deadline {
            return Err(StoreError::Timeout);
        }
        Ok(OpenTransaction(match &self.0 {
            Engine::Sqlite(engine) => Opened::Sqlite { handle: engine.begin(deadline).await?, _database: Arc::clone(engine) },
            Engine::Postgres(engine) => Opened::Postgres(engine.begin(deadline).await?),
        }))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// How long a server may take to answer whether it is there.
const PING: Duration = Duration::from_secs(5);

/// Waits for work with a server: on the runtime around the call, or on one for this work alone.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, StoreError> {
    if let Ok(runtime) = Handle::try_current() {
        return Ok(tokio::task::block_in_place(|| runtime.block_on(work)));
    }
    let runtime = Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| StoreError::Internal(format!("no runtime: {error}")))?.block_on(work))
}
