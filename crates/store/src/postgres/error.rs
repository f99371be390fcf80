//! What a failure of PostgreSQL means.

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::error::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let Some(state) = error.code() else {
            // Not an answer of the server: the way to it is broken.
            return if error.is_closed() || is_io(&error) || error.to_string().starts_with("error connecting") {
                Self::Away(with_causes(&error))
            } else {
                Self::Internal(with_causes(&error))
            };
        };
        match *state {
            _ if is_stale(&error) => Self::Stale,
            SqlState::QUERY_CANCELED => Self::Timeout,
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED | SqlState::LOCK_NOT_AVAILABLE => Self::Busy,
            SqlState::STATEMENT_TOO_COMPLEX
            | SqlState::PROGRAM_LIMIT_EXCEEDED
            | SqlState::TOO_MANY_COLUMNS
            | SqlState::TOO_MANY_ARGUMENTS => Self::Dialect(claviger_query::Error::new(
                claviger_query::ErrorKind::Malformed,
                1201,
                "The query is too large for the database",
            )),
            _ if is_away(state) => Self::Away(with_causes(&error)),
            _ => Self::Internal(with_causes(&error)),
        }
    }
}

/// The server is going down or coming up, has no room, or refuses us.
fn is_away(state: &SqlState) -> bool {
    let code = state.code();
    code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") || code.starts_with("28") || code == "3D000"
}

fn is_io(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<std::io::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The whole text of an error, for the log.
pub fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// A statement that was prepared before the tables changed: prepared anew it works.
fn is_stale(error: &Error) -> bool {
    match error.code() {
        Some(state) if *state == SqlState::FEATURE_NOT_SUPPORTED => {
            error.as_db_error().is_some_and(|error| error.message().contains("cached plan"))
        }
        Some(state) => *state == SqlState::INVALID_SQL_STATEMENT_NAME,
        None => false,
    }
}
