//! Rows 76 and 78: many entities in one request, `$atomic` (`rest-dialect.md` 12.4, 12.6).

use serde_json::{Value, json};

use crate::answer::{codes, members};
use crate::library::{NOW, app};

#[test]
fn row_76_mixed_create_and_update() {
    let library = app();
    let answer = library
        .post(
            "/rest/Country?$method=update",
            &json!([{ "code": "DE", "name": "Deutschland" }, { "__KEY": "FR", "__STAMP": 1, "name": "La France" }]),
        )
        .ok();
    let wanted = json!({ "__ENTITIES": [
        { "__STATUS": { "success": true }, "__KEY": "DE", "__STAMP": 1, "uri": "/rest/Country[%22DE%22]", "__TIMESTAMP": NOW, "code": "DE", "name": "Deutschland" },
        { "__STATUS": { "success": true }, "__KEY": "FR", "__STAMP": 2, "uri": "/rest/Country[%22FR%22]", "__TIMESTAMP": NOW, "code": "FR", "name": "La France" }
    ] });
    assert_eq!(answer.compact(), wanted.to_string());
}

#[test]
fn row_76_one_element_is_wrapped_too() {
    let library = app();
    let answer = library.post("/rest/Country?$method=update", &json!([{ "code": "DE", "name": "Deutschland" }])).ok().json();
    assert_eq!((members(&answer), answer["__ENTITIES"].as_array().map(Vec::len)), (vec!["__ENTITIES".to_owned()], Some(1)));
}

