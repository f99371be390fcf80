//! Numbers beyond what machines count with, in filters and aggregates (`rest-dialect.md` 9.2, 10.1, settlement "Decimals").

mod support;

use support::Served;

/// A page of the class with a filter, escaped.
fn url(class: &str, filter: &str) -> String {
    let escaped: String = filter.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect();
    format!("{class}?$filter=%22{escaped}%22")
}

fn code(served: &Served, url: &str) -> u16 {
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
