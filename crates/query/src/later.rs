//! What the dialect has and this version does not serve yet: each answers the dialect's own error that fits best.
//!
//! Kept in one file so that whoever builds one of these features finds the place where it is refused now.

use crate::error::{Error, ErrorKind};

/// A resource of a later version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Later {
    /// `$entityset/…`, but `$release`: a set is asked for behind its dataclass.
    EntitySet,
    /// `$transaction/…` (19).
    Transaction,
    /// Any other name that begins with `$`.
    Unknown(String),
}

impl Later {
    /// The resource whose first path segment is `name`.
    pub(crate) fn reserved(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "$entityset" => Self::EntitySet,
            "$transaction" => Self::Transaction,
            _ => Self::Unknown(name.to_owned()),
        }
    }

    /// The answer until the feature is there.
    pub(crate) fn refuse(&self) -> Error {
        match self {
            Self::EntitySet => crate::set::absent(),
            Self::Transaction => Error::new(ErrorKind::NotFound, 1821, "Transactions cannot be started over REST. Use $atomic=true."),
            Self::Unknown(name) => Error::new(ErrorKind::NotFound, 1800, format!("The \"{name}\" dataclass cannot be found")),
        }
    }
}

/// A vector search (9.2).
pub(crate) fn vector_search() -> Error {
    Error::new(ErrorKind::Malformed, 1112, "Vector searches are not served by this version.")
}
