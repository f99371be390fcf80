//! Values: owned ([`Value`]) for what comes in, borrowed ([`Cell`]) for what goes out.

use bigdecimal::BigDecimal;

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
