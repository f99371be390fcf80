//! Aggregates: exact sums and averages, smallest and largest by an order of ours.

use bigdecimal::BigDecimal;
use claviger_model::decimal;
use rusqlite::functions::{Aggregate, Context};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};

use super::{FLAGS, numbers};

/// `clv_sum(x)`, `clv_average(x)` give canonical digits; `clv_min_by(key, value)`, `clv_max_by(key, value)` the value with the smallest
/// or largest key in byte order.
pub(super) fn register(db: &Connection) -> Result<()> {
    db.create_aggregate_function("clv_sum", 1, FLAGS, Sum)?;
    db.create_aggregate_function("clv_average", 1, FLAGS, Average)?;
    db.create_aggregate_function("clv_min_by", 2, FLAGS, Extreme { largest: false })?;
    db.create_aggregate_function("clv_max_by", 2, FLAGS, Extreme { largest: true })
}

struct Sum;
struct Average;
struct Extreme {
    largest: bool,
}

/// Sum so far and number of values; whole numbers are added apart, which is much cheaper.
#[derive(Default)]
struct Total {
    whole: i128,
    rest: Option<BigDecimal>,
    count: u64,
}

impl Total {
    fn add(&mut self, value: ValueRef<'_>) {
        if let ValueRef::Integer(n) = value {
            self.whole += i128::from(n);
        } else if let Some(number) = numbers::decimal_of(value) {
            self.rest = Some(self.rest.take().map_or_else(|| number.clone(), |rest| rest + &number));
        } else {
            return;
        }
        self.count += 1;
    }

    fn sum(self) -> BigDecimal {
        let whole = BigDecimal::from(self.whole);
        self.rest.map_or_else(|| whole.clone(), |rest| rest + &whole)
    }
}

impl Aggregate<Total, Value> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        total.add(context.get_raw(0));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> Result<Value> {
        Ok(Value::Text(decimal::canonical(&total.unwrap_or_default().sum())))
    }
}

impl Aggregate<Total, Value> for Average {
    fn init(&self, _: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        total.add(context.get_raw(0));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> Result<Value> {
        let Some(total) = total.filter(|total| total.count > 0) else { return Ok(Value::Null) };
        let count = total.count;
        Ok(decimal::average(&total.sum(), count).map_or(Value::Null, |average| Value::Text(decimal::canonical(&average))))
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
