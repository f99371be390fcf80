//! What is read: the entities that are not seen are as if they were not there.

use std::sync::Arc;

use claviger_query::{Answers, KeyList, Select, SelectFrom};
use serde_json::{Value, json};

use crate::world::{Entities, World, keys};

/// Authors 1 Ann (FR), 2 Bob (DE, pupil of 1), 3 Cid (FR, pupil of 2), 4 Dan (US, pupil of 1), 5 Eve. Books 1, 2, 7 of Ann, 3 of Bob, 4 of Cid, 5
/// of Dan, 6 of nobody.
pub fn library() -> Entities {
    let country = |code: &str, name: &str| json!({ "code": code, "name": name });
    let author = |name: &str, rating: i64, country: Value, mentor: Value| json!({ "name": name, "rating": rating, "country": country, "mentor": mentor });
    let book = |title: &str, price: f64, author: Value, second: Value| json!({ "title": title, "price": price, "author": author, "second": second });
    let null = Value::Null;
    Entities::from([
        ("Country", vec![country("FR", "France"), country("DE", "Germany"), country("US", "America")]),
        (
            "Author",
            vec![
                author("Ann", 5, json!("FR"), null.clone()),
                author("Bob", 4, json!("DE"), json!(1)),
                author("Cid", 3, json!("FR"), json!(2)),
                author("Dan", 2, json!("US"), json!(1)),
                author("Eve", 1, null.clone(), null.clone()),
            ],
        ),
        (
            "Book",
            vec![
                book("A1", 10.0, json!(1), null.clone()),
                book("A2", 20.0, json!(1), json!(2)),
                book("B1", 30.0, json!(2), json!(1)),
                book("C1", 40.0, json!(3), null.clone()),
                book("D1", 50.0, json!(4), json!(3)),
                book("N1", 60.0, null.clone(), json!(4)),
                book("A3", 70.0, json!(1), null),
            ],
        ),
        ("Loan", vec![json!({ "book": 3 })]),
        ("Essay", vec![json!({ "about": 2, "book": 5 }), json!({ "about": 1 })]),
        ("Plain", vec![json!({ "authorID": 2 }), json!({ "authorID": 1 }), json!({ "authorID": 99 })]),
    ])
}

/// Runs a test on each engine with a caller who sees only what the filters find.
fn seeing(filters: &[(&str, &str)], test: impl Fn(&World, &Answers)) {
    for world in World::each(&library()) {
        let answers = world.seeing(filters);
        test(&world, &answers);
    }
}

/// He sees Ann and Cid.
const FRENCH: &[(&str, &str)] = &[("Author", "country.code = 'FR'")];

#[test]
fn pages_entities_and_counts() {
    seeing(FRENCH, |world, french| {
        let page = world.get("Author", french);
        assert_eq!((keys(&page), &page["__COUNT"]), (vec!["1".to_owned(), "3".to_owned()], &json!(2)));
        let page = world.get("Author?$orderby=name desc&$top=1&$skip=1", french);
        assert_eq!((keys(&page), &page["__COUNT"]), (vec!["1".to_owned()], &json!(2)));
        assert_eq!(world.get("Author?$top=0", french)["__COUNT"], 2);
        assert_eq!(world.get("Author?$filter=\"rating < 5\"", french)["__COUNT"], 1);
        assert_eq!(world.get("Author(3)", french)["name"], "Cid");
        assert_eq!(world.refused("Author(2)", french), 1542);
        assert_eq!(world.get("Author:name(cid)", french)["__KEY"], "3");
        assert_eq!(world.refused("Author:name(bob)", french), 1542);
        // Of the same statements with everything in sight nothing is left over, and the other way round.
        let all = world.seeing_all();
        assert_eq!(world.get("Author", &all)["__COUNT"], 5);
        assert_eq!(world.get("Author(2)", &all)["name"], "Bob");
        assert_eq!(world.refused("Author(2)", french), 1542);
        let german = world.seeing(&[("Author", "country.code = 'DE'")]);
        assert_eq!(world.keys("Author", &german), ["2"]);
        assert_eq!(world.refused("Author(3)", &german), 1542);
    });
}

#[test]
fn an_empty_restriction_hides_everything() {
    seeing(&[("Author", "name = 'nobody'")], |world, none| {
        assert_eq!(world.get("Author", none)["__COUNT"], 0);
        assert_eq!(world.refused("Author(1)", none), 1542);
        assert_eq!(world.get("Book(1)", none)["author"], Value::Null);
        assert_eq!(world.get("Author/rating?$compute=$all", none)["rating"]["count"], 0);
    });
    for world in World::each(&library()) {
        let mut answers = world.seeing_all();
        let nothing = SelectFrom::Keys(world.id("Author"), Arc::new(KeyList::whole(Vec::new())));
        answers.set_rows(world.id("Author"), Some(Arc::new(world.select(&Select::of(nothing)))));
        assert_eq!(world.get("Author", &answers)["__COUNT"], 0);
        assert_eq!(world.get("Book(1)?$expand=author", &answers)["author"], Value::Null);
    }
}

