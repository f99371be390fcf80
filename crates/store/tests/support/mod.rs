//! A sink in memory: the answer as JSON, for tests.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test binary uses its own part")]

use claviger_model::Cell;
use claviger_model::value::{DateStyle, key_text, write_cell};
use claviger_query::{Aggregate, ComputeColumn, Field, Projection};
use claviger_store::{EntityHead, Sink};
use serde_json::{Map, Value, json};

/// Collects an answer. Entities are objects with `__KEY`, `__STAMP`, `__TIMESTAMP` and their attributes; a page is
/// `{"__COUNT", "__FIRST", "__ENTITIES", "__SENT"}`; an expanded 1 -> N relation the same without `__FIRST`; a deferred relation
/// `{"__deferred": key}`; aggregates `{attribute: {aggregate: value}}`; distinct values an array; media `"(media)"`.
#[derive(Debug, Default)]
pub struct JsonSink {
    stack: Vec<Frame>,
    answer: Value,
    /// What `explained` told.
    pub found: Vec<u64>,
    /// Calls of `reset`.
    pub resets: usize,
}

#[derive(Debug)]
enum Frame {
    Entity(Map<String, Value>),
    One(String, Map<String, Value>),
    Page(u64, u64, Vec<Value>),
    Many(String, u64, Vec<Value>),
}

impl JsonSink {
    /// The answer; every entity and page that began must have ended.
    pub fn into_json(self) -> Value {
        assert!(self.stack.is_empty(), "unfinished: {:?}", self.stack);
        self.answer
    }

    fn map(&mut self) -> &mut Map<String, Value> {
        match self.stack.last_mut() {
            Some(Frame::Entity(map) | Frame::One(_, map)) => map,
            other => panic!("a field outside of an entity: {other:?}"),
        }
    }

    fn set(&mut self, field: &Field, value: Value) {
        let old = self.map().insert(field.name().to_owned(), value);
        assert!(old.is_none(), "{} came twice", field.name());
    }
}

/// A cell as JSON.
pub fn cell_json(cell: Cell<'_>) -> Value {
    if cell == Cell::Media {
        return "(media)".into();
    }
    let mut out = Vec::new();
    write_cell(&mut out, cell, DateStyle::Bang);
    serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
}

