//! Values on their way in: JSON bodies, filter literals, parameters, keys (`rest-dialect.md` 5.4, 9.2).

use bigdecimal::BigDecimal;
use serde_json::Value as Json;

use super::Value;
use super::time::{parse_date, parse_duration, parse_instant};
use crate::attribute::{StorageType, ValueType};
use crate::decimal;

/// Why something is no value of a type.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ValueError {
    /// Cannot be converted; holds what was wanted, for people (`a number`).
    #[error("not {0}")]
    Mismatch(&'static str),
    /// A number outside of the range of its storage type; holds the type's name.
    #[error("outside of the range of {0}")]
    Range(&'static str),
}

/// Longest part of a text that is searched for the digits of a number.
const MAX_NUMBER_TEXT: usize = 2000;

impl Value {
    /// A member of an entity's body as value of an attribute. `storage` narrows whole numbers to its range.
    pub fn from_json(ty: ValueType, storage: Option<StorageType>, json: &Json) -> Result<Self, ValueError> {
        let mismatch = Err(ValueError::Mismatch(expected(ty)));
        match (ty, json) {
            (_, Json::Null) => Ok(Self::Null),
            (ValueType::Text, Json::String(text)) => Ok(Self::Text(text.clone())),
            (ValueType::Text, Json::Number(number)) => Ok(Self::Text(number.as_str().to_owned())),
            (ValueType::Text, Json::Bool(is_true)) => Ok(Self::Text(is_true.to_string())),
            (ValueType::Bool, Json::Bool(is_true)) => Ok(Self::Bool(*is_true)),
            (ValueType::Int, Json::Number(number)) => int(number.as_str(), storage),
            (ValueType::Int, Json::String(text)) => int(text, storage),
            (ValueType::Double, Json::Number(number)) => double(number.as_str()),
            (ValueType::Double, Json::String(text)) => double(text),
            (ValueType::Decimal, Json::Number(number)) => exact(number.as_str()).map(Self::Decimal),
            (ValueType::Decimal, Json::String(text)) => exact(text).map(Self::Decimal),
            (ValueType::Duration, Json::Number(number)) => match int(number.as_str(), None)? {
                Self::Int(milliseconds) => Ok(Self::Duration(milliseconds)),
                _ => mismatch,
            },
            (ValueType::Uuid | ValueType::Duration | ValueType::Date | ValueType::Instant, Json::String(text)) => from_text(ty, text),
            (ValueType::Object, Json::Object(_) | Json::Array(_)) => Ok(Self::Object(json.clone())),
            _ => mismatch,
        }
    }

    /// A literal of a filter, or a text given as parameter, as value to compare with an attribute of the type.
    ///
    /// Numbers are found in any text that has digits (`v20` is 20). Compared with whole numbers, a number with a fraction or beyond 64 bits stays
    /// a [`Value::Double`]: rounding it would change what `<` and `=` mean.
    pub fn from_literal(ty: ValueType, text: &str) -> Result<Self, ValueError> {
        match ty {
            ValueType::Text => Ok(Self::Text(text.to_owned())),
            ValueType::Int | ValueType::Double | ValueType::Decimal => {
                if let Some(number) = decimal::parse(text) {
                    return comparable(ty, number);
                }
                // Dropping the `e` of a number too large to be read would make another number of it.
                if decimal::is_number(text.trim_ascii()) {
                    return Err(ValueError::Range("number"));
                }
                digits_of(text).ok_or(ValueError::Mismatch(expected(ty))).and_then(|number| comparable(ty, number))
            }
            ValueType::Bool => match text.trim() {
                text if text.eq_ignore_ascii_case("true") || text == "1" => Ok(Self::Bool(true)),
                text if text.eq_ignore_ascii_case("false") || text == "0" => Ok(Self::Bool(false)),
                _ => Err(ValueError::Mismatch(expected(ty))),
            },
            _ => from_text(ty, text),
        }
    }

    /// An item of `$params` as value to compare with an attribute of the type (`rest-dialect.md` 9.3). Null stays null, which the caller refuses.
    pub fn from_parameter(ty: ValueType, json: &Json) -> Result<Self, ValueError> {
        match (ty, json) {
            (_, Json::String(text)) => Self::from_literal(ty, text),
            (ValueType::Int | ValueType::Double | ValueType::Decimal | ValueType::Bool, Json::Number(number)) => {
                Self::from_literal(ty, number.as_str())
            }
            _ => Self::from_json(ty, None, json),
        }
    }

    /// The text of a key (`__KEY`, a URI) as value of a key attribute. A text that is no such value is an error: no entity has that key.
    pub fn from_key_text(ty: ValueType, storage: Option<StorageType>, text: &str) -> Result<Self, ValueError> {
        match ty {
            ValueType::Bool => Self::from_literal(ty, text),
            _ => Self::from_json(ty, storage, &Json::String(text.to_owned())),
        }
    }

    /// A value of one type as value of another, by the rules of [`Value::from_json`].
    pub fn convert(&self, ty: ValueType, storage: Option<StorageType>) -> Result<Self, ValueError> {
        match (self, ty) {
            (Self::Null, _) => Ok(Self::Null),
            (Self::Object(json), _) => Self::from_json(ty, storage, json),
            (Self::Bool(is_true), _) => Self::from_json(ty, storage, &Json::Bool(*is_true)),
            (Self::Date(date), ValueType::Instant) => Ok(Self::Instant(date.instant())),
            (Self::Instant(milliseconds), ValueType::Date) => {
                super::SimpleDate::from_instant(*milliseconds).map(Self::Date).ok_or(ValueError::Mismatch(expected(ty)))
            }
            (Self::Duration(number), ValueType::Int | ValueType::Double | ValueType::Decimal) => {
                Self::from_json(ty, storage, &Json::String(number.to_string()))
            }
            (other, _) => {
                let mut scratch = String::new();
                let text = super::key_text(other.as_cell(&mut scratch));
                Self::from_json(ty, storage, &Json::String(text))
            }
        }
    }
}

/// What a type wants, for error texts.
fn expected(ty: ValueType) -> &'static str {
    match ty {
        ValueType::Text => "a text",
        ValueType::Uuid => "a UUID of 32 hexadecimal digits",
        ValueType::Bool => "true or false",
        ValueType::Int => "a whole number",
        ValueType::Double | ValueType::Decimal => "a number",
        ValueType::Duration => "a duration (milliseconds, or hh:mm:ss)",
        ValueType::Date => "a date",
        ValueType::Instant => "a date and time",
        ValueType::Object => "an object",
        ValueType::Image => "an uploaded image",
        ValueType::Blob => "an uploaded blob",
    }
}

