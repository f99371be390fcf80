//! Entities and pages of an attached database (`rest-dialect.md` 5, 6, 7, 9.4, 9.5).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_store::StoreError;
use serde_json::{Value, json};
use support::{NOW, Served};

fn library() -> Served {
    Served::attach(include_str!("support/library.sql"))
}

/// The same without the members that every entity has.
fn bare(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            map.retain(|name, _| !matches!(name.as_str(), "__KEY" | "__STAMP" | "__TIMESTAMP"));
            map.values_mut().for_each(|value| *value = bare(value.take()));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = bare(value.take())),
        _ => {}
    }
    value
}

#[test]
fn an_entity_by_key() {
    let served = library();
    assert_eq!(
        served.get("book(1)"),
        json!({
            "__KEY": "1", "__STAMP": 1, "__TIMESTAMP": NOW, "ID": 1, "title": "Slow Rivers", "price": 14.5, "pages": 320,
            "added": "2024-02-28T16:40:00.000Z", "authorId": 7, "cover": "(media)", "author": {"__deferred": "7"},
            "shelfSelection": {"__deferred": null}
        })
    );
    assert_eq!(bare(served.get("country('PT')")), json!({"code": "PT", "name": "Portugal", "authorSelection": {"__deferred": null}}));
    assert_eq!(served.get("shelf[\"hall\",2]")["__KEY"], json!(["hall", "2"]));
    assert_eq!(bare(served.get("note(2)")), json!({"words": "second", "rowid_like": 2}));
}

#[test]
fn values_that_do_not_fit_are_sent_as_text() {
    let served = library();
    assert_eq!(served.get("book(5)")["pages"], "lots");
    assert_eq!(served.get("author(11)")["profile"], "{broken");
    assert_eq!(served.get("book(4)")["added"], "2024-02-28T16:40:00.000Z");
    assert_eq!(served.get("author(11)")["rating"].to_string(), "10");
}

#[test]
fn absent_entities_are_1542() {
    let served = library();
    for url in ["book(1000)", "book(abc)", "country('XX')", "book:title('none')"] {
        match served.try_get(url) {
            Err(StoreError::Dialect(error)) => assert_eq!(error.code(), 1542, "{url}"),
            other => panic!("{url}: {other:?}"),
        }
    }
    assert_eq!(served.get("book:title('SLOW ROADS')")["__KEY"], "3");
}

#[test]
fn pages_have_a_size_and_an_order() {
    let served = library();
    let page = served.get("book");
    assert_eq!((&page["__COUNT"], &page["__FIRST"], &page["__SENT"]), (&json!(6), &json!(0), &json!(6)));
    assert_eq!(served.keys("book?$top=2"), ["1", "2"]);
    assert_eq!(served.keys("book?$skip=4"), ["5", "6"]);
    let past = served.get("book?$skip=10");
    assert_eq!((&past["__COUNT"], &past["__FIRST"], &past["__SENT"]), (&json!(6), &json!(10), &json!(0)));
    let none = served.get("book?$top=0");
    assert_eq!((&none["__COUNT"], &none["__SENT"]), (&json!(6), &json!(0)));
    assert_eq!(served.keys("author"), ["3", "7", "9", "11"]);
    // A view has rows but no keys.
    let cheap = served.get("cheap?$asArray=true");
    assert_eq!(bare(cheap["__ENTITIES"][0].clone()), json!({"ID": 1, "title": "Slow Rivers", "price": 14.5}));
}

#[test]
fn orders() {
    let served = library();
    // Null first, then without case and accents.
    assert_eq!(served.keys("book?$orderby=title"), ["4", "2", "6", "5", "1", "3"]);
    assert_eq!(served.keys("book?$orderby=title%20desc&$top=2"), ["3", "1"]);
    assert_eq!(served.keys("book?$orderby=price"), ["5", "6", "3", "1", "4", "2"]);
    assert_eq!(served.keys("book?$orderby=price%20desc"), ["2", "4", "1", "3", "6", "5"]);
    assert_eq!(served.keys("book?$orderby=author.fullName,price%20desc"), ["6", "5", "4", "3", "2", "1"]);
    // Ties by key, also from page to page.
    assert_eq!(served.keys("book?$orderby=author.countryId%20desc&$skip=1&$top=3"), ["4", "1", "2"]);
    assert_eq!(served.keys("author?$orderby=profile.age"), ["9", "11", "3", "7"]);
}

