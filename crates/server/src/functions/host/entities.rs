//! Entities of a running call: saved, dropped, locked, their bytes (`functions.md` 2, `data-model.md` 6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use claviger_model::{ClassId, Dataclass, Kind, StorageType};
use claviger_query::planner::{Select, SelectFrom};
use claviger_query::{ByteSource, Error, ErrorKind, MediaKind, Selection};
use claviger_store::{SaveOutcome, SaveStatus};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use super::rows::Rows;
use super::{Answer, Running, Unanswered, arguments};
use crate::media::MyBytes;
use crate::rest::{Claimed, claim};

/// How often a save that merges is tried again when others save the entity meanwhile.
pub(super) const MERGES: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Saved {
    pub(super) key: Json,
    pub(super) stamp: Option<i64>,
    pub(super) values: Map<String, Json>,
    #[serde(default)]
    pub(super) is_new: bool,
    #[serde(default)]
    pub(super) mode: String,
    /// What the values were when they were loaded, for a merge.
    #[serde(default)]
    pub(super) base: Map<String, Json>,
}

/// Bytes that code gave, under the names that the planner asks for them by, and the caller's uploads.
#[derive(Debug)]
pub(in crate::functions) struct GivenBytes<'a> {
    given: FxHashMap<String, (MediaKind, Bytes)>,
    uploads: MyBytes<'a>,
}

impl GivenBytes<'_> {
    /// Values of code in the form of a body; the bytes among them are kept here.
    pub(in crate::functions) fn take(&mut self, class: &Dataclass, values: &Map<String, Json>) -> Result<Map<String, Json>, Unanswered> {
        let mut entity = Map::with_capacity(values.len() + 2);
        for (name, value) in values {
            let kind = class.find(name).and_then(|attribute| match &attribute.kind {
                Kind::Storage(storage) if storage.ty == StorageType::Image => Some(MediaKind::Image),
                Kind::Storage(storage) if storage.ty == StorageType::Blob => Some(MediaKind::Blob),
                _ => None,
            });
            let value = match (kind, value) {
                (Some(kind), Json::String(text)) => {
                    let id = format!("given {}", self.given.len());
                    let decoded = STANDARD.decode(text).map_err(|error| Unanswered::Nonsense(error.to_string()))?;
                    self.given.insert(id.clone(), (kind, decoded.into()));
                    json!({ "ID": id })
                }
                (_, value) => value.clone(),
            };
            entity.insert(name.clone(), value);
        }
        Ok(entity)
    }
}

impl ByteSource for GivenBytes<'_> {
    fn uploaded(&self, kind: MediaKind, id: &str) -> Option<Bytes> {
        match self.given.get(id) {
            Some((given, bytes)) => (*given == kind).then(|| bytes.clone()),
            None => self.uploads.uploaded(kind, id),
        }
    }

    fn posted(&self) -> Option<Bytes> {
        None
    }
}

