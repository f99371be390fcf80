//! What the dialect has and this version does not serve yet: each answers the dialect's own error that fits best.
//!
//! Kept in one file so that whoever builds one of these features finds the place where it is refused now.

use crate::error::{Error, ErrorKind};

/// A resource of a later version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Later {
    /// `$entityset/…`, but `$release`: a set is asked for behind its dataclass.
    EntitySet,
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
            "$singleton" => Self::Singleton(second.unwrap_or_default().to_owned()),
            "$transaction" => Self::Transaction,
            _ => Self::Unknown(name.to_owned()),
        }
    }

    /// `$catalog/authentify`, which guests may call in any case (17.3).
    pub(crate) fn is_authentify(&self) -> bool {
        matches!(self, Self::Function(name) if name == "authentify")
    }

    /// The answer until the feature is there.
    pub(crate) fn refuse(&self) -> Error {
        match self {
            Self::EntitySet => crate::set::absent(),
            Self::Singleton(name) => Error::new(ErrorKind::NotFound, 1827, format!("The singleton \"{name}\" cannot be found")),
            Self::Transaction => Error::new(ErrorKind::NotFound, 1821, "Transactions cannot be started over REST. Use $atomic=true."),
            Self::Function(name) => Error::new(ErrorKind::NotFound, 1827, format!("The function \"{name}\" cannot be found")),
            Self::Unknown(name) => Error::new(ErrorKind::NotFound, 1800, format!("The \"{name}\" dataclass cannot be found")),
        }
    }
}

/// A vector search (9.2).
pub(crate) fn vector_search() -> Error {
    Error::new(ErrorKind::Malformed, 1112, "Vector searches are not served by this version.")
}
