//! Entity sets: lists of keys kept between requests, each for whom it was made (`rest-dialect.md` 11).
//!
//! Sets live in memory, beside whichever engine, and end with the server. They are found by owner and ID together, so that nobody reaches
//! another's set, and the same ID may stand for two sets of two owners (settlement "Saved entity sets").

pub mod id;
pub mod key;

use std::sync::Arc;

use claviger_model::ClassId;
use claviger_query::KeyList;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

pub use self::id::SetId;

/// Life of a set that was made again, in milliseconds (11.3).
pub const RESTORED_LIFE: i64 = 600_000;

/// Memory that a set takes besides its keys, generously.
const BESIDES_KEYS: usize = 256;

/// Whose a set is: the public ID of an API key, or nothing for guests.
pub type Owner = str;

/// How long and how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Life without use where none is asked for, milliseconds.
    pub default_life: i64,
    /// Longest life without use, milliseconds; 0: no limit.
    pub max_life: i64,
    /// Living sets of one owner; 0: no limit.
    pub most_sets: usize,
    /// Memory of all sets together, bytes; 0: no limit.
    pub most_bytes: usize,
}

/// A set to be kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Dataclass of the entities.
    pub class: ClassId,
    /// Their keys, in order.
    pub keys: Arc<KeyList>,
    /// An order was asked for.
    pub sorted: bool,
}

/// A living set as it is listed (`$info`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetInfo {
    /// Its ID.
    pub id: SetId,
    /// Dataclass of the entities.
    pub class: ClassId,
    /// Number of entities, those included that are gone.
    pub size: usize,
    /// An order was asked for.
    pub sorted: bool,
    /// Last use, milliseconds since 1970 UTC.
    pub refreshed: i64,
    /// End of life without further use, milliseconds since 1970 UTC.
    pub expires: i64,
}

/// Why a set cannot be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SetsFull {
    /// The owner has as many living sets as the limit allows.
    #[error("{0} entity sets are kept for this API key, and no more may be. Release those that are not needed.")]
    TooMany(usize),
    /// All sets together take as much memory as the limit allows.
    #[error("The entity sets of this server take {0} bytes, and no more may be. Release those that are not needed, or ask for less.")]
    TooLarge(usize),
}

/// All living sets.
#[derive(Debug)]
pub struct Sets {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    owners: FxHashMap<Box<Owner>, FxHashMap<SetId, Living>>,
    bytes: usize,
}

#[derive(Debug)]
struct Living {
    kept: Kept,
    life: i64,
    refreshed: i64,
}

impl Living {
    fn expires(&self) -> i64 {
        self.refreshed.saturating_add(self.life)
    }

    fn bytes(&self) -> usize {
        bytes_of(&self.kept)
    }
}

fn bytes_of(kept: &Kept) -> usize {
    kept.keys.held_bytes() + BESIDES_KEYS
}

impl State {
    fn sweep(&mut self, now: i64) {
        let bytes = &mut self.bytes;
        self.owners.retain(|_, sets| {
            retain_living(sets, bytes, now);
            !sets.is_empty()
        });
    }

    fn remove(&mut self, owner: &Owner, id: SetId) -> Option<Living> {
        let sets = self.owners.get_mut(owner)?;
        let removed = sets.remove(&id)?;
        if sets.is_empty() {
            self.owners.remove(owner);
        }
        self.bytes = self.bytes.saturating_sub(removed.bytes());
        Some(removed)
    }
}

fn retain_living(sets: &mut FxHashMap<SetId, Living>, bytes: &mut usize, now: i64) {
    sets.retain(|_, set| {
        let lives = now < set.expires();
        if !lives {
            *bytes = bytes.saturating_sub(set.bytes());
        }
        lives
    });
}

impl Sets {
    /// No sets yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// Memory that one more set of this owner may take, in bytes; an error when there is no room for any.
    pub fn room(&self, owner: &Owner, now: i64) -> Result<usize, SetsFull> {
        let mut state = self.state.lock();
        self.admit(&mut state, owner, None, BESIDES_KEYS, now)?;
        Ok(match self.limits.most_bytes {
            0 => usize::MAX,
            most => most.saturating_sub(state.bytes + BESIDES_KEYS),
        })
    }

