//! Stamps of attached databases (settlement "Attached databases"): the table of the schema `claviger` that remembers, per entity saved
//! through the API, stamp, time and a hash of the row. It lies in the database itself, so that row and stamp are one transaction.
//!
//! The rows are those of [`crate::sqlite::stamps`] and are read in the same way. A key is the JSON array of its parts as text.

use tokio_postgres::{Client, Error, GenericClient, IsolationLevel};

use super::functions::LOCK;
use crate::layout::SIDE_TABLE;

/// The product's schema.
pub const SCHEMA: &str = "claviger";

/// Makes the table of stamps where it is missing and returns the time of the database's first sight in milliseconds: `now` when the table is
/// new. Makes the product's functions, too. For databases whose owner allowed the schema (`--allow-schema`).
pub async fn prepare(client: &mut Client, now: i64) -> Result<i64, Error> {
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    if let Some(step) = super::schema::functions_step(&transaction).await?.0 {
        transaction.batch_execute(&step.sql).await?;
    }
    if !is_prepared(&transaction).await? {
        transaction
            .batch_execute(&format!(
                "CREATE TABLE IF NOT EXISTS {SCHEMA}.{SIDE_TABLE} (
                   table_name text COLLATE \"C\" NOT NULL,
                   row_key text COLLATE \"C\" NOT NULL,
                   stamp bigint NOT NULL,
                   timestamp bigint NOT NULL,
                   hash bigint NOT NULL,
                   prior_stamp bigint,
                   prior_hash bigint,
                   PRIMARY KEY (table_name, row_key)
                 );
                 CREATE TABLE IF NOT EXISTS {SCHEMA}.__claviger_origin (id integer PRIMARY KEY CHECK (id = 1), at bigint NOT NULL);"
            ))
            .await?;
    }
    let insert = format!("INSERT INTO {SCHEMA}.__claviger_origin (id, at) VALUES (1, $1) ON CONFLICT DO NOTHING");
    transaction.execute(&insert, &[&now]).await?;
    let at = transaction.query_one(&format!("SELECT at FROM {SCHEMA}.__claviger_origin"), &[]).await?.get(0);
    transaction.commit().await?;
    Ok(at)
}

/// The table is there: a role that may not make tables can still use it.
pub async fn is_prepared(client: &impl GenericClient) -> Result<bool, Error> {
    let sql = format!("SELECT to_regclass('{SCHEMA}.{SIDE_TABLE}') IS NOT NULL AND to_regclass('{SCHEMA}.__claviger_origin') IS NOT NULL");
    Ok(client.query_one(&sql, &[]).await?.get(0))
}
