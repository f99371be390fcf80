//! The management API's router and its own description, made from the same handlers.

use std::sync::OnceLock;

use axum::Router;
use axum::response::Response;
use http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{audit, environment, first_run, json, keys, refusals, session, usage, users};
use crate::app::AppState;

/// Heading of the document.
#[derive(OpenApi)]
#[openapi(info(
    title = "Claviger management API",
    description = "What the console and scripts manage: API keys, console users, roles, audit. Sign-in sets the cookie claviger_console; \
                   every call but GET carries the header x-csrf-token with the value given at sign-in, and an Origin of the console itself. \
                   Errors are RFC 9457 problem documents."
))]
struct Heading;

fn made() -> &'static (Router<AppState>, Document) {
    static MADE: OnceLock<(Router<AppState>, Document)> = OnceLock::new();
    MADE.get_or_init(|| {
        OpenApiRouter::with_openapi(Heading::openapi())
            .routes(routes!(describe))
            .routes(routes!(first_run::state, first_run::create))
            .routes(routes!(session::sign_in, session::current, session::sign_out))
            .routes(routes!(session::confirm))
            .routes(routes!(keys::list, keys::create))
            .routes(routes!(keys::show, keys::edit, keys::delete))
            .routes(routes!(keys::reveal))
            .routes(routes!(keys::regenerate))
            .routes(routes!(environment::endpoint))
            .routes(routes!(environment::roles))
            .routes(routes!(environment::reload))
            .routes(routes!(environment::resolved))
            .routes(routes!(audit::list))
            .routes(routes!(usage::show))
            .routes(routes!(refusals::list))
            .routes(routes!(refusals::show))
            .routes(routes!(users::list, users::create))
            .routes(routes!(users::edit, users::delete))
            .split_for_parts()
    })
}

/// The router; the guard has asked before.
pub(super) fn router() -> &'static Router<AppState> {
    &made().0
}

/// The OpenAPI document of the management API.
pub fn document() -> &'static Document {
    &made().1
}

/// This document.
#[utoipa::path(get, path = "/console/api/openapi.json", tag = "environment", responses((status = 200, body = Object)))]
async fn describe() -> Response {
    json(StatusCode::OK, document())
}
