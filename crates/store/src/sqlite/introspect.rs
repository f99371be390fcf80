//! What is in an existing database: tables, views, keys, foreign keys, indexes (settlement "Attached databases").
//!
//! Only reads. Virtual tables, SQLite's own tables and tables with the names of our side file's are left out: the latter would be
//! mistaken for each other.

use std::collections::HashMap;
use std::path::Path;

use claviger_model::attach::{ColumnInfo, ForeignKeyInfo, TableInfo, model_from_tables};
use claviger_model::{DateForm, Integrity, Model, Problem};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::connection::Link;
use crate::layout::{AttachedStamps, Layout, quote};

/// Rows looked at to find out how a column holds dates.
const SAMPLE: usize = 64;

/// The model of an existing database file, which is opened read-only.
pub fn attach_model(path: &Path, name: &str) -> rusqlite::Result<(Model, Vec<Problem>)> {
    let link = Link::new(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)?;
    let tables = introspect(&link.db, "main")?;
    Ok(model_from_tables(name, &tables))
}

/// Tables and views of a schema of the connection, in the order of their making.
pub fn introspect(connection: &Connection, schema: &str) -> rusqlite::Result<Vec<TableInfo>> {
    let found = list(connection, schema)?;
    found.iter().map(|table| describe(connection, schema, table)).collect()
}

/// How the dataclasses of a model lie in an attached database.
pub fn attached_layout(
    connection: &Connection,
    schema: &str,
    model: &Model,
    stamps: AttachedStamps,
    first_sight: i64,
) -> rusqlite::Result<Layout> {
    let mut tables = HashMap::new();
    for table in list(connection, schema)? {
        let alias = if table.has_rowid { rowid_alias(connection, schema, &table.name)? } else { None };
        tables.insert(table.name.to_ascii_lowercase(), (table.has_rowid, alias));
    }
    let find = |name: &str| tables.get(&name.to_ascii_lowercase());
    Ok(Layout::attached(
        model,
        stamps,
        first_sight,
        |name| find(name).is_some_and(|(has_rowid, _)| *has_rowid),
        |name| find(name).and_then(|(_, alias)| alias.clone()),
    ))
}

struct Listed {
    name: String,
    is_view: bool,
    has_rowid: bool,
}

fn list(connection: &Connection, schema: &str) -> rusqlite::Result<Vec<Listed>> {
    // The schema table alone knows the order of making; the pragma knows what is virtual, shadow or without rowid.
    let sql = format!(
        "SELECT l.name, l.type, l.wr FROM pragma_table_list AS l JOIN {}.sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view') \
         WHERE l.schema = ?1 AND l.type IN ('table', 'view') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND l.name NOT LIKE '\\_\\_claviger\\_%' ESCAPE '\\' ORDER BY s.rowid",
        quote(schema)
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([schema], |row| {
        let is_view = row.get::<_, String>(1)? == "view";
        Ok(Listed { name: row.get(0)?, is_view, has_rowid: !is_view && !row.get::<_, bool>(2)? })
    })?;
    rows.collect()
}

fn describe(connection: &Connection, schema: &str, table: &Listed) -> rusqlite::Result<TableInfo> {
    let alias = if table.has_rowid { rowid_alias(connection, schema, &table.name)? } else { None };
    let mut columns = Vec::new();
    let mut key: Vec<(i64, String)> = Vec::new();
    {
        let mut info =
            connection.prepare("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, ?2) ORDER BY cid")?;
        let mut rows = info.query([table.name.as_str(), schema])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let hidden: i64 = row.get(5)?;
            if hidden == 1 {
                continue;
            }
            if row.get::<_, i64>(4)? > 0 {
                key.push((row.get(4)?, name.clone()));
            }
            let declared: String = row.get::<_, Option<String>>(1)?.unwrap_or_default();
            columns.push(ColumnInfo {
                ty: None,
                read_only: false,
                date_form: None,
                not_null: row.get(2)?,
                default_sql: row.get(3)?,
                generated: hidden > 1,
                autoincrement: alias.as_deref() == Some(name.as_str()),
                name,
                declared,
            });
        }
    }
    for column in &mut columns {
        if holds_dates(&column.declared) {
            column.date_form = Some(sample_dates(connection, schema, &table.name, &column.name)?);
        }
    }
    key.sort();
    let (unique, indexed) = indexes(connection, schema, &table.name)?;
    Ok(TableInfo {
        name: table.name.clone(),
        class_name: None,
        is_view: table.is_view,
        has_rowid: table.has_rowid,
        columns,
        primary_key: key.into_iter().map(|(_, name)| name).collect(),
        foreign_keys: foreign_keys(connection, schema, &table.name)?,
        unique,
        indexed,
        row_writable: !table.is_view,
    })
}

