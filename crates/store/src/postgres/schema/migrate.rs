//! Migration of an owned database to its model (`data-model.md` 5.5), by the rules of [`crate::sqlite::schema::migrate`]. The server alters
//! tables in place; names count as the same also when they differ in ASCII case only, and are then written as the model has them.

use std::collections::HashMap;

use claviger_model::Model;
use tokio_postgres::{Client, Error, GenericClient, IsolationLevel};

use super::change::{Change, place_of};
use super::{SchemaError, Step};
use crate::layout::{Dialect, quote, text_literal};
use crate::postgres::functions::{self, LOCK, Letters};
use crate::postgres::introspect::{Database, Table, TableKind};
use crate::postgres::stamps::SCHEMA;
use crate::schema::tables::{IndexDef, LONGEST_NAME, OWN_INDEXES, TableDef, tables};

/// What would have to be done; nothing is changed. Empty: the database fits the model.
pub async fn plan_migration(client: &impl GenericClient, model: &Model, schema: &str) -> Result<Vec<Step>, SchemaError> {
    let wanted = tables(model, Dialect::Postgres(SCHEMA), Some(schema));
    let mut impossible = too_long(&wanted);
    let database = Database::read(client, &[schema.to_owned()]).await?;
    let is_table = |table: &&Table| matches!(table.kind, TableKind::Table | TableKind::Partitioned);
    let existing: Vec<&Table> = database.tables.iter().filter(is_table).collect();
    let (functions, marker) = functions_step(client).await?;
    let mut steps: Vec<Step> = functions.into_iter().collect();
    let is_there = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
    if !client.query_one(is_there, &[&schema]).await?.get::<_, bool>(0) {
        steps.push(Step { sql: format!("CREATE SCHEMA {}", quote(schema)), reason: format!("new schema {schema}"), destructive: false });
    }
    for old in &existing {
        if !wanted.iter().any(|table| there(&wanted, &existing, &table.name).is_some_and(|found| found.name == old.name)) {
            let reason = format!("table {} is in no dataclass", old.name);
            steps.push(Step { sql: format!("DROP TABLE {}", place_of(old)), reason, destructive: true });
        }
    }
    let own_indexes = existing_indexes(client, schema).await?;
    for table in &wanted {
        let Some(old) = there(&wanted, &existing, &table.name) else {
            steps.push(Step { sql: table.sql(), reason: format!("new table {}", table.name), destructive: false });
            steps.extend(table.indexes.iter().map(|index| make_index(index, &marker)));
            continue;
        };
        let kept = own_indexes.get(&old.name).map_or(&[][..], Vec::as_slice);
        let is_as_wanted =
            |index: &IndexDef| kept.iter().any(|(name, comment)| *name == index.name && *comment == Some(comment_of(index, &marker)));
        // Before the columns change: an index over an expression would not fit another type.
        for (name, comment) in kept {
            if !table.indexes.iter().any(|index| index.name == *name && *comment == Some(comment_of(index, &marker))) {
                let reason = format!("index {name} is not wanted any more");
                steps.push(Step { sql: format!("DROP INDEX {}.{}", quote(schema), quote(name)), reason, destructive: false });
            }
        }
        let mut change = Change::plan(client, table, old).await?;
        steps.append(&mut change.steps);
        impossible.append(&mut change.impossible);
        steps.extend(table.indexes.iter().filter(|index| !is_as_wanted(index)).map(|index| make_index(index, &marker)));
    }
    if impossible.is_empty() { Ok(steps) } else { Err(SchemaError::Impossible(impossible)) }
}

/// Brings the database to the model, all or nothing, under a lock that other servers wait for. Returns what was done.
pub async fn migrate(client: &mut Client, model: &Model, schema: &str, allow_destructive: bool) -> Result<Vec<Step>, SchemaError> {
    // Read committed: what another server did while this one waited for the lock is seen.
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
    transaction.batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let steps = plan_migration(&transaction, model, schema).await?;
    let losses: Vec<String> = steps.iter().filter(|step| step.destructive).map(|step| step.reason.clone()).collect();
    if !allow_destructive && !losses.is_empty() {
        return Err(SchemaError::Destructive(losses));
    }
    for step in &steps {
        tracing::info!(sql = step.sql, reason = step.reason, "migration");
        transaction.batch_execute(&step.sql).await.map_err(|error| refused(step, error))?;
    }
    transaction.commit().await?;
    Ok(steps)
}

