//! The one thread that writes.
//!
//! Changes wait in a bounded queue. The thread takes all that wait, runs each in a savepoint of one transaction and answers after the
//! commit, so that many small changes share one wait for the disk. A change that fails is undone alone.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::bind::Bind as Sql;
use claviger_model::Model;
use tokio::sync::oneshot;

use crate::error::StoreError;
use crate::layout::{Layout, SIDE_TABLE};
use crate::sqlite::connection::Link;
use crate::sqlite::read::Memory;

/// Tells the time in milliseconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Changes that may wait.
const QUEUE: usize = 1024;
/// Changes that share one commit at most.
const GROUP: usize = 256;

/// The writing thread. Dropping it ends the thread after the changes that wait.
#[derive(Debug)]
pub struct Writer {
    sender: Option<SyncSender<Box<dyn Task>>>,
    thread: Option<JoinHandle<()>>,
}

/// What a change works with, on the writing thread, inside its savepoint.
pub struct Session {
    /// The connection that writes.
    pub link: Link,
    /// The model of the database.
    pub model: Arc<Model>,
    /// How it lies in the tables.
    pub layout: Arc<Layout>,
    /// Statements of projections.
    pub memory: Memory,
    clock: Clock,
    /// Rows of the stamps file that the open transaction wrote: table, key, stamp.
    noted: RefCell<Vec<Noted>>,
}

/// Table, key and stamp of a row in the stamps file.
pub(super) type Noted = (String, Sql, i64);

/// What becomes of what a change did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is committed.
    Keep,
    /// It is undone; the answer stands nevertheless.
    Undo,
}

/// A change that waits. It may run more than once: the engine can lose a whole transaction because of another change in it.
trait Task: Send {
    fn deadline(&self) -> Instant;
    fn run(&mut self, session: &Session) -> Result<Verdict, StoreError>;
    fn answer(self: Box<Self>, end: Result<(), StoreError>);
}

