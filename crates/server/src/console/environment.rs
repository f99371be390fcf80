//! `/console/api/environment`, `/console/api/endpoint` and `/console/api/roles`: what the console shows of the environment.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use claviger_access::explain::{Caller, Resolved};
use claviger_access::key::dates::ceiling;
use claviger_access::key::day_of;
use claviger_store::control::AuditAction;
use http::{Request, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::{SignedIn, Source};
use super::problem::{Problem, ProblemField};
use super::{blocking, json, origin};
use crate::app::{AppState, OpenError};
use crate::service::OUR_FAULT;
use crate::settings::Switch;

/// The API endpoint.
#[derive(Serialize, ToSchema)]
pub(super) struct EndpointBody {
    /// Without path and trailing slash.
    url: String,
    /// True when `public_url` is empty and the URL is guessed from this request.
    derived: bool,
}

/// What the console needs to know of the server it belongs to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentBody {
    /// Name of the application.
    name: String,
    /// Name of the environment.
    environment: String,
    /// Version of the program.
    version: &'static str,
    /// The server's day, UTC.
    #[schema(format = Date)]
    today: String,
    /// The latest last day that a key may get today (K-26); also the default of a new key.
    #[schema(format = Date)]
    latest_expiry: String,
    /// Setting `keys.max_lifetime_days`.
    max_lifetime_days: u32,
    /// False when secrets are shown once only (`keys.reveal = "off"`).
    reveal: bool,
    /// For so many minutes a password counts as just given.
    fresh_minutes: i64,
    /// The role that is preselected (K-24); null when no role `Admin` is declared.
    default_role: Option<String>,
}

/// What reloading the roles found.
#[derive(Serialize, ToSchema)]
pub(super) struct ReloadBody {
    /// Warnings, one sentence each.
    warnings: Vec<String>,
}

/// The application, the server's day, and the limits that apply to keys.
#[utoipa::path(get, path = "/console/api/environment", tag = "environment", responses((status = 200, body = EnvironmentBody)))]
pub(super) async fn environment(State(state): State<AppState>) -> Response {
    let settings = state.settings();
    let today = day_of(state.instant());
    let body = EnvironmentBody {
        name: settings.name.clone(),
        environment: settings.environment.clone(),
        version: env!("CARGO_PKG_VERSION"),
        today: today.to_string(),
        latest_expiry: ceiling(today, settings.keys.max_lifetime_days).to_string(),
        max_lifetime_days: settings.keys.max_lifetime_days,
        reveal: settings.keys.reveal == Switch::On,
        fresh_minutes: settings.console.fresh_minutes,
        default_role: state.roles().default_role().map(|role| role.name().to_owned()),
    };
    json(StatusCode::OK, &body)
}

/// The endpoint's URL (K-02, K-06).
#[utoipa::path(get, path = "/console/api/endpoint", tag = "environment", responses((status = 200, body = EndpointBody)))]
pub(super) async fn endpoint(State(state): State<AppState>, Extension(source): Extension<Source>, request: Request<Body>) -> Response {
    let (url, derived) = origin::endpoint(&state, source.peer, request.headers());
    json(StatusCode::OK, &EndpointBody { url, derived })
}

/// Names of the declared roles (K-23).
#[utoipa::path(get, path = "/console/api/roles", tag = "environment", responses((status = 200, body = [String])))]
pub(super) async fn roles(State(state): State<AppState>) -> Response {
    json(StatusCode::OK, &state.roles().names().collect::<Vec<_>>())
}

/// What a role may do, cell by cell, and which list decided (`roles-privileges.md` 10).
#[utoipa::path(get, path = "/console/api/roles/{name}/resolved", tag = "environment", params(("name" = String, Path)), responses(
    (status = 200, body = Object), (status = 404, body = Problem)))]
pub(super) async fn resolved(State(state): State<AppState>, Path(name): Path<String>) -> Result<Response, Problem> {
    let roles = state.roles();
    let Some(role) = roles.role(&name) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "not-found", format!("the role {name} does not exist")));
    };
    Ok(json(StatusCode::OK, &Resolved::of(&roles, Caller::Role(Some(role.name())), state.model())))
}

/// Reads `roles.json` again; with errors the previous roles stay.
#[utoipa::path(post, path = "/console/api/roles/reload", tag = "environment", responses((status = 200, body = ReloadBody), (status = 422, body = Problem)))]
pub(super) async fn reload(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
) -> Result<Response, Problem> {
    let reloading = state.clone();
    let reloaded = tokio::task::spawn_blocking(move || reloading.reload_roles())
        .await
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server", OUR_FAULT))?;
    match reloaded {
        Ok(warnings) => {
            blocking(&state, move |state| state.control().audit(&source.actor(&who.email), AuditAction::RolesReload, &[])).await?;
            Ok(json(StatusCode::OK, &ReloadBody { warnings: warnings.iter().map(ToString::to_string).collect() }))
        }
        Err(OpenError::Roles(findings)) => Err(Problem::fields(
            findings.iter().map(|found| ProblemField::new(found.path.clone(), found.code, found.to_string())).collect(),
        )),
        Err(error) => {
            tracing::error!("the previous roles stay: {error}");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server", OUR_FAULT))
        }
    }
}
