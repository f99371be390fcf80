//! Dates, instants and durations: the texts that are read, and the ones that are written (`rest-dialect.md` 5.4, 9.2).

use super::SimpleDate;

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

impl SimpleDate {
    /// The empty date, `0!0!0`.
    pub const EMPTY: Self = Self { year: 0, month: 0, day: 0 };

    /// A date of the calendar, year 0 to 9999.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        let is_valid = (0..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        is_valid.then_some(Self { year, month, day })
    }

    /// Days since 1970-01-01; the empty date counts as the day before year 0.
    pub fn days(self) -> i64 {
        if self == Self::EMPTY {
            return days_from_civil(0, 1, 1) - 1;
        }
        days_from_civil(i64::from(self.year), self.month, self.day)
    }

    /// The date of a count of days since 1970-01-01, year 0 to 9999.
    pub fn from_days(days: i64) -> Option<Self> {
        let (year, month, day) = civil_from_days(days);
        (0..=9999).contains(&year).then_some(Self { year: year as i16, month, day })
    }

    /// The UTC date of an instant.
    pub fn from_instant(milliseconds: i64) -> Option<Self> {
        Self::from_days(milliseconds.div_euclid(DAY))
    }

    /// Its first instant in UTC.
    pub fn instant(self) -> i64 {
        self.days() * DAY
    }
}

fn days_in_month(year: i16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Years are counted from March, so that the leap day is the last.
fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
    let month = (if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 }) as u8;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A date in any accepted form: `d!m!yyyy`, `YYYY-MM-DD`, `!!YYYY-MM-DD!!`, or a date and time, whose time is dropped.
pub fn parse_date(text: &str) -> Option<SimpleDate> {
    parse_date_time(text).map(|(date, _)| date)
}

/// Milliseconds since 1970 UTC of a date and time: `YYYY-MM-DD`, then `T` or a blank, `HH:MM[:SS[.fff]]`, then `Z`, an offset or nothing (UTC).
/// A date alone, in any form of [`parse_date`], is its midnight.
pub fn parse_instant(text: &str) -> Option<i64> {
    let (date, time) = parse_date_time(text)?;
    if date == SimpleDate::EMPTY {
        return None;
    }
    let instant = date.instant() + time;
    SimpleDate::from_instant(instant).map(|_| instant)
}

/// The date as written, and the milliseconds from its UTC midnight.
fn parse_date_time(text: &str) -> Option<(SimpleDate, i64)> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix("!!") {
        return parse_iso_date(inner.strip_suffix("!!")?).map(|date| (date, 0));
    }
    if text.contains('!') {
        return parse_dialect_date(text).map(|date| (date, 0));
    }
    match text.split_once(['T', 't', ' ']) {
        None => parse_iso_date(text).map(|date| (date, 0)),
        Some((date, time)) => Some((parse_iso_date(date)?, parse_time(time.trim())?)),
    }
}

fn parse_iso_date(text: &str) -> Option<SimpleDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    date_of(digits(&bytes[..4])?, digits(&bytes[5..7])?, digits(&bytes[8..])?)
}

fn parse_dialect_date(text: &str) -> Option<SimpleDate> {
    let mut parts = text.split('!').map(|part| if part.len() <= 4 { digits(part.as_bytes()) } else { None });
    let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() { None } else { date_of(year, month, day) }
}

fn date_of(year: i64, month: i64, day: i64) -> Option<SimpleDate> {
    if (year, month, day) == (0, 0, 0) {
        return Some(SimpleDate::EMPTY);
    }
    SimpleDate::new(i16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

/// Milliseconds from UTC midnight of `HH:MM[:SS[.fff]]` with an offset; further digits of the fraction are dropped.
fn parse_time(text: &str) -> Option<i64> {
    let (clock, offset) = match text.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock.trim_end(), 0),
        None => match text.rfind(['+', '-']) {
            Some(at) => (text[..at].trim_end(), parse_offset(&text[at..])?),
            None => (text, 0),
        },
    };
    let mut parts = clock.split(':');
    let two = |part: &str| if part.len() == 2 { digits(part.as_bytes()) } else { None };
    let (hours, minutes) = (two(parts.next()?)?, two(parts.next()?)?);
    let (seconds, milliseconds) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (seconds, fraction) = part.split_once('.').unwrap_or((part, "0"));
            (two(seconds)?, parse_fraction(fraction)?)
        }
    };
    if parts.next().is_some() || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds - offset)
}

