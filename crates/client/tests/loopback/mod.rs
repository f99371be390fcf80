//! A tiny HTTP server on the machine itself that answers as a test says, and remembers what it was asked.
#![allow(dead_code, reason = "each test uses its part")]

use std::sync::{Arc, Mutex};

use claviger_client::Connect;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query, decoded.
    pub(crate) target: String,
    /// The same as it came.
    pub(crate) raw: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        /// So many bytes of the body are promised.
        length: usize,
        /// The connection stays for the next request.
        stays: bool,
    },
    /// Nothing, for ever.
    Silence,
    /// The connection is closed.
    HangUp,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json; charset=UTF-8".to_owned())];
        Self::Answer { status, headers, body: body.as_bytes().to_vec(), length: body.len(), stays: false }
    }

    /// The connection is closed in the middle of the body.
    pub(crate) fn cut(status: u16, body: &str) -> Self {
        let mut reply = Self::json(status, body);
        if let Self::Answer { body, .. } = &mut reply {
            body.truncate(body.len() / 2);
        }
        reply
    }

    /// The connection is not closed after it.
    pub(crate) fn kept_alive(mut self) -> Self {
        if let Self::Answer { stays, .. } = &mut self {
            *stays = true;
        }
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) struct Loopback {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

type Answering = dyn Fn(usize, &Asked) -> Reply + Send + Sync;

impl Loopback {
    /// Answers each request with what the closure makes of its number, from 0, and of itself.
    pub(crate) async fn start(answer: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer): (_, Arc<Answering>) = (Arc::clone(&asked), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept), Arc::clone(&answer)));
            }
        });
        Self { address, asked, task }
    }

    /// Answers in this order; what comes after the last hangs up.
    pub(crate) async fn playing(replies: Vec<Reply>) -> Self {
        Self::start(move |number, _| replies.get(number).cloned().unwrap_or(Reply::HangUp)).await
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Method and decoded address of each request.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect()
    }

    pub(crate) fn connect(&self) -> Connect {
        Connect::endpoint(format!("http://{}", self.address)).api_key(SECRET).retries(3, std::time::Duration::ZERO)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The key that tests send; it must be nowhere else.
pub(crate) const SECRET: &str = "claviger_9fQz7Lw2bXk4TnVr8YpC3sDh6JmG1aE5";

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<Asked>>>, answer: Arc<Answering>) {
    while let Some(request) = read(&mut stream).await {
        let number = {
            let mut asked = asked.lock().unwrap();
            asked.push(request.clone());
            asked.len() - 1
        };
        // A test may have it wait: not on a thread that others are served on.
        let answer = Arc::clone(&answer);
        let reply = tokio::task::spawn_blocking(move || answer(number, &request)).await.unwrap();
        match reply {
            Reply::HangUp => return,
            Reply::Silence => std::future::pending().await,
            Reply::Answer { status, headers, body, length, stays } => {
                let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n");
                if !stays {
                    head.push_str("connection: close\r\n");
                }
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                head.push_str("\r\n");
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
                if !stays {
                    let _ = stream.shutdown().await;
                    return;
                }
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while bytes.len() < end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
    Some(Asked { method, target: decoded(target), raw: target.to_owned(), headers, body })
}

pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok())).flatten();
        out.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
