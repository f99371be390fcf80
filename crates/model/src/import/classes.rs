//! Tables become dataclasses, fields attributes, indexes properties of theirs (`data-model.md` 4.5).

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

use super::Source;
use super::structure::{Field, Index, Structure, Table};
use crate::names;
use crate::problem::Problem;

/// The model file being made.
pub(super) struct Making<'a> {
    pub(super) structure: &'a Structure,
    pub(super) classes: Vec<Class>,
    pub(super) problems: Vec<Problem>,
}

/// A dataclass being made.
pub(super) struct Class {
    /// Position of its table.
    pub(super) table: usize,
    pub(super) name: String,
    members: Map<String, Json>,
    /// With their lines.
    pub(super) attributes: Vec<(Map<String, Json>, usize)>,
    /// Attribute name of each field, by position.
    pub(super) names: HashMap<usize, String>,
    line: usize,
}

impl Structure {
    /// The model file that the tables make.
    pub(super) fn into_source(self) -> Source {
        let mut making = Making { structure: &self, classes: Vec::new(), problems: Vec::new() };
        making.add_classes();
        making.add_indexes();
        making.add_relations();
        let Making { classes, problems, .. } = making;
        let mut lines = HashMap::from([(String::new(), 1)]);
        for (position, class) in classes.iter().enumerate() {
            let path = format!("dataClasses[{position}]");
            for (attribute, (_, line)) in class.attributes.iter().enumerate() {
                lines.insert(format!("{path}.attributes[{attribute}]"), *line);
            }
            lines.insert(path, class.line);
        }
        let mut root = Map::new();
        root.insert("toJSON".into(), json!(true));
        if self.uuid.len() == 32 {
            root.insert("uuid".into(), json!(self.uuid));
        }
        root.insert("dataClasses".into(), classes.into_iter().map(Class::finish).collect());
        Source { json: Json::Object(root), lines, problems, name: Some(self.name).filter(|name| !name.is_empty()) }
    }
}

