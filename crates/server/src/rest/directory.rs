//! `$directory/…` and `$logout` (`rest-dialect.md` 17.4, 17.5). The server has no directory of users: logging in is always refused, and who
//! is logged in is the key.

use axum::response::Response;
use claviger_query::{Directory, Error};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::caller::Caller;
use super::error::json as answer_json;
use super::info::key_names;
use crate::app::AppState;
use crate::gate::Principal;
use crate::telemetry::usage::{Note, Reason};

/// `errCode` of a refused login.
const LOGIN_FAILED: i64 = 1822;

pub(super) async fn answer(
    state: &AppState,
    caller: &Caller<'_>,
    headers: &HeaderMap,
    call: Directory,
    note: &mut Note,
) -> Result<Response, Error> {
    match call {
        Directory::Login { name } => Ok(login(state, caller, headers, name, note)),
        Directory::CurrentUser => Ok(result(&current_user(state, caller.principal).await?)),
        Directory::BelongsTo(groups) => Ok(result(&belongs_to(caller.principal, &groups).into())),
        Directory::Logout => {
            if caller.visit.came_back {
                state.sessions().end(caller.visit.id);
                state.remotes().end(caller.visit.id);
                caller.visit.end();
            }
            Ok(result(&true.into()))
        }
    }
}

fn result(value: &Value) -> Response {
    answer_json(StatusCode::OK, json!({ "result": value }).to_string().into_bytes())
}

/// Refused, whoever it is and whatever the password: nobody learns whether there is such a user. Repetition is slowed down.
fn login(state: &AppState, caller: &Caller<'_>, headers: &HeaderMap, in_body: Option<String>, note: &mut Note) -> Response {
    let in_header = headers.get("username-4d").and_then(|name| name.to_str().ok());
    let name = in_header.map(str::to_owned).or(in_body).unwrap_or_default();
    let (logins, now) = (state.sessions().logins(), state.now());
    let wait = logins.blocked(&name, caller.address, now);
    if wait.is_none() {
        logins.fail(&name, caller.address, now);
    }
    let status = if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
    note.refused = Some((if wait.is_some() { Reason::TooOften } else { Reason::NotValid }, Some(LOGIN_FAILED)));
    let mut response = answer_json(status, br#"{"result":false}"#.to_vec());
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A key counts as logged in (17.3): its description is its name. A guest is nobody.
async fn current_user(state: &AppState, principal: &Principal) -> Result<Value, Error> {
    let Some(key) = principal.key() else { return Ok(Value::Null) };
    let id = key.id.clone();
    let name = key_names(state, vec![id.clone()]).await?.remove(id.as_str()).unwrap_or_default();
    Ok(json!({ "userName": name, "fullName": name, "ID": id.as_str() }))
}

/// Groups of users are roles here: a key belongs to its own.
fn belongs_to(principal: &Principal, groups: &[String]) -> bool {
    principal.role().is_some_and(|role| groups.iter().any(|group| group.to_lowercase() == role.to_lowercase()))
}
