//! Entity sets over PostgreSQL tables, by whole-number keys and by others (`rest-dialect.md` 11).
#![allow(clippy::unwrap_used)]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_access::Grants;
use claviger_model::Model;
use claviger_query::{Ask, KeyList, Options, Plan, Request, Selection, Verb};
use claviger_store::StoreError;
use claviger_store::layout::{ClassLayout, Dialect, Layout, StampSource};
use claviger_store::postgres::config::Server;
use claviger_store::postgres::connections::Connections;
use claviger_store::postgres::constraints::Constraints;
use claviger_store::postgres::engine::Engine;
use claviger_store::postgres::types::PgType;
use postgres::Database;
use serde_json::{Value, json};
use support::JsonSink;

const MODEL: &str = r#"{ "dataClasses": [
  { "name": "Author", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "primKey": true },
    { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "path": "author", "reversePath": true } ] },
  { "name": "Book", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "primKey": true },
    { "name": "pages", "kind": "storage", "type": "long" },
    { "name": "authorID", "kind": "storage", "type": "long" },
    { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" } ] },
  { "name": "Entry", "key": [{ "name": "day" }, { "name": "code" }], "attributes": [
    { "name": "day", "kind": "storage", "type": "date", "simpleDate": true },
    { "name": "code", "kind": "storage", "type": "uuid" },
    { "name": "count", "kind": "storage", "type": "long" } ] } ] }"#;

