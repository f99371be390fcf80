//! `claviger openapi`: an OpenAPI 3.1 document of what a role or key can reach, and of nothing else.

use anyhow::{Result, bail};
use clap::{ArgGroup, Args};
use claviger_access::{Action, Grants, KeyType};
use claviger_model::{Attribute, Dataclass, Key, Kind, Model, StorageType};
use claviger_server::settings::Settings;
use serde_json::{Map, Value, json};

use super::keys;
use crate::folder::Folder;
use crate::output::line;

#[derive(Args)]
#[command(group(ArgGroup::new("caller").required(false).args(["key", "role"])))]
pub(crate) struct Openapi {
    /// What a Standard key with this role can reach.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// What this key can reach.
    #[arg(long, value_name = "ID")]
    key: Option<String>,
}

impl Openapi {
    pub(crate) fn run(&self, folder: &Folder) -> Result<()> {
        let settings = folder.settings()?.settings;
        let model = folder.model(&settings.name)?;
        let roles = folder.roles(&model, &settings)?;
        let grants = match (&self.key, &self.role) {
            (Some(id), _) => {
                let record = keys::record(folder, &settings, id)?;
                match record.key_type {
                    KeyType::Administration => Grants::administration(&model),
                    KeyType::Standard => Grants::for_role(&roles, record.role.as_deref(), &model),
                }
            }
            // Everything that is exposed.
            (None, None) => Grants::administration(&model),
            (None, Some(role)) => {
                if roles.role(role).is_none() {
                    bail!("no role \"{role}\" is declared: see `claviger roles check`");
                }
                Grants::for_role(&roles, Some(role), &model)
            }
        };
        let document = document(&model, &grants, &settings);
        line(&serde_json::to_string_pretty(&document)?);
        Ok(())
    }
}

/// The document.
fn document(model: &Model, grants: &Grants, settings: &Settings) -> Value {
    let server = if settings.public_url.is_empty() { format!("http://{}", settings.listen) } else { settings.public_url.clone() };
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    schemas.insert("Error".to_owned(), error_schema());
    paths.insert(
        "/rest/$catalog".to_owned(),
        json!({ "get": {
        "summary": "Dataclasses of the datastore", "operationId": "catalog",
        "responses": answers("The catalog", json!({ "type": "object" })) } }),
    );
    for class in model.dataclasses().iter().filter(|class| class.exposed) {
        let may = |action| grants.dataclass(class.id, action);
        let writes = class.is_writable() && (may(Action::Create) || may(Action::Update));
        if !may(Action::Read) && !writes {
            continue;
        }
        schemas.insert(class.name.clone(), schema(model, class, grants));
        add_paths(&mut paths, class, grants, writes);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": model.name, "version": env!("CARGO_PKG_VERSION"), "description": "The part of the data API that this caller can reach." },
        "servers": [ { "url": server } ],
        "security": [ { "apiKey": [] } ],
        "paths": paths,
        "components": {
            "securitySchemes": { "apiKey": { "type": "apiKey", "in": "header", "name": "api-key" } },
            "schemas": schemas
        }
    })
}

fn add_paths(paths: &mut Map<String, Value>, class: &Dataclass, grants: &Grants, writes: bool) {
    let name = &class.name;
    let may = |action| grants.dataclass(class.id, action);
    let entity = json!({ "$ref": format!("#/components/schemas/{name}") });
    let mut of_class = Map::new();
    if may(Action::Read) {
        of_class.insert(
            "get".to_owned(),
            json!({
            "summary": format!("A page of {name} entities"), "operationId": format!("list{name}"), "tags": [name],
            "parameters": reading_parameters(), "responses": answers("A page", page_schema(&entity)) }),
        );
    }
    if writes {
        of_class.insert(
            "post".to_owned(),
            json!({
            "summary": format!("Creates or updates {name} entities"), "operationId": format!("save{name}"), "tags": [name],
            "parameters": [ { "name": "$method", "in": "query", "required": true, "schema": { "type": "string", "enum": ["update"] } },
                            { "name": "$atomic", "in": "query", "schema": { "type": "boolean" } } ],
            "requestBody": { "required": true, "content": { "application/json": {
                "schema": { "oneOf": [ entity, { "type": "array", "items": entity } ] } } } },
            "responses": answers("The entities as saved", entity.clone()) }),
        );
    }
    if !of_class.is_empty() {
        paths.insert(format!("/rest/{name}"), Value::Object(of_class));
    }
    if class.key == Key::None {
        return;
    }
    let mut of_entity = Map::new();
    if may(Action::Read) {
        of_entity.insert(
            "get".to_owned(),
            json!({
            "summary": format!("One {name}"), "operationId": format!("get{name}"), "tags": [name],
            "parameters": [attributes_parameter()], "responses": answers("The entity", entity) }),
        );
    }
    if class.is_writable() && may(Action::Drop) && may(Action::Read) {
        of_entity.insert(
            "post".to_owned(),
            json!({
            "summary": format!("Deletes one {name}"), "operationId": format!("delete{name}"), "tags": [name],
            "parameters": [ { "name": "$method", "in": "query", "required": true, "schema": { "type": "string", "enum": ["delete"] } } ],
            "responses": answers("Deleted", json!({ "type": "object", "properties": { "ok": { "type": "boolean" } } })) }),
        );
    }
    if !of_entity.is_empty() {
        of_entity.insert(
            "parameters".to_owned(),
            json!([ { "name": "key", "in": "path", "required": true, "schema": { "type": "string" },
            "description": "The entity's `__KEY`; the parts of a composite key as in a JSON array, without its brackets." } ]),
        );
        paths.insert(format!("/rest/{name}[{{key}}]"), Value::Object(of_entity));
    }
}

