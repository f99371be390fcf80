//! The entities of a set, and those that one entity is related to, in SQL (`rest-dialect.md` 11.2, 11.8).
//!
//! A set reaches the database as one bound text, however many keys it has: there it is a table of keys and their places, which the rows are
//! joined with.

use std::fmt::Write as _;

use claviger_model::{AttrRef, ClassId, Value};
use claviger_query::{Base, KeyList, KeyRef, Selection};

use super::columns::Selected;
use super::{ROOT, Sql, Tables, Writer};
use crate::bind::Bind;
use crate::layout::{Dialect, quote};
use crate::postgres::types::PgType;
use crate::sets::key;

/// Alias of the table of keys: `value` is a key, `key` its place.
const KEYS: &str = "e";

impl Tables<'_> {
    /// Columns by which a set knows a row.
    fn place(self, class: ClassId, row: &str) -> Vec<String> {
        self.layout.place(class).iter().map(|name| format!("{row}.{}", quote(name))).collect()
    }

    /// The same with their types (PostgreSQL).
    fn typed_place(self, class: ClassId, row: &str) -> Vec<(String, Option<PgType>)> {
        let dataclass = self.class(class);
        let of = |index: usize| self.layout.pg_type(dataclass.at(*dataclass.key_attributes().get(index)?));
        self.place(class, row).into_iter().enumerate().map(|(index, column)| (column, of(index))).collect()
    }

    /// A set knows a row by one whole number.
    pub fn has_whole_place(self, class: ClassId) -> bool {
        match self.layout.dialect() {
            _ if self.layout.is_owned() => true,
            Dialect::Sqlite => self.layout.class(class).key_is_rowid,
            // A sequence may give texts, too.
            Dialect::Postgres(_) => matches!(self.typed_place(class, ROOT).as_slice(), [(_, Some(PgType::Int))]),
        }
    }

    /// What is selected of a row to become a key: what [`crate::sets::key::Collector`] takes.
    fn key_columns(self, class: ClassId, row: &str) -> Vec<String> {
        let columns = self.place(class, row);
        match (self.layout.dialect(), self.has_whole_place(class)) {
            (Dialect::Sqlite, _) => columns,
            (Dialect::Postgres(_), true) => columns.iter().map(|column| format!("({column})::int8")).collect(),
            // Every type comes back from its text.
            (Dialect::Postgres(_), false) => columns.iter().map(|column| format!("({column})::text")).collect(),
        }
    }

    /// The table of keys behind a parameter, and the condition that joins a row with one of them.
    fn keys_table(self, class: ClassId, row: &str, parameter: &str) -> (String, String) {
        let (table, pairs) = self.key_pairs(class, row, parameter);
        let pairs: Vec<String> = pairs.into_iter().map(|(column, part)| format!("{column} = {part}")).collect();
        (table, if pairs.is_empty() { "FALSE".to_owned() } else { pairs.join(" AND ") })
    }

    /// The table of keys behind a parameter, and for each part of a key what of a row equals what of a key.
    fn key_pairs(self, class: ClassId, row: &str, parameter: &str) -> (String, Vec<(String, String)>) {
        let table = match self.layout.dialect() {
            Dialect::Sqlite => format!("json_each({parameter}) AS {KEYS}"),
            Dialect::Postgres(_) if self.has_whole_place(class) => {
                format!("unnest({parameter}::text::int8[]) WITH ORDINALITY AS {KEYS}(value, key)")
            }
            Dialect::Postgres(_) => format!("json_array_elements({parameter}::text::json) WITH ORDINALITY AS {KEYS}(value, key)"),
        };
        let key = format!("{KEYS}.value");
        (table, self.pairs_with(class, row, &key, &key))
    }

    /// For each part of a key what of a row equals what of a key: of the SQL of a whole number, else of what [`Self::key_text`] gave.
    pub(super) fn pairs_with(self, class: ClassId, row: &str, whole: &str, key: &str) -> Vec<(String, String)> {
        let is_whole = self.has_whole_place(class);
        match self.layout.dialect() {
            _ if is_whole => self.place(class, row).into_iter().map(|column| (column, whole.to_owned())).collect(),
            Dialect::Sqlite => {
                let columns = self.place(class, row).into_iter().enumerate();
                columns.map(|(index, column)| (column, format!("clv_set_key({key}, {index})"))).collect()
            }
            Dialect::Postgres(_) => {
                let pair = |(index, (column, ty)): (usize, (String, Option<PgType>))| {
                    let part = format!("({key} ->> {index})");
                    match ty {
                        // Compared as they are: nothing was cut off the text that the key was kept as.
                        Some(ty) if ty.is_time() => (column, ty.cast(&part)),
                        Some(ty) => (ty.compared(&column), ty.cast(&part)),
                        None => (format!("({column})::text"), part),
                    }
                };
                self.typed_place(class, row).into_iter().enumerate().map(pair).collect()
            }
        }
    }

    /// Keys as the text that [`Self::keys_table`] reads.
    fn keys_text<'k>(self, class: ClassId, keys: impl Iterator<Item = KeyRef<'k>>) -> String {
        let is_array = self.layout.dialect() != Dialect::Sqlite && self.has_whole_place(class);
        let (open, close) = if is_array { ('{', '}') } else { ('[', ']') };
        let mut text = String::from(open);
        for (index, key) in keys.enumerate() {
            if index > 0 {
                text.push(',');
            }
            self.key_text(&mut text, key);
        }
        text.push(close);
        text
    }

    /// One key as JSON.
    pub(super) fn key_text(self, text: &mut String, key: KeyRef<'_>) {
        match key {
            KeyRef::Whole(number) => {
                let _ = write!(text, "{number}");
            }
            KeyRef::Encoded(bytes) if self.layout.dialect() == Dialect::Sqlite => {
                text.push('"');
                for byte in bytes {
                    let _ = write!(text, "{byte:02x}");
                }
                text.push('"');
            }
            KeyRef::Encoded(bytes) => text.push_str(&json_parts(bytes)),
        }
    }
}

