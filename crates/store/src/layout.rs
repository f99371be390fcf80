//! How a dataclass lies in the database: table, key columns, default order, where stamp and time come from (`data-model.md` 5.3).
//!
//! Everything that writes SQL asks here, so that the reading and the writing half agree. Names are unquoted unless a function says SQL;
//! they come from the [`Model`] only.

use claviger_model::{AttrId, AttrRef, Attribute, ClassId, Dataclass, Key, Kind, Model, StorageType};

use crate::postgres::types::PgType;

/// System column: counts saves, 1 after the first (6.2).
pub const STAMP: &str = "__stamp";
/// System column: last save, milliseconds since 1970 UTC.
pub const TIMESTAMP: &str = "__timestamp";
/// System column: creation order, where the key does not serve.
pub const RECNO: &str = "__recno";
/// Largest stamp (`data-model.md` M-11).
pub const LARGEST_STAMP: i64 = i32::MAX as i64;
/// Table of the stamps file.
pub const SIDE_TABLE: &str = "__claviger_stamps";

/// Whose SQL is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// SQLite
    Sqlite,
    /// PostgreSQL, with the schema that holds the product's functions: `claviger`, or `pg_temp` where nothing may be added to the database.
    Postgres(&'static str),
}

impl Dialect {
    /// A function of the product by its name.
    pub fn function(self, name: &str) -> String {
        match self {
            Self::Sqlite => name.to_owned(),
            Self::Postgres(schema) => format!("{schema}.{name}"),
        }
    }

    /// The table of stamps of an attached database.
    pub fn side_table(self) -> String {
        match self {
            Self::Sqlite => format!("main.{SIDE_TABLE}"),
            Self::Postgres(_) => format!("claviger.{SIDE_TABLE}"),
        }
    }

    /// The parameter with this number, from 1.
    pub fn parameter(self, number: usize) -> String {
        match self {
            Self::Sqlite => format!("?{number}"),
            Self::Postgres(_) => format!("${number}"),
        }
    }
}

/// How all dataclasses of one open database lie in it; [`ClassId`] is the index.
#[derive(Clone, Debug)]
pub struct Layout {
    classes: Vec<ClassLayout>,
    dialect: Dialect,
    owned: bool,
    first_sight: i64,
    has_foreign_tables: bool,
}

/// How one dataclass lies in the database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassLayout {
    /// Schema of the table (PostgreSQL).
    pub schema: Option<String>,
    /// Table or view.
    pub table: String,
    /// Types of the columns by [`AttrId`] (PostgreSQL); none for attributes without column, and on SQLite.
    pub types: Vec<Option<PgType>>,
    /// SQL of the type that a value is written as, by [`AttrId`] ([`crate::postgres::stored`]); empty on SQLite.
    pub stored: Vec<Option<String>>,
    /// Key columns in key order; the name under which the rowid answers for [`Key::RowId`]; empty for [`Key::None`].
    pub key: Vec<String>,
    /// The only key column is the rowid itself (an `INTEGER PRIMARY KEY`): a search by key is a search in the table's own tree, and the
    /// value assigned to a new row is `last_insert_rowid()`.
    pub key_is_rowid: bool,
    /// Columns of the default order, ascending: creation order where the table can give it, else the key; empty for a view.
    pub order: Vec<String>,
    /// Where stamp and time come from.
    pub stamps: StampSource,
    /// Columns whose values the row hash covers, in the order of the hash's arguments (attached databases).
    pub content: Vec<String>,
}

/// Where `__STAMP` and `__TIMESTAMP` of an entity come from (settlement "Attached databases").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StampSource {
    /// System columns [`STAMP`] and [`TIMESTAMP`] (owned databases).
    Columns,
    /// The stamps file (`sqlite::stamps`), which is `main` on every connection to an attached database.
    Side,
    /// 31 bits of the row hash; the time is that of the file's first sight.
    Hash,
    /// No key, so nothing can be kept: stamp 1, time of the file's first sight.
    Constant,
}

/// How stamps of an attached database are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttachedStamps {
    /// In a file of our own.
    Side,
    /// Derived from the row's content.
    Hash,
}

/// SQL that yields the head of an entity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeadSql {
    /// Expression of `__STAMP`.
    pub stamp: String,
    /// Expression of `__TIMESTAMP` in milliseconds.
    pub timestamp: String,
    /// ` LEFT JOIN …` that the expressions need behind the row's own table, with a leading space; at most one row matches.
    pub join: Option<String>,
}

/// An identifier as SQL.
pub fn quote(name: &str) -> String {
    let mut sql = String::with_capacity(name.len() + 2);
    sql.push('"');
    for c in name.chars() {
        if c == '"' {
            sql.push('"');
        }
        sql.push(c);
    }
    sql.push('"');
    sql
}

