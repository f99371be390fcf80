//! Errors of the dialect as data (`rest-dialect.md` 4); the HTTP status is the server's business, by [`ErrorKind`].

use claviger_access::{Action, Protected};

/// One item of `__ERROR`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErrorItem {
    /// `errCode`.
    pub code: i64,
    /// What was wrong, where, what to do; never shows what the caller may not know.
    pub message: String,
    /// `componentSignature`: `dbmg`, or `rest` for errors the server invents.
    pub component: &'static str,
    /// What a missing permission was about; for logs and records of the operator, not for the answer.
    pub denied: Option<Denied>,
}

/// A permission that is missing. The text of the answer says less: for attributes everything but reading is "update" there, and what the
/// caller may not know is not named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denied {
    /// What was not allowed.
    pub action: Action,
    /// On what.
    pub on: Protected,
}

/// What an error means to the transport.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// 400
    Malformed,
    /// 401: a missing permission
    Denied,
    /// 404
    NotFound,
    /// 500 by the dialect: conflicts, broken rules
    Failed,
    /// 500 by the dialect: somebody else holds the entity
    Locked,
    /// 402: too many sessions of one key
    SessionLimit,
    /// 413
    TooLarge,
    /// 503: queues full, time limits
    Busy,
    /// 429: a quota
    TooMany,
}

/// A refused or failed request: root cause first, most general last.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", .items.first().map_or("", |item| item.message.as_str()))]
pub struct Error {
    /// Decides the status.
    pub kind: ErrorKind,
    /// At least one.
    pub items: Vec<ErrorItem>,
}

impl Error {
    /// An error of one item, component `dbmg`.
    pub fn new(kind: ErrorKind, code: i64, message: impl Into<String>) -> Self {
        Self { kind, items: vec![ErrorItem { code, message: message.into(), component: "dbmg", denied: None }] }
    }

    /// 1542: no entity of a dataclass has this key (`rest-dialect.md` 6.2).
    pub fn absent(dataclass: &str, key: &str) -> Self {
        Self::new(ErrorKind::NotFound, 1542, format!("No entity of dataclass \"{dataclass}\" has the key \"{key}\""))
    }

    /// A missing permission.
    pub(crate) fn denied(code: i64, message: String, denied: Denied) -> Self {
        Self { kind: ErrorKind::Denied, items: vec![ErrorItem { code, message, component: "dbmg", denied: Some(denied) }] }
    }

    /// The same with a more general item behind.
    #[must_use]
    pub fn then(mut self, code: i64, message: impl Into<String>) -> Self {
        self.items.push(ErrorItem { code, message: message.into(), component: "dbmg", denied: None });
        self
    }

    /// The root cause's number.
    pub fn code(&self) -> i64 {
        self.items.first().map_or(0, |item| item.code)
    }
}
