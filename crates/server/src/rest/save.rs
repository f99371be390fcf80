//! Answers of `$method=update` (`rest-dialect.md` 12.3 to 12.7).

use axum::response::Response;
use claviger_model::value::write_json_string;
use claviger_query::{Error, ErrorKind};
use claviger_store::{Held, SaveOutcome, SaveStatus};
use http::StatusCode;
use serde_json::{Map, Value};

use super::error::{json, status, write_errors};
use super::lock::already_locked;
use super::shape::JsonSink;

/// True for the refusal of a save for want of a permission (12.7): its chain ends with 1517 or 1534.
pub(super) fn is_denied(error: &Error) -> bool {
    error.kind == ErrorKind::Denied && error.items.last().is_some_and(|item| matches!(item.code, 1517 | 1534))
}

/// The answer to a single entity that may not be saved: its members as sent, and the error (12.7).
pub(super) fn refused(sent: &[u8], error: &Error) -> Response {
    let mut body = b"{\"__STATUS\":".to_vec();
    body.extend_from_slice(status_object(SaveStatus::Failed, Some(error)).as_bytes());
    let members: Map<String, Value> = serde_json::from_slice(sent).unwrap_or_default();
    for (name, value) in members.iter().filter(|(name, _)| !matches!(name.as_str(), "__STATUS" | "__ERROR")) {
        body.push(b',');
        write_json_string(&mut body, name);
        body.push(b':');
        body.extend_from_slice(value.to_string().as_bytes());
    }
    body.push(b',');
    write_errors(&mut body, &error.items);
    body.push(b'}');
    json(status(error.kind), body)
}

/// The whole answer, and the first error in it. `array`: the body was an array, so the answer is the `__ENTITIES` wrapper (12.4). `sent`: the body.
pub(super) fn respond(outcomes: Vec<SaveOutcome<JsonSink>>, array: bool, sent: &[u8]) -> (Response, Option<Error>) {
    let first_error = outcomes.iter().find_map(|outcome| outcome.error.clone());
    let code = first_error.as_ref().map_or(StatusCode::OK, |error| status(error.kind));
    let mut body = Vec::with_capacity(1024);
    if !array {
        if let Some(error) = first_error.as_ref().filter(|error| is_denied(error)) {
            return (refused(sent, error), first_error);
        }
        match outcomes.into_iter().next() {
            Some(outcome) => write_outcome(&mut body, outcome),
            None => body.extend_from_slice(b"{}"),
        }
        return (json(code, body), first_error);
    }
    body.extend_from_slice(b"{\"__ENTITIES\":[");
    for (index, outcome) in outcomes.into_iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        write_outcome(&mut body, outcome);
    }
    body.push(b']');
    if let Some(error) = &first_error {
        body.push(b',');
        write_errors(&mut body, &error.items);
    }
    body.push(b'}');
    (json(code, body), first_error)
}

/// The answer to `$method=validate` (12.8): what would not be saved, and why.
pub(super) fn validated(outcomes: Vec<SaveOutcome<JsonSink>>) -> (Response, Option<Error>) {
    let failed: Vec<(Option<String>, Error)> =
        outcomes.into_iter().filter_map(|outcome| outcome.error.map(|error| (outcome.key, error))).collect();
    let Some((_, first)) = failed.first() else { return (json(StatusCode::OK, b"{\"ok\":true}".to_vec()), None) };
    let (code, first) = (status(first.kind), first.clone());
    let mut body = b"{\"__ENTITIES\":[".to_vec();
    for (index, (key, error)) in failed.iter().enumerate() {
        body.extend_from_slice(if index > 0 { b",{" } else { b"{" });
        if let Some(key) = key {
            body.extend_from_slice(b"\"__KEY\":");
            write_json_string(&mut body, key);
            body.push(b',');
        }
        write_errors(&mut body, &error.items);
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    (json(code, body), Some(first))
}

fn write_outcome(out: &mut Vec<u8>, outcome: SaveOutcome<JsonSink>) {
    // An absent entity is nothing but an error (12.7).
    if let (None, Some(error)) = (&outcome.entity, &outcome.error)
        && error.kind == ErrorKind::NotFound
    {
        out.push(b'{');
        write_errors(out, &error.items);
        out.push(b'}');
        return;
    }
    out.extend_from_slice(b"{\"__STATUS\":");
    write_status(out, outcome.held.as_ref(), outcome.status, outcome.error.as_ref());
    match (outcome.entity, &outcome.key) {
        (Some(entity), _) => {
            let members = entity.finish();
            if !members.is_empty() {
                out.push(b',');
                out.extend_from_slice(&members);
            }
        }
        (None, Some(key)) => {
            out.extend_from_slice(b",\"__KEY\":");
            write_json_string(out, key);
        }
        (None, None) => {}
    }
    if let Some(error) = &outcome.error {
        out.push(b',');
        write_errors(out, &error.items);
    }
    out.push(b'}');
}

/// The answer to the deletion of one entity that somebody else has changed (2) or holds (3), as that to a save; none for other errors.
pub(super) fn not_deleted(error: &Error, held: Option<&Held>) -> Option<Response> {
    let reason = match (error.kind, error.code()) {
        (ErrorKind::Locked, _) => SaveStatus::Locked,
        (_, 1263) => SaveStatus::Conflict,
        _ => return None,
    };
    let mut body = b"{\"__STATUS\":".to_vec();
    write_status(&mut body, held, reason, Some(error));
    body.push(b',');
    write_errors(&mut body, &error.items);
    body.push(b'}');
    Some(json(status(error.kind), body))
}

fn write_status(out: &mut Vec<u8>, held: Option<&Held>, status: SaveStatus, error: Option<&Error>) {
    match held {
        Some(held) => out.extend_from_slice(format!("{{{},\"success\":false}}", already_locked(held)).as_bytes()),
        None => out.extend_from_slice(status_object(status, error).as_bytes()),
    }
}

/// `__STATUS` (12.7): 1 permission error, 2 stamp has changed, 3 already locked (where nothing is known of the holder), 4 other error.
fn status_object(status: SaveStatus, error: Option<&Error>) -> &'static str {
    match status {
        SaveStatus::Saved => r#"{"success":true}"#,
        SaveStatus::Conflict => r#"{"status":2,"statusText":"Stamp has changed","success":false}"#,
        SaveStatus::Locked => r#"{"status":3,"statusText":"Already Locked","success":false}"#,
        SaveStatus::Failed if error.is_some_and(|error| error.kind == ErrorKind::Denied) => {
            r#"{"status":1,"statusText":"Permission error","success":false}"#
        }
        SaveStatus::Failed => r#"{"status":4,"statusText":"Other error","success":false}"#,
    }
}
