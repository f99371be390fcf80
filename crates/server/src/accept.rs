//! The accept loop: slow or silent sockets are closed, a shutdown lets running requests end (`architecture.md`, step 1).
//!
//! HTTP/1.1 only: the ready-made server of axum sets no limit on the time a request head may take, and detecting HTTP/2 without TLS
//! would need another unlimited wait. (The lead wrote this file; whoever owns the server may change it freely.)

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Sleep;

/// Time and number limits of a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the accepted connection to its first byte.
    pub first_byte: Duration,
    /// From the first byte of a request head (or the end of the last answer) to the end of the head: also closes idle connections.
    pub head: Duration,
    /// A client that takes nothing of an answer for this long is cut off.
    pub write: Duration,
    /// Connections at once; more wait in the system's queue.
    pub connections: usize,
    /// How long a shutdown waits for running requests.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(10),
            head: Duration::from_secs(60),
            write: Duration::from_secs(30),
            connections: 10_000,
            drain: Duration::from_secs(20),
        }
    }
}

/// What answers the requests of a listener: the request and the address of the TCP peer.
pub trait Answer: Clone + Send + Sync + 'static {
    /// Never fails: a failure is an answer.
    fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> impl Future<Output = Response<Body>> + Send;
}

/// Serves until `shutdown` is done, then drains.
pub async fn serve(listener: TcpListener, limits: Limits, answer: impl Answer, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let (answer, watcher) = (answer.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            if first_byte(&stream, limits.first_byte).await {
                let service = service_fn(move |request| {
                    let answer = answer.clone();
                    async move { Ok::<_, Infallible>(answer.answer(request, peer).await) }
                });
                let io = TokioIo::new(Patient::new(stream, limits.write));
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(limits.head)
                    .max_buf_size(64 * 1024)
                    .serve_connection(io, service);
                // An error here is the client's: it went away, sent no HTTP, or was too slow.
                if let Err(error) = watcher.watch(connection).await {
                    tracing::debug!(%peer, %error, "connection ended");
                }
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end within the drain time and were cut off");
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            let _ = stream.set_nodelay(true);
            Some((stream, peer, place))
        }
        Err(error) => {
            // Out of file descriptors, most likely: waiting a moment is all that helps.
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// False when the client said nothing in time.
async fn first_byte(stream: &TcpStream, limit: Duration) -> bool {
    matches!(tokio::time::timeout(limit, stream.readable()).await, Ok(Ok(())))
}

/// A stream whose writes fail when the other side takes nothing for too long.
#[derive(Debug)]
pub struct Patient<S> {
    stream: S,
    limit: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// Wraps a stream.
    pub fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, stalled: None }
    }

    fn judge<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.limit;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(written, context)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.judge(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.judge(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(context);
        self.judge(ended, context)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Sends the body back; says when a request has begun.
    #[derive(Clone, Default)]
    struct Echo {
        begun: Arc<tokio::sync::Notify>,
    }

    impl Answer for Echo {
        async fn answer(&self, request: Request<Incoming>, _peer: SocketAddr) -> Response<Body> {
            self.begun.notify_one();
            let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            Response::new(Body::from(body))
        }
    }

    /// Limits so small that a test ends at once; nothing is asserted about time but that it ends.
    fn small() -> Limits {
        Limits { first_byte: Duration::from_millis(30), head: Duration::from_millis(60), ..Limits::default() }
    }

    async fn start(limits: Limits, echo: Echo) -> (SocketAddr, tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let served = tokio::spawn(serve(listener, limits, echo, async {
            let _ = stopped.await;
        }));
        (address, stop, served)
    }

    #[tokio::test]
    async fn a_silent_socket_is_closed() {
        let (address, _stop, _served) = start(small(), Echo::default()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut rest = Vec::new();
        assert_eq!(stream.read_to_end(&mut rest).await.unwrap_or(0), 0);
    }

    #[tokio::test]
    async fn half_a_head_is_closed() {
        let (address, _stop, _served) = start(small(), Echo::default()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow:").await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(!String::from_utf8_lossy(&rest).contains(" 200 "));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_cut_off() {
        let (near, _far) = tokio::io::duplex(16);
        let mut patient = Patient::new(near, Duration::from_secs(30));
        let error = patient.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_shutdown_lets_a_running_request_end() {
        let echo = Echo::default();
        let (address, stop, served) = start(Limits::default(), echo.clone()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab").await.unwrap();
        echo.begun.notified().await;
        stop.send(()).unwrap();
        stream.write_all(b"cd").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        served.await.unwrap();
        assert!(String::from_utf8_lossy(&answer).ends_with("abcd"));
    }
}
