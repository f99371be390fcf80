//! Values on their way out: JSON (`rest-dialect.md` 5.4) and the text of keys.

use super::time::{write_compact_date, write_dialect_date, write_instant, write_iso_date};
use super::{Cell, SimpleDate};

/// How dates without time are written; other values look the same in every style, except instants in [`DateStyle::Compact`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DateStyle {
    /// `d!m!yyyy`: entities.
    #[default]
    Dialect,
    /// `!!YYYY-MM-DD!!`: `$asArray`, entities cut by `$attributes`.
    Bang,
    /// `YYYY-MM-DDT00:00:00.000Z`: `$compute`.
    Iso,
    /// `YYYYMMDD`: `$format=looker`, also for instants.
    Compact,
    /// `YYYY-MM-DD`: for functions of the operator.
    Plain,
}

/// Appends the JSON of a value. [`Cell::Media`] is written as null: what refers to a picture or a blob is not known here.
#[inline]
pub fn write_cell(out: &mut Vec<u8>, cell: Cell<'_>, style: DateStyle) {
    match cell {
        Cell::Null | Cell::Media => out.extend_from_slice(b"null"),
        Cell::Bool(true) => out.extend_from_slice(b"true"),
        Cell::Bool(false) => out.extend_from_slice(b"false"),
        Cell::Int(number) | Cell::Duration(number) => write_int(out, number),
        Cell::Double(number) => write_double(out, number),
        Cell::Decimal(digits) => out.extend_from_slice(digits.as_bytes()),
        Cell::Text(text) | Cell::Misfit(text) => write_json_string(out, text),
        Cell::Uuid(bytes) => {
            out.push(b'"');
            write_uuid(out, bytes);
            out.push(b'"');
        }
        Cell::Date(date) => {
            out.push(b'"');
            write_date(out, date, style);
            out.push(b'"');
        }
        Cell::Instant(milliseconds) => {
            out.push(b'"');
            match SimpleDate::from_instant(milliseconds) {
                Some(date) if style == DateStyle::Compact => write_compact_date(out, date),
                _ => write_instant(out, milliseconds),
            }
            out.push(b'"');
        }
        Cell::Json(json) => out.extend_from_slice(json.as_bytes()),
    }
}

fn write_date(out: &mut Vec<u8>, date: SimpleDate, style: DateStyle) {
    match style {
        DateStyle::Dialect => write_dialect_date(out, date),
        DateStyle::Bang => {
            out.extend_from_slice(b"!!");
            write_iso_date(out, date);
            out.extend_from_slice(b"!!");
        }
        DateStyle::Iso => {
            write_iso_date(out, date);
            out.extend_from_slice(b"T00:00:00.000Z");
        }
        DateStyle::Compact => write_compact_date(out, date),
        DateStyle::Plain => write_iso_date(out, date),
    }
}

