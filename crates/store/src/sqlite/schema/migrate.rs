//! Migration of an owned database to its model (`data-model.md` 5.5).
//!
//! What is in the file is compared with what the model wants. New tables, columns and indexes are added at start; a changed column (type,
//! mandatory or not) means that the table is built anew and its rows are copied. An attribute or dataclass that is renamed keeps its data
//! when `matchColumn` or `matchTable` names the old one; otherwise the old one counts as removed. Removals and changes of type lose data
//! and are refused unless they are allowed.

use std::collections::HashMap;

use claviger_model::Model;
use rusqlite::{Connection, TransactionBehavior};

use crate::layout::{Dialect, quote, text_literal};
use crate::schema::tables::{ColumnDef, OWN_INDEXES, TableDef, tables};
use crate::schema::{SchemaError, Step};

/// A table as it is.
struct Existing {
    name: String,
    columns: Vec<ExistingColumn>,
    strict: bool,
}

struct ExistingColumn {
    name: String,
    declared: String,
    not_null: bool,
    is_key: bool,
}

/// What would have to be done; nothing is changed. Empty: the database fits the model.
pub fn plan_migration(connection: &Connection, model: &Model) -> Result<Vec<Step>, SchemaError> {
    let wanted = tables(model, Dialect::Sqlite, None);
    let existing = existing_tables(connection)?;
    let mut steps = Vec::new();
    let mut impossible: Vec<String> = wanted.iter().filter_map(same_columns).collect();
    for old in existing.values() {
        if !wanted.iter().any(|table| table.name.eq_ignore_ascii_case(&old.name)) {
            steps.push(Step {
                sql: format!("DROP TABLE {}", quote(&old.name)),
                reason: format!("table {} is in no dataclass", old.name),
                destructive: true,
            });
        }
    }
    let own_indexes = existing_indexes(connection)?;
    for table in &wanted {
        let mut rebuilt = true;
        match existing.get(&table.name.to_ascii_lowercase()) {
            None => steps.push(Step { sql: table.sql(), reason: format!("new table {}", table.name), destructive: false }),
            Some(old) => rebuilt = change_table(connection, table, old, &mut steps, &mut impossible)?,
        }
        // A table that is built anew loses its indexes with the old one.
        let there = own_indexes.get(&table.name.to_ascii_lowercase()).map_or(&[][..], Vec::as_slice);
        let kept: Vec<&(String, String)> = if rebuilt { Vec::new() } else { there.iter().collect() };
        for (name, sql) in &kept {
            if !table.indexes.iter().any(|index| index.name == *name && index.sql == *sql) {
                let reason = format!("index {name} is not wanted any more");
                steps.push(Step { sql: format!("DROP INDEX {}", quote(name)), reason, destructive: false });
            }
        }
        for index in &table.indexes {
            if !kept.iter().any(|(name, sql)| *name == index.name && *sql == index.sql) {
                steps.push(Step { sql: index.sql.clone(), reason: index.reason.clone(), destructive: false });
            }
        }
    }
    if impossible.is_empty() { Ok(steps) } else { Err(SchemaError::Impossible(impossible)) }
}

/// Two columns of a table whose names are one for SQLite.
fn same_columns(table: &TableDef) -> Option<String> {
    let is_same = |a: &ColumnDef, b: &ColumnDef| a.name.eq_ignore_ascii_case(&b.name);
    let mut columns = table.columns.iter().enumerate();
    let (_, twice) = columns.find(|(at, column)| table.columns[..*at].iter().any(|other| is_same(column, other)))?;
    Some(format!(
        "{}.{}: another column has this name but for upper and lower case; give an attribute a matchColumn",
        table.name, twice.name
    ))
}

/// Brings the database to the model, all or nothing. Returns what was done.
pub fn migrate(connection: &mut Connection, model: &Model, allow_destructive: bool) -> Result<Vec<Step>, SchemaError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let steps = plan_migration(&transaction, model)?;
    let losses: Vec<String> = steps.iter().filter(|step| step.destructive).map(|step| step.reason.clone()).collect();
    if !allow_destructive && !losses.is_empty() {
        return Err(SchemaError::Destructive(losses));
    }
    for step in &steps {
        tracing::info!(sql = step.sql, reason = step.reason, "migration");
        transaction.execute_batch(&step.sql)?;
    }
    transaction.commit()?;
    Ok(steps)
}

