//! An entity that is sent as a function had it: new, changed and not saved, or deleted (`rest-dialect.md` 15.5).

use std::sync::Arc;

use claviger_model::value::DateStyle;
use claviger_model::{Attribute, Kind, Model, Value};
use claviger_query::{Field, Outcome, Output, Plan};
use claviger_store::{EntityHead, Sink as _};
use serde_json::{Map, Value as Json, json};

use super::shape::{Form, JsonSink};
use super::uri::EntityUri;
use crate::functions::new_entity;

/// An entity that is nowhere, or not so.
pub(crate) struct Draft {
    /// What of it the caller gets.
    pub(crate) plan: Plan,
    /// Null: it has none.
    pub(crate) key: Json,
    /// The stamp that it was loaded or saved with.
    pub(crate) stamp: i64,
    /// By the names of attributes.
    pub(crate) values: Map<String, Json>,
}

impl Draft {
    /// The entity object, open for what is computed.
    pub(super) fn write(
        self,
        model: &Arc<Model>,
        style: EntityUri,
        dates: impl Fn(&claviger_query::Projection) -> DateStyle,
        now: i64,
    ) -> Option<JsonSink> {
        let Outcome::Entity(projection) = self.plan.outcome() else { return None };
        let class = model.dataclass(projection.class());
        let mut sink = JsonSink::new(Arc::clone(model), Form::Entity, style, dates(projection), usize::MAX);
        let parts: Vec<Value> = match &self.key {
            Json::Null => Vec::new(),
            Json::Array(parts) => parts.iter().zip(class.key_attributes()).map(|(part, id)| value(class.attribute(*id), part)).collect(),
            one => match class.key_attributes() {
                [id] => vec![value(class.attribute(*id), one)],
                _ => vec![one.as_i64().map_or(Value::Null, Value::Int)],
            },
        };
        let mut texts = vec![String::new(); parts.len()];
        let key: Vec<_> = parts.iter().zip(&mut texts).map(|(part, text)| part.as_cell(text)).collect();
        if parts.is_empty() {
            sink.tried(0);
        }
        sink.entity(projection, EntityHead { key: &key, stamp: self.stamp, timestamp: now });
        for field in projection.fields() {
            self.field(model, field, &mut sink);
        }
        sink.entity_end();
        Some(sink)
    }

    /// As code takes the entity.
    fn described(&self) -> Json {
        if self.key.is_null() {
            return new_entity(&self.values);
        }
        let values: Vec<&Json> = self.values.values().collect();
        json!({ "attributes": self.values.keys().collect::<Vec<_>>(), "row": [self.key, self.stamp, values] })
    }

    fn field(&self, model: &Model, field: &Field, sink: &mut JsonSink) {
        let attribute = model.attribute(field.attribute());
        let given = self.values.get(&attribute.name).unwrap_or(&Json::Null);
        let mut text = String::new();
        match field.output() {
            Output::Scalar | Output::Media => sink.cell(field, value(attribute, given).as_cell(&mut text)),
            Output::DeferredOne(_) => {
                let Kind::RelatedEntity(relation) = &attribute.kind else { return };
                let target = model.dataclass(relation.target);
                let part = match (given, target.key_attributes()) {
                    (Json::Null, _) | (_, [] | [_, _, ..]) => return sink.deferred_one(field, None),
                    (key, [id]) => value(target.attribute(*id), key),
                };
                sink.deferred_one(field, Some(&[part.as_cell(&mut text)]));
            }
            Output::Computed(steps, _) => {
                if let [only] = steps.as_slice() {
                    sink.computed(field, *only, self.described().to_string());
                }
            }
            Output::DeferredMany if !self.key.is_null() => sink.deferred_many(field),
            // What would have to be read from elsewhere is left out: nothing of this is stored.
            Output::DeferredMany | Output::Path(_) | Output::List(_) | Output::ExpandedOne(..) | Output::ExpandedMany(..) => {}
        }
    }
}

/// A value that code gave; one that the attribute cannot hold is seen as text, as one in a table would be.
fn value(attribute: &Attribute, given: &Json) -> Value {
    let typed = match &attribute.kind {
        Kind::Storage(storage) => Value::from_json(storage.value_type(), Some(storage.ty), given),
        Kind::Calculated(calculated) => Value::from_json(calculated.value_type(), Some(calculated.ty), given),
        Kind::RelatedEntity(_) | Kind::RelatedEntities(_) | Kind::Alias(_) => return Value::Null,
    };
    typed.unwrap_or_else(|_| match given {
        Json::Object(members) if members.contains_key("bytes") => Value::Bytes(bytes::Bytes::new()),
        Json::String(text) => Value::Text(text.clone()),
        other => Value::Text(other.to_string()),
    })
}
