//! Saving and deleting.

use claviger_model::Dataclass;
use serde_json::{Value, json};

use super::super::parameters::{body, method, named};
use super::super::{View, answers, component, reference};
use super::{id, page};

/// Saving and mass deletion are one path with another `$method`.
pub(super) fn many(view: View<'_>, class: &Dataclass) -> Option<Value> {
    let name = component(&class.name);
    let (saves, deletes) = (view.saves(class), view.deletes(class));
    if !saves && !deletes {
        return None;
    }
    let mut methods = Vec::new();
    let mut about = Vec::new();
    let (mut bodies, mut results) = (Vec::new(), Vec::new());
    if saves {
        methods.push("update");
        about.push(match (view.creates(class), view.updates(class)) {
            (true, true) => "`update` creates entities without `__KEY` and changes those with it.",
            (true, false) => "`update` creates entities.",
            _ => "`update` changes the entities with these `__KEY`s.",
        });
        if view.creates(class) {
            methods.push("insert");
            about.push("`insert` creates in any case.");
        }
        methods.push("validate");
        about.push("`validate` tells what would not be saved, and saves nothing.");
        results.push(reference("rest.Ok"));
        let item = reference(&format!("{name}.save"));
        bodies.extend([item.clone(), json!({ "type": "array", "items": item })]);
        results.extend([reference(&format!("{name}.saved")), reference(&format!("{name}.savedAll"))]);
    }
    if deletes {
        methods.push("delete");
        about.push("`delete` deletes the entities that `$filter` finds.");
        bodies.push(json!({ "type": "array", "description": "Only these, with `$method=delete`.", "items": {
            "type": "object", "required": ["__KEY"], "properties": { "__KEY": { "type": ["string", "integer"] } } } }));
        if !saves {
            results.push(reference("rest.Ok"));
        }
    }
    if saves {
        about.push("Without `$method` a body is saved; without a body either, a POST is answered as a GET.");
    }
    if view.reads(class) {
        results.extend(page::forms(class));
    }
    let mut parameters = vec![method(&methods, &about.join(" "))];
    parameters.extend(named(if deletes { &["filter", "params", "atomic", "atOnce"] } else { &["atomic", "atOnce"] }));
    parameters.extend(named(if saves { &["attributes", "expand", "refresh"] } else { &[] }));
    Some(json!({
        "summary": match (saves, deletes) {
            (true, true) => format!("Saves or deletes {} entities", class.name),
            (true, false) => format!("Saves {} entities", class.name),
            (false, _) => format!("Deletes {} entities", class.name),
        },
        "operationId": id("write", class),
        "parameters": parameters,
        "requestBody": body(json!({ "anyOf": bodies }), saves && !deletes),
        "responses": answers::of("The entities as saved, each with its status; `ok` after a deletion", json!({ "anyOf": results }))
    }))
}

/// The same for one entity.
pub(super) fn one(view: View<'_>, class: &Dataclass) -> Option<Value> {
    let name = component(&class.name);
    let (updates, deletes) = (view.updates(class), view.deletes(class));
    let mut methods = Vec::new();
    let mut results = Vec::new();
    if updates {
        methods.extend(["update", "validate"]);
        results.extend([reference(&format!("{name}.saved")), reference("rest.Ok"), reference("rest.Locked")]);
    }
    if deletes {
        methods.push("delete");
        if !updates {
            results.push(reference("rest.Ok"));
        }
    }
    if methods.is_empty() {
        return None;
    }
    // Without a method and a body it is answered as a GET.
    results.push(reference(&name));
    let mut parameters =
        vec![method(&methods, "`update` changes the entity as the body says, `validate` tells whether it could, `delete` deletes it.")];
    parameters.extend(named(if updates { &["attributes", "expand", "refresh", "lock"] } else { &[] }));
    parameters.extend(named(if deletes { &["stamp"] } else { &[] }));
    let mut operation = json!({
        "summary": match (updates, deletes) {
            (true, true) => format!("Changes or deletes one {}", class.name),
            (true, false) => format!("Changes one {}", class.name),
            (false, _) => format!("Deletes one {}", class.name),
        },
        "operationId": id("writeOne", class),
        "parameters": parameters,
        "responses": answers::of("The entity as saved, with its status; `ok` after a deletion", json!({ "anyOf": results }))
    });
    if updates {
        operation["requestBody"] = body(reference(&format!("{name}.change")), false);
    }
    Some(operation)
}

/// `PUT` and `PATCH`.
pub(super) fn update(view: View<'_>, class: &Dataclass, does: &str, summary: &str) -> Option<Value> {
    let name = component(&class.name);
    view.updates(class).then(|| {
        json!({
            "summary": format!("{summary} ({})", class.name),
            "operationId": id(does, class),
            "parameters": named(&["attributes", "expand", "refresh"]),
            "requestBody": body(reference(&format!("{name}.change")), true),
            "responses": answers::of("The entity as saved, with its status", reference(&format!("{name}.saved")))
        })
    })
}

pub(super) fn delete(view: View<'_>, class: &Dataclass) -> Option<Value> {
    view.deletes(class).then(|| {
        json!({
            "summary": format!("Deletes one {}", class.name),
            "operationId": id("delete", class),
            "parameters": named(&["stamp"]),
            "responses": answers::of("Deleted", reference("rest.Ok"))
        })
    })
}
