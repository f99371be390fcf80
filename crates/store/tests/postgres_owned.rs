//! Owned tables in PostgreSQL, read and written through the engine.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_access::Grants;
use claviger_model::Model;
use claviger_query::{Ask, Change, Options, Outcome, Planner, Request, Verb};
use claviger_store::postgres::Server;
use claviger_store::postgres::engine::Engine;
use claviger_store::postgres::schema::owned_layout;
use claviger_store::sql::columns::Selected;
use claviger_store::sql::{Tables, select};
use claviger_store::{Location, Mode, NothingHeld, OpenOptions, SaveOutcome, SaveStatus, StampMode};
use postgres::Database;
use serde_json::{Value, json};
use support::{JsonSink, NOW};

const MODEL: &str = r#"{"dataClasses": [
  {"name": "Author", "attributes": [
    {"name": "ID", "type": "long", "autosequence": true, "primKey": true},
    {"name": "born", "type": "date", "simpleDate": true},
    {"name": "books", "kind": "relatedEntities", "type": "BookSelection", "reversePath": true, "path": "author"}
  ]},
  {"name": "Book", "attributes": [
    {"name": "ID", "type": "long", "autosequence": true, "primKey": true},
    {"name": "title", "type": "string"},
    {"name": "note", "type": "object"},
    {"name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "integrity": "reject"}
  ]}
]}"#;

/// An owned database, asked by URL with everything allowed.
struct Owned {
    engine: Option<Arc<Engine>>,
    planner: Planner,
    grants: Grants,
    database: Database,
}

impl Owned {
    fn open() -> Option<Self> {
        let database = Database::create()?;
        let model = Arc::new(Model::from_json(MODEL, "test").unwrap_or_else(|problems| panic!("{problems:?}")).0);
        let location = Location::parse(&database.url(), Path::new(".")).unwrap();
        let options = OpenOptions::at(location, Mode::Owned, Arc::clone(&model), StampMode::Hash);
        let server = Server::parse(&database.url(), Path::new(".")).unwrap();
        let engine = database.run(Engine::open(server, &options, Arc::new(|| NOW))).unwrap();
        let grants = Grants::administration(&model);
        Some(Self { engine: Some(Arc::new(engine)), planner: Planner::new(model, Options::default()), grants, database })
    }

    fn engine(&self) -> &Arc<Engine> {
        self.engine.as_ref().unwrap()
    }

    fn plan(&self, verb: Verb, url: &str, body: Option<Value>) -> Request {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        Ask::parse(verb, path, query).and_then(|ask| self.planner.plan(&self.grants, &ask, body)).unwrap()
    }

    fn get(&self, url: &str) -> Value {
        let Request::Read(plan) = self.plan(Verb::Get, url, None) else { panic!("{url} reads nothing") };
        self.database.run(self.engine().read(plan, JsonSink::default(), deadline())).unwrap().into_json()
    }

    /// What saves entities when it is run.
    fn saving(&self, dataclass: &str, body: Value) -> impl Future<Output = Vec<SaveOutcome<JsonSink>>> + Send + 'static {
        let Request::Write(Change::Save(save)) = self.plan(Verb::Post, &format!("{dataclass}?$method=update"), Some(body)) else {
            panic!("{dataclass} saves nothing")
        };
        let engine = Arc::clone(self.engine());
        async move { engine.save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld), deadline()).await.unwrap() }
    }

    fn save(&self, dataclass: &str, body: Value) -> Vec<Value> {
        let outcomes = self.database.run(self.saving(dataclass, body)).into_iter();
        outcomes
            .map(|outcome| {
                assert_eq!(outcome.status, SaveStatus::Saved, "{:?}", outcome.error);
                outcome.entity.unwrap().into_json()
            })
            .collect()
    }

    /// Statements that a reading sends.
    fn statements(&self, url: &str) -> u64 {
        let before = self.engine().statements();
        self.get(url);
        self.engine().statements() - before
    }
}

