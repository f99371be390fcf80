//! How the dataclasses of a model lie in an attached database.

use claviger_model::{Attribute, Dataclass, Key, Model};
use tokio_postgres::GenericClient;

use super::catalog::{ALL_SCHEMAS, Database, Identity, Table, TableKind, first_schema};
use super::{column, known_as};
use crate::layout::{AttachedStamps, ClassLayout, Dialect, Layout, StampSource};
use crate::postgres::types::PgType;
use crate::schema::SchemaError;

/// The layout of an attached database. `schemas` as for [`super::attach_model`]; tables of schemas that are not among them are found by
/// `schema.table` all the same. `functions` is the schema of the product's functions, `first_sight` the time at which the database was seen
/// first, in milliseconds.
///
/// A table, a column or a type that the model speaks of and the database has not is [`SchemaError::Impossible`], all of them at once.
pub async fn attached_layout(
    client: &impl GenericClient,
    model: &Model,
    schemas: &[String],
    functions: &'static str,
    stamps: AttachedStamps,
    first_sight: i64,
) -> Result<Layout, SchemaError> {
    let mut all = schemas.to_vec();
    all.push(ALL_SCHEMAS.to_owned());
    let database = Database::read(client, &all).await?;
    let first = first_schema(schemas);
    let mut missing = Vec::new();
    let mut classes = Vec::with_capacity(model.dataclasses().len());
    for class in model.dataclasses() {
        let found = database.tables.iter().find(|table| known_as(first, &table.schema, &table.name) == class.table.name);
        match found {
            Some(table) => classes.push(class_layout(&database, class, table, stamps, &mut missing)),
            None => missing.push(format!("{}: there is no table {}", class.name, class.table.name)),
        }
    }
    if !missing.is_empty() {
        return Err(SchemaError::Impossible(missing));
    }
    let has_foreign_tables = database.tables.iter().any(|table| table.kind == TableKind::Foreign);
    Ok(Layout::of_parts(Dialect::Postgres(functions), false, first_sight, classes).with_foreign_tables(has_foreign_tables))
}

fn class_layout(database: &Database, class: &Dataclass, table: &Table, stamps: AttachedStamps, missing: &mut Vec<String>) -> ClassLayout {
    let mut types = Vec::with_capacity(class.attributes.len());
    let mut stored = Vec::with_capacity(class.attributes.len());
    let mut content = Vec::new();
    for attribute in &class.attributes {
        let found = column_type(database, class, attribute, table, missing);
        if found.is_some()
            && let Some(storage) = attribute.storage().filter(|_| !attribute.implicit)
        {
            content.push(storage.column.clone());
        }
        let (ty, sql) = found.unzip();
        types.push(ty);
        stored.push(sql);
    }
    let key: Vec<String> = match &class.key {
        Key::Attributes(parts) => parts.iter().filter_map(|part| Some(class.attribute(*part).storage()?.column.clone())).collect(),
        Key::RowId => {
            missing.push(format!("{}: rows of PostgreSQL have no rowid; name the key, or none", class.name));
            Vec::new()
        }
        Key::None => Vec::new(),
    };
    let is_numbered = |name: &String| table.columns.iter().any(|column| column.name == *name && column.identity != Identity::None);
    ClassLayout {
        schema: Some(table.schema.clone()),
        table: table.name.clone(),
        types,
        stored,
        key_is_rowid: key.len() == 1 && is_numbered(&key[0]),
        order: if key.is_empty() { place_of_rows(table.kind) } else { key.clone() },
        stamps: match stamps {
            _ if key.is_empty() => StampSource::Constant,
            AttachedStamps::Side => StampSource::Side,
            AttachedStamps::Hash => StampSource::Hash,
        },
        key,
        content,
    }
}

/// Where a row lies: the only order that a table without key has. It holds as long as nobody writes.
fn place_of_rows(kind: TableKind) -> Vec<String> {
    let names: &[&str] = match kind {
        TableKind::Table | TableKind::Materialized => &["ctid"],
        TableKind::Partitioned => &["tableoid", "ctid"],
        TableKind::View | TableKind::Foreign => &[],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// How an attribute's column is read, and the SQL of its type.
fn column_type(
    database: &Database,
    class: &Dataclass,
    attribute: &Attribute,
    table: &Table,
    missing: &mut Vec<String>,
) -> Option<(PgType, String)> {
    let storage = attribute.storage()?;
    let at = format!("{}.{}", class.name, attribute.name);
    let Some(column) = table.columns.iter().find(|column| column.name == storage.column) else {
        missing.push(format!("{at}: the table {} has no column {}", table.name, storage.column));
        return None;
    };
    let resolved = column::resolve(&database.types, column.ty, column.modifier);
    let Some(ty) = column::served_as(resolved.pg, storage.value_type()) else {
        let message = format!("{at}: the column {} is {}, which is no {}", storage.column, column.declared, storage.ty.name());
        missing.push(message);
        return None;
    };
    Some((ty, resolved.sql))
}
