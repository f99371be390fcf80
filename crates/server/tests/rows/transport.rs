//! Rows 98 and 99: bodies and links (`rest-dialect.md` 2.1), and URLs of what comes later.

use serde_json::{Value, json};

use crate::library::app;

#[test]
fn row_98_bodies_are_json_whatever_their_type_says() {
    let library = app();
    for (price, content_type) in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-8",
        "application/octet-stream",
        "multipart/form-data; boundary=x",
    ]
    .iter()
    .enumerate()
    {
        let price = price + 100;
        let body = json!({ "__KEY": "11", "price": price }).to_string();
        let answer = library
            .send("POST", "/rest/Book?$method=update", &[("api-key", &library.key("Admin").secret), ("content-type", content_type)], &body)
            .ok();
        assert_eq!(answer.json()["price"], price, "{content_type}");
    }
    let answer =
        library.send("POST", "/rest/Book?$method=update", &[("api-key", &library.key("Admin").secret)], r#"{"__KEY":"11","price":7}"#).ok();
    assert_eq!(answer.json()["price"], 7);
}

#[test]
fn row_98_bad_json() {
    let library = app();
    for body in ["{", "{\"title\":}", "title=x", "[{}", "{\"a\":1}x", "{'a':1}", "\u{feff}{", "NaN"] {
        let answer = library.post_text("/rest/Book?$method=update", body);
        assert_eq!((answer.status, answer.codes()), (400, vec![1806]), "{answer}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let answer = library.post_text("/rest/Book?$method=update", &deep);
    assert_eq!(answer.status, 400, "a deep body answered {}", answer.status);
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_98_body_too_large() {
    let library = crate::library::app_with("[rest]\nmax_body_bytes = 20000\n");
    let body = json!({ "title": "x".repeat(20001) }).to_string();
    let answer = library.post_text("/rest/Book?$method=update", &body);
    assert_eq!(answer.status, 413, "{answer}");
    assert_eq!(answer.json()["__ERROR"][0]["componentSignature"], "rest", "{answer}");
}

#[test]
fn row_98_answer_too_large() {
    let library = crate::library::app_with("[rest]\nmax_answer_bytes = 600\n");
    for url in ["/rest/Book", "/rest/Author?$expand=books", "/rest/Book?$asArray=true"] {
        let answer = library.get(url);
        assert_eq!((answer.status, answer.codes()), (413, vec![9413]), "{url}: {answer}");
        assert_eq!(answer.json()["__ERROR"][0]["componentSignature"], "rest", "{answer}");
        assert!(answer.json()["__ERROR"][0]["message"].as_str().unwrap().contains("$top or $attributes"), "{answer}");
    }
    assert_eq!(library.get("/rest/Book?$top=1&$attributes=title").status, 200);
    // A save that cannot be answered is not made.
    let library = crate::library::app_with("[rest]\nmax_answer_bytes = 100\n");
    let author = "/rest/Author(1)?$attributes=fullName";
    let before = library.get(author).json()["fullName"].clone();
    assert!(before.is_string(), "{before}");
    let answer =
        library.post("/rest/Author?$method=update&$expand=books.author.books", &json!({"__KEY": "1", "fullName": "Somebody else"}));
    assert_eq!((answer.status, answer.codes()), (413, vec![9413]), "{answer}");
    assert_eq!(library.get(author).json()["fullName"], before);
}

/// Every text below `uri`, `dataURI` or `__ENTITYSET`.
fn links(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if let (true, Some(link)) = (["uri", "dataURI", "__ENTITYSET"].contains(&name.as_str()), value.as_str()) {
                    found.push(link.to_owned());
                }
                links(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| links(item, found)),
        _ => {}
    }
}

#[test]
fn row_99_links_are_relative_and_usable_verbatim() {
    let library = app();
    let mut found = Vec::new();
    for url in ["$catalog", "$catalog/$all", "Book", "Author", "Slip", "Author?$expand=books", "Book(11)?$attributes=author.books.*"] {
        links(&library.get(&format!("/rest/{url}")).ok().json(), &mut found);
    }
    links(&library.post("/rest/Country?$method=update", &json!({ "code": "É/", "name": "odd" })).ok().json(), &mut found);
    found.sort();
    found.dedup();
    assert!(found.len() > 20, "{found:?}");
    for link in &found {
        assert!(link.starts_with("/rest/"), "{link}");
        // Exactly as it stands: nothing is encoded once more.
        library.get_verbatim(link).ok();
        let more = if link.contains('?') { format!("{link}&$top=1") } else { format!("{link}?$top=1") };
        library.get_verbatim(&more).ok();
        let more = if link.contains('?') { format!("{link}&$skip=0&$metadata=full") } else { format!("{link}?$skip=0&$metadata=full") };
        library.get_verbatim(&more).ok();
    }
}

#[test]
fn row_99_key_in_the_link_is_the_key_in_the_entity() {
    let library = app();
    let made = library.post("/rest/Shelf?$method=update", &json!({ "code": "a b/c?d#e&f=g%h\"i'j[k]l(m)ñ", "room": "odd" })).ok().json();
    let read = library.get_verbatim(made["uri"].as_str().unwrap()).ok().json();
    assert_eq!((&read["__KEY"], &read["room"]), (&made["__KEY"], &json!("odd")));
}

#[test]
fn what_comes_later_answers_errors_of_the_dialect() {
    let library = app();
    for url in [
        "Book?$method=entityset",
        "Book/$entityset/9A1C0D7E5B2F4836A7C4E0F1D2B39586",
        "Author(1)/books?$expand=books&$method=subentityset",
        "Book(11)?$lock=true",
        "$info",
        "$directory/currentUser",
        "Book/cheapest",
        "$catalog/stats",
        "$singleton/Mailer/ping",
        "Book/$entityset/x?$logicOperator=AND&$otherCollection=y",
    ] {
        let answer = library.get(&format!("/rest/{url}"));
        assert!((400..500).contains(&answer.status) && !answer.codes().is_empty(), "{answer}");
    }
    for (url, body) in [
        ("$entityset/$release", "[]"),
        ("$directory/login", ""),
        ("Book/cheapest", "[10]"),
        ("Author(1)/rename", "[\"x\"]"),
        ("$singleton/Mailer/ping", "[]"),
    ] {
        let answer = library.post_text(&format!("/rest/{url}"), body);
        assert!((400..500).contains(&answer.status) && !answer.codes().is_empty(), "{answer}");
    }
}
