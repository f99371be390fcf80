//! Saves of which nothing stays: `$method=validate` (`rest-dialect.md` 12.8), `$refresh=true`, and reading with `$extendedAttributes` (19).

use serde_json::json;

use crate::library::app;

#[test]
fn validate_runs_the_checks_and_saves_nothing() {
    let library = app();
    let before = library.get("/rest/Book?$orderby=ID").ok().text;
    let validate = |body: serde_json::Value| library.post("/rest/Book/?$method=validate", &body);
    for body in [
        json!({ "title": "New" }),
        json!({ "__KEY": "11", "__STAMP": 1, "price": 3 }),
        json!([{ "__KEY": "12", "price": 1 }, { "title": "x" }]),
        json!([]),
    ] {
        assert_eq!(validate(body).ok().text, r#"{"ok":true}"#);
    }
    let answer = validate(json!({ "title": "x", "isbn": "978-0-00-011" }));
    assert_eq!((answer.status, answer.members()), (500, vec!["__ENTITIES".to_owned()]), "{answer}");
    let failed = &answer.json()["__ENTITIES"][0];
    assert_eq!(crate::answer::codes(&failed["__ERROR"], ""), [1569, 1570, 1534], "{answer}");
    assert!(failed.get("__KEY").is_none());
    // Each entity is looked at, also after one that fails and with $atomic; those that are right are not listed.
    let many = json!([{ "__KEY": "11", "price": 1 }, { "__KEY": "12", "isbn": "978-0-00-011" }, { "__KEY": "99", "price": 1 },
        { "__KEY": "13", "__STAMP": 7, "price": 1 }]);
    let answer = library.post("/rest/Book?$method=validate&$atomic=true", &many);
    let body = answer.json();
    let codes: Vec<_> =
        body["__ENTITIES"].as_array().unwrap().iter().map(|item| (item["__KEY"].clone(), item["__ERROR"][0]["errCode"].clone())).collect();
    assert_eq!(codes, [(json!("12"), json!(1569)), (json!("99"), json!(1542)), (json!("13"), json!(1263))], "{answer}");
    // A missing permission is told the same way.
    let answer = library.by("Reader").post("/rest/Book?$method=validate", &json!({ "__KEY": "11", "title": "x" }));
    assert_eq!((answer.status, &answer.json()["__ENTITIES"][0]["__ERROR"][0]["errCode"]), (401, &json!(1558)), "{answer}");
    library.get("/rest/Book?$method=validate").refused(400, &[1813]);
    library.post("/rest/Book?$method=validate", &json!(7)).refused(400, &[1806]);
    assert_eq!(library.get("/rest/Book?$orderby=ID").ok().text, before);
    assert_eq!(library.post("/rest/Entry", &json!({ "name": "next" })).ok().json()["ID"], 151, "no number was used up");
}

#[test]
fn refresh_computes_and_saves_nothing() {
    let library = app();
    let before = library.get("/rest/Book(11)").ok().text;
    let body = json!({ "__KEY": "11", "__STAMP": 1, "title": "Fast Rivers", "author": "2" });
    let answer = library.post("/rest/Book?$method=update&$refresh=true", &body).ok();
    let entity = answer.json();
    assert_eq!(
        (&entity["__STATUS"], &entity["__STAMP"], &entity["__KEY"]),
        (&json!({ "success": true }), &json!(1), &json!("11")),
        "{answer}"
    );
    assert_eq!((&entity["title"], &entity["authorName"]), (&json!("Fast Rivers"), &json!("Liam O'Neil")), "{answer}");
    assert_eq!(library.get("/rest/Book(11)").ok().text, before);
    // A new entity has no key before it is saved.
    let answer = library.post("/rest/Book?$method=update&$refresh=true", &json!({ "title": "New", "author": 1 })).ok();
    let entity = answer.json();
    assert!(entity.get("__KEY").is_none() && entity["__STAMP"] == 0 && entity["authorName"] == "Éclair Dubois", "{answer}");
    assert_eq!(library.filter("Book", "title = New").ids(), Vec::<i64>::new());
    // What could not be saved is told as at a save.
    let answer = library.post("/rest/Book?$method=update&$refresh=true", &json!({ "__KEY": "11", "__STAMP": 9, "title": "x" }));
    assert_eq!((answer.status, answer.codes()), (500, vec![1263, 1046, 1517]), "{answer}");
    library.post("/rest/Book?$refresh=true", &json!(null)).refused(400, &[1813]);
}

#[test]
fn refresh_stores_no_posted_bytes() {
    let library = app();
    let admin = library.by("Admin");
    for (url, bytes) in [
        ("/rest/Book(11)/cover?$rawPict=true&$refresh=true", &crate::media::picture(image::ImageFormat::Png)[..]),
        ("/rest/Book(11)/sample?$refresh=true", b"new"),
    ] {
        let before = library.get("/rest/Book(11)").ok().text;
        let entity = admin.post_bytes(url, bytes).ok().json();
        assert_eq!((&entity["__STATUS"], &entity["__STAMP"]), (&json!({ "success": true }), &json!(1)), "{entity}");
        assert_eq!(library.get("/rest/Book(11)").ok().text, before, "{url}");
    }
}

#[test]
fn bytes_are_posted_by_no_request_that_reads_or_locks() {
    let library = app();
    let admin = library.by("Admin");
    let sample = "/rest/Book(11)/sample?$binary=true&$expand=sample";
    admin.post_bytes("/rest/Book(11)/sample", b"stored").ok();
    let whole = library.get("/rest/Book(11)").ok();
    let read = library.post("/rest/Book(11)/sample?$extendedAttributes=true", &json!({ "attrs": "title" })).ok();
    assert_eq!(read.text, library.get("/rest/Book(11)/sample?$attributes=title").ok().text);
    for lock in ["true", "false"] {
        let answer = library.post(&format!("/rest/Book(11)/sample?$lock={lock}"), &json!({})).ok();
        assert_eq!(answer.json()["result"], true, "{answer}");
    }
    assert_eq!((library.get(sample).ok().text, library.get("/rest/Book(11)").ok().text), ("stored".to_owned(), whole.text));
}

#[test]
fn extended_attributes_of_what_is_stored_as_a_set() {
    let library = app();
    let title_only = |answer: &crate::answer::Answer| {
        let entity = answer.json()["__ENTITIES"][0].clone();
        assert!(entity["title"].is_string() && entity.get("price").is_none(), "{answer}");
    };
    let stored = library.post("/rest/Book?$method=entityset&$extendedAttributes=true", &json!({ "attrs": ["title"] })).ok();
    title_only(&stored);
    let set = crate::sets::set_of(&stored);
    title_only(&library.post(&format!("{set}?$method=subentityset&$extendedAttributes=true"), &json!({ "attrs": "title" })).ok());
    title_only(
        &library.post("/rest/Author(1)/books?$method=subentityset&$extendedAttributes=true", &json!({ "attrs": { "title": true } })).ok(),
    );
    library.post("/rest/Book?$method=entityset&$extendedAttributes=true", &json!({ "attrs": 7 })).refused(400, &[1806]);
}

#[test]
fn extended_attributes_are_read() {
    let library = app();
    for attrs in
        [json!("title,author.fullName"), json!(["title", "author.fullName"]), json!({ "title": true, "author": { "fullName": true } })]
    {
        let answer = library.post("/rest/Book(11)?$extendedAttributes=true", &json!({ "attrs": attrs })).ok();
        let expected = library.get("/rest/Book(11)?$attributes=title,author.fullName").ok();
        assert_eq!(answer.text, expected.text);
    }
    let page = library.post("/rest/Book?$extendedAttributes=true&$filter=\"ID = 12\"", &json!({ "attrs": ["price"] })).ok();
    assert_eq!(page.json()["__ENTITIES"][0]["price"], 9.5);
    assert!(page.json()["__ENTITIES"][0].get("title").is_none());
    library.post("/rest/Book?$extendedAttributes=true", &json!({ "attrs": ["nothing"] })).refused(404, &[1500, 1804]);
    library.post("/rest/Book?$extendedAttributes=true", &json!({ "attrs": 7 })).refused(400, &[1806]);
}
