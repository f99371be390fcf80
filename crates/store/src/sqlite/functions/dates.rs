//! Dates and instants in all the forms in which a SQLite column holds them (settlement "Attached databases").
//!
//! What is found in a row is read by its own form: text is always a date text; only for bare numbers the column's form decides.

use claviger_model::{DateForm, SimpleDate};
use rusqlite::types::ValueRef;

const DAY_MS: i64 = 86_400_000;
/// Milliseconds between the Julian epoch and 1970.
const JULIAN_EPOCH_MS: f64 = 2_440_587.5 * 86_400_000.0;
/// First instant that is no longer in the year 9999.
const END_MS: i64 = 253_402_300_800_000;
/// First instant of the year 0.
const BEGIN_MS: i64 = -62_167_219_200_000;

/// The instant that a column holds, in milliseconds since 1970 UTC; `None` when the value is none. Whole numbers are seconds or
/// milliseconds and fractions seconds, milliseconds or Julian days as `form` says.
pub fn instant_of(value: ValueRef<'_>, form: DateForm) -> Option<i64> {
    let ms = match value {
        ValueRef::Integer(n) => match form {
            DateForm::Native | DateForm::Milliseconds => n,
            DateForm::Text | DateForm::Seconds => n.checked_mul(1000)?,
            DateForm::Julian => (n as f64).mul_add(DAY_MS as f64, -JULIAN_EPOCH_MS).round() as i64,
        },
        ValueRef::Real(x) => match form {
            DateForm::Native | DateForm::Milliseconds => x.round() as i64,
            DateForm::Seconds => (x * 1000.0).round() as i64,
            DateForm::Text | DateForm::Julian => x.mul_add(DAY_MS as f64, -JULIAN_EPOCH_MS).round() as i64,
        },
        ValueRef::Text(text) => return instant_of_text(text),
        ValueRef::Null | ValueRef::Blob(_) => return None,
    };
    (BEGIN_MS..END_MS).contains(&ms).then_some(ms)
}

/// The date that a column holds; the time of day is dropped.
pub fn date_of(value: ValueRef<'_>, form: DateForm) -> Option<SimpleDate> {
    if let ValueRef::Text(text) = value {
        if text == b"0000-00-00" || text == EMPTY_DATE.as_bytes() {
            return Some(SimpleDate { year: 0, month: 0, day: 0 });
        }
        // The date as written, not the UTC day of an offset.
        let (date, rest) = date_prefix(text)?;
        return (rest.is_empty() || instant_of_text(text).is_some()).then_some(date);
    }
    Some(date_of_days(instant_of(value, form)?.div_euclid(DAY_MS)))
}

/// The product's empty date, `0!0!0`, as PostgreSQL stores it: before all others, as everywhere.
const EMPTY_DATE: &str = "-infinity";

/// A date as PostgreSQL takes it.
pub fn postgres_text(date: SimpleDate) -> String {
    if date.year == 0 && date.month == 0 { EMPTY_DATE.to_owned() } else { date_text(date) }
}

