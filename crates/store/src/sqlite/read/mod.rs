//! Reading: an authorised plan is run on a connection and its rows are pushed into a sink.

mod aggregate;
mod page;
pub mod pool;
mod related;
mod set;

use std::cell::{Cell as Flag, RefCell};
use std::sync::Arc;

use crate::bind::Bind;
use claviger_model::{AttrRef, Model, Value};
use claviger_query::{Base, KeyList, Outcome, Plan, Projection, Selection};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use rustc_hash::FxHashMap;

use super::connection::{DATA_SCHEMA, Link};
use super::stamps;
use crate::emit::Emitter;
use crate::error::StoreError;
use crate::layout::Layout;
use crate::plan::{absent, is_light};
use crate::sink::Sink;
use crate::sql::prepared::Prepared;
use crate::sql::{Tables, select};
use related::emit;

/// Projections whose statements a connection remembers.
const REMEMBERED_PROJECTIONS: usize = 512;
/// Counts that a connection remembers while the database does not change.
const REMEMBERED_COUNTS: usize = 256;

/// A read-only connection with what it remembers between plans.
#[derive(Debug)]
pub struct Reader {
    /// The connection.
    pub link: Link,
    schema: &'static str,
    memory: Memory,
}

/// Reading inside one state of the database: a reader's snapshot, or the transaction of a writer, who sees what it wrote.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    db: &'a Connection,
    memory: &'a Memory,
    /// The database's name on the connection, where counts may be remembered: not while nobody else sees what is counted.
    schema: Option<&'static str>,
}

/// What a connection remembers between plans.
#[derive(Debug, Default)]
pub struct Memory {
    prepared: RefCell<FxHashMap<u64, Arc<Prepared>>>,
    counts: RefCell<FxHashMap<Vec<u8>, u64>>,
    /// The engine's number of the database's state to which `counts` belong.
    version: Flag<i64>,
}

impl Reader {
    /// A reader over a connection; `schema` is the database's name on it.
    pub fn new(link: Link, schema: &'static str) -> Self {
        Self { link, schema, memory: Memory::default() }
    }

    /// Runs a plan. On [`StoreError::Busy`] the sink may have begun: [`Sink::reset`] it before the next attempt.
    pub fn run<S: Sink>(&self, model: &Model, layout: &Layout, plan: &Plan, sink: &mut S) -> Result<(), StoreError> {
        let tables = Tables::new(model, layout);
        if is_light(plan) {
            // One statement is its own snapshot.
            return self.reading().run(tables, plan, sink);
        }
        let _snapshot = Snapshot::begin(&self.link, self.schema == DATA_SCHEMA)?;
        self.reading().run(tables, plan, sink)
    }

    /// Keys of the entities of a selection, in its order; [`StoreError::TooManyKeys`] when they take more than so many bytes.
    pub fn keys(&self, model: &Model, layout: &Layout, selection: &Selection, most_bytes: usize) -> Result<KeyList, StoreError> {
        let _snapshot = Snapshot::begin(&self.link, self.schema == DATA_SCHEMA)?;
        self.reading().keys(Tables::new(model, layout), selection, most_bytes)
    }

    fn reading(&self) -> Reading<'_> {
        Reading { db: &self.link.db, memory: &self.memory, schema: Some(self.schema) }
    }
}

impl<'a> Reading<'a> {
    /// Inside an open transaction of the connection.
    pub fn within(db: &'a Connection, memory: &'a Memory) -> Self {
        Self { db, memory, schema: None }
    }

    /// Runs a plan; of the tables its caller sees what it says.
    pub fn run<S: Sink>(&self, tables: Tables<'_>, plan: &Plan, sink: &mut S) -> Result<(), StoreError> {
        let tables = tables.seen_through(plan.restrictions());
        match plan.outcome() {
            Outcome::Entity(projection) => self.entity(tables, plan, projection, sink),
            Outcome::Page(projection, _) => {
                if let Some(explain) = plan.explain() {
                    let found = aggregate::explain(self.db, tables, plan, explain)?;
                    sink.explained(&found);
                }
                match plan.base() {
                    Base::Set(keys) => set::page(self, tables, plan, keys, projection, sink),
                    Base::All | Base::Key { .. } | Base::Unique { .. } | Base::Related { .. } | Base::RelatedToAny { .. } => {
                        page::run(self, tables, plan, projection, sink)
                    }
                }
            }
            Outcome::Compute { columns, distinct, .. } => {
                Ok(columns.iter().try_for_each(|column| aggregate::compute(self.db, tables, plan, column, *distinct, sink))?)
            }
            Outcome::Media(media) => self.media(tables, plan, media.path(), sink),
            Outcome::Distinct(column) => Ok(aggregate::distinct(self.db, tables, plan, column, sink)?),
        }
    }

    /// Keys of the entities of a selection, in its order; [`StoreError::TooManyKeys`] when they take more than so many bytes.
    pub fn keys(&self, tables: Tables<'_>, selection: &Selection, most_bytes: usize) -> Result<KeyList, StoreError> {
        set::keys(self, tables.seen_through(selection.restrictions()), selection, most_bytes)
    }

