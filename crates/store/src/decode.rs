//! Column values become cells by the attribute's type and the form in which they lie there. What does not fit becomes
//! [`Cell::Misfit`], never an error.

use std::borrow::Cow;
use std::fmt::Write as _;

use bigdecimal::BigDecimal;
use claviger_model::{Cell, DateForm, Storage, ValueType, decimal as exact};
use rusqlite::types::ValueRef;
use serde::de::IgnoredAny;

use crate::sql::operand::{Column, Term};
use crate::sqlite::functions::{dates, json, numbers, uuid_of};

/// How the values of one column are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decoder {
    ty: ValueType,
    date_form: DateForm,
    form: Form,
}

/// What a value is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// Itself.
    Value,
    /// The text of a JSON scalar, that is to become a cell of its own type.
    Scalar,
    /// Sum and number of values, with a blank between: their average.
    Average,
}

impl Decoder {
    /// A whole number.
    pub const INT: Self = Self { ty: ValueType::Int, date_form: DateForm::Native, form: Form::Value };
    /// A double.
    pub const DOUBLE: Self = Self { ty: ValueType::Double, ..Self::INT };
    /// Decimal digits.
    pub const DECIMAL: Self = Self { ty: ValueType::Decimal, ..Self::INT };

    /// An exact average of numbers of a type, from their sum and number (`sum count`): a double of doubles, else decimal digits.
    pub fn average(ty: ValueType) -> Self {
        Self { ty: if ty == ValueType::Double { ty } else { ValueType::Decimal }, form: Form::Average, ..Self::INT }
    }

    /// The decoder of a column.
    pub fn of(column: &Column) -> Self {
        Self { ty: column.ty, date_form: column.date_form, form: Form::Value }
    }

    /// The decoder of a column by its attribute.
    pub fn of_storage(storage: &Storage) -> Self {
        Self { ty: storage.value_type(), date_form: storage.date_form, form: Form::Value }
    }

    /// The decoder of values of a term.
    pub fn of_term(term: &Term) -> Self {
        match term {
            Term::Column(column) => Self::of(column),
            Term::Json(..) => Self { ty: ValueType::Object, date_form: DateForm::Native, form: Form::Scalar },
            Term::Number(_) => Self::INT,
            Term::Reference(parts) => parts.first().map_or(Self::INT, Self::of),
        }
    }

    /// The same for values that were brought into the product's own form.
    pub fn native(self) -> Self {
        Self { date_form: DateForm::Native, ..self }
    }

    /// The cell of a value; `scratch` holds what has to be written out.
    #[inline]
    pub fn cell<'a>(self, value: ValueRef<'a>, scratch: &'a mut String) -> Cell<'a> {
        if matches!(value, ValueRef::Null) {
            return Cell::Null;
        }
        if self.form == Form::Average {
            return self.averaged(value, scratch);
        }
        let fitting = match (self.ty, value) {
            (ValueType::Text, ValueRef::Text(text)) => std::str::from_utf8(text).ok().map(Cell::Text),
            (ValueType::Int | ValueType::Double, ValueRef::Integer(n)) => Some(Cell::Int(n)),
            (ValueType::Int, ValueRef::Real(x)) if x.fract() == 0.0 && x.abs() < 9.2e18 => Some(Cell::Int(x as i64)),
            (ValueType::Double, ValueRef::Real(x)) if x.is_finite() => Some(Cell::Double(x)),
            (ValueType::Decimal, _) => return decimal(value, scratch),
            (ValueType::Bool, ValueRef::Integer(bit @ (0 | 1))) => Some(Cell::Bool(bit == 1)),
            (ValueType::Uuid, _) => uuid_of(value).map(Cell::Uuid),
            (ValueType::Duration, _) => dates::duration_of(value).map(Cell::Duration),
            (ValueType::Date, _) => dates::date_of(value, self.date_form).map(Cell::Date),
            (ValueType::Instant, _) => dates::instant_of(value, self.date_form).map(Cell::Instant),
            (ValueType::Object, ValueRef::Text(text)) if self.form == Form::Scalar => return scalar(text, scratch),
            (ValueType::Object, ValueRef::Text(text)) => {
                std::str::from_utf8(text).ok().filter(|text| serde_json::from_str::<IgnoredAny>(text).is_ok()).map(Cell::Json)
            }
            (ValueType::Object, ValueRef::Integer(n)) => {
                scratch.clear();
                let _ = write!(scratch, "{n}");
                return Cell::Json(scratch);
            }
            (ValueType::Image | ValueType::Blob, ValueRef::Integer(there)) => Some(if there == 0 { Cell::Null } else { Cell::Media }),
            _ => None,
        };
        fitting.unwrap_or_else(|| misfit(value, scratch))
    }

