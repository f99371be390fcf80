//! `$catalog` (`rest-dialect.md` 8).

use claviger_model::value::write_json_string;
use claviger_model::{Attribute, Dataclass, FunctionClass, IndexKind, Kind, Model};
use claviger_query::{Catalog, CatalogClass, CatalogFunction};
use serde_json::{Map, Value, json};

/// The body of a `$catalog` request. `name` is the application's name.
pub(super) fn body(model: &Model, name: &str, catalog: &Catalog) -> Vec<u8> {
    let mut out = Vec::with_capacity(4096);
    out.extend_from_slice(b"{\"__UNIQID\":");
    write_json_string(&mut out, &model.uuid);
    out.extend_from_slice(b",\"__BASEID\":null,\"__NAME\":");
    write_json_string(&mut out, name);
    out.extend_from_slice(b",\"properties\":{\"supportJSONEntityKey\":true,\"supportDeleteStamp\":true}");
    if !catalog.functions.is_empty() {
        out.extend_from_slice(format!(",\"methods\":{}", methods(&catalog.functions)).as_bytes());
    }
    if !catalog.singletons.is_empty() {
        let singletons: Vec<Value> = catalog.singletons.iter().map(|(name, functions)| singleton(name, functions)).collect();
        out.extend_from_slice(format!(",\"singletons\":{}", Value::Array(singletons)).as_bytes());
    }
    out.extend_from_slice(b",\"dataClasses\":[");
    for (index, listed) in catalog.dataclasses.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let described = if catalog.full { full(model, listed) } else { short(model.dataclass(listed.class)) };
        out.extend_from_slice(described.to_string().as_bytes());
    }
    out.extend_from_slice(b"]}");
    out
}

fn short(dataclass: &Dataclass) -> Value {
    let name = &dataclass.name;
    json!({ "name": name, "uri": format!("/rest/$catalog/{name}"), "dataURI": format!("/rest/{name}") })
}

fn full(model: &Model, listed: &CatalogClass) -> Value {
    let dataclass = model.dataclass(listed.class);
    let mut out = Map::new();
    out.insert("name".into(), json!(dataclass.name));
    out.insert("className".into(), json!(dataclass.class_name));
    out.insert("collectionName".into(), json!(dataclass.collection_name));
    out.insert("exposed".into(), json!(true));
    out.insert("tableNumber".into(), json!(dataclass.table_number));
    out.insert("scope".into(), json!("public"));
    out.insert("uuid".into(), json!(dataclass.uuid));
    out.insert("dataURI".into(), json!(format!("/rest/{}", dataclass.name)));
    if dataclass.default_top_size != 100 {
        out.insert("defaultTopSize".into(), json!(dataclass.default_top_size));
    }
    let attributes: Vec<Value> = listed.attributes.iter().map(|id| attribute(model, dataclass, dataclass.attribute(*id), listed)).collect();
    out.insert("attributes".into(), Value::Array(attributes));
    if !listed.functions.is_empty() {
        out.insert("methods".into(), methods(&listed.functions));
    }
    let key: Vec<Value> = dataclass.key_attributes().iter().map(|id| json!({ "name": dataclass.attribute(*id).name })).collect();
    out.insert("key".into(), Value::Array(key));
    Value::Object(out)
}

/// Functions, as 8.3 has them.
fn methods(functions: &[CatalogFunction]) -> Value {
    let item = |function: &CatalogFunction| {
        let apply_to = match function.class {
            FunctionClass::Datastore | FunctionClass::Singleton(_) => "dataStore",
            FunctionClass::Dataclass(_) => "dataClass",
            FunctionClass::Selection(_) => "entityCollection",
            FunctionClass::Entity(_) => "entity",
        };
        json!({ "name": function.name, "applyTo": apply_to, "scope": "public", "from": "remoteServer",
            "allowedOnHTTPGET": function.on_http_get, "exposed": true })
    };
    functions.iter().map(item).collect()
}

/// A singleton, as 8.1 has it.
fn singleton(name: &str, functions: &[CatalogFunction]) -> Value {
    let item = |function: &CatalogFunction| json!({ "name": function.name, "allowedOnHTTPGET": function.on_http_get, "exposed": true });
    json!({ "name": name, "methods": functions.iter().map(item).collect::<Vec<_>>() })
}

