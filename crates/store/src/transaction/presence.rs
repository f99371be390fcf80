//! Whether the owner of an open transaction is still there.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Told once that the owner has left: the statement that runs for it is ended then.
#[derive(Debug, Default)]
pub struct Presence {
    has_left: AtomicBool,
    told: Notify,
}

impl Presence {
    /// The owner waits for nothing any more.
    pub(super) fn leave(&self) {
        self.has_left.store(true, Ordering::Release);
        self.told.notify_waiters();
    }

    /// The owner has left.
    pub fn has_left(&self) -> bool {
        self.has_left.load(Ordering::Acquire)
    }

    /// Waits until the owner leaves.
    pub async fn left(&self) {
        // Made before the look, so that a word between the two is heard.
        let told = self.told.notified();
        if !self.has_left() {
            told.await;
        }
    }
}