fn key_json(key: &[Cell<'_>]) -> Value {
    match key {
        [] => Value::Null,
        [part] => key_text(*part).into(),
        parts => parts.iter().map(|part| Value::from(key_text(*part))).collect(),
    }
}

fn head_map(head: EntityHead<'_>) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("__KEY".into(), key_json(head.key));
    map.insert("__STAMP".into(), head.stamp.into());
    map.insert("__TIMESTAMP".into(), head.timestamp.into());
    map
}

impl Sink for JsonSink {
    fn reset(&mut self) {
        *self = Self { resets: self.resets + 1, ..Self::default() };
    }

    fn page(&mut self, _: &Projection, count: u64, first: u64) {
        self.stack.push(Frame::Page(count, first, Vec::new()));
    }

    fn page_end(&mut self, sent: u64) {
        let Some(Frame::Page(count, first, entities)) = self.stack.pop() else { panic!("no page ends here") };
        assert_eq!(entities.len() as u64, sent);
        self.answer = json!({"__COUNT": count, "__FIRST": first, "__ENTITIES": entities, "__SENT": sent});
    }

    fn entity(&mut self, _: &Projection, head: EntityHead<'_>) {
        self.stack.push(Frame::Entity(head_map(head)));
    }

    fn entity_end(&mut self) {
        match (self.stack.pop(), self.stack.last_mut()) {
            (Some(Frame::Entity(map)), Some(Frame::Page(_, _, entities) | Frame::Many(_, _, entities))) => entities.push(map.into()),
            (Some(Frame::Entity(map)), None) => self.answer = map.into(),
            (Some(Frame::One(name, map)), Some(_)) => {
                self.map().insert(name, map.into());
            }
            other => panic!("no entity ends here: {other:?}"),
        }
    }

    fn cell(&mut self, field: &Field, cell: Cell<'_>) {
        self.set(field, cell_json(cell));
    }

    fn list(&mut self, field: &Field, cells: &[Cell<'_>]) {
        self.set(field, cells.iter().map(|cell| cell_json(*cell)).collect());
    }

    fn deferred_one(&mut self, field: &Field, key: Option<&[Cell<'_>]>) {
        self.set(field, key.map_or(Value::Null, |key| json!({"__deferred": key_json(key)})));
    }

    fn deferred_many(&mut self, field: &Field) {
        self.set(field, json!({"__deferred": null}));
    }

    fn one(&mut self, field: &Field, _: &Projection, head: Option<EntityHead<'_>>) {
        match head {
            Some(head) => self.stack.push(Frame::One(field.name().to_owned(), head_map(head))),
            None => self.set(field, Value::Null),
        }
    }

    fn many(&mut self, field: &Field, _: &Projection, count: u64) {
        self.stack.push(Frame::Many(field.name().to_owned(), count, Vec::new()));
    }

    fn many_end(&mut self, sent: u64) {
        let Some(Frame::Many(name, count, entities)) = self.stack.pop() else { panic!("no relation ends here") };
        assert_eq!(entities.len() as u64, sent);
        self.map().insert(name, json!({"__COUNT": count, "__ENTITIES": entities, "__SENT": sent}));
    }

    fn media(&mut self, bytes: Option<&[u8]>) {
        self.answer = json!({ "bytes": bytes });
    }

    fn aggregate(&mut self, column: &ComputeColumn, aggregate: Aggregate, cell: Cell<'_>) {
        self.answer[&column.name][format!("{aggregate:?}").to_lowercase()] = cell_json(cell);
    }

    fn distinct(&mut self, cell: Cell<'_>) {
        match &mut self.answer {
            Value::Array(values) => values.push(cell_json(cell)),
            answer => *answer = json!([cell_json(cell)]),
        }
    }

    fn explained(&mut self, found: &[u64]) {
        self.found = found.to_vec();
    }
}

/// An attached database with an Administration key's permissions, asked by URL.
pub struct Served {
    /// The store.
    pub store: claviger_store::Store,
    /// The database file.
    pub path: std::path::PathBuf,
    planner: claviger_query::Planner,
    grants: claviger_access::Grants,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

/// The time that the tests' clock shows.
pub const NOW: i64 = 1_700_000_000_000;

impl Served {
    /// Makes a database by SQL and attaches it, with stamps in a side file.
    pub fn attach(sql: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.sqlite");
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        Self::attach_file(folder, path)
    }

    /// Attaches a database file that lies in the folder.
    pub fn attach_file(folder: tempfile::TempDir, path: std::path::PathBuf) -> Self {
        let stamps = folder.path().join("stamps.db");
        let (model, problems) = claviger_store::sqlite::introspect::attach_model(&path, "test").unwrap();
        assert!(!problems.iter().any(|problem| problem.severity == claviger_model::problem::Severity::Error), "{problems:?}");
        Self::open(
            folder,
            path.clone(),
            claviger_store::OpenOptions::new(path, claviger_store::Mode::Attached, model.into(), claviger_store::StampMode::Side(stamps)),
        )
    }

    /// Makes an owned database of a model file.
    pub fn own(model: &str) -> Self {
        let (model, _) = claviger_model::Model::from_json(model, "test").unwrap_or_else(|problems| panic!("{problems:?}"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.sqlite");
        Self::open(
            folder,
            path.clone(),
            claviger_store::OpenOptions::new(path, claviger_store::Mode::Owned, model.into(), claviger_store::StampMode::Hash),
        )
    }

    /// Opens a store with given options.
    pub fn open(folder: tempfile::TempDir, path: std::path::PathBuf, options: claviger_store::OpenOptions) -> Self {
        let model = std::sync::Arc::clone(&options.model);
        let store = claviger_store::Store::open(options, std::sync::Arc::new(|| NOW)).unwrap();
        Self {
            store,
            path,
            grants: claviger_access::Grants::administration(&model),
            planner: claviger_query::Planner::new(model, claviger_query::Options::default()),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            _folder: folder,
        }
    }

    /// The model served.
    pub fn model(&self) -> &claviger_model::Model {
        self.planner.model()
    }

    /// What a request means.
    pub fn plan(
        &self,
        verb: claviger_query::Verb,
        url: &str,
        body: Option<Value>,
    ) -> Result<claviger_query::Request, claviger_query::Error> {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        claviger_query::Ask::parse(verb, path, query).and_then(|ask| self.planner.plan(&self.grants, &ask, body))
    }

    /// Answers a GET of what stands behind `/rest/`.
    pub fn try_get(&self, url: &str) -> Result<JsonSink, claviger_store::StoreError> {
        let plan = match self.plan(claviger_query::Verb::Get, url, None)? {
            claviger_query::Request::Read(plan) => plan,
            other => panic!("{url} reads nothing: {other:?}"),
        };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        self.runtime.block_on(self.store.read(plan, JsonSink::default(), deadline))
    }

    /// The same where an answer is expected.
    pub fn get(&self, url: &str) -> Value {
        self.try_get(url).unwrap_or_else(|error| panic!("{url}: {error:?}")).into_json()
    }

    /// Keys of the entities of a page.
    pub fn keys(&self, url: &str) -> Vec<String> {
        let page = self.get(url);
        let entities = page["__ENTITIES"].as_array().unwrap_or_else(|| panic!("{url}: {page}"));
        entities.iter().map(|entity| entity["__KEY"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Runs a future of the store.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}
