//! What a role, a key or an Administration key may do, cell by cell, and which list decided (`roles-privileges.md` 10).

use axum::extract::{Path, State};
use axum::response::Response;
use claviger_access::KeyType;
use claviger_access::explain::{Caller, Resolved};
use http::StatusCode;
use utoipa::ToSchema;

use super::problem::Problem;
use super::{json, keys};
use crate::app::AppState;

/// One cell.
#[derive(ToSchema)]
#[schema(as = Decision, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes claviger_access::Decision")]
pub(super) struct DecisionBody {
    allowed: bool,
    /// What decided: the path of a list in `roles.json` (`permissions.allowed[3].read`), `restrictedByDefault`, `administration`, …
    by: String,
    /// One sentence for people; absent in tables.
    reason: Option<String>,
    /// Functions that the caller may call and that lend what is missing while they run; absent without one.
    #[schema(required = false)]
    lent_by: Vec<String>,
}

/// Everything that a caller may do. Exposed resources only, and functions and singletons that `roles.json` names.
#[derive(ToSchema)]
#[schema(as = Resolved)]
#[expect(dead_code, reason = "describes claviger_access::Resolved")]
pub(super) struct ResolvedBody {
    /// The role as declared; null for an Administration key, and for a key whose role is not declared.
    #[schema(required = true)]
    role: Option<String>,
    /// True for an Administration key.
    administration: bool,
    /// Privileges held, those included by others too.
    privileges: Vec<String>,
    summary: SummaryBody,
    datastore: ResolvedDatastoreBody,
    /// In model order.
    dataclasses: Vec<ResolvedDataclassBody>,
    singletons: Vec<ResolvedSingletonBody>,
}

/// How many dataclasses can be reached.
#[derive(ToSchema)]
#[schema(as = ResolvedSummary)]
#[expect(dead_code, reason = "describes claviger_access::explain::Summary")]
pub(super) struct SummaryBody {
    /// Exposed dataclasses.
    dataclasses: usize,
    reads: usize,
    creates: usize,
    /// In how many entities can be created or updated.
    changes: usize,
    deletes: usize,
    #[schema(example = "reads 11 of 11 dataclasses, changes 3, deletes none")]
    text: String,
}

/// The rules that apply where nothing nearer is defined.
#[derive(ToSchema)]
#[schema(as = ResolvedDatastore)]
#[expect(dead_code, reason = "describes claviger_access::explain::ResolvedDatastore")]
pub(super) struct ResolvedDatastoreBody {
    create: DecisionBody,
    read: DecisionBody,
    update: DecisionBody,
    drop: DecisionBody,
    execute: DecisionBody,
    functions: Vec<ResolvedFunctionBody>,
}

/// A dataclass with its members.
#[derive(ToSchema)]
#[schema(as = ResolvedDataclass)]
#[expect(dead_code, reason = "describes claviger_access::explain::ResolvedDataclass")]
pub(super) struct ResolvedDataclassBody {
    name: String,
    create: DecisionBody,
    read: DecisionBody,
    update: DecisionBody,
    drop: DecisionBody,
    execute: DecisionBody,
    attributes: Vec<ResolvedAttributeBody>,
    functions: Vec<ResolvedFunctionBody>,
}

/// An attribute.
#[derive(ToSchema)]
#[schema(as = ResolvedAttribute)]
#[expect(dead_code, reason = "describes claviger_access::explain::ResolvedAttribute")]
pub(super) struct ResolvedAttributeBody {
    name: String,
    create: DecisionBody,
    read: DecisionBody,
    update: DecisionBody,
    drop: DecisionBody,
}

/// A function.
#[derive(ToSchema)]
#[schema(as = ResolvedFunction)]
#[expect(dead_code, reason = "describes claviger_access::explain::ResolvedFunction")]
pub(super) struct ResolvedFunctionBody {
    /// Without its scope.
    name: String,
    /// Which classes have it: `datastore`, `dataclass`, `entity`, `selection`, `singleton`; none: only `roles.json` names it.
    kinds: Vec<String>,
    execute: DecisionBody,
    /// Privileges lent while it runs.
    promotes: Vec<String>,
}

/// A singleton.
#[derive(ToSchema)]
#[schema(as = ResolvedSingleton)]
#[expect(dead_code, reason = "describes claviger_access::explain::ResolvedSingleton")]
pub(super) struct ResolvedSingletonBody {
    name: String,
    execute: DecisionBody,
    functions: Vec<ResolvedFunctionBody>,
}

/// What a role may do, cell by cell, and which list decided.
#[utoipa::path(get, path = "/console/api/roles/{name}/resolved", tag = "roles", params(("name" = String, Path)), responses(
    (status = 200, body = ResolvedBody), (status = 404, body = Problem)))]
pub(super) async fn of_role(State(state): State<AppState>, Path(name): Path<String>) -> Result<Response, Problem> {
    let rules = state.keys().rules();
    let Some(role) = rules.roles.role(&name) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "not-found", format!("the role {name} does not exist")));
    };
    Ok(json(StatusCode::OK, &Resolved::of(&rules.roles, Caller::Role(Some(role.name())), &rules.model)))
}

/// What a key may do now, cell by cell: that of its role, of a guest when the role is not declared, of an Administration key.
#[utoipa::path(get, path = "/console/api/keys/{id}/resolved", tag = "keys", params(("id" = String, Path)), responses(
    (status = 200, body = ResolvedBody), (status = 404, body = Problem)))]
pub(super) async fn of_key(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let record = keys::record(&state, &id).await?;
    let rules = state.keys().rules();
    Ok(json(StatusCode::OK, &Resolved::of(&rules.roles, rules.caller(record.key_type, record.role.as_deref()), &rules.model)))
}

/// What an Administration key may do, cell by cell.
#[utoipa::path(get, path = "/console/api/administration/resolved", tag = "roles", responses(
    (status = 200, body = ResolvedBody)))]
pub(super) async fn of_administration(State(state): State<AppState>) -> Response {
    let rules = state.keys().rules();
    let caller = rules.caller(KeyType::Administration, None);
    json(StatusCode::OK, &Resolved::of(&rules.roles, caller, &rules.model))
}
