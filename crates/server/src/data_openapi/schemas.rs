//! Schemas of a dataclass: an entity as it is sent (`Book`), a page (`Book.page`), an entity to save (`Book.save`; without its key:
//! `Book.change`), one as it was saved (`Book.saved`, several: `Book.savedAll`).

use claviger_model::{Attribute, Dataclass, Kind};
use serde_json::{Value, json};

use super::{Members, View, attributes, component, reference, visible};

/// Adds those that the caller has a use for.
pub(super) fn add(view: View<'_>, class: &Dataclass, schemas: &mut Members) {
    let name = component(&class.name);
    schemas.insert(name.clone(), entity(view, class));
    if view.reads(class) {
        schemas.insert(format!("{name}.page"), page(class, &reference(&name)));
    }
    if view.saves(class) {
        let saved = format!("{name}.saved");
        schemas.insert(format!("{name}.save"), save(view, class));
        if view.updates(class) && !class.key_attributes().is_empty() {
            schemas.insert(format!("{name}.change"), change(view, class));
        }
        schemas.insert(saved.clone(), with_status(&reference(&name)));
        schemas.insert(
            format!("{name}.savedAll"),
            json!({
                "type": "object",
                "description": "Answer to an array, in its order. `__ERROR` is there when one of them was refused.",
                "required": ["__ENTITIES"],
                "properties": { "__ENTITIES": { "type": "array", "items": reference(&saved) }, "__ERROR": errors() }
            }),
        );
    }
}

fn errors() -> Value {
    json!({ "$ref": "#/components/schemas/rest.Error/properties/__ERROR" })
}

/// The entity as this caller sees it. Nothing is required: `$attributes` cuts it down.
fn entity(view: View<'_>, class: &Dataclass) -> Value {
    let mut properties = Members::new();
    let key: Vec<&str> = class.key_attributes().iter().map(|id| class.attribute(*id).name.as_str()).collect();
    if !key.is_empty() {
        properties.insert(
            "__KEY".to_owned(),
            json!({ "type": "string", "description": "The key as text; of several parts: a JSON array as text." }),
        );
        properties.insert("__STAMP".to_owned(), json!({ "type": "integer", "description": "Grows with each change." }));
        properties.insert("__TIMESTAMP".to_owned(), json!({ "type": "string", "format": "date-time", "readOnly": true }));
    }
    properties.insert(
        "__DATACLASS".to_owned(),
        json!({ "type": "string", "const": class.name, "readOnly": true, "description": "Of a single entity." }),
    );
    let invalid = "An attribute that was asked for by name may not be read.";
    properties.insert("__INVALID".to_owned(), json!({ "type": "integer", "const": 1, "readOnly": true, "description": invalid }));
    for attribute in visible(class) {
        let (reads, sets) = (view.reads_attribute(class, attribute), view.sets_attribute(class, attribute));
        if !reads && !sets {
            continue;
        }
        let mut shown = attributes::sent(view, class, attribute);
        if !sets {
            shown["readOnly"] = true.into();
        }
        if !reads {
            shown["writeOnly"] = true.into();
        }
        properties.insert(attribute.name.clone(), shown);
    }
    json!({ "type": "object", "title": class.name, "x-key": key, "properties": properties })
}

fn page(class: &Dataclass, entity: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["__DATACLASS", "__entityModel", "__GlobalStamp", "__COUNT", "__FIRST", "__ENTITIES", "__SENT"],
        "properties": {
            "__DATACLASS": { "type": "string", "const": class.name },
            "__entityModel": { "type": "string", "const": class.name },
            "__GlobalStamp": { "type": "integer" },
            "__ENTITYSET": { "type": "string", "description": "Where the set is that was made: `/rest/{dataclass}/$entityset/{id}`." },
            "__COUNT": { "type": "integer", "description": "Entities found in all." },
            "__FIRST": { "type": "integer", "description": "Position of the first one sent." },
            "__ENTITIES": { "type": "array", "items": entity },
            "__SENT": { "type": "integer", "description": "Entities sent." }
        }
    })
}

/// What a save may name. What a caller may not set is not there.
fn save(view: View<'_>, class: &Dataclass) -> Value {
    let mut properties = Members::new();
    if view.updates(class) {
        properties.insert(
            "__KEY".to_owned(),
            json!({ "type": ["string", "integer"], "description": "Of the entity to change; absent: a new one." }),
        );
        properties.insert("__STAMP".to_owned(), stamp());
    }
    add_taken(view, class, &mut properties);
    let mut schema = json!({ "type": "object", "title": class.name, "properties": properties });
    let existing = json!({ "required": ["__KEY"] });
    match (view.creates(class), view.updates(class)) {
        (true, true) => schema["anyOf"] = json!([created(class, &schema["properties"]), existing]),
        (true, false) => schema["allOf"] = json!([created(class, &schema["properties"])]),
        (false, _) => schema["allOf"] = json!([existing]),
    }
    schema
}

/// What a save of the entity that the path names may name: its key stays.
fn change(view: View<'_>, class: &Dataclass) -> Value {
    let mut properties = Members::new();
    properties.insert("__STAMP".to_owned(), stamp());
    add_taken(view, class, &mut properties);
    properties.retain(|_, shown| shown.get("x-key").is_none());
    json!({ "type": "object", "title": class.name, "properties": properties })
}

fn stamp() -> Value {
    json!({ "type": "integer", "description": "As it was read: refused when the entity changed since." })
}

fn add_taken(view: View<'_>, class: &Dataclass, properties: &mut Members) {
    for attribute in visible(class).filter(|attribute| view.sets_attribute(class, attribute)) {
        if let Some(taken) = attributes::taken(view, class, attribute) {
            properties.insert(attribute.name.clone(), taken);
        }
    }
}

/// What a new entity needs of these properties. A foreign key may be given by its relation.
fn created(class: &Dataclass, properties: &Value) -> Value {
    let mandatory = |attribute: &&Attribute| properties[&attribute.name].get("x-mandatory").is_some();
    let relation_of = |key: &Attribute| {
        visible(class).find(|relation| {
            let by = matches!(&relation.kind, Kind::RelatedEntity(one) if one.foreign_key == [key.id]);
            by && properties.get(&relation.name).is_some()
        })
    };
    let (mut needed, mut either) = (Vec::new(), Vec::new());
    for attribute in visible(class).filter(mandatory) {
        match relation_of(attribute) {
            None => needed.push(attribute.name.as_str()),
            Some(relation) => either.push(json!({ "anyOf": [{ "required": [attribute.name] }, { "required": [relation.name] }] })),
        }
    }
    let mut schema = json!({ "required": needed });
    if !either.is_empty() {
        schema["allOf"] = either.into();
    }
    schema
}

fn with_status(entity: &Value) -> Value {
    let status = json!({
        "type": "object",
        "required": ["__STATUS"],
        "properties": { "__STATUS": reference("rest.Status"), "uri": { "type": "string" }, "__ERROR": errors() }
    });
    json!({ "allOf": [entity, status] })
}
