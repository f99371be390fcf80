//! Rows 72 to 75, 77: updating one entity, relations, conflicts (`rest-dialect.md` 12).

use serde_json::{Value, json};

use crate::answer::{codes, members};
use crate::library::{NOW, app};

const LATER: &str = "2024-03-06T11:00:00.500Z";

#[test]
fn row_72_only_sent_attributes_change() {
    let library = app();
    library.set_clock(LATER);
    let answer = library.post("/rest/Book/?$method=update", &json!({ "__KEY": "11", "__STAMP": 1, "price": 15 })).ok();
    let wanted = json!({
        "__STATUS": { "success": true }, "__KEY": "11", "__STAMP": 2, "uri": "/rest/Book[11]", "__TIMESTAMP": LATER,
        "ID": 11, "isbn": "978-0-00-011", "title": "Slow Rivers", "price": 15, "addedAt": "2024-02-28T16:40:00.000Z", "playTime": 5400000,
        "cover": null, "sample": null, "authorID": 1, "author": { "__deferred": { "uri": "/rest/Author[1]", "__KEY": "1" } },
        "authorName": "Éclair Dubois", "label": "Slow Rivers #11"
    });
    assert_eq!(answer.compact(), wanted.to_string());
    let read = library.get("/rest/Book(11)").ok().json();
    assert_eq!(
        (&read["__STAMP"], &read["price"], &read["title"], &read["__TIMESTAMP"]),
        (&json!(2), &json!(15), &json!("Slow Rivers"), &json!(LATER))
    );
    // Nobody else changed.
    assert_eq!(library.get("/rest/Book(12)").ok().json()["__STAMP"], 1);
}

#[test]
fn row_72_null_clears() {
    let library = app();
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "__STAMP": 1, "price": null, "isbn": null })).ok().json();
    assert_eq!((&saved["price"], &saved["isbn"], &saved["__STAMP"]), (&Value::Null, &Value::Null, &json!(2)));
}

#[test]
fn row_72_stamp_counts_each_save() {
    let library = app();
    for stamp in 1..=5 {
        let saved =
            library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "__STAMP": stamp, "price": 100 + stamp })).ok().json();
        assert_eq!(saved["__STAMP"], stamp + 1);
    }
}

#[test]
fn row_72_key_as_text_or_number_and_in_the_path() {
    let library = app();
    assert_eq!(library.post("/rest/Book?$method=update", &json!({ "__KEY": 11, "price": 1 })).ok().json()["__STAMP"], 2);
    assert_eq!(library.post("/rest/Book(11)?$method=update", &json!({ "price": 2 })).ok().json()["__STAMP"], 3);
    assert_eq!(library.post("/rest/Book[11]?$method=update", &json!({ "__STAMP": 3, "price": 3 })).ok().json()["__STAMP"], 4);
    assert_eq!(library.post("/rest/Country(FR)?$method=update", &json!({ "name": "F" })).ok().json()["__KEY"], "FR");
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_72_attributes_and_expand_shape_the_answer() {
    let library = app();
    let saved = library.post("/rest/Book?$method=update&$attributes=price", &json!({ "__KEY": "11", "price": 1 })).ok().json();
    assert_eq!(members(&saved), ["__STATUS", "__KEY", "__STAMP", "uri", "__TIMESTAMP", "price"]);
    let saved = library.post("/rest/Author?$method=update&$expand=books", &json!({ "__KEY": "1", "rating": 1 })).ok().json();
    assert_eq!(saved["books"]["__COUNT"], 2);
}

#[test]
fn row_72_put_and_patch_are_updates() {
    let library = app();
    let secret = library.key("Admin").secret;
    for (stamp, verb) in [(2, "PUT"), (3, "PATCH")] {
        let answer = library.send(verb, "/rest/Book(11)", &[("api-key", &secret)], &json!({ "price": stamp }).to_string()).ok().json();
        assert_eq!(
            (&answer["__STAMP"], &answer["price"], &answer["title"]),
            (&json!(stamp), &json!(stamp), &json!("Slow Rivers")),
            "{verb}"
        );
        let answer = library.send(verb, "/rest/Book", &[("api-key", &secret)], &json!({ "title": "New" }).to_string());
        assert!((400..500).contains(&answer.status), "{answer}");
    }
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_73_update_without_stamp() {
    let library = app();
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "price": 1 })).ok();
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "price": 2 })).ok().json();
    assert_eq!((&saved["__STAMP"], &saved["price"]), (&json!(3), &json!(2)));
}

