//! `/console/api/locks`: who holds which entity, and breaking a lock (`data-model.md` PL-7).

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use claviger_store::control::AuditAction;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::{SignedIn, Source};
use super::problem::Problem;
use super::{blocking, json, no_content};
use crate::app::AppState;
use crate::session::locks::{Entity, Lock};

/// A lock that somebody holds through the dialect.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Lock)]
pub(super) struct LockBody {
    dataclass: String,
    /// `__KEY` of the entity.
    key: String,
    /// When it was taken, or taken again.
    #[schema(format = DateTime)]
    since: String,
    /// The key whose session holds it; null for a guest.
    #[schema(required)]
    key_id: Option<String>,
    /// True when requests without cookie of the key own it, besides the session that would begin.
    without_cookie: bool,
    /// Address of the client that took it.
    #[schema(required)]
    address: Option<String>,
    user_agent: String,
}

/// Locks that are held, by dataclass and key.
#[utoipa::path(get, path = "/console/api/locks", tag = "locks", responses((status = 200, body = [LockBody])))]
pub(super) async fn list(State(state): State<AppState>) -> Response {
    state.follow_keys();
    let held = state.sessions().held_now(state.now());
    json(StatusCode::OK, &held.into_iter().map(|(entity, lock)| body(&state, entity, lock)).collect::<Vec<_>>())
}

fn body(state: &AppState, entity: Entity, lock: Lock) -> LockBody {
    LockBody {
        dataclass: state.model().dataclass(entity.class).name.clone(),
        key: entity.key.into(),
        since: Timestamp::from_millisecond(lock.since).unwrap_or_default().to_string(),
        key_id: Some(&*lock.holder).filter(|holder| !holder.is_empty()).map(str::to_owned),
        without_cookie: lock.is_uncookied,
        address: lock.address.map(|address| address.to_string()),
        user_agent: lock.user_agent.into(),
    }
}

/// Breaks a lock: its holder learns of it when others change the entity. `key` is the `__KEY`, percent-encoded.
#[utoipa::path(delete, path = "/console/api/locks/{dataclass}/{key}", tag = "locks",
    params(("dataclass" = String, Path), ("key" = String, Path)), responses(
    (status = 204), (status = 404, body = Problem, description = "Nobody holds this entity.")))]
pub(super) async fn break_open(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    Path((dataclass, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let free = || Problem::new(StatusCode::NOT_FOUND, "not-found", "Nobody holds this entity.");
    let class = state.model().find(&dataclass).ok_or_else(free)?.id;
    let lock = state.sessions().locks().break_open(&Entity { class, key: key.into() }).ok_or_else(free)?;
    // What was held by whom; not which entity: its key may be data.
    let actor = source.actor(&who.email);
    blocking(&state, move |state| match lock.holder.parse() {
        Ok(key) => state.control().audit_key(&actor, AuditAction::LockBreak, &key, &[&dataclass]),
        Err(_) => state.control().audit(&actor, AuditAction::LockBreak, &[&dataclass]),
    })
    .await?;
    Ok(no_content())
}
