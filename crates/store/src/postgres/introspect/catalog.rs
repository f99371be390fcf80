//! What `pg_catalog` says of the tables of a database. Statements name no schema but `pg_catalog`'s, which is always searched first.

use std::collections::HashMap;

use claviger_model::Integrity;
use tokio_postgres::types::Oid;
use tokio_postgres::{Error, GenericClient, Row};

use super::column::TypeEntry;

/// Schema that a database is served from when no other is named.
pub const DEFAULT_SCHEMA: &str = "public";

/// Schemas of the product's own tables.
const OWN: [&str; 2] = [crate::postgres::stamps::SCHEMA, crate::control::SCHEMA];

/// Stands for all schemas that are not named.
pub const ALL_SCHEMAS: &str = "*";

/// A table, view or foreign table as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// The connected role may read it.
    pub is_readable: bool,
    /// In order of declaration.
    pub columns: Vec<Column>,
    /// Column names in key order; empty without primary key.
    pub primary_key: Vec<String>,
    /// Name of the key's constraint.
    pub primary_key_name: Option<String>,
    /// Columns of unique indexes over columns only and all rows.
    pub unique: Vec<Vec<String>>,
    /// Columns that lead an index over all rows.
    pub indexed: Vec<String>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
}

/// What can stand behind a dataclass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableKind {
    /// An ordinary table.
    Table,
    /// A partitioned table; its partitions are not looked at.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    Materialized,
    /// A table of another server.
    Foreign,
}

/// A column as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, in [`Database::types`].
    pub ty: Oid,
    /// What refines the type (`atttypmod`); negative: nothing.
    pub modifier: i32,
    /// The type as people write it: `character varying(40)`.
    pub declared: String,
    /// Null is refused.
    pub not_null: bool,
    /// The default's text.
    pub default_sql: Option<String>,
    /// `GENERATED ALWAYS AS (…) STORED`.
    pub generated: bool,
    /// Who numbers the rows.
    pub identity: Identity,
}

/// Who gives a column its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// Whoever inserts the row.
    None,
    /// The database, unless a number is given: a serial column, or an identity by default.
    Default,
    /// The database alone.
    Always,
}

/// A foreign key as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForeignKey {
    /// Local columns.
    pub columns: Vec<String>,
    /// Schema and name of the table referred to.
    pub target: (String, String),
    /// Columns referred to, aligned.
    pub target_columns: Vec<String>,
    /// `ON DELETE`.
    pub on_delete: Integrity,
}

/// Tables of some schemas and the types of their columns.
#[derive(Clone, Debug)]
pub struct Database {
    /// In the order of the schemas asked for, then of their making.
    pub tables: Vec<Table>,
    /// Types that columns have, and what their domains stand on.
    pub types: HashMap<Oid, TypeEntry>,
}

/// The schema whose tables need no schema before their names.
pub fn first_schema(schemas: &[String]) -> &str {
    schemas.iter().map(String::as_str).find(|name| *name != ALL_SCHEMAS).unwrap_or(DEFAULT_SCHEMA)
}

impl Database {
    /// Reads the tables of these schemas; [`DEFAULT_SCHEMA`] when none is named, [`ALL_SCHEMAS`] among them for all others too. Left out are
    /// partitions, what belongs to extensions, temporary tables and the product's own schemas.
    pub async fn read(client: &impl GenericClient, schemas: &[String]) -> Result<Self, Error> {
        let has_all = schemas.iter().any(|name| name == ALL_SCHEMAS);
        let mut named: Vec<&str> = schemas.iter().map(String::as_str).filter(|name| *name != ALL_SCHEMAS).collect();
        if named.is_empty() {
            named.push(DEFAULT_SCHEMA);
        }
        let rows = client.query(TABLES, &[&has_all, &named, &OWN.as_slice()]).await?;
        let ids: Vec<Oid> = rows.iter().map(|row| row.get(0)).collect();
        let mut tables: Vec<Table> = rows.iter().map(table).collect();
        let places: HashMap<Oid, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        // Names by number, as constraints and indexes speak of columns.
        let mut names: HashMap<(Oid, i16), String> = HashMap::new();
        for row in client.query(COLUMNS, &[&ids]).await? {
            let column = column(&row);
            let id: Oid = row.get(0);
            names.insert((id, row.get(1)), column.name.clone());
            tables[places[&id]].columns.push(column);
        }
        let named_of = |id: Oid, numbers: Vec<i16>| -> Option<Vec<String>> {
            numbers.iter().map(|number| names.get(&(id, *number)).cloned()).collect()
        };
        for row in client.query(INDEXES, &[&ids]).await? {
            let (id, numbers): (Oid, Vec<i16>) = (row.get(0), row.get(3));
            let table = &mut tables[places[&id]];
            if let Some(first) = numbers.first().and_then(|number| names.get(&(id, *number)))
                && !table.indexed.contains(first)
            {
                table.indexed.push(first.clone());
            }
            // An index over an expression has the number 0 in its place.
            let Some(columns) = named_of(id, numbers) else { continue };
            if row.get(2) {
                table.primary_key.clone_from(&columns);
                table.primary_key_name = row.get(4);
            }
            if row.get(1) {
                table.unique.push(columns);
            }
        }
        for row in client.query(FOREIGN_KEYS, &[&ids]).await? {
            let id: Oid = row.get(0);
            let Some(columns) = named_of(id, row.get(1)) else { continue };
            let on_delete = match row.get(5) {
                "c" => Integrity::Cascade,
                "n" => Integrity::SetNull,
                "a" | "r" => Integrity::Reject,
                _ => Integrity::None,
            };
            let key = ForeignKey { columns, target: (row.get(2), row.get(3)), target_columns: row.get(4), on_delete };
            tables[places[&id]].foreign_keys.push(key);
        }
        let types = client.query(TYPES, &[&ids]).await?.iter().map(type_entry).collect();
        Ok(Self { tables, types })
    }
}

