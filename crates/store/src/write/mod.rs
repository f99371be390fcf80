//! Writing: what saving, deleting and locking entities mean, on whichever engine ([`database::Database`]).

mod checks;
pub mod database;
mod delete;
pub mod encode;
pub mod errors;
pub(crate) mod ledger;
mod lock;
pub mod row;
mod save;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use claviger_model::Model;

use crate::error::StoreError;
use crate::layout::Layout;
use crate::sql::Tables;
use crate::store::Clock;
use database::Database;

pub use delete::DeleteOutcome;
pub use save::{SaveOutcome, SaveStatus};

/// What a change works with, inside its transaction.
pub struct Session<D> {
    /// The transaction.
    pub db: D,
    /// The model of the database.
    pub model: Arc<Model>,
    /// How it lies in the tables.
    pub layout: Arc<Layout>,
    clock: Clock,
}

/// What becomes of what a change did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is committed.
    Keep,
    /// It is undone; the answer stands nevertheless.
    Undo,
}

impl<D: Database> Session<D> {
    /// What a change works with. Public so that tests can run one by themselves.
    pub fn new(db: D, model: Arc<Model>, layout: Arc<Layout>, clock: Clock) -> Self {
        Self { db, model, layout, clock }
    }

    /// The time, in milliseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Dataclasses and tables together, with every entity.
    pub fn tables(&self) -> Tables<'_> {
        Tables::new(&self.model, &self.layout)
    }

    /// Runs a part of a change that is undone alone when `work` says so, fails or panics.
    pub fn part<T>(&self, work: impl FnOnce(&Self) -> Result<(T, Verdict), StoreError>) -> Result<T, StoreError> {
        self.db.begin_part()?;
        // Caught here and not further out, so that each part that was begun is ended.
        let result = catch_unwind(AssertUnwindSafe(|| work(self)))
            .unwrap_or_else(|_| Err(StoreError::Internal("a part of a change panicked".to_owned())));
        // The engine may have given up the whole transaction.
        if let Err(gone) = self.db.end_part(matches!(result, Ok((_, Verdict::Keep)))) {
            return Err(result.err().unwrap_or(gone));
        }
        result.map(|(value, _)| value)
    }
}