/// Texts of the types that have no other literal form.
fn from_text(ty: ValueType, text: &str) -> Result<Value, ValueError> {
    match ty {
        ValueType::Uuid => uuid(text).map(Value::Uuid),
        ValueType::Duration => parse_duration(text).map(Value::Duration),
        ValueType::Date => parse_date(text).map(Value::Date),
        ValueType::Instant => parse_instant(text).map(Value::Instant),
        _ => None,
    }
    .ok_or(ValueError::Mismatch(expected(ty)))
}

fn exact(text: &str) -> Result<BigDecimal, ValueError> {
    decimal::parse(text).ok_or(ValueError::Mismatch("a number"))
}

fn double(text: &str) -> Result<Value, ValueError> {
    let text = text.trim_ascii();
    if !decimal::is_number(text) {
        return Err(ValueError::Mismatch("a number"));
    }
    match text.parse::<f64>() {
        // No database tells -0 from 0, but some would keep it.
        Ok(number) if number.is_finite() => Ok(Value::Double(number + 0.0)),
        _ => Err(ValueError::Range("number")),
    }
}

fn int(text: &str, storage: Option<StorageType>) -> Result<Value, ValueError> {
    let storage = storage.unwrap_or(StorageType::Long64);
    let text = text.trim_ascii();
    let number = match text.parse::<i64>() {
        Ok(number) => number,
        // `12.0` and `1e3` are whole numbers, too.
        Err(_) => {
            let number = decimal::parse(text).filter(BigDecimal::is_integer).ok_or(ValueError::Mismatch("a whole number"))?;
            decimal::canonical(&number).parse().map_err(|_| ValueError::Range(storage.name()))?
        }
    };
    let (least, most) = range(storage);
    if (least..=most).contains(&number) { Ok(Value::Int(number)) } else { Err(ValueError::Range(storage.name())) }
}

