//! Row 81: deleting (`rest-dialect.md` 13.1).

use serde_json::{Value, json};

use crate::library::{app, app_with};

const OK: &str = r#"{"ok":true}"#;

#[test]
fn row_81_by_key() {
    let library = app();
    for url in ["Book(12)/?$method=delete", "Book[13]?$method=delete", "Country(\"FR\")?$method=delete"] {
        assert_eq!(library.post_text(&format!("/rest/{url}"), "").ok().compact(), OK, "{url}");
    }
    library.get("/rest/Book(12)").refused(404, &[1542]);
    library.get("/rest/Country(FR)").refused(404, &[1542]);
    assert_eq!(library.get("/rest/Book").ids(), [11, 14, 15, 16, 17, 18]);
}

#[test]
fn row_81_absent_key() {
    let library = app();
    library.post_text("/rest/Book(999)?$method=delete", "").refused(404, &[1542]);
    library.post_text("/rest/Book(abc)?$method=delete", "").refused(404, &[1542]);
    library.post_text("/rest/Book(12)?$method=delete", "").ok();
    library.post_text("/rest/Book(12)?$method=delete", "").refused(404, &[1542]);
}

#[test]
fn row_81_by_filter() {
    let library = app();
    assert_eq!(library.post_text("/rest/Book/?$filter=\"price = 0\"&$method=delete", "").ok().compact(), OK);
    assert_eq!(library.post_text("/rest/Book?$method=delete&$filter=\"author.fullName = 'Liam@'\"", "").ok().compact(), OK);
    assert_eq!(library.get("/rest/Book").ids(), [11, 12, 15, 16, 17]);
    assert_eq!(library.post_text("/rest/Book?$method=delete&$filter=\"title = :1\"&$params='[\"Slow@\"]'", "").ok().compact(), OK);
    assert_eq!(library.get("/rest/Book").ids(), [15, 16, 17]);
}

#[test]
fn row_81_filter_that_finds_nothing() {
    let library = app();
    assert_eq!(library.post_text("/rest/Book?$filter=\"price = 12345\"&$method=delete", "").ok().compact(), OK);
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_81_skip_and_top_do_not_limit() {
    let library = app();
    library.post_text("/rest/Book?$filter=\"price < 20\"&$top=1&$skip=1&$method=delete", "").ok();
    assert_eq!(library.get("/rest/Book").ids(), [13, 14, 15, 16]);
}

#[test]
fn row_81_empty_filter_is_refused() {
    let library = app();
    for url in [
        "Book?$filter=&$method=delete",
        "Book?$filter=\"\"&$method=delete",
        "Book?$method=delete&$filter=''",
        "Book?$filter=\"  \"&$method=delete",
        "Book?$method=delete&$filter",
    ] {
        let answer = library.post_text(&format!("/rest/{url}"), "");
        assert_eq!((answer.status, answer.codes().last()), (400, Some(&1201)), "{answer}");
    }
    let allowed = app_with("[rest]\nallow_delete_all = true\n");
    allowed.post_text("/rest/Book?$filter=\"\"&$method=delete", "").refused(400, &[1201]);
    assert_eq!((library.get("/rest/Book?$top=0").counts().0, allowed.get("/rest/Book?$top=0").counts().0), (8, 8));
}

#[test]
fn row_81_wrong_filter_deletes_nothing() {
    let library = app();
    for filter in ["nosuch = 1", "price >", "price = :1", "order by price"] {
        let answer = library.post_text(&format!("/rest/Book?$method=delete&$filter=\"{filter}\""), "");
        assert_eq!(answer.status, 400, "{answer}");
    }
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_81_whole_dataclass_is_guarded() {
    let library = app();
    for url in ["Book?$method=delete", "Book/?$method=delete", "Book?$method=delete&$top=1"] {
        library.post_text(&format!("/rest/{url}"), "").refused(400, &[1813]);
    }
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
    let allowed = app_with("[rest]\nallow_delete_all = true\n");
    assert_eq!(allowed.post_text("/rest/Book?$method=delete", "").ok().compact(), OK);
    assert_eq!(allowed.get("/rest/Book").counts(), (0, 0, 0));
}

#[test]
fn row_81_get_is_refused() {
    let library = app();
    for url in ["Book(12)?$method=delete", "Book?$filter=\"price = 0\"&$method=delete", "Book?$method=delete"] {
        library.get(&format!("/rest/{url}")).refused(400, &[1813]);
    }
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_81_keys_in_the_body() {
    let library = app();
    assert_eq!(library.post("/rest/Book?$method=delete", &json!([{ "__KEY": "12" }, { "__KEY": 13 }])).ok().compact(), OK);
    assert_eq!(library.get("/rest/Book").ids(), [11, 14, 15, 16, 17, 18]);
    // Together with a filter: those that match both.
    library.post("/rest/Book?$filter=\"price > 70\"&$method=delete&$atomic=true", &json!([{ "__KEY": "14" }, { "__KEY": "11" }])).ok();
    assert_eq!(library.get("/rest/Book").ids(), [11, 15, 16, 17, 18]);
}

#[test]
fn row_81_unknown_method() {
    let library = app();
    library.post_text("/rest/Book(11)?$method=erase", "").refused(400, &[1812]);
    library.get("/rest/Book?$method=nonsense").refused(400, &[1812]);
}

#[test]
fn row_81_needs_the_drop_permission() {
    let library = app();
    for role in ["Clerk", "Reader"] {
        for url in ["Book(11)?$method=delete", "Book?$filter=\"price = 12345\"&$method=delete", "Book?$filter=\"ID = 11\"&$method=delete"] {
            let answer = library.by(role).post_text(&format!("/rest/{url}"), "");
            assert_eq!(answer.status, 401, "{answer}");
        }
        let answer = library.by(role).post_text("/rest/Book(11)?$method=delete", "");
        assert_eq!(answer.codes().first(), Some(&1560), "{answer}");
    }
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_81_related_entities_stay() {
    let library = app();
    library.post_text("/rest/Author(1)?$method=delete", "").ok();
    let book = library.get("/rest/Book(11)").ok().json();
    // Integrity `none`: the foreign key stays.
    assert_eq!((&book["authorID"], &book["authorName"]), (&json!(1), &json!(null)));
}

#[test]
fn row_81_delete_as_a_verb_needs_a_key() {
    let library = app();
    let secret = library.key("Admin").secret;
    let by_verb = |url: &str| library.send("DELETE", url, &[("api-key", &secret)], "");
    // Optional by the dialect: refused, or what it says; never the whole dataclass.
    for url in ["/rest/Book", "/rest/Book/", "/rest/Book?$filter=\"\"", "/rest/Book/title"] {
        let answer = by_verb(url);
        assert!((400..500).contains(&answer.status) && !answer.codes().is_empty(), "{answer}");
    }
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
    assert_eq!(by_verb("/rest/Book(12)").ok().compact(), OK);
    by_verb("/rest/Book(12)").refused(404, &[1542]);
    let reader = library.key("Reader").secret;
    let answer = library.send("DELETE", "/rest/Book(11)", &[("api-key", &reader)], "");
    assert_eq!((answer.status, answer.codes().first()), (401, Some(&1560)), "{answer}");
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 7);
}

/// An extension of this server: the entity goes only when nobody has saved it since.
#[test]
fn row_81_with_its_stamp() {
    let library = app();
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "changed" })).ok();
    for url in ["/rest/Book(11)?$method=delete&$stamp=1", "/rest/Book[11]?$STAMP=9&$method=delete&$atomic=true"] {
        let answer = library.post(url, &Value::Null);
        assert_eq!((answer.status, answer.codes()), (500, vec![1263, 1046]), "{answer}");
        assert_eq!(answer.json()["__STATUS"], json!({ "status": 2, "statusText": "Stamp has changed", "success": false }), "{answer}");
    }
    library.send("DELETE", "/rest/Book(11)?$stamp=1", &[("api-key", &library.key("Admin").secret)], "");
    assert_eq!(library.get("/rest/Book(11)").ok().json()["__STAMP"], 2);
    library.post("/rest/Book(11)?$method=delete&$stamp=2", &Value::Null).ok();
    library.get("/rest/Book(11)").refused(404, &[1542]);
    library.post("/rest/Book(11)?$method=delete&$stamp=2", &Value::Null).refused(404, &[1542]);
    library.post("/rest/Book(12)?$method=delete&$stamp=1", &json!([])).ok();
}

