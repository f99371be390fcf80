//! Aggregates: exact sums and averages, smallest and largest by an order of ours.

use std::io::Write as _;

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

/// Sum so far and number of values. Numbers of few digits are added as whole multiples of 10^-[`SCALE`], which is exact and cheap.
#[derive(Default)]
struct Total {
    scaled: i128,
    rest: Option<BigDecimal>,
    count: u64,
}

/// Digits behind the point of the numbers that are added the cheap way.
const SCALE: u32 = 9;

impl Total {
    fn add(&mut self, value: ValueRef<'_>) {
        if let Some(scaled) = scaled(value)
            && let Some(sum) = self.scaled.checked_add(scaled)
        {
            self.scaled = sum;
        } else if let Some(number) = numbers::decimal_of(value) {
            self.rest = Some(match self.rest.take() {
                Some(rest) => rest + &number,
                None => number,
            });
        } else {
            return;
        }
        self.count += 1;
    }

    fn sum(self) -> BigDecimal {
        let scaled = BigDecimal::new(self.scaled.into(), i64::from(SCALE));
        match self.rest {
            Some(rest) => rest + &scaled,
            None => scaled,
        }
    }
}

/// The number times 10^[`SCALE`], when it is written with at most that many digits behind the point and eighteen in all.
fn scaled(value: ValueRef<'_>) -> Option<i128> {
    let mut buffer = [0_u8; 24];
    let digits = match value {
        ValueRef::Integer(n) => return Some(i128::from(n) * i128::from(10_i64.pow(SCALE))),
        ValueRef::Real(x) => {
            // The shortest decimal; longer ones than the buffer holds go the other way.
            let mut cursor = std::io::Cursor::new(&mut buffer[..]);
            write!(cursor, "{x}").ok()?;
            let length = cursor.position() as usize;
            &buffer[..length]
        }
        ValueRef::Text(text) => text,
        ValueRef::Null | ValueRef::Blob(_) => return None,
    };
    let (negative, digits) = digits.strip_prefix(b"-").map_or((false, digits), |rest| (true, rest));
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &[][..]),
    };
    let is_short = !whole.is_empty() && whole.len() + fraction.len() <= 18 && fraction.len() <= SCALE as usize;
    if !is_short || !whole.iter().chain(fraction).all(u8::is_ascii_digit) || (fraction.is_empty() && whole.len() != digits.len()) {
        return None;
    }
    let mantissa = whole.iter().chain(fraction).fold(0_i64, |n, digit| n * 10 + i64::from(digit - b'0'));
    let scaled = i128::from(mantissa) * 10_i128.pow(SCALE - fraction.len() as u32);
    Some(if negative { -scaled } else { scaled })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[Value]) -> String {
        let mut total = Total::default();
        for value in values {
            total.add(ValueRef::from(value));
        }
        decimal::canonical(&total.sum())
    }

    #[test]
    fn sums_are_exact_whichever_way_a_number_goes() {
        assert_eq!(sum(&[Value::Real(0.1), Value::Real(0.2), Value::Text("0.30".into()), Value::Integer(-1)]), "-0.4");
        assert_eq!(sum(&[Value::Text("12345678901234567890.05".into()), Value::Text("0.05".into())]), "12345678901234567890.1");
        assert_eq!(sum(&[Value::Text("0.0000000001".into()), Value::Text("1e2".into())]), "100.0000000001");
        assert_eq!(sum(&[Value::Integer(i64::MAX), Value::Integer(i64::MAX)]), "18446744073709551614");
        assert_eq!(sum(&[Value::Real(1e300), Value::Real(-1e300), Value::Real(2.5)]), "2.5");
        assert_eq!(sum(&[Value::Text("many".into()), Value::Null, Value::Text("7.".into())]), "7");
        assert_eq!(sum(&[]), "0");
    }
}
