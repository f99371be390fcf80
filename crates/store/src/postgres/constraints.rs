//! Which columns the unique indexes of a database speak of: a server that refuses a row names the index only.

use std::collections::HashMap;

use tokio_postgres::{Client, Error};

use crate::write::database::ConstraintKind;

/// Unique indexes by schema and name.
#[derive(Debug, Default)]
pub struct Constraints(HashMap<(String, String), (ConstraintKind, Vec<String>)>);

/// Schema, name, whether it is the primary key, and the columns, also those inside expressions.
const INDEXES: &str = "SELECT n.nspname::text, c.relname::text, i.indisprimary, \
     ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND \
           (a.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = i.indexrelid \
            AND d.classid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))) \
     FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE i.indisunique AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast'";

impl Constraints {
    /// Reads them.
    pub async fn read(client: &Client) -> Result<Self, Error> {
        let rows = client.query(INDEXES, &[]).await?;
        let entries = rows.iter().map(|row| {
            let kind = if row.get(2) { ConstraintKind::Key } else { ConstraintKind::Unique };
            ((row.get(0), row.get(1)), (kind, row.get(3)))
        });
        Ok(Self(entries.collect()))
    }

    /// What an index asks for, and its columns.
    pub fn find(&self, schema: Option<&str>, name: Option<&str>) -> Option<&(ConstraintKind, Vec<String>)> {
        self.0.get(&(schema?.to_owned(), name?.to_owned()))
    }
}
