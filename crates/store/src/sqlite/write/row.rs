//! The row of an entity inside a change: found by key, its stamp, its stored values.

use std::sync::Arc;

use claviger_model::{Cell, Dataclass, Storage, Value, ValueType};
use claviger_query::Projection;
use rusqlite::types::ValueRef;

use crate::bind::Bind as Sql;
use rusqlite::{ToSql, params_from_iter};

use super::Session;
use crate::decode::Decoder;
use crate::error::StoreError;
use crate::layout::{ClassLayout, LARGEST_STAMP, SIDE_TABLE, STAMP, StampSource, TIMESTAMP, quote};
use crate::sink::Sink;
use crate::sql::Tables;
use crate::sqlite::functions::{dates, numbers, uuid_of};
use crate::sqlite::stamps::{self, SideRow};

/// Alias of the row in the statements here.
const ROW: &str = "r";

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

impl Session {
    /// Dataclasses and tables together.
    pub fn tables(&self) -> Tables<'_> {
        Tables { model: &self.model, layout: &self.layout }
    }

    /// Finds an entity by key values as the caller gave them.
    pub fn find(&self, class: &Dataclass, key: &[Value], columns: &[&Storage]) -> rusqlite::Result<Option<StoredRow>> {
        let parts = self.tables().key(class.id, ROW);
        if parts.len() != key.len() || parts.is_empty() {
            return Ok(None);
        }
        let conditions: Vec<String> =
            parts.iter().enumerate().map(|(index, part)| format!("{} = ?{}", part.key_compared(), index + 1)).collect();
        let binds: Vec<Sql> = parts.iter().zip(key).map(|(part, value)| part.bind_key(value)).collect();
        self.fetch(class, &conditions.join(" AND "), &binds, columns)
    }

    /// Finds an entity by key columns as they are stored.
    pub fn find_stored(&self, class: &Dataclass, key: &[Sql], columns: &[&Storage]) -> rusqlite::Result<Option<StoredRow>> {
        self.fetch(class, &stored_key_condition(self.layout.class(class.id), &format!("{ROW}."), 1), key, columns)
    }

    fn fetch(&self, class: &Dataclass, condition: &str, binds: &[Sql], columns: &[&Storage]) -> rusqlite::Result<Option<StoredRow>> {
        let layout = self.layout.class(class.id);
        let mut sql = String::with_capacity(256);
        sql.push_str("SELECT ");
        let (head, join) = match layout.stamps {
            StampSource::Columns => (format!("{ROW}.{}", quote(STAMP)), String::new()),
            StampSource::Constant => ("1".to_owned(), String::new()),
            StampSource::Hash => (format!("clv_row_hash({})", layout.content_sql(self.layout.dialect(), ROW)), String::new()),
            StampSource::Side => (
                format!(
                    "clv_row_hash({}), s.stamp, s.timestamp, s.hash, s.prior_stamp, s.prior_hash",
                    layout.content_sql(self.layout.dialect(), ROW)
                ),
                format!(
                    " LEFT JOIN {SIDE_TABLE} AS s ON s.table_name = {} AND s.row_key = {}",
                    crate::layout::text_literal(&layout.table),
                    layout.side_key_sql(self.layout.dialect(), ROW)
                ),
            ),
        };
        sql.push_str(&head);
        for name in &layout.key {
            sql.push_str(&format!(", {ROW}.{}", quote(name)));
        }
        for storage in columns {
            let column = quote(&storage.column);
            if matches!(storage.value_type(), ValueType::Image | ValueType::Blob) {
                sql.push_str(&format!(", CASE WHEN {ROW}.{column} IS NOT NULL THEN 1 END"));
            } else {
                sql.push_str(&format!(", {ROW}.{column}"));
            }
        }
        sql.push_str(&format!(" FROM {} AS {ROW}{join} WHERE {condition}", layout.table_sql()));
        let mut statement = self.link.db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(binds))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let first: i64 = row.get(0)?;
        let (stamp, next_stamp, hash, mut at) = match layout.stamps {
            StampSource::Columns => (first, Some(first + 1).filter(|next| *next <= LARGEST_STAMP), None, 1),
            StampSource::Constant => (1, Some(1), None, 1),
            StampSource::Hash => {
                let stamp = (first & LARGEST_STAMP).max(1);
                (stamp, Some(stamp), Some(first), 1)
            }
            StampSource::Side => {
                let side = match row.get::<_, Option<i64>>(1)? {
                    Some(stamp) => Some(SideRow {
                        stamp,
                        timestamp: row.get(2)?,
                        hash: row.get(3)?,
                        prior_stamp: row.get(4)?,
                        prior_hash: row.get(5)?,
                    }),
                    None => None,
                };
                (stamps::effective(side.as_ref(), first), stamps::next(side.as_ref(), Some(first)), Some(first), 6)
            }
        };
        let mut take = |count: usize| -> rusqlite::Result<Vec<Sql>> {
            let values = (at..at + count).map(|index| row.get(index)).collect();
            at += count;
            values
        };
        let key = take(layout.key.len())?;
        let values = take(columns.len())?;
        Ok(Some(StoredRow { key, stamp, next_stamp, hash, values }))
    }

    /// True when the column of the row has these very bytes: storing them again changes nothing.
    pub fn holds(&self, class: &Dataclass, row: &StoredRow, storage: &Storage, bytes: &[u8]) -> rusqlite::Result<bool> {
        let layout = self.layout.class(class.id);
        let condition = stored_key_condition(layout, "", 2);
        let sql = format!("SELECT 1 FROM {} WHERE {} = ?1 AND {condition}", quote(&layout.table), quote(&storage.column));
        let binds = std::iter::once(&bytes as &dyn ToSql).chain(row.key.iter().map(|part| part as &dyn ToSql));
        self.link.db.prepare_cached(&sql)?.exists(params_from_iter(binds))
    }

    /// Remembers in the stamps file that a row was saved; nothing to do where stamps lie elsewhere. `before`: the row as it was, none for a
    /// new entity. The row must have its new content already.
    pub fn remember(&self, class: &Dataclass, key: &[Sql], before: Option<&StoredRow>) -> rusqlite::Result<RememberedStamp> {
        let layout = self.layout.class(class.id);
        if layout.stamps != StampSource::Side {
            return Ok(RememberedStamp::Elsewhere);
        }
        let side_key = side_key(key);
        let stamp = match before {
            Some(row) => row.next_stamp,
            // A row of that key may have been here and gone behind our back.
            None => {
                let sql = format!("SELECT stamp FROM {SIDE_TABLE} WHERE table_name = ?1 AND row_key = ?2");
                let mut statement = self.link.db.prepare_cached(&sql)?;
                let mut rows = statement.query([&layout.table as &dyn ToSql, &side_key])?;
                match rows.next()? {
                    Some(row) => Some(row.get::<_, i64>(0)? + 2).filter(|next| *next <= LARGEST_STAMP),
                    None => Some(1),
                }
            }
        };
        let Some(stamp) = stamp else { return Ok(RememberedStamp::UsedUp) };
        let sql = format!(
            "INSERT INTO main.{SIDE_TABLE} (table_name, row_key, stamp, timestamp, hash, prior_stamp, prior_hash) \
             SELECT ?1, ?2, ?3, ?4, clv_row_hash({}), ?5, ?6 FROM {} AS {ROW} WHERE {} \
             ON CONFLICT (table_name, row_key) DO UPDATE SET stamp = excluded.stamp, timestamp = excluded.timestamp, hash = excluded.hash, \
             prior_stamp = excluded.prior_stamp, prior_hash = excluded.prior_hash",
            layout.content_sql(self.layout.dialect(), ROW),
            layout.table_sql(),
            stored_key_condition(layout, &format!("{ROW}."), 7)
        );
        let (prior_stamp, prior_hash, now) = (before.map(|row| row.stamp), before.and_then(|row| row.hash), self.now());
        let head: [&dyn ToSql; 6] = [&layout.table, &side_key, &stamp, &now, &prior_stamp, &prior_hash];
        let binds = head.into_iter().chain(key.iter().map(|part| part as &dyn ToSql));
        self.link.db.prepare_cached(&sql)?.execute(params_from_iter(binds))?;
        self.note((layout.table.clone(), side_key, stamp));
        Ok(RememberedStamp::Written)
    }
}

