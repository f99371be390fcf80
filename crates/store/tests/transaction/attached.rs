//! Over files that the server did not make: their stamps beside, their triggers, statements without end.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use claviger_store::{SaveStatus, StoreError};
use rusqlite::Connection;
use serde_json::json;

use crate::open::{begin, begin_until, reading};
use crate::saving::{save, saved};
use crate::support::{JsonSink, Served};

const SHOP: &str = "
    CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, price INTEGER);
    CREATE TRIGGER dear BEFORE UPDATE ON book WHEN new.price = 13 BEGIN SELECT RAISE(ROLLBACK, 'no'); END;
    CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c;
    INSERT INTO book VALUES (1, 'A', 1), (2, 'B', 2);";

/// Rows of the stamps file: key, stamp, whether what was before is remembered.
fn side(served: &Served) -> Vec<(i64, i64, bool)> {
    let db = Connection::open(served.path.with_file_name("stamps.db")).unwrap();
    let mut statement = db.prepare("SELECT row_key, stamp, prior_hash IS NOT NULL FROM __claviger_stamps ORDER BY row_key").unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn stamps_are_those_of_what_was_committed() {
    let served = Served::attach(SHOP);
    assert_eq!(saved(&served, "book", json!({ "__KEY": "1", "title": "A2" }))["__STAMP"], 2);
    let mut open = begin(&served);
    assert_eq!(open.saved("book", json!({ "__KEY": "1", "__STAMP": 2, "title": "A3" }))["__STAMP"], 3);
    assert_eq!(open.saved("book", json!({ "__KEY": "2", "title": "B2" }))["__STAMP"], 2);
    assert_eq!(served.get("book(1)")["__STAMP"], 2);
    open.rollback().unwrap();
    assert_eq!((side(&served), served.get("book(1)")["__STAMP"].clone()), (vec![(1, 2, false)], json!(2)));

    let mut open = begin(&served);
    assert_eq!(open.saved("book", json!({ "__KEY": "1", "__STAMP": 2, "title": "A3" }))["__STAMP"], 3);
    open.begin_nested().unwrap();
    assert_eq!(open.saved("book", json!({ "__KEY": "1", "__STAMP": 3, "title": "A4" }))["__STAMP"], 4);
    open.saved("book", json!({ "__KEY": "2", "title": "B2" }));
    open.rollback_nested().unwrap();
    let book = open.get("book(1)");
    assert_eq!((&book["title"], &book["__STAMP"]), (&json!("A3"), &json!(3)));
    assert_eq!(open.get("book(2)")["__STAMP"], 1);
    assert_eq!(open.saved("book", json!({ "__KEY": "1", "__STAMP": 3, "title": "A5" }))["__STAMP"], 4);
    assert_eq!(open.saved("book", json!({ "title": "C" }))["__STAMP"], 1);
    open.commit().unwrap();
    assert_eq!(side(&served), [(1, 4, false), (3, 1, false)], "settled");
    assert_eq!(save(&served, "book", json!({ "__KEY": "1", "__STAMP": 3, "title": "late" })).status, SaveStatus::Conflict);
}

#[test]
fn a_trigger_that_undoes_all_ends_the_transaction() {
    let served = Served::attach(SHOP);
    let mut open = begin(&served);
    open.saved("book", json!({ "__KEY": "1", "title": "A2" }));
    assert!(open.try_save("book?$method=update", json!({ "__KEY": "2", "price": 13 })).is_err());
    for _ in 0..2 {
        assert!(matches!(open.try_save("book?$method=update", json!({ "title": "C" })), Err(StoreError::Undone(_))));
    }
    assert!(matches!(open.commit(), Err(StoreError::Undone(_))));
    assert_eq!((served.get("book(1)")["title"].clone(), served.get("book")["__COUNT"].clone()), (json!("A"), json!(2)));
    assert_eq!(saved(&served, "book", json!({ "__KEY": "1", "title": "A3" }))["__STAMP"], 2);
    assert_eq!(side(&served), [(1, 2, false)]);
}

#[test]
fn a_statement_without_end_ends_with_its_owner() {
    let served = Served::attach(SHOP);
    let mut open = begin(&served);
    open.saved("book", json!({ "__KEY": "1", "title": "A2" }));
    served.block_on(async {
        let mut reading = Box::pin(open.transaction.read(reading(&served, "endless"), JsonSink::default()));
        poll_fn(|context| {
            assert!(reading.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    });
    assert_eq!(saved(&served, "book", json!({ "__KEY": "1", "title": "A3" }))["__STAMP"], 2, "others go on");
    assert!(matches!(open.commit(), Err(StoreError::Undone(_))));
}

#[test]
fn a_statement_without_end_ends_at_the_deadline() {
    let served = Served::attach(SHOP);
    let mut open = begin_until(&served, Instant::now() + Duration::from_millis(500)).unwrap();
    assert!(matches!(open.try_get("endless"), Err(StoreError::Timeout)));
    assert!(matches!(open.try_get("book"), Err(StoreError::Timeout)));
    assert_eq!(saved(&served, "book", json!({ "__KEY": "1", "title": "A3" }))["__STAMP"], 2);
}
