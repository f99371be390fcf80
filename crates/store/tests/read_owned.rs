//! An owned database: every type, aliases, lists, calculated attributes, indexes (`data-model.md` 3, 5).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_store::sqlite::connection::Link;
use serde_json::{Value, json};
use support::Served;

const MODEL: &str = r#"{"dataClasses": [
  {"name": "Person", "attributes": [
    {"name": "ID", "type": "long", "autosequence": true, "primKey": true},
    {"name": "name", "type": "string", "indexKind": "btree"},
    {"name": "token", "type": "uuid"},
    {"name": "worth", "type": "number", "precision": 12, "scale": 2},
    {"name": "height", "type": "number"},
    {"name": "active", "type": "bool"},
    {"name": "born", "type": "date", "simpleDate": true},
    {"name": "seen", "type": "date"},
    {"name": "span", "type": "duration"},
    {"name": "extra", "type": "object"},
    {"name": "photo", "type": "image"},
    {"name": "boss", "kind": "relatedEntity", "type": "Person", "path": "Person"},
    {"name": "team", "kind": "relatedEntities", "type": "PersonSelection", "reversePath": true, "path": "boss"},
    {"name": "abilities", "kind": "relatedEntities", "type": "AbilitySelection", "reversePath": true, "path": "person"},
    {"name": "skills", "kind": "alias", "path": "abilities.skill"},
    {"name": "skillNames", "kind": "alias", "path": "abilities.skill.name"},
    {"name": "bossName", "kind": "alias", "path": "boss.name"},
    {"name": "bossPhoto", "kind": "alias", "path": "boss.photo"},
    {"name": "label", "kind": "calculated", "type": "string", "exposed": true, "sql": "upper(name) || ' ' || coalesce(height, 0)"},
    {"name": "tall", "kind": "calculated", "type": "bool", "exposed": true, "sql": "height > 1.8"}
  ]},
  {"name": "Skill", "attributes": [
    {"name": "code", "type": "string", "primKey": true},
    {"name": "name", "type": "string"}
  ]},
  {"name": "Ability", "key": [{"name": "personID"}, {"name": "code"}], "attributes": [
    {"name": "personID", "type": "long"},
    {"name": "code", "type": "string"},
    {"name": "person", "kind": "relatedEntity", "type": "Person", "path": "Person", "foreignKey": "personID"},
    {"name": "skill", "kind": "relatedEntity", "type": "Skill", "path": "Skill", "foreignKey": "code"}
  ]}
]}"#;

const DATA: &str = r#"
    INSERT INTO "Person" ("ID", "name", "token", "worth", "height", "active", "born", "seen", "span", "extra", "photo", "boss__fk", __stamp, __timestamp) VALUES
      (1, 'Ada', x'000102030405060708090a0b0c0d0e0f', '0.1', 1.5, 1, '1980-04-08', 1700000000123, 90000, '{"a": [1, {"b": 2.50}]}', x'ff', NULL, 3, 1690000000000),
      (2, 'Zoë', NULL, '12345678901234567890.05', 1.9, 0, '0000-00-00', -1, -5, NULL, NULL, 1, 1, 1690000000001),
      (3, 'bob', NULL, '0.2', 2, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 1690000000002);
    INSERT INTO "Skill" ("code", "name", __stamp, __timestamp) VALUES ('r', 'Rust', 1, 0), ('s', 'SQL', 1, 0), ('q', NULL, 1, 0), ('t', 'rust', 1, 0);
    INSERT INTO "Ability" ("personID", "code", __stamp, __timestamp) VALUES (1, 's', 1, 0), (1, 'r', 1, 0), (1, 'q', 1, 0), (2, 's', 1, 0), (1, 't', 1, 0);
"#;

fn people() -> Served {
    let served = Served::own(MODEL);
    let link = Link::new(rusqlite::Connection::open(&served.path).unwrap()).unwrap();
    link.db.execute_batch(DATA).unwrap();
    served
}