/// `+HH:MM`, `+HHMM`, `+HH` in milliseconds.
fn parse_offset(text: &str) -> Option<i64> {
    let (sign, rest) = text.split_at(1);
    let clock = rest.replacen(':', "", 1);
    let (hours, minutes) = match clock.len() {
        2 => (digits(clock.as_bytes())?, 0),
        4 => (digits(&clock.as_bytes()[..2])?, digits(&clock.as_bytes()[2..])?),
        _ => return None,
    };
    let offset = (hours * 60 + minutes) * 60_000;
    (hours <= 23 && minutes <= 59).then_some(if sign == "-" { -offset } else { offset })
}

/// The first three digits after the point, as milliseconds.
fn parse_fraction(text: &str) -> Option<i64> {
    digits(text.as_bytes())?;
    Some(text.bytes().chain(*b"00").take(3).fold(0, |value, byte| value * 10 + i64::from(byte - b'0')))
}

/// The value of one to eighteen decimal digits.
fn digits(bytes: &[u8]) -> Option<i64> {
    let fits = (1..=18).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit);
    fits.then(|| bytes.iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0')))
}

/// Milliseconds of `[-]h:mm[:ss[.fff]]`, hours of any number of digits, or of whole milliseconds.
pub fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(milliseconds) = text.parse() {
        return Some(milliseconds);
    }
    let (is_negative, clock) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (hours, rest) = clock.split_once(':')?;
    // Minutes and seconds are those of a time of day; only the hours have no end.
    let rest = parse_time(&format!("00:{rest}")).filter(|_| !rest.contains(['+', '-', 'Z', 'z']))?;
    let span = digits(hours.as_bytes())?.checked_mul(3_600_000)?.checked_add(rest)?;
    Some(if is_negative { -span } else { span })
}

/// Appends `YYYY-MM-DDTHH:MM:SS.mmmZ`; a year outside of 0 to 9999 has a sign and six or more digits.
pub fn write_instant(out: &mut Vec<u8>, milliseconds: i64) {
    let (year, month, day) = civil_from_days(milliseconds.div_euclid(DAY));
    let in_day = milliseconds.rem_euclid(DAY) as u32;
    let (seconds, fraction) = (in_day / 1000, in_day % 1000);
    if (0..=9999).contains(&year) {
        let mut text = *b"0000-00-00T00:00:00.000Z";
        put2(&mut text, 0, (year / 100) as u32);
        put2(&mut text, 2, (year % 100) as u32);
        put2(&mut text, 5, u32::from(month));
        put2(&mut text, 8, u32::from(day));
        put2(&mut text, 11, seconds / 3600);
        put2(&mut text, 14, seconds / 60 % 60);
        put2(&mut text, 17, seconds % 60);
        text[20] = b'0' + (fraction / 100) as u8;
        put2(&mut text, 21, fraction % 100);
        out.extend_from_slice(&text);
    } else {
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let text = format!("{year:+07}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{fraction:03}Z");
        out.extend_from_slice(text.as_bytes());
    }
}

/// Appends `YYYY-MM-DD`.
pub fn write_iso_date(out: &mut Vec<u8>, date: SimpleDate) {
    let mut text = *b"0000-00-00";
    put_year(&mut text, date);
    put2(&mut text, 5, u32::from(date.month));
    put2(&mut text, 8, u32::from(date.day));
    out.extend_from_slice(&text);
}

/// Appends `YYYYMMDD`.
pub(super) fn write_compact_date(out: &mut Vec<u8>, date: SimpleDate) {
    let mut text = *b"00000000";
    put_year(&mut text, date);
    put2(&mut text, 4, u32::from(date.month));
    put2(&mut text, 6, u32::from(date.day));
    out.extend_from_slice(&text);
}

/// Appends `d!m!yyyy` without padding.
pub(super) fn write_dialect_date(out: &mut Vec<u8>, date: SimpleDate) {
    let mut buffer = itoa::Buffer::new();
    for (part, end) in [(i64::from(date.day), "!"), (i64::from(date.month), "!"), (i64::from(date.year), "")] {
        out.extend_from_slice(buffer.format(part).as_bytes());
        out.extend_from_slice(end.as_bytes());
    }
}

