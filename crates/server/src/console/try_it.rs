//! `/console/api/try`: runs a request as a key, in process.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::app::AppState;

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
    /// As in the log.
    request_id: String,
}

/// Runs a request under `/rest/` as a key: through the gate (allowed hosts are asked with the caller's own address) and as any other request.
/// What it writes is written. Needs a fresh password.
#[utoipa::path(post, path = "/console/api/try", tag = "explain", request_body = TryBody, responses(
    (status = 200, body = TryAnswer), (status = 403, body = Problem, description = "Type ending in /confirm-required: give the password again."),
    (status = 404, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn run(State(_state): State<AppState>, _request: Request<Body>) -> Result<Response, Problem> {
    Err(Problem::new(StatusCode::NOT_FOUND, "not-found", ""))
}
