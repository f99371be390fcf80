//! Who sent a request that the gate let through, and whence.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, header};

use crate::accept::Peer;
use crate::app::AppState;
use crate::gate::Principal;
use crate::session::{Asker, Guard, Visit};

/// The caller of a request under `/rest/`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) visit: &'a Visit,
    /// The connection.
    pub(crate) peer: Peer,
    /// The client's address, behind trusted proxies.
    pub(crate) address: Option<IpAddr>,
}

impl Caller<'_> {
    /// As somebody who asks for locks.
    pub(super) fn asker(&self) -> Asker {
        Asker { session: self.visit.id, came_back: self.visit.came_back, holder: Arc::from(self.principal.holder()) }
    }

    /// What the store asks before it writes.
    pub(super) fn guard(&self, state: &AppState) -> Arc<Guard> {
        state.follow_keys();
        Arc::new(Guard::new(Arc::clone(state.sessions()), self.asker(), self.principal.at))
    }
}

/// `User-Agent`, as far as it is text.
pub(super) fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
