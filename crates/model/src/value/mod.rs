//! Values: owned ([`Value`]) for what comes in, borrowed ([`Cell`]) for what goes out.

mod convert;
mod time;
mod write;

use bigdecimal::BigDecimal;
use bytes::Bytes;

pub use convert::ValueError;
pub use time::{DAY, parse_date, parse_duration, parse_instant, write_instant, write_iso_date};
pub use write::{DateStyle, key_text, write_cell, write_double, write_int, write_json_string, write_uuid};

/// A date without time. Year 0 to 9999, month and day 0 only in the empty date.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "a date's parts")]
pub struct SimpleDate {
    pub year: i16,
    pub month: u8,
    pub day: u8,
}

/// A value, already of the type that its attribute wants.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "one variant per ValueType")]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// Finite.
    Double(f64),
    Decimal(BigDecimal),
    Text(String),
    Uuid([u8; 16]),
    Date(SimpleDate),
    /// Milliseconds since 1970 UTC.
    Instant(i64),
    /// Milliseconds.
    Duration(i64),
    /// JSON object or array; numbers keep their digits.
    Object(serde_json::Value),
    /// What an image or blob holds, shared with whoever received it.
    Bytes(Bytes),
}

/// A value on its way out, borrowed from the row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// Whole number.
    Int(i64),
    /// Finite double.
    Double(f64),
    /// Canonical decimal digits (settlement "Decimals").
    Decimal(&'a str),
    /// Text.
    Text(&'a str),
    /// 16 bytes.
    Uuid([u8; 16]),
    /// Date only.
    Date(SimpleDate),
    /// Milliseconds since 1970 UTC.
    Instant(i64),
    /// Milliseconds.
    Duration(i64),
    /// JSON text, valid.
    Json(&'a str),
    /// An image or blob that is not null; its bytes are asked for by another request.
    Media,
    /// A value that its attribute's type cannot hold: sent as text, never breaks the page.
    Misfit(&'a str),
}

impl Value {
    /// The value as it goes out. Decimals and objects have no text of their own to borrow; it is made in `scratch`.
    pub fn as_cell<'a>(&'a self, scratch: &'a mut String) -> Cell<'a> {
        match self {
            Self::Null => Cell::Null,
            Self::Bool(is_true) => Cell::Bool(*is_true),
            Self::Int(number) => Cell::Int(*number),
            Self::Double(number) => Cell::Double(*number),
            Self::Decimal(number) => {
                *scratch = crate::decimal::canonical(number);
                Cell::Decimal(scratch)
            }
            Self::Text(text) => Cell::Text(text),
            Self::Uuid(bytes) => Cell::Uuid(*bytes),
            Self::Date(date) => Cell::Date(*date),
            Self::Instant(milliseconds) => Cell::Instant(*milliseconds),
            Self::Duration(milliseconds) => Cell::Duration(*milliseconds),
            Self::Object(json) => {
                *scratch = json.to_string();
                Cell::Json(scratch)
            }
            Self::Bytes(_) => Cell::Media,
        }
    }

    /// True for no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Saving the one over the other would change nothing: text by its code points (case counts), numbers by their value, objects by their content
    /// without regard to the order of members.
    pub fn is_same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Cell<'_> {
    /// The value, owned; `None` for [`Cell::Media`], whose bytes are elsewhere, and [`Cell::Misfit`], which is no value of its type.
    pub fn to_value(self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(is_true) => Value::Bool(is_true),
            Self::Int(number) => Value::Int(number),
            Self::Double(number) => Value::Double(number),
            Self::Decimal(digits) => Value::Decimal(crate::decimal::parse(digits)?),
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Uuid(bytes) => Value::Uuid(bytes),
            Self::Date(date) => Value::Date(date),
            Self::Instant(milliseconds) => Value::Instant(milliseconds),
            Self::Duration(milliseconds) => Value::Duration(milliseconds),
            Self::Json(json) => Value::Object(serde_json::from_str(json).ok()?),
            Self::Media | Self::Misfit(_) => return None,
        })
    }
}
