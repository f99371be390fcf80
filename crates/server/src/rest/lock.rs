//! `$lock` (`rest-dialect.md` 13.2).

use std::sync::Arc;
use std::time::Instant;

use axum::response::Response;
use claviger_model::Value;
use claviger_query::{Base, Error, Lock};
use claviger_store::{Held, OpenTransaction};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;

use super::caller::{Caller, user_agent};
use super::error::{from_store, json};
use crate::app::AppState;
use crate::session::locks::{Entity, Told};

/// What became of a lock that was asked for.
pub(crate) enum Claimed {
    /// It is taken, or given back. `is_fresh`: taken now, and not held before.
    Done { is_fresh: bool },
    /// Somebody else holds the entity.
    Held(Held),
    /// The entity was deleted while it was locked.
    Gone,
}

/// Takes a lock or gives it back. The answer is 200 also when somebody else has it.
pub(super) async fn answer(
    state: &AppState,
    caller: &Caller<'_>,
    headers: &HeaderMap,
    lock: Lock,
    deadline: Instant,
) -> Result<Response, Error> {
    let body = match claim(state, caller, user_agent(headers), lock, None, deadline).await? {
        Claimed::Done { .. } => r#"{"result":true,"__STATUS":{"success":true}}"#.to_owned(),
        Claimed::Held(held) => format!(r#"{{"result":false,"__STATUS":{{{}}}}}"#, already_locked(&held)),
        Claimed::Gone => r#"{"result":false,"__STATUS":{"status":5,"statusText":"Entity does not exist anymore"}}"#.to_owned(),
    };
    Ok(json(StatusCode::OK, body.into_bytes()))
}

/// Takes a lock or gives it back; 1542 when there is no such entity.
///
/// `transaction`: the one that the caller has open, behind which the store would wait.
pub(crate) async fn claim(
    state: &AppState,
    caller: &Caller<'_>,
    agent: &str,
    lock: Lock,
    transaction: Option<&mut OpenTransaction>,
    deadline: Instant,
) -> Result<Claimed, Error> {
    let (sessions, asker, now) = (Arc::clone(state.sessions()), caller.asker(), caller.principal.at);
    state.follow_keys();
    let (class, taken) = (lock.class(), lock.is_taken());
    let asked = key_of(&lock);
    // What is taken from now on may be on an entity that is made after the search for this one.
    let before = sessions.locks().taken();
    let (address, agent, expires_on) = (caller.address, agent.to_owned(), caller.principal.expires_on());
    // Taken under the writer's order; if the store then fails after all, it is given back.
    let fresh = Arc::new(Mutex::new(None));
    let claim = {
        let (sessions, asker, fresh) = (Arc::clone(&sessions), asker.clone(), Arc::clone(&fresh));
        move |key: &[Value]| {
            let entity = Entity::of(class, key);
            if !taken {
                return sessions.give_back(&asker, &entity, now);
            }
            let told = Told::new(key, address, &agent, expires_on);
            if sessions.take(&asker, entity.clone(), told, now)? {
                *fresh.lock() = Some(entity);
            }
            Ok(())
        }
    };
    let most = state.settings().rest.max_answer_bytes;
    let claimed = match transaction {
        Some(transaction) => transaction.lock(lock, claim).await,
        None => state.store().lock(lock, claim, deadline).await,
    };
    match claimed {
        Ok(Some(Ok(()))) => Ok(Claimed::Done { is_fresh: fresh.lock().is_some() }),
        Ok(Some(Err(held))) => Ok(Claimed::Held(held)),
        Ok(None) => {
            let (parts, text) = asked;
            if parts.is_some_and(|parts| sessions.locks().is_gone(&Entity::of(class, &parts), before)) {
                return Ok(Claimed::Gone);
            }
            Err(Error::absent(&state.model().dataclass(class).name, &text))
        }
        Err(error) => {
            if let Some(entity) = fresh.lock().take() {
                // Nobody else can have it.
                let _ = sessions.give_back(&asker, &entity, now);
            }
            Err(from_store(error, most))
        }
    }
}

/// The key that was asked for, as values and as text.
fn key_of(lock: &Lock) -> (Option<Vec<Value>>, String) {
    match lock.base() {
        Base::Key { parts, text } => (parts.clone(), text.clone()),
        Base::Unique { text, .. } => (None, text.clone()),
        Base::All | Base::Set(_) | Base::Related { .. } | Base::RelatedToAny { .. } => (None, String::new()),
    }
}

/// Members of `__STATUS` for an entity that somebody else holds.
pub(super) fn already_locked(held: &Held) -> String {
    let info = &held.0;
    format!(r#""status":3,"statusText":"Already Locked","lockKind":7,"lockKindText":"Locked By Session","lockInfo":{info}"#)
}