/// Where it would not be compared it is refused: nobody must believe that it was.
#[test]
fn row_81_a_stamp_that_is_not_compared_is_refused() {
    let library = app();
    for (url, codes) in [
        ("/rest/Book(11)?$method=delete&$stamp=", [1806]),
        ("/rest/Book(11)?$method=delete&$stamp=-1", [1806]),
        ("/rest/Book(11)?$method=delete&$stamp=one", [1806]),
        ("/rest/Book?$filter=\"ID = 11\"&$method=delete&$stamp=1", [1813]),
        ("/rest/Book?$method=update&$stamp=1", [1813]),
        ("/rest/Book(11)?$lock=true&$stamp=1", [1813]),
    ] {
        let body = if url.contains("update") { json!({ "__KEY": "11", "title": "x" }) } else { Value::Null };
        library.post(url, &body).refused(400, &codes);
    }
    library.get("/rest/Book?$stamp=1").refused(400, &[1813]);
    library.get("/rest/Book(11)?$stamp=1").refused(400, &[1813]);
    assert_eq!(library.get("/rest/Book(11)").ok().json()["__STAMP"], 1);
}

/// Of many who saw the same stamp, one deletes or one saves; never both.
#[test]
fn row_81_a_stamp_is_compared_with_what_is_deleted() {
    let library = app();
    for round in 0..10 {
        let made = library.post("/rest/Book?$method=update", &json!({ "title": format!("Race {round}") })).ok().json();
        let (key, stamp) = (made["__KEY"].as_str().unwrap(), &made["__STAMP"]);
        let (deleted, saved) = std::thread::scope(|scope| {
            let delete = scope.spawn(|| library.post(&format!("/rest/Book({key})?$method=delete&$stamp={stamp}"), &Value::Null).status);
            let save = scope
                .spawn(|| library.post("/rest/Book?$method=update", &json!({ "__KEY": key, "__STAMP": stamp, "title": "saved" })).status);
            (delete.join().unwrap() == 200, save.join().unwrap() == 200)
        });
        assert!(deleted != saved, "round {round}: deleted {deleted}, saved {saved}");
    }
}
