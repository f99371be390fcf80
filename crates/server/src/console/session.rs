//! `/console/api/session`: sign in, who am I, give the password again, sign out.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use claviger_store::control::{AuditAction, ConsoleRole, User};
use http::{HeaderValue, Request, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::Fields;
use super::guard::{COOKIE, SignedIn, Source, csrf_token, hex};
use super::problem::Problem;
use super::{blocking, hashed, hashing, json, no_content, password};
use crate::app::AppState;

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionBody {
    user: SessionUser,
    /// Goes into the header `x-csrf-token` of every call but GET.
    csrf_token: String,
}

/// The person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionUser {
    email: String,
    /// `owner`, `manager` or `viewer`.
    #[schema(value_type = String)]
    role: ConsoleRole,
}

/// A sign-in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct SignInBody {
    email: String,
    password: String,
}

/// A password given again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct ConfirmBody {
    password: String,
}

/// A new password.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct PasswordBody {
    /// The present one.
    password: String,
    /// 8 to 256 characters.
    new_password: String,
}

/// Signs in: sets the cookie `claviger_console`. Needs `Origin`, no CSRF token.
#[utoipa::path(post, path = "/console/api/session", tag = "session", request_body = SignInBody, responses(
    (status = 200, body = SessionBody), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn sign_in(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(request).await?;
    let (email, password) = (fields.text("email"), fields.text("password"));
    fields.done()?;
    let email = email.trim().to_owned();
    let user = check_password(&state, source, &email, "(nobody)", password).await?;
    begin(&state, source, &user, StatusCode::OK).await
}

/// The session of the cookie.
#[utoipa::path(get, path = "/console/api/session", tag = "session", responses((status = 200, body = SessionBody), (status = 401, body = Problem)))]
pub(super) async fn current(State(state): State<AppState>, Extension(who): Extension<SignedIn>) -> Response {
    let csrf_token = csrf_token(&state, &who.token);
    json(StatusCode::OK, &SessionBody { user: SessionUser { email: who.email, role: who.role }, csrf_token })
}

/// The password again: counts as fresh for a while.
#[utoipa::path(post, path = "/console/api/session/confirm", tag = "session", request_body = ConfirmBody, responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn confirm(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(request).await?;
    let password = fields.text("password");
    fields.done()?;
    check_password(&state, source, &who.email, &who.email, password).await?;
    blocking(&state, move |state| state.control().confirm_session(who.token.as_bytes())).await?;
    Ok(no_content())
}

/// A new password of one's own. All sessions end, a new one begins.
#[utoipa::path(post, path = "/console/api/password", tag = "session", request_body = PasswordBody, responses(
    (status = 200, body = SessionBody), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem),
    (status = 429, body = Problem)))]
pub(super) async fn change_password(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(request).await?;
    let (present, chosen) = (fields.text("password"), fields.text("newPassword"));
    if let Err(message) = password::check(&chosen) {
        fields.refuse("newPassword", "length", message);
    }
    fields.done()?;
    check_password(&state, source, &who.email, &who.email, present).await?;
    let hash = hashed(&state, chosen).await?;
    let user = blocking(&state, move |state| state.control().edit_user(&who.email, None, Some(&hash), &source.actor(&who.email))).await?;
    begin(&state, source, &user, StatusCode::OK).await
}

/// Signs out.
#[utoipa::path(delete, path = "/console/api/session", tag = "session", responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn sign_out(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
) -> Result<Response, Problem> {
    blocking(&state, move |state| state.control().end_session(who.token.as_bytes())).await?;
    let mut response = no_content();
    response.headers_mut().insert(header::SET_COOKIE, cookie(source, "", 0));
    Ok(response)
}

/// The user whose password it is. An unknown user and a wrong password look alike and cost alike.
async fn check_password(state: &AppState, source: Source, email: &str, actor: &str, password: String) -> Result<User, Problem> {
    let sign_ins = &state.console().sign_ins;
    if let Some(seconds) = sign_ins.blocked(email, source.address, state.now()) {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-failures", "Too many failed sign-ins; wait and try again.");
        return Err(problem.header(header::RETRY_AFTER, HeaderValue::from(seconds)));
    }
    sign_ins.fail(email, source.address, state.now());
    let name = email.to_owned();
    let found = blocking(state, move |state| state.control().user_with_password(&name)).await?;
    let (user, hash) = found.map_or((None, None), |(user, hash)| (Some(user), Some(hash)));
    let right = hashing(state, move || password::verify(&password, hash.as_deref())).await?;
    match user.filter(|_| right) {
        Some(user) => {
            sign_ins.succeed(email, source.address);
            Ok(user)
        }
        None => {
            // The name as typed may be a password in the wrong field: only its being wrong is told.
            let actor = source.actor(actor);
            blocking(state, move |state| state.control().audit(&actor, AuditAction::SignInFailed, &[])).await?;
            Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong-sign-in", "E-mail or password is wrong."))
        }
    }
}

/// Begins a session and answers with its cookie.
pub(super) async fn begin(state: &AppState, source: Source, user: &User, status: StatusCode) -> Result<Response, Problem> {
    let mut bytes = [0; 32];
    state.fill(&mut bytes);
    let token = hex(&bytes);
    let (kept, owner) = (token.clone(), user.clone());
    blocking(state, move |state| state.control().begin_session(kept.as_bytes(), &owner, &source.actor(&owner.email))).await?;
    let body = SessionBody { user: SessionUser { email: user.email.clone(), role: user.role }, csrf_token: csrf_token(state, &token) };
    let mut response = json(status, &body);
    response.headers_mut().insert(header::SET_COOKIE, cookie(source, &token, state.settings().console.session_hours * 3600));
    Ok(response)
}

fn cookie(source: Source, token: &str, seconds: i64) -> HeaderValue {
    let secure = if source.is_https { "; Secure" } else { "" };
    // Without `Path` the browser sends it to `…/console/api/` only, also behind a path prefix that this server does not know: so calls that
    // set it stand directly below that.
    let text = format!("{COOKIE}={token}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("claviger_console="))
}
