//! Exact decimals (settlement "Decimals"): one number, one text, one order, on every engine.

use bigdecimal::num_bigint::{BigInt, BigUint, Sign};
use bigdecimal::{BigDecimal, Zero};

/// More digits, or a larger exponent, than anybody can mean: such texts are no numbers, so that nothing expands `1e999999999`.
const MAX_DIGITS: usize = 2000;

/// Digits after the point of an [`average`].
pub const AVERAGE_SCALE: i64 = 16;

/// Reads `[+-]digits[.digits][e[+-]digits]`, with blanks around; `None` for everything else.
pub fn parse(text: &str) -> Option<BigDecimal> {
    let text = text.trim_ascii();
    if text.len() > MAX_DIGITS || !is_number(text) {
        return None;
    }
    let exponent = text.split_once(['e', 'E']).map_or(Some(0), |(_, exponent)| exponent.parse::<i32>().ok())?;
    if exponent.unsigned_abs() as usize > MAX_DIGITS {
        return None;
    }
    text.parse().ok()
}

/// The syntax of a number: an optional sign, digits with at most one point, an optional exponent.
pub fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let unsigned = |text: &str| text.strip_prefix(['+', '-']).map_or_else(|| text.to_owned(), str::to_owned);
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = unsigned(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((&mantissa, ""));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = unsigned(exponent);
        !exponent.is_empty() && all_digits(&exponent)
    });
    !(whole.is_empty() && fraction.is_empty()) && all_digits(whole) && all_digits(fraction) && exponent_fits
}

/// The one text of a number: no exponent, no trailing zeros after the point, no point at the end (`2.00` is `2`).
pub fn canonical(number: &BigDecimal) -> String {
    if number.is_zero() {
        return "0".to_owned();
    }
    number.normalized().to_plain_string()
}

/// The shortest decimal that reads back as the same double; `None` for NaN and the infinities.
pub fn from_f64(number: f64) -> Option<BigDecimal> {
    number.is_finite().then(|| zmij::Buffer::new().format_finite(number).parse().ok()).flatten()
}

