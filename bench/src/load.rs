//! A small closed-loop load tool: N keep-alive connections, each sends its next request when the answer is complete.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::made::Running;

/// What is sent: whole HTTP/1.1 requests, taken in turn, and the status that each must be answered with.
#[derive(Clone)]
pub(crate) struct Script {
    requests: Arc<Vec<Vec<u8>>>,
    status: u16,
}

/// What came out of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Answers per second.
    pub(crate) rps: f64,
    /// Median time to the complete answer, microseconds.
    pub(crate) p50_us: u64,
    /// 99th percentile, microseconds.
    pub(crate) p99_us: u64,
    /// Processor time of the server per request, microseconds; 0 where it is not known.
    pub(crate) cpu_us: f64,
}

impl Script {
    /// GET requests.
    pub(crate) fn get(paths: impl IntoIterator<Item = String>, key: Option<&str>, status: u16) -> Self {
        let header = key.map(|key| format!("api-key: {key}\r\n")).unwrap_or_default();
        let requests =
            paths.into_iter().map(|path| format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{header}\r\n").into_bytes()).collect();
        Self { requests: Arc::new(requests), status }
    }

    /// GET requests, each with the next of the keys.
    pub(crate) fn get_by_turns(paths: impl IntoIterator<Item = String>, keys: &[String], status: u16) -> Self {
        let requests = paths
            .into_iter()
            .zip(keys.iter().cycle())
            .map(|(path, key)| format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\napi-key: {key}\r\n\r\n").into_bytes())
            .collect();
        Self { requests: Arc::new(requests), status }
    }

    /// POST requests with JSON bodies.
    pub(crate) fn post(path: &str, bodies: impl IntoIterator<Item = String>, key: Option<&str>, status: u16) -> Self {
        let header = key.map(|key| format!("api-key: {key}\r\n")).unwrap_or_default();
        let requests = bodies
            .into_iter()
            .map(|body| {
                let length = body.len();
                format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{header}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
                    .into_bytes()
            })
            .collect();
        Self { requests: Arc::new(requests), status }
    }

    /// The first request's answer body, for comparing two servers byte by byte.
    pub(crate) fn first_body(&self, address: &str) -> Result<Vec<u8>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut connection = Connection::open(address).await?;
            connection.exchange(&self.requests[0], self.status).await?;
            Ok(connection.buffer[connection.body.clone()].to_vec())
        })
    }

    /// Sends every request once, over one connection, in order.
    pub(crate) fn run_once(&self, address: &str) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut connection = Connection::open(address).await?;
            for request in self.requests.iter() {
                connection.exchange(request, self.status).await?;
            }
            Ok(())
        })
    }

    /// Sends its requests again and again over one connection, until it is told to stop; whatever the answer of the last is.
    pub(crate) fn keep_sending(&self, address: &str, is_over: &AtomicBool) -> Result<()> {
        while !is_over.load(Ordering::Relaxed) {
            self.run_once(address)?;
        }
        Ok(())
    }

    /// Loads a server for `length` with `connections` connections from two threads.
    pub(crate) fn run(&self, server: &Running, connections: usize, length: Duration) -> Result<Outcome> {
        let before = server.processor_us();
        let (mut outcome, count) = self.load(&server.address, connections, length)?;
        if let (Some(before), Some(after)) = (before, server.processor_us()) {
            outcome.cpu_us = (after - before) as f64 / count as f64;
        }
        Ok(outcome)
    }

    /// The same, with the number of answers.
    fn load(&self, address: &str, connections: usize, length: Duration) -> Result<(Outcome, usize)> {
        let threads = 2;
        let started = Instant::now();
        let end = started + length;
        let handles: Vec<_> = (0..threads)
            .map(|thread| {
                let (script, address) = (self.clone(), address.to_owned());
                std::thread::spawn(move || script.run_thread(&address, thread, threads, connections, end))
            })
            .collect();
        let mut times = Vec::new();
        for handle in handles {
            match handle.join() {
                Ok(part) => times.extend(part?),
                Err(_) => bail!("a load thread panicked"),
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        if times.is_empty() {
            bail!("no request was answered in time");
        }
        times.sort_unstable();
        let at = |share: f64| u64::from(times[((times.len() - 1) as f64 * share) as usize]);
        Ok((Outcome { rps: times.len() as f64 / seconds, p50_us: at(0.5), p99_us: at(0.99), cpu_us: 0.0 }, times.len()))
    }

    fn run_thread(&self, address: &str, thread: usize, threads: usize, connections: usize, end: Instant) -> Result<Vec<u32>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for number in (thread..connections).step_by(threads) {
                let (script, address) = (self.clone(), address.to_owned());
                tasks.spawn(async move {
                    let mut connection = Connection::open(&address).await?;
                    let mut times = Vec::with_capacity(1 << 14);
                    // Each connection starts elsewhere in the list, so that they do not ask for the same thing.
                    let mut next = number * script.requests.len() / connections;
                    while Instant::now() < end {
                        let sent = Instant::now();
                        connection.exchange(&script.requests[next % script.requests.len()], script.status).await?;
                        times.push(sent.elapsed().as_micros() as u32);
                        next += 1;
                    }
                    anyhow::Ok(times)
                });
            }
            let mut all = Vec::new();
            while let Some(task) = tasks.join_next().await {
                all.extend(task??);
            }
            Ok(all)
        })
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: std::ops::Range<usize>,
}

impl Connection {
    async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 256 * 1024], body: 0..0 })
    }

    /// Sends one request and reads its answer to the end (answers here always carry a content length).
    async fn exchange(&mut self, request: &[u8], status: u16) -> Result<()> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let mut needed = None;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                bail!("the server closed the connection");
            }
            filled += read;
            if needed.is_none() {
                needed = head_and_length(&self.buffer[..filled])?;
            }
            if let Some((head, length)) = needed
                && filled >= head + length
            {
                self.body = head..head + length;
                let got = &self.buffer[9..12];
                if got != status.to_string().as_bytes() {
                    bail!(
                        "status {} instead of {status}: {}",
                        String::from_utf8_lossy(got),
                        String::from_utf8_lossy(&self.buffer[..filled.min(2000)])
                    );
                }
                return Ok(());
            }
        }
    }
}

/// End of the head and length of the body, once the head is complete.
fn head_and_length(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end]).context("an answer's head is not text")?;
    for line in head.split("\r\n").skip(1) {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok(Some((end + 4, value.trim().parse().context("content-length")?)));
        }
    }
    bail!("an answer without content-length: {head}")
}
