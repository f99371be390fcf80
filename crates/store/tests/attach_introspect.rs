//! An existing database is described without altering a byte of it (settlement "Attached databases").
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use claviger_model::attach::{ForeignKeyInfo, TableInfo};
use claviger_model::{DateForm, Integrity, Key, StorageType};
use claviger_store::layout::{AttachedStamps, StampSource};
use claviger_store::sqlite::introspect::{attach_model, attached_layout, introspect};
use rusqlite::Connection;

const SCHEMA: &str = r#"
    CREATE TABLE "odd name" ("the key" INTEGER PRIMARY KEY, "sel""ect" TEXT COLLATE NOCASE, full TEXT GENERATED ALWAYS AS ("sel""ect" || '!') STORED,
        short TEXT AS (substr("sel""ect", 1, 1)) VIRTUAL, born DATE, seen DATETIME, logged TIMESTAMP, moved DATETIME, price NUMERIC(10,2) DEFAULT 5);
    INSERT INTO "odd name" ("sel""ect", born, seen, logged, moved) VALUES ('a', '2001-02-03', 1709138400, 1709138400123, 2460369.5);
    CREATE TABLE pair (a INTEGER NOT NULL, b TEXT NOT NULL, note TEXT UNIQUE, PRIMARY KEY (b, a)) WITHOUT ROWID;
    CREATE TABLE loose (x, y TEXT);
    CREATE TABLE strict_one (id INT PRIMARY KEY, v TEXT NOT NULL) STRICT;
    CREATE TABLE child (id INTEGER PRIMARY KEY, odd INTEGER REFERENCES "odd name" ON DELETE CASCADE, pa INTEGER, pb TEXT,
        parent INTEGER REFERENCES child(id) ON DELETE SET NULL, FOREIGN KEY (pb, pa) REFERENCES pair(b, a));
    CREATE INDEX child_odd ON child(odd);
    CREATE UNIQUE INDEX partly ON child(parent) WHERE parent > 5;
    CREATE UNIQUE INDEX expressed ON child(lower(pb));
    CREATE VIEW seen_child AS SELECT id, odd FROM child;
    CREATE VIRTUAL TABLE words USING fts5(body);
"#;

fn sample() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample.db");
    Connection::open(&path).unwrap().execute_batch(SCHEMA).unwrap();
    (folder, path)
}

fn tables(path: &Path) -> Vec<TableInfo> {
    introspect(&Connection::open(path).unwrap(), "main").unwrap()
}

fn table<'a>(tables: &'a [TableInfo], name: &str) -> &'a TableInfo {
    tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

#[test]
fn tables_and_views_are_listed_in_order_without_virtual_ones() {
    let (_folder, path) = sample();
    let names: Vec<String> = tables(&path).into_iter().map(|table| table.name).collect();
    assert_eq!(names, ["odd name", "pair", "loose", "strict_one", "child", "seen_child"]);
}

#[test]
fn columns_keys_and_indexes() {
    let (_folder, path) = sample();
    let tables = tables(&path);
    let odd = table(&tables, "odd name");
    assert_eq!(odd.primary_key, ["the key"]);
    assert!(odd.columns[0].autoincrement && odd.has_rowid && odd.row_writable);
    let names: Vec<&str> = odd.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["the key", "sel\"ect", "full", "short", "born", "seen", "logged", "moved", "price"]);
    assert!(odd.columns[2].generated && odd.columns[3].generated && !odd.columns[1].generated);
    assert_eq!(odd.columns[8].default_sql.as_deref(), Some("5"));
    let forms: Vec<_> = odd.columns[4..8].iter().map(|column| column.date_form.unwrap()).collect();
    assert_eq!(forms, [DateForm::Text, DateForm::Seconds, DateForm::Milliseconds, DateForm::Julian]);

    let pair = table(&tables, "pair");
    assert_eq!(pair.primary_key, ["b", "a"]);
    assert!(!pair.has_rowid);
    assert_eq!(pair.unique, [vec!["note".to_owned()], vec!["b".to_owned(), "a".to_owned()]]);
    assert!(!table(&tables, "strict_one").columns[0].autoincrement, "INT is no alias of the rowid");
    assert!(table(&tables, "loose").primary_key.is_empty() && table(&tables, "loose").has_rowid);
    let view = table(&tables, "seen_child");
    assert!(view.is_view && !view.has_rowid && !view.row_writable);
    assert_eq!(table(&tables, "child").unique, Vec::<Vec<String>>::new(), "partial and expression indexes say nothing of a column");
    assert_eq!(table(&tables, "child").indexed, ["odd"]);
}

