//! `/console/api/roles`: what `roles.json` declares, and what is odd in it.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use claviger_access::Finding;
use claviger_store::control::AuditAction;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::{SignedIn, Source};
use super::problem::{Problem, ProblemField};
use super::{blocking, json};
use crate::app::{AppState, OpenError};
use crate::service::OUR_FAULT;

/// Something odd in `roles.json`, with its place.
#[derive(ToSchema)]
#[schema(as = Finding)]
#[expect(dead_code, reason = "describes claviger_access::Finding")]
pub(super) struct FindingBody {
    /// Where: `permissions.allowed[3].read[0]`; empty for the file as a whole.
    path: String,
    /// Line in the file, from 1; 0 when there is no file.
    line: usize,
    /// Stable short name of the problem.
    code: String,
    /// One sentence for people.
    message: String,
    severity: SeverityBody,
}

/// How grave a finding is.
#[derive(ToSchema)]
#[schema(as = Severity, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes claviger_access::Severity")]
pub(super) enum SeverityBody {
    /// The file cannot be used.
    Error,
    /// The file can be used; something in it has no effect or is probably not meant.
    Warning,
}

/// Warnings about the file in force.
#[derive(Serialize, ToSchema)]
#[schema(as = RolesFindings)]
pub(super) struct FindingsBody {
    #[schema(value_type = Vec<FindingBody>)]
    warnings: Vec<Finding>,
}

/// Names of the declared roles (K-23).
#[utoipa::path(get, path = "/console/api/roles", tag = "roles", responses((status = 200, body = [String])))]
pub(super) async fn list(State(state): State<AppState>) -> Response {
    json(StatusCode::OK, &state.roles().names().collect::<Vec<_>>())
}

/// What was odd in the `roles.json` that is in force when it was read.
#[utoipa::path(get, path = "/console/api/roles/findings", tag = "roles", responses((status = 200, body = FindingsBody)))]
pub(super) async fn findings(State(state): State<AppState>) -> Response {
    json(StatusCode::OK, &FindingsBody { warnings: state.role_findings().to_vec() })
}

/// Reads `roles.json` again; with errors the previous roles stay, and `errors` tells each with its path as `field`, its code and its line.
#[utoipa::path(post, path = "/console/api/roles/reload", tag = "roles", responses(
    (status = 200, body = FindingsBody), (status = 422, body = Problem)))]
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
            Ok(json(StatusCode::OK, &FindingsBody { warnings }))
        }
        Err(OpenError::Roles(findings)) => Err(Problem::fields(findings.into_iter().map(ProblemField::from).collect())),
        Err(error) => {
            tracing::error!("the previous roles stay: {error}");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server", OUR_FAULT))
        }
    }
}
