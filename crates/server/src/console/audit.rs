//! `/console/api/audit`: who did what, newest first.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Problem, ProblemField};
use super::{blocking, json, query};
use crate::app::AppState;

/// One line of the audit log.
#[derive(ToSchema)]
#[schema(as = AuditLine)]
#[expect(dead_code, non_snake_case, reason = "describes claviger_store::control::AuditLine")]
pub(super) struct AuditBody {
    #[schema(format = DateTime)]
    at: String,
    /// E-mail, or `command line`.
    actor: String,
    address: Option<String>,
    /// `create`, `edit`, `reveal`, `regenerate`, `delete`, …
    action: String,
    keyId: Option<String>,
    /// Names of what changed; never a secret.
    fields: Vec<String>,
}

/// Paging of the log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters that are read one by one")]
pub(super) struct AuditParams {
    /// Lines before this position: the header `x-next-before` of the page before.
    before: Option<i64>,
    /// At most so many; default 100.
    limit: Option<u32>,
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/console/api/audit", tag = "audit", params(AuditParams), responses(
    (status = 200, body = [AuditBody], headers(("x-next-before" = i64, description = "Position for the next page; absent on the last."))),
    (status = 422, body = Problem)))]
pub(super) async fn list(State(state): State<AppState>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let (mut before, mut limit, mut errors) = (None, 100, Vec::new());
    for (name, value) in query::pairs(raw.as_deref()) {
        match (name.as_str(), value.parse::<i64>()) {
            ("before", Ok(position)) => before = Some(position),
            ("limit", Ok(number @ 1..=1000)) => limit = number as u32,
            ("before" | "limit", _) => errors.push(ProblemField::new(name, "not_a_number", "This must be a number; limit is 1 to 1000.")),
            _ => {}
        }
    }
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let lines = blocking(&state, move |state| state.control().audit_lines(before, limit)).await?;
    let mut response = json(StatusCode::OK, &lines);
    if let Some(last) = lines.last().filter(|_| lines.len() == limit as usize) {
        response.headers_mut().insert(HeaderName::from_static("x-next-before"), HeaderValue::from(last.seq));
    }
    Ok(response)
}