    fn entity<S: Sink>(&self, tables: Tables<'_>, plan: &Plan, projection: &Arc<Projection>, sink: &mut S) -> Result<(), StoreError> {
        let db = self.db;
        let prepared = self.memory.prepared(tables, projection);
        let found = match (plan.base(), plan.filter()) {
            (Base::Key { parts: None, .. }, _) => false,
            (Base::Key { parts: Some(parts), .. }, None) => read_entity(db, &prepared, parts, sink)?,
            _ => {
                let sql = select::page(tables, plan, &prepared.selected, 0, 1);
                let mut statement = db.prepare_cached(&sql.text)?;
                let mut rows = statement.query(rusqlite::params_from_iter(&sql.binds))?;
                match rows.next()? {
                    Some(row) => {
                        emit(&mut Emitter::new(db, sink), row, &prepared.selected.shape)?;
                        true
                    }
                    None => false,
                }
            }
        };
        if found { Ok(()) } else { Err(absent(tables.model, plan.class(), plan.base()).into()) }
    }

    /// The bytes at the end of a path. What an attached column holds instead of bytes is sent as its text.
    fn media<S: Sink>(&self, tables: Tables<'_>, plan: &Plan, path: &[AttrRef], sink: &mut S) -> Result<(), StoreError> {
        let sql = select::media(tables, plan, path);
        let mut statement = self.db.prepare_cached(&sql.text)?;
        let mut rows = statement.query(rusqlite::params_from_iter(&sql.binds))?;
        let Some(row) = rows.next()? else { return Err(absent(tables.model, plan.class(), plan.base()).into()) };
        match row.get_ref(0)? {
            ValueRef::Null => sink.media(None),
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) => sink.media(Some(bytes)),
            ValueRef::Integer(number) => sink.media(Some(number.to_string().as_bytes())),
            ValueRef::Real(number) => sink.media(Some(number.to_string().as_bytes())),
        }
        if sink.is_full() { Err(StoreError::TooLarge) } else { Ok(()) }
    }

    /// Number of entities that a counting statement of this key finds, remembered until the database changes.
    fn remembered_count(&self, key: Option<&[u8]>) -> rusqlite::Result<Option<u64>> {
        let (Some(schema), Some(key)) = (self.schema, key) else { return Ok(None) };
        let version: i64 = self.db.prepare_cached(&format!("PRAGMA {schema}.data_version"))?.query_row([], |row| row.get(0))?;
        if self.memory.version.replace(version) != version {
            self.memory.counts.borrow_mut().clear();
        }
        Ok(self.memory.counts.borrow().get(key).copied())
    }

    fn remember_count(&self, key: Option<Vec<u8>>, count: u64) {
        let Some(key) = key.filter(|_| self.schema.is_some()) else { return };
        let mut counts = self.memory.counts.borrow_mut();
        if counts.len() >= REMEMBERED_COUNTS {
            counts.clear();
        }
        counts.insert(key, count);
    }
}

impl Memory {
    /// The statements of a projection.
    pub fn prepared(&self, tables: Tables<'_>, projection: &Arc<Projection>) -> Arc<Prepared> {
        if tables.is_restricted() {
            // Another caller with the same projection may see other entities.
            return Arc::new(Prepared::new(tables, projection));
        }
        if let Some(known) = self.prepared.borrow().get(&projection.id()) {
            return Arc::clone(known);
        }
        let made = Arc::new(Prepared::new(tables, projection));
        let mut all = self.prepared.borrow_mut();
        if all.len() >= REMEMBERED_PROJECTIONS {
            all.clear();
        }
        all.insert(projection.id(), Arc::clone(&made));
        made
    }
}

/// Reads one entity by its key into the sink, on any connection (a writer's too); false when there is none.
pub fn read_entity<S: Sink>(db: &Connection, prepared: &Prepared, key: &[Value], sink: &mut S) -> rusqlite::Result<bool> {
    if key.len() != prepared.key.len() {
        return Ok(false);
    }
    let mut statement = db.prepare_cached(&prepared.by_key.text)?;
    let before = &prepared.by_key.binds;
    for (index, bind) in before.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, bind)?;
    }
    for (index, (column, part)) in (before.len()..).zip(prepared.key.iter().zip(key)) {
        match (column.bind_key(part), part) {
            // Texts are lent, not copied.
            (Bind::Text(_), Value::Text(text)) => statement.raw_bind_parameter(index + 1, text)?,
            (bind, _) => statement.raw_bind_parameter(index + 1, bind)?,
        }
    }
    let mut rows = statement.raw_query();
    let Some(row) = rows.next()? else { return Ok(false) };
    emit(&mut Emitter::new(db, sink), row, &prepared.selected.shape)?;
    Ok(true)
}

/// A read transaction: all statements see one state of the database.
struct Snapshot<'a>(&'a Link);

impl<'a> Snapshot<'a> {
    fn begin(link: &'a Link, has_side_file: bool) -> rusqlite::Result<Self> {
        link.db.prepare_cached("BEGIN")?.execute([])?;
        let snapshot = Self(link);
        if has_side_file {
            stamps::touch(&link.db)?;
        }
        Ok(snapshot)
    }

    /// Whatever happened to the reads: ending them is never interrupted.
    fn end(&self) -> rusqlite::Result<usize> {
        self.0.set_deadline(None, false);
        self.0.db.prepare_cached("ROLLBACK")?.execute([])
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written; a failure here leaves a transaction that the next BEGIN reports.
        if let Err(error) = self.end() {
            tracing::error!(%error, "a read transaction did not end");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_transaction_ends_after_its_deadline_too() {
        let link = Link::new(Connection::open_in_memory().unwrap()).unwrap();
        // The engine looks at the deadline once in thousands of its steps: as often as it takes to meet the end of a transaction.
        for turn in 0..10_000 {
            let snapshot = Snapshot::begin(&link, false).unwrap();
            link.set_deadline(Some(Instant::now()), false);
            assert_eq!(snapshot.end().map(|_| link.db.is_autocommit()), Ok(true), "turn {turn}");
            std::mem::forget(snapshot);
        }
    }
}
