//! Bodies as JSON (`rest-dialect.md` 2.1).

use claviger_query::{Body, Error, ErrorKind};

/// Member names that the JSON reader keeps for itself: it would take such an object for a number or for JSON in a text.
const RESERVED: &str = "$serde_json::";

/// The body whatever its content type says; empty means none.
pub(crate) fn parse(bytes: &[u8]) -> Result<Body, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let malformed = |message: String| Error::new(ErrorKind::Malformed, 1806, message);
    if has_reserved_member(bytes) {
        return Err(malformed(format!("Names of members must not begin with \"{RESERVED}\".")));
    }
    serde_json::from_slice(bytes).map(Some).map_err(|error| malformed(format!("The body is not JSON: {error}.")))
}

/// True when a text that begins so stands where a name may stand. Texts are looked at before they are read, because the reader acts on the
/// name; a name may be written with escapes.
fn has_reserved_member(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let text = &rest[start..];
        let mut end = 1;
        let mut escaped = false;
        while let Some(byte) = text.get(end).filter(|byte| **byte != b'"') {
            escaped |= *byte == b'\\';
            end += if *byte == b'\\' { 2 } else { 1 };
        }
        let Some(after) = text.get(end + 1..) else { return false };
        let is_name = after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        let is_reserved = || {
            if escaped {
                serde_json::from_slice::<String>(&text[..=end]).is_ok_and(|name| name.starts_with(RESERVED))
            } else {
                text[1..].starts_with(RESERVED.as_bytes())
            }
        };
        if is_name && is_reserved() {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_reader_keeps_for_itself_are_refused() {
        for body in [
            r#"{"$serde_json::private::RawValue": "[1]"}"#,
            r#"{"profile": {"$serde_json::private::Number" :"1"}}"#,
            r#"[{"a":"\"","\u0024serde_json::private::RawValue":"1"}]"#,
            r#"{"a":{"$s\u0065rde_json::private::RawValue"
            :"1"}}"#,
        ] {
            assert_eq!(parse(body.as_bytes()).unwrap_err().code(), 1806, "{body}");
        }
        for body in [r#"{"title":"$serde_json::private::RawValue"}"#, r#"{"a\\":"\\","b":["\"$serde_json::x\":"]}"#, r#"{"n":1.50}"#] {
            assert_eq!(parse(body.as_bytes()).unwrap().unwrap().to_string(), body);
        }
        for body in ["{\"a", "\"\\", "{\"a\\\"", "nope"] {
            assert_eq!(parse(body.as_bytes()).unwrap_err().code(), 1806, "{body}");
        }
        assert!(parse(b" \n").unwrap().is_none());
    }
}
