//! The address under which a browser reaches the server: what `Origin` must be, where the endpoint is, whether the cookie is for TLS only.

use http::{HeaderMap, HeaderName, header};

use crate::accept::{Door, Peer};
use crate::app::AppState;

static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Scheme and host of a request, as its sender sees them. Behind a trusted proxy its `X-Forwarded-Proto` and `X-Forwarded-Host` count.
pub(super) struct Origin<'a> {
    /// `http` or `https`.
    pub(super) scheme: &'static str,
    /// Host with port, as in the `Host` header.
    pub(super) host: &'a str,
}

impl<'a> Origin<'a> {
    pub(super) fn of(state: &AppState, peer: Peer, headers: &'a HeaderMap) -> Self {
        let host = forwarded(state, peer, headers, &X_FORWARDED_HOST).or_else(|| text(headers, &header::HOST)).unwrap_or("localhost");
        Self { scheme: if is_forwarded_https(state, peer, headers) { "https" } else { "http" }, host }
    }
}

/// True when the client speaks TLS, to a trusted proxy or by `public_url`: then cookies are `Secure`.
pub(crate) fn is_https(state: &AppState, peer: Peer, headers: &HeaderMap) -> bool {
    state.settings().is_public_https() || is_forwarded_https(state, peer, headers)
}

fn is_forwarded_https(state: &AppState, peer: Peer, headers: &HeaderMap) -> bool {
    forwarded(state, peer, headers, &X_FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// What a trusted proxy says. Proxies one behind the other append: the first element is what the browser said.
fn forwarded<'a>(state: &AppState, peer: Peer, headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = text(headers, name).filter(|_| state.is_trusted(peer.address))?;
    value.split(',').next().map(str::trim).filter(|first| !first.is_empty())
}

/// The API endpoint (K-02, K-06): `public_url`, or derived from the request; true when derived.
pub(crate) fn endpoint(state: &AppState, peer: Peer, headers: &HeaderMap) -> (String, bool) {
    let public = &state.settings().public_url;
    if !public.is_empty() {
        return (public.clone(), false);
    }
    let Origin { scheme, host } = Origin::of(state, peer, headers);
    // It is shown, and copied into shells: nothing but what a host consists of.
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:[]-_".contains(&byte));
    let host = if is_host { host } else { "localhost" };
    // On a listener of its own the console has another port than the endpoint.
    let url = if peer.door == Door::Console {
        let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
        format!("{scheme}://{name}:{}", state.port())
    } else {
        format!("{scheme}://{host}")
    };
    (url, true)
}

/// True when the header `Origin` is the console's own: the host that the request itself went to, or `public_url`.
pub(super) fn is_own(state: &AppState, peer: Peer, headers: &HeaderMap) -> bool {
    let Some(given) = text(headers, &header::ORIGIN) else { return false };
    let public = &state.settings().public_url;
    if !public.is_empty() && given.eq_ignore_ascii_case(public) {
        return true;
    }
    let host = given.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")).map(|(_, host)| host);
    let has_own = headers.contains_key(header::HOST);
    has_own && host.is_some_and(|host| Origin::of(state, peer, headers).host.eq_ignore_ascii_case(host))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
