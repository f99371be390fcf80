//! An application of its own for each test, asked through the router in process: fixed clock, seeded random source, keys and people ready.
//! In a test program named `…_postgres` its control store is in a PostgreSQL database of its own.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses a part of it")]

#[path = "../../../store/tests/support/database.rs"]
pub mod database;
pub mod schema;
pub mod shelf;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use claviger_access::key::day_of;
use claviger_access::{KeyDraft, KeyId, KeyRules};
use claviger_server::accept::{Door, Peer};
use claviger_server::console::password;
use claviger_server::service::respond;
use claviger_server::{AppState, Opening, WorkerProgram, settings};
use claviger_store::control::{Actor, AuditFilter, Clock, ConsoleRole, Random};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// 2026-04-01T12:00:00Z
pub const NOON: i64 = 1_775_044_800_000;
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
pub const PASSWORD: &str = "correct horse";

const MODEL: &str = r#"{
  "dataClasses": [
    { "name": "Book", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
      { "name": "title", "kind": "storage", "type": "string" },
      { "name": "price", "kind": "storage", "type": "number" }
    ] }
  ]
}"#;

pub const ROLES: &str = r#"{
  "privileges": [{ "privilege": "all" }, { "privilege": "see" }],
  "roles": [{ "role": "Admin", "privileges": ["all"] }, { "role": "Reader", "privileges": ["see"] }, { "role": "Nobody", "privileges": [] }],
  "permissions": { "allowed": [
    { "applyTo": "ds", "type": "datastore", "read": ["all"], "create": ["all"], "update": ["all"], "drop": ["all"] },
    { "applyTo": "Book", "type": "dataclass", "read": ["all", "see"] }
  ] },
  "restrictedByDefault": true
}"#;

/// One application.
pub struct TestApp {
    pub state: AppState,
    pub clock: Arc<AtomicI64>,
    pub folder: TempDir,
    /// Where the control store is, unless it is a file in the folder.
    pub database: Option<database::Database>,
}

/// A key with its secret.
pub struct Key {
    pub id: KeyId,
    pub secret: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Last segment of the problem's type.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let body = self.json();
        assert_eq!(body["status"], self.status);
        body["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }
}

/// A request being put together.
pub struct Ask<'a> {
    app: &'a TestApp,
    request: http::request::Builder,
    body: Vec<u8>,
    peer: Peer,
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn key(self, secret: &str) -> Self {
        self.header("api-key", secret)
    }

    /// As a signed-in person: cookie, CSRF token, own origin.
    pub fn by(self, person: &Person) -> Self {
        self.header("cookie", &person.cookie).header("x-csrf-token", &person.csrf).own_origin()
    }

    pub fn own_origin(self) -> Self {
        self.header("origin", "http://claviger.test")
    }

    pub fn from(mut self, address: &str) -> Self {
        self.peer.address = address.parse().unwrap();
        self
    }

    pub fn through(mut self, door: Door) -> Self {
        self.peer.door = door;
        self
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.body = serde_json::to_vec(body).unwrap();
        self
    }

    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub async fn send(self) -> Answer {
        let request: Request<Body> = self.request.body(Body::from(self.body)).unwrap();
        let (head, body) = respond(&self.app.state, self.peer, request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }
}

/// Somebody with a session.
pub struct Person {
    pub email: String,
    pub cookie: String,
    pub csrf: String,
}

pub fn random() -> Random {
    let seed = AtomicU64::new(0x2545_f491_4f6c_dd1d);
    Arc::new(move |buffer: &mut [u8]| {
        for byte in buffer {
            let mut next = seed.load(Ordering::SeqCst);
            next ^= next << 13;
            next ^= next >> 7;
            next ^= next << 17;
            seed.store(next, Ordering::SeqCst);
            *byte = (next >> 32) as u8;
        }
    })
}

/// The database of a program that tests on PostgreSQL. Without a server none of its tests can run: it says so and ends.
pub fn control_database() -> Option<database::Database> {
    if !env!("CARGO_CRATE_NAME").ends_with("_postgres") {
        return None;
    }
    let made = database::Database::make();
    if made.is_none() {
        std::process::exit(0);
    }
    made
}

/// The settings of a control store in a database.
pub fn control_table(database: Option<&database::Database>) -> String {
    database.map(|database| format!("[control]\nurl = \"{}\"\n", database.url())).unwrap_or_default()
}

pub fn opening(more: &str, clock: &Arc<AtomicI64>) -> Opening {
    let clock = Arc::clone(clock);
    let clock: Clock = Arc::new(move || clock.load(Ordering::SeqCst));
    let mut settings = settings::load(Some(more), std::iter::empty()).unwrap().settings;
    settings.database.durability = settings::Durability::Normal;
    Opening { settings, clock, random: random(), master_key: None, log: None, worker: worker() }
}

/// The program that runs functions for the tests.
pub fn worker() -> WorkerProgram {
    WorkerProgram { program: env!("CARGO_BIN_EXE_claviger-server-script-worker").into(), arguments: Vec::new() }
}

pub fn write_folder(folder: &Path) {
    std::fs::write(folder.join("model.json"), MODEL).unwrap();
    std::fs::write(folder.join("roles.json"), ROLES).unwrap();
}

impl TestApp {
    pub fn new() -> Self {
        Self::with("")
    }

