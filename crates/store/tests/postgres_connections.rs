//! What reading and writing leave on connections to a PostgreSQL server.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/attached.rs"]
mod attached;
#[path = "support/postgres.rs"]
mod postgres;
mod support;

use std::sync::Arc;

use attached::{Attached, deadline};
use claviger_query::{Change, Request, Verb};
use claviger_store::{NothingHeld, StoreError};
use serde_json::{Value, json};
use support::JsonSink;

const TABLES: &str = "CREATE TABLE public.author (id int PRIMARY KEY, name text NOT NULL UNIQUE);
    CREATE TABLE public.book (id int PRIMARY KEY, author_id int REFERENCES public.author);
    INSERT INTO public.author VALUES (1, 'A'), (2, 'B');
    INSERT INTO public.book SELECT n, n % 2 + 1 FROM generate_series(1, 5000) AS n;
    CREATE VIEW public.me AS SELECT pg_backend_pid() AS pid, (SELECT count(*)::int FROM pg_prepared_statements) AS kept;
    CREATE VIEW public.slow AS SELECT count(*)::int AS n FROM pg_sleep(600)";

impl Attached {
    /// The server's process for the connection that a plan of unbounded cost gets when no other is at work.
    fn process(&self) -> Value {
        self.get("me")["__ENTITIES"][0]["pid"].clone()
    }

    fn runs(&self, sql: &str) -> bool {
        let sql = format!("%{sql}%");
        let found = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                     AND pid <> pg_backend_pid() AND query LIKE $1)";
        self.database.value(found, &[&sql])
    }
}

#[test]
fn a_connection_keeps_few_statements_prepared() {
    let Some(attached) = Attached::open(TABLES, false) else { return };
    let filter = |terms: usize| vec!["id = 1"; terms].join(" OR ").replace(' ', "%20");
    let process = attached.process();
    for terms in 1..200 {
        assert_eq!(attached.get(&format!("author?$filter={}", filter(terms)))["__COUNT"], 1);
    }
    let kept = attached.get("me")["__ENTITIES"][0].clone();
    assert_eq!(kept["pid"], process, "the same connection all the time");
    assert!(kept["kept"].as_u64().is_some_and(|kept| kept <= 130), "{kept}");
}

#[test]
fn a_reading_that_nobody_waits_for_ends_on_the_server() {
    let Some(attached) = Attached::open(TABLES, false) else { return };
    let (store, plan) = (attached.store().clone(), attached.reading("slow"));
    let reading = attached.database.spawn(async move { store.read(plan, JsonSink::default(), deadline()).await });
    while !attached.runs("pg_sleep") && !attached.runs("slow") {}
    reading.abort();
    assert!(attached.database.run(reading).unwrap_err().is_cancelled());
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while attached.runs("slow") {
        assert!(std::time::Instant::now() < until, "it runs on");
    }
}

#[test]
fn an_ordinary_refusal_costs_no_connection() {
    let Some(attached) = Attached::open(TABLES, false) else { return };
    let process = attached.process();
    let absent = |error: &StoreError| matches!(error, StoreError::Dialect(error) if error.code() == 1542);
    let many = attached.model().find("author").unwrap().attributes.iter().find(|it| it.name != "id" && it.name != "name").unwrap();
    let error = attached.try_get(&format!("author(9)?$attributes={}.*", many.name)).unwrap_err();
    assert!(absent(&error), "{error:?}");
    assert_eq!(attached.process(), process, "an absent entity");

    let Request::Write(Change::Delete(delete)) = attached.plan(Verb::Post, "author(9)?$method=delete", None) else { panic!("no deletion") };
    let error = attached.database.run(attached.store().delete(delete, Arc::new(NothingHeld), deadline())).unwrap_err();
    assert!(absent(&error), "{error:?}");
    assert_eq!(attached.process(), process, "an absent entity to delete");

    let plan = attached.reading("book");
    let error = attached.database.run(attached.store().keys(plan.selection().clone(), 16, deadline())).unwrap_err();
    assert!(matches!(error, StoreError::TooManyKeys), "{error:?}");
    assert_eq!(attached.process(), process, "too many keys");
    assert_eq!(attached.get("book?$top=1")["__COUNT"], json!(5000), "and the connection is as it was");
}

#[test]
fn what_may_take_long_does_not_hold_up_what_does_not() {
    let Some(attached) = Attached::open(TABLES, false) else { return };
    let other = attached.database.connect();
    attached.database.run(other.batch_execute("BEGIN; LOCK TABLE public.author")).unwrap();
    // More than there are shared connections, each waiting for the table.
    let readings: Vec<_> = (0..16)
        .map(|_| {
            let (store, plan) = (attached.store().clone(), attached.reading("author:name(A)"));
            attached.database.spawn(async move { store.read(plan, JsonSink::default(), deadline()).await.map(drop) })
        })
        .collect();
    while !attached.runs("author") {}
    let book = attached.reading("book(7)");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let read = attached.database.run(attached.store().read(book, JsonSink::default(), until)).map(JsonSink::into_json);
    assert_eq!(read.map(|book| book["id"].clone()).ok(), Some(json!(7)), "a reading by key waits for others");
    attached.database.run(other.batch_execute("COMMIT")).unwrap();
    for reading in readings {
        attached.database.run(reading).unwrap().unwrap();
    }
}
