//! Pages: how many entities there are, and those to send.

use std::sync::Arc;

use claviger_query::{Base, Plan, Projection};
use rusqlite::Result;

use super::Reading;
use super::related::{emit, put_aside};
use crate::emit::Emitter;
use crate::error::StoreError;
use crate::sink::Sink;
use crate::sql::{Sql, Tables, select};

/// Rows that are put aside at most while it is open whether the page holds the whole selection.
const ASIDE: u64 = 2000;

/// Sends a page. Its size must be known before its first entity: where a filter has to be evaluated for that, the page itself is read
/// first, because a page that is not full tells the size.
pub(super) fn run<S: Sink>(
    reading: &Reading<'_>,
    tables: Tables<'_>,
    plan: &Plan,
    projection: &Arc<Projection>,
    sink: &mut S,
) -> std::result::Result<(), StoreError> {
    let db = reading.db;
    let counting = select::count(tables, plan.class(), plan.scopes(), plan.base(), plan.filter());
    let key = counting.key();
    let known = reading.remembered_count(key.as_deref())?;
    let (skip, top) = (plan.skip(), plan.top());
    let is_whole_table = plan.filter().is_none() && matches!(plan.base(), Base::All) && !tables.hides(plan.class());
    let prepared = reading.memory.prepared(tables, projection);
    let page = select::page(tables, plan, &prepared.selected, skip, top);
    let shape = &prepared.selected.shape;
    let mut statement = db.prepare_cached(&page.text)?;
    let mut aside = Vec::new();

    if let Some(count) = known.map_or_else(
        || if is_whole_table || top == 0 { count_now(reading, &counting).map(Some) } else { Ok(None) },
        |count| Ok(Some(count)),
    )? {
        reading.remember_count(key, count);
        sink.page(projection, count, skip);
        let mut emitter = Emitter::new(db, sink);
        let mut sent = 0;
        if count > skip && top > 0 {
            let mut rows = statement.query(rusqlite::params_from_iter(&page.binds))?;
            while let Some(row) = rows.next()? {
                emit(&mut emitter, row, shape)?;
                sent += 1;
            }
        }
        emitter.sink().page_end(sent);
        return Ok(());
    }

    let mut rows = statement.query(rusqlite::params_from_iter(&page.binds))?;
    let mut is_exhausted = false;
    while (aside.len() as u64) < top.min(ASIDE) {
        match rows.next()? {
            Some(row) => aside.push(put_aside(row)),
            None => {
                is_exhausted = true;
                break;
            }
        }
    }
    let read = aside.len() as u64;
    let count = if is_exhausted && (read > 0 || skip == 0) { skip + read } else { count_now(reading, &counting)? };
    reading.remember_count(key, count);
    sink.page(projection, count, skip);
    let mut emitter = Emitter::new(db, sink);
    let mut sent = read;
    for row in &aside {
        emitter.entity(row, shape)?;
    }
    if !is_exhausted && read < top {
        while let Some(row) = rows.next()? {
            emit(&mut emitter, row, shape)?;
            sent += 1;
        }
    }
    emitter.sink().page_end(sent);
    Ok(())
}

fn count_now(reading: &Reading<'_>, counting: &Sql) -> Result<u64> {
    let mut statement = reading.db.prepare_cached(&counting.text)?;
    let count: i64 = statement.query_row(rusqlite::params_from_iter(&counting.binds), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
