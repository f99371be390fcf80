//! Workers, and calls given to them.

mod process;
mod queue;

use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::value::RawValue;

use crate::protocol::{Call, Failure, Limit, Line, Load, Order, Refusal, frame};
use crate::registry::{ClassKind, Registry};
use crate::source::Finding;
use process::Process;
use queue::{PATIENCE, Queue, Turn};

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
    /// While calls take less than this, on average, the next call is sent to a busy worker: of a longer one, being woken is no great part, and it
    /// would keep waiting what is behind it.
    pub brief: Duration,
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

/// What a worker has been sent and has not begun, in bytes: as much as the smallest pipe holds, so that nobody waits until it is read.
const PIPE: usize = 4096;
/// What a call that nobody wants any more may take until its worker is replaced.
const UNWANTED_TIME: Duration = Duration::from_millis(100);

/// What a worker is made of.
struct Recipe {
    rules: PoolRules,
    /// The first that it is told, as a frame: functions that a worker has looked at already.
    load: Vec<u8>,
}

struct Shared {
    recipe: Arc<Recipe>,
    registry: Arc<Registry>,
    queue: Mutex<Queue<Process>>,
    /// Something looks after calls that were sent ahead.
    is_hurried: AtomicBool,
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
        let (workers, brief) = (rules.workers.max(1), rules.brief);
        let shared = Shared {
            registry: Arc::new(registry),
            queue: Mutex::new(Queue::new(first, workers, brief)),
            is_hurried: AtomicBool::new(false),
            present: AtomicUsize::new(0),
            pinned: tokio::sync::Mutex::new(None),
            pinned_present: AtomicUsize::new(0),
            counters: Counters::default(),
            recipe: Arc::new(Recipe { rules, load: framed(true)? }),
        };
        shared.counters.started.fetch_add(1, Ordering::Relaxed);
        let pool = Self { shared: Arc::new(shared) };
        for _ in 1..workers {
            pool.shared.replenish();
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
        self.shared.queue.lock().idle().iter().map(Process::id).collect()
    }

    /// Makes a call. When the future is dropped before it is ready, the worker is killed with it.
    pub async fn call(&self, call: &Call, host: &dyn Host) -> Result<Box<RawValue>, CallError> {
        if self.is_shared_singleton(call) {
            return self.call_pinned(call, host).await;
        }
        let shared = &self.shared;
        let _presence = self.enter(&shared.present, shared.recipe.workers())?;
        let short = if call.length() <= PIPE { Some(call_frame(call)?) } else { None };
        let turn = shared.turn(short.clone()).await?;
        // Until it is given back, the worker dies with this future, and another takes its turn.
        let (process, is_sent) = match turn {
            Turn::Ahead(process) => (Some(process), true),
            Turn::Free(process) => (process, false),
        };
        let mut using = Using { shared, process, began: Instant::now(), is_over: false };
        let process = match &mut using.process {
            Some(process) => process,
            none => none.insert(self.begin().await?),
        };
        let mut frames = Vec::new();
        let is_long = short.is_none();
        if !is_sent {
            frames.push(short.map_or_else(|| call_frame(call), Ok)?);
        }
        if !is_long {
            shared.fill(process, &mut frames);
        }
        let (outcome, is_spent) = self.run(process, call, frames, host).await;
        if !is_spent {
            using.go_on();
        }
        outcome
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
        let idle = self.shared.queue.lock().borrow();
        let mut process = match idle {
            Some(process) => process,
            None => self.begin().await?,
        };
        let (outcome, is_spent) = self.run(&mut process, call, vec![call_frame(call)?], host).await;
        if !is_spent {
            drop(self.shared.queue.lock().put_back(process));
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
        let (outcome, is_spent) = self.run(&mut process, call, vec![call_frame(call)?], host).await;
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

    /// Sends a worker these frames, of the call unless it has it already and of others ahead, and attends the call. Also whether the worker is of no
    /// use after it.
    async fn run(
        &self,
        process: &mut Process,
        call: &Call,
        frames: Vec<Arc<[u8]>>,
        host: &dyn Host,
    ) -> (Result<Box<RawValue>, CallError>, bool) {
        let Shared { recipe, counters, .. } = &*self.shared;
        counters.calls.fetch_add(1, Ordering::Relaxed);
        let time = Duration::from_millis(call.timeout_ms) + recipe.rules.grace;
        let attended = async {
            process.send(&frames).await?;
            drop(frames);
            process.attend(call.output, host).await
        };
        match tokio::time::timeout(time, attended).await {
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
}

impl Recipe {
    /// How many workers there are.
    fn workers(&self) -> usize {
        self.rules.workers.max(1)
    }
}

impl Shared {
    /// Waits until it is a call's turn.
    async fn turn(self: &Arc<Self>, frame: Option<Arc<[u8]>>) -> Result<Turn<Process>, CallError> {
        let entered = self.queue.lock().enter(frame);
        let (number, woken) = match entered {
            Ok(turn) => return Ok(turn),
            Err(place) => place,
        };
        let mut entered = Entered { shared: self, number: Some(number) };
        woken.await.map_err(|_| CallError::Died)?;
        entered.leave().ok_or(CallError::Died)
    }

    /// Chooses what a worker that begins a call is sent ahead.
    fn fill(&self, process: &mut Process, frames: &mut Vec<Arc<[u8]>>) {
        let held = process.ahead.iter().map(|(_, length)| length).sum::<usize>() + frames.iter().map(|frame| frame.len()).sum::<usize>();
        let mut room = PIPE.saturating_sub(held);
        let mut queue = self.queue.lock();
        let now = Instant::now();
        while let Some((number, frame)) = queue.next_for(process.id(), process.ahead.len(), room, now) {
            room -= frame.len();
            process.ahead.push_back((number, frame.len()));
            frames.push(frame);
        }
    }

    /// A worker is there for anybody, or without one the right to start it.
    fn give(self: &Arc<Self>, process: Option<Process>) {
        let mut queue = self.queue.lock();
        queue.give(process, Instant::now());
        let is_needed = queue.has_both();
        drop(queue);
        if is_needed {
            self.hurry();
        }
    }

    /// Has free workers take calls that wait for busy ones, once they have waited long enough.
    fn hurry(self: &Arc<Self>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.is_hurried.swap(true, Ordering::Relaxed) {
            return;
        }
        let shared = self.clone();
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(PATIENCE).await;
                // Under the lock, so that whoever finds the queue as this left it starts another.
                let mut queue = shared.queue.lock();
                if !queue.hurry(Instant::now()) {
                    shared.is_hurried.store(false, Ordering::Relaxed);
                    return;
                }
            }
        });
    }

    /// Starts a worker in the place of one that is gone; when that fails, the next call that needs one does.
    fn replenish(self: &Arc<Self>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return self.give(None) };
        let weak = Arc::downgrade(self);
        runtime.spawn(async move {
            let Some(shared) = weak.upgrade() else { return };
            let recipe = shared.recipe.clone();
            drop(shared);
            let begun = begin(&recipe.rules, &recipe.load).await;
            let Some(shared) = weak.upgrade() else { return };
            // Calls wait for it rather than start one more.
            let process = begun.ok().map(|(process, _)| process);
            shared.counters.started.fetch_add(u64::from(process.is_some()), Ordering::Relaxed);
            shared.give(process);
        });
    }