#[test]
fn row_73_save_without_change_keeps_stamp_and_time() {
    let library = app();
    library.set_clock(LATER);
    for body in [
        json!({ "__KEY": "11", "__STAMP": 1, "price": 14.5 }),
        json!({ "__KEY": "11", "price": "14.5", "title": "Slow Rivers" }),
        json!({ "__KEY": "11", "__STAMP": 1 }),
        json!({ "__KEY": "11", "authorID": 1 }),
        json!({ "__KEY": "11", "author": { "__KEY": "1" } }),
        json!({ "__KEY": "11", "addedAt": "2024-02-28T17:40:00+01:00" }),
        json!({ "__KEY": "11", "playTime": "01:30:00" }),
    ] {
        let saved = library.post("/rest/Book?$method=update", &body).ok().json();
        assert_eq!(
            (&saved["__STATUS"], &saved["__STAMP"], &saved["__TIMESTAMP"]),
            (&json!({ "success": true }), &json!(1), &json!(NOW)),
            "{body}"
        );
    }
    let saved = library.post(
        "/rest/Author?$method=update",
        &json!({ "__KEY": "1", "born": "1970-05-02", "profile": { "city": "Paris", "age": 54,
        "langs": ["fr", "en"], "tags": [{ "name": "poet", "rank": 5 }, { "name": "essay", "rank": 1 }] } }),
    );
    assert_eq!(saved.ok().json()["__STAMP"], 1);
    // Case is a change, though it is none to a filter.
    assert_eq!(library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "slow rivers" })).ok().json()["__STAMP"], 2);
}

#[test]
fn row_74_posting_back_what_was_read() {
    let library = app();
    library.set_clock(LATER);
    for url in [
        "Book(11)",
        "Book(17)",
        "Author(1)",
        "Author(3)",
        "Author(4)",
        "Country(FR)",
        "Slip(1)",
        "Author(1)?$expand=books",
        "Book(11)?$expand=author",
        "Author(1)?$attributes=*",
        "Author(1)?$attributes=born,fullName",
    ] {
        let entity = library.get(&format!("/rest/{url}")).ok().json();
        let dataclass = entity["__DATACLASS"].as_str().unwrap();
        let saved = library.post(&format!("/rest/{dataclass}?$method=update"), &entity).ok().json();
        assert_eq!((&saved["__STATUS"], &saved["__STAMP"]), (&json!({ "success": true }), &json!(1)), "{url}");
        assert_eq!(library.get(&format!("/rest/{url}")).ok().json(), entity, "{url}");
    }
}

#[test]
fn row_74_posting_back_a_page() {
    let library = app();
    let entities = library.get("/rest/Book").ok().json()["__ENTITIES"].clone();
    let saved = library.post("/rest/Book?$method=update", &entities).ok().json();
    assert!(saved["__ENTITIES"].as_array().unwrap().iter().all(|entity| entity["__STAMP"] == 1 && entity["__STATUS"]["success"] == true));
}

#[test]
fn row_74_posting_back_with_one_change() {
    let library = app();
    let mut book = library.get("/rest/Book(11)").ok().json();
    book["title"] = json!("Fast Rivers");
    let saved = library.post("/rest/Book?$method=update", &book).ok().json();
    assert_eq!((&saved["title"], &saved["__STAMP"], &saved["label"]), (&json!("Fast Rivers"), &json!(2), &json!("Fast Rivers #11")));
}

#[test]
fn row_75_set_and_change_a_relation() {
    let library = app();
    for (stamp, author) in [
        (2, json!({ "__KEY": "2" })),
        (3, json!("4")),
        (4, json!(6)),
        (5, json!({ "__KEY": 1 })),
        (6, json!({ "__KEY": "2", "__STAMP": 77, "fullName": "Not written" })),
    ] {
        let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "author": author })).ok().json();
        let key = if author.is_object() { author["__KEY"].clone() } else { author.clone() };
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        assert_eq!(saved["__STAMP"], stamp, "{author}");
        assert_eq!(saved["author"]["__deferred"]["__KEY"], key, "{author}");
        assert_eq!(saved["authorID"].to_string(), key, "{author}");
    }
    assert_eq!(library.get("/rest/Author(2)").ok().json()["fullName"], "Liam O'Neil");
}

#[test]
fn row_75_clear_a_relation() {
    let library = app();
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "author": null })).ok().json();
    assert_eq!((&saved["author"], &saved["authorID"], &saved["authorName"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(library.filter("Author", "books.ID = 11").ids(), Vec::<i64>::new());
}

#[test]
fn row_75_deferred_object_of_another_entity_sets_it() {
    let library = app();
    let other = library.get("/rest/Book(13)").ok().json()["author"].clone();
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "17", "author": other }));
    // The manual names only `{"__KEY"}`, the key and null; a deferred object that is not the stored one is either taken or ignored, never an error.
    assert_eq!(saved.status, 200, "{saved}");
}

