//! Rows 56 and 57: aggregates and distinct values (`rest-dialect.md` 10).

use serde_json::{Value, json};

use crate::library::{Library, app, encode};

/// The body as sent: numbers with their digits.
#[track_caller]
fn body(library: &Library, url: &str) -> String {
    library.get(&format!("/rest/{url}")).ok().compact()
}

#[test]
fn row_56_five_keywords() {
    let library = app();
    for (keyword, wanted) in [("count", "7"), ("sum", "260.5"), ("min", "0"), ("max", "140")] {
        assert_eq!(body(&library, &format!("Book/price/?$compute={keyword}")), wanted, "{keyword}");
    }
    assert_eq!(body(&library, "Book/price/?$compute=average&$filter=\"authorID = 1\""), "12");
    let average: f64 = body(&library, "Book/price?$compute=average").parse().unwrap();
    assert!((average - 260.5 / 7.0).abs() < 1e-9, "{average}");
}

#[test]
fn row_56_both_spellings() {
    let library = app();
    for keyword in ["count", "sum", "average", "min", "max", "$all"] {
        assert_eq!(
            body(&library, &format!("Book/price?$compute={keyword}")),
            body(&library, &format!("Book/?$attributes=price&$compute={keyword}")),
            "{keyword}"
        );
    }
}

#[test]
fn row_56_all_of_a_number() {
    let library = app();
    let wanted = json!({ "price": { "count": 2, "sum": 24, "average": 12, "min": 9.5, "max": 14.5 } });
    assert_eq!(body(&library, "Book/price/?$compute=$all&$filter=\"authorID = 1\""), wanted.to_string());
}

#[test]
fn row_56_all_of_texts_and_dates() {
    let library = app();
    let wanted = json!({ "title": { "count": 8, "min": "50% off @ home", "max": "The art of slow cooking" } });
    assert_eq!(body(&library, "Book/title/?$compute=$all"), wanted.to_string());
    let wanted = json!({ "addedAt": { "count": 5, "min": "2023-05-02T00:00:00.000Z", "max": "2024-06-01T08:00:00.000Z" } });
    assert_eq!(body(&library, "Book/addedAt/?$compute=$all"), wanted.to_string());
    let wanted = json!({ "born": { "count": 5, "min": "1970-05-02T00:00:00.000Z", "max": "2000-02-29T00:00:00.000Z" } });
    assert_eq!(body(&library, "Author/born/?$compute=$all"), wanted.to_string());
    assert_eq!(body(&library, "Author/born/?$compute=max"), "\"2000-02-29T00:00:00.000Z\"");
    assert_eq!(body(&library, "Author/fullName/?$compute=min"), "\"Bo Lindqvist\"");
}

#[test]
fn row_56_durations_are_numbers() {
    let library = app();
    let wanted = json!({ "playTime": { "count": 5, "sum": 5551000, "average": 1110200, "min": 0, "max": 5400000 } });
    assert_eq!(body(&library, "Book/playTime/?$compute=$all"), wanted.to_string());
}

#[test]
fn row_56_average_of_integers_is_real() {
    assert_eq!(body(&app(), "Book/ID/?$compute=average"), "14.5");
}

