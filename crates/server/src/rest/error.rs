//! Refusals in the dialect's shape (`rest-dialect.md` 4).

use axum::body::Body;
use axum::response::Response;
use claviger_model::value::write_json_string;
use claviger_query::{Error, ErrorItem, ErrorKind};
use claviger_store::StoreError;
use claviger_store::control::ControlError;
use http::{HeaderValue, StatusCode, header};

use crate::service::OUR_FAULT;
use crate::telemetry::Chain;

/// The HTTP status of an error (`rest-dialect.md` 4.3).
pub(crate) fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Malformed => StatusCode::BAD_REQUEST,
        ErrorKind::Denied => StatusCode::UNAUTHORIZED,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Failed | ErrorKind::Locked => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::SessionLimit => StatusCode::PAYMENT_REQUIRED,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// An answer that is nothing but an error.
pub fn respond(error: &Error) -> Response {
    let mut body = Vec::with_capacity(160);
    body.push(b'{');
    write_errors(&mut body, &error.items);
    body.push(b'}');
    json(status(error.kind), body)
}

/// `"__ERROR":[…]`
pub(super) fn write_errors(out: &mut Vec<u8>, items: &[ErrorItem]) {
    out.extend_from_slice(b"\"__ERROR\":[");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"message\":");
        write_json_string(out, &item.message);
        out.extend_from_slice(b",\"componentSignature\":");
        write_json_string(out, item.component);
        out.extend_from_slice(b",\"errCode\":");
        out.extend_from_slice(itoa::Buffer::new().format(item.code).as_bytes());
        out.push(b'}');
    }
    out.push(b']');
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    response
}

/// What the store could not do, in the dialect's words; the cause of an internal failure goes to the log once and to nobody else.
/// `most`: bytes of one answer.
pub(crate) fn from_store(error: StoreError, most: usize) -> Error {
    match error {
        StoreError::Dialect(error) => error,
        StoreError::Busy => server_error(ErrorKind::Busy, 9503, "The server is busy. Try again in a moment."),
        StoreError::Timeout => server_error(
            ErrorKind::Busy,
            9504,
            "The request took longer than the server allows. Ask for less, or filter by an indexed attribute.",
        ),
        StoreError::Away(_) => {
            tracing::error!(error = %Chain(&error), "store failed");
            server_error(ErrorKind::Busy, 9505, "The database is away. Try again in a moment.")
        }
        StoreError::Undone(cause) => {
            tracing::warn!(cause, "a transaction was undone");
            server_error(ErrorKind::Failed, 9512, "The transaction was undone, because it conflicts with another one. Try again.")
        }
        StoreError::TooDeep => server_error(ErrorKind::Failed, 9513, "Too many transactions are open one in the other."),
        StoreError::TooLarge => server_error(
            ErrorKind::TooLarge,
            9413,
            &format!("The answer is larger than {most} bytes; ask for less with $top or $attributes."),
        ),
        other => {
            tracing::error!(error = %Chain(&other), "store failed");
            server_error(ErrorKind::Failed, 9500, OUR_FAULT)
        }
    }
}

/// The same for what the control store could not do.
pub(super) fn from_control(error: ControlError) -> Error {
    tracing::error!(error = %Chain(&error), "the control store failed");
    match error {
        ControlError::Away { .. } => server_error(ErrorKind::Busy, 9505, "The store of keys is away. Try again in a moment."),
        _ => server_error(ErrorKind::Failed, 9500, OUR_FAULT),
    }
}

/// An error that the server invents (component `rest`).
pub(crate) fn server_error(kind: ErrorKind, code: i64, message: &str) -> Error {
    Error { kind, items: vec![ErrorItem { code, message: message.to_owned(), component: "rest", denied: None }] }
}
