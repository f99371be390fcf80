//! The accept loop: connections in, requests out, nobody may hold one for nothing.
//!
//! Limits on time (first byte, head, idle) are kept by [`watch`] with one timer per connection, none per request. HTTP/1.1 only:
//! without TLS no client of the dialect speaks anything else, and telling HTTP/2 apart would cost every connection a look.

mod tolerant;

pub(crate) use tolerant::write_target;
mod watch;

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch as signal};
use tokio::time::Instant;

use crate::settings::Limits as LimitSettings;
use crate::telemetry::Metrics;
use tolerant::Tolerant;
use watch::{Verdict, Watch, Watched};

/// Which listener a connection came through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// `listen`, and `console_listen` is empty: everything.
    Both,
    /// `listen`, while the console has a listener of its own.
    Endpoint,
    /// `console_listen`.
    Console,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Address of the TCP peer, which may be a proxy.
    pub address: IpAddr,
    /// Where it came in.
    pub door: Door,
}

/// Limits of the loop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// From accepting to the first byte.
    pub first_byte: Duration,
    /// From a request's first byte to the end of its head.
    pub header: Duration,
    /// Between two requests, and while an answer is not taken.
    pub idle: Duration,
    /// For running requests after the signal to stop.
    pub drain: Duration,
}

impl From<&LimitSettings> for Limits {
    fn from(settings: &LimitSettings) -> Self {
        Self {
            connections: settings.connections.max(1),
            first_byte: Duration::from_secs(settings.first_byte_seconds.max(1)),
            header: Duration::from_secs(settings.header_seconds.max(1)),
            idle: Duration::from_secs(settings.idle_seconds.max(1)),
            drain: Duration::from_secs(settings.drain_seconds),
        }
    }
}

/// What answers requests.
pub trait Answer: Clone + Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, peer: Peer, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send;
    /// Counters to keep.
    fn metrics(&self) -> &Metrics;
}

/// A listener bound to its address.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    door: Door,
}

impl Listener {
    /// Binds; port 0 picks a free one.
    pub async fn bind(address: &str, door: Door) -> std::io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, door })
    }

    /// The address with the port that was picked.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// Accepts until `stop` turns true, then lets running requests end within the drain limit.
pub async fn serve<A: Answer>(listener: Listener, limits: Limits, answer: A, mut stop: signal::Receiver<bool>) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    // Each connection holds a sender; the receiver ends when the last one is gone.
    let (open, mut all_closed) = mpsc::channel::<Infallible>(1);
    let (cut, cut_seen) = signal::channel(false);
    while !*stop.borrow() {
        let accepted = tokio::select! {
            biased;
            _ = stop.changed() => break,
            accepted = accept(&listener.socket, &slots) => accepted,
        };
        let Some((stream, address, slot)) = accepted else { continue };
        let peer = Peer { address: address.ip(), door: listener.door };
        let connection = converse(stream, peer, limits, answer.clone(), stop.clone(), cut_seen.clone());
        let held = (slot, open.clone());
        tokio::spawn(async move {
            connection.await;
            drop(held);
        });
    }
    drop(listener);
    drop(open);
    if tokio::time::timeout(limits.drain, all_closed.recv()).await.is_err() {
        tracing::warn!("connections were cut because they did not end within limits.drain_seconds");
        cut.send_replace(true);
        let _ = all_closed.recv().await;
    }
}

async fn accept(socket: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match socket.accept().await {
        Ok((stream, address)) => Some((stream, address, slot)),
        Err(error) => {
            // Out of descriptors, or a connection that was gone before it was taken: let others end first.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(20)).await;
            None
        }
    }
}

/// One connection from its first byte to its end.
async fn converse<A: Answer>(
    stream: TcpStream,
    peer: Peer,
    limits: Limits,
    answer: A,
    mut stop: signal::Receiver<bool>,
    mut cut: signal::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    answer.metrics().connections.fetch_add(1, Ordering::Relaxed);
    let watch = Arc::new(Watch::new(limits));
    let io = TokioIo::new(Tolerant::new(Watched::new(stream, Arc::clone(&watch))));
    let service = {
        let (watch, answer) = (Arc::clone(&watch), answer.clone());
        service_fn(move |request: Request<Incoming>| {
            let running = Watch::start(&watch);
            let answer = answer.clone();
            async move {
                let response = answer.answer(peer, request.map(into_body)).await;
                drop(running);
                Ok::<_, Infallible>(response)
            }
        })
    };
    let mut builder = http1::Builder::new();
    builder.half_close(false).max_buf_size(128 << 10);
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut timer = pin!(tokio::time::sleep_until(watch.next_look(Instant::now())));
    let mut stopping = *stop.borrow();
    if stopping {
        connection.as_mut().graceful_shutdown();
    }
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => break,
            () = timer.as_mut() => match watch.judge(Instant::now()) {
                Verdict::Wait(until) => timer.as_mut().reset(until),
                Verdict::TooSlow => {
                    answer.metrics().slow_connections.fetch_add(1, Ordering::Relaxed);
                    break;
                }
            },
            _ = stop.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = cut.changed() => break,
        }
    }
    answer.metrics().connections.fetch_sub(1, Ordering::Relaxed);
}

/// Most requests have no body: those need no box for it.
fn into_body(incoming: Incoming) -> Body {
    if incoming.is_end_stream() { Body::empty() } else { Body::new(incoming) }
}

#[cfg(test)]
mod tests;
