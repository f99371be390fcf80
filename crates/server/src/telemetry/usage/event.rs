//! What is learned about one request on its way, and what is left of it for counting.

use std::net::IpAddr;
use std::sync::Arc;

use claviger_model::ClassId;
use claviger_query::{Error, redact};
use claviger_store::control::LiveKey;
use http::{Method, StatusCode};

use super::Reason;

/// Longest path that is looked at, bytes; the rest of a longer one is not kept.
const LONGEST_PATH: usize = 1024;

/// Handed down with a request; those who learn something write it here.
#[derive(Debug, Default)]
pub struct Note {
    /// The dataclass that the request is about.
    pub class: Option<ClassId>,
    /// What the dialect refused with.
    pub error: Option<Error>,
    /// Why the request was refused, where no error of the dialect says it; with its `errCode`.
    pub refused: Option<(Reason, Option<u16>)>,
}

/// An answered request. Small, because each one is kept for up to a second.
#[derive(Debug)]
pub struct Event {
    /// The key, also of a refused request when it is known.
    pub key: Option<Arc<LiveKey>>,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the request was about.
    pub class: Option<ClassId>,
    /// Bytes of the answer's body before compression.
    pub bytes: u64,
    /// Microseconds to the answer's head.
    pub micros: u64,
    /// What a refused request leaves.
    pub refused: Option<Box<Told>>,
}

/// What a refused request leaves beside its numbers. The path still is as it came: names and values are told apart when there is time,
/// before anything is stored.
#[derive(Debug)]
pub struct Told {
    /// Why.
    pub reason: Reason,
    /// Status of the answer.
    pub status: u16,
    /// `errCode` of the item that says most.
    pub err_code: Option<u16>,
    /// Name of the method.
    pub method: &'static str,
    /// The answer's `x-request-id`, then the path.
    text: Box<str>,
    id_length: usize,
    /// The answer's own text, if it holds nothing but names.
    pub message: Option<String>,
}

impl Told {
    /// Of an answer with this status.
    pub fn new(note: Note, status: StatusCode, id: &str, method: &Method, path: &str) -> Self {
        let end = (0..=path.len().min(LONGEST_PATH)).rev().find(|end| path.is_char_boundary(*end)).unwrap_or(0);
        let path = &path[..end];
        let (reason, err_code, message) = match (note.refused, note.error) {
            (Some((reason, err_code)), _) => (reason, err_code, None),
            (None, Some(error)) => {
                let reason = Reason::of_error(&error);
                let most_telling = error.items.iter().position(|item| matches!(item.code, 1557..=1561 | 1607..=1611));
                let item = error.items.into_iter().nth(most_telling.unwrap_or(0));
                let err_code = item.as_ref().map(|item| item.code);
                (reason, err_code, item.map(|item| item.message).filter(|message| redact::is_about_names(message)))
            }
            (None, None) => (Reason::of_status(status), None, None),
        };
        let mut text = String::with_capacity(id.len() + path.len());
        text.push_str(id);
        text.push_str(path);
        Self { reason, status: status.as_u16(), err_code, method: name(method), text: text.into(), id_length: id.len(), message }
    }

    /// The answer's `x-request-id`.
    pub fn id(&self) -> &str {
        &self.text[..self.id_length]
    }

    /// The path as it came, at most [`LONGEST_PATH`] bytes.
    pub fn path(&self) -> &str {
        &self.text[self.id_length..]
    }
}

/// A method's name without a copy; a stranger's own could be anything.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use claviger_query::ErrorKind;

    use super::*;

    fn told(note: Note, status: u16) -> Told {
        Told::new(note, StatusCode::from_u16(status).unwrap(), "id", &Method::from_bytes(b"BREW").unwrap(), "/rest/Book")
    }

    #[test]
    fn the_item_that_says_most_is_kept_and_only_names() {
        let saved = Error::new(ErrorKind::Denied, 1558, "No permission to update for the Book dataclass")
            .then(1517, "Saving entity 17 of Book failed");
        let kept = told(Note { error: Some(saved), ..Note::default() }, 401);
        assert_eq!((kept.reason, kept.err_code), (Reason::NoPermission, Some(1558)));
        assert_eq!(kept.message.as_deref(), Some("No permission to update for the Book dataclass"));
        assert_eq!((kept.id(), kept.path(), kept.method, kept.status), ("id", "/rest/Book", "other", 401));
        let absent = Error::new(ErrorKind::NotFound, 1542, "No entity of dataclass \"Book\" has the key \"17\"");
        let kept = told(Note { error: Some(absent), ..Note::default() }, 404);
        assert_eq!((kept.reason, kept.err_code, kept.message), (Reason::NotFound, Some(1542), None));
        let kept = told(Note { refused: Some((Reason::Busy, Some(9504))), ..Note::default() }, 503);
        assert_eq!((kept.reason, kept.err_code), (Reason::Busy, Some(9504)));
        assert_eq!(told(Note::default(), 500).reason, Reason::ServerFault);
        let long = Told::new(Note::default(), StatusCode::NOT_FOUND, "id", &Method::GET, &format!("/rest/{}", "é".repeat(2000)));
        assert_eq!(long.path().len(), LONGEST_PATH);
    }
}
