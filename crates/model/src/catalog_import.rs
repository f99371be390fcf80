//! Import of table definitions, `catalog.4DCatalog` (`data-model.md` 4.5): one way, XML to a model file.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};

use crate::names;
use crate::problem::Problem;

/// A model file (for [`crate::Model::from_json`]) made of the XML, with warnings about what was left out.
///
/// # Errors
/// The XML cannot be read, or holds no `<base>`.
pub fn import(xml: &str) -> Result<(Value, Vec<Problem>), Problem> {
    let mut import = Import::default();
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    loop {
        let broken = |error: &dyn std::fmt::Display| Problem::error("", "not-xml", format!("The file is not well-formed XML: {error}"));
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(element) => import.start(&element, true).map_err(|error| broken(&error))?,
            Event::Empty(element) => import.start(&element, false).map_err(|error| broken(&error))?,
            Event::End(element) => import.end(element.local_name().as_ref()),
            Event::Eof => break,
            _ => {}
        }
    }
    if !import.has_base {
        return Err(Problem::error("", "no-base", "The file holds no <base> element: it is no table definition"));
    }
    Ok(import.finish())
}

#[derive(Default)]
struct Import {
    has_base: bool,
    tables: Vec<Table>,
    relations: Vec<Relation>,
    indexes: Vec<Index>,
    in_table: bool,
    in_relation: bool,
    in_index: bool,
    source_side: bool,
}

#[derive(Default)]
struct Table {
    name: String,
    uuid: String,
    hidden: bool,
    trashed: bool,
    fields: Vec<Field>,
    keys: Vec<String>,
}

#[derive(Default)]
struct Field {
    name: String,
    uuid: String,
    properties: Map<String, Value>,
    readable_type: bool,
}

#[derive(Default)]
struct Index {
    keywords: bool,
    unique: bool,
    /// Identifiers of its fields.
    fields: Vec<String>,
}

#[derive(Default)]
struct Relation {
    to_one: String,
    to_many: String,
    active: bool,
    integrity: Option<String>,
    source: (String, String),
    destination: (String, String),
}

type Attributes = Vec<(String, String)>;

fn attributes(element: &BytesStart<'_>) -> Result<Attributes, String> {
    element
        .attributes()
        .map(|attribute| {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let name = attribute.key.local_name().as_ref().to_owned();
            let raw = attribute.value.clone().into_owned();
            let value = quick_xml::escape::unescape(&raw).map_err(|error| error.to_string())?.into_owned();
            Ok((name, value))
        })
        .collect()
}

fn get<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn is_true(attributes: &Attributes, name: &str) -> bool {
    get(attributes, name) == Some("true")
}

fn text(attributes: &Attributes, name: &str) -> String {
    get(attributes, name).unwrap_or_default().to_owned()
}

