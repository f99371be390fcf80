//! Values that code has computed, as columns beside those of the tables, on both engines: of every type, by every kind of key, over relations and
//! under restrictions.

use std::sync::Arc;

use claviger_model::{StorageType, Value, ValueType};
use claviger_query::{Answers, ComputedValues};
use serde_json::{Value as Json, json};

use crate::world::{Entities, World};

fn entities() -> Entities {
    Entities::from([
        (
            "Country",
            vec![
                json!({ "code": "FR", "name": "France" }),
                json!({ "code": "PT", "name": "Portugal" }),
                json!({ "code": "DE", "name": "Germany" }),
            ],
        ),
        (
            "Author",
            vec![
                json!({ "name": "Ada", "rating": 1, "country": "FR" }),
                json!({ "name": "Ben", "rating": 2, "country": "PT" }),
                json!({ "name": "Cid", "rating": 3 }),
            ],
        ),
        (
            "Book",
            vec![
                json!({ "title": "One", "price": 1, "author": 1 }),
                json!({ "title": "Two", "price": 2, "author": 1 }),
                json!({ "title": "Three", "price": 3, "author": 2 }),
                json!({ "title": "Four", "price": 4 }),
            ],
        ),
    ])
}

/// What a computed attribute of a dataclass is of each entity, in the order of creation.
fn computed(world: &World, answers: &mut Answers, dataclass: &str, name: &str, ty: ValueType, values: Vec<Value>) {
    let attribute = world.computed(dataclass, name);
    let keys = world.keys_of(world.found(dataclass, None)).unwrap();
    assert_eq!(keys.len(), values.len(), "{dataclass}");
    answers.set_values(ComputedValues { attribute, ty, keys, values });
}

