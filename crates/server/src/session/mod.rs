//! Sessions of the dialect (`rest-dialect.md` 17.2) and the locks that they hold (13.2, `data-model.md` 6.3).
//!
//! A cookie is no credential: every request needs its key, and a session's cookie is worth nothing with another one. An answer to a request
//! without a cookie brings one with a fresh ID; nothing is kept of it. The ID carries a keyed digest over itself and its key, so that the
//! server knows it again when it comes back ([`id`]), and only then it becomes a session ([`registry`]). Requests without cookie of one key
//! are one owner of locks ([`locks`]).

pub(crate) mod cookie;
pub(crate) mod guard;
pub(crate) mod id;
mod kept;
pub(crate) mod locks;
pub(crate) mod registry;
mod uncookied;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use claviger_access::key::is_expired;
use claviger_store::control::Random;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use jiff::civil::Date;

use self::cookie::Cookies;
use self::id::{Minter, SessionId};
use self::locks::{Lock, Locks};
use self::registry::{Registry, Touch};
use self::uncookied::Uncookied;
use crate::console::throttle::SignInThrottle;
use crate::functions::SessionPrivileges;
use crate::settings::{LockInfo, Settings};

pub(crate) use self::guard::Guard;
pub(crate) use self::locks::Asker;

/// Whose a session is: the ID of a key, or nothing for a guest in the mode without keys.
pub(crate) type Holder = str;

/// More sessions of one key than `limits.sessions_per_key`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TooMany;

/// One request's place among the sessions.
#[derive(Debug)]
pub(crate) struct Visit {
    /// The session of the request, or the one that begins when its cookie comes back.
    pub(crate) id: SessionId,
    /// The request brought the cookie.
    pub(crate) came_back: bool,
    ended: AtomicBool,
}

impl Visit {
    fn new(id: SessionId, came_back: bool) -> Self {
        Self { id, came_back, ended: AtomicBool::new(false) }
    }

    /// The request ended its session: its cookie is taken back.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// The session of a request, so that it can begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose<'a> {
    /// The request's place.
    pub(crate) visit: &'a Visit,
    /// Its key.
    pub(crate) holder: &'a Holder,
    /// The key's last day.
    pub(crate) expires_on: Option<Date>,
    /// Milliseconds since 1970 UTC.
    pub(crate) now: i64,
}

/// All sessions and locks of one application.
#[derive(Debug)]
pub(crate) struct Sessions {
    minter: Minter,
    cookies: Cookies,
    /// Idle time after which a session ends, milliseconds.
    life: i64,
    registry: Registry,
    uncookied: Uncookied,
    locks: Locks,
    lock_info: LockInfo,
    logins: SignInThrottle,
}

impl Sessions {
    /// None yet. The secret of their IDs is drawn anew, so that none outlives the process.
    pub(crate) fn new(settings: &Settings, random: Random) -> Self {
        let life = settings.rest.session_minutes * 60_000;
        Self {
            cookies: Cookies::new(settings),
            minter: Minter::new(&random),
            life,
            registry: Registry::new(life, settings.limits.sessions_per_key),
            uncookied: Uncookied::default(),
            locks: Locks::default(),
            lock_info: settings.rest.lock_info,
            logins: SignInThrottle::default(),
        }
    }

    /// Where a request belongs. Without a cookie nothing is locked and nothing kept.
    pub(crate) fn enter(&self, holder: &Holder, expires_on: Option<Date>, headers: &HeaderMap, now: i64) -> Result<Visit, TooMany> {
        for id in self.cookies.read(headers).into_iter().flatten() {
            if !self.minter.is_of(id, holder) {
                continue;
            }
            match self.registry.touch(id, now) {
                Touch::Lives => return Ok(Visit::new(id, true)),
                Touch::Over => {}
                Touch::Unknown if id.is_fresh(self.life, now) => {
                    self.registry.begin(id, holder, expires_on, now)?;
                    return Ok(Visit::new(id, true));
                }
                Touch::Unknown => {}
            }
        }
        self.uncookied.note(holder, now);
        Ok(Visit::new(self.minter.mint(holder, now), false))
    }

    /// The cookies that go with the answer. `is_secure`: the client speaks TLS, as far as is known.
    pub(crate) fn set_cookies(&self, visit: &Visit, is_secure: bool, headers: &mut HeaderMap<HeaderValue>) {
        let id = (!visit.ended.load(Ordering::Relaxed)).then_some(visit.id);
        self.cookies.write(id, is_secure, headers);
    }

    /// Takes a lock, or tells who has it; true when it is new (13.2).
    pub(crate) fn take(&self, asker: &Asker, entity: locks::Entity, told: locks::Told, now: i64) -> Result<bool, claviger_store::Held> {
        if !asker.came_back {
            // Before, so that what comes next counts. Without a lock in the end it is forgotten again.
            self.uncookied.track(&asker.holder, now);
        }
        self.locks.take(asker, entity, told, now, |lock| self.is_alive(lock, now)).map_err(|lock| self.held(&lock))
    }