/// Values that have none in the new type, or break a new rule, are not the server's failure.
fn refused(step: &Step, error: Error) -> SchemaError {
    match error.as_db_error() {
        Some(cause) if ["22", "23"].iter().any(|class| cause.code().code().starts_with(class)) => {
            let detail = cause.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
            SchemaError::Impossible(vec![format!("{}: {}{detail}", step.reason, cause.message())])
        }
        _ => error.into(),
    }
}

/// Makes the product's functions, unless those or newer ones are there; with the marker of those that are then in force.
pub(in crate::postgres) async fn functions_step(client: &impl GenericClient) -> Result<(Option<Step>, String), Error> {
    let letters = Letters::of_server(client).await?;
    let kept = functions::look(client, SCHEMA, &letters).await?;
    let step = kept.missing.map(|sql| Step {
        sql: format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA};\n{sql}"),
        reason: "functions of the product".to_owned(),
        destructive: false,
    });
    Ok((step, kept.marker))
}

/// The table that a name means: the one with that name, else one that differs in case only and that no dataclass wants.
fn there<'a>(wanted: &[TableDef], existing: &[&'a Table], name: &str) -> Option<&'a Table> {
    let exact = existing.iter().find(|table| table.name == name);
    let is_free = |table: &&&Table| !wanted.iter().any(|wanted| wanted.name == table.name);
    exact.or_else(|| existing.iter().filter(is_free).find(|table| table.name.eq_ignore_ascii_case(name))).copied()
}

/// Names that the server would cut.
fn too_long(wanted: &[TableDef]) -> Vec<String> {
    let mut names = Vec::new();
    for table in wanted {
        if table.name.len() > LONGEST_NAME {
            names.push(format!("the name of table {} has more than {LONGEST_NAME} bytes: give the dataclass a matchTable", table.name));
        }
        for column in table.columns.iter().filter(|column| column.name.len() > LONGEST_NAME) {
            names.push(format!(
                "the name of column {}.{} has more than {LONGEST_NAME} bytes: give the attribute a matchColumn",
                table.name, column.name
            ));
        }
    }
    names
}

/// What an index was made by: the server prints definitions in words of its own. One over the fold belongs to the functions with a marker.
fn comment_of(index: &IndexDef, marker: &str) -> String {
    if index.sql.contains("clv_fold") { format!("{} -- {marker}", index.sql) } else { index.sql.clone() }
}

fn make_index(index: &IndexDef, marker: &str) -> Step {
    let name = index.schema.iter().map(|schema| quote(schema) + ".").collect::<String>() + &quote(&index.name);
    let sql = format!("{}; COMMENT ON INDEX {name} IS {}", index.sql, text_literal(&comment_of(index, marker)));
    Step { sql, reason: index.reason.clone(), destructive: false }
}

/// Our own indexes (name and comment) by the name of their table.
async fn existing_indexes(client: &impl GenericClient, schema: &str) -> Result<HashMap<String, Vec<(String, Option<String>)>>, Error> {
    let sql = "SELECT t.relname::text, x.relname::text, obj_description(x.oid, 'pg_class') FROM pg_index AS i
               JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
               JOIN pg_namespace AS n ON n.oid = t.relnamespace
               WHERE n.nspname = $1 ORDER BY x.oid";
    let mut indexes: HashMap<String, Vec<(String, Option<String>)>> = HashMap::new();
    for row in client.query(sql, &[&schema]).await? {
        let name: String = row.get(1);
        if OWN_INDEXES.iter().any(|suffix| name.ends_with(suffix)) {
            indexes.entry(row.get(0)).or_default().push((name, row.get(2)));
        }
    }
    Ok(indexes)
}
