//! Keys as rows have them: JSON, a number where the attribute is one, of several parts a list.

use claviger_model::{Cell, Dataclass, StorageType, Value};
use serde_json::Value as Json;

use crate::rest::write_key_json;

/// One that came as JSON; a number also when it came as text.
pub(super) fn from_json(class: &Dataclass, key: Json) -> Json {
    let is_number = class.key_attributes().len() < 2
        && class.key_attributes().iter().all(|part| {
            class.attribute(*part).storage().is_some_and(|storage| !matches!(storage.ty, StorageType::String | StorageType::Uuid))
        });
    match &key {
        Json::String(text) if is_number || class.key_attributes().len() > 1 => serde_json::from_str(text).unwrap_or(key),
        _ => key,
    }
}

/// One of values.
pub(super) fn from_values(key: &[Value]) -> Json {
    let mut scratch = vec![String::new(); key.len()];
    let cells: Vec<Cell<'_>> = key.iter().zip(&mut scratch).map(|(part, scratch)| part.as_cell(scratch)).collect();
    let mut out = Vec::new();
    write_key_json(&mut out, &cells);
    serde_json::from_slice(&out).unwrap_or_default()
}

/// One of its parts; null when one of them is.
pub(super) fn from_parts(mut parts: Vec<Json>) -> Json {
    match parts.len() {
        _ if parts.contains(&Json::Null) => Json::Null,
        1 => parts.remove(0),
        _ => Json::Array(parts),
    }
}

/// One in a message.
pub(super) fn shown(key: &Json) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}
