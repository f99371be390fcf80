//! A transaction that stays open on the writing thread, which serves it alone until it ends: others wait in their order.

use std::sync::Arc;
use std::time::Instant;

use claviger_query::{KeyList, Plan, Selection};
use tokio::sync::oneshot;

use super::writer::{not_committed, stopped};
use super::{Session, Transaction};
use crate::error::StoreError;
use crate::sink::Sink;
use crate::sql::Tables;
use crate::sqlite::engine::Engine;
use crate::sqlite::read::Reading;
use crate::transaction::{Handle, Lasting, Seat};

/// An open transaction that waits for its turn.
pub(super) struct Opening {
    seat: Seat<Transaction>,
    begun: oneshot::Sender<Result<(), StoreError>>,
}

impl Engine {
    /// Begins a transaction when all that were to be written before are.
    pub(crate) async fn begin(&self, deadline: Instant) -> Result<Handle<Transaction>, StoreError> {
        let (handle, seat) = Handle::new(deadline);
        let (begun, answer) = oneshot::channel();
        self.writer()?.open(Opening { seat, begun })?;
        match tokio::time::timeout_at(deadline.into(), answer).await {
            Ok(begun) => begun.unwrap_or_else(|_| Err(stopped())).map(|()| handle),
            // Its place in the queue is that of an owner who has left.
            Err(_) => Err(StoreError::Timeout),
        }
    }
}

impl Opening {
    /// Serves the transaction until it ends.
    pub(super) fn serve(self, session: &Session) {
        let Self { seat, begun } = self;
        if seat.presence().has_left() || Instant::now() >= seat.deadline() {
            let _ = begun.send(Err(StoreError::Timeout));
            return;
        }
        let link = &session.db.link;
        link.set_deadline(Some(seat.deadline()), true);
        link.set_owner(Some(Arc::clone(seat.presence())));
        let is_begun = session.db.begin().map_err(StoreError::from);
        // Should nobody wait for this any more, the seat learns that its owner has left.
        let is_open = is_begun.is_ok();
        let _ = begun.send(is_begun);
        if is_open {
            session.db.stays_open();
            seat.serve(session);
        }
        link.set_owner(None);
        link.set_deadline(None, false);
    }
}

impl Lasting for Transaction {
    fn read<S: Sink>(&self, tables: Tables<'_>, plan: &Plan, sink: &mut S) -> Result<(), StoreError> {
        Reading::within(&self.link.db, &self.memory).run(tables, plan, sink)
    }

    fn keys(&self, tables: Tables<'_>, selection: &Selection, most_bytes: usize) -> Result<KeyList, StoreError> {
        Reading::within(&self.link.db, &self.memory).keys(tables, selection, most_bytes)
    }

    fn loss(&self, error: &StoreError) -> Option<String> {
        self.is_lost().then(|| format!("it could not go on after a failure: {error}"))
    }

    fn commit(&self) -> Result<(), StoreError> {
        self.commit().map_err(|error| {
            tracing::warn!(%error, "commit of an open transaction failed");
            not_committed(&error)
        })
    }

    fn undo(&self) -> bool {
        self.link.set_owner(None);
        self.undo();
        self.link.db.is_autocommit()
    }
}
