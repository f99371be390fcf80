//! What can go wrong (`remote-datastore.md` 1.4).

mod told;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::call::Returned;
use crate::dataclass::Saved;
use crate::row::Row;
use crate::selection::Selection;
use crate::status::Status;
use crate::value::Upload;

pub(crate) use told::{errors_of, told};

/// The result of whatever talks to the server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. The names are those of all client libraries.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server was not reached, or what stands before it could not reach it (1610).
    #[error("A remote request to host {host} has failed: {cause}")]
    Unreachable {
        /// Name and port.
        host: String,
        /// In words.
        cause: String,
    },
    /// The server does not accept who asks.
    #[error("The server refuses the caller: {reason}")]
    Unauthorized {
        /// Why.
        reason: Reason,
    },
    /// The key's role lacks a permission.
    #[error("{}", texts(.errors, "The permission is missing."))]
    PermissionDenied {
        /// `read`, `create`, `update`, `drop`, `execute` or `describe`.
        action: Option<&'static str>,
        /// Of what, when the answer names it.
        dataclass: Option<String>,
        /// Of which of its attributes, when the answer names it.
        attribute: Option<String>,
        /// What the server said.
        errors: Vec<RemoteError>,
    },
    /// Something that was named is not there.
    #[error("{}", texts(.errors, &format!("There is no such {}.", .kind)))]
    NotFound {
        /// What.
        kind: Missing,
        /// What the server said; empty when the client knew.
        errors: Vec<RemoteError>,
    },
    /// Somebody else has changed, locked or deleted the entity.
    #[error("{}", .status.status_text.as_deref().unwrap_or("The entity could not be saved."))]
    Conflict {
        /// Status 2, 3, 5 or 6.
        status: Box<Status>,
        /// As it is stored now, when the answer says so.
        entity: Option<Box<Row>>,
    },
    /// A value breaks a rule.
    #[error("{}", texts(.errors, "A value breaks a rule."))]
    Validation {
        /// Whose, when the answer names it.
        attribute: Option<String>,
        /// What the server said.
        errors: Vec<RemoteError>,
    },
    /// A limit is reached: sessions, requests, entity sets.
    #[error("Too many: {what}")]
    TooMany {
        /// Of what, in the server's words.
        what: String,
    },
    /// The server failed in another way; also what functions throw.
    #[error("{}", texts(.errors, &format!("The server answered with status {http_status}.")))]
    Remote {
        /// Of the answer.
        http_status: u16,
        /// What the server said.
        errors: Vec<RemoteError>,
    },
    /// The answer is not what the dialect says.
    #[error("{cause}: {excerpt}")]
    Protocol {
        /// What is wrong with it.
        cause: String,
        /// Its beginning, without secrets.
        excerpt: String,
    },
    /// The session ended while entities were locked in it; the locks are gone. Told once. What was asked of a new session meanwhile is not lost: a
    /// write has been executed all the same, and is not to be repeated.
    #[error("The session has ended, and with it the locks of {}", locked(.locks))]
    SessionLost {
        /// Dataclass and key of each entity that was locked.
        locks: Vec<(String, String)>,
        /// What was asked has been executed; else nothing was written, and it may be asked again.
        executed: bool,
        /// What the call would have given.
        result: Option<Box<Outcome>>,
        /// Why the call would have failed.
        #[source]
        cause: Option<Box<Self>>,
    },
    /// The call itself makes no sense; nothing was sent.
    #[error("{0}")]
    Misuse(String),
}

/// What a call gave that was executed after its session was [lost](Error::SessionLost).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// An entity was saved or deleted, or not.
    Status(Status),
    /// A row was saved, or not.
    Saved(Saved),
    /// Several were.
    ManySaved(Vec<Saved>),
    /// A transaction was.
    Statuses(Vec<Status>),
    /// What a deletion has left.
    Left(Selection),
    /// A function gave this.
    Returned(Returned),
    /// This was uploaded.
    Uploaded(Upload),
}

/// Why a caller is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// No key was sent.
    MissingKey,
    /// The key is not known, or was deleted.
    InvalidKey,
    /// The key's time is over.
    ExpiredKey,
    /// The key may not be used from here.
    HostNotAllowed,
    /// The server has users, and none is logged in.
    NotLoggedIn,
}

/// What is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Missing {
    /// A dataclass that is unknown or not exposed.
    Dataclass,
    /// An attribute that is unknown or not exposed.
    Attribute,
    /// No entity has the key.
    Entity,
    /// An entity set that was released or has timed out.
    EntitySet,
    /// A function that is unknown or not exposed.
    Function,
}

