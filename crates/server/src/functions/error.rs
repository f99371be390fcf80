//! How a call fails, in the dialect's words (`functions.md` 3; `rest-dialect.md` 15.5).

use claviger_query::{Error, ErrorItem, ErrorKind};
use claviger_script::{CallError, Failure, Limit, Thrown};

use crate::rest::server_error;
use crate::service::OUR_FAULT;
use crate::settings::Settings;

/// `componentSignature` of what the operator's code throws.
const APPLICATION: &str = "ds";
/// `errCode` of an error that the code gave none.
const NO_CODE: i64 = 9510;
/// `errCode` of a limit.
const LIMIT: i64 = 9511;

/// What the caller of the function `name` is told. `refused`: what the data answered the code with, so that what it did not catch is told as it
/// was.
pub(super) fn of_call(error: CallError, name: &str, settings: &Settings, refused: &[Error]) -> Error {
    match error {
        CallError::Failure(Failure::Thrown(thrown)) => of_thrown(&thrown, refused),
        CallError::Failure(Failure::Limit(limit)) => of_limit(limit, name, settings),
        CallError::Busy => server_error(ErrorKind::Busy, 9503, "Too many functions wait for their turn. Try again in a moment."),
        CallError::Died => {
            tracing::error!(function = name, "the process of a function ended during a call");
            server_error(ErrorKind::Failed, LIMIT, &format!("The function \"{name}\" was ended by the server."))
        }
        CallError::Start(cause) => {
            tracing::error!(function = name, cause, "no process for functions could be started");
            server_error(ErrorKind::Failed, 9500, OUR_FAULT)
        }
    }
}

/// What the code has thrown.
pub(super) fn of_thrown(thrown: &Thrown, refused: &[Error]) -> Error {
    let is_same = |error: &&Error| error.items.first().is_some_and(|item| item.message == thrown.message && Some(item.code) == thrown.code);
    if let Some(error) = refused.iter().rev().find(is_same) {
        // A missing permission is told as one; anything else is the function's failure.
        let kind = if error.kind == ErrorKind::Denied { ErrorKind::Denied } else { ErrorKind::Failed };
        return Error { kind, items: error.items.clone() };
    }
    let message = if thrown.message.is_empty() { thrown.name.clone() } else { thrown.message.clone() };
    let item = ErrorItem { code: thrown.code.unwrap_or(NO_CODE), message, component: APPLICATION, denied: None };
    Error { kind: ErrorKind::Failed, items: vec![item] }
}

/// The settlement "Functions": a resource error says which limit.
fn of_limit(limit: Limit, name: &str, settings: &Settings) -> Error {
    let most = match limit {
        Limit::Time => format!(" ({} ms, functions.timeout_ms)", settings.functions.timeout_ms),
        Limit::Memory => format!(" ({} MB, functions.memory_mb)", settings.functions.memory_mb),
        Limit::Rows => format!(" ({} loaded in one call)", super::host::MOST_ROWS),
        Limit::Output => format!(" ({} bytes, rest.max_body_bytes)", settings.rest.max_body_bytes),
        Limit::Stack => String::new(),
    };
    server_error(ErrorKind::Failed, LIMIT, &format!("The function \"{name}\" reached its limit of {limit}{most}."))
}

/// An error of the data as the code sees it.
pub(super) fn thrown(error: &Error) -> Thrown {
    let item = error.items.first();
    Thrown {
        name: "Error".to_owned(),
        message: item.map(|item| item.message.clone()).unwrap_or_default(),
        code: item.map(|item| item.code),
        stack: String::new(),
    }
}
