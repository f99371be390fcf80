//! The functions over JSON on PostgreSQL give what those on SQLite give.
#![allow(clippy::unwrap_used)]

#[path = "support/postgres.rs"]
mod postgres;

use claviger_store::postgres::functions::{self, Letters};
use postgres::Database;
use rusqlite::Connection;

/// Documents without escapes that the server cannot read.
const DOCUMENTS: [&str; 42] = [
    "null",
    "true",
    "false",
    " true ",
    "0",
    "-0",
    "1",
    "1.0",
    "1.50",
    "-1.5",
    "10",
    "9.99",
    "-10",
    "1e3",
    "1E+3",
    "1e-3",
    "1e5000",
    "-1e5000",
    "123456789012345678901234567890.5",
    "\"\"",
    "\"a\"",
    "\"A\"",
    "\"Á\"",
    "\"\\u00c1\"",
    "\"a b\"",
    "\"\\ud83d\\ude00\"",
    "\"\\\\u0000\"",
    "\"\\\\\\\\u0000\"",
    "\"a\\u0001b\"",
    "\"a\\u0001\"",
    "\"a\\u0002\"",
    "\"\\n\\t\\\"\"",
    "[]",
    "[1, \"x\", null, {\"a\": 1.50}]",
    " [1 , 2]\n",
    "{}",
    "{\"length\": 5}",
    "{\"length\": 2.5, \"a\": {\"b\": [1]}}",
    "{\"length\": \"x\"}",
    "{\"a\": 1, \"a\": {\"b\": 7}}",
    "{\"a\": null}",
    "\"\\u0022x\\u005c\"",
];

