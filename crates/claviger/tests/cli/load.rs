//! Callers that write and read without a pause, and know what they were promised.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Server, run_with};

const MODEL: &str = r#"{ "toJSON": true, "dataClasses": [ { "name": "Note", "attributes": [
  { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true },
  { "name": "title", "kind": "storage", "type": "string", "unique": true } ] } ] }"#;

const ROLES: &str = r#"{ "restrictedByDefault": true, "privileges": [ { "privilege": "all" } ], "roles": [ { "role": "Admin", "privileges": ["all"] } ],
  "permissions": { "allowed": [ { "applyTo": "ds", "type": "datastore", "read": ["all"], "create": ["all"] } ] } }"#;

/// Callers of each kind.
const CALLERS: usize = 8;

/// What a caller waits for at most: far more than any time limit of the server. An answer that comes later never comes.
const FOR_EVER: Duration = Duration::from_secs(60);

/// Makes the application `app` in this folder, with a dataclass `Note`.
pub(crate) fn make(folder: &Path) {
    std::fs::write(folder.join("model.json"), MODEL).unwrap();
    std::fs::write(folder.join("roles.json"), ROLES).unwrap();
    run_with(folder, &["init", "app", "--model", "model.json", "--roles", "roles.json"], "").ok();
}

/// What callers saw until now.
#[derive(Default)]
pub(crate) struct Seen {
    written: AtomicUsize,
    read: AtomicUsize,
    /// Answers 503, to writers and to readers.
    refused: [AtomicUsize; 2],
    enough: AtomicBool,
    /// Names of the pairs that were acknowledged.
    acknowledged: Mutex<Vec<String>>,
}

impl Seen {
    /// So many pairs written, and so many pages read.
    pub(crate) fn answered(&self) -> (usize, usize) {
        (self.written.load(Ordering::SeqCst), self.read.load(Ordering::SeqCst))
    }

    /// Writings and readings that were answered with 503.
    pub(crate) fn refused(&self) -> (usize, usize) {
        let [writings, readings] = &self.refused;
        (writings.load(Ordering::SeqCst), readings.load(Ordering::SeqCst))
    }
}

/// Callers at work.
pub(crate) struct Load {
    pub(crate) seen: Arc<Seen>,
    callers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Callers that write pairs of notes, each pair in one request that is to be done wholly or not at all, and others that read pages.
    /// They go on until they are told, or until the server is gone.
    pub(crate) fn start(server: &Server, key: &str, name: &str) -> Self {
        let seen = Arc::new(Seen::default());
        let mut callers = Vec::new();
        for number in 0..CALLERS {
            let caller = || Caller { address: server.address.clone(), key: key.to_owned(), stream: None };
            let (mut writer, mut reader) = (caller(), caller());
            let (name, writers, readers) = (format!("{name}-{number}"), Arc::clone(&seen), Arc::clone(&seen));
            callers.push(std::thread::spawn(move || {
                for number in 0.. {
                    let name = format!("{name}-{number}");
                    let body = format!(r#"[{{"title":"{name}/1"}},{{"title":"{name}/2"}}]"#);
                    let Some((status, body)) = writer.ask("POST", "/rest/Note?$method=update&$atomic=true", &body) else { return };
                    match status {
                        200 => {
                            writers.acknowledged.lock().unwrap().push(name);
                            writers.written.fetch_add(1, Ordering::SeqCst);
                        }
                        503 => drop(writers.refused[0].fetch_add(1, Ordering::SeqCst)),
                        _ => panic!("{status} {body}"),
                    }
                    if writers.enough.load(Ordering::SeqCst) {
                        return;
                    }
                }
            }));
            callers.push(std::thread::spawn(move || {
                while !readers.enough.load(Ordering::SeqCst) {
                    let Some((status, body)) = reader.ask("GET", "/rest/Note?$top=20&$orderby=ID", "") else { return };
                    match status {
                        200 => {
                            serde_json::from_str::<Value>(&body).expect("a whole answer");
                            readers.read.fetch_add(1, Ordering::SeqCst)
                        }
                        503 => readers.refused[1].fetch_add(1, Ordering::SeqCst),
                        _ => panic!("{status} {body}"),
                    };
                }
            }));
        }
        Self { seen, callers }
    }

    /// Lets them work until this holds. A caller that saw what must not be ends the waiting.
    pub(crate) fn until(&self, holds: impl Fn(&Seen) -> bool) {
        while !holds(&self.seen) {
            assert!(!self.callers.iter().any(JoinHandle::is_finished), "a caller gave up");
            std::thread::yield_now();
        }
    }

    /// Ends them; names of the pairs that they were promised.
    pub(crate) fn end(self) -> Vec<String> {
        self.seen.enough.store(true, Ordering::SeqCst);
        for caller in self.callers {
            caller.join().unwrap();
        }
        std::mem::take(&mut *self.seen.acknowledged.lock().unwrap())
    }
}

/// Every acknowledged pair is there, and no pair is there by half.
pub(crate) fn check(server: &Server, key: &str, acknowledged: &[String]) {
    let answer = server.get("/rest/Note?$top=1000000&$attributes=title", Some(key));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    let titles = answer["__ENTITIES"].as_array().unwrap().iter().map(|entity| entity["title"].as_str().unwrap());
    let present: HashSet<(&str, &str)> = titles.map(|title| title.split_once('/').unwrap()).collect();
    let lost: Vec<&String> = acknowledged.iter().filter(|name| !present.contains(&(name.as_str(), "1"))).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged pairs are lost, first {:?}", lost.len(), acknowledged.len(), lost.first());
    let half = present.iter().find(|(name, part)| !present.contains(&(*name, if *part == "1" { "2" } else { "1" })));
    assert_eq!(half, None, "a pair is there by half");
}

/// Somebody with one connection, opened again when the server closed it.
struct Caller {
    address: String,
    key: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Caller {
    /// Status and body; `None` when the server is gone.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(&self.address).ok()?),
        };
        stream.get_ref().set_read_timeout(Some(FOR_EVER)).unwrap();
        let (key, length) = (&self.key, body.len());
        let text = format!("{method} {path} HTTP/1.1\r\nhost: x\r\napi-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.get_mut().write_all(text.as_bytes()).ok()?;
        let (mut status, mut length, mut closes) = (0, 0, false);
        for number in 0.. {
            let mut line = String::new();
            match stream.read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                    panic!("no answer to {path}")
                }
                Err(_) => return None,
            }
            let line = line.trim_end().to_ascii_lowercase();
            match line.split_once(": ") {
                None if number == 0 => status = line.split(' ').nth(1)?.parse().ok()?,
                None => break,
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("connection", value)) => closes = value == "close",
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        self.stream = (!closes).then_some(stream);
        Some((status, String::from_utf8(body).unwrap()))
    }
}
