//! The rules of the language of calculated attributes (`data-model.md` 3.5), on SQLite; `postgres_same.rs` compares the engines.
#![allow(clippy::unwrap_used)]

mod support;

use claviger_store::sqlite::connection::Link;
use serde_json::{Value, json};
use support::Served;

/// What an expression gives as an attribute of a type, for the row `2, 7, 2.5, '2.50', '12', null`.
fn value(ty: &str, sql: &str) -> Value {
    let model = json!({"dataClasses": [{"name": "T", "attributes": [
        {"name": "ID", "type": "long", "primKey": true, "autosequence": true},
        {"name": "n", "type": "long64"}, {"name": "r", "type": "number"}, {"name": "d", "type": "number", "precision": 10, "scale": 2},
        {"name": "t", "type": "string"}, {"name": "none", "type": "string"}, {"name": "at", "type": "date"},
        {"name": "x", "kind": "calculated", "type": ty, "simpleDate": false, "exposed": true, "sql": sql}
    ]}]});
    let served = Served::own(&model.to_string());
    let link = Link::new(rusqlite::Connection::open(&served.path).unwrap()).unwrap();
    link.db
        .execute_batch(
            "INSERT INTO \"T\" (\"ID\", \"n\", \"r\", \"d\", \"t\", \"at\", __stamp, __timestamp) VALUES (2, 7, 2.5, '2.5', '12', 1709224800123, 1, 0)",
        )
        .unwrap();
    served.get("T(2)?$attributes=x")["x"].clone()
}

#[test]
fn the_language_has_rules_of_its_own() {
    for (ty, sql, expected) in [
        // Numbers and texts become each other.
        ("string", "n || '-' || r || '-' || (r * 2) || '-' || true", json!("7-2.5-5-1")),
        ("number", "t + 1", json!(13)),
        ("number", "t || 'x' + 1", json!(null)),
        ("string", "coalesce(none, n)", json!("7")),
        ("number", "coalesce(none, n)", json!(7)),
        ("bool", "t > 5", json!(true)),
        ("bool", "t = '12.0'", json!(false)),
        ("bool", "t = 12.0", json!(true)),
        ("bool", "'abc' = 0", json!(null)),
        ("bool", "n", json!(true)),
        ("bool", "not d", json!(false)),
        // Whole numbers stay whole.
        ("number", "n / 2", json!(3)),
        ("number", "n / 2.0", json!(3.5)),
        ("number", "n / 0", json!(null)),
        ("long64", "9223372036854775807 + n", json!(null)),
        ("long64", "9223372036854775807 - n", json!(9_223_372_036_854_775_800_i64)),
        ("long64", "-n % 4", json!(-3)),
        ("long64", "case when n > 5 then n else r end", json!(7)),
        ("long64", "r", json!("2.5")),
        // By digits.
        ("number", "round(2.675, 2)", json!(2.68)),
        ("number", "round(-r)", json!(-3)),
        ("number", "d * 2", json!(5)),
        ("number", "min(n, r, d)", json!(2.5)),
        ("number", "max(n, none)", json!(null)),
        ("string", "max(n, t)", json!("7")),
        ("string", "nullif(t, 12)", json!(null)),
        // Types that are read from texts and numbers.
        ("date", "at + 86400000", json!("2024-03-01T16:40:00.123Z")),
        ("date", "'2024-02-29 16:40'", json!("2024-02-29T16:40:00.000Z")),
        ("date", "'soon'", json!(null)),
        ("duration", "'01:30'", json!(5_400_000)),
        ("uuid", "'000102030405060708090a0b0c0d0e0f'", json!("000102030405060708090A0B0C0D0E0F")),
        ("uuid", "t", json!(null)),
        ("string", "substr(t, -1) || substr('abcd', 2, 2) || replace('a-b', '-', n)", json!("2bca7b")),
    ] {
        let found = value(ty, sql);
        let same = if expected.is_number() && found.is_number() && !expected.is_i64() {
            found.as_f64() == expected.as_f64()
        } else {
            found == expected
        };
        assert!(same || found.as_f64().is_some_and(|x| Some(x) == expected.as_f64()), "{sql} as {ty}: {found}, not {expected}");
    }
}
