//! When the requests without cookie of a key came last, for keys that hold locks that way; of others nothing is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use rustc_hash::FxHashMap;

type Last = FxHashMap<Box<str>, Arc<AtomicI64>>;

/// Last requests by key. Every request without cookie comes by: it takes no lock and, but for these keys, writes nothing.
#[derive(Debug, Default)]
pub(crate) struct Uncookied {
    count: AtomicUsize,
    last: ArcSwap<Last>,
}

impl Uncookied {
    /// A request without cookie.
    pub(crate) fn note(&self, holder: &str, now: i64) {
        if self.count.load(Ordering::Acquire) > 0
            && let Some(last) = self.last.load().get(holder)
        {
            last.fetch_max(now, Ordering::Relaxed);
        }
    }

    /// The key has taken a lock without cookie.
    pub(crate) fn track(&self, holder: &str, now: i64) {
        if self.last.load().contains_key(holder) {
            return self.note(holder, now);
        }
        self.change(|last| {
            last.entry(holder.into()).or_default().fetch_max(now, Ordering::Relaxed);
        });
    }

    /// Forgets keys.
    pub(crate) fn forget(&self, is_done: impl Fn(&str) -> bool) {
        if self.last.load().keys().any(|holder| is_done(holder)) {
            self.change(|last| last.retain(|holder, _| !is_done(holder)));
        }
    }

    /// When the last request came, milliseconds since 1970 UTC.
    pub(crate) fn last(&self, holder: &str) -> Option<i64> {
        self.last.load().get(holder).map(|last| last.load(Ordering::Relaxed))
    }

    fn change(&self, change: impl Fn(&mut Last)) {
        self.last.rcu(|last| {
            let mut changed = Last::clone(last);
            change(&mut changed);
            changed
        });
        self.count.store(self.last.load().len(), Ordering::Release);
    }
}
