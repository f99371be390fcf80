//! What a function returned becomes an answer (`rest-dialect.md` 15.5).

use axum::response::Response;
use base64::Engine as _;
use claviger_query::{Error, ErrorKind};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

/// What the prelude makes of a returned value.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum Returned {
    /// Anything that is JSON in the end; it passes as it was written, unread.
    #[serde(skip_deserializing)]
    Value(Box<RawValue>),
    /// An entity.
    Entity(Box<ReturnedEntity>),
    /// An entity selection of the running call.
    Selection {
        /// Its number there.
        id: usize,
    },
    /// `response(body, {status, headers})`.
    Response(Outgoing),
}

/// An entity as the code had it in the end.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnedEntity {
    /// Name of its dataclass.
    pub(super) class: String,
    /// Null for a new one.
    #[serde(default)]
    pub(super) key: Json,
    /// The stamp that it was loaded or saved with.
    #[serde(default)]
    pub(super) stamp: i64,
    /// It was never saved.
    #[serde(default)]
    pub(super) is_new: bool,
    /// It was deleted.
    #[serde(default)]
    pub(super) dropped: bool,
    /// What is not saved; all that is known of a new or deleted one.
    #[serde(default)]
    pub(super) values: Map<String, Json>,
}

/// An HTTP response as the code made it.
#[derive(Debug, Deserialize)]
pub(super) struct Outgoing {
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
}

impl Returned {
    /// Reads what a worker sent.
    pub(super) fn read(text: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Value {
            value: Box<RawValue>,
        }
        #[derive(Deserialize)]
        struct Kind<'t> {
            kind: &'t str,
        }
        let Kind { kind } = serde_json::from_str(text)?;
        if kind == "value" {
            return serde_json::from_str(text).map(|Value { value }| Self::Value(value));
        }
        serde_json::from_str(text)
    }
}

impl Outgoing {
    /// Body, status and headers as the code said. Headers that belong to the connection are not its business.
    pub(super) fn respond(self) -> Result<Response, Error> {
        let wrong = |what: &str| Error::new(ErrorKind::Failed, 9510, format!("The function's response has {what}."));
        let body = base64::engine::general_purpose::STANDARD.decode(self.body).map_err(|_| wrong("a body that cannot be read"))?;
        let status = StatusCode::from_u16(self.status).ok().filter(|status| (200..600).contains(&status.as_u16()));
        let mut response = Response::new(axum::body::Body::from(body));
        *response.status_mut() = status.ok_or_else(|| wrong("no HTTP status between 200 and 599"))?;
        let own = std::iter::once(("content-type".to_owned(), self.content_type));
        for (name, value) in own.chain(self.headers) {
            let name = HeaderName::try_from(name).map_err(|_| wrong("a header whose name cannot be one"))?;
            let value = HeaderValue::try_from(value).map_err(|_| wrong("a header whose value cannot be one"))?;
            if OF_THE_CONNECTION.contains(&name.as_str()) {
                continue;
            }
            if name == http::header::SET_COOKIE {
                response.headers_mut().append(name, value);
            } else {
                response.headers_mut().insert(name, value);
            }
        }
        Ok(response)
    }
}

/// Headers that the server writes itself.
const OF_THE_CONNECTION: [&str; 8] =
    ["connection", "content-length", "transfer-encoding", "upgrade", "trailer", "te", "keep-alive", "x-request-id"];