const TABLES: &str = "CREATE TABLE public.author (\"ID\" int PRIMARY KEY);
  CREATE TABLE public.book (\"ID\" int PRIMARY KEY, pages int, \"authorID\" int);
  CREATE TABLE public.entry (day date, code uuid, count int, PRIMARY KEY (day, code));
  INSERT INTO public.author VALUES (1), (2);
  INSERT INTO public.book SELECT n, 10 * n, n % 2 + 1 FROM generate_series(1, 9) AS n;
  INSERT INTO public.entry VALUES ('2024-01-01', '00000000-0000-0000-0000-0000000000aa', 3),
    ('2024-01-01', '00000000-0000-0000-0000-0000000000bb', 1), ('2023-05-05', '00000000-0000-0000-0000-0000000000aa', 2);";

struct Served {
    database: Database,
    engine: Engine,
    model: Arc<Model>,
}

fn class(table: &str, key: &[&str], types: &[Option<PgType>]) -> ClassLayout {
    let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
    ClassLayout {
        stored: Vec::new(),
        schema: Some("public".to_owned()),
        table: table.to_owned(),
        types: types.to_vec(),
        order: key.clone(),
        key,
        key_is_rowid: false,
        stamps: StampSource::Constant,
        content: Vec::new(),
    }
}

impl Served {
    fn new() -> Option<Self> {
        let database = Database::create()?;
        database.execute(TABLES);
        let model = Arc::new(Model::from_json(MODEL, "test").unwrap_or_else(|problems| panic!("{problems:?}")).0);
        let int = Some(PgType::Int);
        let classes = vec![
            class("author", &["ID"], &[int, None]),
            class("book", &["ID"], &[int, int, int, None]),
            class("entry", &["day", "code"], &[Some(PgType::Date), Some(PgType::Uuid), int]),
        ];
        let layout = Layout::of_parts(Dialect::Postgres("claviger"), false, 0, classes);
        let server = Server::parse(&database.url(), Path::new(".")).unwrap();
        let engine =
            Engine::new(Connections::new(server, 1, 2, "").unwrap(), Arc::clone(&model), layout, Constraints::default(), Arc::new(|| 0));
        Some(Self { database, engine, model })
    }

    fn request(&self, url: &str) -> Request {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let ask = Ask::parse(Verb::Get, path, query).unwrap();
        ask.plan(&self.model, &Grants::administration(&self.model), &Options::default(), None).unwrap()
    }

    fn plan(&self, url: &str) -> Plan {
        match self.request(url) {
            Request::Read(plan) => plan,
            other => panic!("{url}: {other:?}"),
        }
    }

    fn keys_of(&self, selection: &Selection, most_bytes: usize) -> Result<KeyList, StoreError> {
        let deadline = Instant::now() + Duration::from_secs(30);
        self.database.run(self.engine.keys(selection.clone(), most_bytes, deadline))
    }

    fn keys(&self, url: &str) -> Arc<KeyList> {
        Arc::new(self.keys_of(self.plan(url).selection(), usize::MAX).unwrap())
    }

    /// The answer of a request over a set.
    fn over(&self, url: &str, keys: &Arc<KeyList>) -> Value {
        let Request::Set(set) = self.request(url) else { panic!("{url}") };
        let Request::Read(plan) = set.over(Arc::clone(keys)) else { panic!("{url}") };
        let deadline = Instant::now() + Duration::from_secs(30);
        self.database.run(self.engine.read(plan, JsonSink::default(), deadline)).unwrap().into_json()
    }

    fn ids(&self, url: &str, keys: &Arc<KeyList>) -> Vec<Value> {
        let answer = self.over(url, keys);
        answer["__ENTITIES"].as_array().unwrap().iter().map(|entity| entity["ID"].clone()).collect()
    }
}

#[test]
fn whole_number_keys() {
    let Some(served) = Served::new() else { return };
    let set = served.keys("Book?$filter=\"pages > 30\"&$orderby=\"ID desc\"");
    assert_eq!(*set, KeyList::whole(vec![9, 8, 7, 6, 5, 4]));
    assert_eq!(served.ids("Book/$entityset/x?$skip=2&$top=3", &set), [7, 6, 5]);
    assert_eq!(served.ids("Book/$entityset/x?$filter=\"pages < 70\"", &set), [6, 5, 4]);
    assert_eq!(served.ids("Book/$entityset/x?$filter=\"author.ID = 1\"&$orderby=pages&$skip=1", &set), [6, 8]);
    let Value::Array(distinct) = served.over("Book/authorID/$entityset/x?$distinct=true&$filter=\"pages > 60\"", &set) else { panic!() };
    assert_eq!(distinct.len(), 2);
    let explained = served.over("Book/$entityset/x?$filter=\"pages > 60\"&$querypath=true", &set);
    assert_eq!(explained["__COUNT"], json!(3));
    served.database.execute("DELETE FROM public.book WHERE \"ID\" = 8");
    let page = served.over("Book/$entityset/x?$top=3", &set);
    assert_eq!((&page["__COUNT"], &page["__ENTITIES"][1], &page["__ENTITIES"][2]["ID"]), (&json!(6), &Value::Null, &json!(7)));
    let Request::Set(clean) = served.request("Book/$entityset/x?$clean=true") else { panic!() };
    assert_eq!(served.keys_of(&clean.existing(set), usize::MAX).unwrap(), KeyList::whole(vec![9, 7, 6, 5, 4]));
}

#[test]
fn keys_of_a_date_and_a_uuid() {
    let Some(served) = Served::new() else { return };
    let set = served.keys("Entry?$orderby=count");
    let counts = |url: &str| -> Vec<Value> {
        served.over(url, &set)["__ENTITIES"].as_array().unwrap().iter().map(|entity| entity["count"].clone()).collect()
    };
    assert_eq!(counts("Entry/$entityset/x"), [1, 2, 3]);
    assert_eq!(counts("Entry/$entityset/x?$skip=1&$top=1"), [2]);
    assert_eq!(counts("Entry/$entityset/x?$filter=\"count > 1\"&$orderby=\"count desc\""), [3, 2]);
    served.database.execute("DELETE FROM public.entry WHERE count = 2");
    assert_eq!(counts("Entry/$entityset/x"), [json!(1), Value::Null, json!(3)]);
}

#[test]
fn related_entities_and_limits() {
    let Some(served) = Served::new() else { return };
    let related = |key: u32| served.plan(&format!("Author({key})/books?$method=subentityset&$subOrderby=\"ID desc\""));
    assert_eq!(served.keys_of(related(2).selection(), usize::MAX).unwrap(), KeyList::whole(vec![9, 7, 5, 3, 1]));
    assert!(matches!(served.keys_of(related(2).selection(), 16), Err(StoreError::TooManyKeys)));
    // A connection that was left in the middle of an answer is not used again.
    assert_eq!(served.keys_of(related(1).selection(), usize::MAX).unwrap().len(), 4);
    served.database.execute("DELETE FROM public.book");
    assert!(served.keys_of(related(1).selection(), usize::MAX).unwrap().is_empty());
    let absent = served.keys_of(related(3).selection(), usize::MAX).unwrap_err();
    assert!(matches!(&absent, StoreError::Dialect(error) if error.code() == 1542), "{absent:?}");
}
