//! Paths of a dataclass: its pages, values of its attributes, one entity.

use claviger_model::{Dataclass, Kind};
use serde_json::{Value, json};

use super::parameters::{in_path, method, named};
use super::{Members, View, answers, attributes, component, reference, visible};

/// Parameters of a page.
const PAGE: &[&str] =
    &["filter", "params", "orderby", "top", "skip", "attributes", "expand", "asArray", "format", "queryplan", "querypath"];

/// The catalog is everybody's.
pub(super) fn catalog() -> Members {
    let get = |summary: &str, id: &str, parameters: Vec<Value>| {
        json!({ "get": { "summary": summary, "operationId": id, "parameters": parameters,
            "responses": answers::of("The catalog", reference("rest.Catalog")) } })
    };
    let names = in_path("dataclasses", "Names, separated by commas.", json!({ "type": "string" }));
    let paths = [
        ("/rest/$catalog", get("Dataclasses of the datastore", "catalog", Vec::new())),
        ("/rest/$catalog/$all", get("Dataclasses with their attributes", "catalogAll", Vec::new())),
        ("/rest/$catalog/{dataclasses}", get("Some dataclasses with their attributes", "catalogNamed", vec![names])),
    ];
    paths.into_iter().map(|(path, item)| (path.to_owned(), item)).collect()
}

/// What can be asked of a dataclass.
pub(super) fn add(view: View<'_>, class: &Dataclass, paths: &mut Members) {
    let name = &class.name;
    let of_class = Operations::new(name).with("get", page(view, class)).with("post", write(view, class));
    of_class.add(&format!("/rest/{name}"), Vec::new(), paths);
    if view.reads(class) {
        let list = visible(class)
            .filter(|attribute| view.reads_attribute(class, attribute) && !matches!(attribute.kind, Kind::RelatedEntities(_)))
            .map(|attribute| attribute.name.clone())
            .collect::<Vec<_>>()
            .join(", ");
        let about = format!("Attributes, separated by commas; paths go over relations. Of {name} itself: {list}.");
        let values = Operations::new(name).with("get", Some(values(class)));
        values.add(&format!("/rest/{name}/{{attributes}}"), vec![in_path("attributes", &about, json!({ "type": "string" }))], paths);
    }
    if let Some((path, key)) = one(class) {
        let of_entity =
            Operations::new(name).with("get", entity(view, class)).with("patch", update(view, class)).with("delete", delete(view, class));
        of_entity.add(&path, vec![key], paths);
    }
}

/// Operations of one path.
struct Operations<'a> {
    tag: &'a str,
    operations: Members,
}

impl<'a> Operations<'a> {
    fn new(tag: &'a str) -> Self {
        Self { tag, operations: Members::new() }
    }

    fn with(mut self, verb: &str, operation: Option<Value>) -> Self {
        if let Some(mut operation) = operation {
            operation["tags"] = json!([self.tag]);
            self.operations.insert(verb.to_owned(), operation);
        }
        self
    }

    fn add(mut self, path: &str, parameters: Vec<Value>, paths: &mut Members) {
        if self.operations.is_empty() {
            return;
        }
        if !parameters.is_empty() {
            self.operations.insert("parameters".to_owned(), parameters.into());
        }
        paths.insert(path.to_owned(), Value::Object(self.operations));
    }
}

/// The path of one entity and the parameter for its key.
fn one(class: &Dataclass) -> Option<(String, Value)> {
    let name = &class.name;
    match class.key_attributes() {
        [] => None,
        [only] => {
            let schema = attributes::key(class.attribute(*only));
            Some((format!("/rest/{name}({{key}})"), in_path("key", "The entity's `__KEY`.", schema)))
        }
        parts => {
            let names = parts.iter().map(|part| class.attribute(*part).name.as_str()).collect::<Vec<_>>().join(", ");
            let about = format!("{names} as in a JSON array, without its brackets: texts are quoted, as in `1,\"A\"`.");
            Some((format!("/rest/{name}[{{key}}]"), in_path("key", &about, json!({ "type": "string" }))))
        }
    }
}

