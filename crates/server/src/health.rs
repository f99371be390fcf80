//! `/healthz`, `/readyz`, `/metrics`, `/`, and 404 for all that nobody serves (`interface.md` 4).

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, Method, Request, StatusCode, header};
use serde_json::json;

use crate::accept::{Door, Peer};
use crate::app::AppState;
use crate::console::problem::{self, Problem};
use crate::gate;

pub(crate) async fn handle(state: &AppState, peer: Peer, request: Request<Body>) -> Response {
    // Only the head is of interest, and a body could not be held over an await.
    let (head, _) = request.into_parts();
    let path = head.uri.path();
    if !matches!(path, "/healthz" | "/readyz" | "/metrics" | "/") {
        return problem::not_found();
    }
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return problem::method_not_allowed("GET, HEAD");
    }
    match path {
        "/healthz" => text(StatusCode::OK, "application/json", Body::from(r#"{"status":"ok"}"#)),
        "/readyz" => ready(state).await,
        "/metrics" => metrics(state, peer, &head).await,
        _ if peer.door == Door::Endpoint => problem::not_found(),
        _ => home(state, peer, &head),
    }
}

fn text(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// To the console; behind a trusted proxy that says under which prefix it serves (`X-Forwarded-Prefix`), there.
fn home(state: &AppState, peer: Peer, head: &Parts) -> Response {
    let prefix = head.headers.get("x-forwarded-prefix").filter(|_| state.is_trusted(peer.address)).and_then(|value| value.to_str().ok());
    // Segments of plain characters only: `//` and `/\\` at the beginning would be the name of another host.
    let is_plain =
        |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte));
    let prefix = prefix
        .map(|prefix| prefix.trim_end_matches('/'))
        .filter(|prefix| prefix.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_plain)));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let location = HeaderValue::from_str(&format!("{}/console/", prefix.unwrap_or_default()));
    response.headers_mut().insert(header::LOCATION, location.unwrap_or(HeaderValue::from_static("/console/")));
    response
}

/// Database, control store and master key are usable, or which is not.
async fn ready(state: &AppState) -> Response {
    let checked = state.clone();
    let problems = tokio::task::spawn_blocking(move || {
        let mut problems = Vec::new();
        if let Err(error) = checked.store().ping() {
            tracing::error!(%error, "the database is not usable");
            problems.push("database");
        }
        if let Err(error) = checked.control().ping() {
            tracing::error!(%error, "the control store is not usable");
            problems.push("control");
        }
        if checked.master_key().is_err() {
            problems.push("masterKey");
        }
        problems
    })
    .await
    .unwrap_or_else(|_| vec!["server"]);
    if problems.is_empty() {
        return text(StatusCode::OK, "application/json", Body::from(r#"{"status":"ready"}"#));
    }
    let body = json!({ "status": "not ready", "unusable": problems }).to_string();
    text(StatusCode::SERVICE_UNAVAILABLE, "application/json", Body::from(body))
}

/// For a scraper on this machine, or on the console's listener.
async fn metrics(state: &AppState, peer: Peer, head: &Parts) -> Response {
    let address = gate::address_of(state, peer, &head.headers).known();
    let is_near = peer.door == Door::Console || address.is_some_and(|address| address.is_loopback());
    if !is_near || gate::is_forwarded_by_stranger(state, peer, &head.headers) {
        return Problem::new(StatusCode::FORBIDDEN, "not-local", "Metrics are for this machine and for the console's listener.").into();
    }
    let counting = state.clone();
    let counted = tokio::task::spawn_blocking(move || counting.control().key_counts(&counting.roles())).await;
    let counts = match counted {
        Ok(Ok(counts)) => Some(counts),
        Ok(Err(error)) => {
            tracing::error!(%error, "keys could not be counted for /metrics");
            None
        }
        Err(_) => None,
    };
    let mut body = state.metrics().render(state.keys().len(), counts, state.served().functions.counts());
    state.usage().render_metrics(&mut body);
    text(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", Body::from(body))
}