/// Adds what one table needs; true when it is built anew.
fn change_table(
    connection: &Connection,
    table: &TableDef,
    old: &Existing,
    steps: &mut Vec<Step>,
    impossible: &mut Vec<String>,
) -> Result<bool, SchemaError> {
    let mut reasons: Vec<(String, bool)> = Vec::new();
    let mut additions: Vec<Step> = Vec::new();
    let is_empty =
        !connection.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {})", quote(&old.name)), [], |row| row.get::<_, bool>(0))?;
    if !old.strict {
        reasons.push((format!("table {} is not STRICT", old.name), false));
    }
    for column in &table.columns {
        let Some(there) = old.column(&column.name) else {
            if column.is_rowid {
                reasons.push((format!("{}.{} numbers the rows", table.name, column.name), false));
            } else if column.not_null {
                if column.fill.is_none() && !is_empty {
                    impossible.push(format!(
                        "{}.{} is new and mandatory, but the table has rows: give it a defaultValue or let it be null",
                        table.name, column.name
                    ));
                }
                reasons.push((format!("new mandatory column {}.{}", table.name, column.name), false));
            } else {
                let sql = format!("ALTER TABLE {} ADD COLUMN {} {}", quote(&old.name), quote(&column.name), column.declared);
                additions.push(Step { sql, reason: format!("new column {}.{}", table.name, column.name), destructive: false });
                if let Some(fill) = &column.fill {
                    additions.push(Step {
                        sql: format!("UPDATE {} SET {} = {fill}", quote(&old.name), quote(&column.name)),
                        reason: format!("default of {}.{}", table.name, column.name),
                        destructive: false,
                    });
                }
            }
            continue;
        };
        if !there.declared.eq_ignore_ascii_case(column.declared) {
            reasons.push((
                format!("{}.{} changes from {} to {}", table.name, column.name, there.declared, column.declared),
                // An empty table has nothing to lose.
                !is_empty,
            ));
        }
        if there.is_key != column.is_rowid {
            reasons.push((format!("{}.{} numbers the rows: {}", table.name, column.name, column.is_rowid), false));
        } else if there.not_null != column.not_null && !column.is_rowid {
            if column.not_null && column.fill.is_none() && has_null(connection, old, column)? {
                impossible.push(format!("{}.{} becomes mandatory, but there are rows without value", table.name, column.name));
            }
            reasons.push((format!("{}.{} mandatory: {}", table.name, column.name, column.not_null), false));
        }
    }
    for column in &old.columns {
        if !table.columns.iter().any(|wanted| wanted.name.eq_ignore_ascii_case(&column.name)) {
            // A row number that the key replaces carries no data.
            let loss = !is_empty && column.name != crate::layout::RECNO;
            reasons.push((format!("column {}.{} belongs to no attribute", table.name, column.name), loss));
        }
    }
    if reasons.is_empty() {
        steps.append(&mut additions);
        return Ok(false);
    }
    rebuild(table, old, reasons, steps);
    Ok(true)
}

/// New table beside the old one, rows copied in their order, old one dropped.
fn rebuild(table: &TableDef, old: &Existing, reasons: Vec<(String, bool)>, steps: &mut Vec<Step>) {
    let destructive = reasons.iter().any(|(_, loss)| *loss);
    let reason = reasons.into_iter().map(|(reason, _)| reason).collect::<Vec<_>>().join(", ");
    let new = format!("__claviger_new_{}", table.name);
    let mut into = Vec::new();
    let mut from = Vec::new();
    for column in &table.columns {
        let value = match old.column(&column.name) {
            Some(there) => copy_expression(column, there),
            None => match &column.fill {
                Some(fill) => fill.clone(),
                None => continue,
            },
        };
        into.push(quote(&column.name));
        from.push(value);
    }
    let mut push = |sql: String, destructive: bool| steps.push(Step { sql, reason: reason.clone(), destructive });
    push(table.sql_as(&new), false);
    push(
        format!("INSERT INTO {} ({}) SELECT {} FROM {} ORDER BY rowid", quote(&new), into.join(", "), from.join(", "), quote(&old.name)),
        false,
    );
    // Numbers of deleted rows stay used.
    let (new_text, old_text) = (text_literal(&new), text_literal(&old.name));
    push(
        format!(
            "DELETE FROM sqlite_sequence WHERE name = {new_text} AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {old_text}); \
             INSERT INTO sqlite_sequence (name, seq) SELECT {new_text}, seq FROM sqlite_sequence WHERE name = {old_text}"
        ),
        false,
    );
    push(format!("DROP TABLE {}", quote(&old.name)), destructive);
    push(format!("ALTER TABLE {} RENAME TO {}", quote(&new), quote(&table.name)), false);
}

/// The old value in the new column: as it is, converted when the type changes, the default where null is not allowed any more.
fn copy_expression(column: &ColumnDef, there: &ExistingColumn) -> String {
    let mut value = quote(&there.name);
    if !there.declared.eq_ignore_ascii_case(column.declared) {
        value = format!("CAST({value} AS {})", column.declared);
    }
    match &column.fill {
        Some(fill) if column.not_null && !there.not_null => format!("coalesce({value}, {fill})"),
        _ => value,
    }
}

fn has_null(connection: &Connection, old: &Existing, column: &ColumnDef) -> rusqlite::Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {} IS NULL)", quote(&old.name), quote(&column.name));
    connection.query_row(&sql, [], |row| row.get(0))
}

impl Existing {
    fn column(&self, name: &str) -> Option<&ExistingColumn> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// Tables of the file by lower-case name; not SQLite's own.
fn existing_tables(connection: &Connection) -> rusqlite::Result<HashMap<String, Existing>> {
    let mut tables = HashMap::new();
    let mut list =
        connection.prepare("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name")?;
    let names: Vec<(String, bool)> = list.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (name, strict) in names {
        if name.starts_with("sqlite_") {
            continue;
        }
        let mut info = connection.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?1)")?;
        let columns = info
            .query_map([&name], |row| {
                Ok(ExistingColumn { name: row.get(0)?, declared: row.get(1)?, not_null: row.get(2)?, is_key: row.get::<_, i64>(3)? > 0 })
            })?
            .collect::<Result<_, _>>()?;
        tables.insert(name.to_ascii_lowercase(), Existing { name, columns, strict });
    }
    Ok(tables)
}

/// Our own indexes (name and text) by lower-case table name.
fn existing_indexes(connection: &Connection) -> rusqlite::Result<HashMap<String, Vec<(String, String)>>> {
    let mut indexes: HashMap<String, Vec<(String, String)>> = HashMap::new();
    let mut list = connection.prepare("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")?;
    let rows = list.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
    for row in rows {
        let (table, name, sql) = row?;
        if OWN_INDEXES.iter().any(|suffix| name.ends_with(suffix)) {
            indexes.entry(table.to_ascii_lowercase()).or_default().push((name, sql));
        }
    }
    Ok(indexes)
}
