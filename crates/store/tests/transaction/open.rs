//! An open transaction in tests, asked by URL.

use std::sync::Arc;
use std::time::Instant;

use claviger_query::{Change, KeyList, Plan, Request, Verb};
use claviger_store::{DeleteOutcome, EntityGuard, NothingHeld, OpenTransaction, SaveStatus, StoreError};
use serde_json::Value;

use crate::saving::{Saved, change, deadline};
use crate::support::{JsonSink, Served};

/// Begins a transaction that may last as long as a test does.
pub fn begin(served: &Served) -> Open<'_> {
    begin_until(served, deadline()).unwrap()
}

pub fn begin_until(served: &Served, deadline: Instant) -> Result<Open<'_>, StoreError> {
    let transaction = served.block_on(served.store.begin(deadline))?;
    Ok(Open { served, transaction })
}

/// What a reading by URL means.
pub fn reading(served: &Served, url: &str) -> Plan {
    match served.plan(Verb::Get, url, None) {
        Ok(Request::Read(plan)) => plan,
        other => panic!("{url} reads nothing: {other:?}"),
    }
}

/// A transaction and where its requests come from.
pub struct Open<'a> {
    served: &'a Served,
    pub transaction: OpenTransaction,
}

impl Open<'_> {
    pub fn try_get(&mut self, url: &str) -> Result<Value, StoreError> {
        let plan = reading(self.served, url);
        self.served.block_on(self.transaction.read(plan, JsonSink::default())).map(JsonSink::into_json)
    }

    pub fn get(&mut self, url: &str) -> Value {
        self.try_get(url).unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }

    /// Number of entities of a page.
    pub fn count(&mut self, url: &str) -> u64 {
        self.get(url)["__COUNT"].as_u64().unwrap()
    }

    pub fn try_save(&mut self, url: &str, body: Value) -> Result<Vec<Saved>, StoreError> {
        let Change::Save(save) = change(self.served, url, Some(body)) else { panic!("{url} saves nothing") };
        let saving = self.transaction.save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld));
        self.served.block_on(saving).map(|outcomes| outcomes.into_iter().map(Saved::of).collect())
    }

    /// Saves one entity.
    pub fn save(&mut self, dataclass: &str, body: Value) -> Saved {
        let mut outcomes = self.try_save(&format!("{dataclass}?$method=update"), body).unwrap();
        assert_eq!(outcomes.len(), 1);
        outcomes.remove(0)
    }

    /// The same where it must succeed: the entity.
    pub fn saved(&mut self, dataclass: &str, body: Value) -> Value {
        let outcome = self.save(dataclass, body);
        assert_eq!(outcome.status, SaveStatus::Saved, "{:?}", outcome.error);
        outcome.entity
    }

    pub fn delete(&mut self, url: &str) -> Result<DeleteOutcome, StoreError> {
        self.delete_with(url, Arc::new(NothingHeld))
    }

    pub fn delete_with(&mut self, url: &str, guard: Arc<dyn EntityGuard>) -> Result<DeleteOutcome, StoreError> {
        let Change::Delete(delete) = change(self.served, url, None) else { panic!("{url} deletes nothing") };
        self.served.block_on(self.transaction.delete(delete, guard))
    }

    /// Keys of the entities of a selection.
    pub fn keys(&mut self, url: &str) -> KeyList {
        let selection = reading(self.served, url).selection().clone();
        self.served.block_on(self.transaction.keys(selection, usize::MAX)).unwrap()
    }

    pub fn begin_nested(&mut self) -> Result<(), StoreError> {
        self.served.block_on(self.transaction.begin_nested())
    }

    pub fn commit_nested(&mut self) -> Result<(), StoreError> {
        self.served.block_on(self.transaction.commit_nested())
    }

    pub fn rollback_nested(&mut self) -> Result<(), StoreError> {
        self.served.block_on(self.transaction.rollback_nested())
    }

    pub fn commit(self) -> Result<(), StoreError> {
        self.served.block_on(self.transaction.commit())
    }

    pub fn rollback(self) -> Result<(), StoreError> {
        self.served.block_on(self.transaction.rollback())
    }
}
