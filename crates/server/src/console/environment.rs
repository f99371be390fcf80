//! `/console/api/endpoint` and `/console/api/roles`: what the console shows of the environment.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use claviger_access::explain::{Caller, Resolved};
use claviger_store::control::AuditAction;
use http::{Request, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::{SignedIn, Source};
use super::problem::{Problem, ProblemField};
use super::{blocking, json, origin};
use crate::app::{AppState, OpenError};
use crate::service::OUR_FAULT;

/// The API endpoint.
#[derive(Serialize, ToSchema)]
pub(super) struct EndpointBody {
    /// Without path and trailing slash.
    url: String,
    /// True when `public_url` is empty and the URL is guessed from this request.
    derived: bool,
}

/// What reloading the roles found.
#[derive(Serialize, ToSchema)]
pub(super) struct ReloadBody {
    /// Warnings, one sentence each.
    warnings: Vec<String>,
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
