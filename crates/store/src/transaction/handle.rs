//! The owner's side of an open transaction: operations are sent to the desk and waited for.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use claviger_model::Value;
use claviger_query::{Delete, KeyList, Lock, Plan, Save, Selection};
use tokio::sync::oneshot;

use super::desk::Desk;
use super::presence::Presence;
use super::{Lasting, Over};
use crate::error::StoreError;
use crate::guard::EntityGuard;
use crate::sink::Sink;
use crate::write::{DeleteOutcome, SaveOutcome, Verdict};

/// An operation on its way to the desk; it answers by itself.
pub(super) type Request<D> = Box<dyn FnOnce(&mut Desk<'_, D>) + Send>;

/// What owner and desk both know.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) presence: Arc<Presence>,
    /// Why nothing can be asked any more.
    pub(super) over: OnceLock<Over>,
}

/// The owner's side. Dropped, or no longer waiting for an operation: the transaction is undone at once, and nobody waits for that.
#[derive(Debug)]
pub(crate) struct Handle<D> {
    /// None once the transaction is over.
    requests: Option<Sender<Request<D>>>,
    shared: Arc<Shared>,
}

/// The other side, before the transaction is begun: [`Seat::serve`] is where its desk is.
pub(crate) struct Seat<D> {
    pub(super) requests: Receiver<Request<D>>,
    pub(super) shared: Arc<Shared>,
    pub(super) deadline: Instant,
}

impl<D> Seat<D> {
    /// Whether the owner is there.
    pub(crate) fn presence(&self) -> &Arc<Presence> {
        &self.shared.presence
    }

    /// When the transaction ends by itself.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }
}

impl<D: Lasting + 'static> Handle<D> {
    /// Both sides of a transaction that is to be begun and that ends at the deadline.
    pub(crate) fn new(deadline: Instant) -> (Self, Seat<D>) {
        let (sender, requests) = channel();
        let shared = Arc::new(Shared::default());
        (Self { requests: Some(sender), shared: Arc::clone(&shared) }, Seat { requests, shared, deadline })
    }

    pub(super) async fn read<S: Sink + Send + 'static>(&mut self, plan: Plan, mut sink: S) -> Result<S, StoreError> {
        self.ask(move |desk| {
            let mut is_again = false;
            desk.operate(|session| {
                if std::mem::replace(&mut is_again, true) {
                    sink.reset();
                }
                Ok((session.db.read(session.tables(), &plan, &mut sink)?, Verdict::Keep))
            })?;
            Ok(sink)
        })
        .await
    }

    pub(super) async fn keys(&mut self, selection: Selection, most_bytes: usize) -> Result<KeyList, StoreError> {
        self.ask(move |desk| desk.operate(|session| Ok((session.db.keys(session.tables(), &selection, most_bytes)?, Verdict::Keep)))).await
    }

    pub(super) async fn save<S: Sink + Send + 'static>(
        &mut self,
        save: Save,
        sink: Arc<dyn Fn() -> S + Send + Sync>,
        guard: Arc<dyn EntityGuard>,
    ) -> Result<Vec<SaveOutcome<S>>, StoreError> {
        self.ask(move |desk| desk.operate(|session| session.save(&save, &*sink, &*guard))).await
    }

    pub(super) async fn delete(&mut self, delete: Delete, guard: Arc<dyn EntityGuard>) -> Result<DeleteOutcome, StoreError> {
        self.ask(move |desk| {
            let outcome = desk.operate(|session| session.delete(&delete, &*guard))?;
            desk.keep_guard(guard);
            Ok(outcome)
        })
        .await
    }

    pub(super) async fn lock<T: Send + 'static>(
        &mut self,
        lock: Lock,
        claim: impl Fn(&[Value]) -> T + Send + Sync + 'static,
    ) -> Result<Option<T>, StoreError> {
        self.ask(move |desk| desk.operate(|session| session.lock(&lock, &claim))).await
    }

    pub(super) async fn begin_nested(&mut self) -> Result<(), StoreError> {
        self.ask(|desk| desk.begin_nested()).await
    }

    pub(super) async fn end_nested(&mut self, is_kept: bool) -> Result<(), StoreError> {
        self.ask(move |desk| desk.end_nested(is_kept)).await
    }

    /// Ends the transaction. Once begun this goes on, also when nobody waits for it any more.
    pub(super) async fn end(mut self, is_kept: bool) -> Result<(), StoreError> {
        let answer = self.send(move |desk| desk.end(is_kept))?;
        // From here on leaving is no reason to interrupt what was asked for.
        self.requests = None;
        answer.await.unwrap_or_else(|_| Err(self.why_over()))
    }

    async fn ask<T, W>(&mut self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Desk<'_, D>) -> Result<T, StoreError> + Send + 'static,
    {
        let answer = self.send(work)?;
        let waiting = Waiting(Some(self));
        let done = answer.await;
        waiting.answered();
        done.unwrap_or_else(|_| Err(self.why_over()))
    }

    fn send<T, W>(&self, work: W) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Desk<'_, D>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let request: Request<D> = Box::new(move |desk| {
            // Whoever asked may be gone; then the desk hears of it.
            let _ = answer.send(work(desk));
        });
        let is_sent = self.requests.as_ref().is_some_and(|requests| requests.send(request).is_ok());
        if is_sent { Ok(receiver) } else { Err(self.why_over()) }
    }

    fn why_over(&self) -> StoreError {
        match self.shared.over.get() {
            Some(Over::Timeout) => StoreError::Timeout,
            Some(Over::Undone(why)) => StoreError::Undone(why.clone()),
            Some(Over::Ended | Over::Left) => StoreError::Undone("nobody waited for one of its operations".to_owned()),
            None if self.shared.presence.has_left() => StoreError::Undone("nobody waited for one of its operations".to_owned()),
            None => StoreError::Internal("an open transaction has stopped".to_owned()),
        }
    }
}

impl<D> Handle<D> {
    fn leave(&mut self) {
        if self.requests.take().is_some() {
            self.shared.presence.leave();
        }
    }
}

impl<D> Drop for Handle<D> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// An operation that is waited for. Should nobody wait any more, what it did is unknown to the owner, so that nothing may follow it.
struct Waiting<'a, D>(Option<&'a mut Handle<D>>);

impl<D> Waiting<'_, D> {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl<D> Drop for Waiting<'_, D> {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            handle.leave();
        }
    }
}