impl Import {
    fn start(&mut self, element: &BytesStart<'_>, open: bool) -> Result<(), String> {
        let with = attributes(element)?;
        match element.local_name().as_ref() {
            "base" => self.has_base = true,
            "table" if self.in_relation || self.in_index => {}
            "table" => {
                let table = Table {
                    name: text(&with, "name"),
                    uuid: hex(get(&with, "uuid")),
                    hidden: is_true(&with, "hide_in_REST"),
                    ..Table::default()
                };
                self.tables.push(table);
                self.in_table = open;
            }
            "table_extra" if self.in_table && is_true(&with, "trashed") => {
                if let Some(table) = self.tables.last_mut() {
                    table.trashed = true;
                }
            }
            "field" if self.in_table => {
                if let Some(table) = self.tables.last_mut() {
                    table.fields.push(field(&with));
                }
            }
            "primary_key" if self.in_table => {
                if let Some(table) = self.tables.last_mut() {
                    table.keys.push(text(&with, "field_name"));
                }
            }
            "relation" => {
                self.relations.push(Relation {
                    to_one: text(&with, "name_Nto1"),
                    to_many: text(&with, "name_1toN"),
                    active: get(&with, "state").is_none_or(|state| state == "1"),
                    integrity: get(&with, "integrity").map(str::to_owned),
                    ..Relation::default()
                });
                self.in_relation = open;
            }
            "related_field" => self.source_side = get(&with, "kind") == Some("source"),
            "index" => {
                let (keywords, unique) = (get(&with, "kind") == Some("keywords"), is_true(&with, "unique_keys"));
                self.indexes.push(Index { keywords, unique, fields: Vec::new() });
                self.in_index = open;
            }
            "field_ref" if self.in_relation => {
                if let Some(relation) = self.relations.last_mut() {
                    let side = if self.source_side { &mut relation.source } else { &mut relation.destination };
                    side.1 = text(&with, "name");
                    if let Some(table) =
                        self.tables.iter().find(|table| table.fields.iter().any(|field| field.uuid == hex(get(&with, "uuid"))))
                    {
                        side.0.clone_from(&table.name);
                    }
                }
            }
            "field_ref" if self.in_index => {
                if let Some(index) = self.indexes.last_mut() {
                    index.fields.push(hex(get(&with, "uuid")));
                }
            }
            "table_ref" if self.in_relation => {
                if let Some(relation) = self.relations.last_mut() {
                    let side = if self.source_side { &mut relation.source } else { &mut relation.destination };
                    side.0 = text(&with, "name");
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        match name {
            "table" => self.in_table = false,
            "relation" => self.in_relation = false,
            "index" => self.in_index = false,
            _ => {}
        }
    }

    fn finish(mut self) -> (Value, Vec<Problem>) {
        let mut problems = Vec::new();
        self.tables.retain(|table| {
            if table.trashed {
                return false;
            }
            if table.keys.len() != 1 {
                let message =
                    format!("The table {} has {} primary key fields and is left out: exactly one is needed", table.name, table.keys.len());
                problems.push(Problem::warning(&table.name, "no-single-key", message));
                return false;
            }
            true
        });
        let mut classes: Vec<Class> =
            self.class_names().into_iter().zip(&self.tables).map(|(name, table)| self.class(name, table, &mut problems)).collect();
        for relation in self.relations.iter().filter(|relation| relation.active) {
            if let Some(problem) = add_relation(relation, &mut classes) {
                problems.push(problem);
            }
        }
        let classes: Vec<Value> = classes.into_iter().map(Class::finish).collect();
        (json!({ "toJSON": true, "dataClasses": classes }), problems)
    }

    fn class_names(&self) -> Vec<String> {
        let written: Vec<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
        names::assign(&written, true, &[names::DELETED_RECORDS]).0
    }

    /// A table with its fields; relations come later.
    fn class(&self, name: String, table: &Table, problems: &mut Vec<Problem>) -> Class {
        let mut class = Class { table: table.name.clone(), members: Map::new(), attributes: Vec::new(), names: HashMap::new(), name };
        class.members.insert("name".into(), json!(class.name));
        if !table.uuid.is_empty() {
            class.members.insert("uuid".into(), json!(table.uuid));
        }
        class.members.insert("scope".into(), json!(if table.hidden { "publicOnServer" } else { "public" }));
        let written: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).collect();
        let tracking: &[&str] =
            if class.name == names::DELETED_RECORDS { &names::DELETED_RECORDS_ATTRIBUTES } else { &[names::GLOBAL_STAMP] };
        for (field, name) in table.fields.iter().zip(names::assign(&written, false, tracking).0) {
            let path = format!("{}.{}", table.name, field.name);
            if !field.readable_type {
                let message = format!("The field {path} has a type that is not known and is left out");
                problems.push(Problem::warning(&path, "unknown-type", message));
                continue;
            }
            if name != field.name {
                problems.push(Problem::warning(&path, "renamed", format!("The field {path} is named {name} here")));
            }
            let mut attribute = field.properties.clone();
            if attribute.contains_key("nullAsDefault") {
                let message = format!("{path} stores no nulls in the original; here null stays null (nullAsDefault is kept as a note)");
                problems.push(Problem::warning(&path, "never-null", message));
            }
            attribute.insert("name".into(), json!(name));
            for index in self.indexes.iter().filter(|index| index.fields == [field.uuid.as_str()]) {
                attribute.insert("indexKind".into(), json!(if index.keywords { "keywords" } else { "auto" }));
                if index.unique {
                    attribute.insert("unique".into(), json!(true));
                }
            }
            if table.keys.first() == Some(&field.name) {
                attribute.insert("primKey".into(), json!(true));
            }
            class.names.insert(field.name.clone(), name);
            class.attributes.push(attribute);
        }
        class
    }
}

/// A dataclass being made.
struct Class {
    /// Name of the table.
    table: String,
    name: String,
    members: Map<String, Value>,
    attributes: Vec<Map<String, Value>>,
    /// Attribute name of each field.
    names: HashMap<String, String>,
}

impl Class {
    /// Adds a relation under a name that is valid and free, and answers it.
    fn add(&mut self, wanted: &str, kind: &str, members: &[(&str, Value)]) -> String {
        let is_free =
            |candidate: &str| !self.attributes.iter().any(|attribute| attribute.get("name").and_then(Value::as_str) == Some(candidate));
        let name = names::first_free(&names::sanitize(wanted), is_free);
        let mut attribute = Map::new();
        attribute.insert("name".into(), json!(name));
        attribute.insert("kind".into(), json!(kind));
        attribute.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.attributes.push(attribute);
        name
    }

    fn finish(mut self) -> Value {
        self.members.insert("attributes".into(), self.attributes.into_iter().map(Value::Object).collect());
        Value::Object(self.members)
    }
}

/// Adds both ends of a relation; what stands in the way is a warning.
fn add_relation(relation: &Relation, classes: &mut [Class]) -> Option<Problem> {
    let left_out = |why: &str| {
        let message = format!("The relation {} is left out: {why}", relation.to_one);
        Some(Problem::warning(&relation.to_one, "relation-left-out", message))
    };
    let position = |table: &String| classes.iter().position(|class| class.table == *table);
    let (Some(source), Some(target)) = (position(&relation.source.0), position(&relation.destination.0)) else {
        return left_out("one of its tables is not part of the model");
    };
    let Some(foreign_key) = classes[source].names.get(&relation.source.1).cloned() else {
        return left_out("its foreign key field is not part of the model");
    };
    let (source_name, target_name) = (classes[source].name.clone(), classes[target].name.clone());
    let mut members = vec![("type", json!(target_name)), ("path", json!(target_name)), ("foreignKey", json!(foreign_key))];
    // A relation that does not lead to the key says where it leads to.
    let target_key = classes[target].names.get(&relation.destination.1).cloned();
    let is_key = |attribute: &Map<String, Value>| {
        attribute.contains_key("primKey") && attribute.get("name").and_then(Value::as_str) == target_key.as_deref()
    };
    if let Some(target_key) = &target_key
        && !classes[target].attributes.iter().any(is_key)
    {
        members.push(("targetKey", json!(target_key)));
    }
    if let Some(integrity) = relation.integrity.as_deref().and_then(integrity) {
        members.push(("integrity", json!(integrity)));
    }
    let or_default = |written: &str, default: String| if written.is_empty() { default } else { written.to_owned() };
    let wanted = or_default(&relation.to_one, names::lower_first(&target_name));
    let to_one = classes[source].add(&wanted, "relatedEntity", &members);
    let wanted = or_default(&relation.to_many, format!("{}Selection", names::lower_first(&source_name)));
    let members = [("type", json!(format!("{source_name}Selection"))), ("reversePath", json!(true)), ("path", json!(to_one))];
    classes[target].add(&wanted, "relatedEntities", &members);
    None
}

fn field(with: &Attributes) -> Field {
    let name = text(with, "name");
    let mut properties = Map::new();
    properties.insert("name".into(), json!(name));
    properties.insert("kind".into(), json!("storage"));
    properties.insert("uuid".into(), json!(hex(get(with, "uuid"))));
    let ty = if is_true(with, "store_as_UUID") { Some("uuid") } else { get(with, "type").and_then(field_type) };
    if let Some(ty) = ty {
        properties.insert("type".into(), json!(ty));
        if ty == "date" {
            properties.insert("simpleDate".into(), json!(true));
        }
    }
    for name in ["unique", "autosequence", "autogenerate", "not_null"] {
        if is_true(with, name) {
            properties.insert(name.into(), json!(true));
        }
    }
    if let Some(limit) = get(with, "limiting_length").and_then(|limit| limit.parse::<u32>().ok()) {
        properties.insert("limiting_length".into(), json!(limit));
    }
    if is_true(with, "hide_in_REST") {
        properties.insert("scope".into(), json!("publicOnServer"));
    }
    if is_true(with, "never_null") {
        properties.insert("nullAsDefault".into(), json!(true));
    }
    Field { name, uuid: hex(get(with, "uuid")), properties, readable_type: ty.is_some() }
}

/// Field type numbers of `data-model.md` 4.5.
fn field_type(number: &str) -> Option<&'static str> {
    Some(match number {
        "1" => "bool",
        "3" => "word",
        "4" => "long",
        "5" => "long64",
        "6" => "number",
        "8" => "date",
        "9" => "duration",
        "10" | "14" => "string",
        "12" => "image",
        "18" => "blob",
        "21" => "object",
        _ => return None,
    })
}

fn integrity(text: &str) -> Option<&'static str> {
    Some(match text {
        "reject" => "reject",
        "delete" | "cascade" => "cascade",
        "setNull" => "setNull",
        _ => return None,
    })
}

