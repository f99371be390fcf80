//! `/console/api/explain`: would this request be allowed.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use utoipa::ToSchema;

use super::problem::Problem;
use crate::app::AppState;
use crate::explain::Explanation;

/// A request to ask about. Exactly one of `key` and `role`.
#[derive(ToSchema)]
#[schema(as = ExplainQuestion)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct QuestionBody {
    /// ID of a key: its allowed hosts and expiry are asked, too.
    #[schema(example = "key_7Qm2vT9sLk4d")]
    key: Option<String>,
    /// Name of a declared role, as for a Standard key with it.
    role: Option<String>,
    /// GET, HEAD, POST, PUT, PATCH or DELETE.
    #[schema(example = "GET")]
    method: String,
    /// Path and query, beginning with `/rest/`.
    #[schema(example = "/rest/Book?$filter=\"price > 10\"")]
    path: String,
    /// Address that the request comes from; absent: allowed hosts are not asked.
    #[schema(example = "192.0.2.10")]
    from: Option<String>,
    /// Instant or date of the request; absent: now.
    #[schema(example = "2026-05-31T12:00:00Z")]
    at: Option<String>,
    /// Text of the request's body; absent: an empty object where the request needs one.
    body: Option<String>,
}

/// Whether a request would be allowed, by which rules, and what is left out of its answer. Nothing is run.
#[utoipa::path(post, path = "/console/api/explain", tag = "explain", request_body = QuestionBody, responses(
    (status = 200, body = Explanation), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn explain(State(_state): State<AppState>, _request: Request<Body>) -> Result<Response, Problem> {
    Err(Problem::new(StatusCode::NOT_FOUND, "not-found", ""))
}
