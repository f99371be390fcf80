//! From a request's head to its answer's: what every part of the surface shares (`architecture.md`, steps 2 and 10).
//!
//! Hand-written instead of a stack of layers: a read by key is answered in microseconds, and each boxed layer would be felt.

use std::any::Any;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use claviger_access::ClientAddress;
use claviger_query::{Error, ErrorKind};
use claviger_store::control::LiveKey;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use tower::ServiceExt as _;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

use crate::accept::{Door, Peer};
use crate::app::AppState;
use crate::gate::{self, Principal, Turned};
use crate::settings::{AdministrationListener, LogLevel, LogPermissions, LogRequests};
use crate::telemetry::access_log::Line;
use crate::telemetry::denials;
use crate::telemetry::metrics::Part;
use crate::telemetry::usage::{Event, Note, Reason, Telling};
use crate::{console, cors, health, rest};

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The sentence for everything that is our fault; the cause is in the log.
pub(crate) const OUR_FAULT: &str = "The server could not process the request. Its log says why.";

/// What is learned on the way, for the request's line and for counting.
#[derive(Default)]
struct Trace {
    principal: Option<Principal>,
    /// The key of a request that the gate refused.
    turned: Option<Turned>,
    gate: Duration,
    note: Note,
}

/// Answers one request.
pub async fn respond(state: &AppState, peer: Peer, request: Request<Body>) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let gzip = wants_gzip(&request);
    let part = part_of(request.uri().path());
    let told = &state.settings().log;
    let is_told = told.requests != LogRequests::Off && matches!(told.level, LogLevel::Info | LogLevel::Debug);
    let log = state.log().filter(|_| is_told);
    let address = gate::address_of(state, peer, request.headers());
    let asked = (part == Part::Rest || log.is_some()).then(|| (request.method().clone(), request.uri().clone()));
    let mut trace = Trace::default();
    let (mut response, fault) = {
        // Pinned once: handed on by value, the future would be kept twice.
        let mut work = pin!(dispatch(state, peer, address, part, &id, request, &mut trace));
        bounded(state, part, &id, work.as_mut()).await
    };
    trace.note.refused = fault.or(trace.note.refused);
    let took = begun.elapsed();
    let bytes = response.body().size_hint().exact();
    if gzip {
        response = Box::pin(compress(response)).await;
    }
    let headers = response.headers_mut();
    headers.insert(&SERVER_TIMING, server_timing(trace.gate, took));
    headers.insert(&X_REQUEST_ID, id.clone());
    let status = response.status();
    let micros = took.as_micros() as u64;
    state.metrics().count(part, status.as_u16(), micros);
    let is_refused = status.as_u16() >= 400;
    if let (Some(log), Some((method, uri))) = (log, &asked)
        && (is_refused || told.requests == LogRequests::All)
    {
        let principal = trace.principal.as_ref();
        let line = Line {
            at: state.now(),
            id: id.to_str().unwrap_or_default(),
            method: method.as_str(),
            path: uri.path(),
            status: status.as_u16(),
            bytes,
            micros,
            key: principal.and_then(Principal::key_id),
            role: principal.and_then(Principal::role),
            address: address.known(),
        };
        let mut text = Vec::with_capacity(256);
        line.write(&mut text, state.settings().log.format);
        log.line(&text);
    }
    if let (Part::Rest, Some((method, uri))) = (part, asked) {
        count(state, trace, &Answered { id: &id, method: &method, path: uri.path(), address: address.known(), status, bytes, micros });
    }
    response
}

/// What counting needs to know of an answered request besides its trace.
struct Answered<'a> {
    id: &'a HeaderValue,
    method: &'a Method,
    path: &'a str,
    address: Option<IpAddr>,
    status: StatusCode,
    bytes: Option<u64>,
    micros: u64,
}

/// Counts a request under `/rest/`; a refused one leaves its record.
fn count(state: &AppState, trace: Trace, answered: &Answered<'_>) {
    let Trace { principal, turned, mut note, .. } = trace;
    let Answered { id, method, path, address, status, bytes, micros } = *answered;
    let class = note.class;
    let at = principal.as_ref().map(|principal| principal.at).or(turned.as_ref().map(|turned| turned.at));
    let telling = (status.as_u16() >= 400).then(|| Telling {
        note: std::mem::take(&mut note),
        status,
        id: id.to_str().unwrap_or_default(),
        method,
        path,
    });
    let is_admitted = principal.is_some();
    let event = Event {
        key: principal.and_then(Principal::into_key).or_else(|| turned.and_then(|turned| turned.key)),
        at: at.unwrap_or_else(|| state.now()),
        address,
        class,
        bytes: bytes.unwrap_or(0),
        micros,
        is_admitted,
        reason: telling.as_ref().map(Telling::reason),
    };
    state.usage().push(event, telling);
}

