//! The machine's clock and random source: the one place of the program that reads them.

use anyhow::{Context as _, Result};

/// Milliseconds since 1970 UTC.
#[expect(clippy::disallowed_methods, reason = "everything else takes the clock as a parameter; this is where it comes from")]
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The instant as text, to the second.
pub(crate) fn text(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds - milliseconds.rem_euclid(1000)).unwrap_or_default().to_string()
}

/// `--at`: an instant with offset or `Z`, or a date (its first moment, UTC).
pub(crate) fn parse(text: &str) -> Result<i64> {
    let instant = claviger_access::key::dates::parse_instant(text);
    Ok(instant.with_context(|| format!("\"{text}\" is no time; write it like 2026-05-31T12:00:00Z or 2026-05-31"))?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        assert_eq!(parse("1970-01-02").unwrap(), 86_400_000);
        assert_eq!(parse("1970-01-01T01:00:00+01:00").unwrap(), 0);
        assert_eq!(text(86_400_999), "1970-01-02T00:00:00Z");
        assert!(parse("yesterday").is_err());
    }
}
