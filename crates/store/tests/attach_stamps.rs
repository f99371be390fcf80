//! Attached databases: stamps in a file of our own, writing that respects what is there (settlement "Attached databases").
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/saving.rs"]
mod saving;
mod support;

use std::path::PathBuf;
use std::sync::Arc;

use claviger_query::Change;
use claviger_store::layout::AttachedStamps;
use claviger_store::sqlite::connection::{DATA_SCHEMA, Durability, Files};
use claviger_store::sqlite::introspect::{attach_model, attached_layout};
use claviger_store::sqlite::write::{Session, Transaction};
use claviger_store::{Mode, NothingHeld, OpenOptions, SaveStatus, StampMode, StoreError};
use rusqlite::Connection;
use saving::{change, delete, save, saved};
use serde_json::{Value, json};
use support::{JsonSink, NOW, Served};

const SHOP: &str = r"
    CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born DATE);
    CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, price NUMERIC(10,2), state TEXT NOT NULL DEFAULT 'new',
        shout TEXT AS (upper(title)), author_id INTEGER REFERENCES author(id), isbn TEXT UNIQUE, seen DATETIME, CHECK (price >= 0));
    CREATE TABLE pair (a INTEGER, b TEXT, note TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE TABLE loose (word TEXT);
    CREATE VIEW titles AS SELECT title FROM book;
    INSERT INTO author VALUES (1, 'Ines', '1980-01-02'), (2, 'Tom', NULL);
    INSERT INTO book (id, title, price, author_id, seen) VALUES (1, 'Slow Rivers', 9.99, 1, '2024-02-28 16:40:00'), (2, 'Hills', 5, 2, NULL);
    INSERT INTO pair VALUES (1, 'x', 'one');
    INSERT INTO loose VALUES ('first');
";

fn shop() -> Served {
    Served::attach(SHOP)
}

fn side(served: &Served) -> PathBuf {
    served.path.with_file_name("stamps.db")
}

fn outside(served: &Served, sql: &str) {
    Connection::open(&served.path).unwrap().execute_batch(sql).unwrap();
}

fn stored(served: &Served, sql: &str) -> String {
    Connection::open(&served.path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_file_keeps_every_byte_until_something_is_written_and_its_journal_mode_after() {
    let served = shop();
    let before = std::fs::read(&served.path).unwrap();
    served.get("book");
    served.get("book(1)?$expand=author");
    served.get("book?$filter=\"title = 'slow@'\"");
    assert_eq!(std::fs::read(&served.path).unwrap(), before);
    assert_eq!(saved(&served, "book", json!({ "__KEY": "1" }))["__STAMP"], 1);
    assert_eq!(std::fs::read(&served.path).unwrap(), before, "a save that changes nothing writes nothing");
    saved(&served, "book", json!({ "__KEY": "1", "title": "Other" }));
    assert_ne!(std::fs::read(&served.path).unwrap(), before);
    assert_eq!(stored(&served, "PRAGMA journal_mode"), "delete");
}

#[test]
fn never_saved_is_stamp_one_and_each_save_counts() {
    let served = shop();
    let book = served.get("book(1)");
    assert_eq!((&book["__STAMP"], &book["__TIMESTAMP"]), (&json!(1), &json!(NOW)));
    let book = saved(&served, "book", json!({ "__KEY": "1", "__STAMP": 1, "title": "Other" }));
    assert_eq!((&book["__STAMP"], &book["title"], &book["shout"]), (&json!(2), &json!("Other"), &json!("OTHER")));
    assert_eq!(served.get("book(1)"), book);
    assert_eq!(saved(&served, "book", json!({ "__KEY": "1", "__STAMP": 2, "title": "Third" }))["__STAMP"], 3);
    let outcome = save(&served, "book", json!({ "__KEY": "1", "__STAMP": 2, "title": "late" }));
    assert_eq!(
        (outcome.status, outcome.codes(), &outcome.entity["title"]),
        (SaveStatus::Conflict, vec![1263, 1046, 1517], &json!("Third"))
    );
    assert_eq!(served.get("book(2)")["__STAMP"], 1);
}

#[test]
fn a_change_from_outside_counts_as_one() {
    let served = shop();
    saved(&served, "book", json!({ "__KEY": "1", "title": "Other" }));
    outside(&served, "UPDATE book SET price = 1 WHERE id = 1");
    assert_eq!(served.get("book(1)")["__STAMP"], 3);
    let outcome = save(&served, "book", json!({ "__KEY": "1", "__STAMP": 2, "title": "late" }));
    assert_eq!(outcome.status, SaveStatus::Conflict);
    let book = saved(&served, "book", json!({ "__KEY": "1", "__STAMP": 3, "title": "Fourth" }));
    assert!(book["__STAMP"].as_i64().unwrap() > 3, "{book}");
    assert_eq!(served.get("book(1)"), book);
}

#[test]
fn a_crash_between_the_commits_never_loses_a_write() {
    let served = shop();
    saved(&served, "book", json!({ "__KEY": "1", "title": "second" }));
    let database_before = std::fs::read(&served.path).unwrap();
    let stamps = Connection::open(served.path.with_file_name("stamps.db")).unwrap();
    let hash_before: i64 = stamps.query_row("SELECT hash FROM __claviger_stamps", [], |row| row.get(0)).unwrap();
    let seen = saved(&served, "book", json!({ "__KEY": "1", "title": "third" }));
    assert_eq!(seen["__STAMP"], 3);
    // The stamps file was committed, the database was not, and so what was before is not forgotten.
    std::fs::write(&served.path, &database_before).unwrap();
    stamps.execute("UPDATE __claviger_stamps SET prior_stamp = 2, prior_hash = ?1", [hash_before]).unwrap();
    let after = served.get("book(1)");
    assert_eq!((&after["title"], &after["__STAMP"]), (&json!("second"), &json!(2)), "content and stamp fit each other");
    let next = saved(&served, "book", json!({ "__KEY": "1", "__STAMP": 2, "title": "other third" }));
    assert!(next["__STAMP"].as_i64().unwrap() > 3, "whoever saw stamp 3 must not match: {next}");
    let outcome = save(&served, "book", json!({ "__KEY": "1", "__STAMP": 3, "title": "late" }));
    assert_eq!(outcome.status, SaveStatus::Conflict);
}

/// Others see the stamps before they see the row: what they then find is what was before all of the transaction, whatever it saved and took
/// back since. Else a stamp that they are shown is given once more, to another content.
#[test]
fn what_was_before_is_what_was_before_the_transaction() {
    let served = shop();
    saved(&served, "book", json!({ "__KEY": "1", "title": "Other" }));
    let before = served.get("book(1)")["__STAMP"].as_i64().unwrap();
    let files = Files { path: served.path.clone(), owned: false, side: Some(side(&served)), durability: Durability::Full };
    let link = files.open_writer().unwrap();
    let layout = attached_layout(&link.db, DATA_SCHEMA, served.model(), AttachedStamps::Side, NOW).unwrap();
    let session = Session::new(Transaction::new(link), served.store.model().clone(), layout.into(), Arc::new(|| NOW));
    let title = |title: &str| {
        let body = json!({ "__KEY": "1", "title": title });
        let Change::Save(save) = change(&served, "book?$method=update", Some(body)) else { panic!() };
        session.part(|session| session.save(&save, &JsonSink::default, &NothingHeld)).unwrap();
    };
    let remembered = || {
        let sql = "SELECT stamp, prior_stamp, hash <> prior_hash FROM __claviger_stamps WHERE row_key = 1";
        session.db.link.db.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?))).unwrap()
    };
    let undone = |title: &dyn Fn(&str)| {
        let undone = session.part(|_| {
            title("taken back");
            Err::<((), _), _>(StoreError::Busy)
        });
        assert!(undone.is_err());
    };
    session.db.link.db.execute_batch("BEGIN IMMEDIATE").unwrap();
    undone(&title);
    title("A3");
    assert_eq!(remembered(), (before + 1, Some(before), true));
    title("A4");
    undone(&title);
    title("A5");
    assert_eq!(remembered(), (before + 3, Some(before), true));
}

