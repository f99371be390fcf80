//! Who holds which entity (`rest-dialect.md` 13.2, 17.2; `data-model.md` 6.3). In memory of the one process that serves the application.

use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use claviger_model::value::write_json_string;
use claviger_model::{ClassId, Value};
use jiff::civil::Date;
use parking_lot::{Mutex, RwLock};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::id::SessionId;
use crate::rest::key_text;

/// Sessions that are remembered as owners of one lock: those that took it without cookie one after the other. Beyond it the oldest, whose
/// cookie has most surely not come back, are forgotten.
const MOST_OWNERS: usize = 16;
/// Longest user agent that is kept, bytes.
const LONGEST_AGENT: usize = 256;
/// Deleted entities remembered, twice: the newer half and the older.
const MOST_DELETED: usize = 50_000;

/// Which entity.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Entity {
    pub(crate) class: ClassId,
    /// `__KEY`, as stored.
    pub(crate) key: Box<str>,
}

impl Entity {
    /// By its stored key.
    pub(crate) fn of(class: ClassId, key: &[Value]) -> Self {
        Self { class, key: key_text(key).into() }
    }
}

/// Who asks for a lock, or to write.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) session: SessionId,
    /// The request brought the session's cookie.
    pub(crate) came_back: bool,
    /// The key.
    pub(crate) holder: Arc<str>,
}

/// What is told about the holder of a lock.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// The client's address.
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Box<str>,
    /// Number of the record: an entity's whole-number key, else -1.
    pub(crate) record: i64,
    /// Last day of the key.
    pub(crate) expires_on: Option<Date>,
}

impl Told {
    /// Of a request for the entity with this key.
    pub(crate) fn new(key: &[Value], address: Option<IpAddr>, user_agent: &str, expires_on: Option<Date>) -> Self {
        let end = (0..=user_agent.len().min(LONGEST_AGENT)).rev().find(|end| user_agent.is_char_boundary(*end)).unwrap_or(0);
        let record = if let [Value::Int(number)] = key { *number } else { -1 };
        Self { address, user_agent: user_agent[..end].into(), record, expires_on }
    }
}

/// A lock.
#[derive(Clone, Debug)]
pub(crate) struct Lock {
    /// Sessions that own it.
    pub(crate) sessions: Vec<SessionId>,
    /// Requests without cookie of the key own it too.
    pub(crate) is_uncookied: bool,
    /// The key.
    pub(crate) holder: Arc<str>,
    /// When it was taken, milliseconds since 1970 UTC.
    pub(crate) since: i64,
    /// Takings of all locks before the last one of this.
    number: u64,
    /// Last day of the key.
    pub(crate) expires_on: Option<Date>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Box<str>,
    pub(crate) record: i64,
}

impl Lock {
    fn new(asker: &Asker, told: Told, now: i64, number: u64) -> Self {
        Self {
            sessions: vec![asker.session],
            is_uncookied: !asker.came_back,
            holder: Arc::clone(&asker.holder),
            since: now,
            number,
            expires_on: told.expires_on,
            address: told.address,
            user_agent: told.user_agent,
            record: told.record,
        }
    }

    fn is_owned_by(&self, asker: &Asker) -> bool {
        if asker.came_back { self.sessions.contains(&asker.session) } else { self.is_uncookied && self.holder == asker.holder }
    }

    /// `lockInfo` (13.2). Without `full` it says nothing about the other caller (`data-model.md` 6.4).
    pub(crate) fn info(&self, full: bool) -> String {
        let address = self.address.filter(|_| full).map(|address| address.to_string()).unwrap_or_default();
        let mut agent = Vec::new();
        write_json_string(&mut agent, if full { &self.user_agent } else { "" });
        let agent = String::from_utf8_lossy(&agent);
        format!(r#"{{"host":"{address}","IPAddr":"{address}","recordNumber":{},"userAgent":{agent}}}"#, self.record)
    }
}

/// Entities that were deleted lately, by a hash of dataclass and key: the oldest are forgotten.
#[derive(Debug, Default)]
struct Deleted {
    newer: FxHashSet<u64>,
    older: FxHashSet<u64>,
}

/// All locks.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    count: AtomicUsize,
    taken: AtomicU64,
    held: RwLock<FxHashMap<Entity, Lock>>,
    deleted: Mutex<Deleted>,
}

impl Locks {
    /// Nobody holds anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Takes a lock; true when it is new. Gives the lock of somebody else.
    pub(crate) fn take(&self, asker: &Asker, entity: Entity, told: Told, now: i64, is_alive: impl Fn(&Lock) -> bool) -> Result<bool, Lock> {
        let mut held = self.held.write();
        let number = self.taken.fetch_add(1, Ordering::AcqRel);
        match held.get_mut(&entity) {
            Some(lock) if lock.is_owned_by(asker) && is_alive(lock) => {
                if !lock.sessions.contains(&asker.session) {
                    lock.sessions.push(asker.session);
                    let surplus = lock.sessions.len().saturating_sub(MOST_OWNERS);
                    lock.sessions.drain(..surplus);
                }
                (lock.since, lock.number) = (now, number);
                return Ok(false);
            }
            Some(lock) if is_alive(lock) => return Err(lock.clone()),
            _ => {}
        }
        held.insert(entity, Lock::new(asker, told, now, number));
        self.count.store(held.len(), Ordering::Release);
        Ok(true)
    }