    /// Keeps a new set. `life`: milliseconds without use, cut to the longest allowed; `None`: the default.
    pub fn keep(&self, owner: &Owner, id: SetId, kept: Kept, life: Option<i64>, now: i64) -> Result<(), SetsFull> {
        let life = life.unwrap_or(self.limits.default_life);
        let life = if self.limits.max_life > 0 { life.min(self.limits.max_life) } else { life };
        let mut state = self.state.lock();
        self.admit(&mut state, owner, Some(id), bytes_of(&kept), now)?;
        state.remove(owner, id);
        state.bytes += bytes_of(&kept);
        state.owners.entry(owner.into()).or_default().insert(id, Living { kept, life, refreshed: now });
        Ok(())
    }

    /// Refuses what is too much; what has expired does not count. `id`: of the set that takes the place of another.
    fn admit(&self, state: &mut State, owner: &Owner, id: Option<SetId>, bytes: usize, now: i64) -> Result<(), SetsFull> {
        let State { owners, bytes: held } = state;
        if let Some(sets) = owners.get_mut(owner) {
            retain_living(sets, held, now);
            let is_replaced = id.is_some_and(|id| sets.contains_key(&id));
            let most = self.limits.most_sets;
            if most > 0 && sets.len() >= most && !is_replaced {
                return Err(SetsFull::TooMany(sets.len()));
            }
        }
        let most = self.limits.most_bytes;
        let is_too_much = |state: &State| most > 0 && state.bytes.saturating_add(bytes) > most;
        if is_too_much(state) {
            state.sweep(now);
        }
        if is_too_much(state) { Err(SetsFull::TooLarge(state.bytes)) } else { Ok(()) }
    }

    /// The owner's living set of this ID; its life starts anew.
    pub fn find(&self, owner: &Owner, id: SetId, now: i64) -> Option<Kept> {
        let mut state = self.state.lock();
        let set = state.owners.get_mut(owner)?.get_mut(&id).filter(|set| now < set.expires())?;
        set.refreshed = set.refreshed.max(now);
        Some(set.kept.clone())
    }

    /// Gives a set up; false when the owner has no living set of this ID.
    pub fn release(&self, owner: &Owner, id: SetId, now: i64) -> bool {
        self.state.lock().remove(owner, id).is_some_and(|set| now < set.expires())
    }

    /// The owner is gone, and all its sets with it.
    pub fn forget(&self, owner: &Owner) {
        let State { owners, bytes } = &mut *self.state.lock();
        if let Some(sets) = owners.remove(owner) {
            *bytes = bytes.saturating_sub(sets.values().map(Living::bytes).sum());
        }
    }

    /// Living sets of one owner, or of all, those used last first.
    pub fn list(&self, owner: Option<&Owner>, now: i64) -> Vec<SetInfo> {
        let state = self.state.lock();
        let chosen = state.owners.iter().filter(|(of, _)| owner.is_none_or(|owner| *owner == ***of)).flat_map(|(_, sets)| sets);
        let mut list: Vec<SetInfo> = chosen
            .filter(|(_, set)| now < set.expires())
            .map(|(id, set)| SetInfo {
                id: *id,
                class: set.kept.class,
                size: set.kept.keys.len(),
                sorted: set.kept.sorted,
                refreshed: set.refreshed,
                expires: set.expires(),
            })
            .collect();
        list.sort_by_key(|set| (std::cmp::Reverse(set.refreshed), set.id.to_string()));
        list
    }

    /// Frees the memory of what has expired. Nothing else depends on it: what has expired is not found.
    pub fn sweep(&self, now: i64) {
        self.state.lock().sweep(now);
    }

