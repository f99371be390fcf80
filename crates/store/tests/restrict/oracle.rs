//! The best oracle: a database from which what is not seen was deleted gives the same answers to everybody.

use std::collections::BTreeSet;
use std::sync::Arc;

use claviger_query::{Answers, KeyList, Select, SelectFrom};
use claviger_store::StoreError;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::world::{Entities, ORDER, RESTRICTED, World, keys};

const ROUNDS: usize = 24;
const REQUESTS: usize = 30;

/// Random countries, authors, books, loans and essays.
fn entities(dice: &mut Dice) -> Entities {
    let codes = ["FR", "DE", "US", "PT"];
    let some = |dice: &mut Dice, end: usize| if end == 0 || dice.below(4) == 0 { Value::Null } else { json!(dice.below(end) + 1) };
    let countries = codes.iter().map(|code| json!({ "code": code, "name": format!("{code} {}", dice.below(3)) })).collect();
    let authors = (0..9).map(|number| {
        let country = if dice.below(5) == 0 { Value::Null } else { json!(dice.one(&codes)) };
        let name = format!("{}{}", dice.one(&["Ann", "Bob", "Cid"]), dice.below(3));
        json!({ "ID": number + 1, "name": name, "rating": dice.below(5), "country": country, "mentor": some(dice, number) })
    });
    let authors = authors.collect();
    let books = (0..16).map(|number| {
        let price = if dice.below(6) == 0 { Value::Null } else { json!(dice.below(8) * 10) };
        let note = json!({ "tags": (0..dice.below(3)).map(|_| dice.below(4)).collect::<Vec<_>>() });
        let title = format!("{}{}", dice.one(&["A", "B", "C"]), dice.below(4));
        json!({ "ID": number + 1, "title": title, "price": price, "note": note, "author": some(dice, 9), "second": some(dice, 9) })
    });
    let books = books.collect();
    let loans = (0..5).map(|number| json!({ "ID": number + 1, "book": some(dice, 16) })).collect();
    let essays = (0..8).map(|number| json!({ "ID": number + 1, "about": some(dice, 9), "book": some(dice, 16) }));
    let essays = essays.collect();
    Entities::from([("Country", countries), ("Author", authors), ("Book", books), ("Loan", loans), ("Essay", essays)])
}

/// The entities of these that are left when what is not seen is deleted: nothing refers to it any more.
fn left(entities: &Entities, seen: impl Fn(&str, &Value) -> bool) -> Entities {
    let relations =
        [("country", "Country"), ("mentor", "Author"), ("author", "Author"), ("second", "Author"), ("about", "Author"), ("book", "Book")];
    let mut left = entities.clone();
    for (dataclass, all) in &mut left {
        let key = if *dataclass == "Country" { "code" } else { "ID" };
        all.retain(|entity| seen(dataclass, &entity[key]));
        for entity in all {
            for (relation, target) in relations {
                if entity.get(relation).is_some_and(|key| !key.is_null() && !seen(target, key)) {
                    entity[relation] = Value::Null;
                }
            }
        }
    }
    left
}

const ATOMS: &[(&str, &[&str])] = &[
    (
        "Country",
        &[
            "code > 'FR'",
            "name = '@1'",
            "authors = null",
            "authors.rating > 2",
            "authors.books.price >= 30",
            "authors.mentor != null",
            "titles = 'A@'",
        ],
    ),
    (
        "Author",
        &[
            "rating > 2",
            "name = 'Ann@'",
            "country = null",
            "country.code = 'FR'",
            "country.name != '@1'",
            "nation = '@0'",
            "mentor != null",
            "mentor.mentor = null",
            "mentor.name = 'Bob@'",
            "mentor = 2",
            "books = null",
            "books.price > 20",
            "books{1}.price > 20 and books{2}.title = 'A@'",
            "pupils.pupils != null",
            "pupils.country.code = 'DE'",
            "seconds.author.rating < 3",
            "titles = 'B@'",
            "fellows.rating = 1",
            "ID in [1, 3, 5, 8]",
        ],
    ),
    (
        "Book",
        &[
            "price > 20",
            "price = null",
            "title = 'A@'",
            "author = null",
            "author != null",
            "author = 3",
            "author.rating >= 2",
            "author.country.code = 'FR'",
            "author.mentor.country = null",
            "authorName = 'Ann@'",
            "nation != '@2'",
            "country = 'DE'",
            "second.books.price < 40",
            "author.books.second.name = 'Bob@'",
            "note.tags[] = 2",
            "second.name = null",
        ],
    ),
    ("Loan", &["book = null", "book.price > 20", "book.author.country.code = 'FR'", "ID > 2"]),
    ("Essay", &["about = null", "about.rating > 1", "book.author.name = 'Cid@'", "about.books.price > 30"]),
];

