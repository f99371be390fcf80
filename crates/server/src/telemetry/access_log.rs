//! One wide line per request.

use std::borrow::Cow;
use std::io::Write as _;
use std::net::IpAddr;

use claviger_model::value::{write_instant, write_json_string};

use crate::settings::LogFormat;

/// What a request's line says.
#[derive(Debug)]
pub struct Line<'a> {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// The answer's `x-request-id`.
    pub id: &'a str,
    /// HTTP method.
    pub method: &'a str,
    /// Path without query string: values of a query may be private.
    pub path: &'a str,
    /// Status of the answer.
    pub status: u16,
    /// Bytes of the body before compression, when known.
    pub bytes: Option<u64>,
    /// Microseconds from the request's head to the answer's head.
    pub micros: u64,
    /// ID of the key that was accepted.
    pub key: Option<&'a str>,
    /// Role of that key.
    pub role: Option<&'a str>,
    /// The client's address, behind trusted proxies.
    pub address: Option<IpAddr>,
}

impl Line<'_> {
    /// Appends the line with its line feed.
    pub fn write(&self, out: &mut Vec<u8>, format: LogFormat) {
        match format {
            LogFormat::Text => self.write_text(out),
            LogFormat::Json => self.write_json(out),
        }
    }

    fn write_text(&self, out: &mut Vec<u8>) {
        write_instant(out, self.at);
        // Writing to a vector cannot fail.
        let _ = write!(out, "  INFO request method={} path={} status={}", self.method, masked(without_login(self.path)), self.status);
        if let Some(bytes) = self.bytes {
            let _ = write!(out, " bytes={bytes}");
        }
        let _ = write!(out, " duration_ms={}.{:03}", self.micros / 1000, self.micros % 1000);
        if let Some(key) = self.key {
            let _ = write!(out, " key={key}");
        }
        if let Some(role) = self.role {
            let _ = write!(out, " role={role:?}");
        }
        if let Some(address) = self.address {
            let _ = write!(out, " address={address}");
        }
        let _ = writeln!(out, " id={}", masked(self.id));
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"timestamp\":\"");
        write_instant(out, self.at);
        out.extend_from_slice(b"\",\"level\":\"INFO\",\"message\":\"request\",\"method\":");
        write_json_string(out, self.method);
        out.extend_from_slice(b",\"path\":");
        write_json_string(out, &masked(without_login(self.path)));
        let _ = write!(out, ",\"status\":{}", self.status);
        if let Some(bytes) = self.bytes {
            let _ = write!(out, ",\"bytes\":{bytes}");
        }
        let _ = write!(out, ",\"duration_ms\":{}.{:03}", self.micros / 1000, self.micros % 1000);
        for (name, value) in [("key", self.key), ("role", self.role)] {
            if let Some(value) = value {
                let _ = write!(out, ",\"{name}\":");
                write_json_string(out, value);
            }
        }
        if let Some(address) = self.address {
            let _ = write!(out, ",\"address\":\"{address}\"");
        }
        out.extend_from_slice(b",\"id\":");
        write_json_string(out, &masked(self.id));
        out.extend_from_slice(b"}\n");
    }
}

/// The path without what follows a login: somebody may have put name and password there, which is refused (17.4).
fn without_login(path: &str) -> &str {
    const LOGIN: &str = "directory/login";
    let at = path.as_bytes().windows(LOGIN.len()).position(|part| part.eq_ignore_ascii_case(LOGIN.as_bytes()));
    at.and_then(|at| path.get(..at + LOGIN.len())).unwrap_or(path)
}

/// The text without anything that looks like a secret: somebody may have pasted one into the path or the request's ID.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    const PREFIX: &str = "claviger_";
    if !text.contains(PREFIX) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find(PREFIX) {
        let (before, secret) = rest.split_at(found + PREFIX.len());
        out.push_str(before);
        let length = secret.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(secret.len());
        out.push_str(if length > 8 { "***" } else { &secret[..length] });
        rest = &secret[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_paths_are_masked() {
        assert_eq!(masked("/rest/claviger_3HHBabcdefghijklm?x"), "/rest/claviger_***?x");
        assert_eq!(masked("/rest/claviger_app"), "/rest/claviger_app");
        assert_eq!(masked("/rest/Book(1)"), "/rest/Book(1)");
        for path in ["/rest/$directory/login(ines,geheim)", "/rest/%24Directory/LOGIN%28ines,geheim%29/x"] {
            assert!(!without_login(path).contains("geheim") && without_login(path).to_lowercase().ends_with("/login"));
        }
    }

    #[test]
    fn both_forms() {
        let line = Line {
            at: 1_790_000_000_007,
            id: "a\"b",
            method: "GET",
            path: "/rest/Book(1)",
            status: 200,
            bytes: Some(12),
            micros: 1_234,
            key: Some("key_1"),
            role: Some("The Clerk"),
            address: Some("192.0.2.7".parse().unwrap()),
        };
        let mut text = Vec::new();
        line.write(&mut text, LogFormat::Text);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "2026-09-21T14:13:20.007Z  INFO request method=GET path=/rest/Book(1) status=200 bytes=12 duration_ms=1.234 key=key_1 role=\"The Clerk\" address=192.0.2.7 id=a\"b\n"
        );
        let mut json = Vec::new();
        line.write(&mut json, LogFormat::Json);
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(value["timestamp"], "2026-09-21T14:13:20.007Z");
        assert_eq!(value["id"], "a\"b");
        assert_eq!(value["duration_ms"].to_string(), "1.234");
    }
}
