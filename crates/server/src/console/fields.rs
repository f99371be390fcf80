//! Bodies of the management API: JSON objects, every wrong member told at once.

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::problem::{Problem, ProblemField};
use crate::explain::Misfit;

/// Largest body that the management API takes.
const MOST: usize = 64 << 10;

/// Reads a body as JSON; an empty one is an empty object.
pub(super) async fn read(request: Request<Body>) -> Result<Value, Problem> {
    read_most(request, MOST).await
}

/// The same with a limit of its own.
async fn read_most(request: Request<Body>, most: usize) -> Result<Value, Problem> {
    let bytes = match Limited::new(request.into_body(), most).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", format!("A body has at most {most} bytes here.")));
        }
        Err(_) => return Err(Problem::new(StatusCode::BAD_REQUEST, "unreadable", "The body could not be read to its end.")),
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "not-json", format!("The body is not JSON: {error}.")))
}

/// The members of an object, taken one by one.
pub(super) struct Fields {
    members: Map<String, Value>,
    errors: Vec<ProblemField>,
}

impl Fields {
    /// Of a request's body.
    pub(super) async fn of(request: Request<Body>) -> Result<Self, Problem> {
        Self::of_most(request, MOST).await
    }

    /// Of a request's body of at most so many bytes.
    pub(super) async fn of_most(request: Request<Body>, most: usize) -> Result<Self, Problem> {
        match read_most(request, most).await? {
            Value::Object(members) => Ok(Self { members, errors: Vec::new() }),
            _ => Err(Problem::fields(vec![ProblemField::new("", "wrong_type", "The body must be a JSON object.")])),
        }
    }

    /// A text that may be absent or null.
    pub(super) fn optional(&mut self, name: &str) -> Option<String> {
        match self.members.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => {
                self.refuse(name, "wrong_type", "This must be a text.");
                None
            }
        }
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &str) -> String {
        let known = self.errors.len();
        let text = self.optional(name);
        if text.is_none() && self.errors.len() == known {
            self.refuse(name, "required", "This is required.");
        }
        text.unwrap_or_default()
    }

    /// A text that may be absent or empty, read by `parse`; refused with this code and message when that gives nothing.
    pub(super) fn parsed<T>(&mut self, name: &str, code: &str, message: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.optional(name).filter(|text| !text.trim().is_empty())?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.refuse(name, code, message);
        }
        parsed
    }

    /// Notes a refused member, unless it was refused before.
    pub(super) fn refuse(&mut self, field: &str, code: &str, message: impl Into<String>) {
        if !self.errors.iter().any(|error| error.field == field) {
            self.errors.push(ProblemField::new(field, code, message));
        }
    }

    /// Notes parts of a request to ask about or to try that cannot be taken.
    pub(super) fn refuse_all(&mut self, misfits: Vec<Misfit>) {
        for misfit in misfits {
            self.refuse(misfit.field, misfit.code, misfit.message);
        }
    }

    /// Ends the taking: members that nobody asked for are refused too.
    pub(super) fn done(mut self) -> Result<(), Problem> {
        let strangers: Vec<String> = self.members.keys().cloned().collect();
        for name in strangers {
            self.refuse(&name, "unknown_member", "There is no such member here.");
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::fields(self.errors)) }
    }
}
