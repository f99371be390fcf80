//! What the dialect has and this version does not serve yet: each answers the dialect's own error that fits best.
//!
//! Kept in one file so that whoever builds one of these features finds the place where it is refused now.

use claviger_access::Grants;

use crate::error::{Error, ErrorItem, ErrorKind};

/// A resource of a later version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Later {
    /// `$entityset/…`, but `$release`: a set is asked for behind its dataclass.
    EntitySet,
    /// `$info` (16): administration keys only.
    Info,
    /// `$directory/…` (17.4, 17.5) and `$logout` (19).
    Directory,
    /// `$singleton/{Class}/{fn}` (15.1).
    Singleton(String),
    /// `$transaction/…` (19).
    Transaction,
    /// `POST $catalog/{fn}`: a datastore function (15.1).
    Function(String),
    /// Any other name that begins with `$`.
    Unknown(String),
}

impl Later {
    /// The resource whose first path segment is `name`.
    pub(crate) fn reserved(name: &str, second: Option<&str>) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "$entityset" => Self::EntitySet,
            "$info" => Self::Info,
            "$directory" | "$logout" => Self::Directory,
            "$singleton" => Self::Singleton(second.unwrap_or_default().to_owned()),
            "$transaction" => Self::Transaction,
            _ => Self::Unknown(name.to_owned()),
        }
    }

    /// The answer until the feature is there.
    pub(crate) fn refuse(&self, grants: &Grants) -> Error {
        match self {
            Self::EntitySet => crate::set::absent(),
            Self::Info if grants.is_administration() => not_served("$info is not served by this version."),
            Self::Info => Error::new(ErrorKind::Denied, 1611, "No permission to read the server's information"),
            Self::Directory => not_served("The $directory calls are not served by this version."),
            Self::Singleton(name) => Error::new(ErrorKind::NotFound, 1827, format!("The singleton \"{name}\" cannot be found")),
            Self::Transaction => Error::new(ErrorKind::NotFound, 1821, "Transactions cannot be started over REST. Use $atomic=true."),
            Self::Function(name) => Error::new(ErrorKind::NotFound, 1827, format!("The function \"{name}\" cannot be found")),
            Self::Unknown(name) => Error::new(ErrorKind::NotFound, 1800, format!("The \"{name}\" dataclass cannot be found")),
        }
    }
}

fn not_served(message: &str) -> Error {
    Error { kind: ErrorKind::NotFound, items: vec![ErrorItem { code: 9404, message: message.to_owned(), component: "rest", denied: None }] }
}

/// `$method=validate` (12.8).
pub(crate) fn validate() -> Error {
    Error::new(ErrorKind::Malformed, 1812, "$method=validate is not known here.")
}

/// `$lock` (13.2).
pub(crate) fn lock() -> Error {
    Error::new(ErrorKind::Malformed, 1813, "$lock is not applicable here: locks are not kept by this version.")
}

/// A vector search (9.2).
pub(crate) fn vector_search() -> Error {
    Error::new(ErrorKind::Malformed, 1112, "Vector searches are not served by this version.")
}
