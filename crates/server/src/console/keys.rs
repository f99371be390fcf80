//! `/console/api/keys`: the management of API keys (`api-keys.md` 8.3).

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use claviger_access::key::{day_of, parse_overlap};
use claviger_access::{KeyDraft, KeyId, KeyRecord, KeyRules, MasterKey, Secret};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::{Fields, read};
use super::guard::{SignedIn, Source};
use super::problem::Problem;
use super::{blocking, json, no_content};
use crate::app::AppState;
use crate::settings::Switch;

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

/// A record with its version, for `If-Match` of an edit.
fn with_version(record: &KeyRecord) -> Response {
    let mut response = json(StatusCode::OK, record);
    if let Ok(version) = HeaderValue::from_str(&format!("\"{}\"", record.updated_at)) {
        response.headers_mut().insert(header::ETAG, version);
    }
    response
}

/// The version that the editor looked at: `If-Match` with the `ETag`, which is the record's `updatedAt`. Absent or `*`: any.
fn seen_version(headers: &HeaderMap) -> Result<Option<Timestamp>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    // A proxy that compresses may have made it a weak one.
    let version = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    match version {
        "*" => Ok(None),
        _ => version.parse().map(Some).map_err(|_| {
            let detail = "If-Match must carry the ETag of the key, which is its updatedAt in quotation marks.";
            Problem::new(StatusCode::BAD_REQUEST, "if-match", detail)
        }),
    }
}

fn with_secret(status: StatusCode, record: KeyRecord, secret: &Secret) -> Response {
    json(status, &KeyWithSecret { record, secret: secret.expose().to_owned() })
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
    (status = 200, body = KeyBody, headers(("etag" = String, description = "`updatedAt` in quotation marks."))),
    (status = 404, body = Problem)))]
pub(super) async fn show(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    state.flush_now().await;
    Ok(with_version(&record(&state, &id).await?))
}

/// Edits a key; secret and ID stay, the next request sees it. With `If-Match` only when nobody else has changed it since.
#[utoipa::path(patch, path = "/console/api/keys/{id}", tag = "keys",
    params(("id" = String, Path), ("if-match" = Option<String>, Header, description = "The `ETag` of the key as the editor saw it: its `updatedAt` in quotation marks.")),
    request_body = KeyProperties, responses(
    (status = 200, body = KeyBody, headers(("etag" = String, description = "`updatedAt` in quotation marks."))),
    (status = 404, body = Problem), (status = 412, body = Problem, description = "Type ending in /changed-meanwhile: somebody else changed the key."),
    (status = 422, body = Problem)))]
pub(super) async fn edit(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let id = key_id(&id)?;
    let seen = seen_version(request.headers())?;
    let draft = KeyDraft::from_json(&read(request).await?);
    let record = blocking(&state, move |state| {
        let roles = state.roles();
        let record = state.control().edit_key(&id, draft, draft_rules(state, &roles), seen, &source.actor(&who.email))?;
        state.refresh_keys()?;
        Ok(record)
    })
    .await?;
    Ok(with_version(&record))
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
