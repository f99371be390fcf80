//! Exact decimals in columns (settlement "Decimals"): integers, reals by their shortest decimal, digits as text.

use bigdecimal::BigDecimal;
use claviger_model::Value;
use claviger_model::decimal;
use rusqlite::types::ValueRef;

/// The decimal that a value of a request is; `None` for what is no number.
pub fn decimal_of_value(value: &Value) -> Option<BigDecimal> {
    match value {
        Value::Int(n) | Value::Duration(n) | Value::Instant(n) => Some(BigDecimal::from(*n)),
        Value::Double(x) => decimal::from_f64(*x),
        Value::Decimal(number) => Some(number.clone()),
        _ => None,
    }
}

/// Canonical text (settlement "Decimals").
pub fn canonical(number: &BigDecimal) -> String {
    decimal::canonical(number)
}

/// Bytes whose order is the order of the numbers, equal for equal numbers.
pub fn key(number: &BigDecimal) -> Vec<u8> {
    decimal::sort_key(number)
}

/// The decimal that a value holds; `None` for what is no number, or has more digits than anybody can mean.
pub fn decimal_of(value: ValueRef<'_>) -> Option<BigDecimal> {
    match value {
        ValueRef::Integer(n) => Some(BigDecimal::from(n)),
        ValueRef::Real(x) => decimal::from_f64(x),
        ValueRef::Text(text) => decimal::parse(std::str::from_utf8(text).ok()?),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// Its canonical text.
pub fn canonical_of(value: ValueRef<'_>) -> Option<String> {
    if let ValueRef::Integer(n) = value {
        return Some(n.to_string());
    }
    decimal_of(value).map(|number| decimal::canonical(&number))
}

/// Its key, see [`key`].
pub fn key_of(value: ValueRef<'_>) -> Option<Vec<u8>> {
    decimal_of(value).map(|number| decimal::sort_key(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        canonical_of(ValueRef::Text(text.as_bytes()))
    }

    #[test]
    fn one_number_has_one_text_and_one_key() {
        assert_eq!(canonical("2.00").as_deref(), Some("2"));
        assert_eq!(canonical("1e3").as_deref(), Some("1000"));
        assert_eq!(canonical_of(ValueRef::Real(0.99)).as_deref(), Some("0.99"));
        assert_eq!(key_of(ValueRef::Real(2.5)), key_of(ValueRef::Text(b"2.50")));
        assert_eq!(key_of(ValueRef::Integer(100)), key_of(ValueRef::Text(b"1e2")));
        assert!(key_of(ValueRef::Text(b"-10")) < key_of(ValueRef::Text(b"-9.99")));
        assert!(key_of(ValueRef::Text(b"9.99")) < key_of(ValueRef::Text(b"10")));
    }

    #[test]
    fn monsters_and_words_are_no_numbers() {
        assert_eq!(canonical("1e999999999"), None);
        assert_eq!(canonical(&"9".repeat(3000)), None);
        assert_eq!(canonical("ten"), None);
        assert_eq!(canonical_of(ValueRef::Real(f64::INFINITY)), None);
    }
}
