//! The row of an entity inside a change: found by key, its stamp, its stored values.

use std::sync::Arc;

use claviger_model::{Cell, ClassId, Dataclass, Storage, Value, ValueType};
use claviger_query::{Restrictions, Save};
use rusqlite::types::ValueRef;

use super::Session;
use super::database::Database;
use crate::bind::Bind as Sql;
use crate::decode::Decoder;
use crate::error::StoreError;
use crate::layout::{ClassLayout, Dialect, LARGEST_STAMP, STAMP, StampSource, TIMESTAMP, quote};
use crate::sink::Sink;
use crate::sql::operand::Column;
use crate::sql::prepared::Prepared;
use crate::sqlite::functions::{dates, numbers, uuid_of};
use crate::sqlite::stamps::{self, SideRow};

/// Alias of the row in the statements here.
pub(super) const ROW: &str = "r";

/// The row of an entity as it is stored.
#[derive(Debug)]
pub struct StoredRow {
    /// Key columns as stored.
    pub key: Vec<Sql>,
    /// What `__STAMP` shows.
    pub stamp: i64,
    /// The stamp that the next save takes; `None` when they are used up.
    pub next_stamp: Option<i64>,
    /// Row hash now (attached databases).
    hash: Option<i64>,
    /// The columns asked for, in order; an image or blob that is not null is 1.
    pub values: Vec<Sql>,
}

impl<D: Database> Session<D> {
    /// Finds an entity by key values as the caller gave them.
    pub fn find(&self, class: &Dataclass, key: &[Value], columns: &[&Storage]) -> Result<Option<StoredRow>, StoreError> {
        let parts = self.tables().key(class.id, ROW);
        if parts.len() != key.len() || parts.is_empty() {
            return Ok(None);
        }
        let conditions: Vec<String> = parts.iter().enumerate().map(|(index, part)| part.equals_parameter(index + 1)).collect();
        let binds: Vec<Sql> = parts.iter().zip(key).map(|(part, value)| part.bind_key(value)).collect();
        self.fetch(class, &conditions.join(" AND "), &binds, columns)
    }

    /// Finds an entity by key columns as they are stored.
    pub fn find_stored(&self, class: &Dataclass, key: &[Sql], columns: &[&Storage]) -> Result<Option<StoredRow>, StoreError> {
        self.fetch(class, &self.stored_key_condition(class, ROW, 1), key, columns)
    }

    /// The entity, where a caller with these restrictions sees it. Asked when the row is held, so that it stays as it was seen.
    pub fn find_seen(
        &self,
        restrictions: &Restrictions,
        class: &Dataclass,
        key: &[Value],
        columns: &[&Storage],
    ) -> Result<Option<StoredRow>, StoreError> {
        let Some(row) = self.find(class, key, columns)? else { return Ok(None) };
        let is_seen = self.sees(restrictions, class, || self.stored_key_condition(class, ROW, 1), &row.key)?;
        Ok(is_seen.then_some(row))
    }

