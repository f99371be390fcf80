//! Rows become entities in the sink, whichever engine they come from.
//!
//! Values are seen as SQLite's: a whole number, a double, text or bytes; PostgreSQL's rows are brought into that form.

use claviger_model::Cell;
use rusqlite::types::ValueRef;

use crate::bind::Bind;

use crate::error::SinkFull;
use crate::sink::{EntityHead, Sink};
use crate::sql::columns::{EntityShape, FieldShape, ListShape, ManyShape, Slot};

/// A row under the engine's cursor, or one that was put aside.
pub(crate) trait Values {
    fn value(&self, column: usize) -> ValueRef<'_>;

    /// A number of the row among all rows of one answer, where the engine reads what is related for many rows at once.
    fn number(&self) -> u32 {
        0
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

/// What is related to a row and stands in statements of its own.
pub(crate) trait Related {
    /// Why reading fails.
    type Error: From<SinkFull>;

    /// The values of a list.
    fn list(&self, row: &(impl Values + ?Sized), list: &ListShape) -> Result<Vec<Bind>, Self::Error>;

    /// The number of related entities, told to `head` first, then the rows of the page, each told to `row`. `out` is what both work on.
    fn many<O>(
        &self,
        parent: &(impl Values + ?Sized),
        many: &ManyShape,
        out: &mut O,
        head: impl FnOnce(&mut O, u64),
        row: impl FnMut(&mut O, &dyn Values) -> Result<(), Self::Error>,
    ) -> Result<(), Self::Error>;
}

/// Pushes rows into a sink.
pub(crate) struct Emitter<'a, S, R> {
    related: &'a R,
    sink: &'a mut S,
    scratch: String,
}

impl<'a, S: Sink, R: Related> Emitter<'a, S, R> {
    pub(crate) fn new(related: &'a R, sink: &'a mut S) -> Self {
        Self { related, sink, scratch: String::new() }
    }

    pub(crate) fn sink(&mut self) -> &mut S {
        self.sink
    }

    /// An entity of a set that is gone.
    pub(crate) fn missing(&mut self, projection: &claviger_query::Projection) -> Result<(), R::Error> {
        if self.sink.is_full() {
            return Err(SinkFull.into());
        }
        self.sink.missing(projection);
        Ok(())
    }

    /// An entity with all its fields.
    pub(crate) fn entity(&mut self, row: &(impl Values + ?Sized), shape: &EntityShape) -> Result<(), R::Error> {
        if self.sink.is_full() {
            return Err(SinkFull.into());
        }
        let (sink, scratch) = (&mut *self.sink, &mut self.scratch);
        with_key(row, &shape.key, scratch, |key| sink.entity(&shape.projection, head(row, shape, key)));
        self.fields(row, shape)?;
        self.sink.entity_end();
        Ok(())
    }

    fn fields(&mut self, row: &(impl Values + ?Sized), shape: &EntityShape) -> Result<(), R::Error> {
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

    fn list(&mut self, row: &(impl Values + ?Sized), field: &claviger_query::Field, list: &ListShape) -> Result<(), R::Error> {
        let values = self.related.list(row, list)?;
        let mut scratch = vec![String::new(); values.len()];
        let cells: Vec<Cell<'_>> =
            values.iter().zip(&mut scratch).map(|(value, scratch)| list.decoder.cell(ValueRef::from(value), scratch)).collect();
        self.sink.list(field, &cells);
        Ok(())
    }

    fn many(&mut self, row: &(impl Values + ?Sized), field: &claviger_query::Field, many: &ManyShape) -> Result<(), R::Error> {
        let related = self.related;
        let mut sent = 0;
        related.many(
            row,
            many,
            self,
            |emitter, count| emitter.sink.many(field, &many.shape.projection, count),
            |emitter, row| {
                sent += 1;
                emitter.entity(row, &many.shape)
            },
        )?;
        self.sink.many_end(sent);
        Ok(())
    }
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