    /// A worker that has ended a call has begun the next one that it was sent ahead, or waits.
    fn go_on(self: &Arc<Self>, mut process: Process) {
        let Some((next, _)) = process.ahead.pop_front() else { return self.give(Some(process)) };
        let unwanted = self.queue.lock().go_on(next, process.id(), process);
        if let Some(process) = unwanted {
            self.let_end(process);
        }
    }

    /// Waits until a worker has run a call that was sent ahead to it and that nobody waits for there.
    fn let_end(self: &Arc<Self>, mut process: Process) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return self.give(None) };
        let weak = Arc::downgrade(self);
        let began = Instant::now();
        runtime.spawn(async move {
            let ended = tokio::time::timeout(UNWANTED_TIME, process.let_end()).await;
            let Some(shared) = weak.upgrade() else { return };
            shared.queue.lock().took(began.elapsed());
            match ended {
                Ok(Ok(false)) => shared.go_on(process),
                ended => {
                    shared.counters.killed.fetch_add(u64::from(ended.is_err()), Ordering::Relaxed);
                    shared.queue.lock().lost(process.id());
                    drop(process);
                    shared.replenish();
                }
            }
        });
    }
}

/// A call that waits in the queue.
struct Entered<'a> {
    shared: &'a Arc<Shared>,
    /// None when it has left.
    number: Option<u64>,
}

impl Entered<'_> {
    /// Leaves the queue, with what the call was given.
    fn leave(&mut self) -> Option<Turn<Process>> {
        let number = self.number.take()?;
        self.shared.queue.lock().leave(number)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        match self.leave() {
            Some(Turn::Free(process)) => self.shared.give(process),
            Some(Turn::Ahead(process)) => self.shared.let_end(process),
            None => {}
        }
    }
}

/// A worker during a call, and the right to have one.
struct Using<'a> {
    shared: &'a Arc<Shared>,
    process: Option<Process>,
    began: Instant,
    /// Others have both.
    is_over: bool,
}

impl Using<'_> {
    /// The call has ended, and the worker takes the next.
    fn go_on(mut self) {
        let Some(process) = self.process.take() else { return };
        self.is_over = true;
        let shared = self.shared;
        shared.queue.lock().took(self.began.elapsed());
        shared.go_on(process);
    }
}

impl Drop for Using<'_> {
    fn drop(&mut self) {
        match self.process.take() {
            // Dropping kills.
            Some(process) => {
                let mut queue = self.shared.queue.lock();
                queue.took(self.began.elapsed());
                queue.lost(process.id());
                drop(queue);
                drop(process);
                self.shared.replenish();
            }
            None if !self.is_over => self.shared.give(None),
            None => {}
        }
    }
}

/// A call as a frame.
fn call_frame(call: &Call) -> Result<Arc<[u8]>, CallError> {
    frame(&Order::Call(call)).map(Arc::from).map_err(|error| CallError::Start(error.to_string()))
}

/// A worker that has loaded the functions; `load` is a frame.
async fn begin(rules: &PoolRules, load: &[u8]) -> Result<(Process, Registry), StartError> {
    match tokio::time::timeout(rules.start_time, Process::start(rules, load)).await {
        Ok(Ok(started)) => started.map_err(StartError::Found),
        Ok(Err(error)) => Err(StartError::Process(error.to_string())),
        Err(_) => Err(StartError::Process("it was not ready in time".to_owned())),
    }
}
