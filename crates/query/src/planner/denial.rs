//! Refusals with their numbers and texts (`rest-dialect.md` 4.2, `roles-privileges.md` 6.1).

use claviger_access::Action;
use claviger_model::Dataclass;

use crate::error::{Error, ErrorKind};

/// Unknown and not exposed are the same thing.
pub(super) fn no_dataclass(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, 1800, format!("The \"{name}\" dataclass cannot be found"))
}

/// A permission on the dataclass is missing.
pub(super) fn dataclass(class: &Dataclass, action: Action) -> Error {
    let (code, verb) = match action {
        Action::Read => (1557, "read"),
        Action::Update => (1558, "update"),
        Action::Create => (1559, "create"),
        Action::Drop => (1560, "remove"),
        Action::Execute => (1561, "execute"),
        Action::Describe => (1609, "describe"),
    };
    Error::new(ErrorKind::Denied, code, format!("No permission to {verb} for the {} dataclass", class.name))
}

/// A permission on the attribute is missing; everything but reading says "update".
pub(super) fn attribute(class: &Dataclass, name: &str, action: Action) -> Error {
    let (code, verb) = if action == Action::Read { (1607, "read") } else { (1608, "update") };
    Error::new(ErrorKind::Denied, code, format!("No permission to {verb} for \"{name}\" attribute in the {} dataclass", class.name))
}

/// The attribute does not exist for the caller; what could not be done for that reason is added by the caller of this function.
pub(super) fn no_attribute(kind: ErrorKind, class: &Dataclass, name: &str) -> Error {
    Error::new(kind, 1500, format!("The \"{name}\" attribute cannot be found in The \"{}\" dataclass", class.name))
}

/// An attribute of the path list, of `$attributes` or of `{dc}:{attr}(…)` does not exist (7.1).
pub(super) fn not_in_list(class: &Dataclass, name: &str) -> Error {
    no_attribute(ErrorKind::NotFound, class, name).then(1804, "The attribute list cannot be built")
}

/// A request that cannot be understood.
pub(super) fn malformed(code: u16, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Malformed, code, message)
}