    /// Memory of all sets together, in bytes.
    pub fn held_bytes(&self) -> usize {
        self.state.lock().bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { default_life: 7_200_000, max_life: 0, most_sets: 0, most_bytes: 0 };

    fn id(number: u8) -> SetId {
        SetId::random(|bytes| bytes.fill(number))
    }

    fn kept(count: i64) -> Kept {
        Kept { class: ClassId(0), keys: Arc::new(KeyList::whole((0..count).collect())), sorted: false }
    }

    #[test]
    fn a_million_keys_cost_eight_bytes_each() {
        let sets = Sets::new(LIMITS);
        sets.keep("a", id(1), kept(1_000_000), None, 0).unwrap();
        assert!((8_000_000..8_001_000).contains(&sets.held_bytes()), "{}", sets.held_bytes());
        assert!(sets.release("a", id(1), 0));
        assert_eq!(sets.held_bytes(), 0);
    }

    #[test]
    fn each_owner_has_sets_of_his_own() {
        let sets = Sets::new(LIMITS);
        sets.keep("a", id(1), kept(3), None, 0).unwrap();
        sets.keep("b", id(1), kept(5), None, 0).unwrap();
        assert_eq!(sets.find("a", id(1), 0).unwrap().keys.len(), 3);
        assert!(!sets.release("c", id(1), 0));
        assert!(sets.release("a", id(1), 0) && !sets.release("a", id(1), 0));
        assert_eq!(sets.find("b", id(1), 0).unwrap().keys.len(), 5);
        sets.keep("b", id(2), kept(5), None, 0).unwrap();
        sets.keep("a", id(1), kept(3), None, 0).unwrap();
        sets.forget("b");
        sets.forget("c");
        assert_eq!((sets.list(None, 0).len(), sets.held_bytes()), (1, bytes_of(&kept(3))));
    }

    #[test]
    fn each_use_starts_the_life_anew() {
        let sets = Sets::new(Limits { max_life: 100, ..LIMITS });
        sets.keep("a", id(1), kept(1), Some(60), 0).unwrap();
        sets.keep("a", id(2), kept(1), Some(500), 0).unwrap();
        assert!(sets.find("a", id(1), 59).is_some());
        assert!(sets.find("a", id(1), 118).is_some() && sets.find("a", id(2), 99).is_some());
        assert!(sets.find("a", id(1), 178).is_none());
        // Cut to the longest life, counted from the last use.
        assert!(sets.find("a", id(2), 198).is_some() && sets.find("a", id(2), 298).is_none());
        sets.sweep(298);
        assert_eq!(sets.held_bytes(), 0);
    }

    #[test]
    fn quotas_count_what_lives() {
        let sets = Sets::new(Limits { most_sets: 2, ..LIMITS });
        sets.keep("a", id(1), kept(1), Some(10), 0).unwrap();
        sets.keep("a", id(2), kept(1), Some(20), 0).unwrap();
        assert_eq!(sets.room("a", 0), Err(SetsFull::TooMany(2)));
        assert_eq!(sets.keep("a", id(3), kept(1), None, 0), Err(SetsFull::TooMany(2)));
        // In the place of one that is there.
        sets.keep("a", id(2), kept(4), Some(20), 0).unwrap();
        sets.keep("b", id(3), kept(1), None, 0).unwrap();
        sets.keep("a", id(3), kept(1), None, 10).unwrap();
        assert_eq!(sets.list(Some("a"), 10).iter().map(|set| (set.id, set.size)).collect::<Vec<_>>(), [(id(3), 1), (id(2), 4)]);
        assert_eq!(sets.list(None, 10).len(), 3);
    }

    #[test]
    fn memory_has_a_limit_for_all_together() {
        let one = bytes_of(&kept(100));
        let sets = Sets::new(Limits { most_bytes: 2 * one, ..LIMITS });
        sets.keep("a", id(1), kept(100), Some(10), 0).unwrap();
        sets.keep("b", id(2), kept(100), Some(20), 0).unwrap();
        assert_eq!(sets.keep("c", id(3), kept(1), None, 5), Err(SetsFull::TooLarge(2 * one)));
        assert_eq!(sets.room("c", 5), Err(SetsFull::TooLarge(2 * one)));
        // What has expired makes room, whoever owned it.
        assert_eq!(sets.room("c", 10), Ok(one - BESIDES_KEYS));
        sets.keep("c", id(3), kept(100), None, 10).unwrap();
    }
}