#[test]
fn stamps_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.sqlite");
    Connection::open(&path).unwrap().execute_batch(SHOP).unwrap();
    let kept = tempfile::tempdir().unwrap();
    let options = || {
        let model = attach_model(&path, "test").unwrap().0.into();
        OpenOptions::new(path.clone(), Mode::Attached, model, StampMode::Side(kept.path().join("stamps.db")))
    };
    let first = Served::open(tempfile::tempdir().unwrap(), path.clone(), options());
    let book = saved(&first, "book", json!({ "__KEY": "1", "title": "Other" }));
    drop(first);
    let second = Served::open(tempfile::tempdir().unwrap(), path.clone(), options());
    assert_eq!(second.get("book(1)"), book);
}

#[test]
fn created_and_deleted_and_created_again() {
    let served = shop();
    let book = saved(&served, "book", json!({ "title": "New", "price": 12.5, "author_id": 2 }));
    assert_eq!((&book["__KEY"], &book["__STAMP"], &book["state"], &book["price"]), (&json!("3"), &json!(1), &json!("new"), &json!(12.5)));
    assert_eq!(stored(&served, "SELECT typeof(price) FROM book WHERE id = 3"), "real");
    saved(&served, "book", json!({ "__KEY": "3", "title": "Newer" }));
    assert_eq!(delete(&served, "book(3)?$method=delete", None).unwrap().deleted, 1);
    let again = saved(&served, "book", json!({ "id": 3, "title": "Newest" }));
    assert!(again["__STAMP"].as_i64().unwrap() > 2, "a stamp of the deleted one must not fit: {again}");
    assert_eq!(served.get("book(3)"), again);
}

