//! Owned mode: the tables and indexes that a model wants (`data-model.md` 5.2 to 5.4), in the words of each engine.
//!
//! Foreign key constraints are not made, because keys may point to entities that do not exist yet (RE-5); `integrity` is emulated at
//! deletion. Images and blobs lie in columns of their own row.

use claviger_model::{CompositeIndex, Dataclass, DateForm, IndexKind, Key, Kind, Model, Storage, Value, ValueType};

use crate::layout::{Dialect, RECNO, STAMP, TIMESTAMP, column, integer_primary_key, quote};
use crate::postgres::types::PgType;
use crate::write::encode;

/// A table as the model wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableDef {
    /// Its name.
    pub name: String,
    /// Its schema (PostgreSQL).
    pub schema: Option<String>,
    /// System columns and storage attributes, in the order of creation.
    pub columns: Vec<ColumnDef>,
    /// Indexes, by name.
    pub indexes: Vec<IndexDef>,
}

/// A column as the model wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnDef {
    /// Its name.
    pub name: String,
    /// SQLite: `TEXT`, `INTEGER`, `REAL` or `BLOB`, the tables are `STRICT`. PostgreSQL: the type.
    pub declared: &'static str,
    /// Null is refused by the database too.
    pub not_null: bool,
    /// It numbers the rows and is the primary key: SQLite's rowid, PostgreSQL's identity column.
    pub is_rowid: bool,
    /// SQL literal that rows already there take when the column is new.
    pub fill: Option<String>,
}

/// An index as the model wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexDef {
    /// Its name; ends with one of the suffixes that mark our own indexes.
    pub name: String,
    /// Its schema, that of the table (PostgreSQL).
    pub schema: Option<String>,
    /// The whole statement.
    pub sql: String,
    /// What it is for.
    pub reason: String,
}

/// Suffixes of the names of indexes that are ours to make and drop; others in the database are left alone.
pub const OWN_INDEXES: [&str; 3] = ["__key", "__ux", "__ix"];

/// Longest name that PostgreSQL keeps, in bytes; it would cut a longer one.
pub const LONGEST_NAME: usize = 63;

/// Every table of the model, in the words of an engine. `schema`: that of the tables (PostgreSQL).
pub fn tables(model: &Model, dialect: Dialect, schema: Option<&str>) -> Vec<TableDef> {
    let target = Target { model, dialect, schema };
    model.dataclasses().iter().map(|class| target.table(class)).collect()
}

/// What the tables are made for.
struct Target<'a> {
    model: &'a Model,
    dialect: Dialect,
    schema: Option<&'a str>,
}

