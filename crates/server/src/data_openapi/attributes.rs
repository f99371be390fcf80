//! Schemas of attributes: as they are sent, as they are taken, as a key in a path (`rest-dialect.md` 5.4, 12.1).

use claviger_model::value::{DateStyle, write_cell};
use claviger_model::{Attribute, ClassId, Dataclass, Kind, Model, Storage, StorageType, Value as Data};
use serde_json::{Value, json};

use super::{View, component, reference};

/// As it stands in an entity.
pub(super) fn sent(view: View<'_>, class: &Dataclass, attribute: &Attribute) -> Value {
    let mut shown = match &attribute.kind {
        Kind::Storage(storage) => stored(storage),
        Kind::Calculated(calculated) => scalar(calculated.ty, calculated.simple_date),
        Kind::Alias(alias) => match (alias.steps.last().map(|at| view.model.attribute(*at)), alias.many) {
            (Some(target), false) => at_end(view, target),
            (Some(target), true) => json!({ "type": "array", "items": at_end(view, target) }),
            (None, _) => json!({}),
        },
        Kind::RelatedEntity(relation) => one(view, relation.target),
        Kind::RelatedEntities(relation) => many(view, relation.target),
    };
    shown["x-kind"] = kind(attribute).into();
    if let Some(related) = related(view.model, attribute) {
        shown["x-related"] = related.into();
    }
    if class.key_attributes().contains(&attribute.id) {
        shown["x-key"] = true.into();
    }
    if let Kind::Alias(alias) = &attribute.kind {
        shown["description"] = format!("Alias of {}.", alias.path).into();
    }
    shown
}

/// As a save takes it; `None`: it takes none.
pub(super) fn taken(view: View<'_>, class: &Dataclass, attribute: &Attribute) -> Option<Value> {
    let mut shown = match &attribute.kind {
        Kind::Storage(storage) if storage.generated => return None,
        Kind::Storage(storage) => match storage.ty {
            StorageType::Image | StorageType::Blob => json!({ "description": "Reference of an upload; null: none.",
                "type": ["object", "null"], "required": ["ID"], "properties": { "ID": { "type": "string" } } }),
            StorageType::Object => json!({ "type": ["object", "null"] }),
            StorageType::Date if storage.simple_date => dated(storage),
            _ => stored(storage),
        },
        Kind::RelatedEntity(relation) => {
            let key = json!({ "type": "object", "required": ["__KEY"], "properties": { "__KEY": { "type": ["string", "integer"] } } });
            let name = &view.model.dataclass(relation.target).name;
            json!({ "description": format!("Key of the related {name}; null: none."),
                "anyOf": [ key, { "type": ["string", "integer", "null"] } ] })
        }
        // Writable only when it is one attribute of the same dataclass by another name.
        Kind::Alias(alias) => match alias.steps.as_slice() {
            [only] => taken(view, class, view.model.attribute(*only))?,
            _ => return None,
        },
        Kind::RelatedEntities(_) | Kind::Calculated(_) => return None,
    };
    shown["x-kind"] = kind(attribute).into();
    if let Some(related) = related(view.model, attribute) {
        shown["x-related"] = related.into();
    }
    if class.key_attributes().contains(&attribute.id) {
        shown["x-key"] = true.into();
    }
    if let Some(storage) = attribute.storage()
        && is_mandatory(storage)
    {
        shown["x-mandatory"] = true.into();
    }
    if super::visible(class).any(|relation| is_foreign_key(relation, attribute) && view.reads_attribute(class, relation)) {
        shown["x-foreign"] = true.into();
    }
    Some(shown)
}

/// As the key of one part in a path.
pub(super) fn key(attribute: &Attribute) -> Value {
    let mut shown = attribute.storage().map_or_else(|| json!({ "type": "string" }), stored);
    if let Some(Value::Array(types)) = shown.get("type") {
        shown["type"] = types.first().cloned().unwrap_or_default();
    }
    shown
}

fn kind(attribute: &Attribute) -> &'static str {
    match &attribute.kind {
        Kind::Storage(_) => "storage",
        Kind::RelatedEntity(_) => "relatedEntity",
        Kind::RelatedEntities(_) => "relatedEntities",
        Kind::Alias(_) => "alias",
        Kind::Calculated(_) => "calculated",
    }
}

