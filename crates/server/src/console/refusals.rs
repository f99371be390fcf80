//! `/console/api/refusals`: requests that were refused in the last 24 hours, and why.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{self, Problem};
use crate::app::AppState;
use crate::telemetry::usage::Reason;

/// Which refusals.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters that are read one by one")]
pub(super) struct RefusalParams {
    /// At most so many, 1 to 1000; default 50.
    limit: Option<u32>,
    /// Of this key only.
    key: Option<String>,
}

/// A refused request: no data, no query, no body, no secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Refusal)]
pub(super) struct RefusalBody {
    /// The answer's `x-request-id`.
    request_id: String,
    #[schema(format = DateTime)]
    at: String,
    /// HTTP method; `other` for one that HTTP does not name.
    method: String,
    /// Path without its query; entity keys, and what can be no name, are masked.
    #[schema(example = "/rest/Book(…)/title")]
    path: String,
    /// Status of the answer.
    status: u16,
    reason: Reason,
    /// What was answered, where it names nothing but dataclasses and attributes; else a sentence for the reason.
    #[schema(required)]
    message: Option<String>,
    /// Number of the dialect's error; null for refusals of the gate.
    #[schema(required)]
    err_code: Option<u16>,
    /// The key, when it is known.
    #[schema(required)]
    key_id: Option<String>,
    /// The key's role then; null for an Administration key.
    #[schema(required)]
    role: Option<String>,
    /// The client's address.
    #[schema(required)]
    address: Option<String>,
    /// For a missing permission: the list that denied it.
    rules: Vec<Rule>,
}

/// A permission and what granted or denied it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Rule {
    /// `read`, `create`, `update`, `drop`, …
    pub(crate) action: String,
    /// `Book`, `Book.price`.
    pub(crate) resource: String,
    pub(crate) allowed: bool,
    /// The list's path in `roles.json`, `restrictedByDefault`, `administration`, …
    pub(crate) by: String,
    /// One sentence for people.
    pub(crate) reason: String,
}

/// Refused requests of the last 24 hours, newest first.
#[utoipa::path(get, path = "/console/api/refusals", tag = "usage", params(RefusalParams), responses(
    (status = 200, body = [RefusalBody]), (status = 422, body = Problem)))]
pub(super) async fn list(State(_): State<AppState>, RawQuery(_): RawQuery) -> Result<Response, Problem> {
    Ok(problem::not_found())
}

/// The refused request with this ID (the answer's header `x-request-id`); of several the newest.
#[utoipa::path(get, path = "/console/api/refusals/{requestId}", tag = "usage", params(("requestId" = String, Path)), responses(
    (status = 200, body = RefusalBody), (status = 404, body = Problem, description = "Unknown, or older than 24 hours.")))]
pub(super) async fn show(State(_): State<AppState>, Path(_): Path<String>) -> Result<Response, Problem> {
    Ok(problem::not_found())
}
