//! Entities of another application: saved, dropped, locked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_client::{LockMode, Saved, Status};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use super::rows::key_text;
use super::{Count, Opened, PAGE};
use crate::functions::host::entities::{MERGES, Saved as Asked, changed, gone, unmerged};
use crate::functions::host::{Answer, Unanswered, arguments};

impl Opened {
    pub(super) async fn write(&mut self, operation: &str, raw: &RawValue, count: Count<'_>) -> Answer {
        Ok(match operation {
            "save" => {
                let (class, asked): (String, Asked) = arguments(raw)?;
                self.save(&class, asked).await?
            }
            "dropEntity" => {
                let (class, key, stamp, force): (String, Json, Option<i64>, bool) = arguments(raw)?;
                let (class, _) = self.class(&class)?;
                let status = match stamp.filter(|_| !force) {
                    Some(stamp) => class.drop_row_if(key_text(&key), stamp).await,
                    None => class.drop_row(key_text(&key)).await,
                };
                told(&self.connection.executed(status)?, None).to_string()
            }
            "drop" => {
                let (id,): (usize,) = arguments(raw)?;
                let selection = self.selection(id)?;
                // What is left is loaded: all of it where each goes by its key.
                count(if self.shape(selection)?.has_text_key() { selection.len() } else { selection.len().min(PAGE) })?;
                let left = self.connection.executed(selection.drop_all().await)?;
                let kept = self.keep(left)?;
                format!("{{\"kept\":{kept},\"errors\":[]}}")
            }
            _ => {
                let (class, key, stamp, reload): (String, Json, Option<i64>, bool) = arguments(raw)?;
                self.lock(&class, &key_text(&key), stamp, reload, operation == "lock").await?
            }
        })
    }

    async fn save(&self, class: &str, asked: Asked) -> Answer {
        let (class, shape) = self.class(class)?;
        let mut values = Map::new();
        for (name, value) in &asked.values {
            let value = match (shape.media(name), value) {
                (Some(is_image), Json::String(text)) => {
                    let bytes = STANDARD.decode(text).map_err(|error| Unanswered::Nonsense(error.to_string()))?;
                    let upload = if is_image {
                        self.store.upload_image(bytes, "application/octet-stream").await
                    } else {
                        self.store.upload(bytes).await
                    };
                    json!({ "ID": self.connection.executed(upload)?.id })
                }
                _ => shape.to_wire(name, value),
            };
            values.insert(name.clone(), value);
        }
        let key = (!asked.is_new).then(|| key_text(&asked.key));
        let mut stamp = asked.stamp.filter(|_| !asked.is_new);
        let mut tries = 0;
        loop {
            let saved = class.save_row(key.as_deref(), stamp, &values).await;
            let Saved { status, row } = self.connection.executed(saved)?;
            if status.status == Some(2) && asked.mode == "merge" {
                let current = match row {
                    Some(row) if !row.values.is_empty() => Some(row),
                    _ => class.row(key.clone().unwrap_or_default(), None).await?,
                };
                let Some(current) = current else { return Ok(gone()) };
                if tries == MERGES {
                    return Ok(unmerged());
                }
                stamp = match shape.merged(&asked, &current) {
                    Ok(current) => Some(current),
                    Err(status) => return Ok(status),
                };
                tries += 1;
                continue;
            }
            let mut answer = told(&status, None);
            if status.success {
                if tries > 0 {
                    answer["autoMerged"] = json!(true);
                }
                answer["rows"] = shape.page(row.as_slice());
            }
            return Ok(answer.to_string());
        }
    }

    async fn lock(&self, class: &str, key: &str, stamp: Option<i64>, reload: bool, taken: bool) -> Answer {
        let (class, shape) = self.class(class)?;
        if !taken {
            return Ok(told(&class.unlock_row(key).await?, None).to_string());
        }
        let mode = if reload { LockMode::Reload } else { LockMode::Check };
        let (status, row) = class.lock_row_if(key, stamp, mode).await?;
        Ok(match (status.status, row) {
            (Some(2), _) => changed(),
            (Some(5), _) => gone(),
            (_, Some(row)) if status.was_reloaded => told(&status, Some(shape.page(&[row]))).to_string(),
            _ => told(&status, None).to_string(),
        })
    }
}

/// A result object, with rows.
fn told(status: &Status, rows: Option<Json>) -> Json {
    let mut told = serde_json::to_value(status).unwrap_or_default();
    if let Some(rows) = rows {
        told["rows"] = rows;
    }
    told
}
