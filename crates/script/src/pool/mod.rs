//! Workers, and calls given to them.

mod process;

use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::protocol::{Call, Failure, Limit, Line, Load, Order, Refusal, frame};
use crate::registry::{ClassKind, Registry};
use crate::source::Finding;
use process::Process;

/// What a call can ask for while it runs.
pub trait Host: Send + Sync {
    /// Answers `host(operation, ...arguments)` of the prelude; `arguments` is a list.
    fn ask<'a>(
        &'a self,
        operation: &'a str,
        arguments: &'a RawValue,
    ) -> Pin<Box<dyn Future<Output = Result<Box<RawValue>, Refusal>> + Send + 'a>>;
    /// A line that the code wrote to the console.
    fn console(&self, line: Line);
}

/// How a pool starts workers and treats calls.
#[derive(Debug, Clone)]
pub struct PoolRules {
    /// The program of a worker.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// How many there are.
    pub workers: usize,
    /// Calls that may wait for one, beyond those that run.
    pub queue: usize,
    /// What a call gets beyond its own time before its worker is killed: for native code that the engine cannot interrupt.
    pub grace: Duration,
    /// Time for a worker to be ready.
    pub start_time: Duration,
}

/// Why a call has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The code threw or reached a limit.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// Too many calls wait.
    #[error("too many functions wait for their turn")]
    Busy,
    /// The worker ended or spoke out of turn; it may have been the code's doing.
    #[error("the function's process ended")]
    Died,
    /// No worker could be started.
    #[error("no process for functions could be started: {0}")]
    Start(String),
}

/// Why there are no workers with these functions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// What is wrong with the functions, at least one.
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Found(Vec<Finding>),
    /// The worker's process.
    #[error("no process for functions could be started: {0}")]
    Process(String),
}

/// What has happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls given to a worker.
    pub calls: u64,
    /// Calls refused because too many waited.
    pub busy: u64,
    /// Workers started.
    pub started: u64,
    /// Workers killed because they did not answer in time.
    pub killed: u64,
    /// Workers that ended or broke a rule during a call.
    pub died: u64,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            busy: self.busy + other.busy,
            started: self.started + other.started,
            killed: self.killed + other.killed,
            died: self.died + other.died,
        }
    }
}

#[derive(Default)]
struct Counters {
    calls: AtomicU64,
    busy: AtomicU64,
    started: AtomicU64,
    killed: AtomicU64,
    died: AtomicU64,
}

/// What a worker is made of.
struct Recipe {
    rules: PoolRules,
    /// The first that it is told, as a frame: functions that a worker has looked at already.
    load: Vec<u8>,
}

struct Shared {
    recipe: Arc<Recipe>,
    registry: Arc<Registry>,
    idle: Mutex<Vec<Process>>,
    /// One for each worker there may be: held by a call, or by the start of a worker for the next.
    turns: Arc<Semaphore>,
    /// Calls that run or wait.
    present: AtomicUsize,
    /// The worker of shared singletons, beside the others: what they keep lives there and nowhere else. Its calls wait in line.
    pinned: tokio::sync::Mutex<Option<Process>>,
    /// Calls of shared singletons that run or wait.
    pinned_present: AtomicUsize,
    counters: Counters,
}

/// A pool of workers with the same functions. Clones are the same pool; with the last one the workers end.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

