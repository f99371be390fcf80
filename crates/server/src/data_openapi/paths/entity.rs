//! Reading one entity: by its key, by another attribute, some attributes of it.

use claviger_model::{Attribute, Dataclass};
use serde_json::{Value, json};

use super::super::parameters::named;
use super::super::{View, answers, component, reference};
use super::id;

pub(super) fn read(view: View<'_>, class: &Dataclass) -> Option<Value> {
    view.reads(class).then(|| entity(class, &id("get", class), &format!("One {}", class.name)))
}

pub(super) fn parts(view: View<'_>, class: &Dataclass) -> Option<Value> {
    view.reads(class).then(|| entity(class, &id("getParts", class), &format!("Some attributes of one {}", class.name)))
}

/// By a unique attribute.
pub(super) fn by(class: &Dataclass, attribute: &Attribute) -> Value {
    let operation = format!("{}.by.{}", id("get", class), component(&attribute.name));
    entity(class, &operation, &format!("The {} with this {}", class.name, attribute.name))
}

fn entity(class: &Dataclass, id: &str, summary: &str) -> Value {
    json!({
        "summary": summary,
        "operationId": id,
        "parameters": named(&["attributes", "expand"]),
        "responses": answers::of("The entity", reference(&component(&class.name)))
    })
}
