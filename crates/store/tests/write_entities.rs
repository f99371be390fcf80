//! The life of an entity in an owned database (`rest-dialect.md` 12, `data-model.md` 3.3, 6).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/saving.rs"]
mod saving;
mod support;

use std::collections::HashSet;

use claviger_store::SaveStatus;
use saving::{change, run, save, save_all, saved};
use serde_json::{Value, json};
use support::{NOW, Served};

fn library() -> Served {
    Served::own(&library_model())
}

fn library_model() -> String {
    let id =
        json!({ "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true });
    json!({ "toJSON": true, "dataClasses": [
        { "name": "Author", "attributes": [id,
            { "name": "fullName", "kind": "storage", "type": "string", "not_null": true, "minLength": 2, "maxLength": 20 },
            { "name": "rating", "kind": "storage", "type": "number", "minValue": 0, "maxValue": 5 },
            { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "reversePath": true, "path": "author" }] },
        { "name": "Book", "attributes": [id,
            { "name": "isbn", "kind": "storage", "type": "string", "unique": true, "pattern": "[0-9X-]{10,17}" },
            { "name": "title", "kind": "storage", "type": "string", "not_null": true, "indexKind": "btree" },
            { "name": "price", "kind": "storage", "type": "number", "defaultValue": 7 },
            { "name": "exact", "kind": "storage", "type": "number", "precision": 12, "scale": 3 },
            { "name": "active", "kind": "storage", "type": "bool" },
            { "name": "addedAt", "kind": "storage", "type": "date", "simpleDate": false },
            { "name": "born", "kind": "storage", "type": "date", "simpleDate": true },
            { "name": "playTime", "kind": "storage", "type": "duration" },
            { "name": "profile", "kind": "storage", "type": "object" },
            { "name": "number", "kind": "storage", "type": "long", "autosequence": true },
            { "name": "fixed", "kind": "storage", "type": "string", "readOnly": true },
            { "name": "authorID", "kind": "storage", "type": "long" },
            { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" },
            { "name": "second", "kind": "relatedEntity", "type": "Author", "path": "Author" }] },
        { "name": "Country", "attributes": [
            { "name": "code", "kind": "storage", "type": "string", "maxLength": 2, "primKey": true },
            { "name": "name", "kind": "storage", "type": "string" }] },
        { "name": "Thing", "attributes": [
            { "name": "ID", "kind": "storage", "type": "uuid", "autogenerate": true, "primKey": true },
            { "name": "name", "kind": "storage", "type": "string" }] },
    ] })
    .to_string()
}

#[test]
fn create_read_change_save_again() {
    let served = library();
    let book = saved(&served, "Book", json!({ "title": "Slow Rivers", "isbn": "978-0-00-000012" }));
    assert_eq!((&book["__KEY"], &book["__STAMP"], &book["__TIMESTAMP"]), (&json!("1"), &json!(1), &json!(NOW)));
    assert_eq!((&book["ID"], &book["price"], &book["number"]), (&json!(1), &json!(7), &json!(1)));
    let book = saved(&served, "Book", json!({ "__KEY": "1", "__STAMP": 1, "price": 15 }));
    assert_eq!((&book["__STAMP"], &book["price"], &book["title"]), (&json!(2), &json!(15), &json!("Slow Rivers")));
    assert_eq!(served.get("Book(1)"), book, "what the save said is what is read");
    let null = saved(&served, "Book", json!({ "__KEY": 1, "isbn": null }));
    assert_eq!((&null["__STAMP"], &null["isbn"]), (&json!(3), &Value::Null));
}

#[test]
fn every_type_is_stored_and_read_back() {
    let served = library();
    let values = json!({ "title": "t", "price": 14.5, "exact": 9007199254740993.125, "active": true, "addedAt": "2024-02-28T16:40:00.123Z",
        "born": "!!2001-02-03!!", "playTime": 5400000, "profile": { "a": [1, 2.50, "x"], "b": null } });
    let exact: Value = serde_json::from_str("123456789.125").unwrap();
    let mut values = values;
    values["exact"] = exact;
    let book = saved(&served, "Book", values.clone());
    for (name, value) in values.as_object().unwrap() {
        assert_eq!(book[name], *value, "{name}");
    }
    let again = saved(&served, "Book", book.clone());
    assert_eq!(again["__STAMP"], 1, "what was received and is sent back changes nothing: {again}");
}

#[test]
fn a_save_that_changes_nothing_keeps_the_stamp() {
    let served = library();
    saved(&served, "Book", json!({ "title": "A", "price": 2.5 }));
    assert_eq!(saved(&served, "Book", json!({ "__KEY": "1", "__STAMP": 1, "title": "A", "price": "2.5" }))["__STAMP"], 1);
    assert_eq!(saved(&served, "Book", json!({ "__KEY": "1" }))["__STAMP"], 1);
    assert_eq!(saved(&served, "Book", json!({ "__KEY": "1", "title": "a" }))["__STAMP"], 2, "case is a change");
    assert_eq!(saved(&served, "Book", json!({ "__KEY": "1", "fixed": "x" }))["__STAMP"], 2, "a read-only attribute is ignored");
}

#[test]
fn another_stamp_is_a_conflict_with_the_current_entity() {
    let served = library();
    saved(&served, "Book", json!({ "title": "A" }));
    saved(&served, "Book", json!({ "__KEY": "1", "__STAMP": 1, "title": "B" }));
    for stamp in [1, 0, 3] {
        let outcome = save(&served, "Book", json!({ "__KEY": "1", "__STAMP": stamp, "title": "C" }));
        assert_eq!((outcome.status, outcome.codes()), (SaveStatus::Conflict, vec![1263, 1046, 1517]));
        assert_eq!((&outcome.entity["__STAMP"], &outcome.entity["title"]), (&json!(2), &json!("B")));
    }
    assert_eq!(served.get("Book(1)")["title"], "B");
}

#[test]
fn two_writers_with_one_stamp_one_wins() {
    let served = library();
    saved(&served, "Book", json!({ "title": "A" }));
    let changes: Vec<_> = (0..8)
        .map(|number| change(&served, "Book?$method=update", Some(json!({ "__KEY": "1", "__STAMP": 1, "title": format!("by {number}") }))))
        .collect();
    let store = served.store.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let outcomes = runtime.block_on(async move {
        let tasks: Vec<_> = changes
            .into_iter()
            .map(|change| {
                let store = store.clone();
                tokio::spawn(async move { run(&store, change).await.remove(0) })
            })
            .collect();
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        outcomes
    });
    let winners: Vec<_> = outcomes.iter().filter(|outcome| outcome.status == SaveStatus::Saved).collect();
    assert_eq!(winners.len(), 1);
    assert!(outcomes.iter().filter(|outcome| outcome.status == SaveStatus::Conflict).count() == 7);
    assert_eq!(served.get("Book(1)")["title"], winners[0].entity["title"]);
    assert_eq!(served.get("Book(1)")["__STAMP"], 2);
}

#[test]
fn a_hundred_inserts_at_once() {
    let served = library();
    let changes: Vec<_> =
        (0..100).map(|number| change(&served, "Book?$method=update", Some(json!({ "title": format!("book {number}") })))).collect();
    let store = served.store.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let keys: HashSet<String> = runtime.block_on(async move {
        let tasks: Vec<_> = changes
            .into_iter()
            .map(|change| {
                let store = store.clone();
                tokio::spawn(async move { run(&store, change).await.remove(0) })
            })
            .collect();
        let mut keys = HashSet::new();
        for task in tasks {
            let outcome = task.await.unwrap();
            assert_eq!(outcome.status, SaveStatus::Saved);
            keys.insert(outcome.entity["__KEY"].as_str().unwrap().to_owned());
        }
        keys
    });
    assert_eq!(keys.len(), 100);
    assert_eq!(served.keys("Book?$top=200").into_iter().collect::<HashSet<_>>(), keys);
}

#[test]
fn rules_are_checked_in_both_directions() {
    let served = library();
    let cases = [
        ("Author", json!({}), "fullName"),
        ("Author", json!({ "fullName": null }), "fullName"),
        ("Author", json!({ "fullName": "x" }), "fullName"),
        ("Author", json!({ "fullName": "x".repeat(21) }), "fullName"),
        ("Author", json!({ "fullName": "Ines", "rating": 5.5 }), "rating"),
        ("Author", json!({ "fullName": "Ines", "rating": -1 }), "rating"),
        ("Book", json!({ "title": "t", "isbn": "not one" }), "isbn"),
        ("Country", json!({ "code": "XYZ" }), "code"),
        ("Country", json!({ "name": "no key" }), "code"),
    ];
    for (dataclass, body, attribute) in cases {
        let outcome = save(&served, dataclass, body.clone());
        assert_eq!((outcome.status, outcome.codes()), (SaveStatus::Failed, vec![1569, 1570, 1534]), "{body} {:?}", outcome.error);
        assert!(outcome.message().contains(attribute), "{}", outcome.message());
    }
    saved(&served, "Author", json!({ "fullName": "Ines", "rating": 5 }));
    let outcome = save(&served, "Author", json!({ "__KEY": "1", "fullName": null }));
    assert_eq!(outcome.codes(), [1569, 1570, 1517]);
    assert_eq!(served.get("Author")["__COUNT"], 1);
}

#[test]
fn unique_names_the_attribute_and_nothing_else() {
    let served = library();
    saved(&served, "Book", json!({ "title": "secret title", "isbn": "978-0-00-000012" }));
    let outcome = save(&served, "Book", json!({ "title": "u", "isbn": "978-0-00-000012" }));
    assert_eq!(outcome.codes(), [1569, 1570, 1534]);
    assert!(outcome.message().contains("\"isbn\"") && !outcome.message().contains("secret"), "{}", outcome.message());
    saved(&served, "Book", json!({ "title": "null is exempt" }));
    saved(&served, "Book", json!({ "title": "twice" }));
    assert_eq!(save(&served, "Book", json!({ "__KEY": "2", "isbn": "978-0-00-000012" })).codes(), [1569, 1570, 1517]);
    assert_eq!(served.get("Book")["__COUNT"], 3);
}

#[test]
fn keys_are_given_or_generated() {
    let served = library();
    assert_eq!(saved(&served, "Book", json!({ "ID": 40, "title": "given" }))["__KEY"], "40");
    assert_eq!(saved(&served, "Book", json!({ "ID": null, "title": "generated" }))["__KEY"], "41");
    assert_eq!(save(&served, "Book", json!({ "ID": 40, "title": "again" })).codes(), [1569, 1570, 1534]);
    assert_eq!(saved(&served, "Country", json!({ "code": "PT", "name": "Portugal" }))["__KEY"], "PT");
    assert_eq!(save(&served, "Country", json!({ "code": "PT" })).codes(), [1569, 1570, 1534]);
    let thing = saved(&served, "Thing", json!({ "name": "t" }));
    let key = thing["__KEY"].as_str().unwrap();
    assert!(key.len() == 32 && key.bytes().all(|digit| digit.is_ascii_hexdigit() && !digit.is_ascii_lowercase()), "{key}");
    assert_eq!(saved(&served, "Thing", json!({ "__KEY": key, "__STAMP": 1, "name": "u" }))["__STAMP"], 2);
    let outcome = save(&served, "Book", json!({ "__KEY": "40", "ID": 50 }));
    assert_eq!((outcome.status, outcome.codes().last()), (SaveStatus::Failed, Some(&1517)));
    assert_eq!(saved(&served, "Book", json!({ "title": "number" }))["number"], 3, "an autosequence that is no key counts too");
}

/// `nullAsDefault` (`data-model.md` 4.5) is for what somebody gives: a number that is generated where null asks for it stays generated.
#[test]
fn null_is_an_empty_value_only_where_none_is_generated() {
    let served = Served::own(
        &json!({ "dataClasses": [{ "name": "Item", "attributes": [
            { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true, "nullAsDefault": true },
            { "name": "place", "kind": "storage", "type": "long", "autosequence": true, "nullAsDefault": true },
            { "name": "count", "kind": "storage", "type": "long", "nullAsDefault": true },
            { "name": "day", "kind": "storage", "type": "date", "simpleDate": true, "nullAsDefault": true }] }] })
        .to_string(),
    );
    for (given, number) in [(json!({}), 1), (json!({ "ID": null, "place": null, "count": null, "day": null }), 2)] {
        let item = saved(&served, "Item", given);
        assert_eq!((&item["ID"], &item["place"], &item["count"]), (&json!(number), &json!(number), &json!(0)), "{item}");
        assert_eq!(item["day"], "!!0000-00-00!!", "{item}");
    }
    saved(&served, "Item", json!({ "__KEY": "1", "count": 7 }));
    assert_eq!(saved(&served, "Item", json!({ "__KEY": "1", "count": null }))["count"], 0);
}

/// A `long` has 32 bits, a `word` 16 (`data-model.md` 3.2): an entity numbered beyond could never be asked for.
#[test]
fn generated_numbers_stay_within_their_type() {
    let served = Served::own(
        &json!({ "dataClasses": [{ "name": "Item", "attributes": [
            { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true },
            { "name": "place", "kind": "storage", "type": "word", "autosequence": true },
            { "name": "far", "kind": "storage", "type": "long64", "autosequence": true }] }] })
        .to_string(),
    );
    let refused = |attribute: &str| {
        let outcome = save(&served, "Item", json!({}));
        assert_eq!((outcome.status, outcome.codes()), (SaveStatus::Failed, vec![1569, 1570, 1534]));
        assert!(outcome.message().starts_with(&format!("\"{attribute}\" of Item has no number left")), "{}", outcome.message());
    };
    saved(&served, "Item", json!({ "place": 32_766, "far": 1 }));
    assert_eq!(saved(&served, "Item", json!({}))["place"], 32_767);
    refused("place");
    saved(&served, "Item", json!({ "place": 1, "far": i64::MAX.to_string() }));
    let full = save(&served, "Item", json!({ "place": 1 }));
    assert_eq!((full.codes()[0], full.status), (1569, SaveStatus::Failed), "{}", full.message());
    assert_eq!(served.keys("Item").len(), 3);

    let served = library();
    assert_eq!(saved(&served, "Author", json!({ "ID": i32::MAX, "fullName": "last" }))["__KEY"], "2147483647");
    let outcome = save(&served, "Author", json!({ "fullName": "after" }));
    assert_eq!((outcome.status, outcome.codes()), (SaveStatus::Failed, vec![1569, 1570, 1534]));
    assert_eq!(served.keys("Author"), ["2147483647"], "nothing is saved");
}

#[test]
fn an_absent_key_is_1542_and_creates_nothing() {
    let served = library();
    for key in ["12", "no number"] {
        let outcome = save(&served, "Book", json!({ "__KEY": key, "title": "t" }));
        assert_eq!((outcome.status, outcome.codes()), (SaveStatus::Failed, vec![1542]));
    }
    assert_eq!(served.get("Book")["__COUNT"], 0);
    assert_eq!(saved(&served, "Book", json!({ "__KEY": "", "__STAMP": 5, "title": "t" }))["__STAMP"], 1);
}

#[test]
fn relations_must_find_their_entity_but_foreign_keys_need_not() {
    let served = library();
    saved(&served, "Author", json!({ "fullName": "Ines" }));
    let book = saved(&served, "Book", json!({ "title": "t", "author": { "__KEY": "1", "fullName": "ignored" }, "second": 1 }));
    assert_eq!((&book["authorID"], &book["author"]["__deferred"], &book["second"]["__deferred"]), (&json!(1), &json!("1"), &json!("1")));
    assert_eq!(save(&served, "Book", json!({ "title": "t", "author": 9 })).codes(), [1542, 1534]);
    assert_eq!(save(&served, "Book", json!({ "__KEY": "1", "second": { "__KEY": "9" } })).codes(), [1542, 1517]);
    assert_eq!(saved(&served, "Book", json!({ "__KEY": "1", "authorID": 9 }))["authorID"], 9, "RE-5");
    let cleared = saved(&served, "Book", json!({ "__KEY": "1", "second": null, "author": null }));
    assert_eq!((&cleared["second"], &cleared["authorID"]), (&Value::Null, &Value::Null));
}

#[test]
fn each_entity_of_an_array_is_on_its_own() {
    let served = library();
    let outcomes = save_all(&served, "Author?$method=update", json!([{ "fullName": "one" }, { "fullName": "x" }, { "fullName": "three" }]));
    assert_eq!(
        outcomes.iter().map(|outcome| outcome.status).collect::<Vec<_>>(),
        [SaveStatus::Saved, SaveStatus::Failed, SaveStatus::Saved]
    );
    assert_eq!(served.get("Author")["__COUNT"], 2);
}

#[test]
fn atomic_is_all_or_nothing() {
    let served = library();
    saved(&served, "Author", json!({ "fullName": "zero" }));
    let body = json!([{ "__KEY": "1", "fullName": "changed" }, { "fullName": "new" }, { "fullName": "x" }, { "fullName": "never" }]);
    for option in ["$atomic=true", "$atOnce=true"] {
        let outcomes = save_all(&served, &format!("Author?$method=update&{option}"), body.clone());
        assert_eq!(
            outcomes.iter().map(|outcome| outcome.status).collect::<Vec<_>>(),
            [SaveStatus::Saved, SaveStatus::Saved, SaveStatus::Failed]
        );
        assert_eq!(served.get("Author")["__COUNT"], 1);
        assert_eq!((&served.get("Author(1)")["fullName"], &served.get("Author(1)")["__STAMP"]), (&json!("zero"), &json!(1)));
    }
    assert_eq!(saved(&served, "Author", json!({ "fullName": "next" }))["__KEY"], "2", "generated keys do not advance");
}

#[test]
fn stamps_end_at_31_bits() {
    let served = library();
    saved(&served, "Author", json!({ "fullName": "Ines" }));
    rusqlite::Connection::open(&served.path).unwrap().execute("UPDATE Author SET __stamp = 2147483646", []).unwrap();
    assert_eq!(saved(&served, "Author", json!({ "__KEY": "1", "fullName": "a1" }))["__STAMP"], 2_147_483_647_i64);
    assert_eq!(save(&served, "Author", json!({ "__KEY": "1", "fullName": "a2" })).codes(), [1046, 1517]);
    assert_eq!(served.get("Author(1)")["fullName"], "a1");
}