fn table(row: &Row) -> Table {
    Table {
        schema: row.get(1),
        name: row.get(2),
        kind: match row.get(3) {
            "p" => TableKind::Partitioned,
            "v" => TableKind::View,
            "m" => TableKind::Materialized,
            "f" => TableKind::Foreign,
            _ => TableKind::Table,
        },
        is_readable: row.get(4),
        columns: Vec::new(),
        primary_key: Vec::new(),
        primary_key_name: None,
        unique: Vec::new(),
        indexed: Vec::new(),
        foreign_keys: Vec::new(),
    }
}

fn column(row: &Row) -> Column {
    let default_sql: Option<String> = row.get(7);
    let generated = !row.get::<_, &str>(8).is_empty();
    let is_serial = default_sql.as_ref().is_some_and(|sql| sql.starts_with("nextval("));
    Column {
        name: row.get(2),
        ty: row.get(3),
        modifier: row.get(4),
        declared: row.get(5),
        not_null: row.get(6),
        default_sql: default_sql.filter(|_| !generated),
        generated,
        identity: match row.get(9) {
            "a" => Identity::Always,
            "d" => Identity::Default,
            _ if is_serial => Identity::Default,
            _ => Identity::None,
        },
    }
}

fn type_entry(row: &Row) -> (Oid, TypeEntry) {
    let entry = TypeEntry {
        schema: row.get(1),
        name: row.get(2),
        is_enum: row.get(3),
        is_array: row.get(4),
        base: row.get(5),
        modifier: row.get(6),
        not_null: row.get(7),
        has_default: row.get(8),
    };
    (row.get(0), entry)
}

const TABLES: &str = "
    SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text,
           has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> ALL ($3::text[])
      AND ($1 OR n.nspname = ANY ($2::text[]))
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY array_position($2::text[], n.nspname::text) NULLS LAST, n.nspname, c.oid";

const COLUMNS: &str = "
    SELECT a.attrelid, a.attnum, a.attname::text, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text, a.attidentity::text
    FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum";

const INDEXES: &str = "
    SELECT i.indrelid, i.indisunique, i.indisprimary,
           ARRAY(SELECT k.number FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                 WHERE k.place <= i.indnkeyatts ORDER BY k.place),
           (SELECT c.conname::text FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype = 'p')
    FROM pg_index AS i
    WHERE i.indrelid = ANY ($1::oid[]) AND i.indpred IS NULL AND i.indisvalid
    ORDER BY i.indexrelid";

// Those of a partitioned table's partitions have a parent.
const FOREIGN_KEYS: &str = "
    SELECT f.conrelid, f.conkey, n.nspname::text, c.relname::text,
           ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k (number, place)
                 JOIN pg_attribute AS a ON a.attrelid = f.confrelid AND a.attnum = k.number ORDER BY k.place),
           f.confdeltype::text
    FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.confrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE f.contype = 'f' AND f.conparentid = 0 AND f.conrelid = ANY ($1::oid[])
    ORDER BY f.oid";

const TYPES: &str = "
    WITH RECURSIVE used AS (
        SELECT DISTINCT a.atttypid AS id FROM pg_attribute AS a
        WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
      UNION
        SELECT t.typbasetype FROM used JOIN pg_type AS t ON t.oid = used.id WHERE t.typtype = 'd')
    SELECT t.oid, n.nspname::text, t.typname::text, t.typtype = 'e', t.typcategory = 'A' AND t.typelem <> 0,
           CASE WHEN t.typtype = 'd' THEN t.typbasetype END, t.typtypmod, t.typnotnull, t.typdefault IS NOT NULL
    FROM used JOIN pg_type AS t ON t.oid = used.id JOIN pg_namespace AS n ON n.oid = t.typnamespace";
