//! Aggregates: exact sums and averages, smallest and largest by an order of ours.

use bigdecimal::BigDecimal;
use claviger_model::decimal;
use rusqlite::functions::{Aggregate, Context};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};

use super::FLAGS;
use super::total::Total;

/// `clv_sum(x)`, `clv_average(x)` give canonical digits; `clv_sum_double(x)`, `clv_average_double(x)` the double that is nearest to the
/// exact result, null beyond all doubles; `clv_min_by(key, value)`, `clv_max_by(key, value)` the value with the smallest or largest key in
/// byte order.
pub(super) fn register(db: &Connection) -> Result<()> {
    db.create_aggregate_function("clv_sum", 1, FLAGS, Exact(|sum, _| Some(digits(sum))))?;
    db.create_aggregate_function("clv_average", 1, FLAGS, Exact(|sum, count| decimal::average(sum, count).as_ref().map(digits)))?;
    db.create_aggregate_function("clv_sum_double", 1, FLAGS, Exact(|sum, _| decimal::to_f64(sum).map(Value::Real)))?;
    db.create_aggregate_function("clv_average_double", 1, FLAGS, Exact(|sum, count| decimal::average_double(sum, count).map(Value::Real)))?;
    db.create_aggregate_function("clv_min_by", 2, FLAGS, Extreme { largest: false })?;
    db.create_aggregate_function("clv_max_by", 2, FLAGS, Extreme { largest: true })
}

fn digits(number: &BigDecimal) -> Value {
    Value::Text(decimal::canonical(number))
}

/// What becomes of an exact sum and the number of values.
struct Exact(fn(&BigDecimal, u64) -> Option<Value>);

struct Extreme {
    largest: bool,
}

impl Aggregate<Total, Value> for Exact {
    fn init(&self, _: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        total.add(context.get_raw(0));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> Result<Value> {
        let total = total.unwrap_or_default();
        Ok((self.0)(&total.sum(), total.count()).unwrap_or(Value::Null))
    }
}

/// Key and value of the extreme so far.
type Best = Option<(Vec<u8>, Value)>;

impl Aggregate<Best, Value> for Extreme {
    fn init(&self, _: &mut Context<'_>) -> Result<Best> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, best: &mut Best) -> Result<()> {
        let key = match context.get_raw(0) {
            ValueRef::Text(key) | ValueRef::Blob(key) => key,
            _ => return Ok(()),
        };
        let better = best.as_ref().is_none_or(|(known, _)| if self.largest { key > known.as_slice() } else { key < known.as_slice() });
        if better {
            *best = Some((key.to_vec(), context.get(1)?));
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, best: Option<Best>) -> Result<Value> {
        Ok(best.flatten().map_or(Value::Null, |(_, value)| value))
    }
}