    /// Gives a lock back; one that nobody has is no error.
    pub(crate) fn give_back(&self, asker: &Asker, entity: &locks::Entity, now: i64) -> Result<(), claviger_store::Held> {
        self.locks.give_back(asker, entity, |lock| self.is_alive(lock, now)).map_err(|lock| self.held(&lock))
    }

    /// Nobody holds anything.
    pub(crate) fn is_nothing_held(&self) -> bool {
        self.locks.is_empty()
    }

    /// True when the asker holds the entity, false when nobody does; or who else does.
    pub(crate) fn holds(&self, asker: &Asker, entity: &locks::Entity, now: i64) -> Result<bool, claviger_store::Held> {
        self.locks.holds(asker, entity, |lock| self.is_alive(lock, now)).map_err(|lock| self.held(&lock))
    }

    /// Failed logins of the dialect.
    pub(crate) fn logins(&self) -> &SignInThrottle {
        &self.logins
    }

    /// The table of locks.
    pub(crate) fn locks(&self) -> &Locks {
        &self.locks
    }

    /// Locks that somebody still has, by dataclass and key.
    pub(crate) fn held_now(&self, now: i64) -> Vec<(locks::Entity, Lock)> {
        self.locks.list(|lock| self.is_alive(lock, now))
    }

    /// Privileges that a function set for the session in place of the key's.
    pub(crate) fn privileges(&self, visit: &Visit) -> Option<Arc<SessionPrivileges>> {
        if visit.came_back { self.registry.kept(visit.id)?.privileges() } else { None }
    }

    /// Sets them; the session begins with this when its cookie has not come back yet. False: the key has too many sessions.
    pub(crate) fn set_privileges(&self, whose: Whose<'_>, said: Arc<SessionPrivileges>) -> bool {
        let kept = self.kept(whose);
        kept.is_some_and(|kept| {
            kept.set_privileges(said);
            true
        })
    }

    /// The storage that functions have in the session, as JSON.
    pub(crate) fn storage(&self, visit: &Visit) -> Option<Arc<str>> {
        self.registry.kept(visit.id)?.storage()
    }

    /// Keeps a storage. False: it is too long, or the key has too many sessions.
    pub(crate) fn store(&self, whose: Whose<'_>, storage: &str) -> bool {
        self.kept(whose).is_some_and(|kept| kept.store(storage))
    }

    fn kept(&self, whose: Whose<'_>) -> Option<Arc<kept::Kept>> {
        let id = whose.visit.id;
        self.registry.kept(id).or_else(|| {
            self.registry.begin(id, whose.holder, whose.expires_on, whose.now).ok()?;
            self.registry.kept(id)
        })
    }

    /// Ends a session and gives back what it held.
    pub(crate) fn end(&self, id: SessionId) {
        self.registry.end(id);
        self.locks.release(|lock| lock.sessions.contains(&id));
    }

    /// Sessions that live, oldest first.
    pub(crate) fn list(&self, now: i64) -> Vec<registry::Shown> {
        self.registry.list(now)
    }

    /// Idle time after which a session ends, seconds.
    pub(crate) fn life_seconds(&self) -> i64 {
        self.life / 1000
    }

    /// A key was changed: its last day is learned.
    pub(crate) fn learn(&self, holder: &Holder, expires_on: Date) {
        if self.registry.has(holder) || self.locks.has(holder) {
            self.registry.learn(holder, expires_on);
            self.locks.learn(holder, expires_on);
        }
    }

    /// A key is gone, and with it its sessions and locks (K-76).
    pub(crate) fn end_holder(&self, holder: &Holder) {
        self.registry.end_holder(holder);
        self.locks.release(|lock| *lock.holder == *holder);
    }

    /// Forgets what is over.
    pub(crate) fn sweep(&self, now: i64) {
        self.registry.sweep(now);
        self.locks.release(|lock| !self.is_alive(lock, now));
        self.uncookied.forget(|holder| !self.locks.has_uncookied(holder));
    }

    /// A lock ends when all its owners have been idle for the time-out, or with its key.
    fn is_alive(&self, lock: &Lock, now: i64) -> bool {
        if lock.expires_on.is_some_and(|day| is_expired(day, Timestamp::from_millisecond(now).unwrap_or_default())) {
            return false;
        }
        let is_recent = |last: i64| now - last < self.life;
        let by_session = lock.sessions.iter().any(|id| match self.registry.last(*id) {
            Some(last) => last.is_some_and(is_recent),
            // Its cookie has not come back yet.
            None => is_recent(lock.since),
        });
        by_session || lock.is_uncookied && is_recent(self.uncookied.last(&lock.holder).unwrap_or(lock.since).max(lock.since))
    }

    fn held(&self, lock: &Lock) -> claviger_store::Held {
        claviger_store::Held(lock.info(self.lock_info == LockInfo::Full).into())
    }
}