    fn fetch(&self, class: &Dataclass, condition: &str, binds: &[Sql], columns: &[&Storage]) -> Result<Option<StoredRow>, StoreError> {
        let layout = self.layout.class(class.id);
        let mut sql = String::with_capacity(256);
        sql.push_str("SELECT ");
        let (head, join) = match layout.stamps {
            StampSource::Columns => (format!("{ROW}.{}", quote(STAMP)), String::new()),
            StampSource::Constant => ("1".to_owned(), String::new()),
            StampSource::Hash => (self.layout.row_hash(class.id, ROW), String::new()),
            StampSource::Side => (
                format!("{}, s.stamp, s.timestamp, s.hash, s.prior_stamp, s.prior_hash", self.layout.row_hash(class.id, ROW)),
                format!(
                    " LEFT JOIN {} AS s ON s.table_name = {} AND s.row_key = {}",
                    self.layout.dialect().side_table(),
                    crate::layout::text_literal(&layout.side_name()),
                    layout.side_key_sql(self.layout.dialect(), ROW)
                ),
            ),
        };
        sql.push_str(&head);
        for part in self.tables().key(class.id, ROW) {
            sql.push_str(&format!(", {}", part.selected()));
        }
        for storage in columns {
            let column = quote(&storage.column);
            if matches!(storage.value_type(), ValueType::Image | ValueType::Blob) {
                sql.push_str(&format!(", CASE WHEN {ROW}.{column} IS NOT NULL THEN 1 END"));
            } else {
                sql.push_str(&format!(", {}", self.selected(class, storage)));
            }
        }
        sql.push_str(&format!(" FROM {} AS {ROW}{join} WHERE {condition}", layout.table_sql()));
        if self.layout.dialect() != Dialect::Sqlite && class.is_writable() {
            // From here to the end of the change nobody else writes it.
            sql.push_str(&format!(" FOR UPDATE OF {ROW}"));
        }
        let Some(row) = self.db.rows(&sql, binds)?.into_iter().next() else { return Ok(None) };
        let whole = |index: usize| match row.get(index) {
            Some(Sql::Integer(number)) => Some(*number),
            _ => None,
        };
        let first = whole(0).unwrap_or_default();
        let (stamp, next_stamp, hash, mut at) = match layout.stamps {
            StampSource::Columns => (first, Some(first + 1).filter(|next| *next <= LARGEST_STAMP), None, 1),
            StampSource::Constant => (1, Some(1), None, 1),
            StampSource::Hash => {
                let stamp = (first & LARGEST_STAMP).max(1);
                (stamp, Some(stamp), Some(first), 1)
            }
            StampSource::Side => {
                let side = whole(1).map(|stamp| SideRow {
                    stamp,
                    timestamp: whole(2).unwrap_or_default(),
                    hash: whole(3).unwrap_or_default(),
                    prior_stamp: whole(4),
                    prior_hash: whole(5),
                });
                (stamps::effective(side.as_ref(), first), stamps::next(side.as_ref(), Some(first)), Some(first), 6)
            }
        };
        let mut row = row.into_iter().skip(std::mem::take(&mut at));
        let key = row.by_ref().take(layout.key.len()).collect();
        let values = row.take(columns.len()).collect();
        Ok(Some(StoredRow { key, stamp, next_stamp, hash, values }))
    }

    /// True when the column of the row has these very bytes: storing them again changes nothing.
    pub fn holds(&self, class: &Dataclass, row: &StoredRow, storage: &Storage, bytes: &[u8]) -> Result<bool, StoreError> {
        let condition = self.stored_key_condition(class, ROW, 2);
        let column = self.column(class, storage, ROW).equals_stored(1);
        let sql = format!("SELECT 1 FROM {} AS {ROW} WHERE {column} AND {condition}", self.layout.class(class.id).table_sql());
        let binds: Vec<Sql> = std::iter::once(Sql::Blob(bytes.to_vec())).chain(row.key.iter().cloned()).collect();
        Ok(!self.db.rows(&sql, &binds)?.is_empty())
    }

    /// Remembers in the stamps file that a row was saved; nothing to do where stamps lie elsewhere. `before`: the row as it was, none for a
    /// new entity. The row must have its new content already.
    pub fn remember(&self, class: &Dataclass, key: &[Sql], before: Option<&StoredRow>) -> Result<RememberedStamp, StoreError> {
        let layout = self.layout.class(class.id);
        if layout.stamps != StampSource::Side {
            return Ok(RememberedStamp::Elsewhere);
        }
        let dialect = self.layout.dialect();
        let side_key = side_key(dialect, key);
        let table = Sql::Text(layout.side_name());
        let stamp = match before {
            Some(row) => row.next_stamp,
            // A row of that key may have been here and gone behind our back.
            None => {
                let [first, second] = [dialect.parameter(1), dialect.parameter(2)];
                let sql = format!("SELECT stamp FROM {} WHERE table_name = {first} AND row_key = {second}", dialect.side_table());
                match self.db.rows(&sql, &[table.clone(), side_key.clone()])?.first().map(Vec::as_slice) {
                    Some([Sql::Integer(stamp), ..]) => Some(stamp + 2).filter(|next| *next <= LARGEST_STAMP),
                    _ => Some(1),
                }
            }
        };
        let Some(stamp) = stamp else { return Ok(RememberedStamp::UsedUp) };
        let sql = format!(
            "INSERT INTO {} (table_name, row_key, stamp, timestamp, prior_stamp, prior_hash, hash) \
             SELECT {}, {} FROM {} AS {ROW} WHERE {} \
             ON CONFLICT (table_name, row_key) DO UPDATE SET stamp = excluded.stamp, timestamp = excluded.timestamp, hash = excluded.hash{}",
            dialect.side_table(),
            side_values(dialect),
            self.layout.row_hash(class.id, ROW),
            layout.table_sql(),
            self.stored_key_condition(class, ROW, 7),
            // What others see until the commit is what was before the first of several savings.
            if self.db.has_noted(&layout.table, &side_key) {
                ""
            } else {
                ", prior_stamp = excluded.prior_stamp, prior_hash = excluded.prior_hash"
            }
        );
        let whole = |number: Option<i64>| number.map_or(Sql::Null, Sql::Integer);
        let mut binds = vec![table, side_key.clone(), Sql::Integer(stamp), Sql::Integer(self.now())];
        binds.extend([whole(before.map(|row| row.stamp)), whole(before.and_then(|row| row.hash))]);
        binds.extend(key.iter().cloned());
        self.db.execute(&sql, &binds)?;
        self.db.note((layout.table.clone(), side_key, stamp));
        Ok(RememberedStamp::Written)
    }
}

