//! Values on their way into columns (`data-model.md` 5.2).

use bigdecimal::BigDecimal;
use claviger_model::{DateForm, SimpleDate, Storage, Value, ValueType};
use rusqlite::types::ValueRef;

use crate::bind::Bind as Sql;

use crate::sqlite::functions::dates::{date_of_days, days_of_date};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The column value of an attribute's value. `owned`: the column lies in a table that the server made; columns of attached tables keep the
/// forms of their owner (durations as `hh:mm:ss`, decimals as the column's affinity has them).
pub fn encode(value: &Value, storage: &Storage, owned: bool) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(truth) => Sql::Integer((*truth).into()),
        Value::Int(number) => Sql::Integer(*number),
        Value::Double(number) => Sql::Real(*number),
        Value::Decimal(number) => Sql::Text(canonical(number)),
        Value::Text(text) => Sql::Text(text.clone()),
        Value::Uuid(bytes) if owned => Sql::Blob(bytes.to_vec()),
        Value::Uuid(bytes) => Sql::Text(hexadecimal(bytes)),
        Value::Date(date) => encode_date(*date, storage.date_form),
        Value::Instant(at) => encode_instant(*at, storage.date_form),
        Value::Duration(span) if owned || storage.value_type() != ValueType::Duration => Sql::Integer(*span),
        Value::Duration(span) => Sql::Text(clock_text(*span)),
        Value::Object(json) => Sql::Text(json.to_string()),
        Value::Bytes(bytes) => Sql::Blob(bytes.to_vec()),
    }
}

/// The column value in the form that the column's old value has, where the declared type lets both be (durations, dates of attached tables).
pub fn encode_like(value: &Value, storage: &Storage, owned: bool, old: ValueRef<'_>) -> Sql {
    match (value, old) {
        (Value::Duration(span), ValueRef::Integer(_)) => Sql::Integer(*span),
        (Value::Uuid(bytes), ValueRef::Blob(_)) => Sql::Blob(bytes.to_vec()),
        _ => encode(value, storage, owned),
    }
}

fn encode_date(date: SimpleDate, form: DateForm) -> Sql {
    let days = days_of_date(date);
    match form {
        DateForm::Native | DateForm::Text => Sql::Text(format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)),
        DateForm::Seconds => Sql::Integer(days * 86_400),
        DateForm::Milliseconds => Sql::Integer(days * DAY),
        DateForm::Julian => Sql::Real(days as f64 + 2_440_587.5),
    }
}

fn encode_instant(at: i64, form: DateForm) -> Sql {
    match form {
        DateForm::Native | DateForm::Milliseconds => Sql::Integer(at),
        DateForm::Seconds if at % 1000 == 0 => Sql::Integer(at / 1000),
        DateForm::Seconds => Sql::Real(at as f64 / 1000.0),
        DateForm::Julian => Sql::Real(at as f64 / DAY as f64 + 2_440_587.5),
        DateForm::Text => {
            let date = date_of_days(at.div_euclid(DAY));
            let rest = at.rem_euclid(DAY);
            let mut text = format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
                date.year,
                date.month,
                date.day,
                rest / 3_600_000,
                rest / 60_000 % 60,
                rest / 1000 % 60
            );
            if rest % 1000 != 0 {
                text.push_str(&format!(".{:03}", rest % 1000));
            }
            Sql::Text(text)
        }
    }
}

/// `[-]hh:mm:ss[.mmm]`.
fn clock_text(span: i64) -> String {
    let sign = if span < 0 { "-" } else { "" };
    let span = span.unsigned_abs();
    let mut text = format!("{sign}{:02}:{:02}:{:02}", span / 3_600_000, span / 60_000 % 60, span / 1000 % 60);
    if !span.is_multiple_of(1000) {
        text.push_str(&format!(".{:03}", span % 1000));
    }
    text
}

/// Canonical digits (settlement "Decimals").
fn canonical(number: &BigDecimal) -> String {
    crate::sqlite::functions::numbers::canonical(number)
}

/// 32 upper-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// A UUID as PostgreSQL writes it; other bytes as hexadecimal digits.
pub fn dashed(bytes: &[u8]) -> String {
    let digits = hexadecimal(bytes).to_ascii_lowercase();
    if bytes.len() != 16 {
        return digits;
    }
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// A column value as SQL literal, for defaults in a migration.
pub fn literal(value: &Sql) -> String {
    match value {
        Sql::Null => "NULL".to_owned(),
        Sql::Integer(number) => number.to_string(),
        Sql::Real(number) => format!("{number:?}"),
        Sql::Text(text) => crate::layout::text_literal(text),
        Sql::Blob(bytes) => format!("X'{}'", hexadecimal(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_way_through_days() {
        for days in (-719_468..2_932_896).step_by(97) {
            assert_eq!(days_of_date(date_of_days(days)), days);
        }
        assert_eq!(days_of_date(SimpleDate { year: 2024, month: 2, day: 29 }), 19_782);
    }

    #[test]
    fn instants_in_every_form() {
        let at = 1_709_138_400_123;
        assert_eq!(encode_instant(at, DateForm::Native), Sql::Integer(at));
        assert_eq!(encode_instant(at, DateForm::Text), Sql::Text("2024-02-28 16:40:00.123".into()));
        assert_eq!(encode_instant(at - 123, DateForm::Text), Sql::Text("2024-02-28 16:40:00".into()));
        assert_eq!(encode_instant(at - 123, DateForm::Seconds), Sql::Integer(1_709_138_400));
        assert_eq!(encode_instant(0, DateForm::Julian), Sql::Real(2_440_587.5));
        assert_eq!(encode_instant(-1, DateForm::Text), Sql::Text("1969-12-31 23:59:59.999".into()));
    }

    #[test]
    fn durations_of_attached_tables_are_clock_texts() {
        assert_eq!(clock_text(5_400_000), "01:30:00");
        assert_eq!(clock_text(-1_500), "-00:00:01.500");
    }
}
