//! Missing permissions in the dialect's words (`roles-privileges.md` 6.1). (Written by the lead: use it from the planner.)

use claviger_access::Action;

use crate::error::{Error, ErrorKind};

/// A permission on a dataclass is missing: 1557 read, 1558 update, 1559 create, 1560 drop, 1561 execute, 1609 describe.
pub fn dataclass(action: Action, name: &str) -> Error {
    let (code, verb) = match action {
        Action::Read => (1557, "read"),
        Action::Update => (1558, "update"),
        Action::Create => (1559, "create"),
        Action::Drop => (1560, "remove"),
        Action::Execute => (1561, "execute"),
        Action::Describe => (1609, "describe"),
    };
    Error::new(ErrorKind::Denied, code, format!("No permission to {verb} for the {name} dataclass"))
}

/// A permission on an attribute is missing: 1607 read, 1608 for every kind of writing.
pub fn attribute(action: Action, dataclass: &str, attribute: &str) -> Error {
    let (code, verb) = match action {
        Action::Read => (1607, "read"),
        Action::Create => (1608, "create"),
        Action::Drop => (1608, "remove"),
        Action::Update | Action::Execute | Action::Describe => (1608, "update"),
    };
    Error::new(ErrorKind::Denied, code, format!("No permission to {verb} for \"{attribute}\" attribute in the {dataclass} dataclass"))
}
