use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

#[derive(Clone)]
struct Echo(Arc<Metrics>);

impl Answer for Echo {
    async fn answer(&self, _peer: Peer, request: Request<Body>) -> Response<Body> {
        if request.uri().path() == "/slow" {
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        Response::new(Body::from("ok"))
    }

    fn metrics(&self) -> &Metrics {
        &self.0
    }
}

const LIMITS: Limits = Limits {
    connections: 8,
    first_byte: Duration::from_secs(5),
    header: Duration::from_secs(2),
    idle: Duration::from_secs(20),
    drain: Duration::from_secs(10),
};

struct Served {
    address: SocketAddr,
    stop: signal::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
    metrics: Arc<Metrics>,
}

async fn served() -> Served {
    let listener = Listener::bind("127.0.0.1:0", Door::Both).await.unwrap();
    let address = listener.address().unwrap();
    let (stop, stopped) = signal::channel(false);
    let metrics = Arc::new(Metrics::default());
    let done = tokio::spawn(serve(listener, LIMITS, Echo(Arc::clone(&metrics)), stopped));
    Served { address, stop, done, metrics }
}

/// Longer than all limits (of the paused clock).
const FOREVER: Duration = Duration::from_secs(3600);

/// Seconds (of the paused clock) until the server closes, which it must.
async fn closes_after(stream: &mut TcpStream) -> u64 {
    let begun = Instant::now();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(FOREVER, stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the connection is kept");
    begun.elapsed().as_secs()
}

async fn ask(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut bytes = vec![0; 4096];
    let mut text = String::new();
    while !text.ends_with("ok") {
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_says_nothing_is_closed() {
    let served = served().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let seconds = closes_after(&mut stream).await;
    assert!((4..=6).contains(&seconds), "{seconds}");
    assert_eq!(served.metrics.slow_connections.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn half_a_head_is_closed() {
    let served = served().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    let seconds = closes_after(&mut stream).await;
    // The limit for a head, which is less than that for the first byte.
    assert!((1..=3).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_closed() {
    let served = served().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let begun = Instant::now();
    for byte in "GET / HTTP/1.1\r\nHost: a-host-with-a-very-long-name.example.org\r\n\r\n".bytes() {
        if stream.write_all(&[byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    // The whole head takes more than three times as long as the first byte may.
    assert!(begun.elapsed() < LIMITS.first_byte, "{:?}", begun.elapsed());
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    assert_eq!(served.metrics.slow_connections.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_for_its_time_and_then_closed() {
    let served = served().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    for _ in 0..3 {
        assert!(ask(&mut stream, "/").await.starts_with("HTTP/1.1 200"));
        tokio::time::sleep(Duration::from_secs(12)).await;
    }
    let seconds = closes_after(&mut stream).await;
    assert!((6..=12).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_running_request_is_answered_before_the_loop_ends() {
    let served = served().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    assert!(ask(&mut idle, "/").await.starts_with("HTTP/1.1 200"));
    let asked = tokio::spawn(async move { ask(&mut stream, "/slow").await });
    while served.metrics.connections.load(Ordering::Relaxed) < 2 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    served.stop.send_replace(true);
    assert!(asked.await.unwrap().contains("200 OK"));
    served.done.await.unwrap();
    assert_eq!(served.metrics.connections.load(Ordering::Relaxed), 0);
    assert!(TcpStream::connect(served.address).await.is_err());
}
