//! Owned mode: the tables and indexes that a model wants (`data-model.md` 5.2 to 5.4), as SQL text.
//!
//! Foreign key constraints are not made, because keys may point to entities that do not exist yet (RE-5); `integrity` is emulated at
//! deletion. Images and blobs lie in columns of their own row.

use claviger_model::{Dataclass, DateForm, IndexKind, Key, Kind, Model, Storage, ValueType};

use crate::layout::{RECNO, STAMP, TIMESTAMP, column, integer_primary_key, quote};

/// A table as the model wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableDef {
    /// Its name.
    pub name: String,
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
    /// `TEXT`, `INTEGER`, `REAL` or `BLOB`: the tables are `STRICT`.
    pub declared: &'static str,
    /// Null is refused by the database too.
    pub not_null: bool,
    /// It is the rowid, numbered by the database.
    pub is_rowid: bool,
    /// SQL literal that rows already there take when the column is new.
    pub fill: Option<String>,
}

/// An index as the model wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexDef {
    /// Its name; ends with one of the suffixes that mark our own indexes.
    pub name: String,
    /// The whole statement.
    pub sql: String,
    /// What it is for.
    pub reason: String,
}

/// Suffixes of the names of indexes that are ours to make and drop; others in the database are left alone.
pub const OWN_INDEXES: [&str; 3] = ["__key", "__ux", "__ix"];

/// Every table of the model.
pub fn tables(model: &Model) -> Vec<TableDef> {
    model.dataclasses().iter().map(|class| table(model, class)).collect()
}

fn table(model: &Model, class: &Dataclass) -> TableDef {
    let own = integer_primary_key(class);
    let keys = class.key_attributes();
    let mut columns = Vec::new();
    if own.is_none() {
        columns.push(ColumnDef { name: RECNO.to_owned(), declared: "INTEGER", not_null: false, is_rowid: true, fill: None });
    }
    for attribute in &class.attributes {
        let Some(storage) = attribute.storage() else { continue };
        columns.push(ColumnDef {
            name: storage.column.clone(),
            declared: column_type(storage),
            not_null: (storage.rules.not_null || keys.contains(&attribute.id)) && own != Some(attribute.id),
            is_rowid: own == Some(attribute.id),
            fill: storage.rules.default_value.as_ref().and_then(|value| super::literal(value, storage)),
        });
    }
    for (name, fill) in [(STAMP, "1"), (TIMESTAMP, "0")] {
        columns.push(ColumnDef {
            name: name.to_owned(),
            declared: "INTEGER",
            not_null: true,
            is_rowid: false,
            fill: Some(fill.to_owned()),
        });
    }
    TableDef { name: class.table.name.clone(), columns, indexes: indexes(model, class) }
}

fn indexes(model: &Model, class: &Dataclass) -> Vec<IndexDef> {
    let table = &class.table.name;
    let own = integer_primary_key(class);
    let mut list: Vec<IndexDef> = Vec::new();
    let mut add = |columns: &[&str], suffix: &str, unique: &str, terms: String, reason: String| {
        let name = format!("{table}__{}{suffix}", columns.join("__"));
        if !list.iter().any(|index| index.name == name) {
            let sql = format!("CREATE {unique}INDEX {} ON {} ({terms})", quote(&name), quote(table));
            list.push(IndexDef { name, sql, reason });
        }
    };
    if let (Key::Attributes(parts), None) = (&class.key, own) {
        let columns: Vec<&str> = parts.iter().map(|part| column(class, *part)).collect();
        let terms = columns.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
        add(&columns, "__key", "UNIQUE ", terms, format!("primary key of {}", class.name));
    }
    for attribute in &class.attributes {
        match &attribute.kind {
            Kind::Storage(storage) if own != Some(attribute.id) => {
                let name = storage.column.as_str();
                let is_key = class.key_attributes() == [attribute.id];
                if storage.rules.unique && !is_key {
                    add(&[name], "__ux", "UNIQUE ", quote(name), format!("{}.{} is unique", class.name, attribute.name));
                }
                if storage.index == IndexKind::BTree || storage.rules.autosequence {
                    add(&[name], "__ix", "", index_terms(storage), format!("{}.{} is indexed", class.name, attribute.name));
                }
            }
            Kind::RelatedEntity(relation) => {
                let columns: Vec<&str> = relation.foreign_key.iter().map(|part| column(class, *part)).collect();
                if relation.foreign_key.as_slice() == class.key_attributes() {
                    continue;
                }
                let terms = columns.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
                let target = &model.dataclass(relation.target).name;
                // Beside an index on the folded text of the same column, hence a name of its own.
                let mut named = columns.clone();
                named.push("fk");
                add(&named, "__ix", "", terms, format!("{}.{} refers to {target}", class.name, attribute.name));
            }
            _ => {}
        }
    }
    for index in &class.indexes {
        let columns: Vec<&str> = index.attributes.iter().map(|part| column(class, *part)).collect();
        let names: Vec<&str> = index.attributes.iter().map(|part| class.attribute(*part).name.as_str()).collect();
        let terms = index.attributes.iter().map(|part| {
            let name = quote(column(class, *part));
            let is_text = class.attribute(*part).storage().is_some_and(|storage| storage.value_type() == ValueType::Text);
            if is_text && !index.unique { format!("clv_fold({name})") } else { name }
        });
        let terms = terms.collect::<Vec<_>>().join(", ");
        let (suffix, unique, what) = if index.unique { ("__ux", "UNIQUE ", "are unique together") } else { ("__ix", "", "are indexed") };
        add(&columns, suffix, unique, terms, format!("{} of {} {what}", names.join(", "), class.name));
    }
    list
}

/// Text is searched and sorted by its fold, then by itself.
fn index_terms(storage: &Storage) -> String {
    let name = quote(&storage.column);
    if storage.value_type() == ValueType::Text { format!("clv_fold({name}), {name}") } else { name }
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
    /// `CREATE TABLE` under another name, for a table that is built anew.
    pub fn sql_as(&self, name: &str) -> String {
        let columns = self.columns.iter().map(ColumnDef::sql).collect::<Vec<_>>().join(", ");
        format!("CREATE TABLE {} ({columns}) STRICT", quote(name))
    }

    /// `CREATE TABLE`.
    pub fn sql(&self) -> String {
        self.sql_as(&self.name)
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
}
