//! Row 53: hostile texts cannot reach the store's own query language (`rest-dialect.md` 9.2, 22).

use serde_json::json;

use crate::answer::Answer;
use crate::database::IS_POSTGRES;
use crate::library::{Library, app};

/// Values that mean something to a database.
const VALUES: [&str; 22] = [
    "'; DROP TABLE Book; --",
    "x' OR '1'='1",
    "x\" OR \"1\"=\"1",
    "x') OR ('1'='1",
    "x'/*",
    "*/ OR 1=1 --",
    "x' UNION SELECT secret FROM keys --",
    "x'; ATTACH DATABASE '/tmp/x' AS y; --",
    "x\\' OR 1=1 --",
    "\u{0}x' OR 1=1",
    "?1 OR 1=1",
    ":1",
    "$1",
    "%",
    "_",
    "[q]",
    "x' || (SELECT 1) || '",
    "x` OR `1`=`1",
    "x];DROP TABLE Book;--",
    "char(39)",
    "x' LIKE '%",
    "x' ESCAPE '\\",
];

/// Untouched: nothing was dropped, changed or added.
#[track_caller]
fn intact(library: &Library) {
    assert_eq!(library.get("/rest/Book").ids(), [11, 12, 13, 14, 15, 16, 17, 18]);
    assert_eq!(library.get("/rest/Author").ids(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(library.get("/rest/Book(11)").ok().json()["__STAMP"], 1);
}

/// Nothing found, or refused in the dialect's words.
#[track_caller]
fn harmless(answer: &Answer) {
    match answer.status {
        200 => assert_eq!(answer.ids(), Vec::<i64>::new(), "{answer}"),
        400 | 404 => assert!(!answer.codes().is_empty(), "{answer}"),
        _ => panic!("{answer}"),
    }
    let text = answer.text.to_lowercase();
    for word in ["near \"", "no such column", "no such table", "no such function", "unrecognized token", "bind"] {
        assert!(!text.contains(word), "{answer}");
    }
}

#[test]
fn row_53_values() {
    let library = app();
    for value in VALUES {
        // As parameters they are ordinary texts: found when they are there, else not.
        for comparator in ["=", "===", "begin", "%"] {
            harmless(&library.filter_with("Book", &format!("title {comparator} :1"), &json!([value])));
        }
        harmless(&library.filter_with("Book", "title in :1", &json!([[value, value]])));
        harmless(&library.filter_with("Author", "profile.city = :1", &json!([value])));
        harmless(&library.filter_with("Author", "profile.tags[a].name = :1", &json!([value])));
        // Inside the filter text they may be a syntax error too.
        let escaped = value.replace('\'', "\\u0027").replace('"', "\\u0022").replace('\u{0}', "\\u0000");
        harmless(&library.filter("Book", &format!("title === '{escaped}'")));
        harmless(&library.filter("Book", &format!("ID = 0 and title = '{value}'")));
        harmless(&library.filter("Book", &format!("ID = 0 and title = {value}")));
    }
    intact(&library);
}

/// U+0000 stands before all other characters, in a text that cannot hold it too.
#[test]
fn row_53_a_zero_character_is_compared_like_any_other() {
    let library = app();
    let all = [11, 12, 13, 14, 15, 16, 17, 18];
    let none: [i64; 0] = [];
    for (filter, ids) in [
        ("title = :1", &none[..]),
        ("title != :1", &all),
        ("not (title = :1)", &all),
        ("title === :1", &none),
        ("title in [:1, 'Atlas']", &[13]),
        ("title begin :1", &none),
        ("not (title begin :1)", &all),
        ("title <= :1", &[13, 14, 17]),
        ("title < :1", &[13, 14, 17]),
        ("title > :1", &[11, 12, 15, 16, 18]),
        ("title >= :1", &[11, 12, 15, 16, 18]),
        ("not (title >= :1)", &[13, 14, 17]),
    ] {
        assert_eq!(library.filter_with("Book", filter, &json!(["Atlas\0"])).ids(), ids, "{filter}");
    }
    assert_eq!(library.filter_with("Book", "title % :1", &json!(["slow\0rivers"])).ids(), [11]);
    assert_eq!(library.filter_with("Book", "title = :1", &json!(["Slow@\0@"])).ids(), none);
    assert_eq!(library.filter_with("Author", "profile.city = :1", &json!(["Paris\0"])).ids(), none);
    assert_eq!(library.filter_with("Author", "profile.city > :1", &json!(["Oslo\0"])).ids(), [1]);
    library.get("/rest/Country(\"FR%00\")").refused(404, &[1542]);
    library.get("/rest/Country:name(\"France%00\")").refused(404, &[1542]);
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "price": 1 })).ok();
    library.post("/rest/Country?$method=update", &json!({ "__KEY": "FR\0", "name": "x" })).refused(404, &[1542]);
}