#[test]
fn to_one_relations_are_joined() {
    let served = library();
    let entity = bare(served.get("book(3)?$attributes=title,author.fullName,author.country.name,author.mentor.fullName"));
    assert_eq!(
        entity,
        json!({"title": "slow roads", "author": {"fullName": "Bo Lindqvist", "country": {"name": "Sverige"}, "mentor": {"fullName": "Ines Carvalho"}}})
    );
    let whole = served.get("book(1)?$attributes=author.*");
    assert_eq!((&whole["author"]["__KEY"], &whole["author"]["__STAMP"]), (&json!("7"), &json!(1)));
    assert_eq!(whole["author"]["country"], json!({"__deferred": "PT"}));
    assert_eq!(whole["author"]["mentor"], Value::Null);
    assert_eq!(served.get("book(5)?$attributes=author.*")["author"], Value::Null);
    // A key that leads nowhere is still told, and cannot be expanded.
    assert_eq!(served.get("book(6)")["author"], json!({"__deferred": "99"}));
    assert_eq!(served.get("book(6)?$attributes=author.*")["author"], Value::Null);
}

#[test]
fn to_many_relations_are_expanded() {
    let served = library();
    let author = bare(served.get("author(7)?$attributes=fullName,bookSelection.title"));
    assert_eq!(
        author,
        json!({"fullName": "Ines Carvalho", "bookSelection": {"__COUNT": 2, "__ENTITIES": [{"title": "Slow Rivers"}, {"title": "Atlas"}], "__SENT": 2}})
    );
    assert_eq!(served.get("author(9)?$attributes=bookSelection.*")["bookSelection"], json!({"__COUNT": 0, "__ENTITIES": [], "__SENT": 0}));
    let country = bare(served.get("country('SE')?$attributes=name,authorSelection.fullName,authorSelection.bookSelection.ID"));
    assert_eq!(
        country["authorSelection"]["__ENTITIES"],
        json!([{"fullName": "Bo Lindqvist", "bookSelection": {"__COUNT": 2, "__ENTITIES": [{"ID": 3}, {"ID": 4}], "__SENT": 2}}])
    );
    let page = served.get("author?$attributes=authorSelection.fullName&$orderby=ID%20desc");
    let sizes: Vec<&Value> = page["__ENTITIES"].as_array().unwrap().iter().map(|entity| &entity["authorSelection"]["__COUNT"]).collect();
    assert_eq!(sizes, [0, 0, 1, 1]);
}

#[test]
fn reading_alters_no_byte() {
    let served = library();
    let before = std::fs::read(&served.path).unwrap();
    served.get("book?$attributes=*,author.*");
    served.get("author(7)");
    assert_eq!(std::fs::read(&served.path).unwrap(), before);
    let names: Vec<String> = std::fs::read_dir(served.path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("data"))
        .collect();
    assert_eq!(names, ["data.sqlite"]);
}

#[test]
fn counts_are_remembered_until_something_changes() {
    let served = library();
    assert_eq!(served.get("note?$top=1")["__COUNT"], 2);
    assert_eq!(served.get("note?$top=1")["__COUNT"], 2);
    let outside = rusqlite::Connection::open(&served.path).unwrap();
    outside.execute("INSERT INTO note VALUES ('third', 3)", []).unwrap();
    assert_eq!(served.get("note?$top=1")["__COUNT"], 3);
    outside.execute("UPDATE note SET words = 'changed' WHERE rowid_like = 1", []).unwrap();
    assert_eq!(served.get("note(1)")["words"], "changed");
}

#[test]
fn a_deadline_ends_a_reading() {
    let served = Served::attach(
        "CREATE TABLE n (i INTEGER PRIMARY KEY, t TEXT); \
         WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) INSERT INTO n SELECT i, 'text ' || i FROM c;",
    );
    let claviger_query::Request::Read(plan) =
        served.plan(claviger_query::Verb::Get, "n?$filter=%22t%20%3D%20'@5@'%22&$orderby=t", None).unwrap()
    else {
        panic!("no reading")
    };
    let past = std::time::Instant::now();
    let answer = served.block_on(served.store.read(plan, support::JsonSink::default(), past));
    assert!(matches!(answer, Err(StoreError::Timeout)), "{answer:?}");
    // The reader is none the worse for it.
    assert_eq!(served.get("n(5)")["t"], "text 5");
}

#[test]
fn a_database_that_somebody_else_locks_is_busy() {
    let served = library();
    assert_eq!(served.get("book(1)")["ID"], 1);
    let other = rusqlite::Connection::open(&served.path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for url in ["book(1)", "book"] {
        let claviger_query::Request::Read(plan) = served.plan(claviger_query::Verb::Get, url, None).unwrap() else { panic!("no reading") };
        let answer = served.block_on(served.store.read(plan, support::JsonSink::default(), std::time::Instant::now()));
        assert!(matches!(answer, Err(StoreError::Busy)), "{url}: {answer:?}");
    }
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(served.get("book(1)")["ID"], 1);
    assert_eq!(served.get("book")["__COUNT"], 6);
}
