//! How the parts of the dialect act together (`rest-dialect.md` 18): tests are named after the rules, `rNN_...`.
//!
//! Rules about entity sets (R1, R2, R4 to R7), locks (R10, R11), media (R12) and functions (R17, R18) are proved where those are.

use serde_json::{Value, json};

use crate::library::app;

#[test]
fn r03_orderby_beats_the_order_inside_the_filter() {
    let library = app();
    let titles = |url: &str| library.get(url).ok().ids();
    let inside = titles("/rest/Book?$filter=\"price > 5 order by price desc\"");
    let beside = titles("/rest/Book?$filter=\"price > 5 order by price desc\"&$orderby=ID");
    assert_eq!(beside, titles("/rest/Book?$filter=\"price > 5\"&$orderby=ID"));
    assert_ne!(inside, beside);
    // For that call only.
    assert_eq!(titles("/rest/Book?$filter=\"price > 5 order by price desc\""), inside);
}

#[test]
fn r05_timeout_means_nothing_for_a_read() {
    let library = app();
    let plain = library.get("/rest/Book").ok().text;
    for url in ["/rest/Book?$timeout=1", "/rest/Book?$timeout=0", "/rest/Book?$timeout=100000"] {
        assert_eq!(library.get(url).ok().text, plain, "{url}");
    }
    assert_eq!(library.get("/rest/Book(11)?$timeout=1").ok().text, library.get("/rest/Book(11)").ok().text);
}

#[test]
fn r08_atomic_is_all_or_nothing_for_an_array_and_nothing_for_one() {
    let library = app();
    let before = library.get("/rest/Country").ok().text;
    let wrong = json!([{ "code": "DE", "name": "Deutschland" }, { "code": "ITA", "name": "too long" }]);
    let refused = library.post("/rest/Country?$method=update&$atomic=true", &wrong);
    assert_eq!((refused.status, refused.codes()[0]), (500, 1569), "{refused}");
    assert_eq!(library.get("/rest/Country").ok().text, before);
    let alone = library.post("/rest/Country?$method=update&$atomic=true", &json!({ "code": "ITA", "name": "too long" }));
    let plain = library.post("/rest/Country?$method=update", &json!({ "code": "ITA", "name": "too long" }));
    assert_eq!((alone.status, &alone.text), (plain.status, &plain.text));
    let saved = library.post("/rest/Country?$method=update&$atomic=true", &json!({ "code": "DE", "name": "Deutschland" })).ok();
    assert_eq!(saved.json()["__STATUS"]["success"], true);
}

#[test]
fn r09_one_conflict_undoes_all() {
    let library = app();
    let before = library.get("/rest/Book").ok().text;
    let body = json!([{ "__KEY": "11", "__STAMP": 1, "price": 1 }, { "__KEY": "12", "__STAMP": 7, "price": 2 }, { "__KEY": "13", "__STAMP": 1, "price": 3 }]);
    let conflict = library.post("/rest/Book?$method=update&$atomic=true", &body);
    assert_eq!((conflict.status, conflict.codes()), (500, vec![1263, 1046, 1517]), "{conflict}");
    assert_eq!(conflict.json()["__ENTITIES"][1]["__STATUS"]["status"], 2);
    assert_eq!(library.get("/rest/Book").ok().text, before);
    // Their stamps are free for the next attempt.
    let body = json!([{ "__KEY": "11", "__STAMP": 1, "price": 1 }, { "__KEY": "12", "__STAMP": 1, "price": 2 }]);
    let saved = library.post("/rest/Book?$method=update&$atomic=true", &body).ok().json();
    assert_eq!((&saved["__ENTITIES"][0]["__STAMP"], &saved["__ENTITIES"][1]["__STAMP"]), (&json!(2), &json!(2)));
}

#[test]
fn r13_as_array_takes_attributes_and_ignores_expand() {
    let library = app();
    let only = library.get("/rest/Book?$asArray=true&$attributes=price,title&$top=1").ok().json();
    assert_eq!(only, json!([{ "__KEY": 11, "__STAMP": 1, "title": "Slow Rivers", "price": 14.5 }]));
    let plain = library.get("/rest/Book?$asArray=true").ok().text;
    for expand in ["author", "author,author.books", "title"] {
        assert_eq!(library.get(&format!("/rest/Book?$asArray=true&$expand={expand}")).ok().text, plain, "{expand}");
    }
    let authors = library.get("/rest/Author?$asArray=true&$expand=books").ok();
    assert_eq!(authors.text, library.get("/rest/Author?$asArray=true").ok().text);
}

#[test]
fn r14_compute_works_on_the_distinct_values() {
    let library = app();
    let all = library.get("/rest/Entry/name?$compute=count").ok().json();
    let distinct = library.get("/rest/Entry/name?$distinct=true&$compute=count").ok().json();
    let values = library.get("/rest/Entry/name?$distinct=true").ok().json();
    assert_eq!((&all, &distinct, values.as_array().map(Vec::len)), (&json!(150), &json!(50), Some(50)));
    let filtered = library.get("/rest/Entry/name?$distinct=true&$compute=count&$filter=\"ID < 11\"").ok().json();
    assert_eq!(filtered, json!(10));
}

