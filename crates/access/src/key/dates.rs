//! Dates of a key: its last day, the ceiling, durations (`api-keys.md` K-25, K-26, O-2, O-3, O-5).

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Longest overlap of the previous secret after a regeneration: 7 days (O-5).
pub const MAX_OVERLAP: Duration = Duration::from_secs(7 * 24 * 3600);
/// Days before its end from which a key counts as expiring soon.
pub const EXPIRES_SOON_DAYS: i32 = 14;
/// Value of `keys.max_lifetime_days` from which it lowers nothing: the ceiling is a calendar year, which has 365 or 366 days.
pub const YEAR_DAYS: u32 = 365;

/// The day of an instant, in UTC.
pub fn day_of(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

/// True when the last day of the key is over, in UTC (O-2).
pub fn is_expired(expires_on: Date, now: Timestamp) -> bool {
    day_of(now) > expires_on
}

/// True when the key still works but not for longer than 14 days.
pub fn expires_soon(expires_on: Date, now: Timestamp) -> bool {
    let today = day_of(now);
    today <= expires_on && today.saturating_add(EXPIRES_SOON_DAYS.days()) >= expires_on
}

/// The latest last day that a key may get today: one calendar year from today (29 February: 28 February), or fewer days when
/// `keys.max_lifetime_days` lowers it. Also the default.
pub fn ceiling(today: Date, max_lifetime_days: u32) -> Date {
    let year = today.saturating_add(1.year());
    if max_lifetime_days >= YEAR_DAYS {
        return year;
    }
    year.min(today.saturating_add(i64::from(max_lifetime_days).days()))
}

/// A date written `YYYY-MM-DD`, and in no other way.
pub fn parse_date(text: &str) -> Option<Date> {
    let digit = |byte: &u8| byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let form = bytes.len() == 10
        && bytes[..4].iter().all(digit)
        && bytes[4] == b'-'
        && bytes[5..7].iter().all(digit)
        && bytes[7] == b'-'
        && bytes[8..].iter().all(digit);
    if !form {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?).ok()
}

/// An instant with offset or `Z`, or a date: its first moment, UTC.
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    TimeZone::UTC.to_timestamp(parse_date(text)?.at(0, 0, 0, 0)).ok()
}

/// The command line's `--expires`: `YYYY-MM-DD`, or `30d` for a number of days from today.
pub fn parse_expires(text: &str, today: Date) -> Option<Date> {
    let Some(days) = text.strip_suffix('d') else { return parse_date(text) };
    if !days.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    today.checked_add(days.parse::<u16>().ok()?.days_span()).ok()
}

/// Days of a number that is small enough for any date arithmetic.
trait DaysSpan {
    fn days_span(self) -> jiff::Span;
}

impl DaysSpan for u16 {
    fn days_span(self) -> jiff::Span {
        i64::from(self).days()
    }
}

/// A duration: `90s`, `15m`, `24h`, `7d`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let unit = match text.bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3600,
        b'd' => 24 * 3600,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit).map(Duration::from_secs)
}

/// The overlap of a regeneration: a duration of 0 to 7 days.
pub fn parse_overlap(text: &str) -> Option<Duration> {
    parse_duration(text).filter(|overlap| *overlap <= MAX_OVERLAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn a_key_works_until_the_last_moment_of_its_day_in_utc() {
        let expires = date("2026-04-01");
        assert!(!is_expired(expires, "2026-04-01T23:59:59.999999999Z".parse().unwrap()));
        assert!(is_expired(expires, "2026-04-02T00:00:00Z".parse().unwrap()));
        assert!(!is_expired(expires, "2026-04-02T01:00:00+02:00".parse().unwrap()));
    }

    #[test]
    fn the_ceiling_is_a_calendar_year_that_can_only_be_lowered() {
        assert_eq!(ceiling(date("2024-05-24"), 365), date("2025-05-24"));
        assert_eq!(ceiling(date("2024-02-29"), 365), date("2025-02-28"));
        assert_eq!(ceiling(date("2023-05-24"), 365), date("2024-05-24"));
        assert_eq!(ceiling(date("2024-05-24"), 10_000), date("2025-05-24"));
        assert_eq!(ceiling(date("2024-05-24"), 30), date("2024-06-23"));
        assert_eq!(ceiling(date("2024-05-24"), 0), date("2024-05-24"));
    }

    #[test]
    fn soon_is_fourteen_days() {
        let now = "2026-04-01T12:00:00Z".parse().unwrap();
        assert!(expires_soon(date("2026-04-15"), now) && expires_soon(date("2026-04-01"), now));
        assert!(!expires_soon(date("2026-04-16"), now) && !expires_soon(date("2026-03-31"), now));
    }

    #[test]
    fn dates_have_one_form() {
        assert_eq!(parse_date("2027-03-31").map(|date| date.to_string()).as_deref(), Some("2027-03-31"));
        for text in ["", "2027-3-31", "31-03-2027", "2027-02-29", "2027-03-31T00:00", "+027-03-31", "２０27-03-31"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
        assert_eq!(parse_expires("30d", date("2026-12-15")), Some(date("2027-01-14")));
        assert_eq!(parse_expires("2027-01-14", date("2026-12-15")), Some(date("2027-01-14")));
        for text in ["d", "-1d", "1 d", "99999999999d", "soon", "30"] {
            assert_eq!(parse_expires(text, date("2026-12-15")), None, "{text}");
        }
    }

    #[test]
    fn durations_have_four_units() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("0s", 0)] {
            assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "7", "d", "-1d", "1.5h", "1w", "7d ", "99999999999999999999d", "18446744073709551615d", "7é"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(parse_overlap("7d"), Some(MAX_OVERLAP));
        assert_eq!(parse_overlap("169h"), None);
    }
}