/// One item of `__ERROR` (`rest-dialect.md` 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteError {
    /// The dialect's number.
    #[serde(default)]
    pub err_code: i64,
    /// In words.
    #[serde(default)]
    pub message: String,
    /// `dbmg`, `rest`, `ds`.
    #[serde(default)]
    pub component_signature: String,
}

impl Error {
    /// The class's name, as in all client libraries.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "Unreachable",
            Self::Unauthorized { .. } => "Unauthorized",
            Self::PermissionDenied { .. } => "PermissionDenied",
            Self::NotFound { .. } => "NotFound",
            Self::Conflict { .. } => "Conflict",
            Self::Validation { .. } => "Validation",
            Self::TooMany { .. } => "TooMany",
            Self::Remote { .. } => "Remote",
            Self::Protocol { .. } => "Protocol",
            Self::SessionLost { .. } => "SessionLost",
            Self::Misuse(_) => "Misuse",
        }
    }

    /// The reference's number: 1610 for [`Unreachable`](Self::Unreachable), else the first that the server said.
    pub fn number(&self) -> Option<i64> {
        if matches!(self, Self::Unreachable { .. }) { Some(1610) } else { self.errors().first().map(|error| error.err_code) }
    }

    /// What the server said, root cause first.
    pub fn errors(&self) -> &[RemoteError] {
        match self {
            Self::PermissionDenied { errors, .. }
            | Self::NotFound { errors, .. }
            | Self::Validation { errors, .. }
            | Self::Remote { errors, .. } => errors,
            Self::Conflict { status, .. } => &status.errors,
            _ => &[],
        }
    }

    /// Nothing of this kind is there.
    pub fn is_missing(&self, what: Missing) -> bool {
        matches!(self, Self::NotFound { kind, .. } if *kind == what)
    }

    /// These locks are gone, and nothing else has happened.
    pub(crate) fn lost(locks: Vec<(String, String)>) -> Self {
        Self::SessionLost { locks, executed: false, result: None, cause: None }
    }

    pub(crate) fn missing(kind: Missing, message: String) -> Self {
        Self::NotFound { kind, errors: vec![RemoteError { err_code: kind.number(), message, component_signature: "rest".to_owned() }] }
    }
}

impl Missing {
    fn number(self) -> i64 {
        match self {
            Self::Dataclass => 1800,
            Self::Attribute => 1500,
            Self::Entity => 1542,
            Self::EntitySet => 1802,
            Self::Function => 1827,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingKey => "missingKey",
            Self::InvalidKey => "invalidKey",
            Self::ExpiredKey => "expiredKey",
            Self::HostNotAllowed => "hostNotAllowed",
            Self::NotLoggedIn => "notLoggedIn",
        })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dataclass => "dataclass",
            Self::Attribute => "attribute",
            Self::Entity => "entity",
            Self::EntitySet => "entity set",
            Self::Function => "function",
        })
    }
}

/// Each of what calls give, and back.
macro_rules! outcomes {
    ($($variant:ident: $given:ty),* $(,)?) => {$(
        impl From<$given> for Outcome {
            fn from(given: $given) -> Self {
                Self::$variant(given)
            }
        }

        impl TryFrom<Outcome> for $given {
            type Error = Outcome;

            fn try_from(outcome: Outcome) -> std::result::Result<Self, Outcome> {
                match outcome {
                    Outcome::$variant(given) => Ok(given),
                    other => Err(other),
                }
            }
        }
    )*};
}

outcomes! {
    Status: Status,
    Saved: Saved,
    Left: Selection,
    Returned: Returned,
    Uploaded: Upload,
}

impl From<Vec<Saved>> for Outcome {
    fn from(saved: Vec<Saved>) -> Self {
        Self::ManySaved(saved)
    }
}

impl From<Vec<Status>> for Outcome {
    fn from(statuses: Vec<Status>) -> Self {
        Self::Statuses(statuses)
    }
}

fn texts(errors: &[RemoteError], otherwise: &str) -> String {
    if errors.is_empty() {
        return otherwise.to_owned();
    }
    errors.iter().map(|error| format!("{} ({})", error.message, error.err_code)).collect::<Vec<_>>().join("; ")
}

fn locked(locks: &[(String, String)]) -> String {
    locks.iter().map(|(dataclass, key)| format!("{dataclass} {key}")).collect::<Vec<_>>().join(", ")
}