fn put_year(text: &mut [u8], date: SimpleDate) {
    let year = u32::from(date.year.unsigned_abs()) % 10_000;
    put2(text, 0, year / 100);
    put2(text, 2, year % 100);
}

fn put2(text: &mut [u8], at: usize, value: u32) {
    text[at] = b'0' + (value / 10 % 10) as u8;
    text[at + 1] = b'0' + (value % 10) as u8;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(year: i16, month: u8, day: u8) -> SimpleDate {
        SimpleDate { year, month, day }
    }

    fn instant(milliseconds: i64) -> String {
        let mut out = Vec::new();
        write_instant(&mut out, milliseconds);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_form_of_a_date() {
        for text in
            ["4!8!1991", "04!08!1991", "1991-08-04", "!!1991-08-04!!", "1991-08-04T23:59:59.000Z", "1991-08-04 10:00:00", " 1991-08-04 "]
        {
            assert_eq!(parse_date(text), Some(date(1991, 8, 4)), "{text}");
        }
        for text in ["0!0!0", "!!0000-00-00!!", "0000-00-00"] {
            assert_eq!(parse_date(text), Some(SimpleDate::EMPTY), "{text}");
        }
        for text in
            ["", "1991", "31!2!1991", "1991-02-29", "2100-02-29", "1991-8-4", "!!1991-08-04", "1991-08-04T", "4!8!1991!1", "1!1!99999"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
        assert_eq!(parse_date("2000-02-29"), Some(date(2000, 2, 29)));
    }

    #[test]
    fn every_form_of_an_instant() {
        for text in [
            "2024-02-28T16:40:00.000Z",
            "2024-02-28T16:40:00Z",
            "2024-02-28T16:40Z",
            "2024-02-28 16:40:00",
            "2024-02-28 16:40:00.0",
            "2024-02-28T17:40:00+01:00",
            "2024-02-28T11:10:00-0530",
            "2024-02-28T18:40:00.000000+02",
        ] {
            assert_eq!(parse_instant(text), Some(1_709_138_400_000), "{text}");
        }
        assert_eq!(parse_instant("2024-02-28"), Some(1_709_078_400_000));
        assert_eq!(parse_instant("2024-02-28T00:00:00.1234Z"), Some(1_709_078_400_123));
        assert_eq!(parse_instant("2024-02-28T00:00:00.5Z"), Some(1_709_078_400_500));
        for text in ["2024-02-28T24:00:00Z", "2024-02-28T10:60:00Z", "2024-02-28T1:00", "16:40:00", "0!0!0", "0000-01-01T00:00:00+01:00"] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(parse_duration("90000"), Some(90_000));
        assert_eq!(parse_duration("00:01:30"), Some(90_000));
        assert_eq!(parse_duration("-1:00:00"), Some(-3_600_000));
        assert_eq!(parse_duration("100:00"), Some(360_000_000));
        assert_eq!(parse_duration("1:02:03.5"), Some(3_723_500));
        for text in ["", "a", "1:60:00", "1:00:00Z", "1:2:3"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn instants_are_written() {
        assert_eq!(instant(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(instant(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(instant(1_709_138_400_000), "2024-02-28T16:40:00.000Z");
        assert_eq!(instant(253_402_300_800_000), "+010000-01-01T00:00:00.000Z");
        assert!(instant(i64::MIN).starts_with('-') && instant(i64::MAX).starts_with('+'));
    }

    proptest! {
        #[test]
        fn instants_read_back(milliseconds in -62_167_219_200_000_i64..253_402_300_800_000) {
            prop_assert_eq!(parse_instant(&instant(milliseconds)), Some(milliseconds));
        }

        #[test]
        fn dates_read_back(days in -719_528_i64..2_932_897) {
            let date = SimpleDate::from_days(days).unwrap();
            prop_assert_eq!(date.days(), days);
            prop_assert_eq!(SimpleDate::new(date.year, date.month, date.day), Some(date));
            let writers: [fn(&mut Vec<u8>, SimpleDate); 2] = [write_iso_date, write_dialect_date];
            for write in writers {
                let mut out = Vec::new();
                write(&mut out, date);
                prop_assert_eq!(parse_date(std::str::from_utf8(&out).unwrap()), Some(date));
            }
        }

        #[test]
        fn no_text_breaks_the_readers(text in "[-0-9:TZ!+. é]{0,30}") {
            let _ = (parse_date(&text), parse_instant(&text), parse_duration(&text));
        }
    }
}
