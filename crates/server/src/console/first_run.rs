//! `/console/api/first-run`: the first owner, made with the one-time code that stands in the server's log.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use claviger_store::control::Actor;
use http::{HeaderValue, Request, StatusCode, header};
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use super::fields::Fields;
use super::guard::Source;
use super::problem::Problem;
use super::session::{SessionBody, begin};
use super::{blocking, hashed, json, password};
use crate::app::AppState;

/// Is there nobody yet?
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FirstRunState {
    needed: bool,
}

/// The first owner.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct FirstRunBody {
    /// From the server's log.
    code: String,
    email: String,
    password: String,
}

/// True while no console user exists.
#[utoipa::path(get, path = "/console/api/first-run", tag = "first run", responses((status = 200, body = FirstRunState)))]
pub(super) async fn state(State(state): State<AppState>) -> Result<Response, Problem> {
    let users = blocking(&state, |state| state.control().users()).await?;
    Ok(json(StatusCode::OK, &FirstRunState { needed: users.is_empty() }))
}

/// Makes the first owner and signs in.
#[utoipa::path(post, path = "/console/api/first-run", tag = "first run", request_body = FirstRunBody, responses(
    (status = 201, body = SessionBody), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
    (status = 429, body = Problem)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    if source.is_forwarded_by_stranger {
        let detail = "The request was forwarded by a proxy that trusted_proxies does not name; ask the server directly.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forwarded", detail));
    }
    let mut fields = Fields::of(request).await?;
    let (code, email, chosen) = (fields.text("code"), fields.text("email"), fields.text("password"));
    let email = email.trim().to_owned();
    if let Err(message) = password::check_email(&email) {
        fields.refuse("email", "not_an_email", message);
    }
    if let Err(message) = password::check(&chosen) {
        fields.refuse("password", "length", message);
    }
    fields.done()?;
    let taken = || Problem::new(StatusCode::CONFLICT, "exists", "There is a console user already; sign in.");
    let expected = state.console().first_run_code().ok_or_else(taken)?;
    let sign_ins = &state.console().sign_ins;
    // One counter for all codes from an address.
    if let Some(seconds) = sign_ins.blocked("", source.address, state.now()) {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-failures", "Too many wrong codes; wait and try again.");
        return Err(problem.header(header::RETRY_AFTER, HeaderValue::from(seconds)));
    }
    if !bool::from(code.trim().as_bytes().ct_eq(expected.as_bytes())) {
        sign_ins.fail("", source.address, state.now());
        return Err(Problem::new(StatusCode::FORBIDDEN, "wrong-code", "The code is not the one in the server's log."));
    }
    let hash = hashed(&state, chosen).await?;
    let actor = Actor { name: email.clone(), ..source.actor("") };
    let user = blocking(&state, move |state| state.control().create_first_owner(&email, &hash, &actor)).await?;
    *state.console().first_run.lock() = None;
    begin(&state, source, &user, StatusCode::CREATED).await
}
