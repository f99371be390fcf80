//! Row 71: creating (`rest-dialect.md` 12.1 to 12.4).

use serde_json::{Value, json};

use crate::answer::members;
use crate::library::{NOW, app};

#[test]
fn row_71_create_one() {
    let library = app();
    let answer = library.post("/rest/Book/?$method=update", &json!({ "title": "New", "isbn": "978-0-00-099" })).ok();
    let id = answer.json()["ID"].as_i64().unwrap();
    assert!(!(11..=18).contains(&id));
    let wanted = json!({
        "__STATUS": { "success": true }, "__KEY": id.to_string(), "__STAMP": 1, "uri": format!("/rest/Book[{id}]"), "__TIMESTAMP": NOW,
        "ID": id, "isbn": "978-0-00-099", "title": "New", "price": 0, "addedAt": null, "playTime": null, "cover": null, "sample": null,
        "authorID": null, "author": null, "authorName": null, "label": format!("New #{id}")
    });
    assert_eq!(answer.compact(), wanted.to_string());
    // What is read afterwards is the same entity.
    let read = library.get(&format!("/rest/Book({id})")).ok().json();
    for name in members(&wanted).iter().filter(|name| !["__STATUS", "uri"].contains(&name.as_str())) {
        assert_eq!(read[name], wanted[name], "{name}");
    }
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 9);
}

#[test]
fn row_71_default_only_when_absent() {
    let library = app();
    assert_eq!(library.post("/rest/Book?$method=update", &json!({ "title": "a" })).ok().json()["price"], 0);
    assert_eq!(library.post("/rest/Book?$method=update", &json!({ "title": "b", "price": null })).ok().json()["price"], Value::Null);
    assert_eq!(library.post("/rest/Book?$method=update", &json!({ "title": "c", "price": 3.5 })).ok().json()["price"], 3.5);
}

#[test]
fn row_71_generated_keys() {
    let library = app();
    let first = library.post("/rest/Author?$method=update", &json!({ "fullName": "One" })).ok().json();
    let second = library.post("/rest/Author?$method=update", &json!({ "fullName": "Two", "ID": null })).ok().json();
    assert!(first["ID"].as_i64().unwrap() > 6 && second["ID"].as_i64() > first["ID"].as_i64());
    assert_eq!(first["__KEY"], first["ID"].to_string());
    let one = library.post("/rest/Gauge?$method=update", &json!({ "word": "x" })).ok().json();
    let two = library.post("/rest/Gauge?$method=update", &json!({ "word": "x", "ID": null })).ok().json();
    assert_ne!(one["ID"], two["ID"]);
    assert_eq!(library.get(&format!("/rest/Gauge({})", two["__KEY"].as_str().unwrap())).ok().json()["word"], "x");
}

#[test]
fn row_71_given_key_is_used() {
    let library = app();
    let made = library.post("/rest/Author?$method=update", &json!({ "ID": 400, "fullName": "Given" })).ok().json();
    assert_eq!((&made["__KEY"], &made["uri"], &made["__STAMP"]), (&json!("400"), &json!("/rest/Author[400]"), &json!(1)));
    let made = library.post("/rest/Country?$method=update", &json!({ "code": "DE", "name": "Deutschland" })).ok().json();
    assert_eq!((&made["__KEY"], &made["uri"]), (&json!("DE"), &json!("/rest/Country[%22DE%22]")));
}

#[test]
fn row_71_what_counts_as_a_creation() {
    let library = app();
    for body in [
        json!({ "title": "T" }),
        json!({ "title": "T", "__KEY": null }),
        json!({ "title": "T", "__KEY": "" }),
        json!({ "title": "T", "__STAMP": 3 }),
        json!({ "title": "T", "__KEY": null, "__STAMP": 0 }),
    ] {
        let made = library.post("/rest/Book?$method=update", &body).ok().json();
        assert_eq!((&made["__STATUS"], &made["__STAMP"]), (&json!({ "success": true }), &json!(1)), "{body}");
    }
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 13);
}

#[test]
fn row_71_post_without_method_is_the_same() {
    let library = app();
    let made = library.post("/rest/Country", &json!({ "code": "DE", "name": "Deutschland" })).ok().json();
    assert_eq!((&made["__STATUS"]["success"], &made["__KEY"]), (&json!(true), &json!("DE")));
    let changed = library.post("/rest/Country", &json!({ "__KEY": "DE", "name": "Germany" })).ok().json();
    assert_eq!((&changed["name"], &changed["__STAMP"]), (&json!("Germany"), &json!(2)));
    // With an empty body it is the read.
    assert_eq!(library.post_text("/rest/Country", "").ok().text, library.get("/rest/Country").ok().text);
}

#[test]
fn row_71_attributes_and_expand_shape_the_answer() {
    let library = app();
    let made = library.post("/rest/Book?$method=update&$attributes=title", &json!({ "title": "T", "authorID": 1 })).ok().json();
    assert_eq!(members(&made), ["__STATUS", "__KEY", "__STAMP", "uri", "__TIMESTAMP", "title"]);
    let made = library.post("/rest/Book?$method=update&$expand=author", &json!({ "title": "T", "authorID": 1 })).ok().json();
    assert_eq!((&made["author"]["fullName"], &made["title"]), (&json!("Éclair Dubois"), &json!("T")));
}

#[test]
fn row_71_unknown_members_are_ignored() {
    let library = app();
    let made = library
        .post(
            "/rest/Book?$method=update",
            &json!({ "title": "T", "nosuch": 1, "__entityModel": "x", "__DATACLASS": "x", "__TIMESTAMP": "x", "__ERROR": [], "__STATUS": {}, "uri": "x", "__other": 1 }),
        )
        .ok()
        .json();
    assert_eq!((&made["title"], made.get("nosuch"), made.get("__other")), (&json!("T"), None, None));
}

#[test]
fn row_71_get_does_not_create() {
    let library = app();
    library.get("/rest/Book?$method=update").refused(400, &[1813]);
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}
