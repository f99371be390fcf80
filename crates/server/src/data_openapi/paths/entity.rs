//! Reading one entity: by its key, by another attribute, some attributes of it.

use claviger_model::{Attribute, Dataclass};
use serde_json::{Value, json};

use super::super::parameters::named;
use super::super::{View, answers, component, reference};
use super::id;

pub(super) fn read(view: View<'_>, class: &Dataclass) -> Option<Value> {
    view.reads(class).then(|| entity(view, class, &id("get", class), &format!("One {}", class.name)))
}

pub(super) fn parts(view: View<'_>, class: &Dataclass) -> Option<Value> {
    view.reads(class).then(|| entity(view, class, &id("getParts", class), &format!("Some attributes of one {}", class.name)))
}

/// By a unique attribute.
pub(super) fn by(view: View<'_>, class: &Dataclass, attribute: &Attribute) -> Value {
    let operation = format!("{}.by.{}", id("get", class), component(&attribute.name));
    entity(view, class, &operation, &format!("The {} with this {}", class.name, attribute.name))
}

fn entity(view: View<'_>, class: &Dataclass, id: &str, summary: &str) -> Value {
    let entity = reference(&component(&class.name));
    let (parameters, answer) = if view.updates(class) {
        (named(&["attributes", "expand", "lock"]), json!({ "anyOf": [entity, reference("rest.Locked")] }))
    } else {
        (named(&["attributes", "expand"]), entity)
    };
    json!({
        "summary": summary,
        "operationId": id,
        "parameters": parameters,
        "responses": answers::of("The entity; with `$lock` whether it is locked", answer)
    })
}
