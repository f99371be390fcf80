//! Deleting (`rest-dialect.md` 13.1, `data-model.md` RE-8).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/saving.rs"]
mod saving;
mod support;

use claviger_store::StoreError;
use saving::{delete, saved};
use serde_json::{Value, json};
use support::Served;

fn id() -> Value {
    json!({ "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true })
}

/// Books refer to authors with the given integrity; loans to books (cascade); authors to their mentors (set null).
fn library(integrity: &str) -> Served {
    let served = Served::own(
        &json!({ "dataClasses": [
            { "name": "Author", "attributes": [id(), { "name": "name", "kind": "storage", "type": "string" },
                { "name": "mentor", "kind": "relatedEntity", "type": "Author", "path": "Author", "integrity": "setNull" }] },
            { "name": "Book", "attributes": [id(), { "name": "title", "kind": "storage", "type": "string" },
                { "name": "price", "kind": "storage", "type": "number" },
                { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "integrity": integrity },
                { "name": "sequel", "kind": "relatedEntity", "type": "Book", "path": "Book", "integrity": "cascade" }] },
            { "name": "Loan", "attributes": [id(),
                { "name": "book", "kind": "relatedEntity", "type": "Book", "path": "Book", "integrity": "cascade" }] },
        ] })
        .to_string(),
    );
    for name in ["Ines", "Tom", "Eva"] {
        saved(&served, "Author", json!({ "name": name }));
    }
    saved(&served, "Author", json!({ "__KEY": "2", "mentor": 1 }));
    for (title, price, author) in [("Slow Rivers", 10, 1), ("Fast Rivers", 0, 1), ("Hills", 0, 2)] {
        saved(&served, "Book", json!({ "title": title, "price": price, "author": author }));
    }
    for book in [1, 1, 2, 3] {
        saved(&served, "Loan", json!({ "book": book }));
    }
    served
}

fn count(served: &Served, dataclass: &str) -> Value {
    served.get(dataclass)["__COUNT"].clone()
}

#[test]
fn by_key() {
    let served = library("none");
    assert_eq!(delete(&served, "Author(1)?$method=delete", None).unwrap().deleted, 1);
    assert_eq!(count(&served, "Author"), 2);
    let Err(StoreError::Dialect(error)) = delete(&served, "Author(1)?$method=delete", None) else { panic!("deleted twice") };
    assert_eq!(error.code(), 1542);
    let book = served.get("Book(1)?$expand=author");
    assert_eq!(book["author"], Value::Null, "the foreign key stays, and leads nowhere: {book}");
}

#[test]
fn by_filter_and_by_keys() {
    let served = library("none");
    assert_eq!(delete(&served, "Book?$filter=\"price = 99\"&$method=delete", None).unwrap().deleted, 0);
    let outcome =
        delete(&served, "Book?$filter=\"title = '@rivers'\"&$method=delete", Some(json!([{ "__KEY": "2" }, { "__KEY": "3" }]))).unwrap();
    assert_eq!((outcome.deleted, outcome.errors.len()), (1, 0));
    assert_eq!(served.keys("Book"), ["1", "3"]);
    assert_eq!(delete(&served, "Book?$filter=\"price = 0\"&$method=delete", None).unwrap().deleted, 1);
    assert_eq!(served.keys("Book"), ["1"]);
}

#[test]
fn listed_keys_atomic_or_not() {
    let served = library("none");
    let keys = json!([{ "__KEY": "1" }, { "__KEY": "77" }, { "__KEY": "2" }]);
    let outcome = delete(&served, "Author?$method=delete&$atomic=true", Some(keys.clone())).unwrap();
    assert_eq!((outcome.deleted, outcome.errors.len(), count(&served, "Author")), (0, 1, json!(3)));
    let outcome = delete(&served, "Author?$method=delete", Some(keys)).unwrap();
    assert_eq!((outcome.deleted, outcome.error().unwrap().code()), (2, 1542));
    assert_eq!(served.keys("Author"), ["3"]);
}

#[test]
fn reject_keeps_the_entity() {
    let served = library("reject");
    let outcome = delete(&served, "Author(1)?$method=delete", None).unwrap();
    assert_eq!((outcome.deleted, outcome.error().unwrap().code()), (0, 1569));
    assert_eq!(delete(&served, "Author(3)?$method=delete", None).unwrap().deleted, 1);
    let outcome = delete(&served, "Author?$filter=\"ID > 0\"&$method=delete&$atomic=true", None).unwrap();
    assert_eq!((outcome.deleted, outcome.errors.len(), count(&served, "Author")), (0, 1, json!(2)));
}

#[test]
fn cascade_takes_everything_below() {
    let served = library("cascade");
    assert_eq!(delete(&served, "Author(1)?$method=delete", None).unwrap().deleted, 1);
    assert_eq!(served.keys("Book"), ["3"]);
    assert_eq!(served.keys("Loan"), ["4"]);
    let tom = served.get("Author(2)");
    assert_eq!((&tom["mentor"], &tom["__STAMP"]), (&Value::Null, &json!(3)), "set null counts as a save");
}

#[test]
fn a_circle_of_cascades_ends() {
    let served = library("none");
    for (book, sequel) in [(1, 2), (2, 3), (3, 1)] {
        saved(&served, "Book", json!({ "__KEY": book, "sequel": sequel }));
    }
    assert_eq!(delete(&served, "Book(2)?$method=delete", None).unwrap().deleted, 1);
    assert_eq!((count(&served, "Book"), count(&served, "Loan")), (json!(0), json!(0)));
}

#[test]
fn set_null() {
    let served = library("setNull");
    delete(&served, "Author(1)?$method=delete", None).unwrap();
    assert_eq!(
        (count(&served, "Book"), &served.get("Book(1)")["author"], &served.get("Book(1)")["__STAMP"]),
        (json!(3), &Value::Null, &json!(2))
    );
    assert_ne!(served.get("Book(3)")["author"], Value::Null);
}
