//! Rows 16, 17, 28, 29: relations inside an entity (`rest-dialect.md` 5.3, 7.3).

use serde_json::{Value, json};

use crate::answer::members;
use crate::library::{NOW, app};

#[test]
fn row_16_deferred_related_entity() {
    let book = app().get("/rest/Book(13)").ok().json();
    assert_eq!(book["author"].to_string(), json!({ "__deferred": { "uri": "/rest/Author[2]", "__KEY": "2" } }).to_string());
}

#[test]
fn row_16_no_related_entity_is_null() {
    let library = app();
    let book = library.get("/rest/Book(17)").ok().json();
    assert_eq!((&book["author"], &book["authorID"], &book["authorName"]), (&Value::Null, &Value::Null, &Value::Null));
    assert!(members(&book).contains(&"author".to_owned()));
    let page = library.get("/rest/Book?$filter=\"ID >= 16\"&$attributes=author").ok().json();
    assert_eq!(page["__ENTITIES"][0]["author"]["__deferred"]["__KEY"], "6");
    assert_eq!(page["__ENTITIES"][1]["author"], Value::Null);
    let expanded = library.get("/rest/Book(17)?$attributes=author.*").ok().json();
    assert_eq!(expanded["author"], Value::Null);
}

#[test]
fn row_16_deferred_uri_works() {
    let library = app();
    let book = library.get("/rest/Book(11)").ok().json();
    let uri = book["author"]["__deferred"]["uri"].as_str().unwrap();
    assert_eq!(library.get(uri).ok().text, library.get("/rest/Author(1)").ok().text);
}

#[test]
fn row_17_deferred_related_entities() {
    let author = app().get("/rest/Author(1)").ok().json();
    assert_eq!(author["books"].to_string(), json!({ "__deferred": { "uri": "/rest/Author[1]/books?$expand=books" } }).to_string());
    assert_eq!(
        members(&author),
        [
            "__entityModel",
            "__DATACLASS",
            "__KEY",
            "__TIMESTAMP",
            "__STAMP",
            "ID",
            "fullName",
            "born",
            "rating",
            "active",
            "profile",
            "portrait",
            "books"
        ]
    );
}

#[test]
fn row_17_deferred_also_when_there_is_none() {
    let author = app().get("/rest/Author(4)").ok().json();
    assert_eq!(author["books"].to_string(), json!({ "__deferred": { "uri": "/rest/Author[4]/books?$expand=books" } }).to_string());
}

fn book(id: i64, title: &str, rest: &Value) -> Value {
    let mut book =
        json!({ "__KEY": id.to_string(), "__TIMESTAMP": NOW, "__STAMP": 1, "ID": id, "isbn": format!("978-0-00-0{id}"), "title": title });
    for (name, value) in rest.as_object().unwrap() {
        book[name] = value.clone();
    }
    book
}

/// The books of author 1 expanded with all their attributes.
fn books_of_1() -> Value {
    let author = json!({ "__deferred": { "uri": "/rest/Author[1]", "__KEY": "1" } });
    json!({
        "__ENTITYSET": "/rest/Author[1]/books?$expand=books", "__DATACLASS": "Book", "__GlobalStamp": 0, "__COUNT": 2, "__FIRST": 0,
        "__ENTITIES": [
            book(11, "Slow Rivers", &json!({ "price": 14.5, "addedAt": "2024-02-28T16:40:00.000Z", "playTime": 5400000, "cover": null, "sample": null,
                "authorID": 1, "author": author, "authorName": "Éclair Dubois", "label": "Slow Rivers #11" })),
            book(12, "Slow Food", &json!({ "price": 9.5, "addedAt": "2023-05-02T00:00:00.000Z", "playTime": 60000, "cover": null, "sample": null,
                "authorID": 1, "author": author, "authorName": "Éclair Dubois", "label": "Slow Food #12" })),
        ],
        "__SENT": 2
    })
}

#[test]
fn row_17_deferred_uri_when_requested() {
    let answer = app().get("/rest/Author[1]/books?$expand=books").ok();
    let wanted = json!({ "__entityModel": "Author", "__DATACLASS": "Author", "__KEY": "1", "__TIMESTAMP": NOW, "__STAMP": 1, "books": books_of_1() });
    assert_eq!(answer.compact(), wanted.to_string());
}

