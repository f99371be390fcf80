//! What is learned about one request on its way, and what is left of it for counting.

use std::net::IpAddr;
use std::sync::Arc;

use claviger_access::KeyId;
use claviger_model::ClassId;
use claviger_query::{Denied, Error};
use claviger_store::control::LiveKey;
use http::{Method, StatusCode};

use super::Reason;

/// Longest path that is looked at, bytes; the rest of a longer one is not kept.
const LONGEST_PATH: usize = 1024;

/// Longest text of an error that is looked at, bytes: those that hold only names are shorter.
const LONGEST_MESSAGE: usize = 256;

/// Handed down with a request; those who learn something write it here.
#[derive(Debug, Default)]
pub struct Note {
    /// The dataclass that the request is about.
    pub class: Option<ClassId>,
    /// What the dialect refused with.
    pub error: Option<Error>,
    /// Why the request was refused, where no error of the dialect says it; with its `errCode`.
    pub refused: Option<(Reason, Option<i64>)>,
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
    /// The gate let the key through: neither a preflight nor a request without a key, or with a refused one.
    pub is_admitted: bool,
    /// Why it was refused.
    pub reason: Option<Reason>,
}

/// What a refused request leaves beside its numbers, as it lies at the request's end.
#[derive(Debug)]
pub struct Telling<'a> {
    /// What was learned on the way.
    pub note: Note,
    /// Status of the answer.
    pub status: StatusCode,
    /// The answer's `x-request-id`.
    pub id: &'a str,
    /// The request's method.
    pub method: &'a Method,
    /// Its path.
    pub path: &'a str,
}

impl Telling<'_> {
    /// Why the request was refused.
    pub fn reason(&self) -> Reason {
        match (&self.note.refused, &self.note.error) {
            (Some((reason, _)), _) => *reason,
            (None, Some(error)) => Reason::of_error(error),
            (None, None) => Reason::of_status(self.status),
        }
    }
}

/// A refused request that waits for its record. Path and message still are as they came: names and values are told apart when there is
/// time, before anything is stored.
#[derive(Debug)]
pub struct Told {
    /// The key, when it is known.
    pub key: Option<Arc<LiveKey>>,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// Keeps those of one moment in order.
    pub number: u64,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// Why.
    pub reason: Reason,
    /// Status of the answer.
    pub status: u16,
    /// `errCode` of the item that says most.
    pub err_code: Option<i64>,
    /// Name of the method.
    pub method: &'static str,
    /// The answer's own text, which may hold anything.
    pub message: Option<String>,
    /// The permission that was missing.
    pub denied: Option<Denied>,
    /// The answer's `x-request-id`, then the path.
    text: String,
    id_length: usize,
}

impl Told {
    /// Of an event that was refused. `text` is a buffer to be used again.
    pub fn new(event: &Event, reason: Reason, telling: Telling<'_>, number: u64, mut text: String) -> Self {
        let path = telling.path;
        let end = (0..=path.len().min(LONGEST_PATH)).rev().find(|end| path.is_char_boundary(*end)).unwrap_or(0);
        text.clear();
        text.push_str(telling.id);
        text.push_str(&path[..end]);
        let (err_code, message, denied) = match (telling.note.refused, telling.note.error) {
            (Some((_, err_code)), _) => (err_code, None, None),
            (None, Some(error)) => {
                let most_telling = error.items.iter().position(|item| item.denied.is_some());
                let item = error.items.into_iter().nth(most_telling.unwrap_or(0));
                let (err_code, denied) = (item.as_ref().map(|item| item.code), item.as_ref().and_then(|item| item.denied));
                (err_code, item.map(|item| item.message).filter(|message| message.len() <= LONGEST_MESSAGE), denied)
            }
            (None, None) => (None, None, None),
        };
        Self {
            key: event.key.clone(),
            at: event.at,
            number,
            address: event.address,
            reason,
            status: telling.status.as_u16(),
            err_code,
            method: name(telling.method),
            message,
            denied,
            text,
            id_length: telling.id.len(),
        }
    }

    /// The answer's `x-request-id`.
    pub fn id(&self) -> &str {
        &self.text[..self.id_length]
    }

    /// The path as it came, at most [`LONGEST_PATH`] bytes.
    pub fn path(&self) -> &str {
        &self.text[self.id_length..]
    }

    /// ID of the key, when it is known.
    pub fn key_id(&self) -> Option<&KeyId> {
        self.key.as_ref().map(|key| &key.id)
    }

    /// The buffer, for the next one.
    pub fn into_text(self) -> String {
        self.text
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

    fn told(note: Note, status: u16, path: &str) -> Told {
        let method = Method::from_bytes(b"BREW").unwrap();
        let telling = Telling { note, status: StatusCode::from_u16(status).unwrap(), id: "id", method: &method, path };
        let reason = telling.reason();
        let event = Event { key: None, at: 1, address: None, class: None, bytes: 0, micros: 0, is_admitted: true, reason: Some(reason) };
        Told::new(&event, reason, telling, 0, "of the one before".to_owned())
    }

    fn of(error: Error) -> Note {
        Note { error: Some(error), ..Note::default() }
    }

    #[test]
    fn the_item_that_says_most_is_kept() {
        let saved = Error::new(ErrorKind::Denied, 1558, "No permission to update for the Book dataclass")
            .then(1517, "Saving entity 17 of Book failed");
        let kept = told(of(saved), 401, "/rest/Book");
        assert_eq!((kept.reason, kept.err_code), (Reason::NoPermission, Some(1558)));
        assert_eq!(kept.message.as_deref(), Some("No permission to update for the Book dataclass"));
        assert_eq!((kept.id(), kept.path(), kept.method, kept.status), ("id", "/rest/Book", "other", 401));
        let absent = Error::new(ErrorKind::NotFound, 1542, "No entity of dataclass \"Book\" has the key \"17\"");
        let kept = told(of(absent), 404, "");
        assert_eq!((kept.reason, kept.err_code), (Reason::NotFound, Some(1542)));
        let endless = Error::new(ErrorKind::NotFound, 1800, format!("The \"{}\" dataclass cannot be found", "x".repeat(1000)));
        assert_eq!(told(of(endless), 404, "").message, None);
        let kept = told(Note { refused: Some((Reason::Busy, Some(9504))), ..Note::default() }, 503, "");
        assert_eq!((kept.reason, kept.err_code), (Reason::Busy, Some(9504)));
        assert_eq!(told(Note::default(), 500, "").reason, Reason::ServerFault);
        let long = told(Note::default(), 404, &format!("/rest/{}", "é".repeat(2000)));
        assert_eq!((long.path().len(), long.id()), (LONGEST_PATH, "id"));
    }
}
