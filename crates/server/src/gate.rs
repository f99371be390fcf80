//! The gate: from headers to a [`Principal`], or a refusal (`api-keys.md` 7). The rules are in `claviger_access`; here they meet HTTP.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use claviger_access::{ClientAddress, Grants, KeyType, Presented, Refusal, client_address, decide, decide_found};
use claviger_store::control::LiveKey;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use jiff::civil::Date;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::accept::{Door, Peer};
use crate::app::AppState;
use crate::settings::{AdministrationListener, Settings};

static API_KEY: HeaderName = HeaderName::from_static("api-key");
static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The caller of an accepted request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// None for a guest (`keys.check`).
    key: Option<Arc<LiveKey>>,
    /// What the caller may do now.
    pub grants: Arc<Grants>,
    /// When the gate let the request through, milliseconds since 1970 UTC.
    pub at: i64,
}

impl Principal {
    /// Public ID of the key; none for a guest.
    pub fn key_id(&self) -> Option<&str> {
        self.key().map(|key| key.id.as_str())
    }

    /// Whose sessions, locks and sets these are: the key's ID, or nothing for guests.
    pub fn holder(&self) -> &str {
        self.key_id().unwrap_or_default()
    }

    /// The role that the key names.
    pub fn role(&self) -> Option<&str> {
        self.key().and_then(|key| key.slot.role())
    }

    /// The key's last day.
    pub fn expires_on(&self) -> Option<Date> {
        self.key().map(|key| key.found().expires_on)
    }

    /// The key; none for a guest.
    pub fn key(&self) -> Option<&LiveKey> {
        self.key.as_deref()
    }

    /// The same caller with these permissions.
    #[must_use]
    pub(crate) fn with_grants(&self, grants: Arc<Grants>) -> Self {
        Self { grants, ..self.clone() }
    }

    /// The key, when nothing else is needed any more.
    pub fn into_key(self) -> Option<Arc<LiveKey>> {
        self.key
    }
}

/// What the gate answers instead of letting a request through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// A row of `api-keys.md` 7.1.
    By(Refusal),
    /// Too many refused keys from this address (O-15); seconds until the next try.
    TooOften(u32),
}

/// A refused request, and what is known about it.
#[derive(Debug)]
pub struct Turned {
    /// The answer.
    pub refused: Refused,
    /// The key, when it exists and something else than its secret was wrong.
    pub key: Option<Arc<LiveKey>>,
    /// When, milliseconds since 1970 UTC.
    pub at: i64,
}

/// The client's address by K-78 and K-79.
pub fn address_of(state: &AppState, peer: Peer, headers: &HeaderMap) -> ClientAddress {
    if state.trusted().is_empty() {
        return ClientAddress::Known(peer.address.to_canonical());
    }
    let texts = |name: &HeaderName| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect::<Vec<_>>();
    client_address(peer.address, &texts(&X_FORWARDED_FOR), &texts(&header::FORWARDED), state.trusted())
}

/// True when the request carries a forwarding header and its peer is nobody who may send one.
pub fn is_forwarded_by_stranger(state: &AppState, peer: Peer, headers: &HeaderMap) -> bool {
    let forwarding = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded"];
    forwarding.iter().any(|name| headers.contains_key(*name)) && !state.is_trusted(peer.address)
}

/// Steps 1 to 6 of `api-keys.md` 7. `address` is that of [`address_of`].
pub fn check(state: &AppState, peer: Peer, headers: &HeaderMap, address: ClientAddress) -> Result<Principal, Turned> {
    let at = state.now();
    if state.settings().is_everybody_guest() {
        return Ok(guest(state, at));
    }
    admit(state, peer, headers, address, at).map_err(|(refusal, key)| {
        let counts = matches!(refusal, Refusal::NotValid | Refusal::Expired);
        let refused = match state.throttle().note(address.known().unwrap_or(peer.address), at, counts) {
            Some(seconds) if counts => Refused::TooOften(seconds),
            _ => Refused::By(refusal),
        };
        Turned { refused, key, at }
    })
}

/// Whoever it is, in the mode without keys.
fn guest(state: &AppState, at: i64) -> Principal {
    Principal { key: None, grants: state.keys().guest_grants(), at }
}

/// A refusal, with the key when its secret was right.
type NotAdmitted = (Refusal, Option<Arc<LiveKey>>);

