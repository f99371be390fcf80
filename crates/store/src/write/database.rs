//! The open transaction of a change, on either engine: what saving and deleting ask of it. Every call blocks.

use std::sync::Arc;

use claviger_model::Value;
use claviger_query::Projection;

use crate::bind::Bind;
use crate::error::StoreError;
use crate::sink::Sink;
use crate::sql::Tables;
use crate::sql::prepared::Prepared;

/// An open transaction.
pub trait Database {
    /// Rows of a statement; their values are in the order of its columns.
    fn rows(&self, sql: &str, binds: &[Bind]) -> Result<Vec<Vec<Bind>>, Broken>;

    /// Number of rows that a statement changed.
    fn execute(&self, sql: &str, binds: &[Bind]) -> Result<u64, Broken>;

    /// Begins a part that can be undone alone; parts nest.
    fn begin_part(&self) -> Result<(), StoreError>;

    /// Ends the part that was begun last. The transaction itself may be gone: then this is an error.
    fn end_part(&self, keep: bool) -> Result<(), StoreError>;

    /// The statements of a projection.
    fn prepared(&self, tables: Tables<'_>, projection: &Arc<Projection>) -> Arc<Prepared>;

    /// One entity into a sink; false when there is none with this key.
    fn read_entity<S: Sink>(&self, prepared: &Prepared, key: &[Value], sink: &mut S) -> Result<bool, StoreError>;

    /// A row of the side table was written: table, key, stamp.
    fn note(&self, _row: (String, Bind, i64)) {}

    /// A row of the side table was written before in this transaction, where that is not one with the commit of the row itself.
    fn has_noted(&self, _table: &str, _key: &Bind) -> bool {
        false
    }

    /// A row with this stamp was written.
    fn replaced(&self, _table: &str, _key: &[Bind], _stamp: i64) {}

    /// This transaction itself wrote the row when it had this stamp, and stays open: its owner is in no conflict with himself.
    fn has_replaced(&self, _table: &str, _key: &[Bind], _stamp: i64) -> bool {
        false
    }
}

/// Why a statement of a change failed.
#[derive(Debug)]
pub enum Broken {
    /// A constraint of the database.
    Constraint(Constraint),
    /// Anything else.
    Store(StoreError),
}

/// A constraint that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Constraint {
    /// What it asks for.
    pub kind: ConstraintKind,
    /// Columns that it speaks of, as far as the engine tells.
    pub columns: Vec<String>,
}

/// What a constraint asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConstraintKind {
    /// No second row of this key.
    Key,
    /// No second row with this value.
    Unique,
    /// A value.
    NotNull,
    /// The row that is referred to, or none that refers to this one.
    Reference,
    /// Something else.
    Other,
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Broken> for StoreError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Store(error) => error,
            Broken::Constraint(constraint) => Self::Internal(format!("a constraint does not hold: {constraint:?}")),
        }
    }
}