#[test]
fn keys_of_several_parts_rowids_and_views() {
    let served = shop();
    let pair = saved(&served, "pair", json!({ "a": 2, "b": "y", "note": "two" }));
    assert_eq!(pair["__STAMP"], 1);
    assert_eq!(saved(&served, "pair", json!({ "__KEY": [1, "x"], "__STAMP": 1, "note": "changed" }))["__STAMP"], 2);
    assert_eq!(served.get("pair[1,%22x%22]")["__STAMP"], 2, "one reading");
    assert_eq!(save(&served, "pair", json!({ "a": 2, "b": "y" })).codes(), [1569, 1570, 1534]);
    let word = saved(&served, "loose", json!({ "word": "second" }));
    assert_eq!((&word["__KEY"], &word["__STAMP"]), (&json!("2"), &json!(1)));
    assert_eq!(saved(&served, "loose", json!({ "__KEY": "1", "__STAMP": 1, "word": "changed" }))["__STAMP"], 2);
    assert_eq!(delete(&served, "loose(2)?$method=delete", None).unwrap().deleted, 1);
    assert_eq!(save(&served, "titles", json!({ "title": "x" })).status, SaveStatus::Failed);
}

#[test]
fn constraints_of_the_database_are_answered_not_leaked() {
    let served = shop();
    saved(&served, "book", json!({ "__KEY": "1", "isbn": "secret" }));
    let cases = [
        json!({ "title": "t", "isbn": "secret" }),
        json!({ "title": null }),
        json!({ "title": "t", "price": -1 }),
        json!({ "title": "t", "author_id": 77 }),
        json!({ "id": 1, "title": "t" }),
    ];
    for body in cases {
        let outcome = save(&served, "book", body.clone());
        assert_eq!((outcome.status, outcome.codes()), (SaveStatus::Failed, vec![1569, 1570, 1534]), "{body}");
        assert!(!outcome.message().contains("Slow"), "{}", outcome.message());
    }
    let outcome = delete(&served, "author(1)?$method=delete", None).unwrap();
    assert_eq!((outcome.deleted, outcome.error().unwrap().code()), (0, 1569), "the database's own foreign key holds");
    assert_eq!(served.get("author")["__COUNT"], 2);
}

#[test]
fn dates_keep_the_form_of_their_column() {
    let served = shop();
    saved(&served, "book", json!({ "__KEY": "1", "seen": "2025-01-02T03:04:05.000Z" }));
    assert_eq!(stored(&served, "SELECT seen FROM book WHERE id = 1"), "2025-01-02 03:04:05");
    saved(&served, "author", json!({ "__KEY": "2", "born": "4!8!1991" }));
    assert_eq!(stored(&served, "SELECT born FROM author WHERE id = 2"), "1991-08-04");
}

#[test]
fn hash_stamps_detect_changes_without_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.sqlite");
    Connection::open(&path).unwrap().execute_batch(SHOP).unwrap();
    let model = attach_model(&path, "test").unwrap().0.into();
    let served = Served::open(folder, path.clone(), OpenOptions::new(path, Mode::Attached, model, StampMode::Hash));
    let stamp = |served: &Served| served.get("book(1)")["__STAMP"].clone();
    let first = stamp(&served);
    assert!((1..=i64::from(i32::MAX)).contains(&first.as_i64().unwrap()));
    let book = saved(&served, "book", json!({ "__KEY": "1", "__STAMP": first, "title": "Other" }));
    assert_ne!(book["__STAMP"], first);
    assert_eq!(stamp(&served), book["__STAMP"]);
    assert_eq!(save(&served, "book", json!({ "__KEY": "1", "__STAMP": first, "title": "late" })).status, SaveStatus::Conflict);
    outside(&served, "UPDATE book SET price = 1 WHERE id = 1");
    assert_eq!(save(&served, "book", json!({ "__KEY": "1", "__STAMP": book["__STAMP"], "title": "late" })).status, SaveStatus::Conflict);
    assert!(!side(&served).exists());
    let _: Value = stamp(&served);
}
