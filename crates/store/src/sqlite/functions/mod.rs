//! SQL functions of the product, registered on every connection: text without case and accents, exact decimals, dates in every form, JSON.
//!
//! All are deterministic and harmless, so that expression indexes may use them. A value that does not fit gives null, never an error.

mod aggregates;
pub mod dates;
pub mod json;
pub mod numbers;
pub mod total;

use std::borrow::Cow;

use bigdecimal::RoundingMode;
use bigdecimal::num_bigint::Sign;
use claviger_model::{DateForm, decimal, text};

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};
use serde_json::value::RawValue;

use super::stamps;

/// Text without case and accents: `clv_fold(x)`. Indexes for text filters are made on this expression.
pub const FOLD: &str = "clv_fold";

/// Flags of every function here.
const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_INNOCUOUS);

/// Registers all functions on a fresh connection.
pub fn register(db: &Connection) -> Result<()> {
    stamps::register(db)?;
    aggregates::register(db)?;
    scalar(db, FOLD, 1, |context| Ok(text_of(context.get_raw(0)).map_or(Value::Null, |text| Value::Text(fold(&text)))))?;
    scalar(db, "clv_match", -1, matches)?;
    scalar(db, "clv_keyword", 2, |context| {
        let (Some(text), Some(words)) = (text_of(context.get_raw(0)), text_of(context.get_raw(1))) else { return Ok(Value::Null) };
        Ok(Value::Integer(text::contains_words(&text::fold(&text), &words).into()))
    })?;
    scalar(db, "clv_upper", 1, |context| Ok(text_of(context.get_raw(0)).map_or(Value::Null, |text| Value::Text(text.to_uppercase()))))?;
    scalar(db, "clv_lower", 1, |context| Ok(text_of(context.get_raw(0)).map_or(Value::Null, |text| Value::Text(text.to_lowercase()))))?;
    // Null for the one whole number without its opposite.
    scalar(db, "clv_abs", 1, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Integer(n) => n.checked_abs().map_or(Value::Null, Value::Integer),
            ValueRef::Real(x) => Value::Real(x.abs()),
            _ => Value::Null,
        })
    })?;
    // What arithmetic over whole numbers gave: null beyond 64 bits, where the engine goes on with doubles.
    scalar(db, "clv_whole", 1, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Integer(n) => Value::Integer(n),
            ValueRef::Real(x) if x.abs() < 9.2e18 => Value::Real(x),
            _ => Value::Null,
        })
    })?;
    // The double nearest to a number, beyond all doubles an infinity.
    scalar(db, "clv_real", 1, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Real(x) => Value::Real(x),
            other => numbers::decimal_of(other).map_or(Value::Null, |number| {
                let beyond = if number.sign() == Sign::Minus { f64::NEG_INFINITY } else { f64::INFINITY };
                Value::Real(decimal::to_f64(&number).unwrap_or(beyond))
            }),
        })
    })?;
    scalar(db, "clv_round", 2, |context| Ok(rounded(context.get_raw(0), context.get_raw(1)).map_or(Value::Null, Value::Real)))?;
    scalar(db, "clv_decimal", 1, |context| Ok(numbers::canonical_of(context.get_raw(0)).map_or(Value::Null, Value::Text)))?;
    scalar(db, "clv_decimal_key", 1, |context| Ok(numbers::key_of(context.get_raw(0)).map_or(Value::Null, Value::Blob)))?;
    scalar(db, "clv_date", 2, |context| {
        let date = dates::date_of(context.get_raw(0), form_of(context.get_raw(1)));
        Ok(date.map_or(Value::Null, |date| Value::Text(dates::date_text(date))))
    })?;
    scalar(db, "clv_instant", 2, |context| {
        Ok(dates::instant_of(context.get_raw(0), form_of(context.get_raw(1))).map_or(Value::Null, Value::Integer))
    })?;
    scalar(db, "clv_duration", 1, |context| Ok(dates::duration_of(context.get_raw(0)).map_or(Value::Null, Value::Integer)))?;
    scalar(db, "clv_uuid", 1, |context| Ok(uuid_of(context.get_raw(0)).map_or(Value::Null, |uuid| Value::Blob(uuid.to_vec()))))?;
    scalar(db, "clv_bool", 1, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Integer(bit @ (0 | 1)) => Value::Integer(bit),
            _ => Value::Null,
        })
    })?;
    json_functions(db)
}

