//! Why a database does not do what it was asked.

use std::time::Duration;

use tokio_postgres::error::SqlState;

/// What the engine says. Never has values of rows in it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refused a statement.
    #[error("{message} ({code})")]
    Postgres {
        /// SQLSTATE.
        code: String,
        /// The server's sentence.
        message: String,
    },
    /// The server is not there, or ends the connection.
    #[error("the server cannot be reached: {0}")]
    Away(String),
    /// The server is there and says nothing.
    #[error("the server did not answer within {} seconds", .0.as_secs())]
    Silent(Duration),
    /// Somebody else has been changing something for too long.
    #[error("another process is changing it for too long")]
    Busy,
    /// The connection ended before the answer to the end of a transaction.
    #[error("the connection was lost at the end of a change: look whether it was made before you repeat it")]
    Uncertain,
    /// A column that does not hold what it must.
    #[error("column {column} of a row holds no {what}")]
    Damaged {
        /// Its number, from 0.
        column: usize,
        /// What it should be.
        what: &'static str,
    },
    /// A row that must exist does not.
    #[error("a row is missing")]
    NoRow,
}

impl DbError {
    /// True for what may pass by itself: the same call may work later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Silent(_) | Self::Busy | Self::Uncertain)
    }

    /// True when the connection is of no use any more.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Silent(_))
    }
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            // Everything else is about the connection, or about values that our own statements never have.
            let is_own = error.is_closed() || std::error::Error::source(&error).is_some_and(|cause| cause.is::<std::io::Error>());
            let mut text = error.to_string();
            if let Some(cause) = std::error::Error::source(&error).map(ToString::to_string).filter(|cause| !text.contains(cause.as_str())) {
                text = format!("{text}: {cause}");
            }
            let is_connecting = text.starts_with("error connecting") || text.starts_with("error performing TLS");
            return if is_own || is_connecting { Self::Away(text) } else { Self::Postgres { code: "client".to_owned(), message: text } };
        };
        // Its detail may hold values: it is not taken.
        let (code, message) = (refusal.code().code().to_owned(), refusal.message().to_owned());
        let is_ending = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS];
        match refusal.code() {
            state if is_ending.contains(state) || code.starts_with("08") || code == "25P03" => Self::Away(message),
            state if *state == SqlState::LOCK_NOT_AVAILABLE || *state == SqlState::T_R_DEADLOCK_DETECTED => Self::Busy,
            _ => Self::Postgres { code, message },
        }
    }
}
