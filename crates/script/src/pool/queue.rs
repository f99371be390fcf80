//! Whose turn it is: calls wait here for workers, and workers for calls.
//!
//! While all workers are busy, a worker is sent the next calls before it has ended the one that it runs, and need not sleep and be woken between
//! them. A call that was sent ahead to a worker whose call takes long is given to another one as soon as there is one; what the first makes of it
//! later is refused and thrown away.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// Calls that a worker is sent ahead.
const MOST_AHEAD: usize = 3;
/// What a call that was sent ahead waits for its worker when another one could take it.
pub(super) const PATIENCE: Duration = Duration::from_millis(4);
/// A call that takes longer counts as this, so that it is forgotten soon.
const LONG: Duration = Duration::from_millis(10);
/// That many of the last calls count, more or less.
const LATE: u32 = 8;

/// Calls that wait, and workers; `W` is a worker.
pub(super) struct Queue<W> {
    idle: Vec<W>,
    /// Workers there may be that neither a call has nor the start of a worker. Fewer may be idle, where some were never started or are borrowed, or
    /// more, where those were started beside the queue.
    free: usize,
    /// In the order in which they came.
    waiting: VecDeque<Waiting>,
    /// In the order in which they were sent ahead.
    ahead: VecDeque<Ahead>,
    /// Whose turn has come, and who does not know yet.
    called: Vec<(u64, Turn<W>)>,
    last: u64,
    /// What calls have taken of late, on average.
    usual: Duration,
    /// Below which the next are sent ahead.
    brief: Duration,
    /// How many there are.
    workers: usize,
}

struct Waiting {
    number: u64,
    /// Of a call that may be sent ahead.
    frame: Option<Arc<[u8]>>,
    wake: oneshot::Sender<()>,
}

/// A call that was sent ahead.
struct Ahead {
    call: Waiting,
    /// To this worker.
    worker: u32,
    since: Instant,
}

/// What a call is given.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn<W> {
    /// A worker that waits; without one it may be started.
    Free(Option<W>),
    /// The worker that it was sent ahead to, and that runs it now.
    Ahead(W),
}

/// A call in the queue: its number there, and what tells that its turn has come.
pub(super) type Place = (u64, oneshot::Receiver<()>);

impl<W> Queue<W> {
    /// With one worker of so many. Calls are sent ahead while calls take less than `brief`, on average.
    pub(super) fn new(first: W, workers: usize, brief: Duration) -> Self {
        Self {
            idle: vec![first],
            free: 1,
            waiting: VecDeque::new(),
            ahead: VecDeque::new(),
            called: Vec::new(),
            last: 0,
            usual: Duration::ZERO,
            brief,
            workers,
        }
    }

    /// A call comes, with its frame when it may be sent ahead.
    pub(super) fn enter(&mut self, frame: Option<Arc<[u8]>>) -> Result<Turn<W>, Place> {
        if let Some(turn) = self.take_free() {
            return Ok(turn);
        }
        let (wake, woken) = oneshot::channel();
        self.last += 1;
        self.waiting.push_back(Waiting { number: self.last, frame, wake });
        Err((self.last, woken))
    }

    /// The right to one more worker, when nobody waits for it.
    pub(super) fn take_free(&mut self) -> Option<Turn<W>> {
        self.free = self.free.checked_sub(1)?;
        Some(Turn::Free(self.idle.pop()))
    }

    /// A call leaves, because its turn has come or because nobody waits for it any more: with what it was given, if anything.
    pub(super) fn leave(&mut self, number: u64) -> Option<Turn<W>> {
        if let Some(at) = self.called.iter().position(|(called, _)| *called == number) {
            return Some(self.called.swap_remove(at).1);
        }
        self.waiting.retain(|call| call.number != number);
        self.ahead.retain(|ahead| ahead.call.number != number);
        None
    }

    /// What is sent ahead to a worker that has been sent `before` others and not begun them, in `room` bytes: its number in the queue and its frame.
    pub(super) fn next_for(&mut self, worker: u32, before: usize, room: usize, now: Instant) -> Option<(u64, Arc<[u8]>)> {
        // More than one only where others will not be without; none while somebody waits for a worker that is free.
        let is_enough = before >= MOST_AHEAD || (before > 0 && self.waiting.len() < self.workers);
        if is_enough || self.usual >= self.brief || self.is_stale(now) {
            return None;
        }
        let call = self.waiting.front()?;
        let frame = call.frame.clone().filter(|frame| frame.len() <= room)?;
        let number = call.number;
        let call = self.waiting.pop_front()?;
        self.ahead.push_back(Ahead { call, worker, since: now });
        Some((number, frame))
    }

    /// A call has ended that took this long.
    pub(super) fn took(&mut self, time: Duration) {
        self.usual = (self.usual * (LATE - 1) + time.min(LONG)) / LATE;
    }

