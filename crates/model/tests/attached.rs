//! A model made from tables is written in full, and what is read back from the file is the same model.

#![allow(clippy::unwrap_used, missing_docs)]

use claviger_model::diff::differences;
use claviger_model::{ColumnInfo, DateForm, ForeignKeyInfo, Integrity, Model, TableInfo, model_from_tables};
use proptest::prelude::*;

/// Everything of a model, as text: look-ups by name are left out, they follow from the rest.
fn picture(model: &Model) -> String {
    let mut text = format!("{} {}\n", model.name, model.uuid);
    for class in model.dataclasses() {
        text.push_str(&format!(
            "{:?} {} {} {} {} {} {} {} {:?} {:?}\n",
            class.id,
            class.name,
            class.class_name,
            class.collection_name,
            class.exposed,
            class.uuid,
            class.default_top_size,
            class.table_number,
            class.table,
            class.key
        ));
        for attribute in &class.attributes {
            text.push_str(&format!("  {attribute:?}\n"));
        }
    }
    text
}

fn assert_reads_back(tables: &[TableInfo]) -> Model {
    let (made, _) = model_from_tables("shop", tables);
    let (read, problems) = Model::from_json(&made.to_json(), "shop").unwrap_or_else(|problems| panic!("{problems:?}\n{}", made.to_json()));
    // Tables may well refer to columns of another type; that is worth a warning, not more.
    assert!(problems.iter().all(|problem| problem.code == "foreign-key" && !problem.is_error()), "{problems:?}");
    assert_eq!(picture(&read), picture(&made));
    assert_eq!(differences(&made, &read), []);
    made
}

fn column(name: &str, declared: &str) -> ColumnInfo {
    ColumnInfo { name: name.into(), declared: declared.into(), ..ColumnInfo::default() }
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn shop() -> Vec<TableInfo> {
    let table = TableInfo { has_rowid: true, row_writable: true, ..TableInfo::default() };
    vec![
        TableInfo {
            name: "Playlist Track".into(),
            has_rowid: false,
            columns: vec![column("PlaylistId", "INTEGER"), column("TrackId", "INTEGER")],
            primary_key: texts(&["PlaylistId", "TrackId"]),
            foreign_keys: vec![ForeignKeyInfo {
                columns: texts(&["TrackId"]),
                target: "Track".into(),
                target_columns: texts(&["TrackId"]),
                on_delete: Integrity::Cascade,
            }],
            ..table.clone()
        },
        TableInfo {
            name: "Track".into(),
            columns: vec![
                column("TrackId", "INTEGER"),
                ColumnInfo { not_null: true, default_sql: Some("'?'".into()), ..column("Name", "NVARCHAR(200)") },
                column("UnitPrice", "NUMERIC(10,2)"),
                ColumnInfo { date_form: Some(DateForm::Julian), ..column("AddedAt", "DATETIME") },
                ColumnInfo { generated: true, ..column("upper name", "TEXT") },
                column("Cover", "BLOB"),
                column("code", "TEXT"),
                column("other", "TEXT"),
            ],
            primary_key: texts(&["TrackId"]),
            unique: vec![texts(&["code"])],
            indexed: texts(&["UnitPrice"]),
            foreign_keys: vec![ForeignKeyInfo {
                columns: texts(&["other"]),
                target: "Track".into(),
                target_columns: texts(&["code"]),
                on_delete: Integrity::None,
            }],
            ..table.clone()
        },
        TableInfo { name: "log".into(), columns: vec![column("2nd", "")], ..table.clone() },
        TableInfo {
            name: "sales".into(),
            is_view: true,
            has_rowid: false,
            row_writable: false,
            columns: vec![column("total", "REAL"), column("at", "DATE")],
            ..table
        },
    ]
}

#[test]
fn a_shop_reads_back() {
    let model = assert_reads_back(&shop());
    let file = model.to_json();
    for expected in ["\"matchTable\": \"Playlist Track\"", "\"matchColumn\": \"upper name\"", "\"targetKey\": \"code\"", "\"rowid\": true"]
    {
        assert!(file.contains(expected), "{expected} in {file}");
    }
}

#[test]
fn a_name_changed_in_the_file_keeps_its_column() {
    let (made, _) = model_from_tables("shop", &shop());
    let file = made.to_json().replace("\"name\": \"UnitPrice\"", "\"name\": \"price\"");
    let (read, _) = Model::from_json(&file, "shop").unwrap();
    assert_eq!(read.find("Track").unwrap().find("price").unwrap().storage().unwrap().column, "UnitPrice");
    assert_eq!(differences(&made, &read).len(), 2);
}

fn any_table(index: usize) -> impl Strategy<Value = TableInfo> {
    let declared =
        prop::sample::select(vec!["INTEGER", "TEXT", "NUMERIC(8,3)", "DATE", "DATETIME", "BLOB", "BOOLEAN", "JSON", "TIME", "REAL", ""]);
    let columns = prop::collection::vec(("[a-zA-Z0-9_ é-]{1,4}", declared, any::<bool>(), any::<bool>()), 1..6);
    let links = prop::collection::vec((0usize..6, 0usize..4), 0..4);
    (columns, 0usize..3, links, any::<bool>(), any::<bool>()).prop_map(move |(columns, keys, links, is_view, has_rowid)| {
        // Column names of a table are unique without regard to case.
        let mut unique: Vec<ColumnInfo> = Vec::new();
        for (name, declared, not_null, has_default) in columns {
            if !unique.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
                let default_sql = has_default.then(|| "0".to_owned());
                unique.push(ColumnInfo { not_null, default_sql, ..column(&name, declared) });
            }
        }
        let names: Vec<String> = unique.iter().map(|column| column.name.clone()).collect();
        TableInfo {
            name: format!("t {index}"),
            is_view,
            has_rowid: has_rowid && !is_view,
            row_writable: !is_view,
            primary_key: if is_view { Vec::new() } else { names.iter().take(keys).cloned().collect() },
            foreign_keys: links
                .into_iter()
                .map(|(from, to)| ForeignKeyInfo {
                    columns: vec![names[from % names.len()].clone()],
                    target: format!("t {to}"),
                    ..ForeignKeyInfo::default()
                })
                .collect(),
            columns: unique,
            ..TableInfo::default()
        }
    })
}

proptest! {
    #[test]
    fn any_tables_read_back(tables in (any_table(0), any_table(1), any_table(2)).prop_map(|(a, b, c)| [a, b, c])) {
        assert_reads_back(&tables);
    }
}