#[test]
fn related_entities_are_null_when_they_are_not_seen() {
    seeing(FRENCH, |world, french| {
        let authors = |url: &str| -> Vec<Value> {
            let page = world.get(url, french);
            page["__ENTITIES"].as_array().unwrap().iter().map(|book| book["author"]["__KEY"].clone()).collect()
        };
        let seen = json!(["1", "1", null, "3", null, null, "1"]);
        assert_eq!(json!(authors("Book?$expand=author")), seen);
        let deferred = world.get("Book?$attributes=author", french);
        let keys: Vec<&Value> = deferred["__ENTITIES"].as_array().unwrap().iter().map(|book| &book["author"]).collect();
        assert_eq!(keys[0], &json!({ "__deferred": "1" }));
        assert_eq!((keys[2], keys[4], keys[5]), (&Value::Null, &Value::Null, &Value::Null));
        // Aliases, a self relation, what lies behind an author who is not seen.
        let book = world.get("Book(3)", french);
        assert_eq!((&book["authorName"], &book["nation"], &book["country"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(world.get("Book(4)", french)["nation"], "France");
        assert_eq!(world.get("Author(3)?$expand=mentor", french)["mentor"], Value::Null);
        assert_eq!(world.get("Author(3)", french)["mentor"], Value::Null);
        // A foreign key is the entity's own; the relation over it says nothing of what is not seen, nor of what is not there.
        let plain = world.get("Plain", french);
        let plain: Vec<(&Value, &Value)> =
            plain["__ENTITIES"].as_array().unwrap().iter().map(|plain| (&plain["authorID"], &plain["author"])).collect();
        assert_eq!(plain[0], (&json!(2), &Value::Null));
        assert_eq!(plain[1], (&json!(1), &json!({ "__deferred": "1" })));
        assert_eq!(plain[2], (&json!(99), &Value::Null));
        assert_eq!(world.get("Plain(3)", &world.seeing_all())["author"], json!({ "__deferred": "99" }));
        // Expanded twice over different ways.
        let book = world.get("Book(2)?$expand=author,second,author.books,author.books.second", french);
        assert_eq!((&book["author"]["name"], &book["second"]), (&json!("Ann"), &Value::Null));
        assert_eq!(book["author"]["books"]["__COUNT"], 3);
    });
}

#[test]
fn related_selections_hold_what_is_seen() {
    seeing(&[("Book", "price <= 40"), ("Author", "rating > 2")], |world, some| {
        let ann = world.get("Author(1)?$expand=books,pupils", some);
        assert_eq!((&ann["books"]["__COUNT"], keys(&ann["books"])), (&json!(2), vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!((&ann["pupils"]["__COUNT"], keys(&ann["pupils"])), (&json!(1), vec!["2".to_owned()]));
        assert_eq!(ann["titles"], json!(["A1", "A2"]));
        // Over an author who is not seen lead no ways; each entity once.
        let countries = world.get("Country?$expand=books,authors", some);
        let of = |at: usize, name: &str| keys(&countries["__ENTITIES"][at][name]);
        assert_eq!((of(0, "books"), of(1, "books"), of(2, "books")), (vec!["1".into(), "2".into(), "4".into()], vec!["3".into()], vec![]));
        assert_eq!((of(0, "authors").len(), of(2, "authors").len()), (2, 0));
        assert_eq!(countries["__ENTITIES"][0]["titles"], json!(["A1", "A2", "C1"]));
        assert_eq!(countries["__ENTITIES"][2]["titles"], json!([]));
        let fellows = world.get("Author(1)?$expand=fellows", some);
        assert_eq!(keys(&fellows["fellows"]), ["1", "3"]);
        assert_eq!(keys(&world.get("Author(1)/books?$method=subentityset", some)), ["1", "2"]);
        assert_eq!(world.refused("Author(4)/books?$method=subentityset", some), 1542);
        assert_eq!(keys(&world.get("Author(1)/fellows?$method=subentityset", some)), ["1", "3"]);
    });
}

#[test]
fn conditions_and_orders_look_at_what_is_seen() {
    seeing(FRENCH, |world, french| {
        let find = |filter: &str| world.keys(&format!("Book?$filter=\"{filter}\""), french);
        let ids = |wanted: &[u8]| wanted.iter().map(u8::to_string).collect::<Vec<_>>();
        assert_eq!(find("author.name = 'B@'"), ids(&[]));
        assert_eq!(find("author = null"), ids(&[3, 5, 6]));
        assert_eq!(find("author != null"), ids(&[1, 2, 4, 7]));
        assert_eq!(find("author = 2"), ids(&[]));
        assert_eq!(find("author = 3"), ids(&[4]));
        // Unknown stays unknown: NOT finds nothing of an author who is not seen.
        assert_eq!(find("not (author.name = 'Ann')"), ids(&[4]));
        assert_eq!(find("author.name != 'Ann'"), ids(&[4]));
        assert_eq!(find("author.name = null"), ids(&[3, 5, 6]));
        assert_eq!(find("not (author = null)"), ids(&[1, 2, 4, 7]));
        assert_eq!(find("author.name = 'Ann' or second.name = 'Cid'"), ids(&[1, 2, 5, 7]));
        assert_eq!(find("authorName = 'Bob'"), ids(&[]));
        let authors = |filter: &str| world.keys(&format!("Author?$filter=\"{filter}\""), french);
        assert_eq!(authors("pupils = null"), ids(&[1, 3]), "Bob is nobody's pupil any more");
        assert_eq!(authors("not (pupils != null)"), ids(&[1, 3]));
        assert_eq!(authors("rating = 4 or rating = 3"), ids(&[3]));
        assert_eq!(authors("not (rating = 3)"), ids(&[1]));
        let countries = |filter: &str| world.keys(&format!("Country?$filter=\"{filter}\""), french);
        assert_eq!(countries("authors = null"), ["DE", "US"]);
        assert_eq!(countries("not (authors.rating >= 0)"), ["DE", "US"]);
        assert_eq!(countries("authors.pupils.rating > 0"), [""; 0]);
        assert_eq!(world.keys("Book?$orderby=author.name desc,ID", french), ids(&[4, 1, 2, 7, 3, 5, 6]));
    });
}

#[test]
fn aggregates_distinct_values_and_query_plans() {
    seeing(FRENCH, |world, french| {
        let sum = world.get("Author/rating?$compute=$all", french);
        assert_eq!(sum["rating"]["sum"], 8);
        assert_eq!((&sum["rating"]["min"], &sum["rating"]["count"]), (&json!(3), &json!(2)));
        assert_eq!(world.get("Author/rating?$compute=sum&$distinct=true", french)["rating"]["sum"], 8);
        assert_eq!(world.get("Author/name?$distinct=true", french), json!(["Ann", "Cid"]));
        assert_eq!(world.get("Book/author.rating?$compute=count", french)["author.rating"]["count"], 4);
        assert_eq!(world.get("Book/author.name?$distinct=true", french), json!(["Ann", "Cid"]));
        assert_eq!(world.get("Book/author?$compute=count", french)["author"]["count"], 4);
        let url = "Author?$filter=\"rating > 1 and name = '@n'\"&$queryplan=true";
        assert_eq!(world.try_get(url, None, french).unwrap().1, [2, 1]);
        let url = "Book?$filter=\"author.rating > 1\"&$querypath=true";
        assert_eq!(world.try_get(url, None, french).unwrap().1, [4, 4]);
    });
}

#[test]
fn bytes_of_what_is_not_seen_are_not_there() {
    for world in World::each(&library()) {
        let french = world.seeing(FRENCH);
        world.post_bytes("Author(1)/portrait", b"ann");
        world.post_bytes("Author(2)/portrait", b"bob");
        assert_eq!(world.get("Author(1)/portrait?$binary=true&$expand=portrait", &french)["bytes"], json!(b"ann"));
        assert_eq!(world.refused("Author(2)/portrait?$binary=true&$expand=portrait", &french), 1542);
        assert_eq!(world.get("Book(1)/portrait?$binary=true&$expand=portrait", &french)["bytes"], json!(b"ann"));
        assert_eq!(world.get("Book(3)/portrait?$binary=true&$expand=portrait", &french)["bytes"], Value::Null);
        assert_eq!(world.get("Book(3)/portrait?$binary=true&$expand=portrait", &world.seeing_all())["bytes"], json!(b"bob"));
    }
}

#[test]
fn an_entity_of_a_set_that_is_not_seen_is_like_one_that_is_gone() {
    seeing(FRENCH, |world, french| {
        let set = Arc::new(KeyList::whole(vec![3, 2, 9, 1]));
        let page = |url: &str| world.try_get(url, Some(&set), french).unwrap().0;
        let whole = page("Author/$entityset/x?$top=9");
        assert_eq!((keys(&whole), &whole["__COUNT"]), (vec!["3".into(), "-".into(), "-".into(), "1".into()], &json!(4)));
        assert_eq!(keys(&page("Author/$entityset/x?$skip=1&$top=2")), ["-", "-"]);
        assert_eq!(keys(&page("Author/$entityset/x?$filter=\"rating > 0\"")), ["3", "1"]);
        assert_eq!(keys(&page("Author/$entityset/x?$orderby=name")), ["1", "3"]);
        assert_eq!(page("Author/rating/$entityset/x?$compute=sum")["rating"]["sum"], 8);
        // A new set, and one that is cleaned, hold what is seen.
        assert_eq!(keys(&world.get("Author?$method=entityset", french)), ["1", "3"]);
        let Ok(claviger_query::Request::Set(over)) = world.plan(claviger_query::Verb::Get, "Author/$entityset/x?$clean=true", None, french)
        else {
            panic!()
        };
        assert_eq!(world.keys_of(over.existing(Arc::clone(&set))).unwrap(), KeyList::whole(vec![3, 1]));
    });
}

#[test]
fn restrictions_over_every_base() {
    for world in World::each(&library()) {
        let restricted = |dataclass: &str, selection| {
            let mut answers = world.seeing_all();
            answers.set_rows(world.id(dataclass), Some(Arc::new(selection)));
            answers
        };
        // Keys, with and without a filter; whose order says nothing.
        let four = || SelectFrom::Keys(world.id("Book"), Arc::new(KeyList::whole(vec![7, 5, 3, 1])));
        let answers = restricted("Book", world.select(&Select { order: Some("price desc"), ..Select::of(four()) }));
        assert_eq!(world.keys("Book", &answers), ["1", "3", "5", "7"]);
        assert_eq!(keys(&world.get("Author(1)?$expand=books", &answers)["books"]), ["1", "7"]);
        assert_eq!(world.refused("Book(2)", &answers), 1542);
        let narrowed = world.select(&Select { filter: Some("author.rating > 3"), ..Select::of(four()) });
        let answers = restricted("Book", narrowed.clone());
        assert_eq!(world.keys("Book", &answers), ["1", "3", "7"]);
        let twice = world.select(&Select { filter: Some("price < 70"), ..Select::of(SelectFrom::Selection(&narrowed)) });
        assert_eq!(world.keys("Book", &restricted("Book", twice)), ["1", "3"]);
        // Keys that are texts where the table is ours: rows are known by their number.
        let eu = world.keys_of(world.found("Country", Some("code in ['FR', 'DE']"))).unwrap();
        let answers = restricted("Country", world.select(&Select::of(SelectFrom::Keys(world.id("Country"), Arc::new(eu)))));
        assert_eq!(world.keys("Country", &answers), ["FR", "DE"]);
        assert_eq!(world.get("Author(4)?$expand=country", &answers)["country"], Value::Null);
        // What one entity is related to.
        let plan =
            world.plan(claviger_query::Verb::Get, "Author(1)/books?$method=subentityset&$filter=\"price < 30\"", None, &world.seeing_all());
        let Ok(claviger_query::Request::Read(plan)) = plan else { panic!() };
        let answers = restricted("Book", plan.kept());
        assert_eq!(world.keys("Book", &answers), ["1", "2"]);
        assert_eq!(keys(&world.get("Author(1)?$expand=books", &answers)["books"]), ["1", "2"]);
    }
}

#[test]
fn a_restriction_looks_at_everything_itself() {
    // Only books of French authors, by authors none of whom is seen.
    seeing(&[("Book", "author.country.code = 'FR'"), ("Author", "ID = 0"), ("Country", "code = 'US'")], |world, some| {
        assert_eq!(world.keys("Book", some), ["1", "2", "4", "7"]);
        assert_eq!(world.get("Book(4)", some)["author"], Value::Null);
        assert_eq!(world.refused("Book(3)", some), 1542);
    });
    // By a relation to itself, by what is not there, by what all do.
    seeing(&[("Author", "mentor.mentor = null and mentor != null")], |world, some| assert_eq!(world.keys("Author", some), ["2", "4"]));
    seeing(&[("Author", "not (books.price > 20)")], |world, some| assert_eq!(world.keys("Author", some), ["5"]));
    seeing(&[("Author", "name = 'Ann' or rating < 3")], |world, some| {
        assert_eq!(world.keys("Author?$filter=\"not (rating = 1)\"", some), ["1", "4"]);
    });
}