/// The exposed dataclass that a relation leads to.
fn related<'a>(model: &'a Model, attribute: &Attribute) -> Option<&'a str> {
    Some(model.dataclass(attribute.target()?)).filter(|class| class.exposed).map(|class| class.name.as_str())
}

/// What an alias leads to.
fn at_end(view: View<'_>, target: &Attribute) -> Value {
    match &target.kind {
        Kind::Storage(storage) => stored(storage),
        Kind::Calculated(calculated) => scalar(calculated.ty, calculated.simple_date),
        Kind::RelatedEntity(relation) => one(view, relation.target),
        Kind::RelatedEntities(relation) => many(view, relation.target),
        Kind::Alias(_) => json!({}),
    }
}

/// A link, the entity when it is expanded and may be read, or null.
fn one(view: View<'_>, target: ClassId) -> Value {
    let target = view.model.dataclass(target);
    let mut forms = vec![reference("rest.Deferred")];
    if target.exposed && view.reads(target) {
        forms.push(reference(&component(&target.name)));
    }
    forms.push(json!({ "type": "null" }));
    json!({ "anyOf": forms })
}

/// A link, or a page when it is expanded.
fn many(view: View<'_>, target: ClassId) -> Value {
    let target = view.model.dataclass(target);
    let mut forms = vec![reference("rest.Deferred")];
    if target.exposed && view.reads(target) {
        forms.push(json!({
            "type": "object",
            "description": "When it is expanded.",
            "required": ["__COUNT", "__FIRST", "__ENTITIES", "__SENT"],
            "properties": {
                "__DATACLASS": { "type": "string", "const": target.name },
                "__GlobalStamp": { "type": "integer" },
                "__COUNT": { "type": "integer" },
                "__FIRST": { "type": "integer" },
                "__ENTITIES": { "type": "array", "items": reference(&component(&target.name)) },
                "__SENT": { "type": "integer" }
            }
        }));
    }
    json!({ "anyOf": forms })
}

/// A stored value with its rules.
fn stored(storage: &Storage) -> Value {
    let mut shown = scalar(storage.ty, storage.simple_date);
    let rules = &storage.rules;
    for (name, length) in [("minLength", rules.min_length), ("maxLength", rules.max_length)] {
        if let Some(length) = length {
            shown[name] = length.into();
        }
    }
    for (name, value) in [("minimum", &rules.min_value), ("maximum", &rules.max_value)] {
        if let Some(number @ Value::Number(_)) = value.as_ref().map(as_json) {
            shown[name] = number;
        }
    }
    if let Some(pattern) = &rules.pattern {
        shown["pattern"] = format!("^(?:{pattern})$").into();
    }
    if let Some(value) = &rules.default_value {
        shown["default"] = as_json(value);
    }
    shown
}

/// A date in the forms that are taken.
fn dated(storage: &Storage) -> Value {
    let mut shown = stored(storage);
    shown["pattern"] = "^(?:[0-9]{1,2}![0-9]{1,2}![0-9]{1,4}|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|!![0-9]{4}-[0-9]{2}-[0-9]{2}!!)$".into();
    shown["description"] = "A date, `d!m!yyyy` or `yyyy-mm-dd`; a time behind it is dropped.".into();
    shown["examples"] = json!(["29!2!2024", "2024-02-29"]);
    shown
}

/// True for a part of the relation's foreign key.
fn is_foreign_key(relation: &Attribute, attribute: &Attribute) -> bool {
    matches!(&relation.kind, Kind::RelatedEntity(one) if one.foreign_key.contains(&attribute.id))
}

fn is_mandatory(storage: &Storage) -> bool {
    let rules = &storage.rules;
    let given =
        rules.default_value.is_some() || rules.autosequence || rules.autogenerate || rules.database_default || rules.null_as_default;
    rules.not_null && !given
}

fn as_json(value: &Data) -> Value {
    let (mut text, mut out) = (String::new(), Vec::new());
    write_cell(&mut out, value.as_cell(&mut text), DateStyle::Dialect);
    serde_json::from_slice(&out).unwrap_or_default()
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
        StorageType::Image | StorageType::Blob => {
            json!({ "anyOf": [reference("rest.Deferred"), { "type": "null" }], "description": "A link to the bytes." })
        }
    }
}
