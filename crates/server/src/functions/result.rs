//! What a function returned becomes an answer (`rest-dialect.md` 15.5).

use serde::Deserialize;
use serde_json::value::RawValue;

/// What the prelude makes of a returned value.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum Returned {
    /// Anything that is JSON in the end.
    Value {
        /// It.
        value: Box<RawValue>,
    },
    /// `response(body, {status, headers})`.
    Response {
        /// HTTP status.
        status: u16,
        /// Name and value.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// Base64.
        #[serde(default)]
        body: String,
        /// `Content-Type`, unless it is among the headers.
        #[serde(rename = "type")]
        content_type: String,
    },
}