/// Answers a request under `/rest/` that a person of the console sends as a key (`POST /console/api/try`), as if it had come from outside with
/// the key's secret. Gives the request's ID and what it took, too.
pub(crate) async fn answer_as(
    state: &AppState,
    peer: Peer,
    key: Arc<LiveKey>,
    address: Option<IpAddr>,
    request: Request<Body>,
) -> (Response, HeaderValue, Duration) {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut trace = Trace::default();
    let (response, fault) = {
        let mut work = pin!(async {
            match gate::check_as(state, peer.door, key, address) {
                Ok(principal) => {
                    let place = trace.principal.insert(principal);
                    admitted(state, place, peer, address, &id, request, &mut trace.note).await
                }
                Err(turned) => turned_away(&mut trace, turned),
            }
        });
        bounded(state, Part::Rest, &id, work.as_mut()).await
    };
    trace.note.refused = fault.or(trace.note.refused);
    let took = begun.elapsed();
    let (status, bytes, micros) = (response.status(), response.body().size_hint().exact(), took.as_micros() as u64);
    count(state, trace, &Answered { id: &id, method: &method, path: uri.path(), address, status, bytes, micros });
    (response, id, took)
}

/// Why an answer is the server's own fault, with the dialect's number.
type Fault = (Reason, Option<i64>);

/// Runs the work within the time limit; a panic in it becomes an answer.
async fn bounded(
    state: &AppState,
    part: Part,
    id: &HeaderValue,
    work: Pin<&mut impl Future<Output = Response>>,
) -> (Response, Option<Fault>) {
    let mut seconds = state.settings().rest.request_timeout_seconds;
    if part == Part::Console {
        // A request that is tried from the console is given up first, and told so.
        seconds += 5;
    }
    match tokio::time::timeout(Duration::from_secs(seconds), unpanicked(work)).await {
        Ok(Ok(response)) => (response, None),
        Ok(Err(panic)) => {
            state.metrics().panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!(id = id.to_str().unwrap_or_default(), "a handler panicked: {}", panic_text(&*panic));
            (failure(part, StatusCode::INTERNAL_SERVER_ERROR, 9500, OUR_FAULT), Some((Reason::ServerFault, Some(9500))))
        }
        Err(_) => {
            let response = failure(part, StatusCode::SERVICE_UNAVAILABLE, 9504, "The request took longer than the server allows.");
            (response, Some((Reason::Busy, Some(9504))))
        }
    }
}

fn part_of(path: &str) -> Part {
    if path.starts_with("/rest/") || path == "/rest" {
        Part::Rest
    } else if path.starts_with("/console/") || path == "/console" {
        Part::Console
    } else {
        Part::Other
    }
}

async fn dispatch(
    state: &AppState,
    peer: Peer,
    address: ClientAddress,
    part: Part,
    id: &HeaderValue,
    request: Request<Body>,
    trace: &mut Trace,
) -> Response {
    match part {
        // The console's own listener serves the dialect only where Administration keys are bound to it.
        Part::Rest if peer.door == Door::Console && state.settings().keys.administration_listener != AdministrationListener::Console => {
            trace.note.refused = Some((Reason::NotFound, Some(9404)));
            failure(Part::Rest, StatusCode::NOT_FOUND, 9404, "This listener serves the console only.")
        }
        Part::Rest => data(state, peer, address, id, request, trace).await,
        Part::Console if peer.door == Door::Endpoint => console::problem::not_found(),
        // Boxed: what is rare must not make every request's future large.
        Part::Console => Box::pin(console::handle(state, peer, request)).await,
        Part::Other => Box::pin(health::handle(state, peer, request)).await,
    }
}

/// A request under `/rest/`: the gate comes before anything else (`rest-dialect.md` 17.1).
async fn data(
    state: &AppState,
    peer: Peer,
    address: ClientAddress,
    id: &HeaderValue,
    request: Request<Body>,
    trace: &mut Trace,
) -> Response {
    let origin = cors::allowed_origin(state, request.headers());
    let response = if request.method() == Method::OPTIONS {
        cors::preflight(request.headers(), origin.is_some())
    } else {
        let begun = Instant::now();
        let checked = gate::check(state, peer, request.headers(), address);
        trace.gate = begun.elapsed();
        match checked {
            Ok(principal) => {
                let Trace { principal: place, note, .. } = trace;
                admitted(state, place.insert(principal), peer, address.known(), id, request, note).await
            }
            Err(turned) => turned_away(trace, turned),
        }
    };
    match origin {
        Some(origin) => cors::mark(response, origin),
        None => response,
    }
}