impl<D: Database> Session<D> {
    /// Key columns as they are stored, as values.
    pub fn key_values(&self, class: ClassId, key: &[Sql]) -> Vec<Value> {
        let mut scratch = String::new();
        let parts = self.tables().key(class, ROW);
        parts.iter().zip(key).map(|(part, stored)| owned_value(Decoder::of(part).cell(stored.into(), &mut scratch))).collect()
    }

    /// Sends the entity with these key columns, as it is now, into a sink.
    ///
    /// Whoever saved it gets it, also when he cannot see it from now on; of what is related to it, only what he sees.
    pub fn read_back<S: Sink>(&self, save: &Save, key: &[Sql], sink: &mut S) -> Result<(), StoreError> {
        let projection = save.projection();
        let values = self.key_values(projection.class(), key);
        let tables = self.tables().seen_through(save.restrictions());
        let prepared =
            if tables.is_restricted() { Arc::new(Prepared::of_saved(tables, projection)) } else { self.db.prepared(tables, projection) };
        if self.db.read_entity(&prepared, &values, sink)? {
            Ok(())
        } else {
            Err(StoreError::Internal(format!("an entity of {} is gone after its own save", self.model.dataclass(projection.class()).name)))
        }
    }
}

/// A key part as a value of its own.
fn owned_value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null | Cell::Media => Value::Null,
        Cell::Bool(truth) => Value::Bool(truth),
        Cell::Int(number) => Value::Int(number),
        Cell::Double(number) => Value::Double(number),
        Cell::Decimal(digits) => digits.parse().map_or(Value::Null, Value::Decimal),
        Cell::Text(text) | Cell::Json(text) | Cell::Misfit(text) => Value::Text(text.to_owned()),
        Cell::Uuid(bytes) => Value::Uuid(bytes),
        Cell::Date(date) => Value::Date(date),
        Cell::Instant(at) => Value::Instant(at),
        Cell::Duration(span) => Value::Duration(span),
    }
}

/// What became of a stamp in the side file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RememberedStamp {
    /// It stands there.
    Written,
    /// Stamps of this dataclass lie elsewhere.
    Elsewhere,
    /// There is no higher one.
    UsedUp,
}

/// The first values of a row of the side table, parameters 1 to 6.
fn side_values(dialect: Dialect) -> String {
    let types = ["text", "text", "int8", "int8", "int8", "int8"];
    let values = types.iter().enumerate().map(|(index, ty)| match dialect {
        Dialect::Sqlite => dialect.parameter(index + 1),
        Dialect::Postgres(_) => format!("{}::{ty}", dialect.parameter(index + 1)),
    });
    values.collect::<Vec<_>>().join(", ")
}

