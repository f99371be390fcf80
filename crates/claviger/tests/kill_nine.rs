//! `kill -9` under write load loses nothing that was acknowledged, and leaves nothing half done.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const MODEL: &str = r#"{ "toJSON": true, "dataClasses": [ { "name": "Note", "attributes": [
  { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true },
  { "name": "title", "kind": "storage", "type": "string", "unique": true } ] } ] }"#;

const ROLES: &str = r#"{ "restrictedByDefault": true, "privileges": [ { "privilege": "all" } ], "roles": [ { "role": "All", "privileges": ["all"] } ],
  "permissions": { "allowed": [ { "applyTo": "ds", "type": "datastore", "read": ["all"], "create": ["all"] } ] } }"#;

const WRITERS: usize = 8;
const BEFORE_THE_KILL: usize = 300;

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(app: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_claviger"))
            .args(["serve", "--listen", "127.0.0.1:0", "--app"])
            .arg(app)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("the listening line").to_owned();
        Self { child, address }
    }

    /// `SIGKILL`: no handler runs, nothing is flushed.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// One request on a fresh connection; `None` when the server went away.
fn request(address: &str, method: &str, path: &str, key: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    let text =
        format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\napi-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

fn claviger(arguments: &[&str], app: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_claviger")).args(arguments).arg("--app").arg(app).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (model, roles, app) = (folder.path().join("model.json"), folder.path().join("roles.json"), folder.path().join("app"));
    std::fs::write(&model, MODEL).unwrap();
    std::fs::write(&roles, ROLES).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_claviger"))
        .arg("init")
        .arg(&app)
        .arg("--model")
        .arg(&model)
        .arg("--roles")
        .arg(&roles)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record = claviger(&["keys", "create", "--json", "--description", "writer", "--role", "All"], &app);
    let key = serde_json::from_str::<serde_json::Value>(&record).unwrap()["secret"].as_str().unwrap().to_owned();

    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..3 {
        let server = Server::start(&app);
        let answered = Arc::new(AtomicUsize::new(0));
        let collected = Arc::new(Mutex::new(Vec::new()));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (address, key) = (server.address.clone(), key.clone());
                let (answered, collected) = (Arc::clone(&answered), Arc::clone(&collected));
                std::thread::spawn(move || {
                    for number in 0.. {
                        let title = format!("{round}-{writer}-{number}");
                        let body = format!(r#"{{"title":"{title}"}}"#);
                        match request(&address, "POST", "/rest/Note?$method=update", &key, &body) {
                            Some((200, _)) => {
                                collected.lock().unwrap().push(title);
                                answered.fetch_add(1, Ordering::SeqCst);
                            }
                            Some((status, body)) => panic!("{status} {body}"),
                            None => return,
                        }
                    }
                })
            })
            .collect();
        while answered.load(Ordering::SeqCst) < BEFORE_THE_KILL {
            std::thread::yield_now();
        }
        server.kill();
        for writer in writers {
            writer.join().unwrap();
        }
        acknowledged.append(&mut collected.lock().unwrap());
    }

    let server = Server::start(&app);
    let (status, body) = request(&server.address, "GET", "/rest/Note?$top=100000&$attributes=title", &key, "").unwrap();
    assert_eq!(status, 200, "{body}");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    let present: HashSet<&str> = answer["__ENTITIES"].as_array().unwrap().iter().map(|entity| entity["title"].as_str().unwrap()).collect();
    let lost: Vec<&String> = acknowledged.iter().filter(|title| !present.contains(title.as_str())).collect();
    assert!(acknowledged.len() >= 3 * BEFORE_THE_KILL);
    assert!(lost.is_empty(), "{} of {} acknowledged entities are lost, first {:?}", lost.len(), acknowledged.len(), lost.first());
    server.kill();
}