#[test]
fn row_53_values_are_stored_and_found_as_they_are() {
    let library = app();
    for (index, value) in VALUES.iter().enumerate() {
        let id = 100 + i64::try_from(index).unwrap();
        let saved = library.post("/rest/Book?$method=update", &json!({ "ID": id, "title": value }));
        if IS_POSTGRES && value.contains('\0') {
            // The one character that the server has no place for.
            assert_eq!((saved.status, saved.codes()), (500, vec![1569, 1570, 1534]), "{saved}");
            continue;
        }
        saved.ok();
        assert_eq!(library.filter_with("Book", "title === :1", &json!([value])).ids(), [id], "{value}");
        assert_eq!(library.get(&format!("/rest/Book({id})")).ok().json()["title"], *value);
    }
    let stored = VALUES.iter().filter(|value| !(IS_POSTGRES && value.contains('\0'))).count();
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8 + u64::try_from(stored).unwrap());
}

#[test]
fn row_53_paths() {
    let library = app();
    for path in [
        "sqlite_master.name",
        "Book.title",
        "\"title\"",
        "[title]",
        "`title`",
        "rowid",
        "_rowid_",
        "oid",
        "__recno",
        "__stamp",
        "__timestamp",
        "__KEY",
        "title--",
        "title/**/",
        "title;DROP TABLE Book",
        "lower(title)",
        "1",
        "(SELECT 1)",
        "title COLLATE NOCASE",
        "author__fk",
        "main.Book.title",
        "author.rowid",
        "profile.city",
    ] {
        harmless(&library.filter("Book", &format!("{path} = 1")));
        harmless(&library.filter_with("Book", ":1 = 1", &json!([path])));
        harmless(&library.filter_with("Book", ":1 = 1", &json!([[path]])));
        // Outer double quotes are those of the parameter value.
        if path == "\"title\"" {
            continue;
        }
        let answer = library.get(&format!("/rest/Book?$orderby={}", crate::library::encode(path)));
        assert!(matches!(answer.status, 400 | 404), "{answer}");
        let answer = library.get(&format!("/rest/Book/{}", crate::library::encode(path)));
        assert!(matches!(answer.status, 400 | 404), "{answer}");
        let answer = library.get(&format!("/rest/Book?$attributes={}", crate::library::encode(path)));
        assert!(matches!(answer.status, 400 | 404), "{answer}");
        let answer = library.get(&format!("/rest/{}", crate::library::encode(path)));
        assert!(matches!(answer.status, 400 | 404), "{answer}");
    }
    intact(&library);
}

#[test]
fn row_53_paths_into_objects() {
    let library = app();
    for step in ["$", "#", "*", "city') = '", "city\"", "a'b", "..", "$.city", "[0]", "city[0]", "city\" OR 1=1 --", "\\", "", "\u{0}"] {
        harmless(&library.filter_with("Author", ":1 = 'Paris'", &json!([["profile", step]])));
        harmless(&library.filter_with("Author", ":1 = 'Paris'", &json!([["profile", "x", step]])));
        harmless(&library.filter("Author", &format!("profile.{step} = 'no such'")));
    }
    intact(&library);
}

#[test]
fn row_53_keys_orders_and_lists() {
    let library = app();
    for text in ["1 OR 1=1", "1; DROP TABLE Book", "1)--", "' OR ''='", "1 UNION SELECT 1", "11 --"] {
        let encoded = crate::library::encode(text);
        for url in [format!("Book({encoded})"), format!("Book[{encoded}]"), format!("Book:title({encoded})"), format!("Country({encoded})")]
        {
            let answer = library.get(&format!("/rest/{url}"));
            assert!(matches!(answer.status, 400 | 404), "{answer}");
        }
        for parameter in ["$orderby", "$attributes", "$expand", "$top", "$skip", "$compute", "$format"] {
            let answer = library.get(&format!("/rest/Book?{parameter}={encoded}"));
            assert!(matches!(answer.status, 400 | 404), "{answer}");
        }
        let answer = library.get(&format!("/rest/Book?$orderby=title,{encoded}"));
        assert!(matches!(answer.status, 400), "{answer}");
        let answer = library.post(&format!("/rest/Book({encoded})?$method=delete"), &json!(null));
        assert!(matches!(answer.status, 400 | 404), "{answer}");
        library.post("/rest/Book?$method=update", &json!({ "__KEY": text, "title": "taken" })).refused(404, &[1542]);
    }
    intact(&library);
}

#[test]
fn row_53_deep_and_long_filters_do_not_break_the_server() {
    let library = app();
    let deep = format!("{}ID = 11{}", "(".repeat(5000), ")".repeat(5000));
    let nots = format!("{}ID = 11", "not ".repeat(5000));
    let long = vec!["ID = 11"; 1500].join(" or ");
    let list = format!("ID in [{}]", vec!["11"; 8000].join(","));
    let path = format!("{}.price > 1", vec!["books.author"; 200].join("."));
    for (dataclass, filter) in [("Book", &deep), ("Book", &nots), ("Book", &long), ("Book", &list), ("Author", &path)] {
        let answer = library.filter(dataclass, filter);
        match answer.status {
            200 => assert!(answer.ids().len() <= 6, "{answer}"),
            400 => assert!(!answer.codes().is_empty(), "{answer}"),
            414 | 431 => {}
            _ => panic!("{} of {} bytes answered {}", dataclass, filter.len(), answer.status),
        }
    }
    intact(&library);
}