#[test]
fn r15_without_a_filter_there_is_nothing_to_explain() {
    let library = app();
    for (url, plain) in [
        ("/rest/Book?$queryplan=true", "/rest/Book"),
        ("/rest/Book?$querypath=true&$orderby=price", "/rest/Book?$orderby=price"),
        ("/rest/Book?$queryplan=true&$querypath=true&$filter=", "/rest/Book"),
        ("/rest/Book(11)?$queryplan=true", "/rest/Book(11)"),
    ] {
        assert_eq!(library.get(url).ok().text, library.get(plain).ok().text, "{url}");
    }
}

#[test]
fn r16_delete_needs_a_filter_with_content_or_none_at_all() {
    let library = app();
    for empty in ["$filter=", "$filter=\"\"", "$filter=\"  \""] {
        let refused = library.post(&format!("/rest/Country?$method=delete&{empty}"), &Value::Null);
        assert_eq!(refused.status, 400, "{refused}");
    }
    // Without filter it means all, which the settings guard.
    let guarded = library.post("/rest/Country?$method=delete", &Value::Null);
    assert_eq!((guarded.status, library.get("/rest/Country").counts().0), (400, 3), "{guarded}");
    let open = crate::library::app_with("[rest]\nallow_delete_all = true\n");
    assert_eq!(open.post("/rest/Country?$method=delete&$filter=\"\"", &Value::Null).status, 400);
    assert_eq!(open.get("/rest/Country").counts().0, 3);
    assert_eq!(open.post("/rest/Country?$method=delete", &Value::Null).ok().json(), json!({ "ok": true }));
    assert_eq!(open.get("/rest/Country").counts().0, 0);
}

#[test]
fn r19_looker_ignores_as_array() {
    let library = app();
    let looker = library.get("/rest/Book?$format=looker&$attributes=ID,title").ok().text;
    for both in ["$format=looker&$asArray=true", "$asArray=true&$format=looker", "$asArray&$format=LOOKER"] {
        assert_eq!(library.get(&format!("/rest/Book?{both}&$attributes=ID,title")).ok().text, looker, "{both}");
    }
}

#[test]
fn r20_wrong_verb_for_a_known_operation() {
    let library = app();
    let before = library.get("/rest/Book").ok().text;
    for (method, url, body) in [
        ("GET", "/rest/Book?$method=update", ""),
        ("GET", "/rest/Book(11)?$method=update", ""),
        ("GET", "/rest/Book?$method=insert", ""),
        ("GET", "/rest/Book(11)?$method=delete", ""),
        ("POST", "/rest/Book/title?$distinct=true", ""),
        ("POST", "/rest/Book/price?$compute=sum", ""),
        ("PUT", "/rest/Book", "[{}]"),
        ("DELETE", "/rest/Book", ""),
        ("PATCH", "/rest/Book?$filter=\"ID=11\"", "{}"),
    ] {
        let answer = library.by("Admin").send(method, url, body);
        assert_eq!(answer.status, 400, "{answer}");
        assert!(matches!(answer.codes()[..], [1813 | 1806]), "{answer}");
    }
    assert_eq!(library.get("/rest/Book").ok().text, before);
}

#[test]
fn r20_post_of_a_plain_read_is_the_read() {
    let library = app();
    for url in [
        "/rest/Book",
        "/rest/Book?$filter=\"price > 10\"&$top=2",
        "/rest/Book(11)",
        "/rest/Author(1)/books?$expand=books",
        "/rest/Book?$asArray=true",
    ] {
        let read = library.get(url).ok().text;
        assert_eq!(library.post(url, &Value::Null).ok().text, read, "{url}");
        assert_eq!(library.post_text(url, " ").ok().text, read, "{url}");
    }
}

#[test]
fn r21_the_last_of_two_values_wins_but_not_of_the_filter() {
    let library = app();
    assert_eq!(library.get("/rest/Book?$top=1&$top=2").ok().ids().len(), 2);
    assert_eq!(library.get("/rest/Book?$TOP=1&%24top=3").ok().ids().len(), 3);
    assert_eq!(
        library.get("/rest/Book?$attributes=title&$attributes=price").ok().text,
        library.get("/rest/Book?$attributes=price").ok().text
    );
    assert_eq!(library.get("/rest/Book?$asArray=true&$asArray=false").ok().text, library.get("/rest/Book").ok().text);
    for both in ["$filter=\"ID=11\"&$filter=\"ID=12\"", "filter=\"ID=11\"&filter=\"ID=11\"", "$filter=\"ID=11\"&$FILTER=\"ID=11\""] {
        library.get(&format!("/rest/Book?{both}")).refused(400, &[1806]);
    }
}
