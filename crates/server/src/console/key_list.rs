//! `GET /console/api/keys` and `/console/api/keys/summary`: keys as a list, filtered, sorted, page by page, and how many there are.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use claviger_access::{KeyState, KeyType};
use claviger_store::control::{KeyFilter, KeySort};
use http::{HeaderName, HeaderValue, StatusCode};
use utoipa::{IntoParams, ToSchema};

use super::keys::KeyBody;
use super::problem::{Problem, ProblemField};
use super::{blocking, json, query};
use crate::app::AppState;

/// Page size without `limit`.
const PAGE: u32 = 200;
/// Largest page.
const LARGEST_PAGE: u32 = 10_000;

/// Filters, order and paging of the list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters that are read one by one")]
pub(super) struct ListParams {
    /// Part of description, ID or role.
    q: Option<String>,
    /// `standard` or `administration`.
    r#type: Option<String>,
    /// Name of a role.
    role: Option<String>,
    /// `active`, `expiresSoon`, `expired` or `roleMissing`.
    state: Option<String>,
    /// `created` (default), `description`, `role`, `expiresOn` or `lastUsedAt`.
    sort: Option<String>,
    /// `asc` or `desc`; default: `desc` for times, so that the latest comes first, else `asc`.
    order: Option<String>,
    /// So many of the beginning are left out; default 0.
    skip: Option<u32>,
    /// At most so many; default 200.
    limit: Option<u32>,
    /// ID of the last key of the page before; only with `sort=created&order=desc`, the default.
    after: Option<String>,
}

/// How many keys there are in each state.
#[derive(ToSchema)]
#[schema(as = KeyCounts)]
#[expect(dead_code, non_snake_case, reason = "describes claviger_store::control::KeyCounts")]
pub(super) struct KeyCountsBody {
    total: u64,
    active: u64,
    /// They work for 14 more days at most.
    expiresSoon: u64,
    expired: u64,
    /// Their role is not declared in the roles file.
    roleMissing: u64,
}

/// Keys without secrets, newest first unless asked otherwise. `x-total-count` says how many the filter lets through.
#[utoipa::path(get, path = "/console/api/keys", tag = "keys", params(ListParams), responses(
    (status = 200, body = [KeyBody], headers(("x-total-count" = u64, description = "Keys that the filter lets through."))),
    (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(State(state): State<AppState>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let filter = filter(raw.as_deref())?;
    state.flush_now().await;
    let page = blocking(&state, move |state| state.control().keys(&filter, &state.roles())).await?;
    let mut response = json(StatusCode::OK, &page.records);
    response.headers_mut().insert(HeaderName::from_static("x-total-count"), HeaderValue::from(page.total));
    Ok(response)
}

/// How many keys there are, by state; each key counts once, in its gravest state.
#[utoipa::path(get, path = "/console/api/keys/summary", tag = "keys", responses((status = 200, body = KeyCountsBody)))]
pub(super) async fn summary(State(state): State<AppState>) -> Result<Response, Problem> {
    let counts = blocking(&state, move |state| state.control().key_counts(&state.roles())).await?;
    Ok(json(StatusCode::OK, &counts))
}

fn filter(raw: Option<&str>) -> Result<KeyFilter, Problem> {
    let mut filter = KeyFilter { limit: Some(PAGE), ..KeyFilter::default() };
    let (mut errors, mut ascending) = (Vec::new(), None);
    let mut refuse = |field: &str, message: &str| errors.push(ProblemField::new(field, "not_allowed", message));
    for (name, value) in query::pairs(raw) {
        let is_empty = value.is_empty();
        match name.as_str() {
            _ if is_empty => {}
            "q" => filter.text = Some(value),
            "role" => filter.role = Some(value),
            "type" => match KeyType::from_name(&value) {
                Some(key_type) => filter.key_type = Some(key_type),
                None => refuse("type", "This must be standard or administration."),
            },
            "state" => match KeyState::from_name(&value) {
                Some(state) => filter.state = Some(state),
                None => refuse("state", "This must be active, expiresSoon, expired or roleMissing."),
            },
            "sort" => match KeySort::from_name(&value) {
                Some(sort) => filter.sort = sort,
                None => refuse("sort", "This must be created, description, role, expiresOn or lastUsedAt."),
            },
            "order" => match value.as_str() {
                "asc" => ascending = Some(true),
                "desc" => ascending = Some(false),
                _ => refuse("order", "This must be asc or desc."),
            },
            "skip" => match value.parse() {
                Ok(skip) => filter.skip = skip,
                Err(_) => refuse("skip", "This must be a number."),
            },
            "limit" => match value.parse() {
                Ok(limit @ 1..=LARGEST_PAGE) => filter.limit = Some(limit),
                _ => refuse("limit", "This must be a number from 1 to 10000."),
            },
            "after" => match value.parse() {
                Ok(id) => filter.after = Some(id),
                Err(_) => refuse("after", "This must be the ID of a key."),
            },
            _ => {}
        }
    }
    let is_latest_first = matches!(filter.sort, KeySort::Created | KeySort::LastUsedAt);
    filter.reversed = ascending.is_some_and(|ascending| ascending == is_latest_first);
    if filter.after.is_some() && (filter.sort != KeySort::Created || filter.reversed) {
        refuse("after", "This goes with sort=created and order=desc only; use skip.");
    }
    if errors.is_empty() { Ok(filter) } else { Err(Problem::fields(errors)) }
}
