//! `/console/api/endpoint`: what the console shows of the environment.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Request, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Source;
use super::json;
use crate::accept::Door;
use crate::app::AppState;

/// The API endpoint.
#[derive(Serialize, ToSchema)]
pub(super) struct EndpointBody {
    /// Without path and trailing slash.
    pub(super) url: String,
    /// True when `public_url` is empty and the URL is guessed from this request.
    derived: bool,
}

/// The endpoint's URL (K-02, K-06).
#[utoipa::path(get, path = "/console/api/endpoint", tag = "environment", responses((status = 200, body = EndpointBody)))]
pub(super) async fn endpoint(State(state): State<AppState>, Extension(source): Extension<Source>, request: Request<Body>) -> Response {
    json(StatusCode::OK, &endpoint_of(&state, source, request.headers()))
}

/// The endpoint's URL as a person of the console sees it.
pub(super) fn endpoint_of(state: &AppState, source: Source, headers: &HeaderMap) -> EndpointBody {
    let public = &state.settings().public_url;
    if !public.is_empty() {
        return EndpointBody { url: public.clone(), derived: false };
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let trusted = state.is_trusted(source.peer.address);
    let scheme = text("x-forwarded-proto").filter(|scheme| trusted && matches!(*scheme, "http" | "https")).unwrap_or("http");
    let host = text("x-forwarded-host").filter(|_| trusted).or_else(|| text(header::HOST.as_str())).unwrap_or("localhost");
    // On a listener of its own the console has another port than the endpoint.
    let url = if source.peer.door == Door::Console {
        let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
        format!("{scheme}://{name}:{}", state.port())
    } else {
        format!("{scheme}://{host}")
    };
    EndpointBody { url, derived: true }
}
