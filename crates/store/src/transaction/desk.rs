//! The desk of an open transaction: takes one operation after the other on a thread that may wait, with the transaction in its hands.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Instant;

use super::handle::Seat;
use super::presence::Presence;
use super::{DEEPEST, Lasting, Over};
use crate::error::StoreError;
use crate::guard::EntityGuard;
use crate::write::{Session, Verdict};

/// The transaction in hand.
pub(super) struct Desk<'a, D> {
    session: &'a Session<D>,
    presence: &'a Presence,
    /// Guards of deletions: one list for the transaction itself and one for each nested one that is open.
    levels: Vec<Vec<Arc<dyn EntityGuard>>>,
    /// Set by the operation after which there is no other.
    over: Option<Over>,
    /// Of a transaction that its owner ended: the connection is as good as before.
    is_clean: Option<bool>,
}

impl<D: Lasting> Seat<D> {
    /// Serves a transaction that was begun until it ends: by its owner's word, at the deadline, when the owner leaves, when it is lost.
    /// True when the connection is as good as before.
    pub(crate) fn serve(self, session: &Session<D>) -> bool {
        let mut desk = Desk { session, presence: &self.shared.presence, levels: vec![Vec::new()], over: None, is_clean: None };
        let over = loop {
            let request = match self.requests.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
                Ok(request) if Instant::now() < self.deadline => request,
                Ok(_) | Err(RecvTimeoutError::Timeout) => break Over::Timeout,
                Err(RecvTimeoutError::Disconnected) => break Over::Left,
            };
            let is_whole = catch_unwind(AssertUnwindSafe(|| request(&mut desk))).is_ok();
            match desk.over.take() {
                Some(over) => break over,
                None if is_whole => {}
                None => break Over::Undone("an operation panicked".to_owned()),
            }
        };
        // Before what waits is dropped, whose askers look for it.
        let _ = self.shared.over.set(over);
        drop(self.requests);
        desk.is_clean.unwrap_or_else(|| desk.undo())
    }
}

impl<D: Lasting> Desk<'_, D> {
    /// Runs an operation that is undone alone when it fails. `work` may be run twice and must start over each time.
    pub(super) fn operate<T>(&mut self, mut work: impl FnMut(&Session<D>) -> Result<(T, Verdict), StoreError>) -> Result<T, StoreError> {
        let mut done = self.attempt(&mut work);
        if matches!(done, Err(StoreError::Stale)) && self.over.is_none() {
            self.session.db.forget_statements();
            done = self.attempt(&mut work);
        }
        done
    }

    fn attempt<T>(&mut self, work: &mut impl FnMut(&Session<D>) -> Result<(T, Verdict), StoreError>) -> Result<T, StoreError> {
        self.session.part(work).map_err(|error| self.judge(error))
    }

    /// Whether the transaction outlives a failure.
    fn judge(&mut self, error: StoreError) -> StoreError {
        self.over = match &error {
            // What ran was interrupted.
            StoreError::Timeout if self.presence.has_left() => Some(Over::Left),
            StoreError::Timeout => Some(Over::Timeout),
            error => self.session.db.loss(error).map(Over::Undone),
        };
        match (&self.over, error) {
            // The function has seen what it has read: nobody but itself can begin anew.
            (Some(Over::Undone(why)), StoreError::Busy) => StoreError::Undone(why.clone()),
            (_, error) => error,
        }
    }

    /// The guard of a deletion learns how the transaction ends.
    pub(super) fn keep_guard(&mut self, guard: Arc<dyn EntityGuard>) {
        if let Some(level) = self.levels.last_mut() {
            level.push(guard);
        }
    }

    pub(super) fn begin_nested(&mut self) -> Result<(), StoreError> {
        if self.levels.len() > DEEPEST {
            return Err(StoreError::TooDeep);
        }
        self.session.db.begin_part().map_err(|error| self.judge(error))?;
        self.levels.push(Vec::new());
        Ok(())
    }

    pub(super) fn end_nested(&mut self, is_kept: bool) -> Result<(), StoreError> {
        if self.levels.len() < 2 {
            return Err(StoreError::Internal("no nested transaction is open".to_owned()));
        }
        self.session.db.end_part(is_kept).map_err(|error| self.judge(error))?;
        let ended = self.levels.pop().unwrap_or_default();
        match self.levels.last_mut() {
            Some(outer) if is_kept => outer.extend(ended),
            _ => ended.iter().for_each(|guard| guard.none_deleted()),
        }
        Ok(())
    }

    /// Ends the transaction. One that cannot be undone is not committed either: it ends with its connection. What nested ones that are open did is not kept: not validated means not saved (`data-model.md` 7).
    pub(super) fn end(&mut self, is_kept: bool) -> Result<(), StoreError> {
        if !is_kept {
            self.is_clean = Some(self.undo());
            self.over = Some(Over::Ended);
            return Ok(());
        }
        while self.levels.len() > 1 {
            self.end_nested(false)?;
        }
        if let Err(error) = self.session.db.commit() {
            self.over = Some(Over::Undone("it could not be committed".to_owned()));
            return Err(error);
        }
        (self.over, self.is_clean) = (Some(Over::Ended), Some(true));
        self.levels.drain(..).flatten().for_each(|guard| guard.committed());
        Ok(())
    }

    fn undo(&mut self) -> bool {
        self.levels.drain(..).flatten().for_each(|guard| guard.none_deleted());
        self.session.db.undo()
    }
}