    fn averaged<'a>(self, value: ValueRef<'a>, scratch: &'a mut String) -> Cell<'a> {
        let parts = value.as_str().ok().and_then(|text| text.split_once(' '));
        let parts = parts.and_then(|(sum, count)| Some((sum.parse::<BigDecimal>().ok()?, count.parse::<u64>().ok()?)));
        let Some((sum, count)) = parts else { return Cell::Null };
        if self.ty == ValueType::Double {
            return exact::average_double(&sum, count).map_or(Cell::Null, Cell::Double);
        }
        match exact::average(&sum, count) {
            Some(average) => {
                *scratch = exact::canonical(&average);
                Cell::Decimal(scratch)
            }
            None => Cell::Null,
        }
    }
}

/// Exact digits; the common forms without arithmetic.
fn decimal<'a>(value: ValueRef<'a>, scratch: &'a mut String) -> Cell<'a> {
    match value {
        ValueRef::Integer(n) => {
            scratch.clear();
            let _ = write!(scratch, "{n}");
            return Cell::Decimal(scratch);
        }
        // The shortest decimal of a double, which is written without exponent.
        ValueRef::Real(x) if x.is_finite() => {
            scratch.clear();
            let _ = write!(scratch, "{}", if x == 0.0 { 0.0 } else { x });
            return Cell::Decimal(scratch);
        }
        ValueRef::Text(text) if is_canonical(text) => {
            if let Ok(text) = std::str::from_utf8(text) {
                return Cell::Decimal(text);
            }
        }
        _ => {}
    }
    match numbers::canonical_of(value) {
        Some(digits) => {
            *scratch = digits;
            Cell::Decimal(scratch)
        }
        None => misfit(value, scratch),
    }
}

/// `-12.5`: digits without leading zeros, a point only with digits behind that do not end in zero.
fn is_canonical(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (&digits[..point], Some(&digits[point + 1..])),
        None => (digits, None),
    };
    let all_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    all_digits(whole)
        && (whole.len() == 1 || whole[0] != b'0')
        && fraction.is_none_or(|fraction| all_digits(fraction) && fraction.last() != Some(&b'0'))
        && text != b"-0"
}

/// A JSON scalar by its own type.
fn scalar<'a>(text: &'a [u8], scratch: &'a mut String) -> Cell<'a> {
    match text {
        b"true" => Cell::Bool(true),
        b"false" => Cell::Bool(false),
        b"null" => Cell::Null,
        [b'"', ..] => match std::str::from_utf8(text).ok().and_then(json::string) {
            Some(text) => {
                *scratch = text;
                Cell::Text(scratch)
            }
            None => misfit(ValueRef::Text(text), scratch),
        },
        _ => decimal(ValueRef::Text(text), scratch),
    }
}

