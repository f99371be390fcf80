//! Saving and deleting in tests: what came of it as plain values.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test binary uses its own part")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_query::{Change, Error, Request, Verb};
use claviger_store::{DeleteOutcome, NothingHeld, SaveOutcome, SaveStatus, StoreError};
use serde_json::Value;

use crate::support::{JsonSink, Served};

/// What became of one entity.
#[derive(Debug)]
pub struct Saved {
    pub status: SaveStatus,
    /// The entity sent back, or null.
    pub entity: Value,
    pub error: Option<Error>,
}

impl Saved {
    pub fn of(outcome: SaveOutcome<JsonSink>) -> Self {
        let entity = outcome.entity.map_or(Value::Null, JsonSink::into_json);
        Self { status: outcome.status, entity, error: outcome.error }
    }

    /// Numbers of the error chain.
    pub fn codes(&self) -> Vec<i64> {
        self.error.iter().flat_map(|error| &error.items).map(|item| item.code).collect()
    }

    /// The text of the root cause.
    pub fn message(&self) -> &str {
        self.error.as_ref().map_or("", |error| error.items[0].message.as_str())
    }
}

pub fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// What a request to write means.
pub fn change(served: &Served, url: &str, body: Option<Value>) -> Change {
    match served.plan(Verb::Post, url, body) {
        Ok(Request::Write(change)) => change,
        other => panic!("{url} writes nothing: {other:?}"),
    }
}

/// Runs a change that saves.
pub async fn run(served: &claviger_store::Store, change: Change) -> Vec<Saved> {
    let Change::Save(save) = change else { panic!("saves nothing") };
    let outcomes = served.save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld), deadline()).await.unwrap();
    outcomes.into_iter().map(Saved::of).collect()
}

/// `POST {url}` with a body of entities.
pub fn save_all(served: &Served, url: &str, body: Value) -> Vec<Saved> {
    served.block_on(run(&served.store, change(served, url, Some(body))))
}

/// `POST {dataclass}?$method=update` with one entity.
pub fn save(served: &Served, dataclass: &str, body: Value) -> Saved {
    let mut outcomes = save_all(served, &format!("{dataclass}?$method=update"), body);
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

/// The same where it must succeed: the entity.
pub fn saved(served: &Served, dataclass: &str, body: Value) -> Value {
    let outcome = save(served, dataclass, body);
    assert_eq!(outcome.status, SaveStatus::Saved, "{:?}", outcome.error);
    outcome.entity
}

/// `POST {url}` that deletes.
pub fn delete(served: &Served, url: &str, body: Option<Value>) -> Result<DeleteOutcome, StoreError> {
    let Change::Delete(delete) = change(served, url, body) else { panic!("{url} deletes nothing") };
    served.block_on(served.store.delete(delete, Arc::new(NothingHeld), deadline()))
}
