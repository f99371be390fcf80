//! Sessions whose cookie has come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use claviger_access::key::is_expired;
use jiff::Timestamp;
use jiff::civil::Date;
use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use super::TooMany;
use super::id::SessionId;
use super::kept::Kept;

/// What became of a session when its cookie came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Touch {
    /// It goes on.
    Lives,
    /// It was ended, or idle for too long.
    Over,
    /// It is not here: fresh, or forgotten.
    Unknown,
}

#[derive(Debug)]
struct Session {
    holder: Box<str>,
    since: i64,
    last: AtomicI64,
    /// Kept until its ID is no fresh one any more, so that it does not begin again.
    ended: AtomicBool,
    expires_on: Option<Date>,
    kept: Arc<Kept>,
}

/// A session as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shown {
    pub(crate) id: SessionId,
    /// ID of its key.
    pub(crate) holder: Box<str>,
    /// When its last request came, milliseconds since 1970 UTC.
    pub(crate) last: i64,
    /// When it ends unless a request comes.
    pub(crate) ends: i64,
}

#[derive(Debug, Default)]
struct Inner {
    sessions: FxHashMap<SessionId, Session>,
    /// Of each key, those that are not over.
    counts: FxHashMap<Box<str>, usize>,
}

/// All sessions.
#[derive(Debug)]
pub(crate) struct Registry {
    life: i64,
    /// Sessions of one key; 0: no limit.
    most: usize,
    inner: RwLock<Inner>,
}

impl Session {
    fn lives(&self, life: i64, now: i64) -> bool {
        !self.ended.load(Ordering::Relaxed)
            && now - self.last.load(Ordering::Relaxed) < life
            && !self.expires_on.is_some_and(|day| is_expired(day, Timestamp::from_millisecond(now).unwrap_or_default()))
    }
}

impl Inner {
    /// Forgets what is over. An ended session stays as long as its ID could be taken for a fresh one.
    fn sweep(&mut self, life: i64, now: i64) {
        let mut counts: FxHashMap<Box<str>, usize> = FxHashMap::default();
        self.sessions.retain(|_, session| {
            let lives = session.lives(life, now);
            if lives {
                *counts.entry(session.holder.clone()).or_default() += 1;
            }
            lives || now - session.since < life + 60_000
        });
        self.counts = counts;
    }
}

impl Registry {
    pub(crate) fn new(life: i64, most: usize) -> Self {
        Self { life, most, inner: RwLock::default() }
    }

    /// The session's cookie came: its time starts again.
    pub(crate) fn touch(&self, id: SessionId, now: i64) -> Touch {
        let inner = self.inner.read();
        let Some(session) = inner.sessions.get(&id) else { return Touch::Unknown };
        if !session.lives(self.life, now) {
            return Touch::Over;
        }
        session.last.fetch_max(now, Ordering::Relaxed);
        Touch::Lives
    }

    /// A fresh ID came back.
    pub(crate) fn begin(&self, id: SessionId, holder: &str, expires_on: Option<Date>, now: i64) -> Result<(), TooMany> {
        let mut inner = self.inner.write();
        if inner.sessions.contains_key(&id) {
            // Two requests brought the cookie at once.
            return Ok(());
        }
        if self.most > 0 && inner.counts.get(holder).is_some_and(|count| *count >= self.most) {
            inner.sweep(self.life, now);
            if inner.counts.get(holder).is_some_and(|count| *count >= self.most) {
                return Err(TooMany);
            }
        }
        *inner.counts.entry(holder.into()).or_default() += 1;
        let session = Session {
            holder: holder.into(),
            since: now,
            last: AtomicI64::new(now),
            ended: AtomicBool::new(false),
            expires_on,
            kept: Arc::default(),
        };
        inner.sessions.insert(id, session);
        Ok(())
    }

    /// The session is over, whether it had begun or not.
    pub(crate) fn end(&self, id: SessionId) {
        let mut inner = self.inner.write();
        let Inner { sessions, counts } = &mut *inner;
        if let Some(session) = sessions.get(&id)
            && !session.ended.swap(true, Ordering::Relaxed)
            && let Some(count) = counts.get_mut(&session.holder)
        {
            *count = count.saturating_sub(1);
        }
    }

    /// All sessions of a key are over.
    pub(crate) fn end_holder(&self, holder: &str) {
        let mut inner = self.inner.write();
        inner
            .sessions
            .values()
            .filter(|session| *session.holder == *holder)
            .for_each(|session| session.ended.store(true, Ordering::Relaxed));
        inner.counts.remove(holder);
    }

    /// A key's last day.
    pub(crate) fn learn(&self, holder: &str, expires_on: Date) {
        let mut inner = self.inner.write();
        for session in inner.sessions.values_mut().filter(|session| *session.holder == *holder) {
            session.expires_on = Some(expires_on);
        }
    }