    /// Gives a lock back. Gives the lock of somebody else.
    pub(crate) fn give_back(&self, asker: &Asker, entity: &Entity, is_alive: impl Fn(&Lock) -> bool) -> Result<(), Lock> {
        let mut held = self.held.write();
        if let Some(lock) = held.get(entity) {
            if is_alive(lock) && !lock.is_owned_by(asker) {
                return Err(lock.clone());
            }
            held.remove(entity);
            self.count.store(held.len(), Ordering::Release);
        }
        Ok(())
    }

    /// True when the asker holds it, false when nobody does. Gives the lock of somebody else.
    pub(crate) fn holds(&self, asker: &Asker, entity: &Entity, is_alive: impl Fn(&Lock) -> bool) -> Result<bool, Lock> {
        match self.held.read().get(entity) {
            Some(lock) if lock.is_owned_by(asker) => Ok(true),
            Some(lock) if is_alive(lock) => Err(lock.clone()),
            _ => Ok(false),
        }
    }

    /// Takes the lock away, whosever it is; gives it back.
    pub(crate) fn break_open(&self, entity: &Entity) -> Option<Lock> {
        let mut held = self.held.write();
        let lock = held.remove(entity);
        self.count.store(held.len(), Ordering::Release);
        lock
    }

    /// Ends all locks of this kind.
    pub(crate) fn release(&self, is_over: impl Fn(&Lock) -> bool) {
        if self.is_empty() {
            return;
        }
        let mut held = self.held.write();
        held.retain(|_, lock| !is_over(lock));
        self.count.store(held.len(), Ordering::Release);
    }

    /// Locks of this kind, by dataclass and key.
    pub(crate) fn list(&self, is_wanted: impl Fn(&Lock) -> bool) -> Vec<(Entity, Lock)> {
        let held = self.held.read();
        let wanted = held.iter().filter(|(_, lock)| is_wanted(lock));
        let mut list: Vec<(Entity, Lock)> = wanted.map(|(entity, lock)| (entity.clone(), lock.clone())).collect();
        list.sort_by(|(left, _), (right, _)| left.cmp(right));
        list
    }

    /// The key holds something.
    pub(crate) fn has(&self, holder: &str) -> bool {
        !self.is_empty() && self.held.read().values().any(|lock| *lock.holder == *holder)
    }

    /// The key holds something by requests without cookie.
    pub(crate) fn has_uncookied(&self, holder: &str) -> bool {
        !self.is_empty() && self.held.read().values().any(|lock| lock.is_uncookied && *lock.holder == *holder)
    }

    /// A key's last day.
    pub(crate) fn learn(&self, holder: &str, expires_on: Date) {
        for lock in self.held.write().values_mut().filter(|lock| *lock.holder == *holder) {
            lock.expires_on = Some(expires_on);
        }
    }

    /// The entity is there and about to be deleted: who asks for it later learns that it was there.
    pub(crate) fn note_deleted(&self, entity: &Entity) {
        let hash = FxBuildHasher.hash_one(entity);
        let mut deleted = self.deleted.lock();
        if deleted.newer.len() >= MOST_DELETED {
            deleted.older = std::mem::take(&mut deleted.newer);
        }
        deleted.newer.insert(hash);
    }

    /// How often locks were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Acquire)
    }

    /// An entity was searched and is not there: true when it was lately. A lock that somebody has on it ends, unless it was taken since the
    /// search began (`before`: what [`taken`](Self::taken) said then): it is on a new entity of this key.
    pub(crate) fn is_gone(&self, entity: &Entity, before: u64) -> bool {
        let was_held = {
            let mut held = self.held.write();
            let is_over = held.get(entity).is_some_and(|lock| lock.number < before);
            if is_over {
                held.remove(entity);
                self.count.store(held.len(), Ordering::Release);
            }
            is_over
        };
        let hash = FxBuildHasher.hash_one(entity);
        let deleted = self.deleted.lock();
        was_held || deleted.newer.contains(&hash) || deleted.older.contains(&hash)
    }
}

#[cfg(test)]
mod tests {
    use claviger_model::Model;

    use super::*;

    const MODEL: &str = r#"{ "dataClasses": [{ "name": "Book", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true }] }] }"#;

    fn asker(session: u8, came_back: bool, holder: &str) -> Asker {
        Asker { session: SessionId::parse(&format!("{session:032X}")).unwrap(), came_back, holder: holder.into() }
    }

    fn entity(key: i64) -> Entity {
        Entity::of(Model::from_json(MODEL, "test").unwrap().0.find("Book").unwrap().id, &[Value::Int(key)])
    }

