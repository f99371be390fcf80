//! Projections are made once per caller's permissions and kept, so that their numbers are stable and the store's statements live.

use std::sync::{Arc, PoisonError, RwLock};

use claviger_model::ClassId;
use rustc_hash::FxHashMap;

use super::context::Asker;
use crate::plan::PageForm;
use crate::projection::Projection;

/// Entries kept at most. Permissions that are gone leave by age: their numbers only grow, so the lowest are the oldest.
const CAPACITY: usize = 4096;
/// Texts longer than this are not worth keeping.
const LONGEST_TEXT: usize = 512;

/// What a projection depends on beside the model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct CacheKey {
    pub(super) grants: u64,
    pub(super) asker: Asker,
    pub(super) class: ClassId,
    pub(super) form: PageForm,
}

/// The projections of one planner.
#[derive(Debug, Default)]
pub(super) struct ProjectionCache(RwLock<Entries>);

#[derive(Debug, Default)]
struct Entries {
    whole: FxHashMap<CacheKey, Arc<Projection>>,
    chosen: FxHashMap<CacheKey, FxHashMap<Box<str>, Arc<Projection>>>,
    count: usize,
}

impl ProjectionCache {
    /// The projection of all attributes (`text` empty), or the one that this text asked for.
    pub(super) fn get(&self, key: CacheKey, text: &str) -> Option<Arc<Projection>> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = if text.is_empty() { entries.whole.get(&key) } else { entries.chosen.get(&key)?.get(text) };
        found.cloned()
    }

    /// Keeps a projection; when another request was faster, its projection is the one to use.
    pub(super) fn keep(&self, key: CacheKey, text: &str, projection: Arc<Projection>) -> Arc<Projection> {
        if text.len() > LONGEST_TEXT {
            return projection;
        }
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.count >= CAPACITY {
            entries.drop_oldest();
        }
        let mut added = false;
        let slot = if text.is_empty() {
            entries.whole.entry(key).or_insert_with(|| {
                added = true;
                projection
            })
        } else {
            entries.chosen.entry(key).or_default().entry(text.into()).or_insert_with(|| {
                added = true;
                projection
            })
        };
        let kept = Arc::clone(slot);
        entries.count += usize::from(added);
        kept
    }
}

impl Entries {
    /// Forgets everything of the older half of the permissions; of everybody when there is only one.
    fn drop_oldest(&mut self) {
        let mut numbers: Vec<u64> = self.whole.keys().chain(self.chosen.keys()).map(|key| key.grants).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let middle = numbers.get(numbers.len() / 2).copied().unwrap_or(0);
        let newest = if numbers.len() < 2 { u64::MAX } else { middle };
        self.whole.retain(|key, _| key.grants >= newest);
        self.chosen.retain(|key, _| key.grants >= newest);
        self.count = self.whole.len() + self.chosen.values().map(FxHashMap::len).sum::<usize>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projection(id: u64) -> Arc<Projection> {
        Arc::new(Projection {
            id,
            class: ClassId(0),
            fields: Vec::new(),
            invalid: false,
            cut: false,
            linked: false,
            restricted: Box::default(),
        })
    }

    fn key(grants: u64) -> CacheKey {
        CacheKey { grants, asker: Asker::Rest, class: ClassId(0), form: PageForm::Selection }
    }

    #[test]
    fn the_first_projection_stays() {
        let cache = ProjectionCache::default();
        assert_eq!(cache.keep(key(1), "", projection(1)).id(), 1);
        assert_eq!(cache.keep(key(1), "", projection(2)).id(), 1);
        assert_eq!(cache.keep(key(1), "a", projection(3)).id(), 3);
        assert_eq!(cache.get(key(1), "").unwrap().id(), 1);
        assert_eq!(cache.get(key(1), "a").unwrap().id(), 3);
        assert!(cache.get(key(2), "").is_none());
    }

    #[test]
    fn it_never_grows_beyond_its_capacity() {
        let cache = ProjectionCache::default();
        for number in 0..20_000 {
            cache.keep(key(number / 3), &format!("a{}", number % 3), projection(number));
        }
        let entries = cache.0.read().unwrap();
        assert!(entries.count <= CAPACITY);
        assert_eq!(entries.count, entries.chosen.values().map(FxHashMap::len).sum::<usize>());
        drop(entries);
        assert!(cache.get(key(19_999 / 3), "a0").is_some(), "the newest stay");
    }
}