/// Counts a call as present while it lives.
struct Presence<'a>(&'a AtomicUsize);

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    /// Starts the workers with these functions, or says what is wrong with them.
    pub async fn start(rules: PoolRules, load: Load) -> Result<Self, StartError> {
        let framed = |is_checked| frame(&Order::Load { load: &load, is_checked }).map_err(|error| StartError::Process(error.to_string()));
        let (first, registry) = begin(&rules, &framed(false)?).await?;
        let workers = rules.workers.max(1);
        let shared = Shared {
            turns: Arc::new(Semaphore::new(workers)),
            registry: Arc::new(registry),
            idle: Mutex::new(vec![first]),
            present: AtomicUsize::new(0),
            pinned: tokio::sync::Mutex::new(None),
            pinned_present: AtomicUsize::new(0),
            counters: Counters::default(),
            recipe: Arc::new(Recipe { rules, load: framed(true)? }),
        };
        shared.counters.started.fetch_add(1, Ordering::Relaxed);
        let pool = Self { shared: Arc::new(shared) };
        for _ in 1..workers {
            pool.replenish(pool.shared.turns.clone().try_acquire_owned().ok());
        }
        Ok(pool)
    }

    /// The functions.
    pub fn registry(&self) -> Arc<Registry> {
        self.shared.registry.clone()
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        let counters = &self.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            calls: read(&counters.calls),
            busy: read(&counters.busy),
            started: read(&counters.started),
            killed: read(&counters.killed),
            died: read(&counters.died),
        }
    }

    /// Process ids of workers that are idle.
    pub fn idle_workers(&self) -> Vec<u32> {
        self.shared.idle.lock().iter().filter_map(Process::id).collect()
    }

    /// Makes a call. When the future is dropped before it is ready, the worker is killed with it.
    pub async fn call(&self, call: &Call, host: &dyn Host) -> Result<Box<RawValue>, CallError> {
        if self.is_shared_singleton(call) {
            return self.call_pinned(call, host).await;
        }
        let shared = &*self.shared;
        let _presence = self.enter(&shared.present, shared.recipe.workers())?;
        let turn = shared.turns.clone().acquire_owned().await.map_err(|_| CallError::Died)?;
        self.call_any(call, host, Some(turn)).await
    }

    fn is_shared_singleton(&self, call: &Call) -> bool {
        self.shared.registry.classes.get(&call.class).is_some_and(|class| class.kind == ClassKind::SharedSingleton)
    }

    /// Makes a call on behalf of one that runs and waits for it: a row restriction or a computed attribute of what a function asks for. It does
    /// not wait for its turn, which may never come: when no worker is idle, one more is started, and ends with the call.
    pub async fn call_within(&self, call: &Call, host: &dyn Host) -> Result<Box<RawValue>, CallError> {
        if self.is_shared_singleton(call) {
            return Err(CallError::Start("a shared singleton is not called within a call".to_owned()));
        }
        self.call_any(call, host, None).await
    }

    async fn call_any(&self, call: &Call, host: &dyn Host, turn: Option<OwnedSemaphorePermit>) -> Result<Box<RawValue>, CallError> {
        let idle = self.shared.idle.lock().pop();
        let process = match idle {
            Some(process) => process,
            None => self.begin().await?,
        };
        // Until it is put back, the worker dies with this future.
        let mut using = Using { pool: self, process: Some(process), turn };
        let Some(process) = using.process.as_mut() else { return Err(CallError::Died) };
        let (outcome, is_spent) = self.run(process, call, host).await;
        if !is_spent {
            using.process.take().into_iter().for_each(|process| self.shared.keep(process));
        }
        outcome
    }

    async fn call_pinned(&self, call: &Call, host: &dyn Host) -> Result<Box<RawValue>, CallError> {
        let shared = &*self.shared;
        let _presence = self.enter(&shared.pinned_present, 1)?;
        let mut pinned = shared.pinned.lock().await;
        // Taken out: when this future is dropped, the worker ends, and the next call starts another.
        let mut process = match pinned.take() {
            Some(process) => process,
            None => self.begin().await?,
        };
        let (outcome, is_spent) = self.run(&mut process, call, host).await;
        if !is_spent {
            *pinned = Some(process);
        }
        outcome
    }

    /// Counts a call that runs on one of `workers` or waits for one.
    fn enter<'a>(&self, present: &'a AtomicUsize, workers: usize) -> Result<Presence<'a>, CallError> {
        let before = present.fetch_add(1, Ordering::Relaxed);
        let presence = Presence(present);
        if before >= workers + self.shared.recipe.rules.queue {
            self.shared.counters.busy.fetch_add(1, Ordering::Relaxed);
            return Err(CallError::Busy);
        }
        Ok(presence)
    }

    async fn begin(&self) -> Result<Process, CallError> {
        let Recipe { rules, load } = &*self.shared.recipe;
        let (process, _) = begin(rules, load).await.map_err(|error| {
            CallError::Start(match error {
                StartError::Process(cause) => cause,
                found @ StartError::Found(_) => found.to_string(),
            })
        })?;
        self.shared.counters.started.fetch_add(1, Ordering::Relaxed);
        Ok(process)
    }

    /// Runs a call in a worker; also whether the worker is of no use after it.
    async fn run(&self, process: &mut Process, call: &Call, host: &dyn Host) -> (Result<Box<RawValue>, CallError>, bool) {
        let Shared { recipe, counters, .. } = &*self.shared;
        counters.calls.fetch_add(1, Ordering::Relaxed);
        let time = Duration::from_millis(call.timeout_ms) + recipe.rules.grace;
        match tokio::time::timeout(time, process.run(call, host)).await {
            Ok(Ok((outcome, is_spent))) => (outcome.map_err(CallError::Failure), is_spent),
            Ok(Err(error)) => {
                counters.died.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(class = call.class, function = call.function, %error, "the process of a function ended during a call");
                (Err(CallError::Died), true)
            }
            Err(_) => {
                counters.killed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(
                    class = call.class,
                    function = call.function,
                    "the process of a function did not end in time and was killed"
                );
                (Err(CallError::Failure(Failure::Limit(Limit::Time))), true)
            }
        }
    }

    /// Starts a worker in the place of one that is gone, in its turn; without a turn the next call that needs one does.
    fn replenish(&self, turn: Option<OwnedSemaphorePermit>) {
        let (Some(turn), Ok(runtime)) = (turn, tokio::runtime::Handle::try_current()) else { return };
        let weak = Arc::downgrade(&self.shared);
        runtime.spawn(async move {
            // Calls wait for it rather than start one more.
            let _turn = turn;
            let Some(shared) = weak.upgrade() else { return };
            let recipe = shared.recipe.clone();
            drop(shared);
            let Ok((process, _)) = begin(&recipe.rules, &recipe.load).await else { return };
            let Some(shared) = weak.upgrade() else { return };
            shared.counters.started.fetch_add(1, Ordering::Relaxed);
            shared.keep(process);
        });
    }
}

impl Recipe {
    /// How many workers there are.
    fn workers(&self) -> usize {
        self.rules.workers.max(1)
    }
}

impl Shared {
    /// Has a worker wait for calls; one that is too many ends.
    fn keep(&self, process: Process) {
        let mut idle = self.idle.lock();
        if idle.len() < self.recipe.workers() {
            idle.push(process);
        }
    }
}

/// A worker during a call.
struct Using<'a> {
    pool: &'a Pool,
    process: Option<Process>,
    turn: Option<OwnedSemaphorePermit>,
}

impl Drop for Using<'_> {
    fn drop(&mut self) {
        // Dropping kills.
        if self.process.take().is_some() {
            self.pool.replenish(self.turn.take());
        }
    }
}

/// A worker that has loaded the functions; `load` is a frame.
async fn begin(rules: &PoolRules, load: &[u8]) -> Result<(Process, Registry), StartError> {
    match tokio::time::timeout(rules.start_time, Process::start(rules, load)).await {
        Ok(Ok(started)) => started.map_err(StartError::Found),
        Ok(Err(error)) => Err(StartError::Process(error.to_string())),
        Err(_) => Err(StartError::Process("it was not ready in time".to_owned())),
    }
}