struct Job<T, W> {
    deadline: Instant,
    work: W,
    done: Option<T>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl Session {
    /// What a change works with. Public so that tests can run one without the thread.
    pub fn new(link: Link, model: Arc<Model>, layout: Arc<Layout>, clock: Clock) -> Self {
        Self { link, model, layout, memory: Memory::default(), clock, noted: RefCell::default() }
    }

    /// The time, in milliseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Runs a part of a change in a savepoint of its own: undone when `work` says so or fails.
    pub fn part<T>(&self, work: impl FnOnce(&Self) -> Result<(T, Verdict), StoreError>) -> Result<T, StoreError> {
        self.statement("SAVEPOINT part")?;
        let result = work(self);
        // The engine may have given up the whole transaction; then there is no savepoint to end.
        if self.link.db.is_autocommit() {
            return Err(result.err().unwrap_or(StoreError::Internal("the transaction is gone".to_owned())));
        }
        if !matches!(result, Ok((_, Verdict::Keep))) {
            self.statement("ROLLBACK TO part")?;
        }
        self.statement("RELEASE part")?;
        result.map(|(value, _)| value)
    }

    /// Remembers that the open transaction wrote a row of the stamps file.
    pub(super) fn note(&self, row: Noted) {
        self.noted.borrow_mut().push(row);
    }

    /// The database's commit was seen: the rows of the stamps file need their "before" no more (see [`crate::sqlite::stamps`]). Lost by a
    /// power cut it is as if it had not been done, so the disk is not waited for.
    fn settle(&self) {
        let noted = self.noted.take();
        if noted.is_empty() {
            return;
        }
        let work = || -> rusqlite::Result<()> {
            self.statement("PRAGMA main.synchronous = NORMAL")?;
            self.statement("BEGIN")?;
            let sql = format!(
                "UPDATE main.{SIDE_TABLE} SET prior_stamp = NULL, prior_hash = NULL WHERE table_name = ?1 AND row_key = ?2 AND stamp = ?3"
            );
            let mut statement = self.link.db.prepare_cached(&sql)?;
            for (table, key, stamp) in &noted {
                statement.execute((table, key, stamp))?;
            }
            self.statement("COMMIT")
        };
        if let Err(error) = work() {
            tracing::warn!(%error, "the stamps file could not be settled");
            if !self.link.db.is_autocommit()
                && let Err(error) = self.statement("ROLLBACK")
            {
                tracing::error!(%error, "rollback failed");
            }
        }
        if let Err(error) = self.statement("PRAGMA main.synchronous = FULL") {
            tracing::error!(%error, "the stamps file is not as safe as it should be");
        }
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<()> {
        self.link.db.prepare_cached(sql)?.execute([]).map(drop)
    }
}

impl Writer {
    /// Starts the thread.
    pub fn start(session: Session) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("claviger-writer".to_owned()).spawn(move || serve(&session, &receiver))?;
        Ok(Self { sender: Some(sender), thread: Some(thread) })
    }

    /// Queues a change and waits for its commit. `work` returns the answer and whether to keep what it did; an error undoes it. It may be
    /// run more than once and must start over each time.
    pub async fn submit<T, W>(&self, deadline: Instant, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Session) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        self.queue(deadline, work)?.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// The same for callers without a runtime.
    pub fn submit_blocking<T, W>(&self, deadline: Instant, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Session) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        self.queue(deadline, work)?.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    fn queue<T, W>(&self, deadline: Instant, work: W) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Session) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job = Job { deadline, work, done: None, answer };
        match self.sender.as_ref().map(|sender| sender.try_send(Box::new(job))) {
            Some(Ok(())) => Ok(receiver),
            Some(Err(TrySendError::Full(_))) => Err(StoreError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(stopped()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // The last owner may be dropped by a change's own answer, on this very thread.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl<T, W> Task for Job<T, W>
where
    T: Send,
    W: FnMut(&Session) -> Result<(T, Verdict), StoreError> + Send,
{
    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn run(&mut self, session: &Session) -> Result<Verdict, StoreError> {
        self.done = None;
        let (value, verdict) = (self.work)(session)?;
        self.done = Some(value);
        Ok(verdict)
    }

    fn answer(self: Box<Self>, end: Result<(), StoreError>) {
        let Self { done, answer, .. } = *self;
        let result = end.and_then(|()| done.ok_or_else(|| StoreError::Internal("a change without an answer".to_owned())));
        // Whoever asked may be gone; the change stands all the same.
        let _ = answer.send(result);
    }
}

fn stopped() -> StoreError {
    StoreError::Internal("the writer has stopped".to_owned())
}

fn serve(session: &Session, queue: &Receiver<Box<dyn Task>>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        while group.len() < GROUP {
            match queue.try_recv() {
                Ok(task) => group.push(task),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        let mut alone = false;
        while !group.is_empty() {
            let rest = if alone { group.split_off(1) } else { Vec::new() };
            let (mut again, one_by_one) = attempt(session, group);
            alone |= one_by_one;
            again.extend(rest);
            group = again;
        }
    }
}

/// Runs a group in one transaction and answers it. Returns the changes that must run again, and whether one by one.
fn attempt(session: &Session, group: Vec<Box<dyn Task>>) -> (Vec<Box<dyn Task>>, bool) {
    let link = &session.link;
    let mut group = answer_expired(group, || StoreError::Timeout);
    let (Some(earliest), Some(latest)) = (group.iter().map(|task| task.deadline()).min(), group.iter().map(|task| task.deadline()).max())
    else {
        return (group, false);
    };
    link.set_deadline(Some(earliest), true);
    if let Err(error) = session.statement("BEGIN IMMEDIATE") {
        let error = StoreError::from(error);
        if matches!(error, StoreError::Busy | StoreError::Timeout) {
            // Somebody else held the file for as long as the most hurried could wait.
            let count = group.len();
            let rest = answer_expired(group, || StoreError::Busy);
            if rest.len() < count {
                return (rest, false);
            }
            group = rest;
            return (fail(group, || StoreError::Busy), false);
        }
        tracing::error!(%error, "no transaction could be begun");
        return (fail(group, || StoreError::Internal(format!("no transaction could be begun: {error}"))), false);
    }
    session.noted.borrow_mut().clear();
    let mut ends: Vec<Result<(), StoreError>> = Vec::with_capacity(group.len());
    for index in 0..group.len() {
        link.set_deadline(Some(group[index].deadline()), true);
        let task = &mut group[index];
        let end = session.part(|session| match catch_unwind(AssertUnwindSafe(|| task.run(session))) {
            Ok(end) => end.map(|verdict| ((), verdict)),
            Err(_) => Err(StoreError::Internal("a change panicked".to_owned())),
        });
        if link.db.is_autocommit() {
            // An interrupted or failed write took the others of the group with it; they run again.
            let task = group.remove(index);
            task.answer(end.and(Err(StoreError::Internal("the transaction was given up".to_owned()))));
            return (group, false);
        }
        ends.push(end);
    }
    link.set_deadline(Some(latest), true);
    let commit = session.statement("COMMIT");
    link.set_deadline(None, false);
    match commit {
        Ok(()) => {
            session.settle();
            group.into_iter().zip(ends).for_each(|(task, end)| task.answer(end));
            (Vec::new(), false)
        }
        Err(error) => {
            if !link.db.is_autocommit()
                && let Err(error) = session.statement("ROLLBACK")
            {
                tracing::error!(%error, "rollback failed");
            }
            let constraint = error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation);
            if constraint && group.len() > 1 {
                // A deferred constraint of an attached database shows only now, and not whose it is.
                return (group, true);
            }
            tracing::warn!(%error, changes = group.len(), "commit failed");
            let text = error.to_string();
            let busy = matches!(StoreError::from(error), StoreError::Busy | StoreError::Timeout);
            let why = || match (constraint, busy) {
                (true, _) => StoreError::Dialect(super::errors::broken_reference()),
                (_, true) => StoreError::Busy,
                _ => StoreError::Internal(text.clone()),
            };
            (fail(group, why), false)
        }
    }
}

fn answer_expired(group: Vec<Box<dyn Task>>, why: impl Fn() -> StoreError) -> Vec<Box<dyn Task>> {
    let now = Instant::now();
    let (rest, expired): (Vec<_>, Vec<_>) = group.into_iter().partition(|task| task.deadline() > now);
    fail(expired, why);
    rest
}

/// Answers all with an error; none is left.
fn fail(group: Vec<Box<dyn Task>>, why: impl Fn() -> StoreError) -> Vec<Box<dyn Task>> {
    for task in group {
        task.answer(Err(why()));
    }
    Vec::new()
}