impl Session {
    /// Sends the entity with these key columns, as it is now, into a sink.
    pub fn read_back<S: Sink>(&self, projection: &Arc<Projection>, key: &[Sql], sink: &mut S) -> Result<(), StoreError> {
        let tables = self.tables();
        let mut scratch = String::new();
        let parts = tables.key(projection.class(), ROW);
        let values: Vec<Value> =
            parts.iter().zip(key).map(|(part, stored)| owned_value(Decoder::of(part).cell(stored.into(), &mut scratch))).collect();
        if self.memory.prepared(tables, projection).read(&self.link.db, &values, sink)? {
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

/// Key of a row in the stamps file; the same as [`ClassLayout::side_key_sql`] makes.
pub fn side_key(key: &[Sql]) -> Sql {
    match key {
        [only] => only.clone(),
        parts => Sql::Blob(stamps::key_blob(parts.iter().map(ValueRef::from))),
    }
}

/// `row."a" = ?n AND …` over key columns as stored.
pub fn stored_key_condition(layout: &ClassLayout, row: &str, first: usize) -> String {
    let pairs: Vec<String> =
        layout.key.iter().enumerate().map(|(index, name)| format!("{row}{} = ?{}", quote(name), first + index)).collect();
    if pairs.is_empty() { "0".to_owned() } else { pairs.join(" AND ") }
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
