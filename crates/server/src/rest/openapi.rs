//! `$openapi`: what the caller reaches, as an OpenAPI 3.1 document (`rest-dialect.md` E32 by the settlements).

use axum::body::Body;
use axum::response::Response;
use claviger_model::Model;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::etag::knows;
use crate::accept::Peer;
use crate::app::AppState;
use crate::console::endpoint;
use crate::gate::Principal;

/// The document for permissions over this model, or 304 when the caller has it already. It differs by key, so that nobody but the caller may keep
/// it.
pub(super) fn respond(state: &AppState, model: &Model, principal: &Principal, peer: Peer, headers: &HeaderMap) -> Response {
    let server = endpoint(state, peer, headers).0;
    let document = state.documents().of(model, &principal.grants, &server);
    let is_known = knows(headers, document.etag.as_bytes());
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(document.body) });
    let head = response.headers_mut();
    head.insert(header::ETAG, document.etag);
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    head.insert(header::VARY, HeaderValue::from_static("api-key, accept-encoding"));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    }
    response
}
