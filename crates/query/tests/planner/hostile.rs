//! Random and mutated input never panics, and what is accepted stays within its limits.

use claviger_access::Grants;
use claviger_query::{Verb, fuzz};
use proptest::prelude::*;

use crate::support::MODEL;

const FILTERS: [&str; 12] = [
    "title = 'Slow@' and price < 20 or not (author.fullName = :1)",
    "books.title = 'A@' and books{2}.title = 'B@' order by fullName desc",
    "profile.tags[a].name = 'x' and profile.tags[A].rank > 3",
    "ID in [1,\\\"2\\\",null] except isbn is not null",
    "title = O'Neil & price >= :2 | label % word",
    "'O\\u0027Connor' = title",
    "addedAt >= !!2024-03-01!! and playTime < 01:00:00",
    "not not ((title begin x))",
    "profile.length = 3 and profile.a[].b[] != é",
    ":1 = :2",
    "eval(1=1)",
    "books = null and books.author.books.vault.stored{-3}.ID === 7",
];

const URLS: [&str; 10] = [
    "Book(12)/title,author.fullName?$expand=author&$attributes=*,author.books.title",
    "Country[%22FR%22]?$filter=\"a='b&c'\"&$params='[\"x\"]'",
    "Book:isbn('978/1')/?$top=5&$skip=2&$orderby=price desc",
    "Place[\"a]\\\"b\",3]",
    "$catalog/Book,Author",
    "Book/$entityset/AB/title?$method=release",
    "Book/price?$compute=$all&$distinct",
    "Book?$format=looker&$attributes=author.fullName&$queryplan=true&$filter=price>5",
    "Author(7)/books?$expand=books&$method=subentityset",
    "Book&$top=1/$filter=\"x",
];

const BODIES: [&str; 5] = [
    r#"{"__KEY":"12","__STAMP":3,"title":"x","author":{"__KEY":[1]},"cover":{"ID":"u"}}"#,
    r#"[{"__KEY":["A",3]},{"ID":1e400,"playTime":"99:99"},{"addedAt":"!!0000-00-00!!"}]"#,
    r#"{"author":{"__deferred":{}},"price":-0.0e-9,"mark":"00"}"#,
    "[[],null,5]",
    r#"{"uri":1,"__ERROR":[{}],"heading":{"a":[[[[]]]]}}"#,
];

/// One of the texts with a piece cut out and something put in its place.
fn mutated(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    let insert = prop_oneof![
        Just(String::new()),
        "[ '\"\\\\()\\[\\]{}%&=,.:@*!<>|#]{0,4}",
        any::<String>(),
        Just("\\ud83d".to_owned()),
        Just("%2".to_owned()),
        Just("' or '1'='1".to_owned())
    ];
    (0..texts.len(), any::<prop::sample::Index>(), 0..8_usize, insert).prop_map(|(which, at, cut, insert)| {
        let mut characters: Vec<char> = texts[which].chars().collect();
        let at = at.index(characters.len());
        let end = (at + cut).min(characters.len());
        characters.splice(at..end, insert.chars());
        characters.into_iter().collect()
    })
}

fn admin() -> Grants {
    Grants::administration(&MODEL)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn urls(url in prop_oneof![mutated(&URLS), any::<String>()], post in any::<bool>()) {
        let (path, query) = url.split_once('?').map_or((url.as_str(), None), |(path, query)| (path, Some(query)));
        fuzz::url(&MODEL, &admin(), if post { Verb::Post } else { Verb::Get }, path, query);
    }

    #[test]
    fn filters(text in prop_oneof![mutated(&FILTERS), any::<String>()], class in prop_oneof![Just("Book"), Just("Author")]) {
        fuzz::filter(&text);
        fuzz::planned_filter(&MODEL, &admin(), class, &text, Some(serde_json::json!(["title", [1, "x"], null, {"formula": 1}])));
    }

    #[test]
    fn bodies(text in prop_oneof![mutated(&BODIES), any::<String>()]) {
        for class in ["Book", "Place", "Author(1)"] {
            fuzz::body(&MODEL, &admin(), class, text.as_bytes());
        }
    }
}

#[test]
fn sizes() {
    for text in [
        "(".repeat(60_000),
        "not ".repeat(15_000),
        "a=1 and ".repeat(8000),
        format!("title in [{}]", "1,".repeat(30_000)),
        format!("{}x = 1", "author.books.".repeat(4000)),
        "@".repeat(60_000),
        format!("title = '{}'", "@".repeat(60_000)),
    ] {
        fuzz::planned_filter(&MODEL, &admin(), "Book", &text, None);
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    fuzz::body(&MODEL, &admin(), "Book", deep.as_bytes());
    fuzz::url(&MODEL, &admin(), Verb::Get, "Book", Some(&format!("$attributes={}ID", "author.books.".repeat(5000))));
    fuzz::url(&MODEL, &admin(), Verb::Get, &"Book(".repeat(10_000), None);
}