#[test]
fn foreign_keys_with_and_without_target_columns() {
    let (_folder, path) = sample();
    let tables = tables(&path);
    let key = |columns: &[&str], target: &str, to: &[&str], on_delete| ForeignKeyInfo {
        columns: columns.iter().map(|&c| c.into()).collect(),
        target: target.into(),
        target_columns: to.iter().map(|&c| c.into()).collect(),
        on_delete,
    };
    assert_eq!(
        table(&tables, "child").foreign_keys,
        [
            key(&["odd"], "odd name", &[], Integrity::Cascade),
            key(&["parent"], "child", &["id"], Integrity::SetNull),
            key(&["pb", "pa"], "pair", &["b", "a"], Integrity::Reject),
        ]
    );
}

#[test]
fn the_layout_knows_rowids() {
    let (_folder, path) = sample();
    let (model, _) = attach_model(&path, "sample").unwrap();
    let connection = Connection::open(&path).unwrap();
    let layout = attached_layout(&connection, "main", &model, AttachedStamps::Side, 77).unwrap();
    let of = |table: &str| {
        let class = model.dataclasses().iter().find(|class| class.table.name == table).unwrap();
        (class.key.clone(), layout.class(class.id).clone())
    };
    let (_, odd) = of("odd name");
    assert!(odd.key_is_rowid && odd.order == ["the key"] && odd.stamps == StampSource::Side);
    let (_, pair) = of("pair");
    assert!(!pair.key_is_rowid && pair.key == ["b", "a"] && pair.order == ["b", "a"]);
    let (key, loose) = of("loose");
    assert!(key == Key::RowId && loose.key == ["rowid"] && loose.key_is_rowid);
    let (_, strict) = of("strict_one");
    assert!(!strict.key_is_rowid && strict.order == ["rowid"]);
    let (key, view) = of("seen_child");
    assert!(key == Key::None && view.order.is_empty() && view.stamps == StampSource::Constant);
}

#[test]
fn not_a_byte_is_altered() {
    let (folder, path) = sample();
    let before = std::fs::read(&path).unwrap();
    let (model, _) = attach_model(&path, "sample").unwrap();
    assert_eq!(model.dataclasses().len(), 6);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["sample.db"], "no other file appeared beside it");
}

#[test]
fn a_wal_database_keeps_its_journal_mode() {
    let (_folder, path) = sample();
    Connection::open(&path).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
    let before = std::fs::read(&path).unwrap();
    attach_model(&path, "sample").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn chinook() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/chinook.sqlite");
    if !path.exists() {
        println!("skipped: the sample database is not beside the repository");
        return;
    }
    let (model, _) = attach_model(&path, "chinook").unwrap();
    assert_eq!(model.dataclasses().len(), 11);
    assert_eq!(model.find("PlaylistTrack").unwrap().key_attributes().len(), 2);
    let track = model.find("Track").unwrap();
    assert_eq!(track.find("UnitPrice").unwrap().storage().unwrap().decimal, Some((10, 2)));
    assert_eq!(model.find("Invoice").unwrap().find("InvoiceDate").unwrap().storage().unwrap().ty, StorageType::Date);
}