fn at(text: &str) -> Value {
    claviger_model::value::parse_instant(text).map(Value::Instant).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn values_of_every_type_are_compared_sorted_and_computed() {
    let double = |number: f64| Value::Double(number);
    let cases: Vec<(StorageType, Vec<Value>, &str, &[&str], &[&str], &str)> = vec![
        (
            StorageType::String,
            vec![text("Été \"x\" \0'"), text("etage"), Value::Null, text("B")],
            "c = 'ET@'",
            &["1", "2"],
            &["3", "4", "2", "1"],
            "max",
        ),
        (
            StorageType::Long64,
            vec![Value::Int(i64::MAX), Value::Int(-1), Value::Null, Value::Int(0)],
            "c <= 0",
            &["2", "4"],
            &["3", "2", "4", "1"],
            "sum",
        ),
        (
            StorageType::Number,
            vec![double(2.0), double(0.1), double(1e21), Value::Null],
            "c > 1.5",
            &["1", "3"],
            &["4", "2", "1", "3"],
            "max",
        ),
        (
            StorageType::Bool,
            vec![Value::Bool(true), Value::Bool(false), Value::Null, Value::Bool(true)],
            "c = true",
            &["1", "4"],
            &["3", "2", "1", "4"],
            "count",
        ),
        (
            StorageType::Duration,
            vec![Value::Duration(5), Value::Duration(-5), Value::Null, Value::Null],
            "c = 5",
            &["1"],
            &["3", "4", "2", "1"],
            "sum",
        ),
        (
            StorageType::Uuid,
            vec![Value::Uuid([255; 16]), Value::Uuid([1; 16]), Value::Null, Value::Uuid([16; 16])],
            "c = '10101010101010101010101010101010'",
            &["4"],
            &["3", "2", "4", "1"],
            "count",
        ),
        (
            StorageType::Date,
            vec![at("2024-03-01T10:00:00.123Z"), at("1969-12-31T23:59:59.999Z"), Value::Null, at("9999-01-01T00:00:00Z")],
            "c < '2024-03-01T10:00:00.124Z'",
            &["1", "2"],
            &["3", "2", "1", "4"],
            "min",
        ),
    ];
    for (ty, values, filter, found, order, aggregate) in cases {
        for world in World::each_computing(&entities(), &[("Book", "c", ty)]) {
            let mut answers = world.seeing_all();
            computed(&world, &mut answers, "Book", "c", ty.value_type(false, false), values.clone());
            assert_eq!(world.keys(&format!("Book?$attributes=ID&$filter=\"{filter}\""), &answers), found, "{ty:?}");
            assert_eq!(world.keys("Book?$attributes=ID&$orderby=c,ID", &answers), order, "{ty:?}");
            let backwards: Vec<&str> = order.iter().rev().copied().collect();
            assert_eq!(world.keys("Book?$attributes=ID&$orderby=c desc,ID desc", &answers), backwards, "{ty:?}");
            world.get(&format!("Book/c?$compute={aggregate}"), &answers);
            let distinct = world.get("Book/c?$distinct=true", &answers);
            assert!(distinct.as_array().unwrap().len() <= 3, "{distinct}");
            assert_eq!(world.keys("Book?$attributes=ID&$filter=\"c = null\"", &answers), nulls(&values), "{ty:?}");
        }
    }
}

fn nulls(values: &[Value]) -> Vec<String> {
    values.iter().enumerate().filter(|(_, value)| value.is_null()).map(|(at, _)| (at + 1).to_string()).collect()
}

#[test]
fn objects_are_looked_into() {
    for world in World::each_computing(&entities(), &[("Book", "c", StorageType::Object)]) {
        let mut answers = world.seeing_all();
        let object = |json: Json| Value::Object(json);
        let values = vec![
            object(json!({ "a": { "b": 1 }, "l": [{ "x": "é" }] })),
            object(json!({ "a": null, "l": [] })),
            Value::Null,
            object(json!({ "l": [{ "x": "q" }] })),
        ];
        computed(&world, &mut answers, "Book", "c", ValueType::Object, values);
        let keys = |filter: &str| world.keys(&format!("Book?$attributes=ID&$filter=\"{filter}\""), &answers);
        assert_eq!(keys("c.a.b = 1"), ["1"]);
        assert_eq!(keys("c.l[].x = 'E'"), ["1"]);
        assert_eq!(keys("c.l.length = 1"), ["1", "4"]);
        assert_eq!(keys("c = null"), ["3"]);
        assert_eq!(world.keys("Book?$attributes=ID&$orderby=c.a.b desc,ID", &answers), ["1", "2", "3", "4"]);
    }
}

#[test]
fn over_relations_and_under_restrictions() {
    let computing = [
        ("Country", "c", StorageType::String),
        ("Author", "c", StorageType::Long),
        ("Book", "c", StorageType::Long),
        ("Book", "d", StorageType::Date),
    ];
    for world in World::each_computing(&entities(), &computing) {
        let mut answers = world.seeing(&[("Book", "price < 4"), ("Author", "rating > 1")]);
        computed(&world, &mut answers, "Country", "c", ValueType::Text, vec![text("west"), text("south"), text("east")]);
        computed(&world, &mut answers, "Author", "c", ValueType::Int, vec![Value::Int(10), Value::Int(20), Value::Int(30)]);
        computed(&world, &mut answers, "Book", "c", ValueType::Int, (1..=4).map(Value::Int).collect());
        computed(&world, &mut answers, "Book", "d", ValueType::Instant, vec![at("2024-01-01T00:00:00Z"); 4]);
        let keys = |url: &str| world.keys(url, &answers);
        // The first author is not seen, and neither is the last book.
        assert_eq!(keys("Book?$attributes=ID&$filter=\"c > 1\""), ["2", "3"]);
        assert_eq!(keys("Book?$attributes=ID&$filter=\"author.c > 5\""), ["3"]);
        assert_eq!(keys("Book?$attributes=ID&$filter=\"author.country.c = 'S@' and c = 3 and d > '2023-12-31T00:00:00Z'\""), ["3"]);
        assert_eq!(keys("Book?$attributes=ID&$orderby=author.c desc,c desc"), ["3", "2", "1"]);
        assert_eq!(keys("Country?$filter=\"authors.books.c = 3\""), ["PT"]);
        assert_eq!(keys("Country?$filter=\"not(authors.c = 20)\"&$orderby=c"), ["DE", "FR"]);
        assert_eq!(world.get("Book/c?$compute=sum", &answers)["c"]["sum"], 6);
        assert_eq!(world.get("Book/c?$distinct=true&$filter=\"d != null\"", &answers), json!([1, 2, 3]));
        // A page, its count, and what is sent beside.
        let page = world.get("Author?$filter=\"books.c >= 1\"&$orderby=c&$expand=books", &answers);
        assert_eq!((&page["__COUNT"], &page["__ENTITIES"][0]["books"]["__COUNT"]), (&json!(1), &json!(1)), "{page}");
        assert_eq!(world.get("Book:c(3)", &answers)["title"], "Three");
    }
}

#[test]
fn a_restriction_may_be_computed_itself() {
    let computing = [("Book", "c", StorageType::Long), ("Book", "d", StorageType::Long)];
    for world in World::each_computing(&entities(), &computing) {
        let mut inner = Answers::unrestricted();
        computed(&world, &mut inner, "Book", "c", ValueType::Int, vec![Value::Int(1), Value::Int(1), Value::Int(2), Value::Int(1)]);
        let seen = world.found_with("Book", "c = 1", &inner);
        let mut answers = world.seeing_all();
        answers.set_rows(world.id("Book"), Some(Arc::new(seen)));
        // The same attribute has other values now: nobody's business of the restriction.
        computed(&world, &mut answers, "Book", "c", ValueType::Int, vec![Value::Int(7), Value::Int(8), Value::Int(9), Value::Int(10)]);
        computed(&world, &mut answers, "Book", "d", ValueType::Int, vec![Value::Int(0), Value::Int(1), Value::Int(1), Value::Int(1)]);
        assert_eq!(world.keys("Book?$attributes=ID&$filter=\"c > 7 and d = 1\"&$orderby=c desc", &answers), ["4", "2"]);
        assert_eq!(world.get("Book/c?$compute=sum", &answers)["c"]["sum"], 25);
        assert_eq!(world.keys("Author?$filter=\"books.c = 8\"", &answers), ["1"]);
        assert!(world.keys("Author?$filter=\"books.c = 9\"", &answers).is_empty());
    }
}

#[test]
fn rows_of_others_by_keys_of_several_parts() {
    const TABLES: &str = "
  CREATE TABLE place (shelf text NOT NULL, day date NOT NULL, note text, PRIMARY KEY (shelf, day));
  CREATE TABLE item (id int PRIMARY KEY, shelf text, day date, weight numeric(8, 2), FOREIGN KEY (shelf, day) REFERENCES place (shelf, day));
  INSERT INTO place VALUES ('a', '2024-01-01', 'x'), ('a', '2024-01-02', 'y'), ('b', '2024-01-01', 'z');
  INSERT INTO item VALUES (1, 'a', '2024-01-01', 1.50), (2, 'a', '2024-01-02', 2.50), (3, 'b', '2024-01-01', 3.50), (4, NULL, NULL, 4.50);";
    let computing = [("place", "c", StorageType::Date), ("item", "c", StorageType::String)];
    for world in World::each_attached_computing(TABLES, &computing) {
        let relation = {
            let item = world.store.model().find("item").unwrap();
            item.attributes.iter().find(|attribute| attribute.target().is_some()).unwrap().name.clone()
        };
        let mut answers = world.seeing_all();
        let instants = vec![at("2024-01-01T00:00:00Z"), at("2024-01-02T00:00:00Z"), Value::Null];
        computed(&world, &mut answers, "place", "c", ValueType::Instant, instants);
        computed(&world, &mut answers, "item", "c", ValueType::Text, vec![text("d"), text("c"), text("b"), text("a")]);
        let notes = |url: &str| -> Vec<Json> {
            world.get(url, &answers)["__ENTITIES"].as_array().unwrap().iter().map(|place| place["note"].clone()).collect()
        };
        assert_eq!(notes("place?$filter=\"c >= '2024-01-02T00:00:00Z'\""), ["y"]);
        assert_eq!(notes("place?$orderby=c desc"), ["y", "x", "z"]);
        assert_eq!(world.keys("item?$attributes=id&$orderby=c", &answers), ["4", "3", "2", "1"]);
        assert_eq!(
            world.keys(&format!("item?$attributes=id&$filter=\"{relation}.c < '2024-01-02T00:00:00Z' and c = 'D'\""), &answers),
            ["1"]
        );
    }
}

#[test]
fn many_values_are_found_by_key() {
    // A walk through all values for each row would take minutes.
    let many: Vec<Json> = (0..4000).map(|n| json!({ "title": format!("Book {n}"), "price": n })).collect();
    let entities = Entities::from([("Book", many)]);
    for world in World::each_computing(&entities, &[("Book", "c", StorageType::Long)]) {
        let mut answers = world.seeing_all();
        computed(&world, &mut answers, "Book", "c", ValueType::Int, (0..4000).map(|n| Value::Int(n % 7)).collect());
        assert_eq!(world.get("Book/c?$compute=count&$filter=\"c = 3\"", &answers)["c"]["count"], 571);
    }
}
