//! `/console/api/try`: runs a request as a key, in process.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use claviger_access::KeyId;
use claviger_store::control::{AuditAction, LiveKey};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Collected};
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::Fields;
use super::guard::{SignedIn, Source};
use super::problem::Problem;
use super::{blocking, json, keys};
use crate::app::AppState;
use crate::explain::Target;
use crate::service;
use crate::telemetry::usage::record::kept_path;

/// Bytes of the question: a body of a megabyte in it, with what JSON adds.
const MOST_ASKED: usize = 4 << 20;
/// Bytes of an answer's body that are shown.
const MOST_SHOWN: usize = 1 << 20;

/// A request to run.
#[derive(ToSchema)]
#[schema(as = TryRequest)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct TryBody {
    /// ID of the key that the request is sent as; its secret is not needed.
    #[schema(example = "key_7Qm2vT9sLk4d")]
    key: String,
    /// GET, HEAD, POST, PUT, PATCH or DELETE.
    #[schema(example = "GET")]
    method: String,
    /// Path and query, beginning with `/rest/`.
    #[schema(example = "/rest/Book?$top=2")]
    path: String,
    /// Text of the request's body.
    body: Option<String>,
}

/// What the request was answered.
#[derive(Serialize, ToSchema)]
#[schema(as = TryAnswer)]
#[serde(rename_all = "camelCase")]
pub(super) struct TryAnswer {
    /// HTTP status.
    status: u16,
    /// Headers by their names in lower case; values of one name are joined by commas.
    headers: BTreeMap<String, String>,
    /// The body's text, at most 1 MiB of it; empty when it is no text.
    body: String,
    /// Length of the whole body in bytes.
    bytes: u64,
    /// True when `body` is not all of it.
    truncated: bool,
    /// Milliseconds that the request took.
    duration_ms: f64,
    /// Its ID; why it was refused is found by it.
    request_id: String,
}

/// Runs a request under `/rest/` as a key: through the gate (allowed hosts are asked with the caller's own address) and as any other request.
/// What it writes is written. Needs a fresh password.
#[utoipa::path(post, path = "/console/api/try", tag = "explain", request_body = TryBody, responses(
    (status = 200, body = TryAnswer), (status = 403, body = Problem, description = "Type ending in /confirm-required: give the password again."),
    (status = 404, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn run(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let host = request.headers().get(header::HOST).cloned();
    let mut fields = Fields::of_most(request, MOST_ASKED).await?;
    let (key, method, path, body) = (fields.text("key"), fields.text("method"), fields.text("path"), fields.optional("body"));
    let target = Target::parse(&method, &path).map_err(|misfits| fields.refuse_all(misfits)).ok();
    fields.done()?;
    // Refused above when there is none.
    let Some(target) = target else { return Err(Problem::fields(Vec::new())) };
    let key = live_key(&state, key).await?;
    let told = (source.actor(&who.email), key.id.clone(), target.method.clone(), kept_path(&state.model(), target.uri.path()));
    // Before it runs, so that nothing is written that the log does not tell.
    blocking(&state, move |state| {
        let (actor, id, method, path) = told;
        state.control().audit_key(&actor, AuditAction::KeyTry, &id, &[method.as_str(), &path])
    })
    .await?;
    let is_head = target.method == Method::HEAD;
    let mut asked = Request::new(Body::from(body.unwrap_or_default()));
    *asked.method_mut() = target.method;
    *asked.uri_mut() = target.uri;
    asked.headers_mut().extend(host.map(|host| (header::HOST, host)));
    let (response, id, took) = Box::pin(service::answer_as(&state, source.peer, key, source.address, asked)).await;
    let (head, body) = response.into_parts();
    let bytes = if is_head { Bytes::new() } else { body.collect().await.map(Collected::to_bytes).unwrap_or_default() };
    let (body, truncated) = shown(&bytes);
    let answer = TryAnswer {
        status: head.status.as_u16(),
        headers: headers(&head.headers),
        body: body.to_owned(),
        bytes: bytes.len() as u64,
        truncated,
        duration_ms: took.as_micros() as f64 / 1000.0,
        request_id: id.to_str().unwrap_or_default().to_owned(),
    };
    Ok(json(StatusCode::OK, &answer))
}

/// The key as the gate knows it now.
async fn live_key(state: &AppState, id: String) -> Result<Arc<LiveKey>, Problem> {
    let absent = keys::no_key(&id);
    let Ok(id) = id.parse::<KeyId>() else { return Err(absent) };
    let found = blocking(state, move |state| {
        state.refresh_keys()?;
        Ok(state.keys().find_id(&id))
    });
    found.await?.ok_or(absent)
}

/// As much of the text as is shown, and whether there is more.
fn shown(bytes: &[u8]) -> (&str, bool) {
    let Ok(text) = std::str::from_utf8(bytes) else { return ("", false) };
    let end = (0..=MOST_SHOWN.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    (&text[..end], end < text.len())
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let known = shown.entry(name.as_str().to_owned()).or_default();
        if !known.is_empty() {
            known.push_str(", ");
        }
        known.push_str(&value);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(shown(b"{}"), ("{}", false));
        assert_eq!(shown(b"\xff\xd8\xff"), ("", false));
        let long = "\u{e9}".repeat(MOST_SHOWN);
        let (text, truncated) = shown(long.as_bytes());
        assert_eq!((text.len(), truncated), (MOST_SHOWN, true));
        let odd = format!("x{long}");
        let (text, truncated) = shown(odd.as_bytes());
        assert_eq!((text.len(), truncated), (MOST_SHOWN - 1, true));
        assert!(!shown("x".repeat(MOST_SHOWN).as_bytes()).1);
    }

    #[test]
    fn headers_of_one_name_stand_together() {
        let mut given = HeaderMap::new();
        given.append("vary", "origin".parse().unwrap());
        given.append("vary", "accept".parse().unwrap());
        assert_eq!(headers(&given), BTreeMap::from([("vary".to_owned(), "origin, accept".to_owned())]));
    }
}