#[test]
fn row_56_decimals_are_exact() {
    let library = app();
    library.post_text("/rest/Gauge?$method=update", r#"[{"amount":0.1},{"amount":0.2},{"amount":9007199254740993.01}]"#).ok();
    assert_eq!(body(&library, "Gauge/amount?$compute=sum"), "9007199254740993.31");
    assert_eq!(body(&library, "Gauge/amount?$compute=sum&$filter=\"amount < 1\""), "0.3");
    assert_eq!(body(&library, "Gauge/amount?$compute=average&$filter=\"amount < 1\""), "0.15");
    assert_eq!(body(&library, "Gauge/amount?$compute=max"), "9007199254740993.01");
}

#[test]
fn row_56_long64_is_exact() {
    let library = app();
    library.post_text("/rest/Gauge?$method=update", r#"[{"big":9007199254740993},{"big":2}]"#).ok();
    assert_eq!(body(&library, "Gauge/big?$compute=sum"), "9007199254740995");
    assert_eq!(body(&library, "Gauge/big?$compute=max"), "9007199254740993");
}

#[test]
fn row_56_with_filter_and_params() {
    let library = app();
    assert_eq!(body(&library, "Book/price?$compute=sum&$filter=\"author.fullName = 'É@'\""), "24");
    let params = encode("[\"Slow@\"]");
    assert_eq!(body(&library, &format!("Book/price?$compute=count&$filter=\"title = :1\"&$params={params}")), "2");
    assert_eq!(body(&library, "Author/ID?$compute=count&$filter=\"books.price > 1\""), "3");
    // Paging and order play no part.
    assert_eq!(body(&library, "Book/price?$compute=sum&$top=1&$skip=3&$orderby=price"), "260.5");
}

#[test]
fn row_56_nothing_found() {
    let library = app();
    for (keyword, wanted) in [("count", "0"), ("sum", "0"), ("average", "null"), ("min", "null"), ("max", "null")] {
        assert_eq!(body(&library, &format!("Book/price?$compute={keyword}&$filter=\"ID = 0\"")), wanted, "{keyword}");
        assert_eq!(body(&library, &format!("Book/price?$compute={keyword}&$filter=\"price = null\"")), wanted, "{keyword}");
    }
    let wanted = json!({ "price": { "count": 0, "sum": 0, "average": null, "min": null, "max": null } });
    assert_eq!(body(&library, "Book/price?$compute=$all&$filter=\"ID = 0\""), wanted.to_string());
}

#[test]
fn row_56_object_property_alias_and_calculated() {
    let library = app();
    assert_eq!(body(&library, "Author/profile.age/?$compute=max"), "61");
    assert_eq!(body(&library, "Author/profile.age/?$compute=sum"), "208");
    assert_eq!(body(&library, "Author/profile.age/?$compute=count"), "4");
    assert_eq!(body(&library, "Book/authorName?$compute=count"), "6");
    assert_eq!(body(&library, "Book/authorName?$compute=min"), "\"Éclair Dubois\"");
    assert_eq!(body(&library, "Book/label?$compute=max"), "\"The art of slow cooking #16\"");
}

#[test]
fn row_56_several_attributes() {
    let library = app();
    let all: Value = serde_json::from_str(&body(&library, "Book/price,playTime,title?$compute=$all")).unwrap();
    assert_eq!((&all["price"]["count"], &all["playTime"]["sum"], &all["title"]["count"]), (&json!(7), &json!(5551000), &json!(8)));
    let single: Value = serde_json::from_str(&body(&library, "Book/price,playTime?$compute=max")).unwrap();
    assert_eq!(single, json!({ "price": 140, "playTime": 5400000 }));
    let single: Value = serde_json::from_str(&body(&library, "Book?$attributes=price,playTime&$compute=max")).unwrap();
    assert_eq!(single, json!({ "price": 140, "playTime": 5400000 }));
}

#[test]
fn row_56_refusals() {
    let library = app();
    for url in [
        "Book/title?$compute=sum",
        "Book/title?$compute=average",
        "Book/addedAt?$compute=sum",
        "Author/born?$compute=average",
        "Book/price?$compute=median",
        "Book/price?$compute=all",
    ] {
        library.get(&format!("/rest/{url}")).refused(400, &[1817]);
    }
    library.get("/rest/Book/nosuch?$compute=sum").refused(404, &[1500, 1804]);
    for url in ["Book/author?$compute=max", "Author/books?$compute=max", "Book/cover?$compute=max"] {
        let answer = library.get(&format!("/rest/{url}"));
        assert_eq!((answer.status, answer.codes()), (400, vec![1817]), "{answer}");
    }
}

#[test]
fn row_56_over_distinct_values() {
    let library = app();
    assert_eq!(body(&library, "Book/authorID?$compute=count"), "6");
    assert_eq!(body(&library, "Book/authorID?$distinct=true&$compute=count"), "4");
    assert_eq!(body(&library, "Book/authorID?$distinct=true&$compute=sum"), "14");
}

#[test]
fn row_57_bare_array() {
    let library = app();
    assert_eq!(
        body(&library, "Book/authorName/?$distinct=true"),
        json!(["Éclair Dubois", "ECLAIR Noir", "Liam O'Neil", "Zoë Atlas"]).to_string()
    );
    assert_eq!(body(&library, "Book?$attributes=authorName&$distinct=true"), body(&library, "Book/authorName?$distinct=true"));
    assert_eq!(body(&library, "Book/price?$distinct=true"), "[0,5,9.5,14.5,20,71.5,140]");
    assert_eq!(body(&library, "Book/authorID?$distinct=true"), "[1,2,5,6]");
    assert_eq!(body(&library, "Author/active?$distinct=true"), "[false,true]");
    assert_eq!(body(&library, "Author/profile.city?$distinct=true"), json!(["Cork", "Oslo", "Paris"]).to_string());
    assert_eq!(body(&library, "Author/profile.age?$distinct=true"), "[39,54,61]");
}

#[test]
fn row_57_dates_have_their_form() {
    let library = app();
    assert_eq!(body(&library, "Author/born?$distinct=true"), json!(["2!5!1970", "31!12!1985", "4!8!1991", "29!2!2000"]).to_string());
    let instants = json!([
        "2023-05-02T00:00:00.000Z",
        "2024-01-01T12:00:00.500Z",
        "2024-02-28T00:00:00.000Z",
        "2024-02-28T16:40:00.000Z",
        "2024-06-01T08:00:00.000Z"
    ]);
    assert_eq!(body(&library, "Book/addedAt?$distinct=true"), instants.to_string());
}

#[test]
fn row_57_texts_that_differ_in_case_or_accents_are_one() {
    let library = app();
    let rooms: Vec<String> = serde_json::from_str(&body(&library, "Shelf/room?$distinct=true")).unwrap();
    assert_eq!(rooms.len(), 3, "{rooms:?}");
    assert!(["Nord", "NORD"].contains(&rooms[0].as_str()) && rooms[1] == "Ost" && ["Süd", "sud"].contains(&rooms[2].as_str()), "{rooms:?}");
}

#[test]
fn row_57_filter_params_skip_and_top() {
    let library = app();
    assert_eq!(body(&library, "Book/authorName?$distinct=true&$filter=\"price > 15\""), json!(["Liam O'Neil", "Zoë Atlas"]).to_string());
    let params = encode("[10]");
    assert_eq!(body(&library, &format!("Book/price?$distinct=true&$filter=\"price < :1\"&$params={params}")), "[0,5,9.5]");
    assert_eq!(body(&library, "Book/price?$distinct=true&$top=2"), "[0,5]");
    assert_eq!(body(&library, "Book/price?$distinct=true&$limit=2&$skip=2"), "[9.5,14.5]");
    assert_eq!(body(&library, "Book/price?$distinct=true&$skip=6"), "[140]");
    assert_eq!(body(&library, "Book/price?$distinct=true&$skip=60"), "[]");
    assert_eq!(body(&library, "Book/price?$distinct=true&$filter=\"ID = 0\""), "[]");
}

#[test]
fn row_57_no_default_page_size() {
    let library = app();
    let ids: Vec<i64> = serde_json::from_str(&body(&library, "Entry/ID?$distinct=true")).unwrap();
    assert_eq!(ids, (1..=150).collect::<Vec<i64>>());
    let slips: Vec<i64> = serde_json::from_str(&body(&library, "Slip/ID?$distinct=true")).unwrap();
    assert_eq!(slips.len(), 12);
}

#[test]
fn row_57_refusals() {
    let library = app();
    for url in [
        "Book/title,price?$distinct=true",
        "Book/author?$distinct=true",
        "Author/books?$distinct=true",
        "Book/cover?$distinct=true",
        "Book/sample?$distinct=true",
        "Book?$attributes=title,price&$distinct=true",
    ] {
        library.get(&format!("/rest/{url}")).refused(400, &[1817]);
    }
    library.get("/rest/Book/nosuch?$distinct=true").refused(404, &[1500, 1804]);
    assert_eq!(library.get("/rest/Book/title?$distinct=false").ok().text, library.get("/rest/Book/title").ok().text);
}