/// One attribute (8.4); members that would be false are absent.
fn attribute(model: &Model, dataclass: &Dataclass, attribute: &Attribute, listed: &CatalogClass) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), json!(attribute.name));
    let kind = match &attribute.kind {
        Kind::Storage(_) => "storage",
        Kind::RelatedEntity(_) => "relatedEntity",
        Kind::RelatedEntities(_) => "relatedEntities",
        Kind::Alias(_) => "alias",
        Kind::Calculated(_) => "calculated",
    };
    out.insert("kind".into(), json!(kind));
    if matches!(attribute.kind, Kind::Storage(_) | Kind::RelatedEntity(_) | Kind::RelatedEntities(_)) {
        out.insert("fieldPos".into(), json!(attribute.id.0 + 1));
    }
    out.insert("scope".into(), json!("public"));
    out.insert("exposed".into(), json!(true));
    match &attribute.kind {
        Kind::Storage(storage) => {
            out.insert("uuid".into(), json!(attribute.uuid));
            let identifying = dataclass.key_attributes().contains(&attribute.id);
            if identifying || storage.rules.unique || storage.index != IndexKind::None {
                out.insert("indexed".into(), json!(true));
            }
            if storage.rules.unique {
                out.insert("unique".into(), json!(true));
            }
            if storage.rules.not_null {
                out.insert("not_null".into(), json!(true));
            }
            if storage.rules.autosequence {
                out.insert("autosequence".into(), json!(true));
            }
            out.insert("type".into(), json!(storage.ty.name()));
            if storage.ty == claviger_model::StorageType::Date {
                out.insert("simpleDate".into(), json!(storage.simple_date));
            }
            if identifying {
                out.insert("identifying".into(), json!(true));
            }
        }
        Kind::RelatedEntity(relation) => {
            let target = model.dataclass(relation.target);
            out.insert("type".into(), json!(target.name));
            if let [key] = relation.foreign_key.as_slice() {
                let key = dataclass.attribute(*key);
                if listed.attributes.contains(&key.id) {
                    out.insert("foreignKey".into(), json!(key.name));
                }
            }
            if let Some(inverse) = relation.inverse.map(|id| target.attribute(id)).filter(|inverse| inverse.exposed) {
                out.insert("inverseName".into(), json!(inverse.name));
            }
            out.insert("path".into(), json!(target.name));
        }
        Kind::RelatedEntities(relation) => {
            let target = model.dataclass(relation.target);
            out.insert("type".into(), json!(target.collection_name));
            let via = target.attribute(relation.via);
            out.insert("inverseName".into(), json!(via.name));
            out.insert("reversePath".into(), json!(true));
            out.insert("path".into(), json!(via.name));
        }
        Kind::Alias(alias) => {
            out.insert("type".into(), json!(alias_type(model, alias)));
            out.insert("path".into(), json!(alias.path));
        }
        Kind::Calculated(calculated) => {
            out.insert("type".into(), json!(calculated.ty.name()));
            if calculated.ty == claviger_model::StorageType::Date {
                out.insert("simpleDate".into(), json!(calculated.simple_date));
            }
        }
    }
    if attribute.read_only && !matches!(attribute.kind, Kind::RelatedEntities(_) | Kind::RelatedEntity(_)) {
        out.insert("readOnly".into(), json!(true));
    }
    Value::Object(out)
}

/// The type of what an alias points to.
fn alias_type(model: &Model, alias: &claviger_model::Alias) -> String {
    let Some(last) = alias.steps.last() else { return "string".into() };
    match &model.attribute(*last).kind {
        Kind::Storage(storage) => storage.ty.name().into(),
        Kind::Calculated(calculated) => calculated.ty.name().into(),
        Kind::RelatedEntity(relation) if alias.many => model.dataclass(relation.target).collection_name.clone(),
        Kind::RelatedEntity(relation) => model.dataclass(relation.target).name.clone(),
        Kind::RelatedEntities(relation) => model.dataclass(relation.target).collection_name.clone(),
        Kind::Alias(_) => "string".into(),
    }
}
