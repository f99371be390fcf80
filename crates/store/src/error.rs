//! Why a store does not answer.

use crate::schema::SchemaError;

/// A reading or writing that failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The dialect has an answer for it (an absent entity, a broken rule).
    #[error(transparent)]
    Dialect(#[from] claviger_query::Error),
    /// Too much is waiting, or another program holds the database: later it may work.
    #[error("the database is busy")]
    Busy,
    /// The database server cannot be reached. The text is for the log, not for callers.
    #[error("the database server is away: {0}")]
    Away(String),
    /// A statement was prepared before the tables changed, which its transaction does not survive: begun anew the work succeeds.
    #[error("the tables have changed since a statement was prepared")]
    Stale,
    /// The open transaction was undone before its end and nothing of it stays; the text says by what, for whoever wrote the function.
    #[error("the transaction was undone: {0}")]
    Undone(String),
    /// Too many transactions are open one in the other.
    #[error("too many transactions are open one in the other")]
    TooDeep,
    /// The deadline passed; nothing was changed.
    #[error("the time limit is over")]
    Timeout,
    /// The sink takes no more ([`Sink::is_full`](crate::Sink::is_full)).
    #[error("the answer is too large")]
    TooLarge,
    /// The keys of a set take more memory than it may have.
    #[error("the keys take too much memory")]
    TooManyKeys,
    /// The database and its model do not go together (at opening).
    #[error(transparent)]
    Schema(SchemaError),
    /// The database failed. The text is for the log, not for callers.
    #[error("the database failed: {0}")]
    Internal(String),
}

impl From<SchemaError> for StoreError {
    fn from(error: SchemaError) -> Self {
        match error {
            // A server that is away may come back.
            SchemaError::Postgres(error) => error.into(),
            error => Self::Schema(error),
        }
    }
}

/// Stops the walk over rows when the sink is full.
#[derive(Debug, thiserror::Error)]
#[error("the answer is too large")]
pub(crate) struct SinkFull;

impl From<SinkFull> for StoreError {
    fn from(SinkFull: SinkFull) -> Self {
        Self::TooLarge
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        if let rusqlite::Error::UserFunctionError(cause) = &error
            && cause.is::<SinkFull>()
        {
            return Self::TooLarge;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::OperationInterrupted) => Self::Timeout,
            _ if is_too_much(&error) => Self::Dialect(claviger_query::Error::new(
                claviger_query::ErrorKind::Malformed,
                1201,
                "The query is too large for the database",
            )),
            _ => Self::Internal(error.to_string()),
        }
    }
}

/// The engine's limits on one statement: tables joined, depth and number of conditions, number of values.
fn is_too_much(error: &rusqlite::Error) -> bool {
    let (rusqlite::Error::SqliteFailure(_, Some(message)) | rusqlite::Error::SqlInputError { msg: message, .. }) = error else {
        return false;
    };
    [
        "at most 64 tables in a join",
        "Expression tree is too large",
        "too many SQL variables",
        "variable number must be",
        "parser stack overflow",
        "too many arguments on function",
        "too many columns in result set",
        "string or blob too big",
    ]
    .iter()
    .any(|limit| message.contains(limit))
}