/// `YYYY-MM-DD`, the form in which dates are compared and stored in owned databases.
pub fn date_text(date: SimpleDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// The duration that a column holds, in milliseconds: a whole number of milliseconds, or `[-]h:mm[:ss[.fff]]`.
pub fn duration_of(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(n) => Some(n),
        ValueRef::Real(x) if x.fract() == 0.0 && x.abs() < 9e15 => Some(x as i64),
        ValueRef::Text(text) => {
            let (negative, text) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
            let colon = text.iter().position(|byte| *byte == b':')?;
            let hours = digits(&text[..colon]).filter(|_| (1..=7).contains(&colon))?;
            let (rest_ms, rest) = minutes_and_seconds(&text[colon..])?;
            let ms = hours * 3_600_000 + rest_ms;
            rest.is_empty().then_some(if negative { -ms } else { ms })
        }
        ValueRef::Real(_) | ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// `YYYY-MM-DD[( |T)hh:mm[:ss[.f…]][Z|±hh[:mm]]]`; without an offset it is UTC.
fn instant_of_text(text: &[u8]) -> Option<i64> {
    let (date, rest) = date_prefix(text.trim_ascii())?;
    let day = days_of_date(date) * DAY_MS;
    let Some((separator, rest)) = rest.split_first() else { return Some(day) };
    if !matches!(separator, b' ' | b'T' | b't') || rest.len() < 5 {
        return None;
    }
    let hours = digits(&rest[..2]).filter(|h| *h < 24)?;
    let (time, rest) = minutes_and_seconds(&rest[2..])?;
    let offset = match rest.trim_ascii_start() {
        b"" | b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let (h, m) = match offset {
                [_, _] => (offset, &b"00"[..]),
                [_, _, b':', _, _] => (&offset[..2], &offset[3..]),
                [_, _, _, _] => offset.split_at(2),
                _ => return None,
            };
            let minutes = digits(h)? * 60 + digits(m)?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    Some(day + hours * 3_600_000 + time - offset * 60_000)
}

/// `:mm[:ss[.f…]]` in milliseconds, and what follows.
fn minutes_and_seconds(text: &[u8]) -> Option<(i64, &[u8])> {
    let mut ms = digits(text.get(1..3)?).filter(|m| *m < 60 && text[0] == b':')? * 60_000;
    let mut rest = &text[3..];
    if rest.first() == Some(&b':') {
        ms += digits(rest.get(1..3)?).filter(|s| *s < 60)? * 1000;
        rest = &rest[3..];
        if rest.first() == Some(&b'.') {
            let end = rest[1..].iter().position(|byte| !byte.is_ascii_digit()).map_or(rest.len(), |at| at + 1);
            let scale = [100, 10, 1];
            ms += rest[1..end].iter().zip(scale).map(|(digit, scale)| i64::from(digit - b'0') * scale).sum::<i64>();
            rest = &rest[end..];
        }
    }
    Some((ms, rest))
}

fn date_prefix(text: &[u8]) -> Option<(SimpleDate, &[u8])> {
    if text.len() < 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = digits(&text[..4])?;
    let month = digits(&text[5..7]).filter(|m| (1..=12).contains(m))?;
    let day = digits(&text[8..10]).filter(|d| *d >= 1 && *d <= days_in_month(year, month))?;
    Some((SimpleDate { year: year as i16, month: month as u8, day: day as u8 }, &text[10..]))
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0')))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
pub fn days_of_date(date: SimpleDate) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    let year = i64::from(date.year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days_of_date`].
pub fn date_of_days(days: i64) -> SimpleDate {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    SimpleDate { year: year as i16, month: month as u8, day: day as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<i64> {
        instant_of(ValueRef::Text(text.as_bytes()), DateForm::Text)
    }

    #[test]
    fn texts_become_instants() {
        assert_eq!(text("1970-01-01"), Some(0));
        assert_eq!(text("1970-01-02 00:00:01.25"), Some(DAY_MS + 1250));
        assert_eq!(text("2024-02-29T16:40:00.123456Z"), Some(1_709_224_800_123));
        assert_eq!(text("2024-02-29T18:40+02:00"), Some(1_709_224_800_000));
        assert_eq!(text("2023-02-29"), None);
        assert_eq!(text("2024-02-29 25:00"), None);
        assert_eq!(text("yesterday"), None);
    }

    #[test]
    fn numbers_are_read_by_the_columns_form() {
        assert_eq!(instant_of(ValueRef::Integer(2), DateForm::Seconds), Some(2000));
        assert_eq!(instant_of(ValueRef::Integer(2), DateForm::Native), Some(2));
        assert_eq!(instant_of(ValueRef::Real(2_440_588.0), DateForm::Julian), Some(DAY_MS / 2));
        assert_eq!(instant_of(ValueRef::Integer(i64::MAX), DateForm::Seconds), None);
        assert_eq!(instant_of(ValueRef::Blob(b"1970-01-01"), DateForm::Text), None);
    }

    #[test]
    fn dates_go_round() {
        for days in (-700_000..2_900_000).step_by(37) {
            let date = date_of_days(days);
            assert_eq!(days_of_date(date), days);
            assert_eq!(date_of(ValueRef::Text(date_text(date).as_bytes()), DateForm::Native), Some(date));
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration_of(ValueRef::Text(b"01:30:00")), Some(5_400_000));
        assert_eq!(duration_of(ValueRef::Text(b"-100:00:00.5")), Some(-360_000_500));
        assert_eq!(duration_of(ValueRef::Integer(7)), Some(7));
        assert_eq!(duration_of(ValueRef::Text(b"soon")), None);
    }
}