#[test]
fn row_28_expanded_related_entities_object() {
    let library = app();
    let answer = library.get("/rest/Author(1)?$attributes=fullName,books.title").ok();
    let title = |id: i64, title: &str| json!({ "__KEY": id.to_string(), "__TIMESTAMP": NOW, "__STAMP": 1, "title": title });
    let wanted = json!({
        "__entityModel": "Author", "__DATACLASS": "Author", "__KEY": "1", "__TIMESTAMP": NOW, "__STAMP": 1, "fullName": "Éclair Dubois",
        "books": { "__ENTITYSET": "/rest/Author[1]/books?$expand=books", "__DATACLASS": "Book", "__GlobalStamp": 0, "__COUNT": 2, "__FIRST": 0,
            "__ENTITIES": [title(11, "Slow Rivers"), title(12, "Slow Food")], "__SENT": 2 }
    });
    assert_eq!(answer.compact(), wanted.to_string());
    let all = library.get("/rest/Author(1)?$attributes=books.*").ok().json();
    assert_eq!(all["books"].to_string(), books_of_1().to_string());
}

#[test]
fn row_28_empty_relation_expanded() {
    let author = app().get("/rest/Author(4)?$attributes=books.*").ok().json();
    let wanted = json!({ "__ENTITYSET": "/rest/Author[4]/books?$expand=books", "__DATACLASS": "Book", "__GlobalStamp": 0, "__COUNT": 0, "__FIRST": 0,
        "__ENTITIES": [], "__SENT": 0 });
    assert_eq!(author["books"].to_string(), wanted.to_string());
}

#[test]
fn row_28_at_most_the_default_page_with_the_real_count() {
    let library = app();
    let many: Vec<Value> = (1..=120).map(|n| json!({ "title": format!("Volume {n}"), "authorID": 4 })).collect();
    library.post("/rest/Book?$method=update", &json!(many)).ok();
    let books = &library.get("/rest/Author(4)?$attributes=books.ID").ok().json()["books"];
    assert_eq!((books["__COUNT"].as_i64(), books["__SENT"].as_i64()), (Some(120), Some(100)));
    assert_eq!(books["__ENTITIES"].as_array().unwrap().len(), 100);
}

#[test]
fn row_29_expand_of_related_entities() {
    let answer = app().get("/rest/Author(1)?$expand=books").ok();
    let wanted = json!({
        "__entityModel": "Author", "__DATACLASS": "Author", "__KEY": "1", "__TIMESTAMP": NOW, "__STAMP": 1,
        "ID": 1, "fullName": "Éclair Dubois", "born": "2!5!1970", "rating": 4.5, "active": true,
        "profile": { "city": "Paris", "age": 54, "langs": ["fr", "en"], "tags": [{ "name": "poet", "rank": 5 }, { "name": "essay", "rank": 1 }] },
        "portrait": null, "books": books_of_1()
    });
    assert_eq!(answer.compact(), wanted.to_string());
}

#[test]
fn row_29_expand_on_pages_and_deeper() {
    let library = app();
    let page = library.get("/rest/Book?$expand=author&$filter=\"ID < 13\"").ok().json();
    for entity in page["__ENTITIES"].as_array().unwrap() {
        assert_eq!(
            members(&entity["author"]),
            ["__KEY", "__TIMESTAMP", "__STAMP", "ID", "fullName", "born", "rating", "active", "profile", "portrait", "books"]
        );
        assert_eq!(entity["author"]["books"]["__deferred"]["uri"], "/rest/Author[1]/books?$expand=books");
        assert_eq!(entity["authorID"], 1);
    }
    let deep = library.get("/rest/Book(11)?$expand=author,author.books").ok().json();
    assert_eq!(deep["author"]["books"]["__COUNT"], 2);
    assert_eq!(deep["author"]["books"]["__ENTITIES"][1]["title"], "Slow Food");
    assert_eq!(deep["author"]["books"]["__ENTITIES"][1]["author"]["__deferred"]["__KEY"], "1");
    assert_eq!(deep["title"], "Slow Rivers");
}

#[test]
fn row_29_expand_quoted_and_of_nothing() {
    let library = app();
    assert_eq!(library.get("/rest/Book(11)?$expand=\"author\"").ok().text, library.get("/rest/Book(11)?$expand=author").ok().text);
    assert_eq!(library.get("/rest/Book(17)?$expand=author").ok().json()["author"], Value::Null);
}

#[test]
fn row_29_unknown_relation() {
    let library = app();
    for url in [
        "Book(11)?$expand=nosuch",
        "Book?$expand=nosuch",
        "Book?$expand=author,nosuch",
        "Book(11)?$expand=author.nosuch",
        "Slip(1)?$expand=ledger",
    ] {
        let answer = library.get(&format!("/rest/{url}"));
        assert_eq!((answer.status, answer.codes().last()), (404, Some(&1805)), "{answer}");
    }
}
