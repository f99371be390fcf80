//! `/console/api/keys/{id}/openapi`: the part of the data API that a key reaches.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::guard::Source;
use super::problem::Problem;
use super::{json, keys, origin};
use crate::app::AppState;
use crate::data_openapi;

/// An OpenAPI 3.1 document of what this key can reach now, and of nothing else. Members beginning with `x-` tell what OpenAPI has no words for:
/// `x-kind` and `x-related` of an attribute, `x-key` of a part of the primary key.
#[utoipa::path(get, path = "/console/api/keys/{id}/openapi", tag = "keys", params(("id" = String, Path)), responses(
    (status = 200, body = Object), (status = 404, body = Problem)))]
pub(super) async fn openapi(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Extension(source): Extension<Source>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let record = keys::record(&state, &id).await?;
    // The model that the rules are for: a reload puts both in force, one after the other.
    let rules = state.keys().rules();
    let grants = rules.grants(record.key_type, record.role.as_deref());
    let server = origin::endpoint(&state, source.peer, &headers).0;
    Ok(json(StatusCode::OK, &data_openapi::document(&rules.model, &grants, &server)))
}