#[test]
fn row_75_foreign_key_attribute_and_relation_wins() {
    let library = app();
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "authorID": 2 })).ok().json();
    assert_eq!(saved["author"]["__deferred"]["__KEY"], "2");
    for body in
        [json!({ "__KEY": "11", "authorID": 4, "author": "6" }), json!({ "__KEY": "11", "author": { "__KEY": "6" }, "authorID": 4 })]
    {
        let saved = library.post("/rest/Book?$method=update", &body).ok().json();
        assert_eq!((&saved["authorID"], &saved["author"]["__deferred"]["__KEY"]), (&json!(6), &json!("6")));
    }
    let made = library.post("/rest/Book?$method=update", &json!({ "title": "T", "author": { "__KEY": "3" } })).ok().json();
    assert_eq!((&made["authorID"], &made["authorName"]), (&json!(3), &json!("Ines Carvalho")));
}

#[test]
fn row_75_unknown_related_key() {
    let library = app();
    for author in [json!({ "__KEY": "999" }), json!("999"), json!(999), json!("nobody")] {
        let answer = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "author": author, "title": "Changed" }));
        assert_eq!((answer.status, answer.codes().last()), (500, Some(&1517)), "{answer}");
        assert_eq!(answer.json()["__STATUS"]["success"], false);
        let answer = library.post("/rest/Book?$method=update", &json!({ "author": author, "title": "New" }));
        assert_eq!((answer.status, answer.codes().last()), (500, Some(&1534)), "{answer}");
    }
    let book = library.get("/rest/Book(11)").ok().json();
    assert_eq!((&book["title"], &book["__STAMP"], &book["authorID"]), (&json!("Slow Rivers"), &json!(1), &json!(1)));
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_75_related_entities_are_ignored() {
    let library = app();
    let saved = library.post("/rest/Author?$method=update", &json!({ "__KEY": "4", "books": [{ "__KEY": "11" }] })).ok().json();
    assert_eq!(saved["__STAMP"], 1);
    assert_eq!(library.get("/rest/Book(11)").ok().json()["authorID"], 1);
}

#[test]
fn row_77_stamp_conflict() {
    let library = app();
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "price": 15 })).ok();
    library.set_clock(LATER);
    let answer = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "__STAMP": 1, "title": "Lost" }));
    assert_eq!((answer.status, answer.codes()), (500, vec![1263, 1046, 1517]), "{answer}");
    let body = answer.json();
    assert_eq!(body["__STATUS"].to_string(), json!({ "status": 2, "statusText": "Stamp has changed", "success": false }).to_string());
    // The entity as it is now.
    let current = library.get("/rest/Book(11)").ok().json();
    assert_eq!((&current["__STAMP"], &current["title"], &current["__TIMESTAMP"]), (&json!(2), &json!("Slow Rivers"), &json!(NOW)));
    for name in members(&current).iter().filter(|name| !["__entityModel", "__DATACLASS"].contains(&name.as_str())) {
        assert_eq!(body[name], current[name], "{name}");
    }
    let names: Vec<String> = members(&body).into_iter().filter(|name| name != "uri").collect();
    assert_eq!(names[..4], ["__STATUS", "__KEY", "__STAMP", "__TIMESTAMP"]);
    assert_eq!(names.last().unwrap(), "__ERROR");
}

#[test]
fn row_77_stamp_too_high_or_zero_conflicts_too() {
    let library = app();
    for stamp in [0, 2, 99, -1] {
        let answer = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "__STAMP": stamp, "title": "Lost" }));
        assert_eq!((answer.status, answer.codes()), (500, vec![1263, 1046, 1517]), "{answer}");
        assert_eq!(answer.json()["__STAMP"], 1);
    }
    assert_eq!(library.get("/rest/Book(11)").ok().json()["title"], "Slow Rivers");
}

#[test]
fn row_77_two_writers_on_one_stamp() {
    let library = app();
    let body = |price: i64| json!({ "__KEY": "12", "__STAMP": 1, "price": price });
    let statuses: Vec<u16> = (1..=4).map(|price| library.post("/rest/Book?$method=update", &body(price)).status).collect();
    assert_eq!(statuses, [200, 500, 500, 500]);
    let book = library.get("/rest/Book(12)").ok().json();
    assert_eq!((&book["price"], &book["__STAMP"]), (&json!(1), &json!(2)));
}

#[test]
fn row_77_conflict_in_an_array() {
    let library = app();
    let body = json!([{ "__KEY": "11", "__STAMP": 9, "price": 1 }, { "__KEY": "12", "__STAMP": 1, "price": 2 }]);
    let answer = library.post("/rest/Book?$method=update", &body);
    assert_eq!((answer.status, answer.codes()), (500, vec![1263, 1046, 1517]), "{answer}");
    let items = answer.json()["__ENTITIES"].clone();
    assert_eq!(items[0]["__STATUS"]["status"], 2);
    assert_eq!(codes(&items[0]["__ERROR"], "first item"), [1263, 1046, 1517]);
    assert_eq!((&items[0]["__STAMP"], &items[1]["__STAMP"], &items[1]["__STATUS"]["success"]), (&json!(1), &json!(2), &json!(true)));
}