/// The entity as this caller sees it.
fn schema(model: &Model, class: &Dataclass, grants: &Grants) -> Value {
    let mut properties = Map::new();
    if class.key != Key::None {
        properties.insert("__KEY".to_owned(), json!({ "type": "string" }));
        properties.insert("__STAMP".to_owned(), json!({ "type": "integer" }));
        properties.insert("__TIMESTAMP".to_owned(), json!({ "type": "string", "format": "date-time", "readOnly": true }));
    }
    for attribute in class.attributes.iter().filter(|attribute| attribute.exposed) {
        let may = |action| grants.attribute(class.at(attribute.id), action);
        if may(Action::Read) || may(Action::Create) || may(Action::Update) {
            let mut shown = attribute_schema(model, attribute);
            if attribute.read_only || !(may(Action::Create) || may(Action::Update)) {
                shown["readOnly"] = true.into();
            }
            if !may(Action::Read) {
                shown["writeOnly"] = true.into();
            }
            properties.insert(attribute.name.clone(), shown);
        }
    }
    json!({ "type": "object", "properties": properties })
}

fn attribute_schema(model: &Model, attribute: &Attribute) -> Value {
    match &attribute.kind {
        Kind::Storage(storage) => {
            let mut shown = scalar(storage.ty, storage.simple_date);
            let rules = &storage.rules;
            for (name, value) in [("minLength", rules.min_length), ("maxLength", rules.max_length)] {
                if let Some(value) = value {
                    shown[name] = value.into();
                }
            }
            shown
        }
        Kind::Calculated(calculated) => scalar(calculated.ty, calculated.simple_date),
        Kind::Alias(alias) => match alias.steps.last().map(|at| model.attribute(*at)) {
            Some(target) if !alias.many => attribute_schema(model, target),
            _ => json!({}),
        },
        Kind::RelatedEntity(relation) => {
            json!({ "type": ["object", "null"], "description": format!("A {}, deferred unless expanded.", model.dataclass(relation.target).name) })
        }
        Kind::RelatedEntities(relation) => {
            json!({ "type": "object", "readOnly": true, "description": format!("{} entities, deferred unless expanded.", model.dataclass(relation.target).name) })
        }
    }
}

/// Types on the wire; everything may be null.
fn scalar(ty: StorageType, simple_date: bool) -> Value {
    match ty {
        StorageType::String => json!({ "type": ["string", "null"] }),
        StorageType::Uuid => json!({ "type": ["string", "null"], "pattern": "^[0-9A-F]{32}$" }),
        StorageType::Bool => json!({ "type": ["boolean", "null"] }),
        StorageType::Byte | StorageType::Word => json!({ "type": ["integer", "null"] }),
        StorageType::Long => json!({ "type": ["integer", "null"], "format": "int32" }),
        StorageType::Long64 => json!({ "type": ["integer", "null"], "format": "int64" }),
        StorageType::Number => json!({ "type": ["number", "null"] }),
        StorageType::Duration => json!({ "type": ["integer", "null"], "description": "Milliseconds." }),
        StorageType::Date if simple_date => json!({ "type": ["string", "null"], "description": "A date, `d!m!yyyy`." }),
        StorageType::Date => json!({ "type": ["string", "null"], "format": "date-time" }),
        StorageType::Object => json!({ "type": ["object", "array", "null"] }),
        StorageType::Image | StorageType::Blob => json!({ "type": ["object", "null"], "readOnly": true, "description": "Deferred bytes." }),
    }
}

fn reading_parameters() -> Value {
    let text = |name: &str, about: &str| json!({ "name": name, "in": "query", "description": about, "schema": { "type": "string" } });
    let number = |name: &str, about: &str| json!({ "name": name, "in": "query", "description": about, "schema": { "type": "integer", "minimum": 0 } });
    json!([
        text("$filter", "Which entities, as in `\"price > 10 AND author.fullName = 'A@'\"`."),
        text("$orderby", "Order, as in `title asc, price desc`."),
        number("$top", "Largest number of entities to send."),
        number("$skip", "Position of the first entity to send."),
        attributes_parameter()
    ])
}

fn attributes_parameter() -> Value {
    json!({ "name": "$attributes", "in": "query", "description": "Which attributes, as in `title,author.fullName`.", "schema": { "type": "string" } })
}

fn page_schema(entity: &Value) -> Value {
    json!({ "type": "object", "properties": {
        "__COUNT": { "type": "integer" }, "__FIRST": { "type": "integer" }, "__SENT": { "type": "integer" },
        "__ENTITIES": { "type": "array", "items": entity } } })
}

fn error_schema() -> Value {
    json!({ "type": "object", "properties": { "__ERROR": { "type": "array", "items": { "type": "object", "properties": {
        "message": { "type": "string" }, "componentSignature": { "type": "string" }, "errCode": { "type": "integer" } } } } } })
}

fn answers(about: &str, schema: Value) -> Value {
    let error = |about: &str| json!({ "description": about, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } });
    json!({
        "200": { "description": about, "content": { "application/json": { "schema": schema } } },
        "400": error("The request cannot be understood, or carries no key"),
        "401": error("The key is not valid or expired, or a permission is missing"),
        "403": error("The key may not be used from this address"),
        "404": error("No such dataclass, attribute or entity")
    })
}
