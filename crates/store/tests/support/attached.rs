//! An attached PostgreSQL database, asked by URL.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test binary uses its own part")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_access::Grants;
use claviger_model::Model;
use claviger_query::{Ask, Change, Options, Plan, Planner, Request, Verb};
use claviger_store::postgres::introspect::attach_model;
use claviger_store::postgres::stamps;
use claviger_store::{Location, Mode, NothingHeld, OpenOptions, SaveStatus, StampMode, Store, StoreError};
use serde_json::Value;

use crate::postgres::Database;
use crate::support::{JsonSink, NOW};

pub fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// An attached database, asked by URL with everything allowed.
pub struct Attached {
    store: Option<Store>,
    planner: Planner,
    grants: Grants,
    pub database: Database,
}

impl Attached {
    /// Tables made by SQL. `allows_schema`: stamps are kept in the database.
    pub fn open(sql: &str, allows_schema: bool) -> Option<Self> {
        let database = Database::create()?;
        database.execute(sql);
        if allows_schema {
            let mut client = database.connect();
            database.run(stamps::prepare(&mut client, 5)).unwrap();
        }
        let model = Arc::new(database.run(attach_model(database.client(), "test", &[])).unwrap().0);
        let stamps = if allows_schema { StampMode::Side("unused".into()) } else { StampMode::Hash };
        let location = Location::parse(&database.url(), Path::new(".")).unwrap();
        let options = OpenOptions::at(location, Mode::Attached, Arc::clone(&model), stamps);
        // Opened on a thread that may wait, as the server does.
        let opening = async { tokio::task::spawn_blocking(|| Store::open(options, Arc::new(|| NOW))).await.unwrap() };
        let store = database.run(opening).unwrap();
        let grants = Grants::administration(&model);
        Some(Self { store: Some(store), planner: Planner::new(model, Options::default()), grants, database })
    }

    pub fn plan(&self, verb: Verb, url: &str, body: Option<Value>) -> Request {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        Ask::parse(verb, path, query).and_then(|ask| self.planner.plan(&self.grants, &ask, body)).unwrap()
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub fn model(&self) -> &Model {
        self.planner.model()
    }

    pub fn reading(&self, url: &str) -> Plan {
        let Request::Read(plan) = self.plan(Verb::Get, url, None) else { panic!("{url} reads nothing") };
        plan
    }

    pub fn try_get(&self, url: &str) -> Result<Value, StoreError> {
        self.database.run(self.store().read(self.reading(url), JsonSink::default(), deadline())).map(JsonSink::into_json)
    }

    pub fn get(&self, url: &str) -> Value {
        self.try_get(url).unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }

    /// Keys of the entities of a page.
    pub fn keys(&self, url: &str) -> Vec<Value> {
        self.get(url)["__ENTITIES"].as_array().unwrap().iter().map(|entity| entity["__KEY"].clone()).collect()
    }

    /// Saves one entity: its status and what is sent back, or the text of the root cause.
    pub fn save(&self, dataclass: &str, body: Value) -> (SaveStatus, Value) {
        let url = format!("{dataclass}?$method=update");
        let Request::Write(Change::Save(save)) = self.plan(Verb::Post, &url, Some(body)) else { panic!("{url} saves nothing") };
        let saving = self.store().save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld), deadline());
        let outcome = self.database.run(saving).unwrap().remove(0);
        let cause = outcome.error.map_or(Value::Null, |error| error.items[0].message.clone().into());
        (outcome.status, outcome.entity.map_or(cause, JsonSink::into_json))
    }

    pub fn saved(&self, dataclass: &str, body: Value) -> Value {
        let (status, entity) = self.save(dataclass, body.clone());
        assert_eq!(status, SaveStatus::Saved, "{body}: {entity}");
        entity
    }

    pub fn column(&self, column: &str) -> Option<String> {
        self.database.value(&format!("SELECT \"{column}\"::text FROM public.kinds WHERE id = 1"), &[])
    }
}

impl Drop for Attached {
    /// Connections end before the database is dropped.
    fn drop(&mut self) {
        let store = self.store.take();
        self.database.run(async { drop(store) });
    }
}
