//! `/console/api/keys`: the management of API keys (`api-keys.md` 8.3).

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use claviger_access::key::{day_of, parse_overlap};
use claviger_access::{KeyDraft, KeyId, KeyRecord, KeyRules, KeyState, KeyType, MasterKey, Secret};
use claviger_store::control::KeyFilter;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::fields::{Fields, read};
use super::guard::{SignedIn, Source};
use super::problem::{Problem, ProblemField};
use super::{blocking, json, no_content, query};
use crate::app::AppState;
use crate::settings::Switch;

/// Page size without `limit`.
const PAGE: u32 = 200;
/// Largest page.
const LARGEST_PAGE: u32 = 10_000;

/// A key without its secret (`api-keys.md` 8.1).
#[derive(ToSchema)]
#[schema(as = Key)]
#[expect(dead_code, non_snake_case, reason = "describes claviger_access::KeyRecord")]
pub(super) struct KeyBody {
    #[schema(example = "key_7Qm2vT9sLk4d")]
    id: String,
    description: String,
    /// `standard` or `administration`.
    r#type: String,
    /// Null for an Administration key.
    role: Option<String>,
    /// Last day on which the key works, UTC.
    #[schema(format = Date)]
    expiresOn: String,
    /// Addresses and ranges; empty: every host.
    allowedHosts: Vec<String>,
    createdBy: String,
    #[schema(format = DateTime)]
    createdAt: String,
    #[schema(format = DateTime)]
    updatedAt: String,
    #[schema(format = DateTime)]
    lastUsedAt: Option<String>,
    lastUsedIp: Option<String>,
}

/// A key with its new secret, which is shown here once.
#[derive(Serialize, ToSchema)]
pub(super) struct KeyWithSecret {
    #[serde(flatten)]
    #[schema(value_type = KeyBody)]
    record: KeyRecord,
    secret: String,
}

/// The properties of a key that can be chosen. On creation `description` is required; on edit what is absent stays.
#[derive(ToSchema)]
#[expect(dead_code, non_snake_case, reason = "describes a body that is read member by member")]
pub(super) struct KeyProperties {
    /// 1 to 200 characters.
    description: Option<String>,
    /// `standard` (default) or `administration`.
    r#type: Option<String>,
    /// A declared role; absent: `Admin`, if declared. Null for an Administration key.
    role: Option<String>,
    /// At most one year from today, which is the default.
    #[schema(format = Date)]
    expiresOn: Option<String>,
    /// IP addresses and CIDR ranges.
    allowedHosts: Option<Vec<String>>,
}

/// How long the old secret works on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct RegenerateBody {
    /// `90s`, `15m`, `24h`, `7d`; absent: it ends at once.
    #[schema(example = "24h")]
    overlap: Option<String>,
}

/// A secret.
#[derive(Serialize, ToSchema)]
pub(super) struct SecretBody {
    secret: String,
}

/// Filters and paging of the list.
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
    /// At most so many; default 200.
    limit: Option<u32>,
    /// ID of the last key of the page before.
    after: Option<String>,
}

fn draft_rules<'a>(state: &AppState, roles: &'a claviger_access::Roles) -> KeyRules<'a> {
    KeyRules { today: day_of(state.instant()), max_lifetime_days: state.settings().keys.max_lifetime_days, roles }
}

/// The key that secrets are sealed under; `None` when they are shown once only.
fn sealing(state: &AppState) -> Result<Option<&MasterKey>, Problem> {
    if state.settings().keys.reveal == Switch::Off {
        return Ok(None);
    }
    let unusable =
        |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "master-key", "The master key is not usable; the server's log says why.");
    state.master_key().map(Some).map_err(unusable)
}

fn key_id(text: &str) -> Result<KeyId, Problem> {
    text.parse().map_err(|_| no_key(text))
}

/// 404 for an ID that no key has.
pub(super) fn no_key(id: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", format!("the key {id} does not exist"))
}

/// The record of an ID.
pub(super) async fn record(state: &AppState, id: &str) -> Result<KeyRecord, Problem> {
    let id = key_id(id)?;
    let asked = id.clone();
    blocking(state, move |state| state.control().key(&asked)).await?.ok_or_else(|| no_key(id.as_str()))
}

fn with_secret(status: StatusCode, record: KeyRecord, secret: &Secret) -> Response {
    json(status, &KeyWithSecret { record, secret: secret.expose().to_owned() })
}