impl Drop for Owned {
    /// Connections end before the database is dropped.
    fn drop(&mut self) {
        let engine = self.engine.take();
        self.database.run(async { drop(engine) });
    }
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[test]
fn a_page_of_related_entities_costs_the_same_number_of_statements_whatever_its_size() {
    let Some(owned) = Owned::open() else { return };
    owned.save("Author", (0..40).map(|_| json!({})).collect());
    owned.save("Book", (0..200).map(|n| json!({ "title": format!("Book {n}"), "author": n % 40 + 1 })).collect());
    for projection in ["*,books.*", "books.title,books.author.books.title", "*,books.author.*"] {
        let counts: Vec<u64> =
            [2, 10, 39].iter().map(|top| owned.statements(&format!("Author?$attributes={projection}&$top={top}"))).collect();
        // One of them counts the authors: where nothing was committed on the server since the last page, by whomever, it is left out.
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(most - least <= 1 && *most <= 8, "{projection}: {counts:?}");
    }
    let page = owned.get("Author?$attributes=books.title&$top=39");
    assert_eq!(page["__ENTITIES"][38]["books"]["__COUNT"], json!(5), "{page}");
}

#[test]
fn the_empty_date_is_sent_as_it_came_and_saving_it_again_changes_nothing() {
    let Some(owned) = Owned::open() else { return };
    let made = owned.save("Author", json!([{ "born": "0!0!0" }, { "born": "4!8!1991" }, {}]));
    let again = owned.save("Author", json!([{ "__KEY": "1", "__STAMP": 1, "born": "0!0!0" }])).remove(0);
    assert_eq!((&again["__STAMP"], &again["born"]), (&json!(1), &made[0]["born"]));
    let order: Vec<Value> =
        owned.get("Author?$orderby=born&$attributes=ID")["__ENTITIES"].as_array().unwrap().iter().map(|it| it["ID"].clone()).collect();
    assert_eq!(order, [json!(3), json!(1), json!(2)]);
}

#[test]
fn an_entity_that_is_being_deleted_is_not_referred_to() {
    let Some(owned) = Owned::open() else { return };
    owned.save("Author", json!([{}, {}]));
    // Another server, after it has looked for books of the author.
    let other = owned.database.connect();
    let run = |sql: &str| owned.database.run(other.batch_execute(sql)).unwrap();
    run("BEGIN; SELECT FROM public.\"Author\" WHERE \"ID\" = 1 FOR UPDATE; DELETE FROM public.\"Author\" WHERE \"ID\" = 1");
    let saving = owned.database.spawn(owned.saving("Book", json!([{ "title": "A", "author": 1 }])));
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                 OR EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')";
    while !saving.is_finished() && !owned.database.value::<bool>(waits, &[]) {}
    run("COMMIT");
    let outcomes = owned.database.run(saving).unwrap();
    assert_eq!(outcomes[0].status, SaveStatus::Failed, "{:?}", outcomes[0].error);
    assert_eq!(owned.get("Book")["__COUNT"], 0);
    owned.save("Book", json!([{ "title": "B", "author": 2 }]));
}

#[test]
fn a_text_that_looks_like_the_character_nought_is_one_like_any_other() {
    let Some(owned) = Owned::open() else { return };
    let body = json!({ "a\\u0000": ["\\u0000", { "b": "\\\\u0000" }] });
    let made = owned.save("Book", json!([{ "title": "\\u0000", "note": body }])).remove(0);
    assert_eq!((&made["title"], &made["note"]), (&json!("\\u0000"), &body));
    assert_eq!(owned.get("Book?$filter=\"note.x = null\"")["__COUNT"], 1);
    for note in [json!({ "a\u{0}": 1 }), json!({ "a": ["\u{0}"] }), json!({ "a": { "b": "x\u{0}" } })] {
        let outcome = owned.database.run(owned.saving("Book", json!([{ "note": note }]))).remove(0);
        assert_eq!(outcome.status, SaveStatus::Failed, "{note}");
        assert!(outcome.error.unwrap().items[0].message.contains("U+0000"), "{note}");
    }
}

#[test]
fn a_page_in_the_order_of_keys_comes_from_their_index() {
    let Some(owned) = Owned::open() else { return };
    owned.database.execute(
        "INSERT INTO public.\"Author\" (\"ID\", __stamp, __timestamp) SELECT n, 1, now() FROM generate_series(1, 20000) n; ANALYZE public.\"Author\"",
    );
    let layout = owned_layout(owned.engine().model(), "public");
    let tables = Tables::new(owned.engine().model(), &layout);
    for (number, order) in ["ID", "ID desc"].into_iter().enumerate() {
        let Request::Read(plan) = owned.plan(Verb::Get, &format!("Author?$orderby={order}&$top=10"), None) else { panic!("no reading") };
        let Outcome::Page(projection, _) = plan.outcome() else { panic!("no page") };
        let sql = select::page(tables, &plan, &Selected::of(tables, projection), 0, 10);
        owned.database.execute(&format!("PREPARE p{number} AS {}", sql.text));
        let lines = owned.database.run(owned.database.client().query(&format!("EXPLAIN EXECUTE p{number} (10)"), &[])).unwrap();
        let lines: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
        assert!(lines.iter().any(|line| line.contains("Author_pkey")) && !lines.concat().contains("Sort"), "{lines:#?}");
    }
}