impl Running<'_> {
    /// Nothing given yet.
    pub(in crate::functions) fn given_bytes(&self) -> GivenBytes<'_> {
        let principal = self.caller.principal;
        let uploads = MyBytes { uploads: self.state.uploads(), owner: principal.holder(), now: principal.at, posted: None };
        GivenBytes { given: FxHashMap::default(), uploads }
    }

    pub(super) async fn entities(&self, operation: &str, raw: &RawValue) -> Answer {
        Ok(match operation {
            "bytes" => {
                let (class, key, attribute): (String, Json, String) = arguments(raw)?;
                let selection = self.select(&Select::of(SelectFrom::Key(self.class(&class)?, &key))).await?;
                let plan = self.planned(|answers| self.served.planner.bytes(&self.grants(), &selection, &attribute, answers)).await?;
                match self.data_read(plan).await?.into_bytes() {
                    Some(bytes) => json!(STANDARD.encode(bytes)).to_string(),
                    None => "null".to_owned(),
                }
            }
            "save" => {
                let (class, saved): (String, Saved) = arguments(raw)?;
                self.save(self.class(&class)?, saved).await?
            }
            "dropEntity" => {
                let (class, key, stamp, force): (String, Json, Option<i64>, bool) = arguments(raw)?;
                let selection = self.select(&Select::of(SelectFrom::Key(self.class(&class)?, &key))).await?;
                let (deleted, errors) = self.delete(&selection, stamp.filter(|_| !force)).await?;
                match errors.first() {
                    None if deleted > 0 => r#"{"success":true}"#.to_owned(),
                    None => gone(),
                    Some(error) => failure(error)?,
                }
            }
            "drop" => {
                let (id,): (usize,) = arguments(raw)?;
                let selection = self.selection(id)?;
                let keys = self.keys_of(self.renewed(&selection).await?).await?;
                let fixed = self.select(&Select::of(SelectFrom::Keys(selection.class(), keys))).await?;
                let (_, errors) = self.delete(&fixed, None).await?;
                if let Some(denied) = errors.iter().find(|error| error.kind == ErrorKind::Denied) {
                    return Err(denied.clone().into());
                }
                let left = self.keys_of(fixed).await?;
                let kept = self.keep(self.select(&Select::of(SelectFrom::Keys(selection.class(), left))).await?)?;
                json!({ "kept": kept, "errors": errors.iter().flat_map(items).collect::<Vec<_>>() }).to_string()
            }
            "lock" | "unlock" => {
                let (class, key, stamp, reload): (String, Json, Option<i64>, bool) = arguments(raw)?;
                self.lock(self.class(&class)?, &key, stamp, reload, operation == "lock").await?
            }
            _ => return Err(Unanswered::Nonsense(format!("there is no operation {operation}"))),
        })
    }

    async fn save(&self, class: ClassId, saved: Saved) -> Answer {
        let mut stamp = saved.stamp;
        for turn in 0..MERGES {
            let outcome = self.save_once(class, &saved, stamp).await?;
            match outcome.status {
                SaveStatus::Saved => {
                    let rows = outcome.entity.map(|rows| rows.members()).unwrap_or_default();
                    let merged = if turn > 0 { r#""autoMerged":true,"# } else { "" };
                    return Ok(format!("{{\"success\":true,{merged}\"rows\":{{{rows}}}}}"));
                }
                SaveStatus::Conflict if saved.mode == "merge" => match self.merged(class, outcome.entity, &saved)? {
                    Ok(current) => stamp = Some(current),
                    Err(status) => return Ok(status),
                },
                SaveStatus::Locked => {
                    let info = outcome.held.map(|held| held.0.to_string()).unwrap_or_else(|| "{}".to_owned());
                    return Ok(already_locked(&info));
                }
                SaveStatus::Conflict | SaveStatus::Failed => {
                    return match outcome.error {
                        Some(error) => failure(&error),
                        None => Ok(gone()),
                    };
                }
            }
        }
        Ok(unmerged())
    }

    async fn save_once(&self, class: ClassId, saved: &Saved, stamp: Option<i64>) -> Result<SaveOutcome<Rows>, Unanswered> {
        let dataclass = self.model().dataclass(class);
        let mut bytes = self.given_bytes();
        let mut entity = bytes.take(dataclass, &saved.values)?;
        if !saved.is_new {
            entity.insert("__KEY".to_owned(), saved.key.clone());
            if let Some(stamp) = stamp {
                entity.insert("__STAMP".to_owned(), json!(stamp));
            }
        }
        let save = self.planned(|answers| self.served.planner.save(&self.grants(), class, entity.clone(), &bytes, answers)).await?;
        let saved = self.data_save(save).await?;
        saved.into_iter().next().ok_or_else(|| Unanswered::Nonsense("nothing was saved".to_owned()))
    }

    /// The stamp to save with, when what others changed is something else; else the status (ST-5).
    fn merged(&self, class: ClassId, current: Option<Rows>, asked: &Saved) -> Result<Result<i64, String>, Unanswered> {
        let Some(current) = current.and_then(|rows| rows.only()) else { return Ok(Err(unmerged())) };
        let current: Json = serde_json::from_str(&format!("{{{current}}}"))?;
        let dataclass = self.model().dataclass(class);
        let names = current["attributes"].as_array().cloned().unwrap_or_default();
        let is_whole = |name: &str| {
            let storage = dataclass.find(name).and_then(|attribute| attribute.storage());
            storage.is_some_and(|storage| matches!(storage.ty, StorageType::Image | StorageType::Blob | StorageType::Object))
        };
        let now = |name: &str| {
            let place = names.iter().position(|known| known.as_str() == Some(name))?;
            Some(current["row"][2][place].clone())
        };
        let mergeable = mergeable(asked, is_whole, now);
        Ok(mergeable.and_then(|()| current["row"][1].as_i64().ok_or_else(unmerged)))
    }

    async fn delete(&self, selection: &Selection, stamp: Option<i64>) -> Result<(u64, Vec<Error>), Unanswered> {
        let delete = self.planned(|answers| self.served.planner.delete(&self.grants(), selection, stamp, answers)).await?;
        let outcome = self.data_delete(delete).await?;
        Ok((outcome.deleted, outcome.errors))
    }

    async fn claim(&self, class: ClassId, key: &Json, taken: bool) -> Result<Claimed, Unanswered> {
        let lock = self.planned(|answers| self.served.planner.lock(&self.grants(), class, key, taken, answers)).await?;
        let mut place = self.transaction.lock().await;
        let transaction = place.as_mut().map(|open| &mut open.transaction);
        Ok(claim(self.state, self.caller, "", lock, transaction, self.deadline).await?)
    }

    async fn lock(&self, class: ClassId, key: &Json, stamp: Option<i64>, reload: bool, taken: bool) -> Answer {
        let is_fresh = match self.claim(class, key, taken).await {
            Ok(Claimed::Done { is_fresh }) => is_fresh,
            Ok(Claimed::Gone) => return Ok(gone()),
            Ok(Claimed::Held(held)) => return Ok(already_locked(&held.0)),
            Err(Unanswered::Refused(error)) if error.kind == ErrorKind::NotFound => return Ok(gone()),
            Err(why) => return Err(why),
        };
        if !taken {
            return Ok(r#"{"success":true}"#.to_owned());
        }
        let compared = self.compared(class, key, stamp, reload).await;
        if is_fresh
            && !matches!(compared, Ok(Ok(_)))
            && let Err(why) = self.claim(class, key, false).await
        {
            tracing::warn!(function = self.function, error = %self.told(why), "a lock could not be given back");
        }
        compared.map(|answer| answer.unwrap_or_else(|status| status))
    }

    /// What is locked is compared with what the code knows of it; `Err` inside: the status of why the lock is not kept.
    async fn compared(&self, class: ClassId, key: &Json, stamp: Option<i64>, reload: bool) -> Result<Result<String, String>, Unanswered> {
        let Some(row) = self.read_entity(&SelectFrom::Key(class, key)).await?.only() else { return Ok(Err(gone())) };
        let current: Json = serde_json::from_str(&format!("{{{row}}}"))?;
        if stamp.is_none_or(|stamp| current["row"][1] == json!(stamp)) {
            return Ok(Ok(r#"{"success":true}"#.to_owned()));
        }
        if reload {
            let rows = json!({ "attributes": current["attributes"], "rows": [current["row"]] });
            return Ok(Ok(json!({ "success": true, "wasReloaded": true, "rows": rows }).to_string()));
        }
        Ok(Err(changed()))
    }
}

/// What is to be saved is what nobody else has changed since it was read, and no image, blob or object has changed at all (ST-5); else the status.
/// What may be written and not read may have been changed.
///
/// `now`: values as rows have them now, where they may be read.
pub(super) fn mergeable(asked: &Saved, is_whole: impl Fn(&str) -> bool, now: impl Fn(&str) -> Option<Json>) -> Result<(), String> {
    let is_changed = |(name, was): (&String, &Json)| is_whole(name) && now(name).is_some_and(|now| !is_alike(was, &now));
    if asked.values.keys().any(|name| is_whole(name)) || asked.base.iter().any(is_changed) {
        return Err(changed());
    }
    let is_untouched = |name: &String| now(name).is_some_and(|now| Some(&now) == asked.base.get(name));
    if asked.values.keys().all(is_untouched) { Ok(()) } else { Err(unmerged()) }
}

/// The same value, the numbers in it as JavaScript has them: `1.0` was read as 1.
fn is_alike(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_alike(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_alike(value, other)))
        }
        _ => one == other,
    }
}