/// All keys, newest first, without secrets. `x-total-count` says how many the filter lets through.
#[utoipa::path(get, path = "/console/api/keys", tag = "keys", params(ListParams), responses(
    (status = 200, body = [KeyBody], headers(("x-total-count" = u64, description = "Keys that the filter lets through."))),
    (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(State(state): State<AppState>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let filter = list_filter(raw.as_deref())?;
    state.flush_now().await;
    let page = blocking(&state, move |state| state.control().keys(&filter, &state.roles())).await?;
    let mut response = json(StatusCode::OK, &page.records);
    response.headers_mut().insert(HeaderName::from_static("x-total-count"), HeaderValue::from(page.total));
    Ok(response)
}

fn list_filter(raw: Option<&str>) -> Result<KeyFilter, Problem> {
    let mut filter = KeyFilter { limit: Some(PAGE), ..KeyFilter::default() };
    let mut errors = Vec::new();
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
    if errors.is_empty() { Ok(filter) } else { Err(Problem::fields(errors)) }
}

/// Makes a key. The secret is in this answer only (and can be revealed later unless that is off).
#[utoipa::path(post, path = "/console/api/keys", tag = "keys", request_body = KeyProperties, responses(
    (status = 201, body = KeyWithSecret), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let draft = KeyDraft::from_json(&read(request).await?);
    sealing(&state)?;
    let (record, secret) = blocking(&state, move |state| {
        let roles = state.roles();
        let seal = sealing(state).ok().flatten();
        let made = state.control().create_key(draft, draft_rules(state, &roles), seal, &source.actor(&who.email))?;
        state.refresh_keys()?;
        Ok(made)
    })
    .await?;
    Ok(with_secret(StatusCode::CREATED, record, &secret))
}

/// One key.
#[utoipa::path(get, path = "/console/api/keys/{id}", tag = "keys", params(("id" = String, Path)), responses(
    (status = 200, body = KeyBody), (status = 404, body = Problem)))]
pub(super) async fn show(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    state.flush_now().await;
    Ok(json(StatusCode::OK, &record(&state, &id).await?))
}

/// Edits a key; secret and ID stay, the next request sees it.
#[utoipa::path(patch, path = "/console/api/keys/{id}", tag = "keys", params(("id" = String, Path)), request_body = KeyProperties, responses(
    (status = 200, body = KeyBody), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn edit(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let id = key_id(&id)?;
    let draft = KeyDraft::from_json(&read(request).await?);
    let record = blocking(&state, move |state| {
        let roles = state.roles();
        let record = state.control().edit_key(&id, draft, draft_rules(state, &roles), &source.actor(&who.email))?;
        state.refresh_keys()?;
        Ok(record)
    })
    .await?;
    Ok(json(StatusCode::OK, &record))
}

/// Removes a key.
#[utoipa::path(delete, path = "/console/api/keys/{id}", tag = "keys", params(("id" = String, Path)), responses(
    (status = 204), (status = 404, body = Problem)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
) -> Result<Response, Problem> {
    let id = key_id(&id)?;
    blocking(&state, move |state| {
        state.control().delete_key(&id, &source.actor(&who.email))?;
        state.refresh_keys()
    })
    .await?;
    Ok(no_content())
}

/// Shows the secret again. Needs a fresh password.
#[utoipa::path(post, path = "/console/api/keys/{id}/reveal", tag = "keys", params(("id" = String, Path)), responses(
    (status = 200, body = SecretBody), (status = 403, body = Problem, description = "Type ending in /confirm-required: give the password again."),
    (status = 404, body = Problem), (status = 409, body = Problem, description = "No sealed copy is kept.")))]
pub(super) async fn reveal(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
) -> Result<Response, Problem> {
    let id = key_id(&id)?;
    who.require_fresh(&state)?;
    if sealing(&state)?.is_none() {
        return Err(Problem::new(StatusCode::CONFLICT, "reveal-off", "keys.reveal is off: a secret is shown once, when it is made."));
    }
    let secret = blocking(&state, move |state| {
        // Asked above; the master key does not change while the server runs.
        let master_key = state.master_key().map_err(|_| claviger_store::control::ControlError::NotSealed)?;
        state.control().reveal_key(&id, master_key, &source.actor(&who.email))
    })
    .await?;
    Ok(json(StatusCode::OK, &SecretBody { secret: secret.expose().to_owned() }))
}

/// Gives the key a new secret; the old one works on for `overlap`.
#[utoipa::path(post, path = "/console/api/keys/{id}/regenerate", tag = "keys", params(("id" = String, Path)), request_body = RegenerateBody, responses(
    (status = 200, body = KeyWithSecret), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn regenerate(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let id = key_id(&id)?;
    let mut fields = Fields::of(request).await?;
    let overlap = match fields.optional("overlap") {
        None => Duration::ZERO,
        Some(text) => parse_overlap(&text).unwrap_or_else(|| {
            fields.refuse("overlap", "not_a_duration", "This must be a duration of at most 7 days, like 90s, 15m, 24h or 7d.");
            Duration::ZERO
        }),
    };
    fields.done()?;
    sealing(&state)?;
    let (record, secret) = blocking(&state, move |state| {
        let seal = sealing(state).ok().flatten();
        let made = state.control().regenerate_key(&id, overlap, seal, &source.actor(&who.email))?;
        state.refresh_keys()?;
        Ok(made)
    })
    .await?;
    Ok(with_secret(StatusCode::OK, record, &secret))
}
