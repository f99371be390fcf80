//! What is in an existing database, as a model and as a layout (settlement "Attached databases"). Only reads.
//!
//! One schema is the first: `public`, or the first that is named. Its tables are known by their names, those of others by `schema.table`
//! (`matchTable` in the model file); their dataclasses are named after the table too, or `schema_table` where an earlier table has
//! that name.

mod catalog;
mod column;
mod layout;

use std::collections::HashSet;

use claviger_model::attach::{ColumnInfo, ForeignKeyInfo, TableInfo, model_from_tables};
use claviger_model::{DateForm, Model, Problem};
use tokio_postgres::{Error, GenericClient};

pub use catalog::{ALL_SCHEMAS, Column, DEFAULT_SCHEMA, Database, ForeignKey, Identity, Table, TableKind, first_schema};
pub use column::TypeEntry;
pub use layout::attached_layout;

/// The model of an existing database with warnings about what it cannot show. `schemas` as for [`Database::read`]: empty for `public`,
/// with [`ALL_SCHEMAS`] for those not named.
pub async fn attach_model(client: &impl GenericClient, name: &str, schemas: &[String]) -> Result<(Model, Vec<Problem>), Error> {
    let database = Database::read(client, schemas).await?;
    let mut problems = Vec::new();
    let tables = describe(&database, first_schema(schemas), &mut problems);
    let (model, found) = model_from_tables(name, &tables);
    problems.extend(found);
    Ok((model, problems))
}

/// Name by which a model knows a table.
fn known_as(first: &str, schema: &str, table: &str) -> String {
    if schema == first { table.to_owned() } else { format!("{schema}.{table}") }
}

/// The tables in the words that every engine's are described in.
fn describe(database: &Database, first: &str, problems: &mut Vec<Problem>) -> Vec<TableInfo> {
    let mut known = HashSet::new();
    // As dataclasses, names that differ only in case are one.
    let mut classes = HashSet::new();
    let mut tables = Vec::with_capacity(database.tables.len());
    for table in &database.tables {
        let name = known_as(first, &table.schema, &table.name);
        if !table.is_readable {
            problems.push(Problem::warning(name, "no-privilege", "may not be read by the role of database.url: left out"));
            continue;
        }
        if !known.insert(name.clone()) {
            problems.push(Problem::warning(name, "same-name", "two tables are known by this name: the second is left out"));
            continue;
        }
        let mut class_name = table.name.clone();
        if !classes.insert(class_name.to_lowercase()) {
            class_name = format!("{}_{}", table.schema, table.name);
            classes.insert(class_name.to_lowercase());
        }
        tables.push(table_info(database, table, name, class_name, first, problems));
    }
    tables
}

fn table_info(database: &Database, table: &Table, name: String, class_name: String, first: &str, problems: &mut Vec<Problem>) -> TableInfo {
    let columns = table.columns.iter().map(|column| column_info(database, &name, column, problems)).collect();
    let foreign_keys = table.foreign_keys.iter().map(|key| ForeignKeyInfo {
        columns: key.columns.clone(),
        target: known_as(first, &key.target.0, &key.target.1),
        target_columns: key.target_columns.clone(),
        on_delete: key.on_delete,
    });
    let is_table = matches!(table.kind, TableKind::Table | TableKind::Partitioned);
    TableInfo {
        class_name: (class_name != name).then_some(class_name),
        is_view: !is_table,
        has_rowid: false,
        columns,
        primary_key: table.primary_key.clone(),
        foreign_keys: foreign_keys.collect(),
        unique: table.unique.clone(),
        indexed: table.indexed.clone(),
        row_writable: is_table,
        name,
    }
}

fn column_info(database: &Database, table: &str, column: &Column, problems: &mut Vec<Problem>) -> ColumnInfo {
    let resolved = column::resolve(&database.types, column.ty, column.modifier);
    if resolved.read_only {
        let message = format!("values of the type {} are shown as text and not written", column.declared);
        problems.push(Problem::warning(format!("{table}.{}", column.name), "read-only-type", message));
    }
    let is_numbered = column.identity != Identity::None;
    let domain_default = (resolved.has_default && !column.generated).then(|| "the domain's".to_owned());
    ColumnInfo {
        name: column.name.clone(),
        declared: column.declared.clone(),
        ty: Some(resolved.ty),
        read_only: resolved.read_only || column.identity == Identity::Always,
        not_null: column.not_null || resolved.not_null,
        default_sql: column.default_sql.clone().or(domain_default).or_else(|| is_numbered.then(|| "identity".to_owned())),
        generated: column.generated,
        date_form: Some(DateForm::Native),
        autoincrement: is_numbered,
    }
}