/// 32 upper-case hexadecimal digits, without dashes.
fn hex(uuid: Option<&str>) -> String {
    uuid.unwrap_or_default().chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE base SYSTEM "http://example.org/base.dtd">
<base name="shop" uuid="0A">
  <table name="Customer" uuid="11" id="1">
    <field name="ID" uuid="12" type="4" unique="true" autosequence="true" not_null="true" id="1"/>
    <field name="name" uuid="13" type="10" limiting_length="80" never_null="true" id="2"><field_extra/></field>
    <field name="token" uuid="14" type="10" store_as_UUID="true" hide_in_REST="true" id="3"/>
    <field name="odd" uuid="15" type="99" id="4"/>
    <primary_key field_name="ID" field_uuid="12"/>
  </table>
  <table name="Invoice" uuid="21" id="2">
    <field name="ID" uuid="22" type="5" id="1"/>
    <field name="customerID" uuid="23" type="4" id="2"/>
    <field name="at" uuid="24" type="8" id="3"/>
    <primary_key field_name="ID" field_uuid="22"/>
  </table>
  <table name="Keyless" uuid="31" id="3"><field name="x" uuid="32" type="1" id="1"/></table>
  <table name="(Old)" uuid="41" id="4"><table_extra trashed="true"/></table>
  <relation uuid="51" name_Nto1="customer" name_1toN="invoices" state="1">
    <related_field kind="source"><field_ref uuid="23" name="customerID"><table_ref uuid="21" name="Invoice"/></field_ref></related_field>
    <related_field kind="destination"><field_ref uuid="12" name="ID"><table_ref uuid="11" name="Customer"/></field_ref></related_field>
  </relation>
  <index kind="regular" type="7" unique_keys="false"><field_ref uuid="13" name="name"><table_ref name="Customer"/></field_ref></index>
</base>"#;

    #[test]
    fn tables_fields_relations_and_indexes_come_over() {
        let (model, problems) = import(XML).unwrap();
        let classes = model["dataClasses"].as_array().unwrap();
        assert_eq!(classes.iter().map(|class| class["name"].as_str().unwrap()).collect::<Vec<_>>(), ["Customer", "Invoice"]);
        let customer = &classes[0]["attributes"];
        assert_eq!(customer[0]["primKey"], true);
        assert_eq!(customer[1]["limiting_length"], 80);
        assert_eq!(customer[1]["indexKind"], "auto");
        assert_eq!(customer[2]["type"], "uuid");
        assert_eq!(customer[2]["scope"], "publicOnServer");
        assert_eq!(customer[3]["name"], "invoices");
        assert_eq!(customer[3]["path"], "customer");
        let invoice = &classes[1]["attributes"];
        assert_eq!(invoice[2]["simpleDate"], true);
        assert_eq!(
            invoice[3],
            serde_json::json!({ "name": "customer", "kind": "relatedEntity", "type": "Customer", "path": "Customer", "foreignKey": "customerID" })
        );
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
        assert!(["no-single-key", "unknown-type", "never-null"].iter().all(|code| codes.contains(code)), "{codes:?}");
    }

    #[test]
    fn names_and_collisions_make_a_model_that_loads() {
        let xml = XML
            .replace("\"customerID\"", "\"customer\"")
            .replace("name=\"name\"", "name=\"full name\"")
            .replace("kind=\"regular\"", "kind=\"keywords\"");
        let (file, problems) = import(&xml).unwrap();
        assert!(problems.iter().any(|problem| problem.code == "renamed"), "{problems:?}");
        let (model, _) = crate::Model::from_json(&file.to_string(), "shop").unwrap();
        let names = |class: &str| model.find(class).unwrap().attributes.iter().map(|attribute| attribute.name.clone()).collect::<Vec<_>>();
        assert_eq!(names("Customer"), ["ID", "full_name", "token", "invoices"]);
        assert_eq!(names("Invoice"), ["ID", "customer", "at", "customer_2"]);
        let name = model.find("Customer").unwrap().find("full_name").unwrap().storage().unwrap();
        assert_eq!(name.index, crate::IndexKind::Keywords);
    }

    #[test]
    fn what_is_no_table_definition_is_refused() {
        assert_eq!(import("<other/>").unwrap_err().code, "no-base");
        assert_eq!(import("<base></table>").unwrap_err().code, "not-xml");
    }
}
