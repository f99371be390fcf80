//! What a running call may do: the caller's permissions, and those that are lent to it while it runs (`roles-privileges.md` 4.1 and 7).

use std::sync::Arc;

use claviger_access::{Grants, Scope};
use claviger_model::{FunctionId, Model};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::app::{AppState, Served};
use crate::rest::Caller;

/// Permissions with something lent are computed once. More of them than this are forgotten together.
const MOST_KEPT: usize = 1024;

/// What may be lent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Lent {
    /// What a function promotes (PR-1).
    Function(FunctionId),
    /// `session.promote(name)` (PR-10), in lower case.
    Privilege(String),
    /// What `session.setPrivileges` said, in place of what the caller has.
    Instead(Arc<SessionPrivileges>),
}

/// Privileges that a session was given in place of its key's (`session.setPrivileges`).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct SessionPrivileges {
    /// Names of privileges.
    pub(crate) privileges: Vec<String>,
    /// Names of roles.
    pub(crate) roles: Vec<String>,
}

/// Permissions that were computed with something lent, by the permissions that they were made from.
#[derive(Debug, Default)]
pub(crate) struct Lendings(Mutex<FxHashMap<(u64, Lent), Option<Arc<Grants>>>>);

impl Lendings {
    /// `None`: nothing would be added.
    fn of(&self, base: &Arc<Grants>, lent: &Lent, model: &Model) -> Option<Arc<Grants>> {
        let key = (base.id(), lent.clone());
        if let Some(known) = self.0.lock().get(&key) {
            return known.clone();
        }
        let made = match lent {
            Lent::Function(id) => model.functions().name(*id).and_then(|function| {
                let scope = Scope::of(function, model);
                base.is_promoted(scope, &function.name).then(|| base.inside(scope, &function.name, model))
            }),
            Lent::Privilege(name) => base.promoted(name, model),
            Lent::Instead(said) => {
                Some(base.replaced(said.privileges.iter().map(String::as_str), said.roles.iter().map(String::as_str), model))
            }
        };
        let made = made.map(Arc::new);
        let mut kept = self.0.lock();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.entry(key).or_insert(made).clone()
    }

    /// The permissions of a session whose privileges were set; of an Administration key its own.
    pub(crate) fn instead(&self, base: &Arc<Grants>, said: &Arc<SessionPrivileges>, model: &Model) -> Arc<Grants> {
        if base.is_administration() {
            return Arc::clone(base);
        }
        self.of(base, &Lent::Instead(Arc::clone(said)), model).unwrap_or_else(|| Arc::clone(base))
    }
}

/// The permissions of one call, from moment to moment.
#[derive(Debug)]
pub(super) struct Privileges<'a> {
    lendings: &'a Lendings,
    model: &'a Model,
    /// What the caller's key gives him, whatever was set in the session.
    key: Arc<Grants>,
    inner: Mutex<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    /// The session's.
    session: Arc<Grants>,
    /// What is lent now, in order, each under its number.
    lent: Vec<(u64, Lent)>,
    last: u64,
    effective: Arc<Grants>,
}

impl<'a> Privileges<'a> {
    /// Those of a request's caller.
    pub(super) fn of(state: &'a AppState, served: &'a Served, caller: &Caller<'_>) -> Self {
        let session = Arc::clone(&caller.principal.grants);
        let inner = Inner { effective: Arc::clone(&session), session, lent: Vec::new(), last: 0 };
        Self { lendings: state.lendings(), model: &served.model, key: caller.key_grants(state), inner: Mutex::new(inner) }
    }

    /// The same permissions, what is lent included, for a call that this one waits for: what changes there does not change here.
    pub(super) fn as_now(&self) -> Self {
        let inner = Mutex::new(self.inner.lock().clone());
        Self { lendings: self.lendings, model: self.model, key: Arc::clone(&self.key), inner }
    }

    /// What data is read and written with now.
    pub(super) fn effective(&self) -> Arc<Grants> {
        Arc::clone(&self.inner.lock().effective)
    }

    /// Names of what the session holds; what is lent does not count (PR-9).
    pub(super) fn names(&self) -> Vec<String> {
        self.inner.lock().session.privileges()
    }

    /// A function begins: what it promotes is lent until [`Self::leave`] of the number.
    pub(super) fn enter(&self, function: FunctionId) -> u64 {
        self.lend(Lent::Function(function), true)
    }

    /// 0: unknown, or held already (PR-10).
    pub(super) fn promote(&self, name: &str) -> u64 {
        self.lend(Lent::Privilege(name.to_lowercase()), false)
    }

    fn lend(&self, lent: Lent, always: bool) -> u64 {
        let mut inner = self.inner.lock();
        let made = self.lendings.of(&inner.effective, &lent, self.model);
        if made.is_none() && !always {
            return 0;
        }
        inner.last += 1;
        let number = inner.last;
        inner.lent.push((number, lent));
        if let Some(made) = made {
            inner.effective = made;
        }
        number
    }

    /// The end of a function.
    pub(super) fn leave(&self, number: u64) {
        self.take_back(number, |lent| matches!(lent, Lent::Function(_)));
    }

    /// The end of what [`Self::promote`] lent; what a function promotes stays as long as it runs (PR-1).
    pub(super) fn demote(&self, number: u64) {
        self.take_back(number, |lent| matches!(lent, Lent::Privilege(_)));
    }

    fn take_back(&self, number: u64, is_meant: impl Fn(&Lent) -> bool) {
        let mut inner = self.inner.lock();
        let before = inner.lent.len();
        inner.lent.retain(|(given, lent)| *given != number || !is_meant(lent));
        if inner.lent.len() != before {
            self.renew(&mut inner);
        }
    }

    /// The session has these privileges from now on, and these permissions; what is lent stays lent (PR-9).
    pub(super) fn set(&self, said: &Arc<SessionPrivileges>) -> Arc<Grants> {
        let session = self.lendings.instead(&self.key, said, self.model);
        let mut inner = self.inner.lock();
        inner.session = Arc::clone(&session);
        self.renew(&mut inner);
        session
    }

    fn renew(&self, inner: &mut Inner) {
        let start = Arc::clone(&inner.session);
        inner.effective = inner.lent.iter().fold(start, |base, (_, lent)| self.lendings.of(&base, lent, self.model).unwrap_or(base));
    }
}
