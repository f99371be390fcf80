//! `$info` (`rest-dialect.md` 16): what the server holds in memory for its callers. Administration keys only; the planner has asked.

use std::collections::HashMap;

use axum::response::Response;
use claviger_access::KeyId;
use claviger_query::{Error, Info};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::{from_control, json as answer_json};
use crate::app::{AppState, blocking};

pub(super) async fn answer(state: &AppState, info: Info, now: i64) -> Result<Response, Error> {
    state.follow_keys();
    let body = match info {
        Info::All => all(state, now).await?,
        Info::EntitySets => format!(r#"{{"entitySet":{}}}"#, entity_sets(state, now).0),
        Info::Sessions => format!(r#"{{"sessionInfo":{}}}"#, sessions(state, now).await?),
        Info::Progress => r#"{"ProgressInfo":[]}"#.to_owned(),
    };
    Ok(answer_json(StatusCode::OK, body.into_bytes()))
}

/// All members in their order.
async fn all(state: &AppState, now: i64) -> Result<String, Error> {
    let (sets, cache) = entity_sets(state, now);
    let sessions = sessions(state, now).await?;
    Ok(format!(
        r#"{{"cacheSize":{},"usedCache":{},"entitySetCount":{},"entitySet":{sets},"ProgressInfo":[],"sessionInfo":{sessions},"privileges":{}}}"#,
        cache.size,
        cache.used,
        cache.sets,
        json!({ "privileges": [{ "privilege": "WebAdmin" }, { "privilege": "guest" }] }),
    ))
}

/// Memory for entity sets.
#[derive(Clone, Copy, Debug, Default)]
struct Cache {
    /// Bytes that they may take.
    size: u64,
    /// Bytes that they take.
    used: u64,
    sets: usize,
}

/// `entitySet` as JSON.
fn entity_sets(state: &AppState, now: i64) -> (Value, Cache) {
    let sets = state.sets().list(None, now);
    let cache = Cache { size: state.settings().rest.max_entity_set_bytes as u64, used: state.sets().held_bytes() as u64, sets: sets.len() };
    let shown = sets.iter().map(|set| {
        let model = state.model();
        let name = &model.dataclass(set.class).name;
        json!({
            "id": set.id.to_string(),
            "dataClass": name,
            "tableName": name,
            "selectionSize": set.size,
            "sorted": set.sorted,
            "refreshed": instant(set.refreshed),
            "expires": instant(set.expires),
        })
    });
    (shown.collect(), cache)
}

/// `sessionInfo` as JSON.
async fn sessions(state: &AppState, now: i64) -> Result<Value, Error> {
    let sessions = state.sessions().list(now);
    let mut ids: Vec<KeyId> = sessions.iter().filter_map(|session| session.holder.parse().ok()).collect();
    ids.sort();
    ids.dedup();
    let names = key_names(state, ids).await?;
    let seconds = state.sessions().life_seconds();
    let shown = sessions.iter().map(|session| {
        json!({
            "sessionID": session.id.to_string(),
            "userName": names.get(&*session.holder).map_or("", String::as_str),
            "lifeTime": seconds,
            "expiration": instant(session.ends),
        })
    });
    Ok(shown.collect())
}

/// `2024-03-05T11:00:00Z`
fn instant(milliseconds: i64) -> String {
    Timestamp::from_second(milliseconds.div_euclid(1000)).unwrap_or_default().to_string()
}

/// Descriptions of keys by their IDs.
pub(crate) async fn key_names(state: &AppState, ids: Vec<KeyId>) -> Result<HashMap<String, String>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let names = blocking(state, move |state| {
        let mut names = HashMap::with_capacity(ids.len());
        for id in ids {
            if let Some(record) = state.control().key(&id)? {
                names.insert(id.as_str().to_owned(), record.description);
            }
        }
        Ok(names)
    });
    names.await.map_err(from_control)
}