    /// Gives a worker to the call that it begins now, which it was sent ahead; back when nobody waits for what it makes of it.
    pub(super) fn go_on(&mut self, number: u64, id: u32, worker: W) -> Option<W> {
        let is_its = |ahead: &Ahead| ahead.call.number == number && ahead.worker == id;
        let Some(ahead) = self.ahead.iter().position(is_its).and_then(|at| self.ahead.remove(at)) else { return Some(worker) };
        self.call(ahead.call, Turn::Ahead(worker));
        None
    }

    /// A worker is there for anybody, or without one the right to start it.
    pub(super) fn give(&mut self, worker: Option<W>, now: Instant) {
        // Who was sent ahead came before those who wait.
        match self.take_stale(now).or_else(|| self.waiting.pop_front()) {
            Some(call) => {
                let worker = worker.or_else(|| self.idle.pop());
                self.call(call, Turn::Free(worker));
            }
            None => {
                self.free += 1;
                // One that is too many ends.
                worker.and_then(|worker| self.put_back(worker));
            }
        }
    }

    /// A worker is gone: the calls that were sent ahead to it are the next again.
    pub(super) fn lost(&mut self, worker: u32) {
        while let Some(ahead) = self.ahead.iter().rposition(|ahead| ahead.worker == worker).and_then(|at| self.ahead.remove(at)) {
            self.waiting.push_front(ahead.call);
        }
        while !self.waiting.is_empty() {
            let Some(turn) = self.take_free() else { return };
            if let Some(call) = self.waiting.pop_front() {
                self.call(call, turn);
            }
        }
    }

    /// Has workers that are free take calls which were sent ahead to others and have waited long enough. Whether there is more to wait for.
    pub(super) fn hurry(&mut self, now: Instant) -> bool {
        while self.free > 0 {
            let Some(call) = self.take_stale(now) else { return !self.ahead.is_empty() };
            if let Some(turn) = self.take_free() {
                self.call(call, turn);
            }
        }
        false
    }

    /// Whether a worker is free while a call was sent ahead to another.
    pub(super) fn has_both(&self) -> bool {
        self.free > 0 && !self.ahead.is_empty()
    }

    /// An idle worker, beside the queue.
    pub(super) fn borrow(&mut self) -> Option<W> {
        self.idle.pop()
    }

    /// Has a worker wait for calls; one that is too many is given back.
    pub(super) fn put_back(&mut self, worker: W) -> Option<W> {
        if self.idle.len() < self.workers {
            self.idle.push(worker);
            return None;
        }
        Some(worker)
    }

    /// The workers that wait.
    pub(super) fn idle(&self) -> &[W] {
        &self.idle
    }

    /// Whether the call that was sent ahead first has waited long enough.
    fn is_stale(&self, now: Instant) -> bool {
        self.ahead.front().is_some_and(|ahead| now.saturating_duration_since(ahead.since) >= PATIENCE)
    }

    /// That call.
    fn take_stale(&mut self, now: Instant) -> Option<Waiting> {
        if self.is_stale(now) { self.ahead.pop_front().map(|ahead| ahead.call) } else { None }
    }

