//! Row 79: saves that fail (`rest-dialect.md` 12.7, `data-model.md` 3.3).

use serde_json::{Value, json};

use crate::library::{Library, app};

/// The entity is refused as new (1534) and, put on an existing one, as existing (1517); nothing is saved.
#[track_caller]
fn broken(library: &Library, dataclass: &str, key: &str, body: &Value) {
    let before = library.get(&format!("/rest/{dataclass}")).ok().text;
    let check = |answer: &crate::answer::Answer, last: u64| {
        assert_eq!((answer.status, answer.codes().last()), (500, Some(&last)), "{answer}");
        assert_eq!(answer.json()["__STATUS"]["success"], false, "{answer}");
        assert_eq!(answer.json()["__STATUS"]["status"], 4, "{answer}");
        assert!(answer.codes().len() >= 2, "{answer}");
        assert_eq!(library.get(&format!("/rest/{dataclass}")).ok().text, before);
    };
    let mut new = body.clone();
    for (name, value) in [("fullName", "New"), ("title", "New")] {
        if (dataclass == "Author") == (name == "fullName") && new.get(name).is_none() && matches!(dataclass, "Author" | "Book") {
            new[name] = json!(value);
        }
    }
    check(&library.post(&format!("/rest/{dataclass}?$method=update"), &new), 1534);
    let mut existing = body.clone();
    existing["__KEY"] = json!(key);
    check(&library.post(&format!("/rest/{dataclass}?$method=update"), &existing), 1517);
}

#[test]
fn row_79_absent_key() {
    let library = app();
    for body in [
        json!({ "__KEY": "999", "title": "x" }),
        json!({ "__KEY": "999", "__STAMP": 1, "title": "x" }),
        json!({ "__KEY": "abc", "title": "x" }),
        json!({ "__KEY": "999" }),
    ] {
        library.post("/rest/Book?$method=update", &body).refused(404, &[1542]);
    }
    library.post("/rest/Book(999)?$method=update", &json!({ "title": "x" })).refused(404, &[1542]);
    library.post("/rest/Country?$method=update", &json!({ "__KEY": "XX", "name": "x" })).refused(404, &[1542]);
    // Nothing was created instead.
    assert_eq!((library.get("/rest/Book?$top=0").counts().0, library.get("/rest/Country?$top=0").counts().0), (8, 3));
}

#[test]
fn row_79_unique() {
    let library = app();
    broken(&library, "Book", "12", &json!({ "isbn": "978-0-00-011" }));
    let answer = library.post("/rest/Book?$method=update", &json!({ "title": "x", "isbn": "978-0-00-011" }));
    assert!(answer.message().contains("isbn"), "{answer}");
    // What stands in the other entity is nobody's business.
    assert!(!answer.text.contains("Slow Rivers"), "{answer}");
    // Several nulls are allowed, and so is one's own value.
    library.post("/rest/Book?$method=update", &json!({ "title": "x", "isbn": null })).ok();
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "isbn": "978-0-00-011", "price": 1 })).ok();
}

#[test]
fn row_79_duplicate_key() {
    let library = app();
    for (dataclass, body) in [("Book", json!({ "ID": 11, "title": "x" })), ("Country", json!({ "code": "FR", "name": "x" }))] {
        let answer = library.post(&format!("/rest/{dataclass}?$method=update"), &body);
        assert_eq!((answer.status, answer.codes().last()), (500, Some(&1534)), "{answer}");
        let status = &answer.json()["__STATUS"];
        assert_eq!((&status["status"], &status["statusText"], &status["success"]), (&json!(4), &json!("Other error"), &json!(false)));
    }
    assert_eq!(library.get("/rest/Country(FR)").ok().json()["name"], "France");
}

#[test]
fn row_79_mandatory() {
    let library = app();
    broken(&library, "Book", "12", &json!({ "title": null }));
    broken(&library, "Author", "1", &json!({ "fullName": null }));
    // Absent in a creation.
    let answer = library.post("/rest/Book?$method=update", &json!({ "price": 1 }));
    assert_eq!((answer.status, answer.codes().last()), (500, Some(&1534)), "{answer}");
    assert!(answer.message().contains("title"), "{answer}");
    // A key that nobody generates.
    let answer = library.post("/rest/Country?$method=update", &json!({ "name": "Nowhere" }));
    assert_eq!((answer.status, answer.codes().last()), (500, Some(&1534)), "{answer}");
}

#[test]
fn row_79_type_mismatch() {
    let library = app();
    broken(&library, "Book", "12", &json!({ "price": "cheap" }));
    broken(&library, "Book", "12", &json!({ "addedAt": "soon" }));
    broken(&library, "Book", "12", &json!({ "authorID": {} }));
    broken(&library, "Author", "1", &json!({ "active": "perhaps" }));
    broken(&library, "Author", "1", &json!({ "profile": "text" }));
}

#[test]
fn row_79_minimum_maximum_length_and_pattern() {
    let library = app();
    broken(&library, "Author", "1", &json!({ "rating": -0.5 }));
    broken(&library, "Author", "1", &json!({ "rating": 5.01 }));
    broken(&library, "Book", "12", &json!({ "isbn": "short" }));
    broken(&library, "Book", "12", &json!({ "isbn": "978-0-00-099 " }));
    let answer = library.post("/rest/Country?$method=update", &json!({ "code": "XYZ", "name": "Too long" }));
    assert_eq!((answer.status, answer.codes().last()), (500, Some(&1534)), "{answer}");
    for rating in [0, 5] {
        library.post("/rest/Author?$method=update", &json!({ "__KEY": "1", "rating": rating })).ok();
    }
}

#[test]
fn row_79_key_of_an_existing_entity_does_not_change() {
    let library = app();
    let answer = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "ID": 500 }));
    assert_eq!((answer.status, answer.codes().last()), (500, Some(&1517)), "{answer}");
    library.get("/rest/Book(500)").refused(404, &[1542]);
    library.get("/rest/Book(11)").ok();
    assert_eq!(library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "ID": 11 })).ok().json()["__STAMP"], 1);
}

#[test]
fn row_79_one_broken_rule_fails_the_whole_entity() {
    let library = app();
    let answer = library.post("/rest/Author?$method=update", &json!({ "__KEY": "1", "fullName": "Changed", "rating": 99 }));
    assert_eq!(answer.status, 500, "{answer}");
    let author = library.get("/rest/Author(1)").ok().json();
    assert_eq!((&author["fullName"], &author["__STAMP"]), (&json!("Éclair Dubois"), &json!(1)));
}
