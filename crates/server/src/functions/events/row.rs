//! Entities as events get them: the row that is stored, and values laid over it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_model::value::{DateStyle, write_cell};
use claviger_model::{AttrId, Dataclass, Kind, Value, ValueType};
use claviger_query::Assign;
use claviger_query::planner::SelectFrom;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use crate::functions::host::rows::Rows;
use crate::functions::host::{Running, Unanswered};
use crate::functions::invoke::raw;
use crate::functions::keys;

/// One stored entity, as the caller may read it.
#[derive(Clone, Debug)]
pub(in crate::functions) struct Row {
    /// As rows have it.
    pub(in crate::functions) key: Json,
    pub(super) stamp: i64,
    names: Arc<[String]>,
    /// `[key,stamp,[value,…]]`
    text: Box<RawValue>,
}

impl Row {
    /// The rows that the store has pushed.
    pub(super) fn of(rows: &Rows) -> Result<Vec<Self>, serde_json::Error> {
        #[derive(Deserialize)]
        struct Page {
            attributes: Vec<String>,
            rows: Vec<Option<Box<RawValue>>>,
        }
        let page: Page = serde_json::from_str(&format!("{{{}}}", rows.members()))?;
        let names: Arc<[String]> = page.attributes.into();
        let made = page.rows.into_iter().flatten().map(|text| {
            let (key, stamp, _): (Json, i64, IgnoredAny) = serde_json::from_str(text.get())?;
            Ok(Self { key, stamp, names: Arc::clone(&names), text })
        });
        made.collect()
    }

    /// An entity of which nothing is known but what it was made with.
    pub(super) fn made(key: Json, values: &Map<String, Json>) -> Self {
        let row = json!([key, 1, values.values().collect::<Vec<_>>()]);
        Self { key, stamp: 1, names: values.keys().cloned().collect(), text: raw(row.to_string()) }
    }

    /// The values by name.
    pub(super) fn values(&self) -> Result<FxHashMap<&str, Json>, serde_json::Error> {
        let (_, _, values): (IgnoredAny, IgnoredAny, Vec<Json>) = serde_json::from_str(self.text.get())?;
        Ok(self.names.iter().map(String::as_str).zip(values).collect())
    }

    /// As the prelude takes it.
    pub(in crate::functions) fn described(&self, values: &Map<String, Json>) -> String {
        format!("{{\"attributes\":{},\"row\":{},\"values\":{}}}", json!(*self.names), self.text, json!(values))
    }

    /// The row when these values are saved.
    pub(super) fn with(&self, class: &Dataclass, set: &Map<String, Json>) -> Result<Self, serde_json::Error> {
        let (_, _, mut values): (IgnoredAny, IgnoredAny, Vec<Json>) = serde_json::from_str(self.text.get())?;
        let place = |attribute: AttrId| self.names.iter().position(|name| *name == class.attribute(attribute).name);
        for (name, value) in set {
            let Some(attribute) = class.find(name) else { continue };
            if let Some(place) = place(attribute.id) {
                let is_media =
                    attribute.storage().is_some_and(|storage| matches!(storage.value_type(), ValueType::Image | ValueType::Blob));
                values[place] = if is_media && !value.is_null() { json!({ "bytes": 0 }) } else { value.clone() };
            }
            if let Kind::RelatedEntity(relation) = &attribute.kind {
                for (at, part) in relation.foreign_key.iter().enumerate() {
                    if let Some(place) = place(*part) {
                        values[place] =
                            if let Json::Array(parts) = value { parts.get(at).cloned().unwrap_or_default() } else { value.clone() };
                    }
                }
            }
        }
        // A relation follows its foreign key.
        for attribute in &class.attributes {
            let Kind::RelatedEntity(relation) = &attribute.kind else { continue };
            let is_set = relation.foreign_key.iter().any(|part| set.contains_key(&class.attribute(*part).name));
            let Some(at) = place(attribute.id).filter(|_| is_set && !set.contains_key(&attribute.name)) else { continue };
            let parts: Option<Vec<Json>> =
                relation.foreign_key.iter().map(|part| place(*part).map(|place| values[place].clone())).collect();
            values[at] = parts.map_or(Json::Null, keys::from_parts);
        }
        let text = raw(json!([self.key, self.stamp, values]).to_string());
        Ok(Self { text, key: self.key.clone(), stamp: self.stamp, names: Arc::clone(&self.names) })
    }
}

impl Running<'_> {
    /// The rows of these keys, by the keys as they were given; what is absent, or not for the caller's eyes, is left out.
    pub(in crate::functions) async fn rows_by_key(&self, class: &Dataclass, keys: &[Json]) -> Result<FxHashMap<String, Row>, Unanswered> {
        let mut found = FxHashMap::default();
        if keys.len() > 1 {
            for page in self.rows_of(class.id, keys).await? {
                found.extend(Row::of(&page)?.into_iter().map(|row| (row.key.to_string(), row)));
            }
        }
        for key in keys {
            let text = key.to_string();
            if found.contains_key(&text) {
                continue;
            }
            // One alone, one that is absent, or one that is written in another way.
            if let Some(row) = Row::of(&self.read_entity(&SelectFrom::Key(class.id, key)).await?)?.pop() {
                found.insert(text, row);
            }
        }
        Ok(found)
    }
}

/// A value as rows have it; bytes as text.
pub(super) fn native(value: &Value) -> Json {
    if let Value::Bytes(bytes) = value {
        return json!(STANDARD.encode(bytes));
    }
    let (mut scratch, mut out) = (String::new(), Vec::new());
    write_cell(&mut out, value.as_cell(&mut scratch), DateStyle::Plain);
    serde_json::from_slice(&out).unwrap_or_default()
}

/// What a body assigns, as code sees it: a relation by its own name, with the key that it gets.
pub(in crate::functions) fn assigned(class: &Dataclass, assigns: &[Assign]) -> Map<String, Json> {
    let mut values = Map::new();
    for assign in assigns {
        let Some(relation) = assign.through() else {
            values.insert(class.attribute(assign.attribute()).name.clone(), native(assign.value()));
            continue;
        };
        let attribute = class.attribute(relation);
        if let Kind::RelatedEntity(related) = &attribute.kind
            && !values.contains_key(&attribute.name)
        {
            let part = |part: &AttrId| {
                assigns.iter().find(|assign| assign.attribute() == *part).map_or(Json::Null, |assign| native(assign.value()))
            };
            values.insert(attribute.name.clone(), keys::from_parts(related.foreign_key.iter().map(part).collect()));
        }
    }
    values
}