/// The nearest double; `None` outside of its range.
pub fn to_f64(number: &BigDecimal) -> Option<f64> {
    number.to_scientific_notation().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Sum divided by count, rounded half away from zero to [`AVERAGE_SCALE`] digits after the point; `None` for no values.
pub fn average(sum: &BigDecimal, count: u64) -> Option<BigDecimal> {
    if count == 0 {
        return None;
    }
    // By whole numbers: a quotient of decimals has as many digits as the form of the sum lets it have.
    let (digits, scale) = sum.as_bigint_and_exponent();
    let power = |scale: i64| BigUint::from(10_u8).pow(u32::try_from(scale).unwrap_or(u32::MAX));
    let (sign, digits) = digits.into_parts();
    let (digits, count) = if scale <= AVERAGE_SCALE {
        (digits * power(AVERAGE_SCALE - scale), BigUint::from(count))
    } else {
        (digits, BigUint::from(count) * power(scale - AVERAGE_SCALE))
    };
    let rounded = (digits * 2_u8 + &count) / (count * 2_u8);
    Some(BigDecimal::new(BigInt::from_biguint(sign, rounded), AVERAGE_SCALE).normalized())
}

/// The double nearest to sum divided by count: rounded once, whatever doubles were added. `None` for no values and beyond all doubles.
pub fn average_double(sum: &BigDecimal, count: u64) -> Option<f64> {
    // A hundred digits: no double's neighbour is that near.
    (count > 0).then(|| sum / BigDecimal::from(count)).as_ref().and_then(to_f64)
}

/// Bytes whose order is the order of the numbers, equal for equal numbers.
///
/// Sign, then position of the first digit, then the digits without trailing zeros; all bits turned over for negative numbers.
pub fn sort_key(number: &BigDecimal) -> Vec<u8> {
    let (digits, scale) = number.normalized().into_bigint_and_exponent();
    let sign = digits.sign();
    if sign == Sign::NoSign {
        return vec![1];
    }
    let digits = digits.magnitude().to_string();
    // 0.ddd * 10^position
    let position = digits.len() as i64 - scale;
    let mut key = Vec::with_capacity(digits.len() + 10);
    key.extend_from_slice(&((position as u64) ^ (1 << 63)).to_be_bytes());
    key.extend_from_slice(digits.as_bytes());
    if sign == Sign::Minus {
        for byte in &mut key {
            *byte = !*byte;
        }
        // The longer of two numbers with a common beginning is the smaller one: the end sorts behind every digit.
        key.push(0xff);
        key.insert(0, 0);
    } else {
        key.insert(0, 2);
    }
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> BigDecimal {
        parse(text).unwrap()
    }

    #[test]
    fn one_number_has_one_text() {
        for (written, expected) in [
            ("2.00", "2"),
            ("0.99", "0.99"),
            ("1e3", "1000"),
            ("-0.0", "0"),
            ("1200", "1200"),
            ("12.50e-1", "1.25"),
            (".5", "0.5"),
            ("5.", "5"),
            ("+7", "7"),
        ] {
            assert_eq!(canonical(&number(written)), expected, "{written}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in ["", "-", ".", "1_000", "0x10", "1e", "e5", "NaN", "inf", "1.2.3", "--1", "1e999999999"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"9".repeat(3000)), None);
    }

    #[test]
    fn doubles_are_their_shortest_decimal() {
        assert_eq!(canonical(&from_f64(0.1).unwrap()), "0.1");
        assert_eq!(canonical(&from_f64(1e21).unwrap()), "1000000000000000000000");
        assert_eq!(from_f64(f64::NAN), None);
        assert_eq!(to_f64(&number("0.1")), Some(0.1));
        assert_eq!(to_f64(&number("1e400")), None);
    }

    #[test]
    fn averages() {
        let average = |sum: &str, count| average(&number(sum), count).map(|average| canonical(&average));
        assert_eq!(average("235.5", 4).as_deref(), Some("58.875"));
        assert_eq!(average("1", 3).as_deref(), Some("0.3333333333333333"));
        assert_eq!(average("-2", 3).as_deref(), Some("-0.6666666666666667"));
        assert_eq!(average("1", 0), None);
        // Whatever the form of the sum.
        let exact = format!("5{}.05", "0".repeat(299));
        for sum in [format!("1{}.1", "0".repeat(300)), format!("1{}.10", "0".repeat(300))] {
            assert_eq!(average(&sum, 2).as_deref(), Some(exact.as_str()));
        }
        assert_eq!(average("0.00000000000000015", 3).as_deref(), Some("0.0000000000000001"));
        assert_eq!(average("0.00000000000000014", 3).as_deref(), Some("0"));
        assert_eq!(average_double(&number("0.3"), 3), Some(0.1));
        assert_eq!(average_double(&number("1"), 3), Some(1.0 / 3.0));
        assert_eq!(average_double(&number("2e308"), 2), Some(1e308));
        assert_eq!(average_double(&number("2e309"), 2), None);
        assert_eq!(average_double(&number("0"), 0), None);
    }

    proptest! {
        #[test]
        fn key_order_is_number_order(a in "-?[0-9]{1,6}(\\.[0-9]{1,4})?(e-?[0-9])?", b in "-?[0-9]{1,6}(\\.[0-9]{1,4})?(e-?[0-9])?") {
            let (a, b) = (number(&a), number(&b));
            prop_assert_eq!(sort_key(&a).cmp(&sort_key(&b)), a.cmp(&b));
        }

        #[test]
        fn canonical_text_reads_back(text in "-?[0-9]{1,20}(\\.[0-9]{1,20})?(e-?[0-9]{1,2})?") {
            let read = number(&text);
            let canonical = canonical(&read);
            prop_assert_eq!(&number(&canonical), &read);
            prop_assert!(!canonical.contains(['e', 'E']));
        }

        #[test]
        fn doubles_survive(double in proptest::num::f64::NORMAL) {
            prop_assert_eq!(to_f64(&from_f64(double).unwrap()), Some(double));
        }
    }
}
