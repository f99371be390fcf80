//! What the dialect has and this version does not serve yet: each answers the dialect's own error that fits best.
//!
//! Kept in one file so that whoever builds one of these features finds the place where it is refused now.

use crate::error::{Error, ErrorKind};

/// A resource of a later version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Later {
    /// `$entityset/$release` (11.7).
    Release,
    /// `$upload` (14.4).
    Upload,
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
            "$upload" => Self::Upload,
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
            Self::Release => Error::new(ErrorKind::NotFound, 1802, "The entity set cannot be found"),
            Self::Upload => Error::new(ErrorKind::Malformed, 1806, "Uploads are not served by this version."),
            Self::Singleton(name) => Error::new(ErrorKind::NotFound, 1827, format!("The singleton \"{name}\" cannot be found")),
            Self::Transaction => Error::new(ErrorKind::NotFound, 1821, "Transactions cannot be started over REST. Use $atomic=true."),
            Self::Function(name) => Error::new(ErrorKind::NotFound, 1827, format!("The function \"{name}\" cannot be found")),
            Self::Unknown(name) => Error::new(ErrorKind::NotFound, 1800, format!("The \"{name}\" dataclass cannot be found")),
        }
    }
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

/// Bytes of an image or blob (14.1, 14.2).
pub(crate) fn media_bytes() -> Error {
    Error::new(ErrorKind::Malformed, 1806, "The bytes of images and blobs are not served by this version.")
}

/// `{"ID": upload}` as the value of an image or blob (12.1): no upload is kept yet.
pub(crate) fn upload_reference(image: bool) -> Error {
    let (code, what) = if image { (1825, "image") } else { (1826, "blob") };
    Error::new(ErrorKind::Malformed, code, format!("The uploaded {what} cannot be found"))
}

/// A vector search (9.2).
pub(crate) fn vector_search() -> Error {
    Error::new(ErrorKind::Malformed, 1112, "Vector searches are not served by this version.")
}