fn condition(dice: &mut Dice, dataclass: &str) -> String {
    let atoms = ATOMS.iter().find(|(name, _)| *name == dataclass).unwrap().1;
    let mut text = dice.one(atoms).to_owned();
    for _ in 0..dice.below(3) {
        let more = dice.one(atoms);
        text = match dice.below(4) {
            0 => format!("({text}) and ({more})"),
            1 => format!("({text}) or ({more})"),
            2 => format!("not ({text}) and ({more})"),
            _ => format!("not ({text} or {more})"),
        };
    }
    if dice.below(4) == 0 { format!("not ({text})") } else { text }
}

/// A request below `/rest/`.
fn request(dice: &mut Dice) -> String {
    let dataclass = dice.one(&["Country", "Author", "Author", "Book", "Book", "Book", "Loan", "Essay"]);
    let expands: &[&str] = match dataclass {
        "Country" => &["authors", "books", "authors.books,books.second", "authors.mentor"],
        "Author" => {
            &["country", "mentor,mentor.country", "books", "pupils,pupils.pupils", "books.second,seconds", "fellows.books", "country.books"]
        }
        "Book" => {
            &["author", "author,second", "author.books,author.mentor", "author.country.authors", "country,country.books", "author.fellows"]
        }
        "Loan" => &["book", "book.author.country", "book.second.books"],
        _ => &["about,book", "about.pupils", "book.author"],
    };
    let values: &[&str] = match dataclass {
        "Country" => &["code", "name"],
        "Author" => &["name", "rating", "country.name", "mentor.rating", "nation"],
        "Book" => &["price", "title", "author.rating", "author.country.name", "authorName", "second.mentor.name", "note.x"],
        "Loan" => &["ID", "book.price", "book.author.rating"],
        _ => &["ID", "about.rating", "book.title"],
    };
    let mut parameters = Vec::new();
    if dice.below(3) > 0 {
        parameters.push(format!("$filter=\"{}\"", condition(dice, dataclass)));
        if dice.below(3) == 0 {
            parameters.push("$queryplan=true".to_owned());
        }
    }
    let mut path = dataclass.to_owned();
    match dice.below(10) {
        0 => {
            let value = dice.one(values);
            path = format!("{dataclass}/{value}");
            parameters
                .push(["$distinct=true", "$compute=$all", "$compute=count", "$compute=$all&$distinct=true"][dice.below(4)].to_owned());
        }
        1 if dataclass == "Author" => {
            let relation = dice.one(&["books", "pupils", "fellows", "seconds"]);
            path = format!("Author({})/{relation}", dice.below(10) + 1);
            parameters = vec!["$method=subentityset".to_owned()];
        }
        2 if dataclass != "Country" => {
            path = format!("{dataclass}({})", dice.below(17) + 1);
            parameters = vec![format!("$expand={}", dice.one(expands))];
        }
        3 if matches!(dataclass, "Author" | "Book") => path = format!("{dataclass}/$entityset/x"),
        4 => path = if dataclass == "Book" { "Book:title(A1)".to_owned() } else { path },
        _ => {}
    }
    if dice.below(2) == 0 && !path.contains(['(', '/']) {
        parameters.push(
            format!("$orderby={} {},ID", dice.one(values), dice.one(&["asc", "desc"]))
                .replace(",ID", if dataclass == "Country" { ",code" } else { ",ID" }),
        );
    }
    if dice.below(3) == 0 && !path.contains(['(', '/']) {
        parameters.push(format!("$skip={}&$top={}", dice.below(4), dice.below(6)));
    }
    if dice.below(2) == 0 && !path.contains(['(', '/']) {
        parameters.push(format!("$expand={}", dice.one(expands)));
    }
    format!("{path}?{}", parameters.join("&"))
}

