//! Row 80: calculated and alias attributes (`rest-dialect.md` 12.1, 9.2).

use serde_json::json;

use crate::library::app;

#[test]
fn row_80_not_written() {
    let library = app();
    for body in [
        json!({ "__KEY": "11", "label": "x" }),
        json!({ "__KEY": "11", "authorName": "x" }),
        json!({ "__KEY": "11", "label": null, "authorName": null }),
    ] {
        let saved = library.post("/rest/Book?$method=update", &body).ok().json();
        assert_eq!((&saved["__STATUS"], &saved["__STAMP"]), (&json!({ "success": true }), &json!(1)), "{body}");
        assert_eq!((&saved["label"], &saved["authorName"]), (&json!("Slow Rivers #11"), &json!("Éclair Dubois")), "{body}");
    }
    let saved =
        library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "label": "x", "authorName": "y", "title": "T" })).ok().json();
    assert_eq!((&saved["__STAMP"], &saved["label"]), (&json!(2), &json!("T #11")));
    assert_eq!(library.get("/rest/Author(1)").ok().json()["fullName"], "Éclair Dubois");
}

#[test]
fn row_80_not_written_at_creation() {
    let library = app();
    let made = library
        .post("/rest/Book?$method=update", &json!({ "ID": 50, "title": "T", "label": "x", "authorName": "Liam O'Neil" }))
        .ok()
        .json();
    assert_eq!((&made["label"], &made["authorName"], &made["author"]), (&json!("T #50"), &json!(null), &json!(null)));
}

#[test]
fn row_80_in_filters() {
    let library = app();
    for (filter, ids) in [
        ("authorName = 'liam@'", vec![13, 14]),
        ("authorName != 'liam@'", vec![11, 12, 15, 16]),
        ("label = 'Slow Rivers #11'", vec![11]),
        ("label = '@#1@' and label = 'slow@'", vec![11, 12]),
        ("label begin 'atlas'", vec![13]),
        ("author.books.label = 'Atlas #13'", vec![13, 14]),
        ("not (label = '@s@')", vec![14, 17]),
        ("authorName in ['Zoë Atlas', 'x']", vec![16]),
    ] {
        assert_eq!(library.filter("Book", filter).ids(), ids, "{filter}");
    }
}

#[test]
fn row_80_read_only_in_the_catalog() {
    let catalog = app().get("/rest/$catalog/Book").ok().json();
    for attribute in catalog["dataClasses"][0]["attributes"].as_array().unwrap() {
        let read_only = ["label", "authorName"].contains(&attribute["name"].as_str().unwrap());
        assert_eq!(attribute.get("readOnly"), read_only.then_some(&json!(true)), "{attribute}");
    }
}
