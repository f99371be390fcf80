//! Percent-encoding, seen byte by byte so that quotes are recognised in either form before anything is decoded.

use crate::error::{Error, ErrorKind};

/// The byte that stands at `at`, and how many raw bytes it takes: 3 when percent-encoded. A `%` without two hexadecimal digits stands
/// for itself, so that `$filter="title % Slow"` works unencoded.
pub(super) fn unit(raw: &[u8], at: usize) -> (u8, usize) {
    if raw[at] == b'%'
        && let (Some(high), Some(low)) = (raw.get(at + 1).and_then(hex), raw.get(at + 2).and_then(hex))
    {
        return (high << 4 | low, 3);
    }
    (raw[at], 1)
}

fn hex(digit: &u8) -> Option<u8> {
    (*digit as char).to_digit(16).map(|value| value as u8)
}

/// Decodes a piece of a path: `+` stays what it is.
pub(crate) fn decode_path(raw: &str) -> Result<String, Error> {
    decode(raw, false)
}

/// Decodes a piece of a query string: `+` is a space (2.4, rule 4).
pub(super) fn decode_query(raw: &str) -> Result<String, Error> {
    decode(raw, true)
}

fn decode(raw: &str, plus: bool) -> Result<String, Error> {
    let bytes = raw.as_bytes();
    if !bytes.iter().any(|byte| *byte == b'%' || (plus && *byte == b'+')) {
        return Ok(raw.to_owned());
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (byte, length) = unit(bytes, at);
        out.push(if plus && length == 1 && byte == b'+' { b' ' } else { byte });
        at += length;
    }
    String::from_utf8(out).map_err(|_| Error::new(ErrorKind::Malformed, 1806, "The URL is not valid UTF-8 after percent-decoding."))
}
