//! What is unknown, what is too much, and tables that are unusual (`rest-dialect.md` 9.2, settlement "Attached databases").
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

fn found(served: &Served, filter: &str) -> Vec<String> {
    served.keys(&url("t", filter))
}

fn objects() -> Served {
    Served::attach(
        r#"CREATE TABLE t (id INTEGER PRIMARY KEY, o JSON);
        INSERT INTO t VALUES (1, '{"tags": ["x", "y"], "n": "apple"}'), (2, '{"tags": ["z"], "n": 5}'), (3, '{"tags": []}'), (4, '{"tags": "x"}'), (5, '{}'), (6, NULL);"#,
    )
}

#[test]
fn what_is_said_of_an_array_that_is_not_there_is_unknown() {
    let s = objects();
    assert_eq!(found(&s, "o.tags[] = 'x'"), ["1"]);
    assert_eq!(found(&s, "not (o.tags[] = 'x')"), ["2", "3"]);
    assert_eq!(found(&s, "o.tags[] != 'x'"), ["2", "3"]);
    assert_eq!(found(&s, "not (o.tags[] != 'x')"), ["1"]);
    assert_eq!(found(&s, "not (o.tags[a] = 'x' and o.tags[a] != 'q')"), ["2", "3"]);
    assert_eq!(found(&s, "not (not (o.tags[] = 'x'))"), ["1"]);
    assert_eq!(found(&s, "not (o.tags[] = 'x' or id = 2)"), ["3"]);
    // Null tests are never unknown.
    assert_eq!(found(&s, "not (o.tags[] = null)"), ["1", "2", "3", "4", "5", "6"]);
}

#[test]
fn a_wildcard_differs_from_what_is_no_text() {
    let s = objects();
    assert_eq!(found(&s, "o.n != 'a@'"), ["2"]);
    assert_eq!(found(&s, "o.n != 'apple'"), ["2"]);
    assert_eq!(found(&s, "not (o.n = 'a@')"), ["2"]);
    assert_eq!(found(&s, "not (o.n % 'apple')"), ["2"]);
    assert_eq!(found(&s, "o.n = 'a@'"), ["1"]);
    assert_eq!(found(&s, "o.n != 'b@'"), ["1", "2"]);
}

#[test]
fn a_property_named_length_is_found() {
    let s = Served::attach(
        r#"CREATE TABLE t (id INTEGER PRIMARY KEY, o JSON);
        INSERT INTO t VALUES (1, '{"rope": {"length": 12.5}, "a": [1, 2]}'), (2, '{"rope": {"length": 3}, "a": []}'), (3, '{"rope": [1, 2, 3]}'), (4, '{"rope": {"length": "long"}}');"#,
    );
    assert_eq!(found(&s, "o.rope.length = 3"), ["2", "3"]);
    assert_eq!(found(&s, "o.rope.length > 10"), ["1"]);
    assert_eq!(found(&s, "o.a.length = 2"), ["1"]);
}

#[test]
fn wildcards_and_words_are_limited() {
    let s = Served::attach("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO t VALUES (1, 'a b a b'), (2, 'b');");
    assert_eq!(code(&s, &url("t", &format!("title = '{}'", "a@".repeat(1200)))), 1201);
    assert_eq!(code(&s, &url("t", &format!("title in ['x', '{}']", "a@".repeat(1200)))), 1201);
    assert_eq!(found(&s, &format!("title = '{}'", "@".repeat(1200))), ["1", "2"]);
    assert_eq!(found(&s, "title = 'a@b@b'"), ["1"]);
    assert_eq!(found(&s, "title % 'b a b'"), ["1"]);
    assert_eq!(code(&s, &url("t", &format!("title % '{}'", "a ".repeat(1200)))), 1201);
}

#[test]
fn a_table_of_many_columns_is_read_with_its_stamp() {
    let columns: Vec<String> = (0..1200).map(|number| format!("c{number} INTEGER")).collect();
    let s = Served::attach(&format!(
        "CREATE TABLE wide (id INTEGER PRIMARY KEY, {}); INSERT INTO wide (id, c7) VALUES (1, 5);",
        columns.join(", ")
    ));
    let entity = s.get("wide(1)");
    assert_eq!((&entity["c7"], &entity["__STAMP"]), (&5.into(), &1.into()));
}

#[test]
fn a_table_that_is_named_like_our_own_is_not_served() {
    let s = Served::attach(
        "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE __claviger_origin (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO __claviger_origin VALUES (1, 'theirs');
         CREATE TABLE __CLAVIGER_stamps (id INTEGER PRIMARY KEY);",
    );
    let names: Vec<&str> = s.model().dataclasses().iter().map(|class| class.name.as_str()).collect();
    assert_eq!(names, ["t"]);
}

#[test]
fn a_relation_is_compared_by_the_key_also_where_it_refers_to_another_column() {
    let s = Served::attach(
        "CREATE TABLE person (code TEXT PRIMARY KEY NOT NULL, number INTEGER UNIQUE); INSERT INTO person VALUES ('A', 70), ('B', 80);
         CREATE TABLE t (id INTEGER PRIMARY KEY, personId INTEGER REFERENCES person(number)); INSERT INTO t VALUES (1, 70), (2, 80), (3, NULL);",
    );
    assert_eq!(found(&s, "person = 'B'"), ["2"]);
    assert_eq!(found(&s, "person = 'a'"), ["1"]);
    assert_eq!(found(&s, "person = '80'"), [""; 0]);
    assert_eq!(found(&s, "person = null"), ["3"]);
}