/// The key attribute of an owned table that becomes its `INTEGER PRIMARY KEY`: a single integer key that the store numbers itself.
/// Such a table has no [`RECNO`]: its key is the creation order, and by-key reads need one tree instead of two.
pub fn integer_primary_key(class: &Dataclass) -> Option<AttrId> {
    let Key::Attributes(parts) = &class.key else { return None };
    let [only] = parts.as_slice() else { return None };
    let storage = class.attribute(*only).storage()?;
    let whole = matches!(storage.ty, StorageType::Byte | StorageType::Word | StorageType::Long | StorageType::Long64);
    (whole && storage.rules.autosequence).then_some(*only)
}

/// Column of a storage attribute.
///
/// # Panics
/// When the attribute is no storage attribute: handles of columns come from a validated model.
pub fn column(class: &Dataclass, attribute: AttrId) -> &str {
    match &class.attribute(attribute).kind {
        Kind::Storage(storage) => &storage.column,
        _ => panic!("{}.{} has no column", class.name, class.attribute(attribute).name),
    }
}

impl Layout {
    /// The layout that the schema writer makes of a model.
    pub fn owned(model: &Model) -> Self {
        let classes = model.dataclasses().iter().map(|class| {
            let own = integer_primary_key(class);
            let mut key: Vec<String> = class.key_attributes().iter().map(|part| column(class, *part).to_owned()).collect();
            if class.key == Key::RowId {
                key.push(RECNO.to_owned());
            }
            let order = if own.is_some() { key.clone() } else { vec![RECNO.to_owned()] };
            ClassLayout {
                schema: None,
                table: class.table.name.clone(),
                types: Vec::new(),
                stored: Vec::new(),
                key_is_rowid: own.is_some() || class.key == Key::RowId,
                key,
                order,
                stamps: StampSource::Columns,
                content: Vec::new(),
            }
        });
        Self::of_parts(Dialect::Sqlite, true, 0, classes.collect())
    }

    /// The layout of an attached database. `has_rowid` and `rowid_alias` say of a table (by name) whether its rows have a rowid and
    /// which column, if any, is an alias of it. `first_sight` is the time at which the file was seen first, in milliseconds.
    pub fn attached(
        model: &Model,
        stamps: AttachedStamps,
        first_sight: i64,
        has_rowid: impl Fn(&str) -> bool,
        rowid_alias: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let classes = model.dataclasses().iter().map(|class| {
            let table = &class.table.name;
            let content: Vec<String> =
                class.attributes.iter().filter(|a| !a.implicit).filter_map(|a| Some(a.storage()?.column.clone())).collect();
            let rowid = rowid_name(&content).filter(|_| has_rowid(table)).map(str::to_owned);
            let alias = rowid_alias(table);
            let key: Vec<String> = match &class.key {
                Key::Attributes(parts) => parts.iter().map(|part| column(class, *part).to_owned()).collect(),
                Key::RowId => rowid.iter().cloned().collect(),
                Key::None => Vec::new(),
            };
            let key_is_rowid =
                class.key == Key::RowId || (key.len() == 1 && alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(&key[0])));
            let order = if key_is_rowid { key.clone() } else { rowid.map_or_else(|| key.clone(), |rowid| vec![rowid]) };
            let source = match stamps {
                _ if key.is_empty() => StampSource::Constant,
                AttachedStamps::Side => StampSource::Side,
                AttachedStamps::Hash => StampSource::Hash,
            };
            ClassLayout {
                schema: None,
                table: table.clone(),
                types: Vec::new(),
                stored: Vec::new(),
                key,
                key_is_rowid,
                order,
                stamps: source,
                content,
            }
        });
        Self::of_parts(Dialect::Sqlite, false, first_sight, classes.collect())
    }

    /// A layout from its parts, one [`ClassLayout`] for each dataclass in model order. `first_sight` as for [`Self::attached`].
    pub fn of_parts(dialect: Dialect, owned: bool, first_sight: i64, classes: Vec<ClassLayout>) -> Self {
        Self { classes, dialect, owned, first_sight, has_foreign_tables: false }
    }

    /// The same in a database that has tables of other servers, or has none.
    pub fn with_foreign_tables(self, has_foreign_tables: bool) -> Self {
        Self { has_foreign_tables, ..self }
    }

    /// Rows of tables, or of views over them, may lie on other servers, where they change unseen by this one.
    pub fn has_foreign_tables(&self) -> bool {
        self.has_foreign_tables
    }

    /// Whose SQL is spoken.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How one dataclass lies in the database.
    pub fn class(&self, id: ClassId) -> &ClassLayout {
        &self.classes[usize::from(id.0)]
    }

    /// The type of an attribute's column (PostgreSQL).
    pub fn pg_type(&self, at: AttrRef) -> Option<PgType> {
        self.class(at.class).types.get(usize::from(at.attr.0)).copied().flatten()
    }

    /// Columns by which an entity set knows a row: the row number or whole number of an owned table, else the key; none where nothing
    /// identifies a row.
    pub fn place(&self, id: ClassId) -> &[String] {
        let class = self.class(id);
        if self.owned { &class.order } else { &class.key }
    }

    /// The type of an attribute's column as it is assigned (PostgreSQL).
    pub fn pg_type_for(&self, class: &Dataclass, attribute: &Attribute) -> Option<PgType> {
        match self.dialect {
            Dialect::Sqlite => None,
            Dialect::Postgres(_) => self.pg_type(class.at(attribute.id)).or_else(|| attribute.storage().map(PgType::owned)),
        }
    }

    /// The server made the tables (else the database is attached).
    pub fn is_owned(&self) -> bool {
        self.owned
    }

    /// When an attached file was seen first, milliseconds since 1970 UTC.
    pub fn first_sight(&self) -> i64 {
        self.first_sight
    }

    /// Hash of what a row holds, as SQL.
    pub fn row_hash(&self, class: ClassId, row: &str) -> String {
        self.dialect.function("clv_row_hash") + "(" + &self.class(class).content_sql(self.dialect, row) + ")"
    }

    /// Stamp and time of a row of `class` whose table stands in the statement under the alias `row`. `side` is a fresh alias for the
    /// side table; both are SQL identifiers made by the caller.
    ///
    /// The side table is read so (see `sqlite::stamps`): no side row means never saved here (stamp 1); the hash after the last
    /// save means untouched since; the hash before it means that its commit is not visible (yet); anything else is a change from outside.
    pub fn head(&self, class: ClassId, row: &str, side: &str) -> HeadSql {
        let layout = self.class(class);
        let first_sight = self.first_sight.to_string();
        let hash = || self.row_hash(class, row);
        let larger = if self.dialect == Dialect::Sqlite { "max" } else { "greatest" };
        match layout.stamps {
            StampSource::Columns => {
                HeadSql { stamp: format!("{row}.{}", quote(STAMP)), timestamp: format!("{row}.{}", quote(TIMESTAMP)), join: None }
            }
            StampSource::Constant => HeadSql { stamp: "1".to_owned(), timestamp: first_sight, join: None },
            StampSource::Hash => HeadSql { stamp: format!("{larger}(1, {} & 2147483647)", hash()), timestamp: first_sight, join: None },
            StampSource::Side => HeadSql {
                stamp: format!(
                    "CASE WHEN {side}.stamp IS NULL THEN 1 ELSE {}({side}.stamp, {side}.hash, {side}.prior_stamp, \
                     {side}.prior_hash, {}) END",
                    self.dialect.function("clv_side_stamp"),
                    hash()
                ),
                timestamp: format!("coalesce({side}.timestamp, {first_sight})"),
                join: Some(format!(
                    " LEFT JOIN {} AS {side} ON {side}.table_name = {} AND {side}.row_key = {}",
                    self.dialect.side_table(),
                    text_literal(&layout.side_name()),
                    layout.side_key_sql(self.dialect, row)
                )),
            },
        }
    }
}

