//! When and whence a key was used last: noted in memory, written at most once per minute and key (`api-keys.md` 8.1, K-17).

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::db::values;
use super::{ControlError, ControlStore, LiveKey};

/// Least time between two notes of one key, milliseconds.
const EVERY: i64 = 60_000;

/// Uses that wait to be written.
#[derive(Debug, Default)]
pub struct LastUsed {
    waiting: Mutex<Vec<Use>>,
}

#[derive(Debug)]
struct Use {
    key: Arc<LiveKey>,
    at: i64,
    address: Option<IpAddr>,
}

impl LastUsed {
    /// An accepted request of a key. One atomic read, unless the minute is over.
    pub fn note(&self, key: &Arc<LiveKey>, at: i64, address: Option<IpAddr>) {
        let last = key.last_used.load(Ordering::Relaxed);
        if at - last < EVERY || key.last_used.compare_exchange(last, at, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        self.waiting.lock().push(Use { key: Arc::clone(key), at, address });
    }

    /// Writes what waits. What cannot be written waits on.
    pub fn flush(&self, control: &ControlStore) -> Result<(), ControlError> {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        if waiting.is_empty() {
            return Ok(());
        }
        let written = control.changing(|connection| {
            let row = |used: &Use| values![used.key.id.as_str(), used.at, used.address.map(|address| address.to_string())].to_vec();
            let update = "UPDATE keys SET last_used_at = ?2, last_used_ip = ?3 WHERE id = ?1 AND coalesce(last_used_at, ?2) <= ?2";
            connection.execute_each(update, &waiting.iter().map(row).collect::<Vec<_>>())?;
            Ok(())
        });
        if written.is_err() {
            self.waiting.lock().extend(waiting);
        }
        written
    }
}