fn page(view: View<'_>, class: &Dataclass) -> Option<Value> {
    let name = component(&class.name);
    view.reads(class).then(|| {
        let one_of =
            json!([reference(&format!("{name}.page")), { "type": "array", "items": { "type": "object" } }, reference("rest.Looker")]);
        json!({
            "summary": format!("A page of {} entities", class.name),
            "operationId": format!("list{name}"),
            "parameters": named(PAGE),
            "responses": answers::of("A page; an array with `$asArray`, rows with `$format=looker`", json!({ "oneOf": one_of }))
        })
    })
}

fn values(class: &Dataclass) -> Value {
    let name = component(&class.name);
    let numbers = json!({ "type": "object", "additionalProperties": { "type": ["number", "string", "null"] } });
    let computed = json!({ "type": "object", "description": "By attribute; with one computation of one attribute its value alone.", "additionalProperties": numbers });
    let one_of = json!([reference(&format!("{name}.page")), computed, { "type": "array", "description": "Distinct values." },
        { "type": ["number", "string", "null"] }]);
    let mut parameters = named(&["compute", "distinct"]);
    parameters.extend(named(PAGE));
    json!({
        "summary": format!("Some attributes of {}: a page of them, their distinct values, or what is computed over them", class.name),
        "operationId": format!("values{name}"),
        "parameters": parameters,
        "responses": answers::of("A page, or values", json!({ "anyOf": one_of }))
    })
}

/// Saving and mass deletion are one path with another `$method`.
fn write(view: View<'_>, class: &Dataclass) -> Option<Value> {
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
        let item = reference(&format!("{name}.save"));
        bodies.extend([item.clone(), json!({ "type": "array", "items": item })]);
        results.extend([reference(&format!("{name}.saved")), reference(&format!("{name}.savedAll"))]);
    }
    if deletes {
        methods.push("delete");
        about.push("`delete` deletes the entities that `$filter` finds.");
        bodies.push(json!({ "type": "array", "description": "Only these, with `$method=delete`.", "items": {
            "type": "object", "required": ["__KEY"], "properties": { "__KEY": { "type": "string" } } } }));
        results.push(reference("rest.Ok"));
    }
    let mut parameters = vec![method(&methods, &about.join(" "))];
    parameters.extend(named(if deletes { &["filter", "params", "atomic"] } else { &["atomic"] }));
    parameters.extend(named(if saves { &["attributes", "expand"] } else { &[] }));
    Some(json!({
        "summary": match (saves, deletes) {
            (true, true) => format!("Saves or deletes {} entities", class.name),
            (true, false) => format!("Saves {} entities", class.name),
            (false, _) => format!("Deletes {} entities", class.name),
        },
        "operationId": format!("write{name}"),
        "parameters": parameters,
        "requestBody": { "required": saves && !deletes, "content": { "application/json": { "schema": { "anyOf": bodies } } } },
        "responses": answers::of("The entities as saved, each with its status; `ok` after a deletion", json!({ "anyOf": results }))
    }))
}

fn entity(view: View<'_>, class: &Dataclass) -> Option<Value> {
    let name = component(&class.name);
    view.reads(class).then(|| {
        json!({
            "summary": format!("One {}", class.name),
            "operationId": format!("get{name}"),
            "parameters": named(&["attributes", "expand"]),
            "responses": answers::of("The entity", reference(&name))
        })
    })
}

fn update(view: View<'_>, class: &Dataclass) -> Option<Value> {
    let name = component(&class.name);
    view.updates(class).then(|| {
        json!({
            "summary": format!("Changes one {}", class.name),
            "operationId": format!("update{name}"),
            "parameters": named(&["attributes", "expand"]),
            "requestBody": { "required": true, "content": { "application/json": { "schema": reference(&format!("{name}.save")) } } },
            "responses": answers::of("The entity as saved, with its status", reference(&format!("{name}.saved")))
        })
    })
}

fn delete(view: View<'_>, class: &Dataclass) -> Option<Value> {
    let name = component(&class.name);
    view.deletes(class).then(|| {
        json!({
            "summary": format!("Deletes one {}", class.name),
            "operationId": format!("delete{name}"),
            "responses": answers::of("Deleted", reference("rest.Ok"))
        })
    })
}