/// The column that is another name of the rowid: an `INTEGER PRIMARY KEY`. Any other primary key has an index of its own.
fn rowid_alias(connection: &Connection, schema: &str, table: &str) -> rusqlite::Result<Option<String>> {
    let mut info = connection.prepare("SELECT name, type FROM pragma_table_xinfo(?1, ?2) WHERE pk > 0")?;
    let parts: Vec<(String, String)> = info.query_map([table, schema], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let [(name, declared)] = parts.as_slice() else { return Ok(None) };
    if !declared.eq_ignore_ascii_case("INTEGER") {
        return Ok(None);
    }
    let mut own = connection.prepare("SELECT 1 FROM pragma_index_list(?1, ?2) WHERE origin = 'pk'")?;
    Ok((!own.exists([table, schema])?).then(|| name.clone()))
}

/// Unique column sets, and columns that an index begins with.
fn indexes(connection: &Connection, schema: &str, table: &str) -> rusqlite::Result<(Vec<Vec<String>>, Vec<String>)> {
    let mut list = connection.prepare("SELECT name, \"unique\", partial FROM pragma_index_list(?1, ?2) ORDER BY seq DESC")?;
    let found: Vec<(String, bool, bool)> =
        list.query_map([table, schema], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
    let (mut unique, mut indexed) = (Vec::new(), Vec::<String>::new());
    for (index, is_unique, is_partial) in found {
        let mut info = connection.prepare("SELECT name FROM pragma_index_info(?1, ?2) ORDER BY seqno")?;
        let columns: Vec<Option<String>> = info.query_map([index.as_str(), schema], |row| row.get(0))?.collect::<Result<_, _>>()?;
        if let Some(Some(first)) = columns.first()
            && !is_partial
            && !indexed.contains(first)
        {
            indexed.push(first.clone());
        }
        // An index over an expression names no column; a partial one says nothing of the whole table.
        if let (true, false, Some(columns)) = (is_unique, is_partial, columns.into_iter().collect::<Option<Vec<String>>>()) {
            unique.push(columns);
        }
    }
    Ok((unique, indexed))
}

fn foreign_keys(connection: &Connection, schema: &str, table: &str) -> rusqlite::Result<Vec<ForeignKeyInfo>> {
    let sql = "SELECT id, \"table\", \"from\", \"to\", on_delete FROM pragma_foreign_key_list(?1, ?2) ORDER BY id DESC, seq";
    let mut list = connection.prepare(sql)?;
    let mut rows = list.query([table, schema])?;
    let mut keys: Vec<(i64, ForeignKeyInfo)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if keys.last().is_none_or(|(last, _)| *last != id) {
            let on_delete = match row.get::<_, String>(4)?.as_str() {
                "CASCADE" => Integrity::Cascade,
                "SET NULL" => Integrity::SetNull,
                "RESTRICT" | "NO ACTION" => Integrity::Reject,
                _ => Integrity::None,
            };
            keys.push((id, ForeignKeyInfo { columns: Vec::new(), target: row.get(1)?, target_columns: Vec::new(), on_delete }));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.columns.push(row.get(2)?);
            if let Some(to) = row.get::<_, Option<String>>(3)? {
                key.target_columns.push(to);
            }
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

fn holds_dates(declared: &str) -> bool {
    let declared = declared.to_ascii_uppercase();
    declared.contains("DATE") || declared.contains("TIMESTAMP")
}

/// How a column holds dates: what most of some rows show; text where there are none, as SQLite's own functions write them.
fn sample_dates(connection: &Connection, schema: &str, table: &str, column: &str) -> rusqlite::Result<DateForm> {
    let column = quote(column);
    let sql = format!("SELECT {column} FROM {}.{} WHERE {column} IS NOT NULL LIMIT {SAMPLE}", quote(schema), quote(table));
    // A view may be broken; that is no reason to refuse the whole database.
    let Ok(mut statement) = connection.prepare(&sql) else { return Ok(DateForm::Text) };
    let mut votes = [(DateForm::Text, 0_usize), (DateForm::Seconds, 0), (DateForm::Milliseconds, 0), (DateForm::Julian, 0)];
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let form = match row.get_ref(0)? {
            ValueRef::Text(_) | ValueRef::Blob(_) | ValueRef::Null => 0,
            // In seconds that would be the year 5138.
            ValueRef::Integer(number) if number.abs() >= 100_000_000_000 => 2,
            ValueRef::Integer(_) => 1,
            // Julian days between the years -1975 and 11716.
            ValueRef::Real(number) if (1_000_000.0..6_000_000.0).contains(&number) => 3,
            ValueRef::Real(number) if number.abs() >= 1e11 => 2,
            ValueRef::Real(_) => 1,
        };
        votes[form].1 += 1;
    }
    let best = votes.iter().rev().max_by_key(|(_, count)| *count).map_or(DateForm::Text, |(form, _)| *form);
    Ok(if votes.iter().all(|(_, count)| *count == 0) { DateForm::Text } else { best })
}
