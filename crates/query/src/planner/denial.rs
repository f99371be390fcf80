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

/// What a missing permission was about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denied<'a> {
    /// What was not allowed; for attributes everything but reading is updating.
    pub action: Action,
    /// Name of the dataclass.
    pub class: &'a str,
    /// Name of the attribute, when it was about one.
    pub attribute: Option<&'a str>,
}

/// Reads the text of a missing permission back (`roles-privileges.md` 6.1): it is fixed, and the same for clients and for logs. `None`
/// for any other text.
pub fn denied(message: &str) -> Option<Denied<'_>> {
    let (verb, what) = message.strip_prefix("No permission to ")?.split_once(" for ")?;
    let action = if verb == "remove" { Action::Drop } else { Action::from_name(verb)? };
    let (attribute, class) = match what.strip_prefix('"') {
        Some(rest) => {
            let (attribute, rest) = rest.split_once("\" attribute in the ")?;
            (Some(attribute), rest)
        }
        None => (None, what.strip_prefix("the ")?),
    };
    Some(Denied { action, class: class.strip_suffix(" dataclass")?, attribute })
}

/// The name that does not exist, out of the text of [`no_dataclass`] or [`no_attribute`]; it stands there as somebody typed it.
pub(crate) fn absent(message: &str) -> Option<&str> {
    let (name, rest) = message.strip_prefix("The \"")?.split_once("\" ")?;
    let is_class = rest == "dataclass cannot be found";
    let is_attribute = rest.starts_with("attribute cannot be found in The \"") && rest.ends_with("\" dataclass");
    (is_class || is_attribute).then_some(name)
}

#[cfg(test)]
mod tests {
    use claviger_model::Model;

    use super::*;

    const MODEL: &str = r#"{ "dataClasses": [{ "name": "Book", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true }] }] }"#;

    #[test]
    fn texts_are_read_back() {
        let (model, _) = Model::from_json(MODEL, "test").unwrap();
        let class = model.find("Book").unwrap();
        for action in [Action::Read, Action::Create, Action::Update, Action::Drop, Action::Execute, Action::Describe] {
            let error = dataclass(class, action);
            assert_eq!(denied(&error.items[0].message), Some(Denied { action, class: "Book", attribute: None }));
        }
        for (action, told) in [(Action::Read, Action::Read), (Action::Create, Action::Update), (Action::Drop, Action::Update)] {
            let error = attribute(class, "price", action);
            assert_eq!(denied(&error.items[0].message), Some(Denied { action: told, class: "Book", attribute: Some("price") }));
        }
        assert_eq!(absent(&no_dataclass("Bokk").items[0].message), Some("Bokk"));
        assert_eq!(absent(&no_attribute(ErrorKind::NotFound, class, "titel").items[0].message), Some("titel"));
        for other in ["", "No permission to read the server's information", "The \"Bokk\" singleton cannot be found"] {
            assert_eq!((denied(other), absent(other)), (None, None), "{other}");
        }
    }
}
