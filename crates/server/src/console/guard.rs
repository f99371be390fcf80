//! Who may call what: sign-in, `Origin`, CSRF token, console role, asked before any handler runs.

use std::net::IpAddr;

use claviger_store::control::{Actor, ConsoleRole, SessionLife};
use http::{HeaderMap, Method, StatusCode, header};
use subtle::ConstantTimeEq as _;

use super::origin;
use super::problem::Problem;
use super::routes::{Needs, Route};
use crate::accept::Peer;
use crate::app::AppState;
use crate::gate;

/// Name of the session cookie.
pub const COOKIE: &str = "claviger_console";

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The connection.
    pub peer: Peer,
    /// The client, behind trusted proxies.
    pub address: Option<IpAddr>,
    /// A forwarding header came from nobody who may send one.
    pub is_forwarded_by_stranger: bool,
    /// The browser speaks TLS, to this server or to a trusted proxy before it.
    pub is_https: bool,
}

impl Source {
    /// Of a request.
    pub(super) fn of(state: &AppState, peer: Peer, headers: &HeaderMap) -> Self {
        let address = gate::address_of(state, peer, headers).known();
        Self {
            peer,
            address,
            is_forwarded_by_stranger: gate::is_forwarded_by_stranger(state, peer, headers),
            is_https: origin::is_https(state, peer, headers),
        }
    }

    /// As somebody in the audit log.
    pub fn actor(&self, name: &str) -> Actor {
        Actor { name: name.to_owned(), address: self.address.map(|address| address.to_string()) }
    }
}

/// A person with a session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub email: String,
    /// What they may do.
    pub role: ConsoleRole,
    /// When a password was given last.
    pub confirmed_at: i64,
    /// The cookie's value.
    pub(super) token: String,
}

impl SignedIn {
    /// Refuses unless a password was given within `console.fresh_minutes`.
    fn require_fresh(&self, state: &AppState) -> Result<(), Problem> {
        let limit = state.settings().console.fresh_minutes * 60_000;
        if state.now() - self.confirmed_at < limit {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "confirm-required",
            "Give your password again (POST /console/api/session/confirm), then repeat the call.",
        ))
    }
}

/// The CSRF token that belongs to a session: derived, so that nothing more need be kept.
pub(super) fn csrf_token(state: &AppState, token: &str) -> String {
    let digest = state.control().digester().digest(format!("csrf {token}").as_bytes());
    hex(&digest[..16])
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Asks everything that the route needs; `Some` for a route that needs a session.
pub(super) async fn check(
    state: &AppState,
    peer: Peer,
    route: &Route,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<SignedIn>, Problem> {
    let role = match route.needs {
        Needs::Nothing | Needs::Key => return Ok(None),
        Needs::Origin => return own_origin(state, peer, headers).map(|()| None),
        Needs::Session(role) | Needs::Fresh(role) => role,
    };
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    if changes {
        own_origin(state, peer, headers)?;
    }
    let signed_in = session(state, headers)
        .await?
        .ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "sign-in-required", "Sign in first: POST /console/api/session."))?;
    if changes {
        let expected = csrf_token(state, &signed_in.token);
        let given = headers.get("x-csrf-token").map_or(&b""[..], |value| value.as_bytes());
        if !bool::from(given.ct_eq(expected.as_bytes())) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "csrf", "The header x-csrf-token must carry the token given at sign-in."));
        }
    }
    if signed_in.role < role {
        let detail = format!("This needs the console role {}; yours is {}.", role.name(), signed_in.role.name());
        return Err(Problem::new(StatusCode::FORBIDDEN, "role-too-low", detail));
    }
    if matches!(route.needs, Needs::Fresh(_)) {
        signed_in.require_fresh(state)?;
    }
    Ok(Some(signed_in))
}

/// The session of the cookie, if it holds.
async fn session(state: &AppState, headers: &HeaderMap) -> Result<Option<SignedIn>, Problem> {
    let Some(token) = cookie(headers) else { return Ok(None) };
    let settings = &state.settings().console;
    let life = SessionLife { idle: settings.session_idle_minutes * 60_000, absolute: settings.session_hours * 3_600_000 };
    let asked = token.clone();
    let found = super::blocking(state, move |state| state.control().session(asked.as_bytes(), life)).await?;
    Ok(found.map(|session| SignedIn { email: session.email, role: session.role, confirmed_at: session.confirmed_at, token }))
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE && value.len() == 64)
        .map(|(_, value)| value.to_owned())
}

/// Refuses a request whose `Origin` is not the console's own.
fn own_origin(state: &AppState, peer: Peer, headers: &HeaderMap) -> Result<(), Problem> {
    if origin::is_own(state, peer, headers) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "foreign-origin", "The header Origin must be the console's own address."))
}
