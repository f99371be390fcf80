//! `/console/api/refusals`: requests that were refused in the last 24 hours, and why.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use claviger_access::KeyId;
use claviger_store::control::RefusalRecord;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::problem::{Problem, ProblemField};
use super::usage::FRESH;
use super::{blocking, json, query};
use crate::app::AppState;
use crate::explain::Rule;
use crate::telemetry::access_log::masked;
use crate::telemetry::usage::Reason;

/// Refusals listed without `limit`.
const LISTED: u32 = 50;
/// Refusals listed at most.
const MOST_LISTED: u32 = 1000;

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
    err_code: Option<i64>,
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

/// Refused requests of the last 24 hours, newest first.
#[utoipa::path(get, path = "/console/api/refusals", tag = "refusals", params(RefusalParams), responses(
    (status = 200, body = [RefusalBody]), (status = 422, body = Problem)))]
pub(super) async fn list(State(state): State<AppState>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let (key, limit) = parameters(raw.as_deref())?;
    state.refresh_usage(FRESH).await;
    let records = blocking(&state, move |state| state.control().refusals(key.as_ref().map(KeyId::as_str), limit)).await?;
    Ok(json(StatusCode::OK, &records.into_iter().map(RefusalBody::from).collect::<Vec<_>>()))
}

fn parameters(raw: Option<&str>) -> Result<(Option<KeyId>, u32), Problem> {
    let (mut key, mut limit, mut errors) = (None, LISTED, Vec::new());
    for (name, value) in query::pairs(raw) {
        match name.as_str() {
            "limit" => match value.parse() {
                Ok(number @ 1..=MOST_LISTED) => limit = number,
                _ => errors.push(ProblemField::new(name, "not_allowed", "This must be a number from 1 to 1000.")),
            },
            "key" => match value.parse() {
                Ok(id) => key = Some(id),
                Err(_) => errors.push(ProblemField::new(name, "not_allowed", "This must be the ID of a key.")),
            },
            _ => {}
        }
    }
    if errors.is_empty() { Ok((key, limit)) } else { Err(Problem::fields(errors)) }
}

/// The refused request with this ID (the answer's header `x-request-id`); of several the newest.
#[utoipa::path(get, path = "/console/api/refusals/{requestId}", tag = "refusals", params(("requestId" = String, Path)), responses(
    (status = 200, body = RefusalBody), (status = 404, body = Problem, description = "Unknown, or older than 24 hours.")))]
pub(super) async fn show(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    state.refresh_usage(FRESH).await;
    let mut record = look(&state, &id).await?;
    if record.is_none() {
        // It may have been refused a moment ago.
        state.refresh_usage(0).await;
        record = look(&state, &id).await?;
    }
    let record = record.ok_or_else(|| {
        let detail = "No refused request of the last 24 hours has this ID; of many refused at once only the newest are kept.";
        Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
    })?;
    Ok(json(StatusCode::OK, &RefusalBody::from(record)))
}

async fn look(state: &AppState, id: &str) -> Result<Option<RefusalRecord>, Problem> {
    // Stored as it stands in the log.
    let id = masked(id).into_owned();
    Ok(blocking(state, move |state| state.control().refusal(&id)).await?)
}

impl From<RefusalRecord> for RefusalBody {
    fn from(record: RefusalRecord) -> Self {
        Self {
            request_id: record.request_id,
            at: Timestamp::from_millisecond(record.at).unwrap_or_default().to_string(),
            method: record.method,
            path: record.path,
            status: record.status,
            reason: Reason::from_name(&record.reason)
                .unwrap_or_else(|| Reason::of_status(StatusCode::from_u16(record.status).unwrap_or_default())),
            message: record.message,
            err_code: record.err_code,
            key_id: record.key_id,
            role: record.role,
            address: record.address,
            rules: serde_json::from_str(&record.rules).unwrap_or_default(),
        }
    }
}
