//! A transaction that stays open: a connection of its own, served on a thread of its own until it ends.

use std::sync::Arc;
use std::time::Instant;

use claviger_query::{KeyList, Plan, Selection};
use tokio::sync::oneshot;

use super::engine::{Engine, UNDOING, within};
use super::read::Frame;
use super::write::Transaction;
use crate::error::StoreError;
use crate::sink::Sink;
use crate::sql::Tables;
use crate::transaction::{Handle, Lasting, Seat};

impl Engine {
    /// Begins a transaction. A bounded number is open at once; others wait for one of them, in order.
    pub(crate) async fn begin(self: &Arc<Self>, deadline: Instant) -> Result<Handle<Transaction>, StoreError> {
        let permit = tokio::time::timeout_at(deadline.into(), Arc::clone(&self.open).acquire_owned()).await;
        let permit = permit.map_err(|_| StoreError::Busy)?.map_err(|_| StoreError::Busy)?;
        let client = self.take(deadline).await?;
        let (handle, seat): (_, Seat<Transaction>) = Handle::new(deadline);
        let session = self.session(client, deadline, Some(Arc::clone(seat.presence())));
        let (begun, answer) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let is_begun = session.db.begin();
            let is_open = is_begun.is_ok();
            // Should nobody wait for this any more, the seat learns that its owner has left.
            let _ = begun.send(is_begun);
            if is_open && seat.serve(&session) {
                session.db.client.give_back();
            }
            drop(permit);
        });
        answer.await.unwrap_or_else(|_| Err(StoreError::Internal("a transaction could not be begun".to_owned()))).map(|()| handle)
    }
}

impl Lasting for Transaction {
    fn read<S: Sink>(&self, _: Tables<'_>, plan: &Plan, sink: &mut S) -> Result<(), StoreError> {
        self.wait(self.engine.run(&self.client, plan, sink, Frame::Open))
    }

    fn keys(&self, _: Tables<'_>, selection: &Selection, most_bytes: usize) -> Result<KeyList, StoreError> {
        self.wait(self.engine.selected_keys(&self.client, selection, most_bytes))
    }

    fn loss(&self, error: &StoreError) -> Option<String> {
        match error {
            StoreError::Busy => Some("another transaction was in its way".to_owned()),
            StoreError::Away(_) => Some("the database server went away".to_owned()),
            StoreError::Undone(why) => Some(why.clone()),
            error => self.is_lost().then(|| format!("it could not go on after a failure: {error}")),
        }
    }

    fn forget_statements(&self) {
        self.engine.connections.forget_statements();
    }

    fn commit(&self) -> Result<(), StoreError> {
        self.commit()
    }

    fn undo(&self) -> bool {
        // A statement that runs still is not waited for: it ends with the connection.
        if self.is_lost() || self.client.is_closed() {
            return false;
        }
        // An owner who is there waits for it, and no statement runs before it. Otherwise one may, for nobody.
        let soon = Instant::now() + UNDOING;
        let until = if self.has_owner() { soon.max(self.deadline) } else { soon };
        self.runtime.block_on(within(until, async { Ok(self.client.batch_execute("ROLLBACK").await?) })).is_ok()
    }
}