/// Appends a whole number.
#[inline]
pub fn write_int(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends the shortest digits that read back as the same double: `15`, `14.5`; an exponent only from 1e21 up and below 1e-7, as JavaScript has it.
/// NaN and the infinities, which no attribute holds, are null.
pub fn write_double(out: &mut Vec<u8>, number: f64) {
    if !number.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    if number.trunc() == number && number.abs() < 9_007_199_254_740_992.0 {
        write_int(out, number as i64);
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(number);
    let Some((mantissa, exponent)) = text.split_once('e') else {
        out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
        return;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-7..21).contains(&exponent) {
        out.extend_from_slice(mantissa.strip_suffix(".0").unwrap_or(mantissa).as_bytes());
        out.push(b'e');
        write_int(out, i64::from(exponent));
        return;
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = if fraction == "0" { "" } else { fraction };
    let digits = format!("{whole}{fraction}");
    let point = whole.len() as i32 + exponent;
    out.extend_from_slice(sign.as_bytes());
    if point <= 0 {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + point.unsigned_abs() as usize, b'0');
        out.extend_from_slice(digits.as_bytes());
    } else if let Some((before, after)) = digits.split_at_checked(point as usize).filter(|(_, after)| !after.is_empty()) {
        out.extend_from_slice(before.as_bytes());
        out.push(b'.');
        out.extend_from_slice(after.as_bytes());
    } else {
        out.extend_from_slice(digits.as_bytes());
        out.resize(out.len() + point as usize - digits.len(), b'0');
    }
}

/// For every byte: 0 when it stands for itself in a JSON string, else the letter of its short escape or `u`.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = b'u';
        control += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// True when one of eight bytes does not stand for itself in a JSON string; all eight are looked at together.
fn holds_escape(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // The high bit of some byte is set when a byte of `word` is below `limit` (at most 0x80).
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let word = u64::from_ne_bytes(bytes);
    let (quote, backslash) = (word ^ (ONES * u64::from(b'"')), word ^ (ONES * u64::from(b'\\')));
    below(word, 0x20) | below(quote, 1) | below(backslash, 1) != 0
}

/// Appends a text as JSON string with its quotes.
pub fn write_json_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at..].first_chunk().is_some_and(|word| !holds_escape(*word)) {
            at += 8;
            continue;
        }
        let byte = bytes[at];
        let escape = ESCAPES[usize::from(byte)];
        if escape != 0 {
            out.extend_from_slice(&bytes[start..at]);
            out.extend_from_slice(&[b'\\', escape]);
            if escape == b'u' {
                out.extend_from_slice(&[b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            start = at + 1;
        }
        at += 1;
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends 32 upper-case hexadecimal digits.
pub fn write_uuid(out: &mut Vec<u8>, bytes: [u8; 16]) {
    for byte in bytes {
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

/// The text of a key value in `__KEY`, in a URI or as parameter: what [`super::Value::from_key_text`] reads back. Not quoted, not encoded.
pub fn key_text(cell: Cell<'_>) -> String {
    let mut out = Vec::new();
    match cell {
        Cell::Text(text) | Cell::Misfit(text) => return text.to_owned(),
        Cell::Uuid(bytes) => write_uuid(&mut out, bytes),
        Cell::Date(date) => write_iso_date(&mut out, date),
        Cell::Instant(milliseconds) => write_instant(&mut out, milliseconds),
        other => write_cell(&mut out, other, DateStyle::Iso),
    }
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(cell: Cell<'_>, style: DateStyle) -> String {
        let mut out = Vec::new();
        write_cell(&mut out, cell, style);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_of_the_data_type_table() {
        let plain = |cell| json(cell, DateStyle::Dialect);
        assert_eq!(plain(Cell::Null), "null");
        assert_eq!(plain(Cell::Bool(true)), "true");
        assert_eq!(plain(Cell::Int(-3)), "-3");
        assert_eq!(plain(Cell::Double(15.0)), "15");
        assert_eq!(plain(Cell::Double(14.5)), "14.5");
        assert_eq!(plain(Cell::Decimal("0.99")), "0.99");
        assert_eq!(plain(Cell::Duration(90_000)), "90000");
        assert_eq!(plain(Cell::Uuid([0xab; 16])), format!("\"{}\"", "AB".repeat(16)));
        assert_eq!(plain(Cell::Instant(0)), "\"1970-01-01T00:00:00.000Z\"");
        assert_eq!(plain(Cell::Json("{\"a\":[1]}")), "{\"a\":[1]}");
        assert_eq!(plain(Cell::Misfit("ten")), "\"ten\"");
    }

    #[test]
    fn dates_in_every_style() {
        let date = Cell::Date(SimpleDate { year: 1991, month: 8, day: 4 });
        let empty = Cell::Date(SimpleDate::EMPTY);
        assert_eq!((json(date, DateStyle::Dialect).as_str(), json(empty, DateStyle::Dialect).as_str()), ("\"4!8!1991\"", "\"0!0!0\""));
        assert_eq!(
            (json(date, DateStyle::Bang).as_str(), json(empty, DateStyle::Bang).as_str()),
            ("\"!!1991-08-04!!\"", "\"!!0000-00-00!!\"")
        );
        assert_eq!(json(date, DateStyle::Iso), "\"1991-08-04T00:00:00.000Z\"");
        assert_eq!(json(date, DateStyle::Compact), "\"19910804\"");
        assert_eq!(json(Cell::Instant(0), DateStyle::Compact), "\"19700101\"");
    }

    #[test]
    fn doubles_have_an_exponent_only_when_huge_or_tiny() {
        let text = |number| json(Cell::Double(number), DateStyle::Dialect);
        for (number, expected) in [
            (0.1, "0.1"),
            (-0.0, "0"),
            (1e15, "1000000000000000"),
            (1e20, "100000000000000000000"),
            (1.5e20, "150000000000000000000"),
            (1e21, "1e21"),
            (-1.25e22, "-1.25e22"),
            (0.000001, "0.000001"),
            (1.5e-7, "0.00000015"),
            (1e-8, "1e-8"),
            (-123456.789, "-123456.789"),
            (f64::INFINITY, "null"),
        ] {
            assert_eq!(text(number), expected);
        }
    }

    #[test]
    fn keys() {
        assert_eq!(key_text(Cell::Int(7)), "7");
        assert_eq!(key_text(Cell::Text("F\"R")), "F\"R");
        assert_eq!(key_text(Cell::Date(SimpleDate { year: 1991, month: 8, day: 4 })), "1991-08-04");
        assert_eq!(key_text(Cell::Uuid([1; 16])), "01".repeat(16));
        assert_eq!(key_text(Cell::Null), "null");
    }

    proptest! {
        #[test]
        fn strings_are_json(text in any::<String>()) {
            let mut out = Vec::new();
            write_json_string(&mut out, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }

        #[test]
        fn doubles_read_back(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
            let text = json(Cell::Double(number), DateStyle::Dialect);
            prop_assert_eq!(text.parse::<f64>().unwrap(), number);
            prop_assert!(serde_json::from_str::<serde_json::Number>(&text).is_ok());
        }
    }

    #[test]
    fn escapes_are_found_at_every_place() {
        for byte in 0..=0x7f_u8 {
            for before in 0..17 {
                let mut text = "é".repeat(before % 2) + &"x".repeat(before);
                text.push(char::from(byte));
                text.push_str("y\u{ff}zzzzzzzzz");
                let mut out = Vec::new();
                write_json_string(&mut out, &text);
                assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text, "{byte} behind {before}");
            }
        }
    }
}