fn admit(state: &AppState, peer: Peer, headers: &HeaderMap, address: ClientAddress, at: i64) -> Result<Principal, NotAdmitted> {
    let presented = Presented::from_values(headers.get_all(&API_KEY).iter().map(HeaderValue::as_bytes));
    let now = Timestamp::from_millisecond(at).unwrap_or_default();
    let key = presented.candidate().and_then(|text| {
        let digest = state.control().digester().digest(text.as_bytes());
        state.keys().find(&digest).or_else(|| state.keys().find_again(&digest, state.control(), at))
    });
    if let Err(refusal) = decide(presented, key.as_ref().map(|key| key.found()), address, now) {
        return Err((refusal, key.filter(|_| matches!(refusal, Refusal::HostNotAllowed | Refusal::Expired))));
    }
    let key = key.ok_or((Refusal::NotValid, None))?;
    enter(state, peer.door, key, address, at).map_err(|refusal| (refusal, None))
}

/// The same for a key that a person of the console chose instead of sending its secret: all is asked but the secret. Where keys are not
/// checked it is a guest's as well.
pub(crate) fn check_as(state: &AppState, door: Door, key: Arc<LiveKey>, address: Option<IpAddr>) -> Result<Principal, Turned> {
    let address = address.map_or(ClientAddress::Malformed, ClientAddress::Known);
    let at = state.now();
    if state.settings().is_everybody_guest() {
        return Ok(guest(state, at));
    }
    let now = Timestamp::from_millisecond(at).unwrap_or_default();
    decide_found(key.found(), address, now).and_then(|()| enter(state, door, Arc::clone(&key), address, at)).map_err(|refusal| Turned {
        refused: Refused::By(refusal),
        key: Some(key),
        at,
    })
}

/// True when `keys.administration_listener` keeps a key of this type from the listener.
pub(crate) fn is_at_wrong_door(settings: &Settings, key_type: KeyType, door: Door) -> bool {
    let only_console = settings.keys.administration_listener == AdministrationListener::Console;
    only_console && key_type == KeyType::Administration && door != Door::Console
}

/// A key that the decision let through.
fn enter(state: &AppState, door: Door, key: Arc<LiveKey>, address: ClientAddress, at: i64) -> Result<Principal, Refusal> {
    if is_at_wrong_door(state.settings(), key.slot.key_type(), door) {
        return Err(Refusal::NotValid);
    }
    if key.slot.takes_warning() {
        let role = key.slot.role().unwrap_or_default();
        tracing::warn!(key = key.id.as_str(), "the key's role \"{role}\" is not declared in roles.json: it gets only what guests get");
    }
    state.last_used().note(&key, at, address.known());
    Ok(Principal { grants: key.slot.grants(), key: Some(key), at })
}

/// The answer to a refused request.
pub fn respond(refused: Refused) -> Response {
    let (status, body) = match refused {
        Refused::By(refusal) => (StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED), refusal.body()),
        Refused::TooOften(_) => (StatusCode::TOO_MANY_REQUESTS, r#"{"error":"Too many refused requests from this address"}"#),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey header=\"api-key\""));
    }
    if let Refused::TooOften(seconds) = refused {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Counts 401 answers per address and minute (O-15). Accepted requests never come here, so a stranger behind the same address cannot
/// lock a good key out.
#[derive(Debug)]
pub(crate) struct Throttle {
    per_minute: u32,
    minute: Mutex<Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    refused: FxHashMap<IpAddr, u32>,
}

/// Addresses remembered per minute; beyond it new ones are not counted.
const MOST_ADDRESSES: usize = 100_000;

impl Throttle {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, minute: Mutex::default() }
    }

    /// A refused request; seconds to wait when there were too many.
    fn note(&self, address: IpAddr, now: i64, counts: bool) -> Option<u32> {
        if self.per_minute == 0 || !counts {
            return None;
        }
        // One household has a whole /64.
        let address = match address {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & (u128::MAX << 64))),
            v4 @ IpAddr::V4(_) => v4,
        };
        let number = now.div_euclid(60_000);
        let mut minute = self.minute.lock();
        if minute.number != number {
            minute.number = number;
            minute.refused.clear();
        }
        if minute.refused.len() >= MOST_ADDRESSES && !minute.refused.contains_key(&address) {
            return None;
        }
        let count = minute.refused.entry(address).or_insert(0);
        *count = count.saturating_add(1);
        (*count > self.per_minute).then(|| 60 - (now.rem_euclid(60_000) / 1000) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_per_address_and_minute() {
        let throttle = Throttle::new(2);
        let (here, there): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert_eq!(throttle.note(here, 0, true), None);
        assert_eq!(throttle.note(here, 10, false), None);
        assert_eq!(throttle.note(here, 10, true), None);
        assert_eq!(throttle.note(here, 15_000, true), Some(45));
        assert_eq!(throttle.note(there, 15_000, true), None);
        assert_eq!(throttle.note(here, 60_000, true), None);
        let sixes = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(|text| text.parse().unwrap());
        assert_eq!(sixes.map(|address| throttle.note(address, 60_000, true).is_some()), [false, false, true]);
        assert_eq!(Throttle::new(0).note(here, 0, true), None);
    }
}
