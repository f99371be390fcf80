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

use crate::protocol::{Call, Failure, Limit, Line, Load, Refusal};
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

/// Functions as loaded once; a reload makes another.
struct Generation {
    number: u64,
    load: Load,
    registry: Arc<Registry>,
}

struct Shared {
    rules: PoolRules,
    generation: Mutex<Arc<Generation>>,
    idle: Mutex<Vec<(u64, Process)>>,
    /// One for each worker there may be: held by a call, or by the start of a worker for the next.
    turns: Arc<Semaphore>,
    /// Calls that run or wait.
    present: AtomicUsize,
    /// The worker of shared singletons, beside the others: what they keep lives there and nowhere else. Its calls wait in line.
    pinned: tokio::sync::Mutex<Option<(u64, Process)>>,
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
        let (first, registry) = begin(&rules, &load).await?;
        let generation = Arc::new(Generation { number: 0, load, registry: Arc::new(registry) });
        let workers = rules.workers.max(1);
        let shared = Shared {
            turns: Arc::new(Semaphore::new(workers)),
            generation: Mutex::new(generation),
            idle: Mutex::new(vec![(0, first)]),
            present: AtomicUsize::new(0),
            pinned: tokio::sync::Mutex::new(None),
            pinned_present: AtomicUsize::new(0),
            counters: Counters::default(),
            rules,
        };
        shared.counters.started.fetch_add(1, Ordering::Relaxed);
        let pool = Self { shared: Arc::new(shared) };
        for _ in 1..workers {
            pool.replenish(pool.shared.turns.clone().try_acquire_owned().ok());
        }
        Ok(pool)
    }

    /// Takes other functions; when something is wrong with them, all stays as it is. Calls that run end with the old ones.
    pub async fn reload(&self, load: Load) -> Result<(), StartError> {
        let (first, registry) = begin(&self.shared.rules, &load).await?;
        self.shared.counters.started.fetch_add(1, Ordering::Relaxed);
        let number = {
            let mut generation = self.shared.generation.lock();
            let number = generation.number + 1;
            *generation = Arc::new(Generation { number, load, registry: Arc::new(registry) });
            number
        };
        let old = std::mem::replace(&mut *self.shared.idle.lock(), vec![(number, first)]);
        for _ in 1..self.shared.rules.workers {
            self.replenish(self.shared.turns.clone().try_acquire_owned().ok());
        }
        drop(old);
        // One that runs a call ends behind it.
        if let Ok(mut pinned) = self.shared.pinned.try_lock() {
            pinned.take();
        }
        Ok(())
    }

    /// The functions there are now.
    pub fn registry(&self) -> Arc<Registry> {
        self.shared.generation.lock().registry.clone()
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
        self.shared.idle.lock().iter().filter_map(|(_, process)| process.id()).collect()
    }

    /// Makes a call. When the future is dropped before it is ready, the worker is killed with it.
    pub async fn call(&self, call: &Call, host: &dyn Host) -> Result<Box<RawValue>, CallError> {
        if self.is_shared_singleton(call) {
            return self.call_pinned(call, host).await;
        }
        let shared = &*self.shared;
        let _presence = self.enter(&shared.present, shared.rules.workers.max(1))?;
        let turn = shared.turns.clone().acquire_owned().await.map_err(|_| CallError::Died)?;
        self.call_any(call, host, Some(turn)).await
    }

    fn is_shared_singleton(&self, call: &Call) -> bool {
        self.registry().classes.get(&call.class).is_some_and(|class| class.kind == ClassKind::SharedSingleton)
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
        let shared = &*self.shared;
        let generation = shared.generation.lock().clone();
        let idle = shared.idle.lock().pop();
        let process = match idle {
            Some((number, process)) if number == generation.number => process,
            _ => self.begin(&generation).await?,
        };
        // Until it is put back, the worker dies with this future.
        let mut using = Using { pool: self, process: Some(process), number: generation.number, turn };
        let Some(process) = using.process.as_mut() else { return Err(CallError::Died) };
        let (outcome, is_spent) = self.run(process, call, host).await;
        if !is_spent {
            using.put_back();
        }
        outcome
    }

    async fn call_pinned(&self, call: &Call, host: &dyn Host) -> Result<Box<RawValue>, CallError> {
        let shared = &*self.shared;
        let _presence = self.enter(&shared.pinned_present, 1)?;
        let mut pinned = shared.pinned.lock().await;
        let generation = shared.generation.lock().clone();
        // Taken out: when this future is dropped, the worker ends, and the next call starts another.
        let mut process = match pinned.take() {
            Some((number, process)) if number == generation.number => process,
            _ => self.begin(&generation).await?,
        };
        let (outcome, is_spent) = self.run(&mut process, call, host).await;
        if !is_spent {
            *pinned = Some((generation.number, process));
        }
        outcome
    }

    /// Counts a call that runs on one of `workers` or waits for one.
    fn enter<'a>(&self, present: &'a AtomicUsize, workers: usize) -> Result<Presence<'a>, CallError> {
        let before = present.fetch_add(1, Ordering::Relaxed);
        let presence = Presence(present);
        if before >= workers + self.shared.rules.queue {
            self.shared.counters.busy.fetch_add(1, Ordering::Relaxed);
            return Err(CallError::Busy);
        }
        Ok(presence)
    }

    async fn begin(&self, generation: &Generation) -> Result<Process, CallError> {
        let (process, _) = begin(&self.shared.rules, &generation.load).await.map_err(|error| {
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
        let Shared { rules, counters, .. } = &*self.shared;
        counters.calls.fetch_add(1, Ordering::Relaxed);
        let time = Duration::from_millis(call.timeout_ms) + rules.grace;
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
            let generation = shared.generation.lock().clone();
            let rules = shared.rules.clone();
            drop(shared);
            let Ok((process, _)) = begin(&rules, &generation.load).await else { return };
            let Some(shared) = weak.upgrade() else { return };
            shared.counters.started.fetch_add(1, Ordering::Relaxed);
            let is_current = shared.generation.lock().number == generation.number;
            let mut idle = shared.idle.lock();
            if is_current && idle.len() < rules.workers.max(1) {
                idle.push((generation.number, process));
            }
        });
    }
}

/// A worker during a call.
struct Using<'a> {
    pool: &'a Pool,
    process: Option<Process>,
    number: u64,
    turn: Option<OwnedSemaphorePermit>,
}

impl Using<'_> {
    fn put_back(&mut self) {
        let shared = &*self.pool.shared;
        if shared.generation.lock().number != self.number {
            return;
        }
        let mut idle = shared.idle.lock();
        if idle.len() < shared.rules.workers.max(1) {
            idle.extend(self.process.take().map(|process| (self.number, process)));
        }
    }
}

impl Drop for Using<'_> {
    fn drop(&mut self) {
        // Dropping kills.
        if self.process.take().is_some() {
            self.pool.replenish(self.turn.take());
        }
    }
}

/// A worker that has loaded the functions.
async fn begin(rules: &PoolRules, load: &Load) -> Result<(Process, Registry), StartError> {
    match tokio::time::timeout(rules.start_time, Process::start(rules, load)).await {
        Ok(Ok(started)) => started.map_err(StartError::Found),
        Ok(Err(error)) => Err(StartError::Process(error.to_string())),
        Err(_) => Err(StartError::Process("it was not ready in time".to_owned())),
    }
}
