//! Paths: those of the server itself, and those of a dataclass: its pages, values of its attributes, entity sets, one entity, its images and blobs.

mod entity;
pub(super) mod functions;
mod media;
mod page;
pub(super) mod server;
mod sets;
mod write;

use claviger_model::{Dataclass, Kind};
use serde_json::{Value, json};

use super::parameters::in_path;
use super::{Members, View, attributes, component, visible};

/// What can be asked of a dataclass.
pub(super) fn add(view: View<'_>, class: &Dataclass, paths: &mut Members) {
    add_data(view, class, paths);
    functions::of_class_and_entities(view, class, paths);
}

fn add_data(view: View<'_>, class: &Dataclass, paths: &mut Members) {
    let name = &class.name;
    let of_class = Operations::new(name).with("get", page::page(view, class)).with("post", write::many(view, class));
    of_class.add(&format!("/rest/{name}"), Vec::new(), paths);
    let list = list(view, class);
    let listed = || in_path("attributes", &list.about, list.schema());
    if view.reads(class) {
        let values = Operations::new(name).with("get", Some(page::values(view, class)));
        values.add(&format!("/rest/{name}/{{attributes}}"), vec![listed()], paths);
        sets::add(view, class, &listed(), paths);
    }
    if let Some((path, key)) = one(class) {
        let of_entity = Operations::new(name)
            .with("get", entity::read(view, class))
            .with("post", write::one(view, class))
            .with("put", write::update(view, class, "replace", "Changes one, as PATCH does: what is not sent stays as it is"))
            .with("patch", write::update(view, class, "update", "Changes one"))
            .with("delete", write::delete(view, class));
        of_entity.add(&path, vec![key.clone()], paths);
        let parts = Operations::new(name).with("get", entity::parts(view, class));
        parts.add(&format!("{path}/{{attributes}}"), vec![key.clone(), listed()], paths);
        for (attribute, target) in view.to_many(class) {
            let related = Operations::new(name).with("get", Some(sets::related(view, class, attribute, target)));
            related.add(&format!("{path}/{}", attribute.name), vec![key.clone()], paths);
        }
        for attribute in view.media(class) {
            let bytes =
                Operations::new(name).with("get", Some(media::read(class, attribute))).with("post", media::write(view, class, attribute));
            bytes.add(&format!("{path}/{}", attribute.name), vec![key.clone()], paths);
        }
    }
    for attribute in view.unique(class) {
        let about = format!("The value of {}, in quotes or without.", attribute.name);
        let value = in_path("value", &about, attributes::key(attribute));
        let by = Operations::new(name).with("get", Some(entity::by(view, class, attribute)));
        by.add(&format!("/rest/{name}:{}({{value}})", attribute.name), vec![value], paths);
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

    /// A function may have the path of an image or a blob; then these operations go before those that are there.
    fn add(mut self, path: &str, parameters: Vec<Value>, paths: &mut Members) {
        if self.operations.is_empty() {
            return;
        }
        if !parameters.is_empty() {
            self.operations.insert("parameters".to_owned(), parameters.into());
        }
        match paths.entry(path).or_insert_with(|| json!({})) {
            Value::Object(item) => item.extend(self.operations),
            item => *item = Value::Object(self.operations),
        }
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

/// The attribute list of a path.
struct List {
    about: String,
    first: Option<String>,
}

impl List {
    fn schema(&self) -> Value {
        let mut schema = json!({ "type": "string", "minLength": 1 });
        if let Some(first) = &self.first {
            schema["examples"] = json!([first]);
        }
        schema
    }
}

fn list(view: View<'_>, class: &Dataclass) -> List {
    let names = visible(class)
        .filter(|attribute| view.reads_attribute(class, attribute) && !matches!(attribute.kind, Kind::RelatedEntities(_)))
        .map(|attribute| attribute.name.as_str())
        .collect::<Vec<_>>();
    let about = format!("Attributes, separated by commas; paths go over relations. Of {} itself: {}.", class.name, names.join(", "));
    List { about, first: names.first().map(|name| (*name).to_owned()) }
}

/// An operation's ID: what it does and to which dataclass.
fn id(does: &str, class: &Dataclass) -> String {
    format!("{does}{}", component(&class.name))
}