/// Key of a row in the side table; the same as [`crate::layout::ClassLayout::side_key_sql`] makes.
pub fn side_key(dialect: Dialect, key: &[Sql]) -> Sql {
    if dialect != Dialect::Sqlite {
        let parts = key.iter().map(|part| match part {
            Sql::Null => serde_json::Value::Null,
            Sql::Integer(number) => (*number).into(),
            Sql::Real(number) => (*number).into(),
            Sql::Text(text) => text.as_str().into(),
            Sql::Blob(bytes) => super::encode::dashed(bytes).into(),
        });
        let parts: Vec<String> = parts.map(|part| part.to_string()).collect();
        // As `json_build_array` writes it.
        return Sql::Text(format!("[{}]", parts.join(", ")));
    }
    match key {
        [only] => only.clone(),
        parts => Sql::Blob(stamps::key_blob(parts.iter().map(ValueRef::from))),
    }
}

impl<D: Database> Session<D> {
    /// `row."a" = ?n AND …` over key columns as stored.
    pub fn stored_key_condition(&self, class: &Dataclass, row: &str, first: usize) -> String {
        let pairs: Vec<String> =
            self.tables().key(class.id, row).iter().enumerate().map(|(index, part)| part.equals_stored(first + index)).collect();
        if pairs.is_empty() { "FALSE".to_owned() } else { pairs.join(" AND ") }
    }

    /// The column of a storage attribute of the row [`ROW`], as it is selected.
    fn selected(&self, class: &Dataclass, storage: &Storage) -> String {
        self.column(class, storage, ROW).selected()
    }

    /// The column of a storage attribute.
    pub(super) fn column(&self, class: &Dataclass, storage: &Storage, row: &str) -> Column {
        let attribute = class.attributes.iter().find(|attribute| attribute.storage().is_some_and(|other| other.column == storage.column));
        match attribute {
            Some(attribute) => self.tables().column(class.at(attribute.id), row),
            None => unreachable!("{} is a column of {}", storage.column, class.name),
        }
    }
}

/// The system columns that a new row of an owned table gets, with their values.
pub fn first_stamp(layout: &ClassLayout, now: i64) -> Vec<(&'static str, Sql)> {
    match layout.stamps {
        StampSource::Columns => vec![(STAMP, Sql::Integer(1)), (TIMESTAMP, Sql::Integer(now))],
        _ => Vec::new(),
    }
}

/// The stored value means the same as the new one: nothing changes.
pub fn is_same(stored: &Sql, new: &Value, storage: &Storage) -> bool {
    let stored = ValueRef::from(stored);
    match (stored, new) {
        (ValueRef::Null, Value::Null) => true,
        (ValueRef::Null, _) | (_, Value::Null) => false,
        (ValueRef::Integer(bit), Value::Bool(new)) => bit == i64::from(*new),
        (ValueRef::Integer(number), Value::Int(new)) => number == *new,
        (ValueRef::Real(number), Value::Int(new)) => number == *new as f64,
        (ValueRef::Real(number), Value::Double(new)) => number == *new,
        (ValueRef::Integer(number), Value::Double(new)) => number as f64 == *new,
        (_, Value::Decimal(new)) => numbers::decimal_of(stored).is_some_and(|number| number == *new),
        // Exactly: a change of case is a change.
        (ValueRef::Text(text), Value::Text(new)) => text == new.as_bytes(),
        (_, Value::Uuid(new)) => uuid_of(stored).is_some_and(|uuid| uuid == *new),
        (_, Value::Date(new)) => dates::date_of(stored, storage.date_form).is_some_and(|date| date == *new),
        (_, Value::Instant(new)) => dates::instant_of(stored, storage.date_form).is_some_and(|at| at == *new),
        (_, Value::Duration(new)) => dates::duration_of(stored).is_some_and(|span| span == *new),
        (_, Value::Object(new)) => match Decoder::of_storage(storage).cell(stored, &mut String::new()) {
            Cell::Json(text) => serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json == *new),
            _ => false,
        },
        _ => false,
    }
}

/// The stored value does not fit its attribute and was sent as this text: posted back, it is no change (12.1).
pub fn is_shown_as(stored: &Sql, text: &str, storage: &Storage) -> bool {
    Decoder::of_storage(storage).cell(stored.into(), &mut String::new()) == Cell::Misfit(text)
}
