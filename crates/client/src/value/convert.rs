//! From and to what Rust has.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Number, Value as Json};

use crate::catalog::AttributeType;
use crate::entity::Entity;
use crate::selection::Selection;
use crate::{Error, Result};

use super::{EntityValue, Key, Media, Upload, Value};

/// What an attribute's value can be read as.
pub trait FromValue: Sized {
    /// None when the value is something else.
    fn from_value(value: Value) -> Option<Self>;

    /// What was expected, in words.
    fn expected() -> &'static str;
}

/// Reads a value as what is wanted.
pub(crate) fn convert<T: FromValue>(value: Value, of: &str) -> Result<T> {
    let found = value.name();
    T::from_value(value).ok_or_else(|| Error::Misuse(format!("\"{of}\" is {found}, not {}.", T::expected())))
}

macro_rules! from_value {
    ($($type:ty, $expected:literal, $pattern:pat => $made:expr;)*) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Option<Self> {
                match value { $pattern => $made, _ => None }
            }

            fn expected() -> &'static str { $expected }
        }
    )*};
}

from_value! {
    bool, "a boolean", Value::Bool(is) => Some(is);
    String, "a text", Value::Text(text) => Some(text);
    Number, "a number", Value::Number(number) => Some(number);
    f64, "a number", Value::Number(number) => number.as_f64();
    i64, "a whole number", Value::Number(number) => whole(&number);
    i32, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    i16, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    u64, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    u32, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    usize, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    u16, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    u8, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    Date, "a date", Value::Date(date) => Some(date);
    Timestamp, "a point in time", Value::Instant(at) => Some(at);
    SignedDuration, "a duration", Value::Duration(length) => Some(length);
    Media, "an image or blob", Value::Media(media) => Some(media);
}

/// Of a relation: the key of the entity that it leads to.
impl FromValue for Key {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Entity(entity) => entity.key.map(Self),
            Value::Text(key) => Some(Self(key)),
            Value::Number(key) => Some(Self(key.to_string())),
            _ => None,
        }
    }

    fn expected() -> &'static str {
        "a key"
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }

    fn expected() -> &'static str {
        "a value"
    }
}

impl FromValue for Json {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Entity(_) | Value::Selection(_) | Value::Media(_) | Value::Upload(_) => value.written().ok(),
            plain => Some(plain.plain()),
        }
    }

    fn expected() -> &'static str {
        "JSON"
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }

    fn expected() -> &'static str {
        T::expected()
    }
}

/// `7` and `7.0`, not `7.5`.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let text = number.to_string();
        let (whole, rest) = text.split_once('.')?;
        rest.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok())?
    })
}

macro_rules! into_value {
    ($($type:ty, $name:pat => $made:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($name: $type) -> Self { $made }
        }
    )*};
}

into_value! {
    bool, is => Self::Bool(is);
    i8, n => Self::Number(n.into());
    i16, n => Self::Number(n.into());
    i32, n => Self::Number(n.into());
    i64, n => Self::Number(n.into());
    u8, n => Self::Number(n.into());
    u16, n => Self::Number(n.into());
    u32, n => Self::Number(n.into());
    u64, n => Self::Number(n.into());
    usize, n => Self::Number(n.into());
    Number, n => Self::Number(n);
    &str, text => Self::Text(text.to_owned());
    String, text => Self::Text(text);
    &String, text => Self::Text(text.clone());
    Date, date => Self::Date(date);
    Timestamp, at => Self::Instant(at);
    SignedDuration, length => Self::Duration(length);
    Upload, upload => Self::Upload(upload);
    Key, Key(key) => Self::Entity(Box::new(EntityValue { dataclass: String::new(), key: Some(key), stamp: 0, touched: Map::new() }));
    Media, media => Self::Media(media);
    Selection, selection => Self::Selection(selection);
    &Selection, selection => Self::Selection(selection.clone());
    &Entity, entity => Self::Entity(Box::new(entity.as_value()));
    Entity, entity => Self::Entity(Box::new(entity.as_value()));
}

/// Infinite numbers and NaN have no JSON; they become null.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or(Self::Null, Self::Number)
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Self::read(&json, AttributeType::Other)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A list. Of entities it has the keys; selections, images and uploads have no place in one and become null.
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Json(values.into_iter().map(|value| value.into().as_param().unwrap_or_default()).collect())
    }
}

impl<T: Into<Value> + Clone, const N: usize> From<[T; N]> for Value {
    fn from(values: [T; N]) -> Self {
        Self::from(values.to_vec())
    }
}
