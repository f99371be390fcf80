//! Who sent a request that the gate let through, and whence.

use std::net::IpAddr;
use std::sync::Arc;

use claviger_access::Grants;
use http::{HeaderMap, header};

use crate::accept::Peer;
use crate::app::AppState;
use crate::gate::Principal;
use crate::session::{Asker, Guard, Visit, Whose};

/// The caller of a request under `/rest/`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) visit: &'a Visit,
    /// The connection.
    pub(crate) peer: Peer,
    /// The client's address, behind trusted proxies.
    pub(crate) address: Option<IpAddr>,
    /// `x-request-id`, for log lines of functions.
    pub(crate) request: &'a str,
}

impl Caller<'_> {
    /// As somebody who asks for locks.
    pub(super) fn asker(&self) -> Asker {
        Asker { session: self.visit.id, came_back: self.visit.came_back, holder: Arc::from(self.principal.holder()) }
    }

    /// What his key gives him now, whatever was set in his session.
    pub(crate) fn key_grants(&self, state: &AppState) -> Arc<Grants> {
        self.principal.key().map_or_else(|| state.keys().guest_grants(), |key| key.slot.grants())
    }

    /// His session, so that something can be kept with it.
    pub(crate) fn whose(&self) -> Whose<'_> {
        let principal = self.principal;
        Whose { visit: self.visit, holder: principal.holder(), expires_on: principal.expires_on(), now: principal.at }
    }

    /// What the store asks before it writes.
    pub(crate) fn guard(&self, state: &AppState) -> Arc<Guard> {
        state.follow_keys();
        Arc::new(Guard::new(Arc::clone(state.sessions()), self.asker(), self.principal.at))
    }
}

/// `User-Agent`, as far as it is text.
pub(super) fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
