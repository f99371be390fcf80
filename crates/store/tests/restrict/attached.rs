//! Tables of somebody else: keys of several parts and of other types, rows known by their number only, views.

use std::sync::Arc;

use claviger_query::{Answers, KeyList, Select, SelectFrom};
use claviger_store::SaveStatus;
use serde_json::{Value, json};

use crate::world::{World, keys};

const TABLES: &str = "
  CREATE TABLE place (shelf text NOT NULL, day date NOT NULL, note text, PRIMARY KEY (shelf, day));
  CREATE TABLE item (id int PRIMARY KEY, shelf text, day date, weight numeric(8, 2), FOREIGN KEY (shelf, day) REFERENCES place (shelf, day));
  CREATE VIEW heavy AS SELECT id, weight FROM item WHERE weight > 2;
  INSERT INTO place VALUES ('a', '2024-01-01', 'x'), ('a', '2024-01-02', 'y'), ('b', '2024-01-01', 'z'), ('Ä', '2024-01-01', 'w');
  INSERT INTO item VALUES (1, 'a', '2024-01-01', 1.50), (2, 'a', '2024-01-02', 2.50), (3, 'b', '2024-01-01', 3.50), (4, NULL, NULL, 4.50),
    (5, 'Ä', '2024-01-01', 5.50);";

fn each() -> Vec<World> {
    std::iter::once(World::attached_sqlite(TABLES)).chain(World::attached_postgres(TABLES)).collect()
}

/// The name of the N -> 1 attribute from items to places.
fn relation(world: &World) -> String {
    let item = world.store.model().find("item").unwrap();
    item.attributes.iter().find(|attribute| attribute.target().is_some()).unwrap().name.clone()
}

fn of_keys(world: &World, keys: KeyList, filter: Option<&str>) -> Answers {
    let from = SelectFrom::Keys(world.id("place"), Arc::new(keys));
    let mut answers = world.seeing_all();
    answers.set_rows(world.id("place"), Some(Arc::new(world.select(&Select { filter, ..Select::of(from) }))));
    answers
}

#[test]
fn keys_of_several_parts() {
    for world in each() {
        let chosen = || world.keys_of(world.found("place", Some("note != 'y'"))).unwrap();
        let relation = relation(&world);
        for (answers, seen, items) in [
            (world.seeing(&[("place", "note != 'y'")]), 3, ["1", "3", "5"].as_slice()),
            (of_keys(&world, chosen(), None), 3, &["1", "3", "5"]),
            (of_keys(&world, chosen(), Some("shelf = 'a'")), 2, &["1", "5"]),
            (of_keys(&world, KeyList::encoded(Vec::new(), Vec::new()), None), 0, &[]),
        ] {
            assert_eq!(world.get("place", &answers)["__COUNT"], seen);
            assert_eq!(world.keys(&format!("item?$filter=\"{relation} != null\""), &answers), items);
            assert_eq!(world.keys(&format!("item?$filter=\"{relation}.note > ''\""), &answers), items);
            for query in ["$attributes", "$expand"] {
                let page = world.get(&format!("item?{query}={relation}"), &answers);
                let referring = page["__ENTITIES"].as_array().unwrap().iter().filter(|item| !item[&relation].is_null());
                assert_eq!(referring.count(), items.len(), "{page}");
            }
        }
        let some = world.seeing(&[("place", "note != 'y'")]);
        assert_eq!(world.refused("place([\"a\",\"2024-01-02\"])", &some), 1542);
        assert_eq!(world.get("place([\"b\",\"2024-01-01\"])", &some)["note"], "z");
        assert_eq!(world.save("place", json!({ "__KEY": ["a", "2024-01-02"], "note": "q" }), &some).codes, [1542]);
        assert_eq!(world.save("place", json!({ "__KEY": ["b", "2024-01-01"], "note": "q" }), &some).status, SaveStatus::Saved);
        // Posted back: null for what is not seen.
        let item = world.get(&format!("item(2)?$attributes={relation}"), &some);
        assert_eq!(item[&relation], Value::Null);
        assert_eq!(world.save("item", item, &some).status, SaveStatus::Saved);
        assert_ne!(world.get(&format!("item(2)?$attributes={relation}"), &world.seeing_all())[&relation], Value::Null);
        let set = Arc::new(world.keys_of(world.found("place", None)).unwrap());
        let page = world.try_get("place/$entityset/x", Some(&set), &some).unwrap().0;
        assert_eq!(page["__ENTITIES"].as_array().unwrap().iter().filter(|place| place.is_null()).count(), 1);
    }
}

#[test]
fn views_have_no_keys_but_restrictions() {
    for world in each() {
        let some = world.seeing(&[("heavy", "weight < 4"), ("item", "weight > 2")]);
        assert_eq!(world.get("heavy?$asArray=true", &some)["__COUNT"], 2);
        assert_eq!(world.get("heavy/weight?$compute=sum", &some)["weight"]["sum"], json!(6));
        assert_eq!(world.get("item", &some)["__COUNT"], 4);
    }
}

#[test]
fn rows_known_by_their_number() {
    let world = World::attached_sqlite(
        "CREATE TABLE log (line text, level int); INSERT INTO log VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 2);
         CREATE TABLE odd (rowid text, level int); INSERT INTO odd VALUES ('x', 1), ('y', 2);",
    );
    let some = world.seeing(&[("log", "level = 2"), ("odd", "level = 2")]);
    assert_eq!(world.keys("log", &some), ["2", "4"]);
    assert_eq!(world.keys("log?$orderby=line desc&$top=1", &some), ["4"]);
    assert_eq!(world.get("log(4)", &some)["line"], "d");
    assert_eq!(world.refused("log(1)", &some), 1542);
    assert_eq!(world.keys("odd", &some), ["2"]);
    assert_eq!(world.get("odd(2)", &some)["rowid"], "y");
    assert_eq!(world.save("log", json!({ "__KEY": "1", "line": "z" }), &some).codes, [1542]);
    assert_eq!(world.save("log", json!({ "__KEY": "2", "line": "z" }), &some).status, SaveStatus::Saved);
    let mut answers = world.seeing_all();
    let three = SelectFrom::Keys(world.id("log"), Arc::new(KeyList::whole(vec![4, 3, 1])));
    answers.set_rows(world.id("log"), Some(Arc::new(world.select(&Select { filter: Some("level > 1"), ..Select::of(three) }))));
    assert_eq!(world.keys("log", &answers), ["3", "4"]);
    let set = Arc::new(KeyList::whole(vec![1, 2, 3]));
    assert_eq!(keys(&world.try_get("log/$entityset/x", Some(&set), &answers).unwrap().0), ["-", "-", "3"]);
}
