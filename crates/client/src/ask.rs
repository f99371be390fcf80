//! A request before it is sent, and its spelling (`rest-dialect.md` 2).

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::Value as Json;

/// Unreserved characters stay.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// Begins with `/rest/`; encoded.
    path: String,
    /// Encoded.
    query: String,
    pub(crate) body: Body,
    /// A function is called: what is not found may be it.
    pub(crate) calls: bool,
    pub(crate) purpose: Purpose,
}

/// What a request is for: it decides when and how the loss of a session is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To read. What it brings is thrown away when the session is lost.
    Read,
    /// To write or to lock: its answer counts, whatever session it was given in, and goes with what tells of the loss.
    Change,
    /// To find out what came of a change: part of it.
    Follow,
    /// To give back what nobody needs any more: it is sent once, and nobody logs in for it.
    Part,
}

/// The verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
}

/// What is sent along.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Json(Bytes),
    /// With its content type.
    Bytes(Bytes, String),
}

impl Ask {
    /// Below `/rest/`: names are encoded by [`name`] and [`keyed`].
    pub(crate) fn get(path: impl AsRef<str>) -> Self {
        Self {
            method: Method::Get,
            path: format!("/rest/{}", path.as_ref()),
            query: String::new(),
            body: Body::None,
            calls: false,
            purpose: Purpose::Read,
        }
    }

    /// The same with a JSON body.
    pub(crate) fn post(path: impl AsRef<str>, body: &Json) -> Self {
        Self { body: Body::Json(Bytes::from(body.to_string())), ..Self::post_nothing(path) }
    }

    /// A POST without body.
    pub(crate) fn post_nothing(path: impl AsRef<str>) -> Self {
        Self { method: Method::Post, purpose: Purpose::Change, ..Self::get(path) }
    }

    /// What a deferred object names; it is used as it is. None when it leads elsewhere.
    pub(crate) fn uri(uri: &str) -> Option<Self> {
        let path = uri.strip_prefix("/rest/")?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Some(Self { query: query.to_owned(), ..Self::get(path) })
    }

    /// One more parameter.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<str>) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        // `$` is legal in a query, and easier to read in logs.
        self.query.push_str(name);
        self.query.push('=');
        self.query.extend(percent_encode(value.as_ref().as_bytes(), ENCODED));
        self
    }

    /// A parameter that may be absent.
    pub(crate) fn maybe(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// A text that is read as one value whatever it holds.
    pub(crate) fn quoted(self, name: &str, text: &str) -> Self {
        let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
        self.with(name, format!("{quote}{text}{quote}"))
    }

    /// A JSON array between `'`; apostrophes within are written as escapes.
    pub(crate) fn params(self, values: &[Json]) -> Self {
        let text = Json::from(values).to_string().replace('\'', "\\u0027");
        self.with("$params", format!("'{text}'"))
    }

    /// A function is called.
    pub(crate) fn calling(mut self) -> Self {
        self.calls = true;
        self
    }

    /// With another purpose than its verb has.
    pub(crate) fn to(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// It reaches the entities of a set, so that some may be changed and others refused.
    pub(crate) fn is_of_many(&self) -> bool {
        self.path.contains("/$entityset/")
    }

    /// Whether its path would be read as another one: no name of a model is `..`, and what a server names stays below `/rest/`.
    pub(crate) fn leads_elsewhere(&self) -> bool {
        let path = self.path.to_ascii_lowercase().replace("%2e", ".");
        path.contains('\\') || path.split('/').any(|segment| matches!(segment, "." | ".."))
    }

    /// Without the query.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Path and query.
    pub(crate) fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

/// A name of the model as part of a path.
pub(crate) fn name(text: &str) -> String {
    percent_encode(text.as_bytes(), ENCODED).to_string()
}

/// `Book(12)`, `Country(%22FR%22)`, `PlaylistTrack[1,3402]` (`rest-dialect.md` 2.3). The parentheses are understood by every generation of servers.
///
/// `is_single`: the dataclass is known to have a key of one attribute, so that `[1]` is a text.
pub(crate) fn keyed(dataclass: &str, key: &str, is_single: bool) -> String {
    let dataclass = name(dataclass);
    let digits = key.strip_prefix('-').unwrap_or(key);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_single
        && key.starts_with('[')
        && let Ok(Json::Array(parts)) = serde_json::from_str(key)
    {
        let parts: Vec<_> = parts.iter().map(|part| name(&part.to_string())).collect();
        return format!("{dataclass}[{}]", parts.join(","));
    }
    if is_integer { format!("{dataclass}({key})") } else { format!("{dataclass}({})", name(&format!("\"{key}\""))) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Ask, keyed};

    #[test]
    fn keys_are_spelled_by_their_kind() {
        assert_eq!(keyed("Book", "12", false), "Book(12)");
        assert_eq!(keyed("Country", "FR", false), "Country(%22FR%22)");
        assert_eq!(keyed("Country", "a/b\"'", false), "Country(%22a%2Fb%22%27%22)");
        assert_eq!(keyed("PlaylistTrack", "[1,\"a b\"]", false), "PlaylistTrack[1,%22a%20b%22]");
        assert_eq!(keyed("Country", "[1]", true), "Country(%22%5B1%5D%22)");
        assert_eq!(keyed("Odd", "", false), "Odd(%22%22)");
    }

    #[test]
    fn values_cannot_leave_their_parameter() {
        let ask = Ask::get("Book").quoted("$filter", "title = 'a&b'").params(&[json!("O'Neil & \"co\"")]);
        assert_eq!(
            ask.target(),
            "/rest/Book?$filter=%22title%20%3D%20%27a%26b%27%22&$params=%27%5B%22O%5Cu0027Neil%20%26%20%5C%22co%5C%22%22%5D%27"
        );
        assert_eq!(
            Ask::uri("/rest/Book[1]/cover?$expand=cover").map(|ask| ask.target()).as_deref(),
            Some("/rest/Book[1]/cover?$expand=cover")
        );
        assert!(Ask::uri("https://elsewhere.example/rest/Book").is_none());
        assert!(Ask::uri("/rest/%2E%2e/console/api").is_some_and(|ask| ask.leads_elsewhere()));
        assert!(Ask::get(format!("Book/{}", super::name(".."))).leads_elsewhere() && !Ask::get("Book/a..b").leads_elsewhere());
        assert!(Ask::uri("//elsewhere.example/rest/Book").is_none());
    }
}