impl Target<'_> {
    fn is_sqlite(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    fn table(&self, class: &Dataclass) -> TableDef {
        let own = integer_primary_key(class);
        let keys = class.key_attributes();
        let [number, time, long] = if self.is_sqlite() { ["INTEGER"; 3] } else { ["integer", "timestamptz", "bigint"] };
        let mut columns = Vec::new();
        if own.is_none() {
            columns.push(ColumnDef { name: RECNO.to_owned(), declared: long, not_null: false, is_rowid: true, fill: None });
        }
        for attribute in &class.attributes {
            let Some(storage) = attribute.storage() else { continue };
            columns.push(ColumnDef {
                name: storage.column.clone(),
                declared: if self.is_sqlite() { column_type(storage) } else { PgType::declared(storage) },
                not_null: (storage.rules.not_null || keys.contains(&attribute.id)) && own != Some(attribute.id),
                is_rowid: own == Some(attribute.id),
                fill: storage.rules.default_value.as_ref().and_then(|value| self.literal(value, storage)),
            });
        }
        let epoch = if self.is_sqlite() { "0" } else { "'1970-01-01 00:00:00+00'" };
        for (name, declared, fill) in [(STAMP, number, "1"), (TIMESTAMP, time, epoch)] {
            columns.push(ColumnDef { name: name.to_owned(), declared, not_null: true, is_rowid: false, fill: Some(fill.to_owned()) });
        }
        let schema = self.schema.map(str::to_owned);
        TableDef { name: class.table.name.clone(), schema, columns, indexes: self.indexes(class) }
    }

    /// A default value as SQL literal for rows that are already there; none for null.
    fn literal(&self, value: &Value, storage: &Storage) -> Option<String> {
        match value {
            Value::Null => None,
            _ if self.is_sqlite() => Some(encode::literal(&encode::encode(value, storage, true))),
            _ => Some(crate::postgres::schema::literal(value)),
        }
    }

    fn indexes(&self, class: &Dataclass) -> Vec<IndexDef> {
        let table = &class.table.name;
        let place = self.schema.map_or_else(|| quote(table), |schema| format!("{}.{}", quote(schema), quote(table)));
        let own = integer_primary_key(class);
        let mut list: Vec<IndexDef> = Vec::new();
        let mut add = |columns: &[&str], suffix: &str, unique: &str, terms: String, reason: String| {
            let name = self.index_name(&format!("{table}__{}", columns.join("__")), suffix);
            if !list.iter().any(|index| index.name == name) {
                let sql = format!("CREATE {unique}INDEX {} ON {place} ({terms})", quote(&name));
                list.push(IndexDef { name, schema: self.schema.map(str::to_owned), sql, reason });
            }
        };
        if let (Key::Attributes(parts), None) = (&class.key, own) {
            let columns: Vec<&str> = parts.iter().map(|part| column(class, *part)).collect();
            let terms = columns.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
            add(&columns, "__key", "UNIQUE ", terms, format!("primary key of {}", class.name));
        }
        for attribute in &class.attributes {
            match &attribute.kind {
                Kind::Storage(storage) if own != Some(attribute.id) && self.can_be_indexed(storage) => {
                    let name = storage.column.as_str();
                    let is_key = class.key_attributes() == [attribute.id];
                    if storage.rules.unique && !is_key {
                        add(&[name], "__ux", "UNIQUE ", quote(name), format!("{}.{} is unique", class.name, attribute.name));
                    }
                    if storage.index == IndexKind::BTree || storage.rules.autosequence {
                        add(&[name], "__ix", "", self.index_terms(storage), format!("{}.{} is indexed", class.name, attribute.name));
                    }
                }
                Kind::RelatedEntity(relation) => {
                    let columns: Vec<&str> = relation.foreign_key.iter().map(|part| column(class, *part)).collect();
                    if relation.foreign_key.as_slice() == class.key_attributes() {
                        continue;
                    }
                    let terms = columns.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
                    let target = &self.model.dataclass(relation.target).name;
                    // Beside an index on the folded text of the same column, hence a name of its own.
                    let mut named = columns.clone();
                    named.push("fk");
                    add(&named, "__ix", "", terms, format!("{}.{} refers to {target}", class.name, attribute.name));
                }
                _ => {}
            }
        }
        let storages =
            |index: &CompositeIndex| index.attributes.iter().filter_map(|part| class.attribute(*part).storage()).collect::<Vec<&Storage>>();
        for (index, parts) in class.indexes.iter().map(|index| (index, storages(index))) {
            if !parts.iter().all(|storage| self.can_be_indexed(storage)) {
                continue;
            }
            let columns: Vec<&str> = parts.iter().map(|storage| storage.column.as_str()).collect();
            let names: Vec<&str> = index.attributes.iter().map(|part| class.attribute(*part).name.as_str()).collect();
            let terms = parts.iter().map(|storage| {
                let name = quote(&storage.column);
                let is_text = storage.value_type() == ValueType::Text;
                if is_text && !index.unique { format!("{}({name})", self.dialect.function("clv_fold")) } else { name }
            });
            let terms = terms.collect::<Vec<_>>().join(", ");
            let (suffix, unique, what) =
                if index.unique { ("__ux", "UNIQUE ", "are unique together") } else { ("__ix", "", "are indexed") };
            add(&columns, suffix, unique, terms, format!("{} of {} {what}", names.join(", "), class.name));
        }
        list
    }

    /// The name with its suffix, shortened to what PostgreSQL keeps: then a hash tells it from others with the same beginning.
    fn index_name(&self, name: &str, suffix: &str) -> String {
        if self.is_sqlite() || name.len() + suffix.len() <= LONGEST_NAME {
            return format!("{name}{suffix}");
        }
        // FNV-1a, 32 bits: stable between versions of the program.
        let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let mut cut = LONGEST_NAME - suffix.len() - 9;
        while !name.is_char_boundary(cut) {
            cut -= 1;
        }
        format!("{}_{hash:08x}{suffix}", &name[..cut])
    }

    /// PostgreSQL has no order of JSON documents, and bytes are only tested for null.
    fn can_be_indexed(&self, storage: &Storage) -> bool {
        self.is_sqlite() || !matches!(storage.value_type(), ValueType::Object | ValueType::Image | ValueType::Blob)
    }

    /// Text is searched and sorted by its fold, then by itself; what is nothing comes first.
    fn index_terms(&self, storage: &Storage) -> String {
        let name = quote(&storage.column);
        let is_text = storage.value_type() == ValueType::Text;
        match (self.dialect, is_text) {
            (Dialect::Sqlite, true) => format!("clv_fold({name}), {name}"),
            (Dialect::Sqlite, false) => name,
            (Dialect::Postgres(_), true) => format!("{}({name}) NULLS FIRST, {name} NULLS FIRST", self.dialect.function("clv_fold")),
            (Dialect::Postgres(_), false) => format!("{name} NULLS FIRST"),
        }
    }
}