#[test]
fn row_76_empty_array() {
    assert_eq!(app().post("/rest/Country?$method=update", &json!([])).ok().compact(), r#"{"__ENTITIES":[]}"#);
}

#[test]
fn row_76_one_wrong_the_others_are_saved() {
    let library = app();
    let body = json!([
        { "title": "First" },
        { "__KEY": "999", "title": "Absent" },
        { "__KEY": "12", "__STAMP": 1, "title": "Third" },
        { "title": "Duplicate", "isbn": "978-0-00-011" },
        { "__KEY": "13", "price": 1 }
    ]);
    let answer = library.post("/rest/Book?$method=update", &body);
    assert_eq!((answer.status, answer.codes()), (404, vec![1542]), "{answer}");
    assert_eq!(answer.members(), ["__ENTITIES", "__ERROR"]);
    let items = answer.json()["__ENTITIES"].as_array().unwrap().clone();
    let fine: Vec<bool> = items.iter().map(|item| item["__STATUS"]["success"] == true).collect();
    assert_eq!(fine, [true, false, true, false, true]);
    assert_eq!(codes(&items[1]["__ERROR"], "second item"), [1542]);
    assert_eq!(codes(&items[3]["__ERROR"], "fourth item").last(), Some(&1534));
    assert!([0, 2, 4].iter().all(|index: &usize| items[*index].get("__ERROR").is_none()));
    assert_eq!(library.get("/rest/Book(12)").ok().json()["title"], "Third");
    assert_eq!(library.get("/rest/Book(13)").ok().json()["price"], 1);
    assert_eq!(library.filter("Book", "title = 'First' or title = 'Duplicate'").counts().0, 1);
}

#[test]
fn row_76_top_level_error_is_that_of_the_first_failed() {
    let library = app();
    let body = json!([{ "__KEY": "11", "__STAMP": 9, "price": 1 }, { "__KEY": "999", "price": 1 }]);
    let answer = library.post("/rest/Book?$method=update", &body);
    assert_eq!((answer.status, answer.codes()), (500, vec![1263, 1046, 1517]), "{answer}");
    assert_eq!(answer.json()["__ERROR"], answer.json()["__ENTITIES"][0]["__ERROR"]);
}

#[test]
fn row_76_one_entity_twice() {
    let library = app();
    let body = json!([{ "__KEY": "11", "__STAMP": 1, "price": 1 }, { "__KEY": "11", "__STAMP": 2, "price": 2 }, { "__KEY": "11", "__STAMP": 1, "price": 3 }]);
    let answer = library.post("/rest/Book?$method=update", &body);
    assert_eq!(answer.status, 500, "{answer}");
    let book = library.get("/rest/Book(11)").ok().json();
    assert_eq!((&book["price"], &book["__STAMP"]), (&json!(2), &json!(3)));
}

#[test]
fn row_76_body_that_is_no_object_or_array_of_objects() {
    let library = app();
    for body in ["12", "\"text\"", "true", "null", "[1]", "[{}, 2]", "[[{}]]", "[null]"] {
        let answer = library.post_text("/rest/Country?$method=update", body);
        assert_eq!((answer.status, answer.codes()), (400, vec![1806]), "{answer}");
    }
    assert_eq!(library.get("/rest/Country").counts().0, 3);
}

/// A change, one that cannot be saved, another change.
fn one_wrong() -> Value {
    json!([{ "__KEY": "11", "__STAMP": 1, "price": 1 }, { "title": "New" }, { "__KEY": "12", "__STAMP": 9, "price": 2 }, { "__KEY": "13", "price": 3 }])
}

#[test]
fn row_78_nothing_is_saved_when_one_fails() {
    for parameter in ["$atomic=true", "$atOnce=true", "$atonce=true", "$atomic"] {
        let library = app();
        let before = library.get("/rest/Book").ok().text;
        let answer = library.post(&format!("/rest/Book?$method=update&{parameter}"), &one_wrong());
        assert_eq!((answer.status, answer.codes()), (500, vec![1263, 1046, 1517]), "{answer}");
        assert_eq!(library.get("/rest/Book").ok().text, before, "{parameter}");
        let items = answer.json()["__ENTITIES"].as_array().unwrap().clone();
        // Those after the failure are not processed and not listed.
        assert_eq!(items.len(), 3, "{answer}");
        assert_eq!(items[2]["__STATUS"]["status"], 2);
    }
}

#[test]
fn row_78_without_atomic_the_others_are_saved() {
    for parameter in ["$atomic=false", "$atOnce=false", "$top=1"] {
        let library = app();
        let answer = library.post(&format!("/rest/Book?$method=update&{parameter}"), &one_wrong());
        assert_eq!(answer.json()["__ENTITIES"].as_array().unwrap().len(), 4, "{answer}");
        assert_eq!((answer.status, library.get("/rest/Book?$top=0").counts().0), (500, 9));
        assert_eq!(library.get("/rest/Book(13)").ok().json()["price"], 3);
    }
}

#[test]
fn row_78_any_failure_undoes_all() {
    for wrong in [
        json!({ "__KEY": "999" }),
        json!({ "price": 1 }),
        json!({ "title": "x", "isbn": "978-0-00-011" }),
        json!({ "title": "x", "author": "999" }),
        json!({ "__KEY": "12", "price": "cheap" }),
    ] {
        let library = app();
        let before = library.get("/rest/Book").ok().text;
        let answer =
            library.post("/rest/Book?$method=update&$atomic=true", &json!([{ "title": "New" }, { "__KEY": "11", "price": 1 }, wrong]));
        assert!(answer.status >= 400 && !answer.codes().is_empty(), "{answer}");
        assert_eq!(library.get("/rest/Book").ok().text, before, "{wrong}");
    }
}

#[test]
fn row_78_all_are_saved_when_none_fails() {
    let library = app();
    let answer = library
        .post("/rest/Book?$method=update&$atomic=true", &json!([{ "title": "New" }, { "__KEY": "11", "__STAMP": 1, "price": 1 }]))
        .ok()
        .json();
    assert_eq!(members(&answer), ["__ENTITIES"]);
    assert_eq!((&answer["__ENTITIES"][0]["__STAMP"], &answer["__ENTITIES"][1]["__STAMP"]), (&json!(1), &json!(2)));
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 9);
}

#[test]
fn row_78_no_effect_on_a_single_object() {
    let library = app();
    let saved = library.post("/rest/Book?$method=update&$atomic=true", &json!({ "__KEY": "11", "price": 1 })).ok().json();
    assert_eq!((&saved["__STATUS"], &saved["__STAMP"]), (&json!({ "success": true }), &json!(2)));
}
