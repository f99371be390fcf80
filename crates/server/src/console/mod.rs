//! The management API under `/console/api/` (`interface.md` 5) and the page at `/console/`.
//!
//! [`routes`] lists what exists and what it needs, [`guard`] asks for it before a handler runs; one file for each group of endpoints.

mod audit;
mod environment;
mod explain;
mod fields;
mod files;
mod first_run;
mod functions;
pub mod guard;
mod key_list;
mod key_openapi;
mod keys;
mod locks;
mod openapi;
mod origin;
pub mod password;
pub mod problem;
mod query;
mod refusals;
mod resolved;
mod roles;
pub mod routes;
mod session;
pub(crate) mod throttle;
mod try_it;
mod usage;
mod users;

use axum::body::Body;
use axum::response::Response;
use claviger_store::control::{ControlError, ControlStore, Random};
use http::{HeaderValue, Method, Request, StatusCode, header};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::accept::Peer;
use crate::app::{AppState, blocking};
use crate::service::OUR_FAULT;
use guard::Source;
use problem::Problem;
use routes::Match;
use throttle::SignInThrottle;

pub use openapi::document;
pub(crate) use origin::{endpoint, is_https};

/// Password hashes computed at once.
const HASHING: usize = 2;

/// What the management API keeps in memory.
pub(crate) struct ConsoleState {
    first_run: Mutex<Option<String>>,
    hashing: Semaphore,
    sign_ins: SignInThrottle,
}

impl ConsoleState {
    /// With a one-time code when there is no console user yet.
    pub(crate) fn new(control: &ControlStore, random: &Random) -> Result<Self, ControlError> {
        let code = control.users()?.is_empty().then(|| {
            let mut bytes = [0; 10];
            random(&mut bytes);
            guard::hex(&bytes)
        });
        Ok(Self { first_run: Mutex::new(code), hashing: Semaphore::new(HASHING), sign_ins: SignInThrottle::default() })
    }

    /// The code that the first owner is made with.
    pub(crate) fn first_run_code(&self) -> Option<String> {
        self.first_run.lock().clone()
    }
}

/// Answers a request under `/console`.
pub(crate) async fn handle(state: &AppState, peer: Peer, request: Request<Body>) -> Response {
    let path = request.uri().path();
    let mut response = if path.starts_with("/console/api/") {
        let mut response = api(state, peer, request).await.unwrap_or_else(Response::from);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        if files::is_served(path) { problem::method_not_allowed("GET, HEAD") } else { problem::not_found() }
    } else if path == "/console" {
        // Relative, so that it holds behind a path prefix too.
        redirect("console/")
    } else {
        files::answer(state, path, request.headers()).unwrap_or_else(problem::not_found)
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Pages bring one of their own.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
    response
}

async fn api(state: &AppState, peer: Peer, mut request: Request<Body>) -> Result<Response, Problem> {
    let route = match routes::find(request.method().as_str(), request.uri().path()) {
        Match::Route(route) => route,
        Match::OtherMethods(methods) => return Ok(problem::method_not_allowed(&methods)),
        Match::Nothing => return Ok(problem::not_found()),
    };
    let source = Source::of(state, peer, request.headers());
    let signed_in = guard::check(state, peer, route, request.method(), request.headers()).await?;
    request.extensions_mut().insert(source);
    if let Some(signed_in) = signed_in {
        request.extensions_mut().insert(signed_in);
    }
    match openapi::router().clone().with_state(state.clone()).oneshot(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

/// Hashes or checks a password off the async threads, a few at a time.
async fn hashing<T: Send + 'static>(state: &AppState, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let busy = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many sign-ins at once; try again in a moment.");
    let _turn = state.console().hashing.acquire().await.map_err(|_| busy())?;
    tokio::task::spawn_blocking(work).await.map_err(|_| busy())
}

/// The hash of a new password.
async fn hashed(state: &AppState, chosen: String) -> Result<String, Problem> {
    let mut salt = [0; 16];
    state.fill(&mut salt);
    hashing(state, move || password::hash(&chosen, &salt)).await?.map_err(|error| {
        tracing::error!(%error, "a password could not be hashed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server", OUR_FAULT)
    })
}

/// 200 (or another status) with JSON.
fn json(status: StatusCode, value: &impl serde::Serialize) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 204.
fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn redirect(to: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(to));
    response
}
