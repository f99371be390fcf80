//! Entity sets: read, combined, deleted from, given up (`rest-dialect.md` 11).

use claviger_model::{Attribute, Dataclass};
use serde_json::{Value, json};

use super::super::parameters::{in_path, method, named, reading};
use super::super::{Members, View, answers, component, reference};
use super::{Operations, id, page, server};

/// Parameters that only requests over a set have.
pub(super) const OF_A_SET: [&str; 6] = ["timeout", "savedfilter", "savedorderby", "clean", "logicOperator", "otherCollection"];

/// The set, in a path.
pub(super) fn set() -> Value {
    in_path("id", "ID of the entity set.", json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{32}$" }))
}

/// Paths of the sets of a dataclass. `listed`: the parameter for a list of attributes.
pub(super) fn add(view: View<'_>, class: &Dataclass, listed: &Value, paths: &mut Members) {
    let name = &class.name;
    let whole = Operations::new(name).with("get", Some(read(view, class))).with("post", delete(view, class));
    whole.add(&format!("/rest/{name}/$entityset/{{id}}"), vec![set()], paths);
    for (path, does) in [("$entityset/{id}/{attributes}", "setValues"), ("{attributes}/$entityset/{id}", "valuesOfSet")] {
        let values = Operations::new(name).with("get", Some(values(view, class, does)));
        values.add(&format!("/rest/{name}/{path}"), vec![set(), listed.clone()], paths);
    }
    let released = Operations::new(name).with("post", Some(server::release(&id("release", class), name)));
    released.add(&format!("/rest/{name}/$entityset/$release"), Vec::new(), paths);
}

fn parameters(view: View<'_>, class: &Dataclass) -> Vec<Value> {
    let mut parameters = page::parameters(view, class);
    parameters.extend(named(&OF_A_SET));
    parameters
}

fn read(view: View<'_>, class: &Dataclass) -> Value {
    let about = "`entityset` stores the result as a new set, `subentityset` is a plain page, `release` gives the set up.";
    let mut all = vec![reading(&["entityset", "subentityset", "release"], about)];
    all.extend(parameters(view, class));
    let mut forms = page::forms(class);
    forms.extend([json!({ "type": "boolean", "description": "Of `INTERSECT`." }), reference("rest.Ok")]);
    json!({
        "summary": format!("A page of an entity set of {}", class.name),
        "operationId": id("set", class),
        "parameters": all,
        "responses": answers::of("A page", json!({ "anyOf": forms }))
    })
}

fn values(view: View<'_>, class: &Dataclass, does: &str) -> Value {
    let mut all = named(&["compute", "distinct"]);
    all.extend(parameters(view, class));
    let mut forms = page::value_forms(class);
    forms.push(json!({ "type": "boolean", "description": "Of `INTERSECT`." }));
    json!({
        "summary": format!("Some attributes of an entity set of {}: a page, distinct values, or what is computed", class.name),
        "operationId": id(does, class),
        "parameters": all,
        "responses": answers::of("A page, or values", json!({ "anyOf": forms }))
    })
}

fn delete(view: View<'_>, class: &Dataclass) -> Option<Value> {
    view.deletes(class).then(|| {
        let mut parameters = vec![method(&["delete"], "`delete` deletes the entities of the set, those that `$filter` finds.")];
        parameters.extend(named(&["filter", "params", "atomic", "atOnce", "clean", "logicOperator", "otherCollection"]));
        let mut forms = page::forms(class);
        forms.extend([reference("rest.Ok"), json!({ "type": "boolean" })]);
        json!({
            "summary": format!("Deletes the entities of an entity set of {}", class.name),
            "operationId": id("deleteSet", class),
            "parameters": parameters,
            "responses": answers::of("Deleted", json!({ "anyOf": forms }))
        })
    })
}

/// Related entities of one entity: expanded inside it, or as a set of their own.
pub(super) fn related(view: View<'_>, class: &Dataclass, attribute: &Attribute, target: &Dataclass) -> Value {
    let mut all = vec![reading(&["subentityset"], "Makes an entity set of the related entities and sends a page of it.")];
    all.extend(page::parameters(view, target));
    all.extend(named(&["subOrderby", "timeout"]));
    let mut forms = page::forms(target);
    forms.push(reference(&component(&class.name)));
    json!({
        "summary": format!("{} of one {}", attribute.name, class.name),
        "operationId": format!("{}.{}", id("related", class), component(&attribute.name)),
        "parameters": all,
        "responses": answers::of("A page of the related entities with `$method=subentityset`, else the entity with them", json!({ "anyOf": forms }))
    })
}