/// A table with more columns is hashed in groups.
const WIDE: usize = 500;

/// Columns of one group.
const GROUP: usize = 100;

impl ClassLayout {
    /// The table as SQL.
    pub fn table_sql(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&self.table)),
            None => quote(&self.table),
        }
    }

    /// Name of the table in the side table.
    pub fn side_name(&self) -> String {
        self.schema.as_ref().map_or_else(|| self.table.clone(), |schema| format!("{schema}.{}", self.table))
    }

    /// The columns that the row hash covers, as SQL arguments. The engine's functions have a limited number of arguments: of a wide table
    /// the arguments are hashes of groups of columns. Hashes are stored, so neither number may ever change.
    pub fn content_sql(&self, dialect: Dialect, row: &str) -> String {
        let list = |columns: &[String]| columns.iter().map(|column| format!("{row}.{}", quote(column))).collect::<Vec<_>>().join(", ");
        if dialect != Dialect::Sqlite {
            return format!("ROW({})::text", list(&self.content));
        }
        if self.content.len() <= WIDE {
            return list(&self.content);
        }
        self.content.chunks(GROUP).map(|group| format!("clv_row_hash({})", list(group))).collect::<Vec<_>>().join(", ")
    }

    /// The key as one value for the side table: the key column itself, or the parts of a composite key encoded into one blob. The unary
    /// plus takes the column's affinity away, else the side table's index could not serve.
    ///
    /// PostgreSQL's side table has texts: the JSON array of the parts.
    pub fn side_key_sql(&self, dialect: Dialect, row: &str) -> String {
        if dialect != Dialect::Sqlite {
            let parts: Vec<String> = self.key.iter().map(|part| format!("{row}.{}", quote(part))).collect();
            return format!("json_build_array({})::text", parts.join(", "));
        }
        match self.key.as_slice() {
            [only] => format!("+{row}.{}", quote(only)),
            parts => format!("clv_row_key({})", parts.iter().map(|part| format!("{row}.{}", quote(part))).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// A text literal as SQL; used for table names of the model only.
pub fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Name under which SQLite answers with the rowid although columns may bear such names.
fn rowid_name(columns: &[String]) -> Option<&'static str> {
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !columns.iter().any(|column| column.eq_ignore_ascii_case(name)))
}
