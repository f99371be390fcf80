//! Keys as written become values of the key's attributes (`rest-dialect.md` 2.3, 6.2).

use claviger_model::{Attribute, Dataclass, Key, Kind, StorageType, Value, ValueType};
use serde_json::Value as Json;

use crate::plan::Base;
use crate::url::KeyText;

/// The entity of this key. A text that cannot be a key makes the entity absent, which is no error of the request (6.2).
pub(super) fn base(class: &Dataclass, key: &KeyText) -> Base {
    Base::Key { parts: key_values(class, key), text: key.text().into_owned() }
}

/// One value per key part, or nothing when the text cannot be a key.
pub(super) fn key_values(class: &Dataclass, key: &KeyText) -> Option<Vec<Value>> {
    match key {
        KeyText::Text(text) => from_text(class, text),
        KeyText::Parts(parts) => from_parts(class, parts),
    }
}

/// A key given as JSON: the `__KEY` of a body, the value of a relation.
pub(super) fn key_of_json(json: &Json) -> KeyText {
    match json {
        Json::String(text) => KeyText::Text(text.clone()),
        Json::Array(parts) => KeyText::Parts(parts.clone()),
        other => KeyText::Text(other.to_string()),
    }
}

fn from_text(class: &Dataclass, text: &str) -> Option<Vec<Value>> {
    match &class.key {
        Key::RowId => Some(vec![Value::Int(text.trim().parse().ok()?)]),
        Key::None => None,
        Key::Attributes(parts) => match parts.as_slice() {
            [one] => Some(vec![value_of_text(class.attribute(*one), text)?]),
            // The `__KEY` of several parts is their JSON array as text; in parentheses the brackets may be left out.
            _ => {
                let text = text.trim();
                let list = if text.starts_with('[') { text.to_owned() } else { format!("[{text}]") };
                from_parts(class, &serde_json::from_str::<Vec<Json>>(&list).ok()?)
            }
        },
    }
}

fn from_parts(class: &Dataclass, given: &[Json]) -> Option<Vec<Value>> {
    let scalar = |json: &Json| match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(json.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    match (&class.key, given) {
        (Key::Attributes(parts), given) if parts.len() == given.len() => {
            parts.iter().zip(given).map(|(part, json)| value_of_text(class.attribute(*part), &scalar(json)?)).collect()
        }
        (Key::RowId, [one]) => Some(vec![Value::Int(scalar(one)?.trim().parse().ok()?)]),
        _ => None,
    }
}

/// The text as a value of the attribute, without the leniency of filters: `v20` is no key 20.
pub(super) fn value_of_text(attribute: &Attribute, text: &str) -> Option<Value> {
    let (ty, storage) = type_of(attribute)?;
    match Value::from_key_text(ty, Some(storage), text) {
        Ok(Value::Null) | Err(_) => None,
        Ok(value) => Some(value),
    }
}

/// What the values of a storage or calculated attribute are.
pub(super) fn type_of(attribute: &Attribute) -> Option<(ValueType, StorageType)> {
    match &attribute.kind {
        Kind::Storage(storage) => Some((storage.value_type(), storage.ty)),
        Kind::Calculated(calculated) => Some((calculated.value_type(), calculated.ty)),
        Kind::RelatedEntity(_) | Kind::RelatedEntities(_) | Kind::Alias(_) => None,
    }
}
