//! The management API's router and its own description, made from the same handlers.

use std::sync::OnceLock;

use axum::Router;
use axum::response::Response;
use http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    audit, environment, explain, first_run, functions, json, key_list, key_openapi, keys, locks, refusals, resolved, roles, session,
    try_it, usage, users,
};
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
        let (router, mut document) = OpenApiRouter::with_openapi(Heading::openapi())
            .routes(routes!(describe))
            .routes(routes!(first_run::state, first_run::create))
            .routes(routes!(session::sign_in, session::current, session::sign_out))
            .routes(routes!(session::confirm))
            .routes(routes!(session::change_password))
            .routes(routes!(key_list::list, keys::create))
            .routes(routes!(key_list::summary))
            .routes(routes!(keys::show, keys::edit, keys::delete))
            .routes(routes!(keys::reveal))
            .routes(routes!(keys::regenerate))
            .routes(routes!(environment::environment))
            .routes(routes!(environment::endpoint))
            .routes(routes!(roles::list))
            .routes(routes!(roles::findings))
            .routes(routes!(roles::reload))
            .routes(routes!(functions::list))
            .routes(routes!(functions::reload))
            .routes(routes!(resolved::of_role))
            .routes(routes!(resolved::of_key))
            .routes(routes!(resolved::of_administration))
            .routes(routes!(key_openapi::openapi))
            .routes(routes!(explain::explain))
            .routes(routes!(try_it::run))
            .routes(routes!(audit::list))
            .routes(routes!(audit::export))
            .routes(routes!(usage::show))
            .routes(routes!(refusals::list))
            .routes(routes!(refusals::show))
            .routes(routes!(locks::list))
            .routes(routes!(locks::break_open))
            .routes(routes!(users::list, users::create))
            .routes(routes!(users::edit, users::delete))
            .split_for_parts();
        name_operations(&mut document);
        (router, document)
    })
}

/// Names of operations are unique: group and handler, as in `keys_list`.
fn name_operations(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        let methods = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in methods.into_iter().flatten() {
            let group = operation.tags.as_ref().and_then(|tags| tags.first()).map(|tag| tag.replace(' ', "_")).unwrap_or_default();
            operation.operation_id = operation.operation_id.as_ref().map(|handler| format!("{group}_{handler}"));
        }
    }
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
