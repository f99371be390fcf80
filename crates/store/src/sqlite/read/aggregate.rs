//! `$compute`, `$distinct`, and the counts of an explained filter (`rest-dialect.md` 10, 7.5).

use claviger_query::{ComputeColumn, Explain, ExplainNode, Plan};
use rusqlite::{Connection, Result};

use crate::emit::Values;
use crate::error::SinkFull;
use crate::sink::Sink;
use crate::sql::{Tables, select};

/// All computations of one attribute.
pub(super) fn compute<S: Sink>(
    db: &Connection,
    tables: Tables<'_>,
    plan: &Plan,
    column: &ComputeColumn,
    over_distinct: bool,
    sink: &mut S,
) -> Result<()> {
    if column.aggregates.is_empty() {
        return Ok(());
    }
    let (sql, decoders) = select::aggregates(tables, plan, &column.operand, &column.aggregates, over_distinct);
    let mut statement = db.prepare_cached(&sql.text)?;
    let mut rows = statement.query(rusqlite::params_from_iter(&sql.binds))?;
    let Some(row) = rows.next()? else { return Ok(()) };
    let mut scratch = String::new();
    for (index, (aggregate, decoder)) in column.aggregates.iter().zip(decoders).enumerate() {
        sink.aggregate(column, *aggregate, decoder.cell(row.value(index), &mut scratch));
    }
    Ok(())
}

/// The distinct values of one attribute.
pub(super) fn distinct<S: Sink>(db: &Connection, tables: Tables<'_>, plan: &Plan, column: &ComputeColumn, sink: &mut S) -> Result<()> {
    let (sql, decoder) = select::distinct_values(tables, plan, &column.operand);
    let mut statement = db.prepare_cached(&sql.text)?;
    let mut rows = statement.query(rusqlite::params_from_iter(&sql.binds))?;
    let mut scratch = String::new();
    while let Some(row) = rows.next()? {
        if sink.is_full() {
            return Err(SinkFull.into());
        }
        sink.distinct(decoder.cell(row.value(0), &mut scratch));
    }
    Ok(())
}

/// How many entities match each condition, in pre-order.
pub(super) fn explain(db: &Connection, tables: Tables<'_>, plan: &Plan, explain: &Explain) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    count_items(db, tables, plan, &explain.root, &mut found)?;
    Ok(found)
}

fn count_items(db: &Connection, tables: Tables<'_>, plan: &Plan, node: &ExplainNode, found: &mut Vec<u64>) -> Result<()> {
    match node {
        ExplainNode::And(parts) | ExplainNode::Or(parts) => parts.iter().try_for_each(|part| count_items(db, tables, plan, part, found)),
        ExplainNode::Item { below, predicate, .. } => {
            let sql = select::count(tables, plan.class(), plan.scopes(), plan.base(), Some(predicate));
            let count: i64 = db.prepare_cached(&sql.text)?.query_row(rusqlite::params_from_iter(&sql.binds), |row| row.get(0))?;
            found.push(count.unsigned_abs());
            below.iter().try_for_each(|part| count_items(db, tables, plan, part, found))
        }
    }
}