impl Making<'_> {
    pub(super) fn warn(&mut self, line: usize, path: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.problems.push(Problem { line, ..Problem::warning(path, code, message) });
    }

    fn add_classes(&mut self) {
        let structure = self.structure;
        let mut kept = Vec::new();
        for (position, table) in structure.tables.iter().enumerate() {
            match key_of(table) {
                Ok(key) => kept.push((position, table, key)),
                Err((code, why)) => {
                    self.warn(table.line, &table.name, code, format!("the table {} is left out: {why}", table.name));
                }
            }
        }
        let written: Vec<&str> = kept.iter().map(|(_, table, _)| table.name.as_str()).collect();
        let (assigned, _) = names::assign(&written, true, &[names::DELETED_RECORDS]);
        for ((position, table, key), name) in kept.into_iter().zip(assigned) {
            let class = self.class(position, table, key, name);
            self.classes.push(class);
        }
    }

    fn class(&mut self, position: usize, table: &Table, key: usize, name: String) -> Class {
        let mut members = Map::new();
        members.insert("name".into(), json!(name));
        if table.uuid.len() == 32 {
            members.insert("uuid".into(), json!(table.uuid));
        }
        if let Some(id) = table.id {
            members.insert("tableNumber".into(), json!(id));
        }
        members.insert("scope".into(), json!(if table.hidden { "publicOnServer" } else { "public" }));
        if name != table.name {
            self.warn(table.line, &table.name, "renamed", format!("the table {:?} is named {name} here", table.name));
        }
        if name == names::DELETED_RECORDS {
            self.warn(
                table.line,
                &table.name,
                "change-tracking",
                "deletions are not written into this table: there is no change tracking yet",
            );
        }
        if table.triggers {
            self.warn(table.line, &table.name, "trigger", format!("{}: the code of its trigger does not run here", table.name));
        }
        let written: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).collect();
        let tracking: &[&str] = if name == names::DELETED_RECORDS { &names::DELETED_RECORDS_ATTRIBUTES } else { &[names::GLOBAL_STAMP] };
        let (assigned, _) = names::assign(&written, true, tracking);
        let mut class = Class { table: position, name, members, attributes: Vec::new(), names: HashMap::new(), line: table.line };
        for (index, (field, name)) in table.fields.iter().zip(assigned).enumerate() {
            if let Some(mut attribute) = self.attribute(table, field, &name) {
                if index == key {
                    attribute.insert("primKey".into(), json!(true));
                }
                class.attributes.push((attribute, field.line));
                class.names.insert(index, name);
            }
        }
        class
    }

    /// The attribute of a field; none for a type that is not known.
    fn attribute(&mut self, table: &Table, field: &Field, name: &str) -> Option<Map<String, Json>> {
        let path = format!("{}.{}", table.name, field.name);
        if field.ty.is_none() {
            let message = format!("the field {path} is left out: there is no type {}", field.number);
            self.warn(field.line, path, "unknown-type", message);
            return None;
        }
        if name != field.name {
            self.warn(field.line, &path, "renamed", format!("the field {path} is named {name} here"));
        }
        if name == names::GLOBAL_STAMP {
            self.warn(field.line, &path, "change-tracking", format!("{path} is not counted up: there is no change tracking yet"));
        }
        if field.is_never_null() {
            let message = format!("{path} keeps null here, where the original stores an empty value: set nullAsDefault to true for that");
            self.warn(field.line, &path, "never-null", message);
        }
        let mut attribute = Map::new();
        attribute.insert("name".into(), json!(name));
        attribute.insert("kind".into(), json!("storage"));
        attribute.extend(field.properties.clone());
        Some(attribute)
    }

    fn add_indexes(&mut self) {
        let structure = self.structure;
        for index in &structure.indexes {
            let found: Option<Vec<(usize, usize)>> = index.fields.iter().map(|field| structure.find(field)).collect();
            match found.as_deref() {
                Some([(table, field)]) => self.single_index(index, *table, *field),
                Some([(table, first), rest @ ..]) if rest.iter().all(|(other, _)| other == table) => {
                    let fields: Vec<usize> = std::iter::once(*first).chain(rest.iter().map(|(_, field)| *field)).collect();
                    self.composite_index(index, *table, &fields);
                }
                // Those of tables in the trash, and of what is left out, are no loss.
                _ => {}
            }
        }
    }

    fn single_index(&mut self, index: &Index, table: usize, field: usize) {
        let is_object = self.structure.tables[table].fields[field].ty == Some("object");
        let kind = match index.number.as_str() {
            _ if index.keywords => "keywords",
            _ if is_object => "objectPath",
            "1" => "btree",
            "3" => "cluster",
            _ => "auto",
        };
        let Some(class) = self.classes.iter_mut().find(|class| class.table == table) else { return };
        let Some(name) = class.names.get(&field) else { return };
        let named = |attribute: &&mut (Map<String, Json>, usize)| attribute.0.get("name").and_then(Json::as_str) == Some(name);
        let Some((attribute, _)) = class.attributes.iter_mut().find(named) else { return };
        // One of values and one of words may stand side by side.
        if !attribute.contains_key("indexKind") {
            attribute.insert("indexKind".into(), json!(kind));
        } else if kind == "keywords" {
            attribute.insert("keywordIndexed".into(), json!(true));
        } else if attribute.get("indexKind").and_then(Json::as_str) == Some("keywords") {
            attribute.insert("indexKind".into(), json!(kind));
            attribute.insert("keywordIndexed".into(), json!(true));
        }
        if index.unique {
            attribute.insert("unique".into(), json!(true));
        }
    }

    fn composite_index(&mut self, index: &Index, table: usize, fields: &[usize]) {
        let Some(class) = self.classes.iter_mut().find(|class| class.table == table) else { return };
        let attributes: Option<Vec<&String>> = fields.iter().map(|field| class.names.get(field)).collect();
        let Some(attributes) = attributes else {
            let (name, line) = (self.structure.tables[table].name.clone(), index.line);
            return self.warn(line, name.clone(), "index-left-out", format!("an index of {name} is left out with one of its fields"));
        };
        let mut made = Map::new();
        made.insert("attributes".into(), json!(attributes));
        if index.unique {
            made.insert("unique".into(), json!(true));
        }
        let list = class.members.entry("indexes").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(Json::Object(made));
        }
    }
}

/// Position of the field that is the key; else code and reason why the table cannot be part of a datastore (DC-3, DC-4).
fn key_of(table: &Table) -> Result<usize, (&'static str, String)> {
    match table.key_fields().as_slice() {
        [] => Err(("no-single-key", "it has no primary key".to_owned())),
        [Some(key)] => match table.fields[*key].ty {
            None => Err(("key-type", format!("its primary key {} has a type that is not known", table.fields[*key].name))),
            Some(ty @ ("object" | "image" | "blob")) => {
                Err(("key-type", format!("its primary key {} is of type {ty}", table.fields[*key].name)))
            }
            Some(_) => Ok(*key),
        },
        [None] => Err(("no-single-key", "its primary key is none of its fields".to_owned())),
        several => Err(("no-single-key", format!("its primary key has {} fields, and exactly one is needed", several.len()))),
    }
}

impl Class {
    /// Adds an attribute under a name that is valid and free, and answers it.
    pub(super) fn add(&mut self, wanted: &str, kind: &str, members: Vec<(&str, Json)>, line: usize) -> String {
        let is_free =
            |candidate: &str| !self.attributes.iter().any(|(attribute, _)| attribute.get("name").and_then(Json::as_str) == Some(candidate));
        let name = names::first_free(&names::sanitize(wanted), is_free);
        let mut attribute = Map::new();
        attribute.insert("name".into(), json!(name));
        attribute.insert("kind".into(), json!(kind));
        attribute.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.attributes.push((attribute, line));
        name
    }

    fn finish(mut self) -> Json {
        self.members.insert("attributes".into(), self.attributes.into_iter().map(|(attribute, _)| Json::Object(attribute)).collect());
        Json::Object(self.members)
    }
}