    /// When the session's last request came; within it `None` for one that is over. Nothing: it has not begun, or is forgotten.
    pub(crate) fn last(&self, id: SessionId) -> Option<Option<i64>> {
        let inner = self.inner.read();
        let session = inner.sessions.get(&id)?;
        Some((!session.ended.load(Ordering::Relaxed)).then(|| session.last.load(Ordering::Relaxed)))
    }

    /// What functions keep with the session; `None`: it has not begun, or is over.
    pub(super) fn kept(&self, id: SessionId) -> Option<Arc<Kept>> {
        let inner = self.inner.read();
        let session = inner.sessions.get(&id).filter(|session| !session.ended.load(Ordering::Relaxed))?;
        Some(Arc::clone(&session.kept))
    }

    /// The key has sessions.
    pub(crate) fn has(&self, holder: &str) -> bool {
        self.inner.read().counts.get(holder).is_some_and(|count| *count > 0)
    }

    /// Those that live, the one used last first.
    pub(crate) fn list(&self, now: i64) -> Vec<Shown> {
        let inner = self.inner.read();
        let living = inner.sessions.iter().filter(|(_, session)| session.lives(self.life, now));
        let mut shown: Vec<Shown> = living
            .map(|(id, session)| {
                let last = session.last.load(Ordering::Relaxed);
                Shown { id: *id, holder: session.holder.clone(), last, ends: last + self.life }
            })
            .collect();
        shown.sort_by(|left, right| right.last.cmp(&left.last).then_with(|| left.id.text().cmp(&right.id.text())));
        shown
    }

    /// Forgets what is over.
    pub(crate) fn sweep(&self, now: i64) {
        if !self.inner.read().sessions.is_empty() {
            self.inner.write().sweep(self.life, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: i64 = 3_600_000;

    fn id(number: u8) -> SessionId {
        SessionId::parse(&format!("{number:032X}")).unwrap()
    }

    #[test]
    fn a_session_lives_as_long_as_it_is_used() {
        let registry = Registry::new(LIFE, 0);
        assert_eq!(registry.touch(id(1), 0), Touch::Unknown);
        registry.begin(id(1), "key_1", None, 0).unwrap();
        assert_eq!(registry.touch(id(1), LIFE - 1), Touch::Lives);
        assert_eq!(registry.touch(id(1), 2 * LIFE - 2), Touch::Lives);
        assert_eq!(registry.list(2 * LIFE)[0].ends, 3 * LIFE - 2);
        assert_eq!(registry.touch(id(1), 3 * LIFE), Touch::Over);
        registry.sweep(3 * LIFE);
        assert_eq!((registry.touch(id(1), 3 * LIFE), registry.has("key_1")), (Touch::Unknown, false));
    }

    #[test]
    fn an_ended_session_does_not_begin_again() {
        let registry = Registry::new(LIFE, 0);
        registry.begin(id(1), "key_1", None, 0).unwrap();
        registry.begin(id(2), "key_2", None, 0).unwrap();
        registry.end(id(1));
        registry.begin(id(1), "key_1", None, 0).unwrap();
        registry.sweep(1);
        assert_eq!((registry.touch(id(1), 1), registry.last(id(1))), (Touch::Over, Some(None)));
        registry.end_holder("key_2");
        assert_eq!((registry.touch(id(2), 1), registry.list(1).len()), (Touch::Over, 0));
        registry.sweep(2 * LIFE);
        assert_eq!(registry.touch(id(1), 2 * LIFE), Touch::Unknown);
    }

    #[test]
    fn a_key_has_at_most_so_many_sessions() {
        let registry = Registry::new(LIFE, 2);
        registry.begin(id(1), "key_1", None, 0).unwrap();
        registry.begin(id(2), "key_1", None, 10).unwrap();
        assert_eq!(registry.begin(id(3), "key_1", None, 20), Err(TooMany));
        registry.begin(id(4), "key_2", None, 20).unwrap();
        registry.end(id(1));
        registry.end(id(1));
        registry.begin(id(3), "key_1", None, 30).unwrap();
        assert_eq!(registry.begin(id(5), "key_1", None, 30), Err(TooMany));
        // One has been idle for the time-out.
        registry.begin(id(5), "key_1", None, LIFE + 10).unwrap();
    }

    #[test]
    fn a_session_ends_with_its_key() {
        let registry = Registry::new(LIFE, 0);
        registry.begin(id(1), "key_1", Some("1970-01-02".parse().unwrap()), 0).unwrap();
        let midnight = 2 * 86_400_000;
        registry.learn("key_1", "1970-01-01".parse().unwrap());
        assert_eq!(registry.touch(id(1), 1), Touch::Lives);
        registry.begin(id(2), "key_1", Some("1970-01-02".parse().unwrap()), midnight - 1).unwrap();
        assert_eq!(registry.touch(id(2), midnight), Touch::Over);
    }
}
