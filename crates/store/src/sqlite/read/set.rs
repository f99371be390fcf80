//! Entity sets: the keys of a selection, and pages of a set (`rest-dialect.md` 11).

use std::sync::Arc;

use claviger_query::{Base, KeyList, Plan, Projection, Selection};
use rusqlite::types::ValueRef;

use super::Reading;
use super::related::emit;
use crate::bind::Bind;
use crate::emit::Emitter;
use crate::error::StoreError;
use crate::plan::absent;
use crate::sets::key::Collector;
use crate::sink::Sink;
use crate::sql::{Tables, set};

/// Keys of the entities of a selection, in its order, within so many bytes.
pub(super) fn keys(reading: &Reading<'_>, tables: Tables<'_>, selection: &Selection, most_bytes: usize) -> Result<KeyList, StoreError> {
    let class = selection.class();
    let width = tables.layout.place(class).len();
    let mut collector = Collector::new(tables.has_whole_place(class), most_bytes);
    let sql = set::keys(tables, selection);
    let mut statement = reading.db.prepare_cached(&sql.text)?;
    let mut rows = statement.query(rusqlite::params_from_iter(&sql.binds))?;
    while let Some(row) = rows.next()? {
        let key = (0..width).map(|column| row.get::<_, Bind>(column)).collect::<rusqlite::Result<Vec<_>>>()?;
        collector.push(&key).map_err(|_| StoreError::TooManyKeys)?;
    }
    drop(rows);
    let keys = collector.finish();
    if let Base::Related { from, parts, .. } = selection.base()
        && keys.is_empty()
        && !exists(reading, tables, *from, parts.as_deref())?
    {
        return Err(absent(tables.model, *from, selection.base()).into());
    }
    Ok(keys)
}

fn exists(
    reading: &Reading<'_>,
    tables: Tables<'_>,
    class: claviger_model::ClassId,
    parts: Option<&[claviger_model::Value]>,
) -> Result<bool, StoreError> {
    let base = Base::Key { parts: parts.map(<[_]>::to_vec), text: String::new() };
    let sql = crate::sql::select::count(tables, class, &claviger_query::Scopes::default(), &base, None);
    let count: i64 = reading.db.prepare_cached(&sql.text)?.query_row(rusqlite::params_from_iter(&sql.binds), |row| row.get(0))?;
    Ok(count > 0)
}

/// Sends a page of a set. What is not filtered or ordered anew is a slice of its keys, wherever the page lies; entities that are gone keep
/// their places.
pub(super) fn page<S: Sink>(
    reading: &Reading<'_>,
    tables: Tables<'_>,
    plan: &Plan,
    set: &Arc<KeyList>,
    projection: &Arc<Projection>,
    sink: &mut S,
) -> Result<(), StoreError> {
    let db = reading.db;
    let is_as_stored = plan.filter().is_none() && plan.order().is_empty();
    let chosen = if is_as_stored { Arc::clone(set) } else { Arc::new(keys(reading, tables, plan.selection(), usize::MAX)?) };
    let (skip, top) = (plan.skip(), plan.top());
    sink.page(projection, chosen.len() as u64, skip);
    let mut emitter = Emitter::new(db, sink);
    let mut sent = 0;
    if chosen.slice(skip, top).next().is_some() {
        let prepared = reading.memory.prepared(tables, projection);
        let sql = set::entities(tables, plan.class(), &prepared.selected, chosen.slice(skip, top));
        let mut statement = db.prepare_cached(&sql.text)?;
        let there = statement.column_count().saturating_sub(1);
        let mut rows = statement.query(rusqlite::params_from_iter(&sql.binds))?;
        while let Some(row) = rows.next()? {
            if matches!(row.get_ref(there)?, ValueRef::Null) {
                emitter.missing(projection)?;
            } else {
                emit(&mut emitter, row, &prepared.selected.shape)?;
            }
            sent += 1;
        }
    }
    emitter.sink().page_end(sent);
    Ok(())
}
