//! Filters over relations, arrays and text, aggregates and distinct values (`rest-dialect.md` 9.2, 10, 7.5).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::json;
use support::Served;

fn library() -> Served {
    Served::attach(include_str!("support/library.sql"))
}

/// A URL with the characters escaped that may not stand in it.
fn url(class: &str, filter: &str) -> String {
    let mut escaped = String::new();
    for byte in filter.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(byte as char);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{class}?$filter=%22{escaped}%22")
}

fn books(served: &Served, filter: &str) -> Vec<String> {
    served.keys(&url("book", filter))
}

fn authors(served: &Served, filter: &str) -> Vec<String> {
    served.keys(&url("author", filter))
}

#[test]
fn text_and_wildcards() {
    let s = library();
    assert_eq!(books(&s, "title = 'slow@'"), ["1", "3"]);
    assert_eq!(books(&s, "title = '@ROAD@'"), ["3"]);
    assert_eq!(books(&s, "title = 'arenden'"), ["4"]);
    assert_eq!(books(&s, "title != 'slow@'"), ["2", "4", "5", "6"]);
    assert_eq!(books(&s, "title begin 'SLOW r'"), ["1", "3"]);
    assert_eq!(books(&s, "title % 'rivers'"), ["1"]);
    assert_eq!(books(&s, "title % 'river'"), [""; 0]);
    assert_eq!(books(&s, "title === 'slow@'"), [""; 0]);
    assert_eq!(books(&s, "title > 'dangling' and title < 'slow rivers'"), ["5"]);
}

#[test]
fn null_is_neither_equal_nor_different() {
    let s = library();
    assert_eq!(books(&s, "price != 14.5"), ["2", "3", "4", "6"]);
    assert_eq!(books(&s, "not (price = 14.5)"), ["2", "3", "4", "6"]);
    assert_eq!(books(&s, "price = null"), ["5"]);
    assert_eq!(books(&s, "price != null and price < 10"), ["3", "6"]);
    assert_eq!(books(&s, "not (price > 10 and pages > 500)"), ["1", "3", "5", "6"]);
    assert_eq!(books(&s, "author = null"), ["5"]);
    assert_eq!(books(&s, "author = 7"), ["1", "2"]);
}

#[test]
fn decimals_dates_and_lists() {
    let s = library();
    assert_eq!(books(&s, "price = 0.10"), ["6"]);
    assert_eq!(books(&s, "price >= 71.5"), ["2", "4"]);
    assert_eq!(books(&s, "price IN [9.5, 140]"), ["2", "3"]);
    assert_eq!(books(&s, "added = 2023-05-02"), ["2"]);
    assert_eq!(books(&s, "added > 2024-01-01"), ["1", "4"]);
    assert_eq!(authors(&s, "born < 1985-01-01"), ["7"]);
}

#[test]
fn to_one_paths() {
    let s = library();
    assert_eq!(books(&s, "author.fullName = 'ines@'"), ["1", "2"]);
    assert_eq!(books(&s, "author.country.name = 'sverige' and price > 10"), ["4"]);
    assert_eq!(books(&s, "author.mentor.country.code = 'PT'"), ["3", "4"]);
    assert_eq!(books(&s, "author.fullName != 'ines@'"), ["3", "4"]);
    assert_eq!(books(&s, "author.fullName = null"), ["5", "6"]);
    assert_eq!(books(&s, "author.fullName = 'bo@' or price = 140"), ["2", "3", "4"]);
}

#[test]
fn to_many_paths() {
    let s = library();
    assert_eq!(authors(&s, "bookSelection.title = 'slow@'"), ["3", "7"]);
    assert_eq!(authors(&s, "bookSelection.title = 'slow@' and bookSelection.price > 10"), ["7"]);
    assert_eq!(authors(&s, "bookSelection.title = 'slow@' and bookSelection.title = 'atlas'"), [""; 0]);
    assert_eq!(authors(&s, "bookSelection.title = 'slow@' and bookSelection{2}.title = 'atlas'"), ["7"]);
    assert_eq!(authors(&s, "not (bookSelection.title = 'slow@')"), ["9", "11"]);
    assert_eq!(authors(&s, "bookSelection.shelfSelection.room = 'attic'"), ["7"]);
    assert_eq!(s.keys(&url("country", "authorSelection.bookSelection.price < 10")), ["SE"]);
    assert_eq!(authors(&s, "authorSelection.bookSelection.author.mentor.fullName = 'ines@'"), ["7"]);
}

