//! Why a store does not answer.

/// A reading or writing that failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The dialect has an answer for it (an absent entity, a broken rule).
    #[error(transparent)]
    Dialect(#[from] claviger_query::Error),
    /// Too much is waiting, or another program holds the database: later it may work.
    #[error("the database is busy")]
    Busy,
    /// The deadline passed; nothing was changed.
    #[error("the time limit is over")]
    Timeout,
    /// The database failed. The text is for the log, not for callers.
    #[error("the database failed: {0}")]
    Internal(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::OperationInterrupted) => Self::Timeout,
            _ => Self::Internal(error.to_string()),
        }
    }
}
