//! Owned databases, whatever the engine: the tables that a model wants ([`tables`]), the steps of a migration, why one is refused.
//! Each engine compares them with what it has ([`crate::sqlite::schema`], [`crate::postgres::schema`]).

pub mod tables;

/// One statement of a migration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// SQL text.
    pub sql: String,
    /// What it does, in the model's words.
    pub reason: String,
    /// Data is lost.
    pub destructive: bool,
}

/// Why a database and its model do not go together.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Data would be lost; each text names one loss.
    #[error("the model would lose data: {}. Keep an old name with matchTable or matchColumn, or allow it with --allow-destructive", .0.join("; "))]
    Destructive(Vec<String>),
    /// Rows that are there break what the model wants, or an attached database has not what the model speaks of.
    #[error("{}", .0.join("; "))]
    Impossible(Vec<String>),
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL failed. Its own text is the source's.
    #[error("{}", crate::postgres::with_causes(.0))]
    Postgres(#[from] tokio_postgres::Error),
}

/// A text attribute of an attached table that no index serves, because texts are compared without case and accents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoldHint {
    /// Dataclass and attribute, `Book.title`.
    pub attribute: String,
    /// Rows that a filter on it reads.
    pub rows: u64,
    /// The index that would serve. Programs that write the table then need the function `clv_fold` too.
    pub sql: String,
}

/// Tables smaller than this are scanned before an index pays.
pub const WORTH_ROWS: u64 = 1_000;
