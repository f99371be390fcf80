//! `/console/api/functions`: which functions there are, and reading them again.

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
use super::roles::{FindingBody, taken};
use super::{blocking, json};
use crate::app::{AppState, OpenError};
use crate::functions::{Inventory, LoadError};
use crate::service::OUR_FAULT;

/// The functions in force after they were read again.
#[derive(Serialize, ToSchema)]
#[schema(as = FunctionsReloaded)]
pub(super) struct ReloadedBody {
    #[serde(flatten)]
    inventory: Inventory,
    /// The same in words.
    #[schema(example = "2 classes, 4 functions (3 exposed), 0 computed attributes, 1 event")]
    summary: String,
    /// What there is to say about `roles.json`, which was read again for them; without errors among it its rules are in force.
    #[schema(value_type = Vec<FindingBody>)]
    roles: Vec<Finding>,
}

/// The functions in force.
#[utoipa::path(get, path = "/console/api/functions", tag = "functions", responses((status = 200, body = Inventory)))]
pub(super) async fn list(State(state): State<AppState>) -> Response {
    json(StatusCode::OK, &Inventory::of(&state.served().functions.registry()))
}

/// Reads `functions/` again, and `roles.json` for them. With errors the previous functions stay, and `errors` tells each with its file as `field`
/// and its line; `roles` tells what became of `roles.json` in either case.
#[utoipa::path(post, path = "/console/api/functions/reload", tag = "functions", responses(
    (status = 200, body = ReloadedBody), (status = 422, body = Problem)))]
pub(super) async fn reload(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
) -> Result<Response, Problem> {
    let reloaded = state.reload().await;
    // Whatever became of the functions: the roles have an outcome of their own.
    let roles = taken(&state, reloaded.roles, source.actor(&who.email)).await?;
    if let Err(error) = reloaded.functions {
        return Err(refused(error).with_roles(roles));
    }
    blocking(&state, move |state| state.control().audit(&source.actor(&who.email), AuditAction::FunctionsReload, &[])).await?;
    let inventory = Inventory::of(&state.served().functions.registry());
    Ok(json(StatusCode::OK, &ReloadedBody { summary: inventory.summary(), inventory, roles }))
}

/// The previous functions stay.
fn refused(error: OpenError) -> Problem {
    match error {
        OpenError::Functions(LoadError::Found(findings)) => {
            let field = |found: claviger_script::Finding| ProblemField {
                line: usize::try_from(found.line).ok(),
                ..ProblemField::new(found.path, "function", found.message)
            };
            Problem::fields(findings.into_iter().map(field).collect())
        }
        error => {
            tracing::error!("the previous functions stay: {error}");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server", OUR_FAULT)
        }
    }
}
