//! The data behind a running call: the store, or the transaction that the code has open.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use claviger_query::{Answers, Delete, Error, ErrorKind, KeyList, Plan, Planned, Save, Selection};
use claviger_script::Limit;
use claviger_store::{DeleteOutcome, SaveOutcome, StoreError};

use super::rows::Rows;
use super::{Answer, MOST_ROWS, Running, Unanswered};
use crate::functions::needs::find_out;
use crate::rest::from_store;

/// Memory for the keys of one selection, bytes.
const MOST_KEY_BYTES: usize = 64 << 20;

impl Running<'_> {
    /// A plan, with what functions have to say about it found out.
    pub(in crate::functions) async fn planned<T>(&self, plan: impl Fn(&Answers) -> Result<Planned<T>, Error>) -> Result<T, Unanswered> {
        loop {
            let planned = plan(&self.answers_now().1)?;
            match planned {
                Planned::Ready(plan) => {
                    // What is computed of the data is right at this moment only.
                    self.answers_now().1.forget_computed();
                    return Ok(plan);
                }
                Planned::Needs(needs) => {
                    let found = Box::pin(find_out(self, &needs)).await?;
                    let mut known = self.answers_now();
                    for answer in found {
                        answer.tell(&mut known.1);
                    }
                }
            }
        }
    }

    /// What is known of the entities that may be seen: of those privileges that the call has now.
    fn answers_now(&self) -> parking_lot::MutexGuard<'_, (u64, Answers)> {
        let grants = self.grants().id();
        let mut known = self.answers.lock();
        if known.0 != grants && !self.sees_all {
            *known = (grants, Answers::default());
        }
        known
    }

    pub(super) async fn data_read(&self, plan: Plan) -> Result<Rows, Unanswered> {
        let rows = Rows::new(self.state.settings().rest.max_answer_bytes);
        let read = match &mut *self.transaction.lock().await {
            Some(open) => open.transaction.read(plan, rows).await,
            None => self.state.store().read(plan, rows, self.deadline).await,
        };
        match read {
            // An absent entity has no row.
            Err(StoreError::Dialect(error)) if error.kind == ErrorKind::NotFound => Ok(Rows::new(0)),
            other => Ok(other.map_err(|error| self.failed(error))?),
        }
    }

    pub(in crate::functions) async fn data_keys(&self, selection: Selection) -> Result<KeyList, Unanswered> {
        let keys = match &mut *self.transaction.lock().await {
            Some(open) => open.transaction.keys(selection, MOST_KEY_BYTES).await,
            None => self.state.store().keys(selection, MOST_KEY_BYTES, self.deadline).await,
        };
        match keys {
            // An absent entity has no keys.
            Err(StoreError::Dialect(error)) if error.kind == ErrorKind::NotFound => Ok(KeyList::whole(Vec::new())),
            other => Ok(other.map_err(|error| self.failed(error))?),
        }
    }

    pub(super) async fn data_save(&self, save: Save) -> Result<Vec<SaveOutcome<Rows>>, Unanswered> {
        let most = self.state.settings().rest.max_answer_bytes;
        let (guard, sink) = (self.caller.guard(self.state), Arc::new(move || Rows::new(most)));
        let saved = match &mut *self.transaction.lock().await {
            Some(open) => open.transaction.save(save, sink, guard).await,
            None => self.state.store().save(save, sink, guard, self.deadline).await,
        };
        Ok(saved.map_err(|error| self.failed(error))?)
    }

    pub(super) async fn data_delete(&self, delete: Delete) -> Result<DeleteOutcome, Unanswered> {
        let guard = self.caller.guard(self.state);
        let deleted = match &mut *self.transaction.lock().await {
            Some(open) => open.transaction.delete(delete, guard).await,
            None => self.state.store().delete(delete, guard, self.deadline).await,
        };
        match deleted {
            Err(StoreError::Dialect(error)) if error.kind == ErrorKind::NotFound => Ok(DeleteOutcome::default()),
            other => Ok(other.map_err(|error| self.failed(error))?),
        }
    }

    /// `begin`, `commit` and `rollback`, each on the transaction begun last (`data-model.md` 7).
    pub(super) async fn transact(&self, operation: &str) -> Answer {
        let mut place = self.transaction.lock().await;
        let failed = |error| Unanswered::Refused(self.failed(error));
        match (operation, place.take()) {
            // Others wait for it, perhaps in a transaction.
            ("begin", None) if self.sees_all => {
                return Err(Error::new(ErrorKind::Failed, 1046, "What others wait for cannot start a transaction").into());
            }
            ("begin", None) => {
                let transaction = self.state.store().begin(self.deadline).await.map_err(failed)?;
                *place = Some(Open { transaction, depth: 0 });
            }
            ("begin", Some(mut open)) => {
                let begun = open.transaction.begin_nested().await;
                open.depth += u32::from(begun.is_ok());
                *place = Some(open);
                begun.map_err(failed)?;
            }
            (_, None) => {
                let message = "There is no transaction: it was not started, or is over already";
                return Err(Error::new(ErrorKind::Failed, 1046, message).into());
            }
            ("commit", Some(open)) if open.depth == 0 => open.transaction.commit().await.map_err(failed)?,
            (_, Some(open)) if open.depth == 0 => open.transaction.rollback().await.map_err(failed)?,
            (word, Some(mut open)) => {
                open.depth -= 1;
                let ended =
                    if word == "commit" { open.transaction.commit_nested().await } else { open.transaction.rollback_nested().await };
                *place = Some(open);
                ended.map_err(failed)?;
            }
        }
        Ok("null".to_owned())
    }

    /// The end of a call, where this one is used for further ones: what the code has begun and not ended is undone.
    pub(in crate::functions) async fn leave_transaction(&self) {
        if let Some(open) = self.transaction.lock().await.take()
            && let Err(error) = open.transaction.rollback().await
        {
            tracing::error!(function = self.function, %error, "a transaction that was left open could not be undone");
        }
    }

    pub(super) fn failed(&self, error: StoreError) -> Error {
        from_store(error, self.state.settings().rest.max_answer_bytes)
    }

    /// Counts rows that were loaded (`functions.md` 3).
    pub(super) fn count_rows(&self, more: u64) -> Result<(), Unanswered> {
        let before = self.rows.fetch_add(more, Ordering::Relaxed);
        if before + more > MOST_ROWS { Err(Unanswered::Limit(Limit::Rows)) } else { Ok(()) }
    }
}

/// A transaction that the code has open.
#[derive(Debug)]
pub(in crate::functions) struct Open {
    pub(super) transaction: claviger_store::OpenTransaction,
    /// How many are open in it.
    depth: u32,
}