fn items(error: &Error) -> Vec<Json> {
    let item =
        |item: &claviger_query::ErrorItem| json!({ "message": item.message, "componentSignature": item.component, "errCode": item.code });
    error.items.iter().map(item).collect()
}

pub(super) fn changed() -> String {
    r#"{"success":false,"status":2,"statusText":"Stamp has changed"}"#.to_owned()
}

pub(super) fn unmerged() -> String {
    r#"{"success":false,"status":6,"statusText":"Auto merge failed"}"#.to_owned()
}

pub(super) fn gone() -> String {
    r#"{"success":false,"status":5,"statusText":"Entity does not exist anymore"}"#.to_owned()
}

fn already_locked(info: &str) -> String {
    format!(
        r#"{{"success":false,"status":3,"statusText":"Already locked","lockKind":7,"lockKindText":"Locked by session","lockInfo":{info}}}"#
    )
}

/// A write that failed, as its status object (`data-model.md` 6.4); a missing permission is an error.
fn failure(error: &Error) -> Answer {
    let (status, text) = match (error.kind, error.code()) {
        (ErrorKind::Denied | ErrorKind::Busy | ErrorKind::TooLarge, _) => return Err(error.clone().into()),
        (ErrorKind::NotFound, _) => return Ok(gone()),
        (ErrorKind::Locked, _) => (3, "Already locked"),
        (_, 1263) => (2, "Stamp has changed"),
        _ => (4, "Other error"),
    };
    Ok(json!({ "success": false, "status": status, "statusText": text, "errors": items(error) }).to_string())
}
