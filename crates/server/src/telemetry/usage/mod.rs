//! Who uses the endpoint how much, and what was refused: counted off the hot path, kept in the control store.
//!
//! A request leaves one small [`Event`] in a buffer of its thread. Every second, or when it is full, a buffer is folded into sums
//! ([`Counts`]); every ten seconds, or when somebody asks, the sums go to the control store in small transactions ([`flush`]). Counts are
//! exact, as long as the store takes them. Of refused requests there are records too, of which a flood drops the oldest.

mod buffer;
mod counts;
mod event;
mod flush;
mod metrics;
pub mod reason;
pub(crate) mod record;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use claviger_store::control::ControlError;
use parking_lot::Mutex;

use self::buffer::Buffer;
use self::counts::Counts;
use self::flush::Backlog;
use crate::app::AppState;

pub use event::{Event, Note, Telling, Told};
pub use reason::Reason;

/// Buffers; each thread uses one.
const SHARDS: usize = 16;
/// Events of a full buffer.
const FULL: usize = 512;
/// So many keys waiting are written without waiting for the next turn.
const MANY_KEYS: usize = 20_000;

/// How long somebody who looks at the numbers waits while others write.
const PATIENCE: Duration = Duration::from_millis(200);

static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: usize = NEXT_SHARD.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

/// A buffer with a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Shard(Mutex<Buffer>);

/// All counting of one application.
#[derive(Debug, Default)]
pub struct Usage {
    shards: [Shard; SHARDS],
    counts: Mutex<Counts>,
    /// Held while something is written.
    backlog: Mutex<Backlog>,
}

impl Usage {
    /// Counts one answered request; a few tens of nanoseconds, but for one in [`FULL`].
    pub fn push(&self, event: Event, telling: Option<Telling<'_>>) {
        let mut buffer = self.shards[SHARD.with(|shard| *shard)].0.lock();
        buffer.push(event, telling);
        if buffer.events.len() >= FULL {
            self.fold(&mut buffer.events);
        }
    }

    /// Folds what lies in the buffers.
    pub fn fold_all(&self) {
        for shard in &self.shards {
            let mut buffer = shard.0.lock();
            self.fold(&mut buffer.events);
            self.counts.lock().tell(&mut buffer.told);
        }
    }

    fn fold(&self, events: &mut Vec<Event>) {
        if !events.is_empty() {
            let mut counts = self.counts.lock();
            events.drain(..).for_each(|event| counts.add(&event));
        }
    }

    /// True when more waits than should wait for the next turn.
    pub fn is_urgent(&self) -> bool {
        self.counts.lock().waiting_keys() >= MANY_KEYS
    }

    /// Writes everything counted so far. What cannot be written waits on.
    pub fn flush(&self, state: &AppState) -> Result<(), ControlError> {
        self.write(state, &mut self.backlog.lock())
    }

    /// Writes for somebody who looks at the numbers, unless that was done in the last `age` milliseconds, or is being done and takes long.
    pub fn refresh(&self, state: &AppState, age: u64) -> Result<(), ControlError> {
        let Some(mut backlog) = self.backlog.try_lock_for(PATIENCE) else { return Ok(()) };
        if backlog.flushed_at.is_some_and(|at| at.abs_diff(state.now()) < age) {
            return Ok(());
        }
        self.write(state, &mut backlog)
    }

    /// Removes from the store what is old or too much, when it is time to.
    pub fn trim(&self, state: &AppState) -> Result<(), ControlError> {
        let due = self.backlog.lock().take_due(state.now());
        due.trim(state.control())
    }

    fn write(&self, state: &AppState, backlog: &mut Backlog) -> Result<(), ControlError> {
        self.fold_all();
        let taken = self.counts.lock().take();
        let done = backlog.flush(state, taken);
        self.counts.lock().give_up(backlog.take_lost());
        done
    }

    /// Appends the counters by key to the text of `/metrics`.
    pub fn render_metrics(&self, text: &mut String) {
        self.fold_all();
        metrics::render(text, &self.counts.lock());
    }
}
