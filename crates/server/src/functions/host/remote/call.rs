//! Functions of another application.

use claviger_client::Returned;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use super::Opened;
use super::rows::key_text;
use crate::functions::host::{Answer, Unanswered, arguments};

/// What a function is called on; nothing: the datastore.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Receiver {
    dataclass: Option<String>,
    selection: Option<usize>,
    key: Option<Json>,
}

impl Opened {
    pub(super) async fn call(&mut self, raw: &RawValue, read_only: bool) -> Answer {
        let (on, function, mut values, special): (Receiver, String, Vec<Json>, Map<String, Json>) = arguments(raw)?;
        for (place, about) in &special {
            let slot = place.parse::<usize>().ok().and_then(|place| values.get_mut(place));
            let slot = slot.ok_or_else(|| Unanswered::Nonsense("an argument has no place".to_owned()))?;
            *slot = self.argument(about).await?;
        }
        let call = match &on {
            Receiver { selection: Some(id), .. } => self.selection(*id)?.call(&function, Vec::new()),
            Receiver { dataclass: Some(name), key: Some(key), .. } => self.class(name)?.0.call_entity(key_text(key), &function, Vec::new()),
            Receiver { dataclass: Some(name), .. } => self.class(name)?.0.call(&function, Vec::new()),
            Receiver { .. } => self.store.call(&function, Vec::new()),
        };
        let call = if read_only { call.by_get() } else { call };
        Ok(match self.connection.executed(call.with_json(values).await)? {
            Returned::Value(value) => json!({ "kind": "value", "value": value }),
            Returned::Response(response) => {
                let text = String::from_utf8_lossy(&response.body);
                json!({ "kind": "value", "value": serde_json::from_str(&text).unwrap_or_else(|_| json!(text)) })
            }
            Returned::Entity(entity) => {
                let name = entity.dataclass().name();
                let shape = self.shapes.find(name).ok_or_else(|| Unanswered::Nonsense(format!("there is no dataclass {name}")))?;
                shape.entity(entity.row())
            }
            Returned::Selection(selection) => {
                let class = selection.dataclass().name().to_owned();
                json!({ "kind": "selection", "class": class, "id": self.keep(selection)? })
            }
        }
        .to_string())
    }

    /// An entity or a selection among the arguments, as the wire has it (`rest-dialect.md` 15.4).
    async fn argument(&self, about: &Json) -> Result<Json, Unanswered> {
        if let Some(id) = about["selection"].as_str().and(about["id"].as_u64()) {
            let selection = self.selection(usize::try_from(id).unwrap_or(usize::MAX))?;
            return Ok(json!({ "__ENTITIES": true, "__DATASET": selection.set_id().await? }));
        }
        let name = about["entity"].as_str().unwrap_or_default();
        let (_, shape) = self.class(name)?;
        let mut members = Map::from_iter([("__ENTITY".to_owned(), json!(true)), ("__DATACLASS".to_owned(), json!(name))]);
        if !about["key"].is_null() {
            members.insert("__KEY".to_owned(), json!(key_text(&about["key"])));
            members.insert("__STAMP".to_owned(), about["stamp"].clone());
        }
        for (name, value) in about["values"].as_object().into_iter().flatten() {
            members.insert(name.clone(), shape.to_wire(name, value));
        }
        Ok(Json::Object(members))
    }
}
