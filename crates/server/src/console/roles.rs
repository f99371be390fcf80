//! `/console/api/roles`: what `roles.json` declares, and what is odd in it.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use claviger_access::roles::has_errors;
use claviger_access::{Finding, Severity};
use claviger_store::control::{Actor, AuditAction};
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

/// Reads `roles.json` again; with errors the previous roles stay, and `errors` tells each with its path as `field`, its code and its line;
/// `roles` tells the warnings, too.
#[utoipa::path(post, path = "/console/api/roles/reload", tag = "roles", responses(
    (status = 200, body = FindingsBody), (status = 422, body = Problem)))]
pub(super) async fn reload(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
) -> Result<Response, Problem> {
    let reloading = state.clone();
    let read = tokio::task::spawn_blocking(move || reloading.reload_roles())
        .await
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server", OUR_FAULT))?;
    let findings = taken(&state, read, source.actor(&who.email)).await?;
    if has_errors(&findings) {
        let errors = findings.iter().filter(|found| found.severity == Severity::Error).cloned().map(ProblemField::from);
        return Err(Problem::fields(errors.collect()).with_roles(findings));
    }
    Ok(json(StatusCode::OK, &FindingsBody { warnings: findings }))
}

/// What there is to say about the `roles.json` that was read again. Rules that are in force now are noted in the audit log; with errors among the
/// findings the previous ones stay.
pub(super) async fn taken(state: &AppState, read: Result<Vec<Finding>, OpenError>, by: Actor) -> Result<Vec<Finding>, Problem> {
    match read {
        Ok(warnings) => {
            blocking(state, move |state| state.control().audit(&by, AuditAction::RolesReload, &[])).await?;
            Ok(warnings)
        }
        Err(OpenError::Roles(findings)) => Ok(findings),
        Err(error) => {
            tracing::error!("the previous roles stay: {error}");
            let message = "The file cannot be read; the server's log says why.".to_owned();
            Ok(vec![Finding { path: String::new(), line: 0, code: "unreadable", message, severity: Severity::Error }])
        }
    }
}
