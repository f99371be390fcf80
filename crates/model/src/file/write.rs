//! The model file of a model that was not read from one (an existing database, an import), in full.

use serde_json::{Map, Value as Json, json};

use crate::attach::DEFAULT_TOP_SIZE;
use crate::attribute::{Attribute, DateForm, IndexKind, Integrity, Kind, RelatedEntity, Rules, Storage};
use crate::model::{AttrId, CompositeIndex, Dataclass, Key, Model};
use crate::value::{DateStyle, Value, write_cell};

/// The whole file.
pub(super) fn file(model: &Model) -> Json {
    let classes: Vec<Json> = model.dataclasses().iter().map(|class| dataclass(model, class)).collect();
    json!({ "toJSON": true, "uuid": model.uuid, "dataClasses": classes })
}

fn dataclass(model: &Model, class: &Dataclass) -> Json {
    let mut object = Map::new();
    put(&mut object, "name", &class.name);
    put(&mut object, "className", &class.class_name);
    put(&mut object, "collectionName", &class.collection_name);
    put(&mut object, "scope", scope(class.exposed));
    put(&mut object, "uuid", &class.uuid);
    put(&mut object, "tableNumber", class.table_number);
    put(&mut object, "matchTable", &class.table.name);
    put_unless(&mut object, "defaultTopSize", class.default_top_size, &DEFAULT_TOP_SIZE);
    put_unless(&mut object, "readOnly", class.table.read_only, &false);
    let single = match &class.key {
        Key::Attributes(parts) if parts.len() == 1 => Some(parts[0]),
        Key::Attributes(parts) => {
            let parts: Vec<Json> = parts.iter().map(|part| json!({ "name": class.attribute(*part).name })).collect();
            put(&mut object, "key", parts);
            None
        }
        Key::RowId => {
            put(&mut object, "rowid", true);
            None
        }
        Key::None => {
            put(&mut object, "key", Vec::<Json>::new());
            None
        }
    };
    if !class.indexes.is_empty() {
        let index = |index: &CompositeIndex| {
            let names: Vec<&str> = index.attributes.iter().map(|part| class.attribute(*part).name.as_str()).collect();
            if index.unique { json!({ "attributes": names, "unique": true }) } else { json!({ "attributes": names }) }
        };
        put(&mut object, "indexes", class.indexes.iter().map(index).collect::<Vec<_>>());
    }
    let written = class.attributes.iter().filter(|attribute| !attribute.implicit);
    let attributes: Vec<Json> = written.map(|item| attribute(model, class, item, single == Some(item.id))).collect();
    put(&mut object, "attributes", attributes);
    Json::Object(object)
}

fn attribute(model: &Model, class: &Dataclass, attribute: &Attribute, is_key: bool) -> Json {
    let mut object = Map::new();
    put(&mut object, "name", &attribute.name);
    let kind_is_read_only = match &attribute.kind {
        Kind::Storage(storage) => {
            put(&mut object, "kind", "storage");
            put(&mut object, "type", storage.ty.name());
            put_storage(&mut object, storage, is_key);
            storage.generated
        }
        Kind::RelatedEntity(relation) => {
            let target = model.dataclass(relation.target);
            put(&mut object, "kind", "relatedEntity");
            put(&mut object, "type", &target.name);
            put(&mut object, "path", &target.name);
            put_relation(&mut object, class, target, relation);
            false
        }
        Kind::RelatedEntities(relation) => {
            let target = model.dataclass(relation.target);
            put(&mut object, "kind", "relatedEntities");
            put(&mut object, "type", &target.collection_name);
            put(&mut object, "reversePath", true);
            put(&mut object, "path", &target.attribute(relation.via).name);
            true
        }
        Kind::Alias(alias) => {
            put(&mut object, "kind", "alias");
            put(&mut object, "path", &alias.path);
            attribute.read_only
        }
        Kind::Calculated(calculated) => {
            put(&mut object, "kind", "calculated");
            put(&mut object, "type", calculated.ty.name());
            true
        }
    };
    // Narrower than the dataclass and, for a relation, than the other side: else it follows from them.
    put_unless(&mut object, "scope", scope(attribute.exposed || follows_from_others(model, class, attribute)), &"public");
    put_unless(&mut object, "readOnly", attribute.read_only && !kind_is_read_only, &false);
    Json::Object(object)
}

fn follows_from_others(model: &Model, class: &Dataclass, attribute: &Attribute) -> bool {
    !class.exposed || attribute.target().is_some_and(|target| !model.dataclass(target).exposed)
}

fn put_storage(object: &mut Map<String, Json>, storage: &Storage, is_key: bool) {
    let rules: &Rules = &storage.rules;
    put(object, "matchColumn", &storage.column);
    put_unless(object, "primKey", is_key, &false);
    put_unless(object, "unique", rules.unique, &false);
    put_unless(object, "not_null", rules.not_null, &false);
    put_unless(object, "autosequence", rules.autosequence, &false);
    put_unless(object, "autogenerate", rules.autogenerate, &false);
    if storage.ty == crate::attribute::StorageType::Date {
        put(object, "simpleDate", storage.simple_date);
        put_unless(object, "dateForm", storage.date_form.name(), &DateForm::Native.name());
    }
    if let Some((precision, scale)) = storage.decimal {
        put(object, "precision", precision);
        put(object, "scale", scale);
    }
    let index = match storage.index {
        IndexKind::None => "none",
        IndexKind::BTree => "btree",
        IndexKind::Keywords => "keywords",
        IndexKind::ObjectPath => "objectPath",
    };
    put_unless(object, "indexKind", index, &"none");
    put_unless(object, "generated", storage.generated, &false);
    put_unless(object, "databaseDefault", rules.database_default, &false);
    put_unless(object, "nullAsDefault", rules.null_as_default, &false);
    for (name, value) in [("defaultValue", &rules.default_value), ("minValue", &rules.min_value), ("maxValue", &rules.max_value)] {
        if let Some(value) = value {
            put(object, name, value_json(value));
        }
    }
    for (name, length) in [("minLength", rules.min_length), ("maxLength", rules.max_length)] {
        if let Some(length) = length {
            put(object, name, length);
        }
    }
    if let Some(pattern) = &rules.pattern {
        put(object, "pattern", pattern);
    }
}

fn put_relation(object: &mut Map<String, Json>, class: &Dataclass, target: &Dataclass, relation: &RelatedEntity) {
    let names = |class: &Dataclass, ids: &[AttrId]| -> Json {
        match ids {
            [only] => json!(class.attribute(*only).name),
            several => several.iter().map(|id| json!(class.attribute(*id).name)).collect(),
        }
    };
    if relation.explicit {
        put(object, "foreignKey", names(class, &relation.foreign_key));
    }
    if target.key_attributes() != relation.target_key.as_slice() {
        put(object, "targetKey", names(target, &relation.target_key));
    }
    put_unless(object, "integrity", relation.integrity.name(), &Integrity::None.name());
}

fn value_json(value: &Value) -> Json {
    let mut scratch = String::new();
    let mut out = Vec::new();
    write_cell(&mut out, value.as_cell(&mut scratch), DateStyle::Bang);
    serde_json::from_slice(&out).unwrap_or_default()
}

fn scope(exposed: bool) -> &'static str {
    if exposed { "public" } else { "publicOnServer" }
}

fn put(object: &mut Map<String, Json>, name: &str, value: impl serde::Serialize) {
    object.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
}

fn put_unless<T: serde::Serialize + PartialEq>(object: &mut Map<String, Json>, name: &str, value: T, default: &T) {
    if value != *default {
        put(object, name, value);
    }
}
