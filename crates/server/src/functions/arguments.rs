//! Arguments of a call: entities, selections and uploads among them are found before the function runs (`rest-dialect.md` 15.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use claviger_model::{Dataclass, Kind};
use claviger_query::planner::{Select, SelectFrom};
use claviger_query::{ByteSource as _, Error, ErrorKind, MediaKind, set};
use claviger_store::sets::SetId;
use serde_json::{Map, Value as Json, json};

use super::host::{Running, Unanswered, new_entity};
use super::keys;

impl Running<'_> {
    /// What the prelude is told of the arguments that are more than JSON, by their places; in the list null stands for them.
    pub(super) async fn arguments(&self, arguments: &mut [Json]) -> Result<Map<String, Json>, Unanswered> {
        let mut special = Map::new();
        for (place, argument) in arguments.iter_mut().enumerate() {
            let Json::Object(members) = argument else { continue };
            let is = |name: &str| members.get(name) == Some(&Json::Bool(true));
            let about = if is("__ENTITY") {
                self.entity_argument(members).await?
            } else if is("__ENTITIES") {
                self.selection_argument(members).await?
            } else if let Some(bytes) = self.upload_argument(members) {
                json!({ "bytes": STANDARD.encode(bytes) })
            } else {
                continue;
            };
            special.insert(place.to_string(), about);
            *argument = Json::Null;
        }
        Ok(special)
    }

    async fn entity_argument(&self, members: &Map<String, Json>) -> Result<Json, Unanswered> {
        let class = self.argument_class(members)?;
        let mut values = Map::new();
        for (name, value) in members {
            let Some(attribute) = class.find(name).filter(|attribute| attribute.exposed && !attribute.implicit) else { continue };
            match (&attribute.kind, value) {
                // As a body sends back what it received.
                (_, Json::Object(inner)) if inner.contains_key("__deferred") => {}
                (Kind::RelatedEntity(relation), Json::Object(inner)) => {
                    let key = inner.get("__KEY").cloned().unwrap_or(Json::Null);
                    let target = self.model().dataclass(relation.target);
                    if !key.is_null() {
                        // It must be there.
                        self.row_of(target, &key).await?;
                    }
                    values.insert(name.clone(), keys::from_json(target, key));
                }
                (Kind::RelatedEntities(_) | Kind::Calculated(_), _) => {}
                (_, value) => {
                    values.insert(name.clone(), value.clone());
                }
            }
        }
        let key = members.get("__KEY").filter(|key| !key.is_null());
        let Some(key) = key else {
            let mut described = new_entity(&values);
            described["entity"] = json!(class.name);
            return Ok(described);
        };
        for part in class.key_attributes() {
            values.remove(&class.attribute(*part).name);
        }
        let mut row = self.row_of(class, key).await?;
        if let Some(stamp) = members.get("__STAMP").and_then(Json::as_i64) {
            row["row"][1] = json!(stamp);
        }
        row["entity"] = json!(class.name);
        row["values"] = Json::Object(values);
        Ok(row)
    }

    /// The row of a key; 1542 when it is not there.
    pub(super) async fn row_of(&self, class: &Dataclass, key: &Json) -> Result<Json, Unanswered> {
        let row = self.read_entity(&SelectFrom::Key(class.id, key)).await?.only();
        let Some(row) = row else {
            return Err(Error::absent(&class.name, &keys::shown(key)).into());
        };
        Ok(serde_json::from_str(&format!("{{{row}}}"))?)
    }

    async fn selection_argument(&self, members: &Map<String, Json>) -> Result<Json, Unanswered> {
        let principal = self.caller.principal;
        let id = members.get("__DATASET").and_then(Json::as_str).and_then(SetId::parse);
        let kept = id.and_then(|id| self.state.sets().find(principal.holder(), id, principal.at)).ok_or_else(set::absent)?;
        let class = self.model().dataclass(kept.class);
        let selection = self.select(&Select::of(SelectFrom::Keys(kept.class, kept.keys))).await?;
        Ok(json!({ "selection": class.name, "id": self.keep(selection)? }))
    }

    /// The bytes of an upload of the caller's: `{"ID": "…"}`. Any other object is one.
    fn upload_argument(&self, members: &Map<String, Json>) -> Option<Bytes> {
        let id = members.get("ID").and_then(Json::as_str).filter(|_| members.len() == 1)?;
        let uploads = self.given_bytes();
        [MediaKind::Image, MediaKind::Blob].iter().find_map(|kind| uploads.uploaded(*kind, id))
    }

    fn argument_class(&self, members: &Map<String, Json>) -> Result<&Dataclass, Unanswered> {
        let name = members.get("__DATACLASS").and_then(Json::as_str).unwrap_or_default();
        let found = self.model().find(name).filter(|class| class.exposed);
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, 1800, format!("The \"{name}\" dataclass cannot be found")).into())
    }
}