/// A number rounded to some digits after the point (none to thirty) by its shortest decimal, halves away from zero.
fn rounded(value: ValueRef<'_>, digits: ValueRef<'_>) -> Option<f64> {
    let x = match value {
        ValueRef::Integer(n) => n as f64,
        ValueRef::Real(x) => x,
        _ => return None,
    };
    let digits = match digits {
        ValueRef::Integer(n) => n.clamp(0, 30),
        _ => return None,
    };
    // From here on all doubles are whole.
    if x.abs() >= 4_503_599_627_370_496.0 {
        return Some(x);
    }
    decimal::to_f64(&decimal::from_f64(x)?.with_scale_round(digits, RoundingMode::HalfUp))
}

/// The JSON functions take a document and member names: `clv_json_key(document, 'a', 'b')`.
fn json_functions(db: &Connection) -> Result<()> {
    // Comparable form: null for absent and null; else a type byte and a body in whose byte order the values of the type stand.
    scalar(db, "clv_json_key", -1, |context| Ok(with_json(context, |json| json_key(json, false).map(Value::Blob))))?;
    // The same for sorting: texts of one fold by their spelling.
    scalar(db, "clv_json_order", -1, |context| Ok(with_json(context, |json| json_key(json, true).map(Value::Blob))))?;
    scalar(db, "clv_json_string", -1, |context| Ok(with_json(context, |json| json::string(json).map(Value::Text))))?;
    scalar(db, "clv_json_number", -1, |context| {
        Ok(with_json(context, |json| numbers::canonical_of(ValueRef::Text(number_text(json)?.as_bytes())).map(Value::Text)))
    })?;
    // Scalars as JSON text.
    scalar(db, "clv_json_value", -1, |context| {
        Ok(with_json(context, |json| (!json.starts_with(['{', '['])).then(|| Value::Text(json.to_owned()))))
    })?;
    // Array of the elements' JSON texts: `json_each` over it gives each element exactly as stored.
    scalar(db, "clv_json_elements", -1, |context| {
        Ok(with_json(context, |json| {
            let texts: Vec<&str> = json::elements(json)?.into_iter().map(RawValue::get).collect();
            serde_json::to_string(&texts).ok().map(Value::Text)
        }))
    })?;
    // Number of elements of an array; of an object, its member of that name when it is a number.
    scalar(db, "clv_json_length", -1, |context| Ok(with_json(context, json_length)))
}

fn scalar<F>(db: &Connection, name: &str, arguments: i32, function: F) -> Result<()>
where
    F: Fn(&mut Context<'_>) -> Result<Value> + Send + 'static,
{
    db.create_scalar_function(name, arguments, FLAGS, function)
}

/// What `clv_fold` gives for a text.
pub fn fold(text: &str) -> String {
    text::fold(text).into_owned()
}

/// A value as text: text as it is, numbers by their digits; `None` for null and bytes.
pub fn text_of(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text)),
        ValueRef::Integer(n) => Some(Cow::Owned(n.to_string())),
        ValueRef::Real(_) => numbers::canonical_of(value).map(Cow::Owned),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// The 16 bytes of a UUID stored as bytes or as text with or without dashes.
pub fn uuid_of(value: ValueRef<'_>) -> Option<[u8; 16]> {
    match value {
        ValueRef::Blob(bytes) => bytes.try_into().ok(),
        ValueRef::Text(text) => {
            let (mut uuid, mut count) = ([0_u8; 16], 0);
            for byte in text.iter().filter(|byte| !matches!(byte, b'-' | b'{' | b'}')) {
                let digit = (*byte as char).to_digit(16)? as u8;
                *uuid.get_mut(count / 2)? |= if count % 2 == 0 { digit << 4 } else { digit };
                count += 1;
            }
            (count == 32).then_some(uuid)
        }
        _ => None,
    }
}

