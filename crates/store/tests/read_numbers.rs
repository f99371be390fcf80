//! Numbers beyond what machines count with, in filters and aggregates (`rest-dialect.md` 9.2, 10.1, settlement "Decimals").
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::Served;

/// A page of the class with a filter, escaped.
fn url(class: &str, filter: &str) -> String {
    let escaped: String = filter
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("{class}?$filter=%22{escaped}%22")
}

fn code(served: &Served, url: &str) -> i64 {
    match served.try_get(url) {
        Err(claviger_store::StoreError::Dialect(error)) => error.items.last().map_or(0, |item| item.code),
        other => panic!("{url}: {other:?}"),
    }
}

/// One property each: more digits than a double has.
fn objects() -> Served {
    Served::attach(
        r#"CREATE TABLE t (id INTEGER PRIMARY KEY, o JSON);
        INSERT INTO t VALUES (1, '{"i": 12345678901234567890, "n": 0.12345678901234567890}'), (2, '{"i": 12345678901234567891, "n": 0.5}'),
            (3, '{"i": 7}'), (4, NULL), (5, '{"i": "7"}');"#,
    )
}

#[test]
fn numbers_in_objects_are_compared_with_all_their_digits() {
    let s = objects();
    assert_eq!(s.keys(&url("t", "o.i = 12345678901234567890")), ["1"]);
    assert_eq!(s.keys(&url("t", "o.i > 12345678901234567890")), ["2"]);
    assert_eq!(s.keys(&url("t", "o.n = 0.1234567890123456789")), ["1"]);
    assert_eq!(s.keys(&(url("t", "o.i = :1") + "&$params=[12345678901234567890]")), ["1"]);
    assert_eq!(s.keys(&url("t", "o.i in [7, 12345678901234567891]")), ["2", "3"]);
    assert_eq!(s.keys(&url("t", "o.i = '7'")), ["5"]);
    // Beyond every double, yet a number.
    assert_eq!(s.keys(&url("t", "o.i < 1e999")), ["1", "2", "3"]);
    assert_eq!(s.keys(&(url("t", "o.i < :1") + "&$params=[1e999]")), ["1", "2", "3"]);
}

#[test]
fn a_number_in_an_object_that_cannot_be_compared_is_refused() {
    let s = objects();
    assert_eq!(code(&s, &url("t", "o.i < 1e3000")), 1201);
    assert_eq!(code(&s, &(url("t", "o.i < :1") + "&$params=[1e3000]")), 1280);
}

#[test]
fn a_huge_literal_is_no_smaller_number() {
    let s = Served::attach(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, price NUMERIC(20,2), r REAL, n INTEGER); INSERT INTO t VALUES (1, 12999, 12999, 12999), (2, 2000000, 2e6, 2000000);",
    );
    for name in ["price", "r", "n"] {
        assert_eq!(code(&s, &url("t", &format!("{name} < 1e3000"))), 1201);
        assert_eq!(code(&s, &url("t", &format!("{name} > 1e999999"))), 1201);
        assert_eq!(s.keys(&url("t", &format!("{name} < 1.3e4"))), ["1"]);
    }
}

#[test]
fn a_huge_number_in_an_object_is_a_value() {
    let s = Served::attach(
        r#"CREATE TABLE t (id INTEGER PRIMARY KEY, o JSON); INSERT INTO t VALUES (1, '{"x": 1e5000}'), (2, '{}'), (3, '{"x": 5}');"#,
    );
    assert_eq!(s.keys(&url("t", "o.x = null")), ["2"]);
    assert_eq!(s.keys(&url("t", "o.x != null")), ["1", "3"]);
    assert_eq!(s.keys(&url("t", "o.x != 5")), ["1"]);
    assert_eq!(s.keys(&url("t", "o.x > 1")), ["3"]);
}

#[test]
fn sums_of_doubles_that_overflow_are_null() {
    let s = Served::attach("CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL); INSERT INTO t VALUES (1, 1e308), (2, 1e308);");
    let found = s.get("t/r/?$compute=$all");
    assert_eq!(found["r"]["sum"], serde_json::Value::Null, "{found}");
    // Exact: what is too large on the way does not matter.
    assert_eq!(found["r"]["average"], 1e308, "{found}");
    assert_eq!(found["r"]["count"], 2);
    assert!(found["r"]["max"].is_number(), "{found}");
    assert_eq!(s.get(&(url("t/r", "r < 0") + "&$compute=sum"))["r"]["sum"], 0);
}

#[test]
fn doubles_add_up_by_their_decimals() {
    let s = Served::attach(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL); INSERT INTO t VALUES (1, 0.1), (2, 0.2), (3, 1e17), (4, -1e17), (5, 'many'), (6, NULL);",
    );
    let found = s.get("t/r/?$compute=$all");
    assert_eq!(found["r"]["sum"], 0.3, "{found}");
    assert_eq!(found["r"]["average"], 0.075, "{found}");
}