    fn told() -> Told {
        Told::new(&[Value::Int(11)], "10.0.0.5".parse().ok(), "curl/8 \"x\"", None)
    }

    #[test]
    fn a_lock_taken_without_cookie_has_two_owners() {
        let locks = Locks::default();
        let take = |asker: &Asker| locks.take(asker, entity(1), told(), 0, |_| true);
        assert!(locks.is_empty());
        assert_eq!(take(&asker(1, false, "key_1")).ok(), Some(true));
        // Another request without cookie, and the session when it comes back.
        assert_eq!(take(&asker(2, false, "key_1")).ok(), Some(false));
        assert_eq!(take(&asker(1, true, "key_1")).ok(), Some(false));
        assert_eq!(take(&asker(2, true, "key_1")).ok(), Some(false));
        for other in [asker(3, true, "key_1"), asker(3, false, "key_2"), asker(4, true, "key_2")] {
            assert!(take(&other).is_err() && locks.holds(&other, &entity(1), |_| true).is_err(), "{other:?}");
            assert!(locks.give_back(&other, &entity(1), |_| true).is_err());
            assert_eq!(locks.holds(&other, &entity(2), |_| true).ok(), Some(false));
        }
        locks.give_back(&asker(9, false, "key_1"), &entity(1), |_| true).unwrap();
        assert!(locks.is_empty());
    }

    #[test]
    fn a_lock_taken_with_a_cookie_is_the_sessions_alone() {
        let locks = Locks::default();
        locks.take(&asker(1, true, "key_1"), entity(1), told(), 0, |_| true).unwrap();
        assert!(locks.holds(&asker(2, false, "key_1"), &entity(1), |_| true).is_err());
        assert_eq!(locks.holds(&asker(1, true, "key_1"), &entity(1), |_| true).ok(), Some(true));
        // One that is over is anybody's.
        assert_eq!(locks.take(&asker(2, true, "key_1"), entity(1), told(), 0, |_| false).ok(), Some(true));
        assert!(locks.break_open(&entity(1)).is_some() && locks.is_empty());
    }

    #[test]
    fn the_holder_is_told_in_full_or_not() {
        let lock = Lock::new(&asker(1, true, "key_1"), told(), 0, 0);
        let info: serde_json::Value = serde_json::from_str(&lock.info(true)).unwrap();
        let full = serde_json::json!({ "host": "10.0.0.5", "IPAddr": "10.0.0.5", "recordNumber": 11, "userAgent": "curl/8 \"x\"" });
        assert_eq!(info, full);
        assert_eq!(lock.info(false), r#"{"host":"","IPAddr":"","recordNumber":11,"userAgent":""}"#);
        assert_eq!(Told::new(&[Value::Text("x".into())], None, &"é".repeat(300), None).user_agent.len(), LONGEST_AGENT);
    }

    #[test]
    fn owners_without_cookie_do_not_pile_up() {
        let locks = Locks::default();
        (0..100).for_each(|number| drop(locks.take(&asker(number, false, "key_1"), entity(1), told(), 0, |_| true)));
        let (_, lock) = locks.list(|_| true).remove(0);
        assert_eq!((lock.sessions.len(), lock.sessions.last()), (MOST_OWNERS, Some(&asker(99, false, "").session)));
    }

    #[test]
    fn a_lock_on_what_is_gone_ends_unless_it_was_taken_since_the_search_began() {
        let locks = Locks::default();
        let take = |other: u8| locks.take(&asker(other, true, "key_1"), entity(1), told(), 0, |_| true).ok();
        let early = locks.taken();
        assert_eq!(take(1), Some(true));
        assert!(!locks.is_gone(&entity(1), early) && !locks.is_empty());
        let late = locks.taken();
        // Taken once more: on another entity of this key, perhaps.
        assert_eq!(take(1), Some(false));
        assert!(!locks.is_gone(&entity(1), late) && take(2).is_none());
        assert!(locks.is_gone(&entity(1), locks.taken()) && locks.is_empty());
        assert!(!locks.is_gone(&entity(1), locks.taken()));
    }

    #[test]
    fn deleted_entities_are_remembered_for_a_while() {
        let locks = Locks::default();
        locks.note_deleted(&entity(0));
        assert!(locks.is_gone(&entity(0), 0) && !locks.is_gone(&entity(1), 0));
        (1..=2 * MOST_DELETED as i64).for_each(|key| locks.note_deleted(&entity_of(key)));
        assert!(!locks.is_gone(&entity(0), 0) && locks.is_gone(&entity(2 * MOST_DELETED as i64), 0));
    }

    fn entity_of(key: i64) -> Entity {
        Entity { key: key.to_string().into(), ..entity_zero() }
    }

    fn entity_zero() -> Entity {
        static ZERO: std::sync::OnceLock<Entity> = std::sync::OnceLock::new();
        ZERO.get_or_init(|| entity(0)).clone()
    }
}
