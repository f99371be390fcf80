//! Waiting for an answer on the calling thread, for a limited time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The future's output, or `None` after `patience`. Works on any thread, also on one that drives other futures: those wait meanwhile. The
/// future must need no runtime of its own.
pub(super) fn wait<F: Future>(future: F, patience: Duration) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let until = Instant::now() + patience;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_or_patience_ends() {
        assert_eq!(wait(async { 7 }, Duration::from_secs(60)), Some(7));
        assert_eq!(wait(std::future::pending::<()>(), Duration::from_millis(1)), None);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(8));
        assert_eq!(wait(receiver, Duration::from_secs(60)), Some(Ok(8)));
    }
}
