//! Rows become entities in the sink.

use claviger_model::Cell;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::bind::Bind;
use rusqlite::{Connection, Result, Row, ToSql};

use crate::error::SinkFull;
use crate::sink::{EntityHead, Sink};
use crate::sql::columns::{EntityShape, FieldShape, Link, ListShape, ManyShape, Slot};

/// A row under the engine's cursor, or one that was put aside.
pub(super) trait Values {
    fn value(&self, column: usize) -> ValueRef<'_>;
}

impl Values for Row<'_> {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.get_ref(column).unwrap_or(ValueRef::Null)
    }
}

impl Values for Vec<Bind> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.get(column).map_or(ValueRef::Null, ValueRef::from)
    }
}

impl Values for [ValueRef<'_>] {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.get(column).copied().unwrap_or(ValueRef::Null)
    }
}

/// Columns of a row that are fetched from the engine once and then looked at as often as members need them.
const FETCHED: usize = 32;

/// Puts a row aside.
pub(super) fn put_aside(row: &Row<'_>) -> Vec<Bind> {
    let columns = 0..row.as_ref().column_count();
    let owned = columns.map(|column| match row.value(column) {
        ValueRef::Null => Bind::Null,
        ValueRef::Integer(n) => Bind::Integer(n),
        ValueRef::Real(x) => Bind::Real(x),
        ValueRef::Text(text) => Bind::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Bind::Blob(bytes.to_vec()),
    });
    owned.collect()
}

/// Pushes rows into a sink.
pub(super) struct Emitter<'a, S> {
    db: &'a Connection,
    sink: &'a mut S,
    scratch: String,
}

/// A value lent to a parameter.
struct Lent<'a>(ValueRef<'a>);

impl ToSql for Lent<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

impl<'a, S: Sink> Emitter<'a, S> {
    pub(super) fn new(db: &'a Connection, sink: &'a mut S) -> Self {
        Self { db, sink, scratch: String::new() }
    }

    pub(super) fn sink(&mut self) -> &mut S {
        self.sink
    }

    /// The entity under the cursor with all its fields.
    pub(super) fn row(&mut self, row: &Row<'_>, shape: &EntityShape) -> Result<()> {
        let count = row.as_ref().column_count();
        if count > FETCHED {
            return self.entity(row, shape);
        }
        let mut values = [ValueRef::Null; FETCHED];
        for (column, value) in values.iter_mut().enumerate().take(count) {
            *value = row.value(column);
        }
        self.entity(&values[..count], shape)
    }

    /// An entity with all its fields.
    pub(super) fn entity(&mut self, row: &(impl Values + ?Sized), shape: &EntityShape) -> Result<()> {
        if self.sink.is_full() {
            return Err(SinkFull::error());
        }
        let (sink, scratch) = (&mut *self.sink, &mut self.scratch);
        with_key(row, &shape.key, scratch, |key| sink.entity(&shape.projection, head(row, shape, key)));
        self.fields(row, shape)?;
        self.sink.entity_end();
        Ok(())
    }

    fn fields(&mut self, row: &(impl Values + ?Sized), shape: &EntityShape) -> Result<()> {
        for (field, how) in shape.projection.fields().iter().zip(&shape.fields) {
            match how {
                FieldShape::Cell(slot) => self.sink.cell(field, slot.decoder.cell(row.value(slot.column), &mut self.scratch)),
                FieldShape::Reference(parts) => {
                    let (sink, scratch) = (&mut *self.sink, &mut self.scratch);
                    if let [part] = parts.as_slice() {
                        let cell = part.decoder.cell(row.value(part.column), scratch);
                        let key = [cell];
                        sink.deferred_one(field, if matches!(cell, Cell::Null) { None } else { Some(&key) });
                    } else if parts.iter().any(|part| matches!(row.value(part.column), ValueRef::Null)) {
                        sink.deferred_one(field, None);
                    } else {
                        with_key(row, parts, scratch, |key| sink.deferred_one(field, Some(key)));
                    }
                }
                FieldShape::DeferredMany => self.sink.deferred_many(field),
                FieldShape::One { present, shape } => {
                    if matches!(row.value(*present), ValueRef::Null) {
                        self.sink.one(field, &shape.projection, None);
                        continue;
                    }
                    let (sink, scratch) = (&mut *self.sink, &mut self.scratch);
                    with_key(row, &shape.key, scratch, |key| sink.one(field, &shape.projection, Some(head(row, shape, key))));
                    self.fields(row, shape)?;
                    self.sink.entity_end();
                }
                FieldShape::List(list) => self.list(row, field, list)?,
                FieldShape::Many(many) => self.many(row, field, many)?,
            }
        }
        Ok(())
    }

    fn list(&mut self, row: &(impl Values + ?Sized), field: &claviger_query::Field, list: &ListShape) -> Result<()> {
        let mut statement = self.db.prepare_cached(&list.sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(links(row, &list.links)))?;
        let mut values = Vec::new();
        while let Some(row) = rows.next()? {
            values.extend(put_aside(row).into_iter().next());
        }
        let mut scratch = vec![String::new(); values.len()];
        let cells: Vec<Cell<'_>> =
            values.iter().zip(&mut scratch).map(|(value, scratch)| list.decoder.cell(ValueRef::from(value), scratch)).collect();
        self.sink.list(field, &cells);
        Ok(())
    }

    fn many(&mut self, row: &(impl Values + ?Sized), field: &claviger_query::Field, many: &ManyShape) -> Result<()> {
        let count: u64 = {
            let mut statement = self.db.prepare_cached(&many.count_sql)?;
            let count: i64 = statement.query_row(rusqlite::params_from_iter(links(row, &many.links)), |row| row.get(0))?;
            count.unsigned_abs()
        };
        self.sink.many(field, &many.shape.projection, count);
        let mut sent = 0;
        if count > 0 {
            let mut statement = self.db.prepare_cached(&many.page_sql)?;
            let mut rows = statement.query(rusqlite::params_from_iter(links(row, &many.links)))?;
            while let Some(row) = rows.next()? {
                self.entity(row, &many.shape)?;
                sent += 1;
            }
        }
        self.sink.many_end(sent);
        Ok(())
    }
}

fn links<'r>(row: &'r (impl Values + ?Sized), columns: &'r [Link]) -> impl Iterator<Item = Lent<'r>> {
    columns.iter().map(|column| Lent(row.value(column.column)))
}

fn head<'k>(row: &(impl Values + ?Sized), shape: &EntityShape, key: &'k [Cell<'k>]) -> EntityHead<'k> {
    let whole = |column| match row.value(column) {
        ValueRef::Integer(n) => n,
        _ => 0,
    };
    EntityHead { key, stamp: whole(shape.stamp), timestamp: whole(shape.timestamp) }
}

/// Decodes key parts; a single part, the usual case, needs no allocation.
fn with_key<R>(row: &(impl Values + ?Sized), slots: &[Slot], scratch: &mut String, body: impl FnOnce(&[Cell<'_>]) -> R) -> R {
    match slots {
        [] => body(&[]),
        [slot] => body(&[slot.decoder.cell(row.value(slot.column), scratch)]),
        _ => {
            let mut scratch = vec![String::new(); slots.len()];
            let cells: Vec<Cell<'_>> =
                slots.iter().zip(&mut scratch).map(|(slot, scratch)| slot.decoder.cell(row.value(slot.column), scratch)).collect();
            body(&cells)
        }
    }
}
