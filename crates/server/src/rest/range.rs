//! `Range` and `If-Range`: a part of stored bytes (RFC 9110, 14). One range at a time; of several the whole is sent, which is always right.

use std::ops::Range;

use http::{HeaderMap, HeaderValue, header};

/// What of the bytes is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// All of them.
    Whole,
    /// These.
    Some(Range<u64>),
    /// None: the range begins behind the end.
    Outside,
}

/// The part that the request asks for of `length` bytes with this tag.
pub(super) fn part(asked: &HeaderMap, tag: &HeaderValue, length: u64) -> Part {
    let Some(range) = asked.get(header::RANGE).and_then(|value| value.to_str().ok()) else { return Part::Whole };
    // A date is never the right one: the time of the entity is not that of the bytes.
    if asked.get(header::IF_RANGE).is_some_and(|given| given != tag) {
        return Part::Whole;
    }
    let Some((unit, set)) = range.split_once('=') else { return Part::Whole };
    let Some((first, last)) = set.trim().split_once('-').filter(|_| unit.trim().eq_ignore_ascii_case("bytes")) else { return Part::Whole };
    let (Some(first), Some(last)) = (digits(first), digits(last)) else { return Part::Whole };
    match (first, last) {
        (None, None) => Part::Whole,
        (Some(first), Some(last)) if last < first => Part::Whole,
        (Some(first), _) if first >= length => Part::Outside,
        (Some(first), last) => Part::Some(first..last.map_or(length, |last| last.saturating_add(1).min(length))),
        (None, Some(0)) => Part::Outside,
        (None, Some(_)) if length == 0 => Part::Outside,
        (None, Some(suffix)) => Part::Some(length.saturating_sub(suffix)..length),
    }
}

/// A number, or no digits at all; nothing for anything else (another range behind a comma).
fn digits(text: &str) -> Option<Option<u64>> {
    if text.is_empty() {
        return Some(None);
    }
    // More digits than fit lie behind every end.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str, condition: Option<&str>) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(condition) = condition {
            headers.insert(header::IF_RANGE, condition.parse().unwrap());
        }
        part(&headers, &HeaderValue::from_static("\"tag\""), 10)
    }

    #[test]
    fn one_range_of_ten_bytes() {
        for (range, wanted) in [
            ("bytes=0-0", Part::Some(0..1)),
            ("bytes=2-5", Part::Some(2..6)),
            ("Bytes=2-", Part::Some(2..10)),
            ("bytes=2-999", Part::Some(2..10)),
            ("bytes=-3", Part::Some(7..10)),
            ("bytes=-99", Part::Some(0..10)),
            ("bytes=9-99999999999999999999999", Part::Some(9..10)),
            ("bytes=10-", Part::Outside),
            ("bytes=99999999999999999999999-", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=5-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("0-1", Part::Whole),
        ] {
            assert_eq!(asked(range, None), wanted, "{range}");
        }
        assert_eq!(part(&HeaderMap::new(), &HeaderValue::from_static("\"tag\""), 10), Part::Whole);
    }

    #[test]
    fn only_of_the_bytes_that_are_meant() {
        assert_eq!(asked("bytes=0-0", Some("\"tag\"")), Part::Some(0..1));
        for other in ["\"other\"", "W/\"tag\"", "Tue, 05 Mar 2024 10:00:00 GMT"] {
            assert_eq!(asked("bytes=0-0", Some(other)), Part::Whole, "{other}");
        }
    }
}
