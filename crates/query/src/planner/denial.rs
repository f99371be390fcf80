//! Refusals with their numbers and texts (`rest-dialect.md` 4.2, `roles-privileges.md` 6.1).

use claviger_access::{Action, Protected};
use claviger_model::{AttrId, Dataclass, FunctionId, FunctionName, FunctionScope, Model};

use crate::error::{Denied, Error, ErrorKind};

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
    let denied = Denied { action, on: Protected::Dataclass(class.id) };
    Error::denied(code, format!("No permission to {verb} for the {} dataclass", class.name), denied)
}

/// The function may not be called.
pub(super) fn function(model: &Model, id: FunctionId, function: &FunctionName) -> Error {
    let name = &function.name;
    let message = match &function.scope {
        FunctionScope::Datastore => format!("No permission to execute the {name} method of the datastore"),
        FunctionScope::Dataclass(class) => {
            format!("No permission to execute the {name} method of the {} dataclass", model.dataclass(*class).name)
        }
        FunctionScope::Singleton(singleton) => format!("No permission to execute the {name} method of the {singleton} singleton"),
    };
    Error::denied(1561, message, Denied { action: Action::Execute, on: Protected::Function(id) })
}

/// There is no dataclass that the caller may create or update entities of: nothing uploaded could ever be stored.
pub(super) fn nothing_to_save() -> Error {
    Error::new(ErrorKind::Denied, 1558, "No permission to create or update entities of any dataclass")
}

/// A permission on the attribute is missing; everything but reading says "update".
pub(super) fn attribute(class: &Dataclass, attribute: AttrId, action: Action) -> Error {
    let (code, verb) = if action == Action::Read { (1607, "read") } else { (1608, "update") };
    let name = &class.attribute(attribute).name;
    let denied = Denied { action, on: Protected::Attribute(class.at(attribute)) };
    Error::denied(code, format!("No permission to {verb} for \"{name}\" attribute in the {} dataclass", class.name), denied)
}

/// The same refusal in words that name nothing: what it is about does not exist for the caller.
pub(super) fn unnamed(mut error: Error, root: &Dataclass) -> Error {
    for item in &mut error.items {
        item.message = format!("No permission to change the entities that refer to {}", root.name);
    }
    error
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
pub(super) fn malformed(code: i64, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Malformed, code, message)
}

/// The name that does not exist, out of the text of [`no_dataclass`]; it stands there as somebody typed it.
pub(crate) fn absent_dataclass(message: &str) -> Option<&str> {
    message.strip_prefix("The \"")?.strip_suffix("\" dataclass cannot be found")
}

#[cfg(test)]
mod tests {
    use claviger_model::Model;

    use super::*;

    const MODEL: &str = r#"{ "dataClasses": [{ "name": "Book", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true }] }] }"#;

    #[test]
    fn a_refusal_carries_what_it_is_about() {
        let (model, _) = Model::from_json(MODEL, "test").unwrap();
        let class = model.find("Book").unwrap();
        let id = class.find("ID").unwrap().id;
        for action in [Action::Read, Action::Create, Action::Update, Action::Drop, Action::Execute, Action::Describe] {
            let denied = Denied { action, on: Protected::Dataclass(class.id) };
            assert_eq!(dataclass(class, action).items[0].denied, Some(denied));
            // The text says "update" of everything but reading; what is carried does not.
            assert_eq!(attribute(class, id, action).items[0].denied, Some(Denied { action, on: Protected::Attribute(class.at(id)) }));
        }
        let hidden = unnamed(attribute(class, id, Action::Drop), class);
        assert!(!hidden.items[0].message.contains("ID") && hidden.items[0].denied.is_some());
    }

    #[test]
    fn absent_names_are_read_back() {
        let (model, _) = Model::from_json(MODEL, "test").unwrap();
        let class = model.find("Book").unwrap();
        assert_eq!(absent_dataclass(&no_dataclass("Bokk").items[0].message), Some("Bokk"));
        for other in [no_attribute(ErrorKind::NotFound, class, "titel"), dataclass(class, Action::Read)] {
            assert_eq!(absent_dataclass(&other.items[0].message), None, "{other}");
        }
    }
}