/// Storage class of a column (5.2).
pub fn column_type(storage: &Storage) -> &'static str {
    match (storage.value_type(), storage.date_form) {
        (ValueType::Date | ValueType::Instant, DateForm::Text) => "TEXT",
        (ValueType::Date | ValueType::Instant, DateForm::Seconds | DateForm::Milliseconds) => "INTEGER",
        (ValueType::Date | ValueType::Instant, DateForm::Julian) => "REAL",
        (ValueType::Text | ValueType::Decimal | ValueType::Date | ValueType::Object, _) => "TEXT",
        (ValueType::Bool | ValueType::Int | ValueType::Duration | ValueType::Instant, _) => "INTEGER",
        (ValueType::Double, _) => "REAL",
        (ValueType::Uuid | ValueType::Image | ValueType::Blob, _) => "BLOB",
    }
}

impl TableDef {
    /// SQLite: `CREATE TABLE` under another name, for a table that is built anew.
    pub fn sql_as(&self, name: &str) -> String {
        let columns = self.columns.iter().map(ColumnDef::sql).collect::<Vec<_>>().join(", ");
        format!("CREATE TABLE {} ({columns}) STRICT", quote(name))
    }

    /// The table's name as SQL.
    pub fn place(&self) -> String {
        self.schema.as_ref().map_or_else(|| quote(&self.name), |schema| format!("{}.{}", quote(schema), quote(&self.name)))
    }

    /// `CREATE TABLE`.
    pub fn sql(&self) -> String {
        if self.schema.is_none() {
            return self.sql_as(&self.name);
        }
        let columns = self.columns.iter().map(ColumnDef::postgres_sql).collect::<Vec<_>>().join(", ");
        format!("CREATE TABLE {} ({columns})", self.place())
    }
}

impl ColumnDef {
    fn sql(&self) -> String {
        let mut sql = format!("{} {}", quote(&self.name), self.declared);
        if self.is_rowid {
            // Never gives a number twice, also not that of a deleted entity.
            sql.push_str(" PRIMARY KEY AUTOINCREMENT");
        } else if self.not_null {
            sql.push_str(" NOT NULL");
        }
        sql
    }

    /// Type and collation as PostgreSQL declares them. Texts are compared as bytes, whatever the database prefers: so do the product's
    /// orders, and so indexes serve them.
    pub fn postgres_type(&self) -> String {
        if self.declared == "text" { "text COLLATE \"C\"".to_owned() } else { self.declared.to_owned() }
    }

    /// The column in a `CREATE TABLE` of PostgreSQL.
    pub fn postgres_sql(&self) -> String {
        let mut sql = format!("{} {}", quote(&self.name), self.postgres_type());
        if self.is_rowid {
            sql.push_str(" GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
        } else if self.not_null {
            sql.push_str(" NOT NULL");
        }
        sql
    }
}