#[test]
fn every_type() {
    let served = people();
    let ada = served.get("Person(1)");
    assert_eq!((&ada["__KEY"], &ada["__STAMP"], &ada["__TIMESTAMP"]), (&json!("1"), &json!(3), &json!(1_690_000_000_000_i64)));
    assert_eq!(ada["token"], "000102030405060708090A0B0C0D0E0F");
    assert_eq!(ada["worth"].to_string(), "0.1");
    assert_eq!(ada["active"], true);
    assert_eq!(ada["born"], "!!1980-04-08!!");
    assert_eq!(ada["seen"], "2023-11-14T22:13:20.123Z");
    assert_eq!(ada["span"], 90000);
    assert_eq!(ada["extra"].to_string(), r#"{"a":[1,{"b":2.50}]}"#);
    assert_eq!(ada["photo"], "(media)");
    assert_eq!(ada["boss"], Value::Null);
    assert_eq!(ada["team"], json!({"__deferred": null}));
    let zoe = served.get("Person(2)");
    assert_eq!(zoe["worth"].to_string(), "12345678901234567890.05");
    assert_eq!(zoe["born"], "!!0000-00-00!!");
    assert_eq!(zoe["seen"], "1969-12-31T23:59:59.999Z");
    assert_eq!(zoe["boss"], json!({"__deferred": "1"}));
    assert_eq!(zoe["photo"], Value::Null);
}

#[test]
fn aliases_and_calculated_attributes() {
    let served = people();
    let ada = served.get("Person(1)?$attributes=skills.code,skillNames,label,tall,bossName");
    assert_eq!(ada["skillNames"], json!(["Rust", "SQL"]));
    assert_eq!(ada["label"], "ADA 1.5");
    assert_eq!(ada["tall"], false);
    let codes: Vec<&str> = ada["skills"]["__ENTITIES"].as_array().unwrap().iter().map(|skill| skill["code"].as_str().unwrap()).collect();
    assert_eq!((codes, &ada["skills"]["__COUNT"]), (vec!["r", "s", "q", "t"], &json!(4)));
    assert_eq!(served.get("Person(2)")["bossName"], "Ada");
    assert_eq!(served.keys("Person?$filter=%22bossName%3D'ada'%20and%20tall%3Dtrue%22&$orderby=label%20desc"), ["2", "3"]);
    assert_eq!(served.keys("Person?$filter=%22skillNames%3D'sql'%22"), ["1", "2"]);
    assert_eq!(served.get("Ability[1,\"s\"]")["skill"], json!({"__deferred": "s"}));
}

#[test]
fn filters_in_the_stores_own_forms() {
    let served = people();
    assert_eq!(served.keys("Person?$filter=%22token%3D'00010203-0405-0607-0809-0a0b0c0d0e0f'%22"), ["1"]);
    assert_eq!(served.keys("Person?$filter=%22worth%3E0.15%22&$orderby=worth%20desc"), ["2", "3"]);
    assert_eq!(served.keys("Person?$filter=%22born%3D1980-04-08%22"), ["1"]);
    assert_eq!(served.keys("Person?$filter=%22span%3C0%22"), ["2"]);
    assert_eq!(served.get("Person/worth/?$compute=sum")["worth"]["sum"].to_string(), "12345678901234567890.35");
    assert_eq!(served.get("Person/born/?$compute=max")["born"]["max"], "!!1980-04-08!!");
    assert_eq!(served.get("Person/height/?$compute=average")["height"]["average"], 1.8);
    assert_eq!(served.get("Person/extra.a/?$compute=count")["extra.a"]["count"], 1);
    assert_eq!(served.keys("Person?$filter=%22extra.a%5B%5D.b%3D2.5%22"), ["1"]);
}

#[test]
fn bytes_of_images() {
    let served = people();
    assert_eq!(served.get("Person(1)/photo?$imageformat=best&$expand=photo"), json!({ "bytes": [255] }));
    assert_eq!(served.get("Person(2)/photo?$binary=true"), json!({ "bytes": null }));
    assert_eq!(served.get("Person:name(ada)/photo?$binary=true"), json!({ "bytes": [255] }));
    // Over a relation, and where it leads to nobody.
    assert_eq!(served.get("Person(3)")["bossPhoto"], "(media)");
    assert_eq!(served.get("Person(3)/bossPhoto?$binary=true"), json!({ "bytes": [255] }));
    assert_eq!(served.get("Person(1)/bossPhoto?$binary=true"), json!({ "bytes": null }));
    assert_eq!(served.get("Person(1)")["bossPhoto"], Value::Null);
}

#[test]
fn the_index_on_folded_text_serves() {
    let served = people();
    let link = Link::new(rusqlite::Connection::open(&served.path).unwrap()).unwrap();
    for condition in ["clv_fold(s0.\"name\") = 'ada'", "(clv_fold(s0.\"name\") >= 'a' AND clv_fold(s0.\"name\") < 'b')"] {
        let sql = format!("EXPLAIN QUERY PLAN SELECT s0.ID FROM \"Person\" AS s0 WHERE {condition}");
        let how: String = link.db.query_row(&sql, [], |row| row.get(3)).unwrap();
        assert!(how.contains("SEARCH") && how.contains("INDEX"), "{how}");
    }
}
