//! `/console/api/users`: people who may sign in; owners only, and changes with a password just given.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use claviger_store::control::{ConsoleRole, User};
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::Fields;
use super::guard::{SignedIn, Source};
use super::problem::Problem;
use super::{blocking, hashed, json, no_content, password};
use crate::app::AppState;

/// A console user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(super) struct UserBody {
    email: String,
    /// `owner`, `manager` or `viewer`.
    role: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_sign_in_at: Option<String>,
}

/// A new user.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct NewUserBody {
    email: String,
    /// `owner`, `manager` or `viewer` (default).
    role: Option<String>,
    password: String,
}

/// What changes of a user.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct UserEditBody {
    role: Option<String>,
    /// A new password ends the user's sessions.
    password: Option<String>,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        let text = |at| Timestamp::from_millisecond(at).unwrap_or_default().to_string();
        Self {
            email: user.email,
            role: user.role.name(),
            created_at: text(user.created_at),
            last_sign_in_at: user.last_sign_in_at.map(text),
        }
    }
}

fn role(fields: &mut Fields) -> Option<ConsoleRole> {
    let text = fields.optional("role")?;
    text.parse().map_err(|message: String| fields.refuse("role", "not_a_role", message)).ok()
}

fn check_password(fields: &mut Fields, chosen: &str) {
    if let Err(message) = password::check(chosen) {
        fields.refuse("password", "length", message);
    }
}

/// All console users.
#[utoipa::path(get, path = "/console/api/users", tag = "users", responses((status = 200, body = [UserBody]), (status = 403, body = Problem)))]
pub(super) async fn list(State(state): State<AppState>) -> Result<Response, Problem> {
    let users = blocking(&state, |state| state.control().users()).await?;
    Ok(json(StatusCode::OK, &users.into_iter().map(UserBody::from).collect::<Vec<_>>()))
}

/// Makes a user.
#[utoipa::path(post, path = "/console/api/users", tag = "users", request_body = NewUserBody, responses(
    (status = 201, body = UserBody), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(request).await?;
    let (email, chosen) = (fields.text("email"), fields.text("password"));
    let email = email.trim().to_owned();
    let role = role(&mut fields).unwrap_or(ConsoleRole::Viewer);
    if let Err(message) = password::check_email(&email) {
        fields.refuse("email", "not_an_email", message);
    }
    check_password(&mut fields, &chosen);
    fields.done()?;
    let hash = hashed(&state, chosen).await?;
    let user = blocking(&state, move |state| state.control().create_user(&email, role, &hash, &source.actor(&who.email))).await?;
    Ok(json(StatusCode::CREATED, &UserBody::from(user)))
}

/// Changes role or password.
#[utoipa::path(patch, path = "/console/api/users/{email}", tag = "users", params(("email" = String, Path)), request_body = UserEditBody, responses(
    (status = 200, body = UserBody), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn edit(
    State(state): State<AppState>,
    Path(email): Path<String>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(request).await?;
    let chosen = fields.optional("password");
    let role = role(&mut fields);
    if let Some(chosen) = &chosen {
        check_password(&mut fields, chosen);
    }
    fields.done()?;
    let hash = match chosen {
        Some(chosen) => Some(hashed(&state, chosen).await?),
        None => None,
    };
    let user = blocking(&state, move |state| state.control().edit_user(&email, role, hash.as_deref(), &source.actor(&who.email))).await?;
    Ok(json(StatusCode::OK, &UserBody::from(user)))
}

/// Removes a user and their sessions.
#[utoipa::path(delete, path = "/console/api/users/{email}", tag = "users", params(("email" = String, Path)), responses(
    (status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(email): Path<String>,
    Extension(source): Extension<Source>,
    Extension(who): Extension<SignedIn>,
) -> Result<Response, Problem> {
    blocking(&state, move |state| state.control().delete_user(&email, &source.actor(&who.email))).await?;
    Ok(no_content())
}