/// Documents that hold such escapes; what the server makes of each.
const UNREADABLE: [(&str, Option<&str>); 8] = [
    (r#"{"a": "x\u0000y", "b": 1}"#, Some("x\u{fffd}y")),
    (r#"{"a": "\\\u0000\u0000", "b": 1}"#, Some("\\\u{fffd}\u{fffd}")),
    (r#"{"a": "\ud800", "b": 1}"#, Some("\u{fffd}")),
    (r#"{"a": "\udc00x", "b": 1}"#, Some("\u{fffd}x")),
    (r#"{"a": "\ud800\ud800\udc00", "b": 1}"#, Some("\u{fffd}\u{10000}")),
    (r#"{"a": "\udbff\u0000", "b": 1}"#, Some("\u{fffd}\u{fffd}")),
    (r#"{"a": "\\ud800\u0000", "b": 1}"#, Some("\\ud800\u{fffd}")),
    (r#"{"\u0000": 1, "a": "z", "b": 1}"#, Some("z")),
];

fn engines() -> Option<(Database, Connection)> {
    let database = Database::create()?;
    let letters = database.run(Letters::of_server(database.client())).unwrap();
    database.execute("CREATE SCHEMA claviger");
    database.execute(&functions::create("claviger", &letters));
    let sqlite = Connection::open_in_memory().unwrap();
    claviger_store::sqlite::functions::register(&sqlite).unwrap();
    Some((database, sqlite))
}

fn sqlite<T: rusqlite::types::FromSql>(db: &Connection, function: &str, document: &str) -> T {
    db.query_row(&format!("SELECT {function}(?1)"), [document], |row| row.get(0)).unwrap()
}

#[test]
fn what_a_document_holds_is_the_same() {
    let Some((database, db)) = engines() else { return };
    for document in DOCUMENTS {
        let row = &database.rows(
            "SELECT claviger.clv_json_string(j), trim_scale(claviger.clv_json_number(j))::text, claviger.clv_json_value(j), claviger.clv_json_length(j), \
             claviger.clv_json_elements(j) IS NOT NULL, claviger.clv_json(j)::text, claviger.clv_json_of_extreme(claviger.clv_json_extreme(j)) \
             FROM (SELECT $1::text::json AS j) AS t",
            &[&document],
        )[0];
        assert_eq!(row.get::<_, Option<String>>(0), sqlite(&db, "clv_json_string", document), "{document}");
        assert_eq!(row.get::<_, Option<String>>(1), sqlite(&db, "clv_json_number", document), "{document}");
        assert_eq!(
            row.get::<_, Option<String>>(2),
            sqlite::<Option<String>>(&db, "clv_json_value", document).map(|text| text.trim().to_owned()),
            "{document}"
        );
        assert_eq!(row.get::<_, Option<f64>>(3), sqlite(&db, "clv_json_length", document), "{document}");
        assert_eq!(row.get::<_, bool>(4), sqlite::<Option<String>>(&db, "clv_json_elements", document).is_some(), "{document}");
        assert_eq!(row.get::<_, &str>(5), document);
        let value: Option<serde_json::Value> = row.get::<_, Option<&str>>(6).map(|text| serde_json::from_str(text).unwrap());
        let expected =
            sqlite::<Option<String>>(&db, "clv_json_value", document).map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap());
        assert_eq!(value, expected.filter(|value| !value.is_null()), "{document}");
    }
}

#[test]
fn values_stand_in_one_order() {
    let Some((database, db)) = engines() else { return };
    for (function, of) in [("clv_json_key", "key"), ("clv_json_order", "order")] {
        let mut keys: Vec<(Vec<u8>, String, &str)> = Vec::new();
        for document in DOCUMENTS {
            let document = document.trim();
            let ours: Option<Vec<u8>> = sqlite(&db, function, document);
            let theirs: Option<String> = database.value(&format!("SELECT claviger.{function}($1::text::json)"), &[&document]);
            assert_eq!(ours.is_some(), theirs.is_some(), "{document}");
            keys.extend(ours.zip(theirs).map(|(ours, theirs)| (ours, theirs, document)));
        }
        keys.sort();
        for pair in keys.windows(2) {
            assert_eq!(pair[0].0.cmp(&pair[1].0), pair[0].1.cmp(&pair[1].1), "{of} of {} and {}", pair[0].2, pair[1].2);
        }
        assert!(keys.len() > 35);
    }
}

#[test]
fn extremes_are_found_with_their_value() {
    let Some((database, db)) = engines() else { return };
    for part in [&DOCUMENTS[1..4], &DOCUMENTS[4..16], &DOCUMENTS[19..32]] {
        let all: Vec<String> = part.iter().map(|text| text.trim().to_owned()).collect();
        for (name, by) in [("min", "clv_min_by"), ("max", "clv_max_by")] {
            let found: String =
                database.value(&format!("SELECT claviger.clv_json_of_extreme({name}(claviger.clv_json_extreme(j::json) COLLATE \"C\")) FROM unnest($1::text[]) AS t(j)"), &[&all]);
            let array = serde_json::to_string(&all).unwrap();
            let expected: String = db
                .query_row(&format!("SELECT {by}(clv_json_order(value), clv_json_value(value)) FROM json_each(?1)"), [array], |row| {
                    row.get(0)
                })
                .unwrap();
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            let number = |value: serde_json::Value| value.as_f64().map_or(value, serde_json::Value::from);
            assert_eq!(number(value(&found)), number(value(&expected)), "{name} of {all:?}");
        }
    }
}

#[test]
fn members_are_found_as_on_sqlite() {
    let Some((database, db)) = engines() else { return };
    for document in DOCUMENTS {
        for member in ["a", "length", "0", ""] {
            let ours: Option<String> = db.query_row("SELECT clv_json_value(?1, ?2)", [document, member], |row| row.get(0)).unwrap();
            let theirs: Option<String> =
                database.value("SELECT claviger.clv_json_value(claviger.clv_json($1::text::json) -> $2::text)", &[&document, &member]);
            assert_eq!(ours, theirs, "{member} of {document}");
            let inner: Option<String> = db.query_row("SELECT clv_json_string(?1, ?2, 'b')", [document, member], |row| row.get(0)).unwrap();
            let there: Option<String> = database
                .value("SELECT claviger.clv_json_string(claviger.clv_json($1::text::json) -> $2::text -> 'b')", &[&document, &member]);
            assert_eq!(inner, there, "{member}.b of {document}");
        }
    }
}

#[test]
fn escapes_that_the_server_cannot_read_are_no_errors() {
    let Some((database, _)) = engines() else { return };
    for (document, expected) in UNREADABLE {
        let row = &database.rows(
            "SELECT claviger.clv_json_string(claviger.clv_json(j) -> 'a'), claviger.clv_json_number(claviger.clv_json(j) -> 'b')::text, claviger.clv_json_key(j) \
             FROM (SELECT $1::text::json AS j) AS t",
            &[&document],
        )[0];
        assert_eq!(row.get::<_, Option<&str>>(0), expected, "{document}");
        assert_eq!(row.get::<_, Option<&str>>(1), Some("1"), "{document}");
        assert!(row.get::<_, &str>(2).starts_with("4{"));
    }
    for text in [r#""\u0000""#, r#""\\\u0000""#, r#""a\ud800b""#, r#"["\u0000", "b"]"#, r#"{"length": 1, "x": "\u0000"}"#] {
        let row = &database.rows(
            "SELECT claviger.clv_json_key(j), claviger.clv_json_order(j), claviger.clv_json_extreme(j), claviger.clv_json_value(j), claviger.clv_json_length(j) \
             FROM (SELECT $1::text::json AS j) AS t",
            &[&text],
        )[0];
        assert!(row.get::<_, Option<&str>>(0).is_some() && row.get::<_, Option<&str>>(2).is_some(), "{text}");
        let elements: i64 = database.value(
            "SELECT count(claviger.clv_json_key(e)) FROM json_array_elements(claviger.clv_json_elements($1::text::json)) AS t(e)",
            &[&text],
        );
        assert_eq!(elements, if text.starts_with('[') { 2 } else { 0 });
    }
}
