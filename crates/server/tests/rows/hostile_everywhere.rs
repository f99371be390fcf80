//! Row 53: texts that mean something to a database, in every place of a request; afterwards the database is what it was, byte for byte
//! of its schema and rows (`rest-dialect.md` 9.2, 22).

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::library::{Caller, app, attached, encode};

/// Each would change or show something if it became part of a statement.
const TEXTS: [&str; 16] = [
    "x'; DROP TABLE Book; --",
    "x\"; DROP TABLE Book; --",
    "1; DELETE FROM Book",
    "1; UPDATE Book SET title = 'taken'; --",
    "1 OR 1=1",
    "' OR ''='",
    "\" OR \"\"=\"",
    "1) OR (1=1",
    "title\" = \"title",
    "ID = ID --",
    "(SELECT secret_digest FROM keys)",
    "1 UNION SELECT name FROM sqlite_master",
    "x'; ATTACH DATABASE '/nowhere/x' AS y; --",
    "x'; PRAGMA writable_schema = 1; --",
    "load_extension('x')",
    "rowid",
];

/// Refused in the dialect's words, or nothing found. Never a word of the engine.
#[track_caller]
fn nothing(answer: &Answer) {
    match answer.status {
        200 => assert_eq!(answer.ids(), Vec::<i64>::new(), "{answer}"),
        _ => refused(answer),
    }
}

#[track_caller]
fn refused(answer: &Answer) {
    assert!(matches!(answer.status, 400 | 401 | 404), "{answer}");
    assert!(!answer.codes().is_empty(), "{answer}");
    no_word_of_the_engine(answer);
}

/// Of a write: accepted in the dialect or refused in it; what it did shows the dump.
#[track_caller]
fn understood(answer: &Answer) {
    assert!(matches!(answer.status, 200 | 400 | 401 | 404 | 500), "{answer}");
    if answer.status != 200 {
        assert!(!answer.codes().is_empty(), "{answer}");
    }
    no_word_of_the_engine(answer);
}

#[track_caller]
fn no_word_of_the_engine(answer: &Answer) {
    let text = answer.text.to_lowercase();
    for word in ["near \"", "syntax error", "no such column", "no such table", "no such function", "unrecognized token", "prepare"] {
        assert!(!text.contains(word), "{answer}");
    }
}

/// Reads with the text in every place; `object` is an attribute that holds an object, of `holder`.
fn reads(caller: &Caller<'_>, class: &str, text: &str, value: &str, holder: &str, object: &str) {
    let (encoded, quoted) = (encode(text), encode(&json!(text).to_string()));
    for filter in [
        format!("{value} = '{}'", text.replace('\'', "\\u0027")),
        format!("{value} = '{text}'"),
        format!("{value} in ['{text}']"),
        format!("{value} begin '{text}@'"),
        format!("{text} = 'no such'"),
        format!("{value} = 'no such' order by {text}"),
    ] {
        nothing(&caller.get(&format!("/rest/{class}?$attributes=ID&$filter={}", encode(&format!("\"{filter}\"")))));
    }
    nothing(&caller.get(&format!("/rest/{holder}?$attributes=ID&$filter={}", encode(&format!("\"{object}.{text} = 'no such'\"")))));
    nothing(&caller.filter_with(class, &format!("{value} = :1"), &json!([text])));
    nothing(&caller.filter_with(class, &format!("{value} in :1"), &json!([[text]])));
    nothing(&caller.filter_with(class, ":1 = 'no such'", &json!([text])));
    nothing(&caller.filter_with(class, &format!("{value} = :name"), &json!({ "name": text })));
    nothing(&caller.filter_with(class, &format!("{value} = :name"), &json!({ text: "x" })));
    nothing(&caller.filter_with(holder, ":1 = 'no such'", &json!([[object, text]])));
    for place in [
        format!("{class}?$orderby={encoded}"),
        format!("{class}?$orderby={value}%20{encoded}"),
        format!("{class}?$orderby={value},{encoded}"),
        format!("{class}?$attributes={value},{encoded}"),
        format!("{class}?$expand={encoded}"),
        format!("{class}/{encoded}"),
        format!("{class}/{value},{encoded}"),
        format!("{class}/{encoded}?$compute=$all"),
        format!("{class}/{value}?$compute={encoded}"),
        format!("{class}/{encoded}?$distinct=true"),
        format!("{class}({encoded})"),
        format!("{class}[{quoted}]"),
        format!("{class}:{value}({quoted})"),
        format!("{class}:{encoded}(1)"),
        format!("{class}?$top={encoded}"),
        format!("{class}?$skip={encoded}"),
        format!("{class}?$format={encoded}"),
        format!("{class}?$method={encoded}"),
        format!("{class}?$filter=\"{value} = :1\"&$params={encoded}"),
        format!("$catalog/{encoded}"),
        encoded.clone(),
    ] {
        refused(&caller.get(&format!("/rest/{place}")));
    }
}