/// How SQL text names a [`DateForm`].
pub fn form_code(form: DateForm) -> u8 {
    match form {
        DateForm::Native => 0,
        DateForm::Text => 1,
        DateForm::Seconds => 2,
        DateForm::Milliseconds => 3,
        DateForm::Julian => 4,
    }
}

fn form_of(value: ValueRef<'_>) -> DateForm {
    match value {
        ValueRef::Integer(1) => DateForm::Text,
        ValueRef::Integer(2) => DateForm::Seconds,
        ValueRef::Integer(3) => DateForm::Milliseconds,
        ValueRef::Integer(4) => DateForm::Julian,
        _ => DateForm::Native,
    }
}

/// `clv_match(x, part, part, …)`: literal parts with any run of characters between.
fn matches(context: &mut Context<'_>) -> Result<Value> {
    let Some(text) = text_of(context.get_raw(0)) else { return Ok(Value::Null) };
    let parts: Vec<String> = (1..context.len()).map(|index| context.get(index)).collect::<Result<_>>()?;
    Ok(Value::Integer(text::matches(&parts, &text::fold(&text)).into()))
}

fn with_json(context: &Context<'_>, body: impl FnOnce(&str) -> Option<Value>) -> Value {
    let ValueRef::Text(document) = context.get_raw(0) else { return Value::Null };
    let Ok(document) = std::str::from_utf8(document) else { return Value::Null };
    let path: Option<Vec<&str>> = (1..context.len()).map(|index| context.get_raw(index).as_str().ok()).collect();
    path.and_then(|path| json::find(document, &path)).and_then(body).unwrap_or(Value::Null)
}

/// Comparable form of a JSON value, see `clv_json_key`; `None` for null.
fn json_key(json: &str, spelling: bool) -> Option<Vec<u8>> {
    match json.as_bytes().first()? {
        b'n' => None,
        b'f' => Some(bool_key(false)),
        b't' => Some(bool_key(true)),
        b'"' => {
            let text = json::string(json)?;
            let mut key = text_key(&text);
            if spelling {
                key.push(0);
                key.extend_from_slice(text.as_bytes());
            }
            Some(key)
        }
        b'{' | b'[' => Some([&[KEY_OTHER], json.as_bytes()].concat()),
        // A number with an exponent that nobody compares is still a value.
        _ => number_text(json).map(|digits| number_key(digits).unwrap_or_else(|| [&[KEY_OTHER], digits.as_bytes()].concat())),
    }
}

fn json_length(json: &str) -> Option<Value> {
    if let Some(elements) = json::elements(json) {
        return Some(Value::Integer(elements.len() as i64));
    }
    let digits = number_text(json::find(json, &["length"])?)?;
    digits.parse().map(Value::Integer).or_else(|_| digits.parse().map(Value::Real)).ok()
}

fn number_text(json: &str) -> Option<&str> {
    json.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then_some(json)
}

/// First byte of a comparable JSON value of this type.
pub const KEY_BOOL: u8 = 1;
/// First byte of a comparable JSON value of this type.
pub const KEY_NUMBER: u8 = 2;
/// First byte of a comparable JSON value of this type.
pub const KEY_TEXT: u8 = 3;
const KEY_OTHER: u8 = 4;

/// What `clv_json_key` gives for a boolean.
pub fn bool_key(value: bool) -> Vec<u8> {
    vec![KEY_BOOL, value.into()]
}

/// What `clv_json_key` gives for a text.
pub fn text_key(text: &str) -> Vec<u8> {
    [&[KEY_TEXT], text::fold(text).as_bytes()].concat()
}

/// What `clv_json_key` gives for a number; `None` when it has too many digits to be compared.
pub fn number_key(digits: &str) -> Option<Vec<u8>> {
    let key = numbers::key_of(ValueRef::Text(digits.as_bytes()))?;
    Some([&[KEY_NUMBER], key.as_slice()].concat())
}
