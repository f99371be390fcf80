//! What the dialect has and this version does not serve yet: each answers the dialect's own error that fits best.
//!
//! Kept in one file so that whoever builds one of these features finds the place where it is refused now.

use claviger_access::Grants;

use crate::error::{Error, ErrorItem, ErrorKind};

/// A resource of a later version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Later {
    /// `$entityset/$release` (11.7).
    Release,
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
            "$entityset" => Self::Release,
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
            Self::Release => Error::new(ErrorKind::NotFound, 1802, "The entity set cannot be found"),
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

/// `{dc}/$entityset/{id}`: no set is kept yet (11.2).
pub(crate) fn entity_set() -> Error {
    Error::new(ErrorKind::NotFound, 1802, "The entity set cannot be found")
}

/// `$method=entityset`, `subentityset`, `release`.
pub(crate) fn set_method(name: &str) -> Error {
    Error::new(ErrorKind::Malformed, 1813, format!("$method={name} is not applicable here: entity sets are not kept by this version."))
}

/// `$method=subentityset` on a dataclass (11.8).
pub(crate) fn sub_set_of_dataclass() -> Error {
    Error::new(ErrorKind::Malformed, 1815, "$method=subentityset needs one entity and one of its relatedEntities attributes.")
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
