//! What a connection is doing, as far as time limits care: a few atomics that reads, writes and requests touch, looked at by one timer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Limits;

/// State of one connection. Times are milliseconds since its start plus one; zero is "not".
#[derive(Debug)]
pub(super) struct Watch {
    started: Instant,
    limits: Limits,
    /// Requests being answered.
    running: AtomicU32,
    /// A request has been seen at all.
    any_request: AtomicBool,
    /// When the first byte of a head came whose end has not come yet.
    head_since: AtomicU64,
    /// When something was finished or sent last.
    quiet_since: AtomicU64,
}

/// What is to be done with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Look again then.
    Wait(Instant),
    /// Close it.
    TooSlow,
}

/// Marks a request as running until dropped.
pub(super) struct Running(Arc<Watch>);

impl Drop for Running {
    fn drop(&mut self) {
        let watch = &self.0;
        watch.quiet_since.store(watch.now(), Ordering::Relaxed);
        watch.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Watch {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            started: Instant::now(),
            limits,
            running: AtomicU32::new(0),
            any_request: AtomicBool::new(false),
            head_since: AtomicU64::new(0),
            quiet_since: AtomicU64::new(1),
        }
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64 + 1
    }

    /// A request's head is complete.
    pub(super) fn start(watch: &Arc<Self>) -> Running {
        watch.running.fetch_add(1, Ordering::Relaxed);
        watch.head_since.store(0, Ordering::Relaxed);
        watch.any_request.store(true, Ordering::Relaxed);
        Running(Arc::clone(watch))
    }

    fn received(&self) {
        if self.running.load(Ordering::Relaxed) == 0 && self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn sent(&self) {
        if self.running.load(Ordering::Relaxed) == 0 {
            self.quiet_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// When to look next at the latest.
    pub(super) fn next_look(&self, now: Instant) -> Instant {
        now + self.limits.first_byte.min(self.limits.header).min(self.limits.idle)
    }

    /// Is it too slow by now?
    pub(super) fn judge(&self, now: Instant) -> Verdict {
        if self.running.load(Ordering::Relaxed) > 0 {
            return Verdict::Wait(self.next_look(now));
        }
        let head = self.head_since.load(Ordering::Relaxed);
        let (since, limit) = if head > 0 {
            (head, self.limits.header)
        } else if self.any_request.load(Ordering::Relaxed) {
            (self.quiet_since.load(Ordering::Relaxed), self.limits.idle)
        } else {
            (1, self.limits.first_byte)
        };
        let ends = self.started + std::time::Duration::from_millis(since - 1) + limit;
        // A head may begin while an idle limit runs, and its limit may be shorter.
        if now >= ends { Verdict::TooSlow } else { Verdict::Wait(ends.min(self.next_look(now))) }
    }
}

/// A socket that tells its watch about bytes.
pub(super) struct Watched {
    stream: TcpStream,
    watch: Arc<Watch>,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, watch: Arc<Watch>) -> Self {
        Self { stream, watch }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_ready() && buffer.filled().len() > before {
            self.watch.received();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if polled.is_ready() {
            self.watch.sent();
        }
        polled
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        if polled.is_ready() {
            self.watch.sent();
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
