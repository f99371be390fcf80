//! Owned databases follow their model (`data-model.md` 5.2 to 5.5).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use claviger_model::Model;
use claviger_store::sqlite::connection::Link;
use claviger_store::sqlite::schema::{SchemaError, migrate, plan_migration};
use rusqlite::Connection;
use serde_json::{Value, json};

fn model(classes: Value) -> Model {
    let text = json!({ "toJSON": true, "dataClasses": classes }).to_string();
    Model::from_json(&text, "test").unwrap_or_else(|problems| panic!("{problems:?}")).0
}

fn id() -> Value {
    json!({ "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true })
}

fn class(name: &str, attributes: &[Value]) -> Value {
    let attributes = [&[id()], attributes].concat();
    json!({ "name": name, "attributes": attributes })
}

fn database() -> Link {
    Link::new(Connection::open_in_memory().unwrap()).unwrap()
}

fn text(link: &Link, sql: &str) -> Vec<String> {
    let mut statement = link.db.prepare(sql).unwrap();
    statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap().map(|text| text.unwrap().unwrap_or("(null)".into())).collect()
}

#[test]
fn every_type_has_its_column() {
    let types = [
        ("string", "TEXT"),
        ("uuid", "BLOB"),
        ("bool", "INTEGER"),
        ("byte", "INTEGER"),
        ("word", "INTEGER"),
        ("long", "INTEGER"),
        ("long64", "INTEGER"),
        ("number", "REAL"),
        ("duration", "INTEGER"),
        ("object", "TEXT"),
        ("image", "BLOB"),
        ("blob", "BLOB"),
    ];
    let mut attributes: Vec<Value> =
        types.iter().map(|(ty, _)| json!({ "name": format!("a_{ty}"), "kind": "storage", "type": ty })).collect();
    attributes.push(json!({ "name": "day", "kind": "storage", "type": "date", "simpleDate": true }));
    attributes.push(json!({ "name": "at", "kind": "storage", "type": "date", "simpleDate": false }));
    attributes.push(json!({ "name": "price", "kind": "storage", "type": "number", "precision": 10, "scale": 2 }));
    let mut link = database();
    migrate(&mut link.db, &model(json!([class("All", &attributes)])), false).unwrap();
    for (ty, column) in types {
        assert_eq!(text(&link, &format!("SELECT type FROM pragma_table_info('All') WHERE name = 'a_{ty}'")), [column], "{ty}");
    }
    for (name, column) in [("day", "TEXT"), ("at", "INTEGER"), ("price", "TEXT"), ("__stamp", "INTEGER"), ("__timestamp", "INTEGER")] {
        assert_eq!(text(&link, &format!("SELECT type FROM pragma_table_info('All') WHERE name = '{name}'")), [column], "{name}");
    }
    assert_eq!(text(&link, "SELECT 'strict' FROM pragma_table_list WHERE name = 'All' AND strict"), ["strict"]);
    assert!(text(&link, "SELECT name FROM pragma_table_info('All') WHERE name = '__recno'").is_empty(), "the key numbers the rows");
}

#[test]
fn a_second_look_finds_nothing_to_do() {
    let classes = json!([
        class("Author", &[json!({ "name": "name", "kind": "storage", "type": "string", "indexKind": "btree", "not_null": true })]),
        class("Book", &[
            json!({ "name": "isbn", "kind": "storage", "type": "string", "unique": true }),
            json!({ "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author" }),
        ]),
        { "name": "Country", "attributes": [{ "name": "code", "kind": "storage", "type": "string", "primKey": true }] },
    ]);
    let mut link = database();
    let steps = migrate(&mut link.db, &model(classes.clone()), false).unwrap();
    assert!(steps.iter().all(|step| !step.destructive) && steps.len() >= 6, "{steps:#?}");
    assert_eq!(migrate(&mut link.db, &model(classes), false).unwrap(), []);
    assert_eq!(text(&link, "SELECT name FROM pragma_table_info('Country') WHERE pk"), ["__recno"]);
    assert_eq!(text(&link, "SELECT name FROM pragma_table_info('Book') WHERE name LIKE 'author%'"), ["author__fk"]);
}

#[test]
fn additions_are_applied_and_fill_in_their_defaults() {
    let mut link = database();
    migrate(&mut link.db, &model(json!([class("Book", &[])])), false).unwrap();
    link.db.execute_batch("INSERT INTO Book (__stamp, __timestamp) VALUES (3, 9), (1, 9); DELETE FROM Book WHERE ID = 2").unwrap();
    let wanted = model(json!([class(
        "Book",
        &[
            json!({ "name": "note", "kind": "storage", "type": "string" }),
            json!({ "name": "copies", "kind": "storage", "type": "long", "defaultValue": 1, "not_null": true }),
            json!({ "name": "price", "kind": "storage", "type": "number", "defaultValue": 5 }),
        ]
    )]));
    let plan = plan_migration(&link.db, &wanted).unwrap();
    let done = migrate(&mut link.db, &wanted, false).unwrap();
    assert_eq!(plan, done, "the dry run says what is done");
    assert_eq!(text(&link, "SELECT ID || note || copies || price || __stamp FROM Book"), ["(null)"]);
    assert_eq!(text(&link, "SELECT ID || '|' || copies || '|' || price || '|' || __stamp FROM Book"), ["1|1|5.0|3"]);
    link.db.execute_batch("INSERT INTO Book (copies, __stamp, __timestamp) VALUES (1, 1, 1)").unwrap();
    assert_eq!(text(&link, "SELECT CAST(max(ID) AS TEXT) FROM Book"), ["3"], "the number of a deleted row is not given again");
}

#[test]
fn removals_and_changes_of_type_are_refused_until_allowed() {
    let mut link = database();
    let full = model(json!([
        class(
            "Book",
            &[json!({ "name": "year", "kind": "storage", "type": "string" }), json!({ "name": "gone", "kind": "storage", "type": "long" })]
        ),
        class("Old", &[]),
    ]));
    migrate(&mut link.db, &full, false).unwrap();
    link.db.execute_batch("INSERT INTO Book (year, gone, __stamp, __timestamp) VALUES ('1999', 5, 1, 1)").unwrap();
    let wanted = model(json!([class("Book", &[json!({ "name": "year", "kind": "storage", "type": "long" })])]));
    let Err(SchemaError::Destructive(losses)) = migrate(&mut link.db, &wanted, false) else { panic!("not refused") };
    assert_eq!(losses.len(), 2, "{losses:?}");
    assert_eq!(text(&link, "SELECT year || gone FROM Book"), ["19995"], "nothing was changed");
    migrate(&mut link.db, &wanted, true).unwrap();
    assert_eq!(text(&link, "SELECT typeof(year) || year FROM Book"), ["integer1999"]);
    assert!(text(&link, "SELECT name FROM sqlite_master WHERE name = 'Old'").is_empty());
    assert_eq!(migrate(&mut link.db, &wanted, false).unwrap(), []);
}

#[test]
fn a_rename_keeps_its_data_by_match_column_and_match_table() {
    let mut link = database();
    migrate(&mut link.db, &model(json!([class("Book", &[json!({ "name": "name", "kind": "storage", "type": "string" })])])), false)
        .unwrap();
    link.db.execute_batch("INSERT INTO Book (name, __stamp, __timestamp) VALUES ('a', 1, 1)").unwrap();
    let mut renamed = class("Volume", &[json!({ "name": "title", "matchColumn": "name", "kind": "storage", "type": "string" })]);
    renamed["matchTable"] = "Book".into();
    assert_eq!(migrate(&mut link.db, &model(json!([renamed])), false).unwrap(), []);
}

#[test]
fn mandatory_comes_and_goes() {
    let with = |mandatory: bool| {
        model(json!([class("Book", &[json!({ "name": "t", "kind": "storage", "type": "string", "not_null": mandatory })])]))
    };
    let mut link = database();
    migrate(&mut link.db, &with(false), false).unwrap();
    link.db.execute_batch("INSERT INTO Book (t, __stamp, __timestamp) VALUES (NULL, 1, 1)").unwrap();
    assert!(matches!(migrate(&mut link.db, &with(true), false), Err(SchemaError::Impossible(_))));
    link.db.execute_batch("UPDATE Book SET t = 'x'").unwrap();
    migrate(&mut link.db, &with(true), false).unwrap();
    assert!(link.db.execute_batch("UPDATE Book SET t = NULL").is_err());
    migrate(&mut link.db, &with(false), false).unwrap();
    link.db.execute_batch("UPDATE Book SET t = NULL").unwrap();
}

#[test]
fn a_new_mandatory_attribute_needs_a_default_where_rows_are() {
    let mut link = database();
    migrate(&mut link.db, &model(json!([class("Book", &[])])), false).unwrap();
    let wanted = model(json!([class("Book", &[json!({ "name": "t", "kind": "storage", "type": "string", "not_null": true })])]));
    link.db.execute_batch("INSERT INTO Book (__stamp, __timestamp) VALUES (1, 1)").unwrap();
    assert!(matches!(migrate(&mut link.db, &wanted, false), Err(SchemaError::Impossible(_))));
    link.db.execute_batch("DELETE FROM Book").unwrap();
    migrate(&mut link.db, &wanted, false).unwrap();
}

#[test]
fn indexes_follow_the_model_and_foreign_ones_are_left_alone() {
    let with =
        |kind: &str| model(json!([class("Book", &[json!({ "name": "title", "kind": "storage", "type": "string", "indexKind": kind })])]));
    let mut link = database();
    migrate(&mut link.db, &with("btree"), false).unwrap();
    link.db.execute_batch("CREATE INDEX mine ON Book (title)").unwrap();
    assert_eq!(text(&link, "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY 1"), ["Book__title__ix", "mine"]);
    let plan: String =
        link.db.query_row("EXPLAIN QUERY PLAN SELECT ID FROM Book WHERE clv_fold(title) = 'a'", [], |row| row.get(3)).unwrap();
    assert!(plan.contains("Book__title__ix"), "{plan}");
    migrate(&mut link.db, &with("keywords"), false).unwrap();
    assert_eq!(text(&link, "SELECT name FROM sqlite_master WHERE type = 'index'"), ["mine"]);
}

#[test]
fn columns_that_differ_in_case_only_are_refused() {
    let storage = |name: &str| json!({ "name": name, "kind": "storage", "type": "string" });
    let mut link = database();
    let Err(SchemaError::Impossible(reasons)) = migrate(&mut link.db, &model(json!([class("A", &[storage("x"), storage("X")])])), false)
    else {
        panic!("not refused")
    };
    assert_eq!(reasons, ["A.X: another column has this name but for upper and lower case; give an attribute a matchColumn"]);
}
