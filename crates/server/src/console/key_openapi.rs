//! `/console/api/keys/{id}/openapi`: the part of the data API that a key reaches.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;

use super::problem::Problem;
use crate::app::AppState;

/// An OpenAPI 3.1 document of what this key can reach now, and of nothing else. Members beginning with `x-` tell what OpenAPI has no words for:
/// `x-kind` and `x-related` of an attribute, `x-key` of a part of the primary key.
#[utoipa::path(get, path = "/console/api/keys/{id}/openapi", operation_id = "key_openapi", tag = "keys", params(("id" = String, Path)), responses(
    (status = 200, body = Object), (status = 404, body = Problem)))]
pub(super) async fn of_key(State(_state): State<AppState>, Path(_id): Path<String>) -> Result<Response, Problem> {
    Err(Problem::new(StatusCode::NOT_FOUND, "not-found", ""))
}
