//! Tags of answers: who has the answer already gets no copy (RFC 9110, 13.1.2).

use http::{HeaderMap, header};

/// True when `If-None-Match` names this ETag; weak and strong ones are compared alike.
pub(super) fn knows(headers: &HeaderMap, etag: &[u8]) -> bool {
    let opaque = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
    let wanted = opaque(etag);
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|value| value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(|tag| tag == b"*" || opaque(tag) == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tags_in_every_spelling() {
        for (given, known) in [
            ("\"one\"", true),
            ("W/\"one\"", true),
            ("\"other\", \"one\"", true),
            ("*", true),
            ("\"other\"", false),
            ("one", false),
            ("", false),
        ] {
            let mut asked = HeaderMap::new();
            asked.insert(header::IF_NONE_MATCH, given.parse().unwrap());
            assert_eq!(knows(&asked, b"\"one\""), known, "{given}");
        }
        assert!(!knows(&HeaderMap::new(), b"\"one\""));
    }
}
