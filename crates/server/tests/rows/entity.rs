//! Rows 14, 21, 22, 25: one entity (`rest-dialect.md` 5.1, 6.2, 6.3) and the shape of errors (4.1).

use serde_json::json;

use crate::library::{Library, NOW, app};

/// Book 11 as it is read.
fn book_11() -> String {
    json!({
        "__entityModel": "Book", "__DATACLASS": "Book", "__KEY": "11", "__TIMESTAMP": NOW, "__STAMP": 1,
        "ID": 11, "isbn": "978-0-00-011", "title": "Slow Rivers", "price": 14.5, "addedAt": "2024-02-28T16:40:00.000Z", "playTime": 5400000,
        "cover": null, "sample": null, "authorID": 1,
        "author": { "__deferred": { "uri": "/rest/Author[1]", "__KEY": "1" } },
        "authorName": "Éclair Dubois", "label": "Slow Rivers #11"
    })
    .to_string()
}

#[test]
fn row_14_members_of_an_entity_and_their_order() {
    let answer = app().get("/rest/Book(11)").ok();
    assert_eq!(answer.compact(), book_11());
    assert_eq!(answer.headers["content-type"].to_str().unwrap().to_ascii_lowercase(), "application/json; charset=utf-8");
}

#[test]
fn row_14_key_is_text_also_for_other_types() {
    let library = app();
    let country = library.get("/rest/Country(FR)").ok();
    let wanted = json!({ "__entityModel": "Country", "__DATACLASS": "Country", "__KEY": "FR", "__TIMESTAMP": NOW, "__STAMP": 1, "code": "FR", "name": "France" });
    assert_eq!(country.compact(), wanted.to_string());
    let made = library.post("/rest/Gauge?$method=update", &json!({ "word": "w" })).ok().json();
    let key = made["__KEY"].as_str().unwrap();
    assert_eq!(made["ID"], key);
    assert!(key.len() == 32 && key.chars().all(|c| matches!(c, '0'..='9' | 'A'..='F')), "{key}");
}

#[test]
fn row_14_entities_of_a_page_name_no_class() {
    let page = app().get("/rest/Book?$filter=\"ID = 11\"").ok().json();
    let mut wanted: serde_json::Value = serde_json::from_str(&book_11()).unwrap();
    let object = wanted.as_object_mut().unwrap();
    object.shift_remove("__entityModel");
    object.shift_remove("__DATACLASS");
    assert_eq!(page["__ENTITIES"][0].to_string(), wanted.to_string());
}

#[test]
fn row_14_stamp_and_timestamp_follow_the_saves() {
    let library = app();
    library.set_clock("2024-03-05T10:00:01.250Z");
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "price": 15 })).ok();
    let book = library.get("/rest/Book(11)").ok().json();
    assert_eq!((book["__STAMP"].as_i64(), book["__TIMESTAMP"].as_str()), (Some(2), Some("2024-03-05T10:00:01.250Z")));
}

#[test]
fn row_21_unknown_dataclass() {
    let library = app();
    let answer = library.get("/rest/Boook").refused(404, &[1800]);
    let wanted =
        json!({ "__ERROR": [{ "message": "The \"Boook\" dataclass cannot be found", "componentSignature": "dbmg", "errCode": 1800 }] });
    assert_eq!(answer.compact(), wanted.to_string());
    assert_eq!(answer.headers["content-type"].to_str().unwrap().to_ascii_lowercase(), "application/json; charset=utf-8");
}

#[test]
fn row_21_unknown_dataclass_in_every_request() {
    let library = app();
    for url in ["Boook(1)", "Boook[1]", "Boook/title", "Boook:isbn(1)", "book", "BOOK", "Boook?$filter=\"ID = 1\"", "Boook?$orderby=ID"] {
        library.get(&format!("/rest/{url}")).refused(404, &[1800]);
    }
    library.post("/rest/Boook?$method=update", &json!({ "ID": 1 })).refused(404, &[1800]);
    library.post("/rest/Boook(1)?$method=delete", &json!(null)).refused(404, &[1800]);
}

#[test]
fn row_21_anything_else_under_rest_is_absent() {
    let library = app();
    for url in
        ["/rest/", "/rest/$nothing", "/rest/$catalog/$all/x/y", "/rest/$lib/x.js", "/rest/$getWebForm", "/rest/Book(11)/author/fullName/x"]
    {
        let answer = library.get(url);
        assert_eq!(answer.status, 404, "{answer}");
        assert!(!answer.codes().is_empty());
    }
}

#[test]
fn row_22_absent_entity() {
    let library = app();
    for url in [
        "Author(999)",
        "Author[999]",
        "Author(-1)",
        "Author(abc)",
        "Author(1.5)",
        "Author(99999999999999999999)",
        "Country(XX)",
        "Author(1x)",
        "Country[\"fr fr\"]",
    ] {
        library.get(&format!("/rest/{url}")).refused(404, &[1542]);
        library.get(&format!("/rest/{url}?$attributes=*")).refused(404, &[1542]);
    }
    library.get("/rest/Gauge(not-a-uuid)").refused(404, &[1542]);
}

fn key_of(library: &Library, url: &str) -> String {
    library.get(url).ok().json()["__KEY"].as_str().unwrap().to_owned()
}

#[test]
fn row_25_entity_by_another_attribute() {
    let library = app();
    let wanted = library.get("/rest/Book(11)").ok().text;
    for url in [
        "Book:isbn(978-0-00-011)",
        "Book:isbn(\"978-0-00-011\")",
        "Book:isbn('978-0-00-011')",
        "Book:isbn[\"978-0-00-011\"]",
        "Book:isbn(%22978-0-00-011%22)",
    ] {
        assert_eq!(library.get(&format!("/rest/{url}")).ok().text, wanted, "{url}");
    }
    assert_eq!(key_of(&library, "/rest/Author:born(1991-08-04)"), "4");
    assert_eq!(key_of(&library, "/rest/Book:title(\"AT%26T: a = b%3F\")"), "14");
    assert_eq!(key_of(&library, "/rest/Book:price(71.5)"), "14");
}

#[test]
fn row_25_text_ignores_case_and_takes_no_wildcard() {
    let library = app();
    assert_eq!(key_of(&library, "/rest/Author:fullName(\"éclair dubois\")"), "1");
    assert_eq!(key_of(&library, "/rest/Author:fullName(\"BO LINDQVIST\")"), "4");
    library.get("/rest/Author:fullName(\"Bo@\")").refused(404, &[1542]);
    library.get("/rest/Author:fullName(\"Bo*\")").refused(404, &[1542]);
}

#[test]
fn row_25_several_the_first_none_absent() {
    let library = app();
    assert_eq!(key_of(&library, "/rest/Book:authorID(1)"), "11");
    assert_eq!(key_of(&library, "/rest/Author:active(true)"), "1");
    library.get("/rest/Book:isbn(978-9-99-999)").refused(404, &[1542]);
    library.get("/rest/Book:authorID(many)").refused(404, &[1542]);
}

#[test]
fn row_25_attribute_list_and_attributes_apply() {
    let library = app();
    let path = library.get("/rest/Book:isbn(978-0-00-011)/title").ok();
    assert_eq!(path.members(), ["__entityModel", "__DATACLASS", "__KEY", "__TIMESTAMP", "__STAMP", "title"]);
    assert_eq!(library.get("/rest/Book:isbn(978-0-00-011)?$attributes=title").ok().text, path.text);
    library.get("/rest/Book:nosuch(1)").refused(404, &[1500, 1804]);
    library.get("/rest/Book:costNote(x)").refused(404, &[1500, 1804]);
}
