//! Saving into tables that the server did not make: what a column holds is neither lost nor changed unasked (`rest-dialect.md` 12.1; README,
//! "Attached databases", "Decimals").
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/saving.rs"]
mod saving;
mod support;

use claviger_store::SaveStatus;
use saving::{save, saved};
use serde_json::{Value, json};
use support::Served;

fn stored(served: &Served, sql: &str) -> String {
    rusqlite::Connection::open(&served.path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn outside(served: &Served, sql: &str) {
    rusqlite::Connection::open(&served.path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn what_does_not_fit_may_be_posted_back_and_stays_as_it_is() {
    let columns = [
        ("t TEXT", "X'FF01'"),
        ("s STRING", "7"),
        ("u", "x'41'"),
        ("u", "5"),
        ("d DATE", "'soon'"),
        ("d DATE", "X'20'"),
        ("b BOOLEAN", "7"),
        ("b BOOLEAN", "'true'"),
        ("p TIME", "'long'"),
        ("m NUMERIC(38,10)", "'abc'"),
        ("r REAL", "'half'"),
        ("r REAL", "X'31'"),
        ("i INTEGER", "1.5"),
        ("i INTEGER", "X'35'"),
        ("j JSON", "'{broken'"),
        ("j JSON", "'[1,2.50]'"),
        ("j JSON", "5"),
        ("j JSON", "'\"text\"'"),
        ("j JSON", "'true'"),
    ];
    for (column, value) in columns {
        let served =
            Served::attach(&format!("CREATE TABLE loose (id INTEGER PRIMARY KEY, {column}); INSERT INTO loose VALUES (1, {value})"));
        let name = column.split(' ').next().unwrap();
        let look = format!("SELECT quote({name}) FROM loose");
        let before = stored(&served, &look);
        let received = served.get("loose(1)");
        assert_eq!(saved(&served, "loose", received.clone())["__STAMP"], received["__STAMP"], "{column} {value}: nothing was changed");
        assert_eq!(stored(&served, &look), before, "{column} {value}");
    }
    // Another text is no value of the attribute.
    let served = Served::attach("CREATE TABLE loose (id INTEGER PRIMARY KEY, d DATE); INSERT INTO loose VALUES (1, 'soon')");
    assert_eq!(save(&served, "loose", json!({ "__KEY": "1", "d": "later" })).codes(), [1569, 1517]);
    saved(&served, "loose", json!({ "__KEY": "1", "d": "2024-03-01" }));
}

#[test]
fn decimals_are_exact_or_refused() {
    let served =
        Served::attach("CREATE TABLE money (id INTEGER PRIMARY KEY, a NUMERIC(38,10), b DECIMAL); INSERT INTO money (id) VALUES (1);");
    let number = |digits: &str| -> Value { serde_json::from_str(digits).unwrap() };
    for digits in ["12345678901234567890.1234567891", "12345678901234567890", "1234567.1234567891"] {
        for body in [json!({ "__KEY": "1", "a": number(digits) }), json!({ "a": number(digits) })] {
            let refused = save(&served, "money", body);
            assert_eq!((refused.status, refused.codes()[0]), (SaveStatus::Failed, 1569), "{digits}");
            assert_eq!(refused.message(), "\"a\" of money has more digits than its column can hold");
        }
    }
    assert_eq!(served.get("money")["__ENTITIES"].as_array().unwrap().len(), 1, "nothing is made");
    assert_eq!(served.get("money(1)")["a"], Value::Null, "nothing is changed");
    for digits in ["9223372036854775807", "0.1", "123456789012.345", "-1234567890123456"] {
        assert_eq!(saved(&served, "money", json!({ "__KEY": "1", "a": number(digits) }))["a"].to_string(), digits);
    }
    assert_eq!(save(&served, "money", json!({ "__KEY": "1", "b": number("0.12345678901234567") })).codes()[0], 1569);
}

/// A hash that differs from the saved one counts as a change made outside, also when it is that of an earlier content.
#[test]
fn an_earlier_content_that_comes_back_from_outside_is_a_change() {
    let served = Served::attach("CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO a VALUES (1, 'A0')");
    let first = served.get("a(1)")["__STAMP"].clone();
    outside(&served, "UPDATE a SET t = 'A'");
    let second = saved(&served, "a", json!({ "__KEY": "1", "t": "B" }))["__STAMP"].as_i64().unwrap();
    outside(&served, "UPDATE a SET t = 'A'");
    assert_eq!(served.get("a(1)")["__STAMP"], second + 1, "a stamp never goes down");
    let stale = save(&served, "a", json!({ "__KEY": "1", "__STAMP": first, "t": "from A0" }));
    assert_eq!((stale.status, stale.entity["t"].as_str()), (SaveStatus::Conflict, Some("A")));
}
