//! Entity sets of a caller: found, made again, combined, stored, given up (`rest-dialect.md` 11).

use std::sync::Arc;
use std::time::Instant;

use axum::response::Response;
use claviger_model::ClassId;
use claviger_query::{Answers, Ask, Combined, Error, ErrorKind, KeyList, OverSet, Plan, Release, Request, Selection, set};
use claviger_store::StoreError;
use claviger_store::sets::{Kept, Owner, RESTORED_LIFE, SetId, SetsFull};
use http::StatusCode;

use super::caller::Caller;
use super::error::{from_store, json, server_error};
use crate::app::{AppState, Served};
use crate::functions;
use crate::gate::Principal;

/// Keys that are combined on the caller's thread at most.
const FEW_KEYS: usize = 20_000;

/// What became of a request over a set.
pub(super) enum Found {
    /// It goes on, over the keys of the set. `sorted`: these stand in an order that somebody asked for.
    Opened { request: Request, sorted: bool },
    /// It is answered.
    Answered(Response),
}

/// A plan whose result was stored.
pub(super) struct Stored {
    /// Reads the page that is sent.
    pub(super) plan: Plan,
    /// The new set.
    pub(super) id: SetId,
}

/// Finds the set that a request is about, or makes it again, and combines and cleans it as asked.
pub(super) async fn open(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    ask: &Ask,
    over: OverSet,
    deadline: Instant,
) -> Result<Found, Error> {
    let principal = caller.principal;
    let owner = principal.holder();
    let first = match find(state, owner, over.id(), principal.at) {
        Some(kept) => kept,
        None => restore(state, served, caller, ask, &over, deadline).await?,
    };
    refuse_other(&first, over.class())?;
    let (mut keys, mut sorted) = (first.keys, first.sorted);
    if let Some(combine) = over.combine() {
        let other = find(state, owner, combine.other(), principal.at).ok_or_else(set::other_absent)?;
        refuse_other(&other, over.class())?;
        let operator = combine.operator();
        let combined = if keys.len() + other.keys.len() <= FEW_KEYS {
            keys.combine(operator, &other.keys)
        } else {
            let work = move || keys.combine(operator, &other.keys);
            tokio::task::spawn_blocking(work).await.map_err(|error| failed(state, StoreError::Internal(error.to_string())))?
        };
        match combined {
            Combined::Shared(is_shared) => return Ok(Found::Answered(json(StatusCode::OK, is_shared.to_string().into_bytes()))),
            Combined::Keys(combined) => keys = Arc::new(combined),
        }
        sorted = false;
    }
    if over.is_clean() {
        let existing = over.existing(keys);
        keys = Arc::new(state.store().keys(existing, usize::MAX, deadline).await.map_err(|error| failed(state, error))?);
    }
    Ok(Found::Opened { request: over.over(keys), sorted })
}

fn find(state: &AppState, owner: &Owner, id: &str, now: i64) -> Option<Kept> {
    state.sets().find(owner, SetId::parse(id)?, now)
}

/// A set that is gone is made again under its ID from what the caller saved (11.3).
async fn restore(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    ask: &Ask,
    over: &OverSet,
    deadline: Instant,
) -> Result<Kept, Error> {
    let principal = caller.principal;
    let owner = principal.holder();
    let id = SetId::parse(over.id()).ok_or_else(set::absent)?;
    let plan = |answers: &Answers| served.planner.saved(&principal.grants, ask, over, answers);
    let selection = functions::planned(state, served, caller, deadline, plan).await?;
    let sorted = selection.is_sorted();
    let keys = select(state, owner, selection, principal.at, deadline).await?;
    let kept = Kept { class: over.class(), keys, sorted };
    state.sets().keep(owner, id, kept.clone(), Some(RESTORED_LIFE), principal.at).map_err(full)?;
    Ok(kept)
}

/// Stores the whole result of a plan as a new set (11.1).
pub(super) async fn store(state: &AppState, principal: &Principal, plan: Plan, sorted: bool, deadline: Instant) -> Result<Stored, Error> {
    let life = plan.keep().and_then(|keep| keep.life());
    let selection = plan.kept();
    let sorted = sorted || selection.is_sorted();
    keep(state, principal, plan, selection, sorted, life, deadline).await
}

/// Stores a selection that a function returned as a new set (15.5); `plan` reads a page of it.
pub(super) async fn store_selection(
    state: &AppState,
    principal: &Principal,
    plan: Plan,
    selection: Selection,
    life: Option<u64>,
    deadline: Instant,
) -> Result<Stored, Error> {
    let sorted = selection.is_sorted();
    keep(state, principal, plan, selection, sorted, life, deadline).await
}

/// `life`: in seconds.
async fn keep(
    state: &AppState,
    principal: &Principal,
    plan: Plan,
    selection: Selection,
    sorted: bool,
    life: Option<u64>,
    deadline: Instant,
) -> Result<Stored, Error> {
    let owner = principal.holder();
    let life = life.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000));
    let class = selection.class();
    let keys = select(state, owner, selection, principal.at, deadline).await?;
    let id = SetId::random(|bytes| state.fill(bytes));
    let kept = Kept { class, keys: Arc::clone(&keys), sorted };
    state.sets().keep(owner, id, kept, life, principal.at).map_err(full)?;
    Ok(Stored { plan: plan.page_of(keys), id })
}

/// Keys of a selection, within the memory that is left.
async fn select(state: &AppState, owner: &Owner, selection: Selection, now: i64, deadline: Instant) -> Result<Arc<KeyList>, Error> {
    let room = state.sets().room(owner, now).map_err(full)?;
    match state.store().keys(selection, room, deadline).await {
        Ok(keys) => Ok(Arc::new(keys)),
        Err(StoreError::TooManyKeys) => Err(full(SetsFull::TooLarge(state.sets().held_bytes()))),
        Err(error) => Err(failed(state, error)),
    }
}

/// Gives sets up (11.7). In a list, what is unknown, expired or another's is passed over.
pub(super) fn release(state: &AppState, principal: &Principal, release: &Release) -> Result<Response, Error> {
    let owner = principal.holder();
    let give_up = |id| state.sets().release(owner, id, principal.at);
    match release {
        Release::One { class, id } => {
            let id = SetId::parse(id).ok_or_else(set::absent)?;
            refuse_other(&state.sets().find(owner, id, principal.at).ok_or_else(set::absent)?, *class)?;
            give_up(id);
        }
        Release::Listed { ids, .. } => {
            for id in ids.iter().filter_map(|id| SetId::parse(id)) {
                give_up(id);
            }
        }
    }
    Ok(json(StatusCode::OK, b"{\"ok\":true}".to_vec()))
}

fn refuse_other(kept: &Kept, class: ClassId) -> Result<(), Error> {
    if kept.class == class { Ok(()) } else { Err(set::other_dataclass()) }
}

fn full(error: SetsFull) -> Error {
    server_error(ErrorKind::TooMany, 9429, &error.to_string())
}

fn failed(state: &AppState, error: StoreError) -> Error {
    from_store(error, state.settings().rest.max_answer_bytes)
}