/// Least and greatest whole number of a storage type (`data-model.md` 3.2).
fn range(storage: StorageType) -> (i64, i64) {
    match storage {
        StorageType::Byte => (i64::from(i8::MIN), i64::from(i8::MAX)),
        StorageType::Word => (i64::from(i16::MIN), i64::from(i16::MAX)),
        StorageType::Long => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn comparable(ty: ValueType, number: BigDecimal) -> Result<Value, ValueError> {
    if ty == ValueType::Decimal {
        return Ok(Value::Decimal(number));
    }
    if ty == ValueType::Int
        && number.is_integer()
        && let Ok(number) = decimal::canonical(&number).parse()
    {
        return Ok(Value::Int(number));
    }
    decimal::to_f64(&number).map(Value::Double).ok_or(ValueError::Range("number"))
}

/// The number in a text: its digits with the sign before them and the first point, everything else dropped.
fn digits_of(text: &str) -> Option<BigDecimal> {
    let mut number = String::new();
    let mut has_point = false;
    for c in text.chars().take(MAX_NUMBER_TEXT) {
        match c {
            '0'..='9' => number.push(c),
            '-' if number.is_empty() => number.push(c),
            '.' if !has_point && number.ends_with(|c: char| c.is_ascii_digit()) => {
                has_point = true;
                number.push(c);
            }
            _ => {}
        }
    }
    decimal::parse(&number)
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::value::SimpleDate;

    fn body(ty: ValueType, json: Json) -> Result<Value, ValueError> {
        Value::from_json(ty, None, &json)
    }

    #[test]
    fn bodies() {
        assert_eq!(body(ValueType::Text, json!(12.50)), Ok(Value::Text("12.5".into())));
        assert_eq!(body(ValueType::Text, json!(true)), Ok(Value::Text("true".into())));
        assert_eq!(body(ValueType::Bool, json!("true")), Err(ValueError::Mismatch("true or false")));
        assert_eq!(body(ValueType::Int, json!("12")), Ok(Value::Int(12)));
        assert_eq!(body(ValueType::Int, serde_json::from_str("1.2e1").unwrap()), Ok(Value::Int(12)));
        assert!(body(ValueType::Int, json!(12.5)).is_err() && body(ValueType::Int, json!("v12")).is_err());
        assert_eq!(body(ValueType::Double, json!(14.5)), Ok(Value::Double(14.5)));
        assert_eq!(body(ValueType::Double, serde_json::from_str("1e400").unwrap()), Err(ValueError::Range("number")));
        assert!(body(ValueType::Double, json!("NaN")).is_err());
        assert_eq!(body(ValueType::Duration, json!("01:00:00")), Ok(Value::Duration(3_600_000)));
        assert_eq!(body(ValueType::Duration, json!(5)), Ok(Value::Duration(5)));
        assert_eq!(body(ValueType::Date, json!("4!8!1991")), Ok(Value::Date(SimpleDate { year: 1991, month: 8, day: 4 })));
        assert_eq!(body(ValueType::Instant, json!("1970-01-01T00:00:01Z")), Ok(Value::Instant(1000)));
        assert_eq!(body(ValueType::Object, json!({"a": 1})), Ok(Value::Object(json!({"a": 1}))));
        assert!(body(ValueType::Object, json!("a")).is_err() && body(ValueType::Image, json!("a")).is_err());
        assert_eq!(body(ValueType::Blob, Json::Null), Ok(Value::Null));
    }

    #[test]
    fn decimals_keep_their_digits() {
        let json: Json = serde_json::from_str("0.10000000000000000000000001").unwrap();
        let Ok(Value::Decimal(number)) = body(ValueType::Decimal, json) else { panic!("decimal") };
        assert_eq!(decimal::canonical(&number), "0.10000000000000000000000001");
    }

    #[test]
    fn whole_numbers_have_ranges() {
        for (storage, most) in [(StorageType::Byte, 127), (StorageType::Word, 32_767), (StorageType::Long, 2_147_483_647)] {
            let read = |number: i64| Value::from_json(ValueType::Int, Some(storage), &json!(number));
            assert_eq!(read(most), Ok(Value::Int(most)));
            assert_eq!(read(-most - 1), Ok(Value::Int(-most - 1)));
            assert_eq!(read(most + 1), Err(ValueError::Range(storage.name())));
            assert_eq!(read(-most - 2), Err(ValueError::Range(storage.name())));
        }
        assert_eq!(body(ValueType::Int, json!("9223372036854775807")), Ok(Value::Int(i64::MAX)));
        assert_eq!(body(ValueType::Int, json!("9223372036854775808")), Err(ValueError::Range("long64")));
    }

    #[test]
    fn uuids_with_and_without_dashes() {
        let expected = Ok(Value::Uuid([0x0f; 16]));
        assert_eq!(body(ValueType::Uuid, json!("0F0f0F0F0F0F0F0F0F0F0F0F0F0F0F0F")), expected);
        assert_eq!(body(ValueType::Uuid, json!("0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f")), expected);
        assert!(body(ValueType::Uuid, json!("0f")).is_err() && body(ValueType::Uuid, json!("é".repeat(16))).is_err());
    }

    #[test]
    fn literals_are_converted_wherever_possible() {
        let literal = Value::from_literal;
        assert_eq!(literal(ValueType::Int, "v20"), Ok(Value::Int(20)));
        assert_eq!(literal(ValueType::Int, "v-20"), Ok(Value::Int(-20)));
        assert_eq!(literal(ValueType::Int, "12.5"), Ok(Value::Double(12.5)));
        assert_eq!(literal(ValueType::Int, "12.0"), Ok(Value::Int(12)));
        assert_eq!(literal(ValueType::Double, "EUR 1.5.2"), Ok(Value::Double(1.52)));
        for huge in ["1e3000", " -1e999999 ", "1e99999999999", &"9".repeat(3000)] {
            for ty in [ValueType::Int, ValueType::Double, ValueType::Decimal] {
                assert_eq!(literal(ty, huge), Err(ValueError::Range("number")), "{huge}");
            }
        }
        assert!(literal(ValueType::Int, "none").is_err() && literal(ValueType::Double, "").is_err());
        assert_eq!(literal(ValueType::Bool, "TRUE"), Ok(Value::Bool(true)));
        let date = Ok(Value::Date(SimpleDate { year: 2024, month: 3, day: 1 }));
        for text in ["2024-03-01", "!!2024-03-01!!", "1!3!2024", "2024-03-01T10:00:00.000Z"] {
            assert_eq!(literal(ValueType::Date, text), date, "{text}");
        }
        assert!(literal(ValueType::Date, "spring").is_err());
    }

    #[test]
    fn parameters() {
        assert_eq!(Value::from_parameter(ValueType::Text, &json!(20)), Ok(Value::Text("20".into())));
        assert_eq!(Value::from_parameter(ValueType::Int, &json!("v20")), Ok(Value::Int(20)));
        assert_eq!(Value::from_parameter(ValueType::Int, &json!(2.5)), Ok(Value::Double(2.5)));
        assert!(Value::from_parameter(ValueType::Date, &json!(5)).is_err());
    }

    #[test]
    fn between_types() {
        let date = Value::Date(SimpleDate { year: 1970, month: 1, day: 2 });
        assert_eq!(date.convert(ValueType::Instant, None), Ok(Value::Instant(86_400_000)));
        assert_eq!(Value::Instant(86_400_001).convert(ValueType::Date, None), Ok(date));
        assert_eq!(Value::Text("20".into()).convert(ValueType::Int, None), Ok(Value::Int(20)));
        assert_eq!(Value::Int(20).convert(ValueType::Text, None), Ok(Value::Text("20".into())));
        assert_eq!(Value::Int(300).convert(ValueType::Int, Some(StorageType::Byte)), Err(ValueError::Range("byte")));
    }

    fn any_key() -> impl Strategy<Value = (ValueType, Value)> {
        prop_oneof![
            any::<i64>().prop_map(|number| (ValueType::Int, Value::Int(number))),
            any::<String>().prop_map(|text| (ValueType::Text, Value::Text(text))),
            any::<[u8; 16]>().prop_map(|bytes| (ValueType::Uuid, Value::Uuid(bytes))),
            any::<bool>().prop_map(|is_true| (ValueType::Bool, Value::Bool(is_true))),
            (-719_528_i64..2_932_897).prop_map(|days| (ValueType::Date, Value::Date(SimpleDate::from_days(days).unwrap()))),
            (0_i64..4_000_000_000_000).prop_map(|at| (ValueType::Instant, Value::Instant(at))),
            any::<i64>().prop_map(|span| (ValueType::Duration, Value::Duration(span))),
            proptest::num::f64::NORMAL.prop_map(|number| (ValueType::Double, Value::Double(number))),
        ]
    }

    proptest! {
        #[test]
        fn keys_read_back((ty, value) in any_key()) {
            let mut scratch = String::new();
            let text = crate::value::key_text(value.as_cell(&mut scratch));
            prop_assert_eq!(Value::from_key_text(ty, None, &text), Ok(value));
        }

        #[test]
        fn no_text_breaks_a_literal(text in any::<String>()) {
            for ty in [ValueType::Int, ValueType::Double, ValueType::Decimal, ValueType::Bool, ValueType::Uuid, ValueType::Date, ValueType::Instant, ValueType::Duration] {
                let _ = Value::from_literal(ty, &text);
            }
        }
    }
}
