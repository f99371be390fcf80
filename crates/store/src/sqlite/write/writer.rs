//! The one thread that writes.
//!
//! Changes wait in a bounded queue. The thread takes all that wait, runs each in a savepoint of one transaction and answers after the
//! commit, so that many small changes share one wait for the disk. A change that fails is undone alone. A transaction that stays open
//! ([`super::open`]) has the thread to itself when its turn comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::ErrorCode;
use tokio::sync::oneshot;

use super::Session;
use super::open::Opening;
use crate::error::StoreError;
use crate::write::Verdict;

/// Changes that may wait.
const QUEUE: usize = 1024;
/// Changes that share one commit at most.
const GROUP: usize = 256;

/// The writing thread. Dropping it ends the thread after the changes that wait.
#[derive(Debug)]
pub struct Writer {
    sender: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

/// What waits for the thread, in order of arrival.
enum Work {
    Change(Box<dyn Task>),
    Open(Opening),
}

/// A change that waits. It may run more than once: the engine can lose a whole transaction because of another change in it.
trait Task: Send {
    fn deadline(&self) -> Instant;
    /// Its turn has come; false when it was not waited for so long.
    fn take(&self) -> bool;
    fn run(&mut self, session: &Session) -> Result<Verdict, StoreError>;
    fn answer(self: Box<Self>, end: Result<(), StoreError>);
}

struct Job<T, W> {
    deadline: Instant,
    place: Place,
    work: W,
    done: Option<T>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

/// The place of a change in the queue. Whoever takes it first decides: the thread, that the change is made; the one who waits, that it is not.
#[derive(Clone, Default)]
struct Place(Arc<AtomicBool>);

impl Place {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
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
        let (mut answer, place) = self.queue(deadline, work)?;
        let done = match tokio::time::timeout_at(deadline.into(), &mut answer).await {
            Ok(done) => done,
            Err(_) if place.take() => return Err(StoreError::Timeout),
            // Its turn had come.
            Err(_) => answer.await,
        };
        done.unwrap_or_else(|_| Err(stopped()))
    }

    /// The same for callers without a runtime, who wait until its turn comes.
    pub fn submit_blocking<T, W>(&self, deadline: Instant, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Session) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        self.queue(deadline, work)?.0.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    fn queue<T, W>(&self, deadline: Instant, work: W) -> Result<(oneshot::Receiver<Result<T, StoreError>>, Place), StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Session) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let place = Place::default();
        self.send(Work::Change(Box::new(Job { deadline, place: place.clone(), work, done: None, answer })))?;
        Ok((receiver, place))
    }

    /// Queues a transaction that stays open.
    pub(super) fn open(&self, opening: Opening) -> Result<(), StoreError> {
        self.send(Work::Open(opening))
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        match self.sender.as_ref().map(|sender| sender.try_send(work)) {
            Some(Ok(())) => Ok(()),
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

    fn take(&self) -> bool {
        self.place.take()
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

pub(super) fn stopped() -> StoreError {
    StoreError::Internal("the writer has stopped".to_owned())
}

fn serve(session: &Session, queue: &Receiver<Work>) {
    while let Ok(first) = queue.recv() {
        let (mut group, mut opening) = (Vec::new(), None);
        let mut work = Some(first);
        while let Some(next) = work {
            match next {
                Work::Change(task) => group.extend(task.take().then_some(task)),
                Work::Open(next) => {
                    opening = Some(next);
                    break;
                }
            }
            work = if group.len() < GROUP { queue.try_recv().ok() } else { None };
        }
        let mut alone = false;
        while !group.is_empty() {
            let rest = if alone { group.split_off(1) } else { Vec::new() };
            let (mut again, one_by_one) = attempt(session, group);
            alone |= one_by_one;
            again.extend(rest);
            group = again;
        }
        if let Some(opening) = opening {
            opening.serve(session);
        }
    }
}

/// Runs a group in one transaction and answers it. Returns the changes that must run again, and whether one by one.
fn attempt(session: &Session, group: Vec<Box<dyn Task>>) -> (Vec<Box<dyn Task>>, bool) {
    let link = &session.db.link;
    let mut group = answer_expired(group, || StoreError::Timeout);
    let (Some(earliest), Some(latest)) = (group.iter().map(|task| task.deadline()).min(), group.iter().map(|task| task.deadline()).max())
    else {
        return (group, false);
    };
    link.set_deadline(Some(earliest), true);
    if let Err(error) = session.db.begin() {
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
    let mut ends: Vec<Result<(), StoreError>> = Vec::with_capacity(group.len());
    for index in 0..group.len() {
        link.set_deadline(Some(group[index].deadline()), true);
        let task = &mut group[index];
        let end = session.part(|session| task.run(session).map(|verdict| ((), verdict)));
        if session.db.is_lost() {
            // An interrupted or failed write took the others of the group with it, or it cannot be undone without them; they run again.
            session.db.undo();
            let task = group.remove(index);
            task.answer(end.and(Err(StoreError::Internal("the transaction was given up".to_owned()))));
            return (group, false);
        }
        ends.push(end);
    }
    link.set_deadline(Some(latest), true);
    match session.db.commit() {
        Ok(()) => {
            group.into_iter().zip(ends).for_each(|(task, end)| task.answer(end));
            (Vec::new(), false)
        }
        Err(error) if is_constraint(&error) && group.len() > 1 => {
            // A deferred constraint of an attached database shows only now, and not whose it is.
            (group, true)
        }
        Err(error) => {
            tracing::warn!(%error, changes = group.len(), "commit failed");
            (fail(group, || not_committed(&error)), false)
        }
    }
}

fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// What a commit that failed means.
pub(super) fn not_committed(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Dialect(crate::write::errors::broken_reference()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted) => StoreError::Busy,
        _ => StoreError::Internal(error.to_string()),
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