/// The parts of a key, which are texts, as a JSON array.
fn json_parts(bytes: &[u8]) -> String {
    let parts = key::decode(bytes).unwrap_or_default().into_iter().map(|part| match part {
        Bind::Text(text) => Some(text),
        Bind::Integer(number) => Some(number.to_string()),
        Bind::Null | Bind::Real(_) | Bind::Blob(_) => None,
    });
    serde_json::to_string(&parts.collect::<Vec<Option<String>>>()).unwrap_or_else(|_| "[]".to_owned())
}

/// Keys of the entities of a selection, in its order; columns are what [`crate::sets::key::Collector`] takes.
pub fn keys(tables: Tables<'_>, selection: &Selection) -> Sql {
    let class = selection.class();
    let mut writer = Writer::new(tables, selection.scopes());
    selection.order().iter().for_each(|order| writer.use_operand(&order.operand));
    let from = writer.from(class, selection.base(), selection.filter());
    let order = writer.order_of(class, selection.base(), selection.order());
    let columns = tables.key_columns(class, ROOT);
    let columns = if columns.is_empty() { "NULL".to_owned() } else { columns.join(", ") };
    let (skip, top) = selection.wanted();
    let limit = writer.limit(skip, top);
    writer.finish(format!("SELECT {columns} FROM {from}{order}{limit}"))
}

/// The entities of these keys, in their order. The last column is null for a key whose entity is gone.
pub fn entities<'k>(tables: Tables<'_>, class: ClassId, selected: &Selected, keys: impl Iterator<Item = KeyRef<'k>>) -> Sql {
    // The keys are chosen: nothing is asked of a computed attribute any more.
    let tables = tables.without_values();
    let mut binds = selected.binds.clone();
    let parameter = binds.bind(Bind::Text(tables.keys_text(class, keys)));
    let (table, condition) = tables.keys_table(class, ROOT, &parameter);
    let source = tables.source(class, &mut binds);
    let there = tables.place(class, ROOT).into_iter().next().unwrap_or_else(|| "NULL".to_owned());
    let text = format!(
        "{}, CASE WHEN {there} IS NOT NULL THEN 1 END FROM {table} LEFT JOIN {source} AS {ROOT} ON {condition}{} ORDER BY {KEYS}.key",
        selected.columns, selected.joins
    );
    Sql { text, binds: binds.into_values() }
}