#[test]
fn objects_and_arrays() {
    let s = library();
    assert_eq!(authors(&s, "profile.city = 'malmo'"), ["3"]);
    assert_eq!(authors(&s, "profile.age > 40"), ["7"]);
    assert_eq!(authors(&s, "profile.city = null"), ["9", "11"]);
    assert_eq!(authors(&s, "profile.tags[].name = 'poet'"), ["3", "7"]);
    assert_eq!(authors(&s, "profile.tags[a].name = 'poet' and profile.tags[a].rank > 3"), ["7"]);
    assert_eq!(authors(&s, "profile.tags[].name = 'chef' and profile.tags[].rank > 3"), ["7"]);
    assert_eq!(authors(&s, "profile.tags[a].name = 'chef' and profile.tags[a].rank > 3"), [""; 0]);
    assert_eq!(authors(&s, "profile.langs[] = 'fr'"), ["7"]);
    assert_eq!(authors(&s, "profile.langs[] != 'fr'"), ["3"]);
    assert_eq!(authors(&s, "profile.tags.length = 2"), ["7"]);
}

#[test]
fn aggregates() {
    let s = library();
    assert_eq!(
        s.get("book/price/?$compute=$all")["price"],
        json!({"count": 5, "sum": serde_json::from_str::<serde_json::Number>("235.6").unwrap(), "average": serde_json::from_str::<serde_json::Number>("47.12").unwrap(),
            "min": serde_json::from_str::<serde_json::Number>("0.1").unwrap(), "max": 140})
    );
    assert_eq!(s.get("book/title/?$compute=$all")["title"], json!({"count": 6, "min": "Ärenden", "max": "slow roads"}));
    assert_eq!(s.get("book/pages/?$compute=$all")["pages"]["sum"], 1341);
    assert_eq!(s.get("book/added/?$compute=max")["added"]["max"], "2024-02-28T16:40:00.000Z");
    assert_eq!(s.get("author/profile.age/?$compute=max")["profile.age"]["max"], 44);
    assert_eq!(
        s.get(&(url("book/price", "price > 1000") + "&$compute=$all"))["price"],
        json!({"count": 0, "sum": 0, "average": null, "min": null, "max": null})
    );
    assert_eq!(s.get("book/authorId/?$compute=count&$distinct=true")["authorId"]["count"], 3);
}

#[test]
fn distinct_values() {
    let s = library();
    assert_eq!(s.get("book/authorId/?$distinct=true"), json!([3, 7, 99]));
    assert_eq!(s.get("author/countryId/?$distinct=true&$top=2"), json!(["FR", "PT"]));
    assert_eq!(s.get("author/profile.city/?$distinct=true"), json!(["Lisboa", "Malmö"]));
    let served = Served::attach(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, w TEXT); INSERT INTO t (w) VALUES ('été'), ('Ete'), ('ETE'), ('zoo'), (NULL);",
    );
    assert_eq!(served.get("t/w/?$distinct=true"), json!(["ETE", "zoo"]));
    assert_eq!(served.get("t/w/?$distinct=true&$compute=count")["w"]["count"], 2);
}

#[test]
fn an_explained_filter_tells_how_many_match_each_condition() {
    let s = library();
    let sink = s.try_get(&(url("book", "author.fullName = 'ines@' and price > 10") + "&$queryplan=true")).unwrap();
    assert_eq!(sink.found.last(), Some(&3));
    assert_eq!(sink.found[0], 2);
    assert_eq!(sink.into_json()["__COUNT"], 2);
}