    /// With more settings (TOML, no `[control]`).
    pub fn with(more: &str) -> Self {
        Self::of(more, MODEL, ROLES)
    }

    /// Of another model and other roles.
    pub fn of(more: &str, model: &str, roles: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.json"), model).unwrap();
        std::fs::write(folder.path().join("roles.json"), roles).unwrap();
        let clock = Arc::new(AtomicI64::new(NOON));
        let database = control_database();
        let opening = opening(&format!("{more}\n{}", control_table(database.as_ref())), &clock);
        let state = AppState::open(folder.path(), opening).unwrap();
        Self { state, clock, folder, database }
    }

    pub fn set_clock(&self, at: i64) {
        self.clock.store(at, Ordering::SeqCst);
    }

    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        let address: IpAddr = "127.0.0.1".parse().unwrap();
        let request = Request::builder().method(method).uri(path).header("host", "claviger.test");
        Ask { app: self, request, body: Vec::new(), peer: Peer { address, door: Door::Both } }
    }

    pub async fn get(&self, path: &str, secret: &str) -> Answer {
        self.ask("GET", path).key(secret).send().await
    }

    /// A key made as the management API makes it.
    pub fn key(&self, draft: Value) -> Key {
        let mut body = json!({ "description": "Test" });
        body.as_object_mut().unwrap().extend(draft.as_object().unwrap().clone());
        let roles = self.state.roles();
        let rules = KeyRules { today: day_of(self.state.instant()), max_lifetime_days: 365, roles: &roles };
        let seal = self.state.master_key().ok();
        let made = self.state.control().create_key(KeyDraft::from_json(&body), rules, seal, &Actor::command_line());
        self.state.refresh_keys().unwrap();
        let (record, secret) = made.unwrap();
        Key { id: record.id, secret: secret.expose().to_owned() }
    }

    /// Gives a key another role.
    pub fn set_role(&self, key: &Key, role: &str) {
        let mut draft = KeyDraft::default();
        draft.role = Some(Some(role.to_owned()));
        let roles = self.state.roles();
        let rules = KeyRules { today: day_of(self.state.instant()), max_lifetime_days: 365, roles: &roles };
        self.state.control().edit_key(&key.id, draft, rules, None, &Actor::command_line()).unwrap();
        self.state.refresh_keys().unwrap();
    }

    /// A console user, signed in.
    pub async fn person(&self, role: ConsoleRole) -> Person {
        let email = format!("{}@example.org", role.name());
        let hash = password::hash(PASSWORD, &[7; 16]).unwrap();
        self.state.control().create_user(&email, role, &hash, &Actor::command_line()).unwrap();
        self.sign_in(&email, PASSWORD).await
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Person {
        let answer =
            self.ask("POST", "/console/api/session").own_origin().json(&json!({ "email": email, "password": password })).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Person { email: email.to_owned(), cookie, csrf: answer.json()["csrfToken"].as_str().unwrap().to_owned() }
    }

    pub fn audit(&self) -> Vec<String> {
        self.state.control().audit_lines(&AuditFilter::default(), None, 1000).unwrap().into_iter().map(|line| line.action).collect()
    }
}