/// The value as text: as it is, by its digits, or as hexadecimal bytes.
fn misfit<'a>(value: ValueRef<'a>, scratch: &'a mut String) -> Cell<'a> {
    scratch.clear();
    match value {
        ValueRef::Null => return Cell::Null,
        ValueRef::Text(text) => match String::from_utf8_lossy(text) {
            Cow::Borrowed(text) => return Cell::Misfit(text),
            Cow::Owned(text) => *scratch = text,
        },
        ValueRef::Integer(n) => {
            let _ = write!(scratch, "{n}");
        }
        ValueRef::Real(x) => {
            let _ = write!(scratch, "{x}");
        }
        ValueRef::Blob(bytes) => bytes.iter().for_each(|byte| {
            let _ = write!(scratch, "{byte:02X}");
        }),
    }
    Cell::Misfit(scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ty: ValueType, value: ValueRef<'_>, expected: Cell<'_>) {
        let mut scratch = "old".to_owned();
        assert_eq!(Decoder { ty, ..Decoder::INT }.cell(value, &mut scratch), expected, "{ty:?} {value:?}");
    }

    #[test]
    fn values_that_fit() {
        check(ValueType::Text, ValueRef::Text("é".as_bytes()), Cell::Text("é"));
        check(ValueType::Decimal, ValueRef::Real(0.99), Cell::Decimal("0.99"));
        check(ValueType::Decimal, ValueRef::Real(2.0), Cell::Decimal("2"));
        check(ValueType::Decimal, ValueRef::Real(-0.0), Cell::Decimal("0"));
        check(ValueType::Decimal, ValueRef::Real(1e21), Cell::Decimal("1000000000000000000000"));
        check(ValueType::Decimal, ValueRef::Text(b"007.50"), Cell::Decimal("7.5"));
        check(ValueType::Decimal, ValueRef::Text(b"1e2"), Cell::Decimal("100"));
        check(ValueType::Bool, ValueRef::Integer(1), Cell::Bool(true));
        check(ValueType::Int, ValueRef::Real(3.0), Cell::Int(3));
        check(ValueType::Object, ValueRef::Text(b"{\"a\":1}"), Cell::Json("{\"a\":1}"));
        check(ValueType::Image, ValueRef::Integer(1), Cell::Media);
        check(ValueType::Image, ValueRef::Integer(0), Cell::Null);
        check(
            ValueType::Uuid,
            ValueRef::Text(b"00000000-0000-0000-0000-0000000000ff"),
            Cell::Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255]),
        );
    }

    #[test]
    fn averages_are_made_of_sum_and_number() {
        let mut scratch = String::new();
        let mut average = |ty, text: &[u8]| match Decoder::average(ty).cell(ValueRef::Text(text), &mut scratch) {
            Cell::Double(x) => format!("double {x}"),
            Cell::Decimal(digits) => digits.to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(average(ValueType::Double, b"0.30 3"), "double 0.1");
        assert_eq!(average(ValueType::Int, b"7 2"), "3.5");
        assert_eq!(average(ValueType::Object, b"-2 3"), "-0.6666666666666667");
        assert_eq!(average(ValueType::Double, format!("1{} 1", "0".repeat(400)).as_bytes()), "Null");
    }

    #[test]
    fn values_that_do_not_fit_become_text() {
        check(ValueType::Int, ValueRef::Text(b"many"), Cell::Misfit("many"));
        check(ValueType::Int, ValueRef::Real(1.5), Cell::Misfit("1.5"));
        check(ValueType::Bool, ValueRef::Integer(7), Cell::Misfit("7"));
        check(ValueType::Instant, ValueRef::Text(b"soon"), Cell::Misfit("soon"));
        check(ValueType::Object, ValueRef::Text(b"{broken"), Cell::Misfit("{broken"));
        check(ValueType::Decimal, ValueRef::Text(b"ten"), Cell::Misfit("ten"));
        check(ValueType::Text, ValueRef::Blob(&[0xff, 0x01]), Cell::Misfit("FF01"));
        check(ValueType::Text, ValueRef::Integer(5), Cell::Misfit("5"));
        check(ValueType::Double, ValueRef::Real(f64::INFINITY), Cell::Misfit("inf"));
        check(ValueType::Text, ValueRef::Null, Cell::Null);
    }
}