/// A request of a caller that the gate let through: its session (`api-keys.md` 7, step 7), then what it asks for. The answer brings the
/// session's cookies.
async fn admitted(
    state: &AppState,
    principal: &Principal,
    peer: Peer,
    address: Option<IpAddr>,
    id: &HeaderValue,
    request: Request<Body>,
    note: &mut Note,
) -> Response {
    let sessions = state.sessions();
    let Ok(visit) = sessions.enter(principal.holder(), principal.expires_on(), request.headers(), principal.at) else {
        let error = Error::new(ErrorKind::SessionLimit, 1823, "The maximum number of sessions of this key is reached.");
        return rest::respond_error(note.error.insert(error));
    };
    let is_secure = console::is_https(state, peer, request.headers());
    let mut response = rest::handle(
        state,
        rest::Caller { principal, visit: &visit, peer, address, request: id.to_str().unwrap_or_default() },
        request,
        note,
    )
    .await;
    sessions.set_cookies(&visit, is_secure, response.headers_mut());
    if let Some(error) = &note.error
        && response.status() == StatusCode::UNAUTHORIZED
        && state.settings().log.permissions == LogPermissions::Denied
    {
        denials::tell(state, principal, error);
    }
    response
}

/// A request of a caller that the gate refused.
fn turned_away(trace: &mut Trace, turned: Turned) -> Response {
    let turned = trace.turned.insert(turned);
    trace.note.refused = Some((Reason::of_gate(turned.refused), None));
    gate::respond(turned.refused)
}

/// Polls a future; a panic in it becomes an `Err`.
async fn unpanicked<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Result<T, Box<dyn Any + Send>> {
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}

/// An answer of the server about itself, in the shape of the part.
pub(crate) fn failure(part: Part, status: StatusCode, code: u16, message: &'static str) -> Response {
    if part == Part::Console {
        return console::problem::Problem::new(status, "server", message).into();
    }
    let body = format!(r#"{{"__ERROR":[{{"message":"{message}","componentSignature":"rest","errCode":{code}}}]}}"#);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    response
}

/// Taken over from the request when it is 1 to 64 visible characters (`interface.md` 4), else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if let Some(id) = headers.get(&X_REQUEST_ID)
        && (1..=64).contains(&id.len())
        && id.as_bytes().iter().all(u8::is_ascii_graphic)
    {
        return id.clone();
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut text = [b'0'; 16];
    // A bijection, so that numbers that follow each other do not look alike in a log.
    let mut mixed = number.wrapping_add(process_number()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(mixed & 15) as usize];
        mixed >>= 4;
    }
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

/// Where this process begins to count: at random, so that IDs do not come again after a restart and cannot be guessed from others.
fn process_number() -> u64 {
    static NUMBER: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *NUMBER.get_or_init(|| std::hash::RandomState::new().hash_one(std::process::id()))
}

/// `gate;dur=0.012, total;dur=0.300` (milliseconds).
fn server_timing(gate: Duration, total: Duration) -> HeaderValue {
    let mut text = [0u8; 64];
    let mut out = &mut text[..];
    let room = out.len();
    let milliseconds = |duration: Duration| (duration.as_millis(), duration.as_micros() % 1000);
    let ((gate, gate_rest), (total, total_rest)) = (milliseconds(gate), milliseconds(total));
    let written = if gate == 0 && gate_rest == 0 {
        std::io::Write::write_fmt(&mut out, format_args!("total;dur={total}.{total_rest:03}"))
    } else {
        std::io::Write::write_fmt(&mut out, format_args!("gate;dur={gate}.{gate_rest:03}, total;dur={total}.{total_rest:03}"))
    };
    let length = room - out.len();
    written.ok().and_then(|()| HeaderValue::from_bytes(&text[..length]).ok()).unwrap_or_else(|| HeaderValue::from_static("total"))
}

fn wants_gzip(request: &Request<Body>) -> bool {
    request.method() != Method::HEAD && accepts_gzip(request.headers())
}

/// True when `Accept-Encoding` names gzip.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepts = |value: &HeaderValue| {
        value.to_str().is_ok_and(|text| {
            text.split(',').any(|coding| {
                let mut parts = coding.split(';').map(str::trim);
                parts.next() == Some("gzip") && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
            })
        })
    };
    headers.get_all(header::ACCEPT_ENCODING).iter().any(accepts)
}

/// Compresses what is large enough to gain by it; images and other bytes stay the ones that their tag and their ranges speak of.
async fn compress(response: Response) -> Response {
    let mut ready = Some(response);
    let once = tower::service_fn(move |_: Request<()>| {
        let response = ready.take().unwrap_or_default();
        async { Ok::<_, Infallible>(response) }
    });
    let is_text = NotForContentType::const_new("image/").and(NotForContentType::const_new("application/octet-stream"));
    let worthwhile = SizeAbove::new(1024).and(is_text);
    let layer = CompressionLayer::new().gzip(true).compress_when(worthwhile);
    let mut request = Request::new(());
    request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    match tower::Layer::layer(&layer, once).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, B, C, F: Future>(_: fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    /// Every request's future is moved into its place as a whole, whatever of it the request will use.
    #[test]
    fn what_few_requests_need_is_not_moved_for_all() {
        let size = size::<&'static AppState, Peer, Request<Body>, _>(respond);
        assert!(size <= 7250, "{size} bytes");
    }
}
