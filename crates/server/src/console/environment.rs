//! `/console/api/environment` and `/console/api/endpoint`: what the console shows of the environment.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use claviger_access::key::dates::ceiling;
use claviger_access::key::day_of;
use http::{Request, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Source;
use super::{json, origin};
use crate::app::AppState;
use crate::settings::Switch;

/// The API endpoint.
#[derive(Serialize, ToSchema)]
pub(super) struct EndpointBody {
    /// Without path and trailing slash.
    url: String,
    /// True when `public_url` is empty and the URL is guessed from this request.
    derived: bool,
}

/// What the console needs to know of the server it belongs to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentBody {
    /// Name of the application.
    name: String,
    /// Name of the environment.
    environment: String,
    /// Version of the program.
    version: &'static str,
    /// The server's day, UTC.
    #[schema(format = Date)]
    today: String,
    /// The latest last day that a key may get today (K-26); also the default of a new key.
    #[schema(format = Date)]
    latest_expiry: String,
    /// Setting `keys.max_lifetime_days`.
    max_lifetime_days: u32,
    /// False when secrets are shown once only (`keys.reveal = "off"`).
    reveal: bool,
    /// For so many minutes a password counts as just given.
    fresh_minutes: i64,
    /// The role that is preselected (K-24); null when no role `Admin` is declared.
    default_role: Option<String>,
}

/// The application, the server's day, and the limits that apply to keys.
#[utoipa::path(get, path = "/console/api/environment", tag = "environment", responses((status = 200, body = EnvironmentBody)))]
pub(super) async fn environment(State(state): State<AppState>) -> Response {
    let settings = state.settings();
    let today = day_of(state.instant());
    let body = EnvironmentBody {
        name: settings.name.clone(),
        environment: settings.environment.clone(),
        version: env!("CARGO_PKG_VERSION"),
        today: today.to_string(),
        latest_expiry: ceiling(today, settings.keys.max_lifetime_days).to_string(),
        max_lifetime_days: settings.keys.max_lifetime_days,
        reveal: settings.keys.reveal == Switch::On,
        fresh_minutes: settings.console.fresh_minutes,
        default_role: state.roles().default_role().map(|role| role.name().to_owned()),
    };
    json(StatusCode::OK, &body)
}

/// The endpoint's URL (K-02, K-06).
#[utoipa::path(get, path = "/console/api/endpoint", tag = "environment", responses((status = 200, body = EndpointBody)))]
pub(super) async fn endpoint(State(state): State<AppState>, Extension(source): Extension<Source>, request: Request<Body>) -> Response {
    let (url, derived) = origin::endpoint(&state, source.peer, request.headers());
    json(StatusCode::OK, &EndpointBody { url, derived })
}