/// Of each dataclass with a `restrict`: nothing, a filter, keys, or both. As texts, so that each world makes its own selections.
type Choice = (&'static str, Option<String>, Option<Vec<i64>>);

fn choices(dice: &mut Dice) -> Vec<Choice> {
    let choose = |name: &'static str| {
        let filter = (dice.below(3) > 0).then(|| condition(dice, name));
        // Rows of countries are known by their number, too.
        let keys = (dice.below(4) == 0).then(|| (1..16).filter(|_| dice.below(2) == 0).collect());
        (name, filter, keys)
    };
    RESTRICTED.into_iter().map(choose).collect()
}

fn answers(world: &World, choices: &[Choice]) -> Answers {
    let mut answers = world.seeing_all();
    for (name, filter, keys) in choices {
        if filter.is_none() && keys.is_none() {
            continue;
        }
        let class = world.id(name);
        let from = keys.clone().map_or(SelectFrom::All(class), |keys| SelectFrom::Keys(class, Arc::new(KeyList::whole(keys))));
        answers.set_rows(class, Some(Arc::new(world.select(&Select { filter: filter.as_deref(), ..Select::of(from) }))));
    }
    answers
}

/// Answers as they are compared: numbers of errors, without the stamps that entities have by their history.
fn comparable(answer: Result<(Value, Vec<u64>), StoreError>) -> (Value, Vec<u64>) {
    match answer {
        Ok(answer) => answer,
        Err(StoreError::Dialect(error)) => (json!(error.code()), Vec::new()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_seen_might_as_well_be_deleted() {
    let mut dice = Dice(7);
    let (mut hidden, mut different) = (0, BTreeSet::new());
    for _ in 0..4 {
        let all = entities(&mut dice);
        let worlds = World::each(&all);
        for _ in 0..ROUNDS / 4 {
            let choices = choices(&mut dice);
            let restricted: Vec<Answers> = worlds.iter().map(|world| answers(world, &choices)).collect();
            let seen: Vec<(&str, Vec<String>)> =
                RESTRICTED.iter().map(|name| (*name, keys(&worlds[0].get(&format!("{name}?$top=100"), &restricted[0])))).collect();
            let text = |key: &Value| key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            let reduced = World::sqlite(&left(&all, |dataclass, key| {
                seen.iter().find(|(name, _)| *name == dataclass).is_none_or(|(_, keys)| keys.contains(&text(key)))
            }));
            hidden += ORDER
                .iter()
                .filter(|name| all.get(**name).map_or(0, Vec::len) > reduced.keys(&format!("{name}?$top=100"), &reduced.seeing_all()).len())
                .count();
            let set =
                Arc::new(KeyList::whole((0..8).map(|_| dice.below(17) as i64 + 1).collect::<BTreeSet<i64>>().into_iter().rev().collect()));
            for _ in 0..REQUESTS {
                let url = request(&mut dice);
                let expected = comparable(reduced.try_get(&url, Some(&set), &reduced.seeing_all()));
                for (engine, (world, answers)) in worlds.iter().zip(&restricted).enumerate() {
                    let given = comparable(world.try_get(&url, Some(&set), answers));
                    assert_eq!(given, expected, "engine {engine}: {url}\nrestricted to {choices:?}\nof {all:?}");
                }
                if expected != comparable(worlds[0].try_get(&url, Some(&set), &worlds[0].seeing_all())) {
                    different.insert(url);
                }
            }
        }
    }
    // It would prove nothing if nothing were hidden, or if nobody asked for it.
    assert!(hidden > ROUNDS && different.len() > ROUNDS * REQUESTS / 4, "{hidden} {}", different.len());
}
