//! Exact sums of many numbers: each is a whole number times a power of ten, and for each power there is a sum of its own. No addition
//! rounds, and none needs more than machine numbers.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use rusqlite::types::ValueRef;

use super::numbers;

/// Powers of ten from here on have their sums at hand.
const LEAST: i32 = -20;
/// Number of such powers.
const NEAR: usize = 21;

/// Sum so far and number of values.
#[derive(Debug)]
pub struct Total {
    /// Sums of the numbers with the powers from [`LEAST`] on.
    near: [i128; NEAR],
    /// Sums for all other powers.
    far: BTreeMap<i32, i128>,
    /// Sum of the numbers with more digits than a machine number has.
    rest: Option<BigDecimal>,
    count: u64,
}

impl Default for Total {
    fn default() -> Self {
        Self { near: [0; NEAR], far: BTreeMap::new(), rest: None, count: 0 }
    }
}

impl Total {
    /// Adds a number; what is none is passed over. A double counts as its shortest decimal.
    pub fn add(&mut self, value: ValueRef<'_>) {
        let parts = match value {
            ValueRef::Integer(n) => Some((n, 0)),
            ValueRef::Real(x) => shortest(x),
            ValueRef::Text(text) => short(text),
            ValueRef::Null | ValueRef::Blob(_) => None,
        };
        if let Some((digits, power)) = parts {
            // Of at most 64 bits each, no number of rows that anybody has fills 128.
            let digits = i128::from(digits);
            match usize::try_from(power - LEAST).ok().and_then(|index| self.near.get_mut(index)) {
                Some(sum) => *sum += digits,
                None => *self.far.entry(power).or_default() += digits,
            }
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

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub fn sum(&self) -> BigDecimal {
        let near = (LEAST..).zip(&self.near).map(|(power, digits)| (power, *digits));
        let far = self.far.iter().map(|(power, digits)| (*power, *digits));
        let parts = near.chain(far).filter(|(_, digits)| *digits != 0);
        let sum = parts.fold(BigDecimal::default(), |sum, (power, digits)| sum + BigDecimal::new(digits.into(), -i64::from(power)));
        match &self.rest {
            Some(rest) => sum + rest,
            None => sum,
        }
    }
}

/// The shortest decimal of a double as digits and a power of ten.
fn shortest(x: f64) -> Option<(i64, i32)> {
    // A decimal of at most fifteen digits that reads as this double is its shortest: no two of them read as the same.
    for (power, scale) in [(-2, 1e2), (-6, 1e6)] {
        let digits = (x * scale).round();
        if digits.abs() < 1e15 && digits / scale == x {
            return Some((digits as i64, power));
        }
    }
    if !x.is_finite() {
        return None;
    }
    let mut buffer = zmij::Buffer::new();
    let (mut digits, mut power, mut behind_point) = (0_i64, 0, false);
    let text = buffer.format_finite(x);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    for byte in mantissa.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + i64::from(byte - b'0');
                power -= i32::from(behind_point);
            }
            b'.' => behind_point = true,
            _ => {}
        }
    }
    let power = power + exponent.parse::<i32>().ok()?;
    Some((if x < 0.0 { -digits } else { digits }, power))
}

/// A number of at most eighteen digits, written without exponent, as digits and a power of ten.
fn short(text: &[u8]) -> Option<(i64, i32)> {
    let (negative, digits) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &[][..]),
    };
    let is_short = !whole.is_empty() && whole.len() + fraction.len() <= 18;
    if !is_short || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let number = whole.iter().chain(fraction).fold(0_i64, |n, digit| n * 10 + i64::from(digit - b'0'));
    Some((if negative { -number } else { number }, -(fraction.len() as i32)))
}

#[cfg(test)]
mod tests {
    use claviger_model::decimal;
    use proptest::prelude::*;
    use rusqlite::types::Value;

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
        assert_eq!(sum(&[Value::Text("many".into()), Value::Null, Value::Text("7.".into()), Value::Real(f64::INFINITY)]), "7");
        assert_eq!(sum(&[]), "0");
    }

    #[test]
    fn what_is_no_number_does_not_count() {
        let mut total = Total::default();
        for value in [Value::Null, Value::Text("x".into()), Value::Real(f64::NAN), Value::Real(0.5), Value::Text("-.5".into())] {
            total.add(ValueRef::from(&value));
        }
        assert_eq!((total.count(), decimal::canonical(&total.sum()).as_str()), (2, "0"));
    }

    fn doubles() -> impl Strategy<Value = f64> {
        prop_oneof![any::<f64>(), (-10_000_000_i64..10_000_000).prop_map(|n| n as f64 / 1000.0), any::<i64>().prop_map(|n| n as f64)]
    }

    proptest! {
        #[test]
        fn a_double_counts_as_its_shortest_decimal(x in doubles()) {
            let expected = decimal::from_f64(x);
            prop_assert_eq!(shortest(x).map(|(digits, power)| BigDecimal::new(digits.into(), -i64::from(power))), expected);
        }

        #[test]
        fn no_order_changes_a_sum(mut numbers in proptest::collection::vec(doubles().prop_map(Value::Real), 0..20)) {
            let forwards = sum(&numbers);
            numbers.reverse();
            prop_assert_eq!(sum(&numbers), forwards);
        }
    }
}