impl Writer<'_> {
    /// The table of the entities selected, behind the keys of a set where one is read.
    pub fn root(&mut self, class: ClassId, base: &Base) -> String {
        let table = format!("{} AS {ROOT}", self.tables.source(class, &mut self.binds));
        let Base::Set(keys) = base else { return table };
        let parameter = self.bind(Bind::Text(self.tables.keys_text(class, keys.iter())));
        let (keys, condition) = self.tables.keys_table(class, ROOT, &parameter);
        self.base_condition = Some(condition);
        // A cross join is never turned round: the keys are walked, and each row is looked up.
        format!("{keys} CROSS JOIN {table}")
    }

    /// Condition that the entity selected is one of a set.
    pub(super) fn in_keys(&mut self, class: ClassId, keys: &KeyList) -> String {
        self.is_key(class, ROOT, keys)
    }

    /// Condition that a row is one of these keys.
    fn is_key(&mut self, class: ClassId, row: &str, keys: &KeyList) -> String {
        let parameter = self.bind(Bind::Text(self.tables.keys_text(class, keys.iter())));
        let (table, pairs) = self.tables.key_pairs(class, row, &parameter);
        if pairs.is_empty() {
            return "FALSE".to_owned();
        }
        let (columns, parts): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
        format!("{} IN (SELECT {} FROM {table})", row_value(&columns), parts.join(", "))
    }

    /// ` ORDER BY …`: of an order, else of the set where one is read, else the default.
    pub fn order_of(&mut self, class: ClassId, base: &Base, order: &[claviger_query::Order]) -> String {
        match base {
            Base::Set(_) if order.is_empty() => format!(" ORDER BY {KEYS}.key"),
            _ => self.order_clause(class, order),
        }
    }

    /// Condition that the entity selected is one that the entity of this key is related to by these relations.
    pub fn related_condition(&mut self, class: ClassId, from: ClassId, parts: Option<&[Value]>, steps: &[AttrRef]) -> String {
        let tables = self.tables;
        let place = tables.place(class, ROOT);
        let key = if place.is_empty() { None } else { self.has_key(from, OWNER, parts) };
        let Some(key) = key else { return "FALSE".to_owned() };
        let (sql, near) = self.walked(from, steps);
        let (place, reached) = (row_value(&place), tables.place(class, &near).join(", "));
        format!("{place} IN (SELECT {reached} FROM {sql} WHERE {key})")
    }

    /// Condition that the entity selected is one that any entity of these keys is related to.
    pub fn related_to_any(&mut self, class: ClassId, from: ClassId, keys: &KeyList, steps: &[AttrRef]) -> String {
        let tables = self.tables;
        let place = tables.place(class, ROOT);
        if place.is_empty() {
            return "FALSE".to_owned();
        }
        let (sql, near) = self.walked(from, steps);
        let condition = self.is_key(from, OWNER, keys);
        let (place, reached) = (row_value(&place), tables.place(class, &near).join(", "));
        format!("{place} IN (SELECT {reached} FROM {sql} WHERE {condition})")
    }

    /// The tables of a walk over relations that begins at the row [`OWNER`], and the row where it ends.
    fn walked(&mut self, from: ClassId, steps: &[AttrRef]) -> (String, String) {
        let tables = self.tables;
        let mut sql = format!("{} AS {OWNER}", tables.source(from, &mut self.binds));
        let mut near = OWNER.to_owned();
        for (index, step) in steps.iter().enumerate() {
            let far = format!("o{}", index + 1);
            let table = tables.source(tables.target(*step), &mut self.binds);
            let _ = write!(sql, " JOIN {table} AS {far} ON {}", tables.join(*step, &near, &far));
            near = far;
        }
        (sql, near)
    }
}

/// Alias of a row whose related entities are meant.
const OWNER: &str = "o";

fn row_value(columns: &[String]) -> String {
    match columns {
        [only] => only.clone(),
        several => format!("({})", several.join(", ")),
    }
}