    fn call(&mut self, call: Waiting, turn: Turn<W>) {
        self.called.push((call.number, turn));
        // It may be leaving, and takes its turn with it then.
        let _ = call.wake.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Option<Arc<[u8]>> {
        Some(Arc::from(b"call".as_slice()))
    }

    /// With two workers, 1 and 2, that are idle.
    fn two() -> Queue<u32> {
        let mut queue = Queue::new(1, 2, Duration::from_millis(1));
        queue.give(Some(2), Instant::now());
        queue
    }

    /// Two calls have the workers, and those of these numbers wait.
    fn busy(waiting: usize) -> (Queue<u32>, Vec<u64>) {
        let mut queue = two();
        assert_eq!(queue.enter(frame()).ok(), Some(Turn::Free(Some(2))));
        assert_eq!(queue.enter(frame()).ok(), Some(Turn::Free(Some(1))));
        let waiting = (0..waiting).map(|_| queue.enter(frame()).unwrap_err().0).collect();
        (queue, waiting)
    }

    #[test]
    fn calls_get_workers_in_the_order_in_which_they_came() {
        let (mut queue, waiting) = busy(2);
        assert_eq!(queue.leave(9), None);
        queue.give(Some(2), Instant::now());
        queue.give(Some(1), Instant::now());
        assert_eq!(queue.leave(waiting[1]), Some(Turn::Free(Some(1))));
        assert_eq!(queue.leave(waiting[0]), Some(Turn::Free(Some(2))));
        assert_eq!(queue.enter(frame()).map_err(|(number, _)| number), Err(waiting[1] + 1));
    }

    #[test]
    fn a_call_is_sent_ahead_and_goes_on_with_its_worker() {
        let (mut queue, waiting) = busy(2);
        let now = Instant::now();
        assert!(queue.next_for(1, 0, 100, now).is_some());
        assert!(queue.next_for(2, 0, 100, now).is_some());
        assert!(queue.next_for(1, 0, 100, now).is_none());
        assert_eq!(queue.go_on(waiting[1], 2, 2), None);
        assert_eq!(queue.go_on(waiting[1], 2, 2), Some(2), "it has begun it before");
        assert_eq!(queue.leave(waiting[1]), Some(Turn::Ahead(2)));
        assert_eq!(queue.leave(waiting[0]), None, "its worker is still busy");
        assert_eq!(queue.go_on(waiting[0], 1, 1), Some(1), "who has left is not given anything");
    }

    #[test]
    fn a_call_whose_worker_stays_busy_is_taken_by_another() {
        let (mut queue, waiting) = busy(1);
        let now = Instant::now();
        assert!(queue.next_for(1, 0, 100, now).is_some());
        queue.give(Some(2), now);
        assert!(queue.has_both());
        assert!(queue.hurry(now), "it has not waited long enough");
        assert!(!queue.hurry(now + PATIENCE));
        assert_eq!(queue.leave(waiting[0]), Some(Turn::Free(Some(2))));
        assert_eq!(queue.go_on(waiting[0], 1, 1), Some(1), "what it makes of the call is for nobody");
    }

    #[test]
    fn who_waits_behind_a_busy_worker_comes_before_later_ones() {
        let (mut queue, waiting) = busy(2);
        let now = Instant::now();
        assert!(queue.next_for(1, 0, 100, now).is_some());
        assert!(queue.next_for(2, 0, 100, now + PATIENCE).is_none(), "a worker is to become free");
        queue.give(Some(2), now + PATIENCE);
        assert_eq!(queue.leave(waiting[1]), None);
        assert_eq!(queue.leave(waiting[0]), Some(Turn::Free(Some(2))));
        assert_eq!(queue.go_on(waiting[0], 1, 1), Some(1), "what it makes of the call is for nobody");
    }

    #[test]
    fn who_may_start_a_worker_gets_one_that_is_there() {
        let (mut queue, waiting) = busy(2);
        assert_eq!(queue.put_back(3), None);
        queue.give(None, Instant::now());
        queue.give(None, Instant::now());
        assert_eq!(queue.leave(waiting[0]), Some(Turn::Free(Some(3))));
        assert_eq!(queue.leave(waiting[1]), Some(Turn::Free(None)));
    }

    #[test]
    fn no_more_is_sent_ahead_than_a_pipe_holds_nor_than_leaves_something_for_others() {
        let (mut queue, _) = busy(3);
        let now = Instant::now();
        assert!(queue.next_for(1, 0, 3, now).is_none());
        assert!(queue.next_for(1, 0, 4, now).is_some());
        assert!(queue.next_for(1, 1, 4, now).is_some());
        assert!(queue.next_for(1, 2, 4, now).is_none());
        assert!(queue.next_for(2, 0, 4, now).is_some());
        let (mut queue, _) = busy(9);
        assert!(queue.next_for(1, MOST_AHEAD - 1, 4, now).is_some());
        assert!(queue.next_for(1, MOST_AHEAD, 4, now).is_none());
    }

    #[test]
    fn behind_long_calls_nothing_is_sent_ahead() {
        let (mut queue, _) = busy(2);
        let now = Instant::now();
        queue.took(Duration::from_secs(5));
        assert!(queue.next_for(1, 0, 100, now).is_none());
        for _ in 0..2 * LATE {
            queue.took(Duration::from_micros(100));
        }
        assert!(queue.next_for(1, 0, 100, now).is_some());
    }

    #[test]
    fn a_call_outlives_the_worker_that_it_was_sent_to() {
        let (mut queue, waiting) = busy(2);
        let now = Instant::now();
        assert!(queue.next_for(1, 0, 100, now).is_some());
        queue.lost(1);
        queue.lost(2);
        queue.give(None, now);
        assert_eq!(queue.leave(waiting[0]), Some(Turn::Free(None)));
        assert_eq!(queue.leave(waiting[1]), None);
    }

    #[test]
    fn a_call_without_a_frame_waits_for_a_worker_that_is_free() {
        let (mut queue, _) = busy(0);
        let (number, _) = queue.enter(None).unwrap_err();
        assert!(queue.next_for(1, 0, 100, Instant::now()).is_none());
        queue.give(Some(1), Instant::now());
        assert_eq!(queue.leave(number), Some(Turn::Free(Some(1))));
    }

    #[test]
    fn a_worker_beside_the_queue_comes_back_where_there_is_room() {
        let mut queue = two();
        assert_eq!(queue.borrow(), Some(2));
        assert_eq!(queue.put_back(2), None);
        assert_eq!(queue.put_back(3), Some(3));
        assert_eq!(queue.idle(), [1, 2]);
    }
}
