//! A call of a function by a request, from the planned [`Call`] to its answer.

use std::time::Instant;

use axum::response::Response;
use base64::Engine as _;
use claviger_model::FunctionClass;
use claviger_query::{Call, Error, ErrorKind, Receiver};
use claviger_script::{Action, Call as Asked};
use http::{HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;
use serde_json::json;
use serde_json::value::RawValue;

use super::error::of_call;
use super::host::Running;
use super::privileges::Privileges;
use super::result::Returned;
use crate::app::{AppState, Served};
use crate::rest::{self, Caller};
use crate::service::OUR_FAULT;

/// Calls the function.
pub(crate) async fn answer(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    call: Call,
    deadline: Instant,
) -> Result<Response, Error> {
    let Some(pool) = served.functions.pool() else { return Err(nothing()) };
    let settings = state.settings();
    let class = class_name(served, call.class());
    let name = call.name().to_owned();
    let shown = format!("{class}.{name}");
    let privileges = Privileges::new(state.lendings(), &served.model, caller.key_grants(state), caller.principal.grants.clone());
    privileges.enter(call.id());
    let running = Running { state, served, caller, privileges, request: caller.request, function: &shown, refused: Mutex::default() };
    let (receiver, arguments) = call.into_parts();
    let this = match receiver {
        Receiver::Datastore | Receiver::Dataclass(_) | Receiver::Singleton(_) => "null".to_owned(),
        Receiver::Selection(_) | Receiver::Entity(..) => return Err(nothing()),
    };
    let left = deadline.saturating_duration_since(Instant::now()).as_millis();
    let asked = Asked {
        action: Action::Function,
        class,
        function: name,
        this: raw(this),
        each: false,
        arguments: raw(json!(arguments).to_string()),
        caller: raw(running.described().to_string()),
        timeout_ms: settings.functions.timeout_ms.min(u64::try_from(left).unwrap_or(u64::MAX)),
        output: settings.rest.max_body_bytes,
    };
    let returned = pool.call(&asked, &running).await;
    let returned = returned.map_err(|error| of_call(error, &shown, settings, &running.refused.lock()))?;
    match serde_json::from_str(returned.get()).map_err(|error| unreadable(&shown, &error))? {
        Returned::Value { value } => {
            let mut body = b"{\"result\":".to_vec();
            body.extend_from_slice(value.get().as_bytes());
            body.push(b'}');
            Ok(rest::json(StatusCode::OK, body))
        }
        Returned::Response { status, headers, body, content_type } => respond(status, headers, &body, &content_type),
    }
}

/// The class of the operator's code.
fn class_name(served: &Served, class: &FunctionClass) -> String {
    let of = |id| &served.model.dataclass(id).name;
    match class {
        FunctionClass::Datastore => "DataStore".to_owned(),
        FunctionClass::Dataclass(id) => of(*id).clone(),
        FunctionClass::Selection(id) => format!("{}Selection", of(*id)),
        FunctionClass::Entity(id) => format!("{}Entity", of(*id)),
        FunctionClass::Singleton(name) => name.clone(),
    }
}

/// `response(…)`: body, status and headers as the code said. Headers that belong to the connection are not its business.
fn respond(status: u16, headers: Vec<(String, String)>, body: &str, content_type: &str) -> Result<Response, Error> {
    let wrong = |what: &str| Error::new(ErrorKind::Failed, 9510, format!("The function's response has {what}."));
    let body = base64::engine::general_purpose::STANDARD.decode(body).map_err(|_| wrong("a body that cannot be read"))?;
    let status = StatusCode::from_u16(status).ok().filter(|status| status.as_u16() >= 200);
    let mut response = Response::new(axum::body::Body::from(body));
    *response.status_mut() = status.ok_or_else(|| wrong("no HTTP status between 200 and 599"))?;
    let own = std::iter::once(("content-type".to_owned(), content_type.to_owned()));
    for (name, value) in own.chain(headers) {
        let name = HeaderName::try_from(name).map_err(|_| wrong("a header whose name cannot be one"))?;
        let value = HeaderValue::try_from(value).map_err(|_| wrong("a header whose value cannot be one"))?;
        if ["connection", "content-length", "transfer-encoding", "upgrade", "trailer", "te", "keep-alive"].contains(&name.as_str()) {
            continue;
        }
        if name == http::header::SET_COOKIE {
            response.headers_mut().append(name, value);
        } else {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// 1827: the functions went away between planning and calling.
fn nothing() -> Error {
    Error::new(ErrorKind::NotFound, 1827, "The function cannot be found")
}

fn unreadable(function: &str, error: &serde_json::Error) -> Error {
    tracing::error!(function, %error, "what the worker gave as a result cannot be read");
    rest::server_error(ErrorKind::Failed, 9500, OUR_FAULT)
}

fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