/// Writes with the text in every place where nothing may come of it.
fn writes(caller: &Caller<'_>, class: &str, key: &Value, text: &str, value: &str, number: &str, relation: &str) {
    let update = format!("/rest/{class}?$method=update");
    for body in [
        json!({ "__KEY": key, text: 1 }),
        json!({ "__KEY": text, value: "taken" }),
        json!({ "__KEY": [text], value: "taken" }),
        json!({ "__KEY": { text: text }, value: "taken" }),
        json!({ "__KEY": key, "__STAMP": text, value: "taken" }),
        json!({ "__KEY": key, number: text }),
        json!({ "__KEY": key, relation: text }),
        json!({ "__KEY": key, relation: { "__KEY": text } }),
        json!({ "__KEY": key, relation: { text: 1 } }),
        json!(text),
        json!([text]),
    ] {
        understood(&caller.post(&update, &body));
        understood(&caller.post(&format!("{update}&$atomic=true"), &json!([body])));
    }
    let filter = encode(&format!("\"{value} = '{}'\"", text.replace('\'', "\\u0027")));
    understood(&caller.post(&format!("/rest/{class}?$method=delete&$filter={filter}"), &json!(null)));
    let wrong = encode(&format!("\"{text}\""));
    refused(&caller.post(&format!("/rest/{class}?$method=delete&$filter={wrong}"), &json!(null)));
    understood(&caller.post(&format!("/rest/{class}?$method=delete"), &json!([{ "__KEY": text }])));
    understood(&caller.post(&format!("/rest/{class}({})?$method=delete", encode(text)), &json!(null)));
    understood(&caller.post_text(&update, text));
}

#[test]
fn row_53_hostile_texts_in_every_place() {
    let library = app();
    let before = library.database.dump();
    assert!(before.contains("Slow Rivers"), "{before}");
    let admin = library.by("Admin");
    for text in TEXTS {
        reads(&admin, "Book", text, "title", "Author", "profile");
        writes(&admin, "Book", &json!(11), text, "title", "price", "author");
    }
    assert_eq!(library.database.dump(), before);
}

#[test]
fn row_53_hostile_texts_in_every_place_of_an_attached_database() {
    let library = attached();
    let before = library.database.dump();
    assert!(before.contains("Fourth"), "{before}");
    let admin = library.by("administration");
    for text in TEXTS {
        writes(&admin, "Album", &json!(1), text, "Title", "ArtistId", "Artist");
    }
    assert_eq!(library.database.dump(), before);
}

/// The text of a key reaches no statement either.
#[test]
fn row_53_hostile_keys() {
    let library = app();
    let before = library.database.dump();
    for text in TEXTS {
        let answer = library.send("GET", "/rest/Book", &[("api-key", text)], "");
        assert_eq!((answer.status, answer.json()), (401, json!({ "error": "Api-key Not Valid" })), "{answer}");
    }
    assert_eq!(library.database.dump(), before);
}

/// What may be stored is stored as it is, and found again: nothing of it was ever understood.
#[test]
fn row_53_hostile_names_inside_objects_are_data() {
    let library = app();
    for text in TEXTS {
        let profile = json!({ text: { text: text } });
        library.post("/rest/Author?$method=update", &json!({ "__KEY": 3, "profile": profile })).ok();
        assert_eq!(library.get("/rest/Author(3)").ok().json()["profile"], profile);
        assert_eq!(library.filter_with("Author", ":1 = :2", &json!([["profile", text, text], text])).ids(), [3], "{text}");
    }
}
