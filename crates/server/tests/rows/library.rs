//! The library of the tests: an application folder of its own for each test, filled through the API, asked through the router in process.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use axum::body::Body;
use claviger_access::{KeyDraft, KeyId, KeyRules};
use claviger_server::accept::{self, Door, Limits, Listener, Peer};
use claviger_server::app::{AppState, Opening};
use claviger_server::{WorkerProgram, service, settings};
use claviger_store::control::Actor;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::answer::Answer;
use crate::database::Database;

/// The time of all tests, until one sets the clock.
pub(crate) const NOW: &str = "2024-03-05T10:00:00.000Z";

/// An API key.
pub(crate) struct Key {
    id: KeyId,
    pub(crate) secret: String,
}

/// A running application with the data of `fixture/data.json`, 150 entries and 12 slips.
pub(crate) struct Library {
    state: AppState,
    clock: Arc<AtomicI64>,
    /// One key per role that was asked for.
    keys: Mutex<HashMap<String, String>>,
    runtime: tokio::runtime::Runtime,
    folder: TempDir,
    /// Outlives all that is connected to it.
    pub(crate) database: Database,
}

/// The library with the settings' defaults.
pub(crate) fn app() -> Library {
    app_with("")
}

/// The library with more settings (TOML).
pub(crate) fn app_with(more: &str) -> Library {
    let settings = settings::load(Some(more), std::iter::empty()).unwrap().settings;
    if settings.keys.check != settings::KeyCheck::On {
        return owned(more, Database::owned);
    }
    let filled = |more| {
        let library = owned(more, Database::owned);
        library.fill();
        library
    };
    let copy = Database::copy_of(|| {
        let Library { database, state, runtime, .. } = filled("");
        drop((state, runtime));
        database
    });
    match copy {
        Some(copy) => owned(more, |_| copy),
        None => filled(more),
    }
}

fn owned(more: &str, database: impl FnOnce(&Path) -> Database) -> Library {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.json"), include_str!("fixture/model.json")).unwrap();
    let database = database(folder.path());
    Library::open(folder, database, &format!("{more}\n[database]\n"))
}

/// The application over a database that existed before (`fixture/shop.sql`), its model made from the tables.
pub(crate) fn attached() -> Library {
    let folder = tempfile::tempdir().unwrap();
    let (database, model) = Database::of_a_shop(folder.path());
    std::fs::write(folder.path().join("model.json"), model.to_json()).unwrap();
    Library::open(folder, database, "[database]\nmode = \"attached\"\n")
}

fn instant(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// The same bytes in every run.
fn random() -> claviger_store::control::Random {
    let seed = AtomicU64::new(0x2545_F491_4F6C_DD1D);
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

impl Library {
    /// `more`: settings (TOML), at their end those of the database.
    fn open(folder: TempDir, database: Database, more: &str) -> Self {
        let settings_text = &format!("name = \"library\"\n{more}url = \"{}\"\ndurability = \"normal\"\nreaders = 2\n", database.url());
        std::fs::write(folder.path().join("claviger.toml"), settings_text).unwrap();
        std::fs::write(folder.path().join("roles.json"), include_str!("fixture/roles.json")).unwrap();
        let clock = Arc::new(AtomicI64::new(instant(NOW)));
        let time = Arc::clone(&clock);
        let opening = Opening {
            settings: settings::load(Some(settings_text), std::iter::empty()).unwrap().settings,
            clock: Arc::new(move || time.load(Ordering::SeqCst)),
            random: random(),
            master_key: None,
            log: None,
            worker: worker(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let context = runtime.enter();
        let state = AppState::open(folder.path(), opening).unwrap();
        drop(context);
        Self { state, clock, keys: Mutex::default(), runtime, folder, database }
    }

    fn fill(&self) {
        let mut data: Value = serde_json::from_str(include_str!("fixture/data.json")).unwrap();
        data["Entry"] = (1..=150).map(|id| json!({ "ID": id, "name": format!("Entry {:03}", id % 50) })).collect();
        let shelves = [json!("A/1"), json!("7"), json!("it's"), json!("C\"3"), json!("Été?"), json!("B 2")];
        data["Slip"] = (1..=12_usize).map(|id| json!({ "ID": id, "shelfCode": shelves.get(id - 1) })).collect();
        for (dataclass, entities) in data.as_object().unwrap() {
            self.post(&format!("/rest/{dataclass}?$method=update&$atomic=true"), entities).ok();
        }
    }

    /// Sets the clock.
    pub(crate) fn set_clock(&self, at: &str) {
        self.clock.store(instant(at), Ordering::SeqCst);
    }

    /// A new key: of a role, or `administration`.
    pub(crate) fn key(&self, role: &str) -> Key {
        self.make_key(role, |_| {})
    }

    /// A new key with its last day.
    pub(crate) fn key_until(&self, role: &str, expires_on: &str) -> Key {
        self.make_key(role, |draft| draft.expires_on = Some(expires_on.to_owned()))
    }

    /// A new key with allowed hosts.
    pub(crate) fn key_for_hosts(&self, role: &str, hosts: &[&str]) -> Key {
        self.make_key(role, |draft| draft.allowed_hosts = Some(hosts.iter().map(|host| (*host).to_owned()).collect()))
    }

    fn make_key(&self, role: &str, more: impl FnOnce(&mut KeyDraft)) -> Key {
        let mut draft = KeyDraft::default();
        draft.description = Some(format!("Key of {role}"));
        if role == "administration" {
            draft.key_type = Some(role.to_owned());
        } else {
            draft.role = Some(Some(role.to_owned()));
        }
        more(&mut draft);
        let roles = self.state.roles();
        let (record, secret) = self.state.control().create_key(draft, self.rules(&roles), None, &Actor::command_line()).unwrap();
        self.state.keys().refresh(self.state.control()).unwrap();
        Key { id: record.id, secret: secret.expose().to_owned() }
    }

    fn rules<'r>(&self, roles: &'r claviger_access::Roles) -> KeyRules<'r> {
        let today = jiff::tz::Offset::UTC.to_datetime(self.state.instant()).date();
        KeyRules { today, max_lifetime_days: self.state.settings().keys.max_lifetime_days, roles }
    }

    /// Puts other functions in force: the files of `functions/`.
    pub(crate) fn set_functions(&self, files: &[(&str, &str)]) -> Result<(), claviger_server::OpenError> {
        let folder = self.folder.path().join("functions");
        let _ = std::fs::remove_dir_all(&folder);
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.runtime.block_on(self.state.reload()).functions
    }

    /// Writes a file of the application folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Puts another `roles.json` in force.
    pub(crate) fn set_roles(&self, roles: &Value) {
        std::fs::write(self.folder.path().join("roles.json"), roles.to_string()).unwrap();
        self.state.reload_roles().unwrap();
    }

    /// Calls that workers ran so far.
    pub(crate) fn function_calls(&self) -> u64 {
        self.state.function_calls()
    }

    /// Deletes a key.
    pub(crate) fn delete_key(&self, key: &Key) {
        self.state.control().delete_key(&key.id, &Actor::command_line()).unwrap();
        self.state.keys().refresh(self.state.control()).unwrap();
    }

    /// Gives a key another role.
    pub(crate) fn set_role(&self, key: &Key, role: &str) {
        let roles = self.state.roles();
        let mut draft = KeyDraft::default();
        draft.role = Some(Some(role.to_owned()));
        self.state.control().edit_key(&key.id, draft, self.rules(&roles), None, &Actor::command_line()).unwrap();
        self.state.keys().refresh(self.state.control()).unwrap();
    }

    /// Asks with a key of this role, or with an Administration key (`administration`).
    pub(crate) fn by(&self, role: &str) -> Caller<'_> {
        let mut keys = self.keys.lock().unwrap();
        let secret = keys.entry(role.to_owned()).or_insert_with(|| self.key(role).secret).clone();
        Caller { library: self, secret }
    }

    /// Runs the whole server while something is done, and has it stop then.
    pub(crate) fn run_while(&self, work: impl FnOnce()) {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let (ready, listens) = std::sync::mpsc::channel();
        let running = self.runtime.spawn(self.state.clone().run_until(stopped, move |address| ready.send(address).unwrap()));
        listens.recv().unwrap();
        work();
        stop.send(true).unwrap();
        self.runtime.block_on(running).unwrap().unwrap();
    }

    /// Serves it on a port of this machine, which it gives, until the library is dropped.
    pub(crate) fn listen(&self) -> u16 {
        let listener = self.runtime.block_on(Listener::bind("127.0.0.1:0", Door::Both)).unwrap();
        let port = listener.address().unwrap().port();
        let state = self.state.clone();
        self.runtime.spawn(async move {
            let (_running, stop) = tokio::sync::watch::channel(false);
            let limits = Limits::from(&state.settings().limits);
            accept::serve(listener, limits, state, stop).await;
        });
        port
    }

    /// Any request from this machine.
    pub(crate) fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_from("127.0.0.1", method, url, headers, body)
    }

    /// Any request from an address.
    pub(crate) fn send_from(&self, address: &str, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_verbatim(address, method, &wire(url), headers, body)
    }

    fn send_verbatim(&self, address: &str, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_bytes(address, method, url, headers, body.as_bytes())
    }

    fn send_bytes(&self, address: &str, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method).uri(url).body(Body::from(body.to_vec())).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let peer = Peer { address: address.parse::<IpAddr>().unwrap(), door: Door::Both };
        let (head, bytes) = self.runtime.block_on(async {
            let (head, body) = Box::pin(service::respond(&self.state, peer, request)).await.into_parts();
            (head, body.collect().await.unwrap().to_bytes())
        });
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.to_vec(),
            asked: format!("{method} {url}\n{}", String::from_utf8_lossy(&body[..body.len().min(500)])),
        }
    }

    /// Begins requests in their order, each until it waits, and takes their answers from the last to the first; bodies of the answers in the
    /// order of the requests. A request: method, URL, body, and the key's secret.
    pub(crate) fn answered_backwards(&self, requests: &[(&str, &str, &str, &Key)]) -> Vec<String> {
        let peer = Peer { address: "127.0.0.1".parse().unwrap(), door: Door::Both };
        self.runtime.block_on(async {
            let mut running = Vec::new();
            for (method, url, body, key) in requests {
                let request = Request::builder().method(*method).uri(wire(url)).header("api-key", &key.secret);
                let mut work = Box::pin(service::respond(&self.state, peer, request.body(Body::from((*body).to_owned())).unwrap()));
                let first = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
                running.push((work, first));
            }
            let mut answers = Vec::new();
            for (work, first) in running.into_iter().rev() {
                let answer = if let Poll::Ready(answer) = first { answer } else { work.await };
                let bytes = answer.into_body().collect().await.unwrap().to_bytes();
                answers.insert(0, String::from_utf8_lossy(&bytes).into_owned());
            }
            answers
        })
    }

    /// Requests that run at the same time, as in [`Self::answered_backwards`]; bodies of the answers in the order of the requests.
    pub(crate) fn answered_together(&self, requests: &[(&str, &str, &str, &Key)]) -> Vec<String> {
        let peer = Peer { address: "127.0.0.1".parse().unwrap(), door: Door::Both };
        let begin = |(method, url, body, key): &(&str, &str, &str, &Key)| {
            let request = Request::builder().method(*method).uri(wire(url)).header("api-key", &key.secret);
            let (state, request) = (self.state.clone(), request.body(Body::from((*body).to_owned())).unwrap());
            self.runtime.spawn(async move {
                let answer = Box::pin(service::respond(&state, peer, request)).await;
                answer.into_body().collect().await.unwrap().to_bytes()
            })
        };
        let running: Vec<_> = requests.iter().map(begin).collect();
        running.into_iter().map(|work| String::from_utf8_lossy(&self.runtime.block_on(work).unwrap()).into_owned()).collect()
    }

    /// A read with a key of the role `Admin`.
    pub(crate) fn get(&self, url: &str) -> Answer {
        self.by("Admin").get(url)
    }

    /// A read of a URL exactly as it stands.
    pub(crate) fn get_verbatim(&self, url: &str) -> Answer {
        let secret = self.by("Admin").secret;
        self.send_verbatim("127.0.0.1", "GET", url, &[("api-key", &secret)], "")
    }

    /// A write with a key of the role `Admin`.
    pub(crate) fn post(&self, url: &str, body: &Value) -> Answer {
        self.by("Admin").post(url, body)
    }

    /// The same with any text as body.
    pub(crate) fn post_text(&self, url: &str, body: &str) -> Answer {
        self.by("Admin").post_text(url, body)
    }

    /// The entities that a filter finds, by ID.
    pub(crate) fn filter(&self, dataclass: &str, filter: &str) -> Answer {
        self.by("Admin").filter(dataclass, filter)
    }

    /// The same with `$params`.
    pub(crate) fn filter_with(&self, dataclass: &str, filter: &str, params: &Value) -> Answer {
        self.by("Admin").filter_with(dataclass, filter, params)
    }

    /// The entities that a filter finds, in its own order.
    pub(crate) fn filter_as_is(&self, dataclass: &str, filter: &str) -> Answer {
        self.get(&format!("/rest/{dataclass}?$attributes=ID&$filter={}", encode(&format!("\"{filter}\""))))
    }
}

/// Somebody with a key.
pub(crate) struct Caller<'l> {
    library: &'l Library,
    secret: String,
}

impl Caller<'_> {
    pub(crate) fn get(&self, url: &str) -> Answer {
        self.library.send("GET", url, &[("api-key", &self.secret)], "")
    }

    /// Any verb.
    pub(crate) fn send(&self, method: &str, url: &str, body: &str) -> Answer {
        self.library.send(method, url, &[("api-key", &self.secret)], body)
    }

    /// A body of `null` is sent as no body.
    pub(crate) fn post(&self, url: &str, body: &Value) -> Answer {
        self.post_text(url, &if body.is_null() { String::new() } else { body.to_string() })
    }

    pub(crate) fn post_text(&self, url: &str, body: &str) -> Answer {
        self.library.send("POST", url, &[("api-key", &self.secret)], body)
    }

    /// A read with more headers.
    pub(crate) fn get_with(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("api-key", &self.secret));
        self.library.send("GET", url, &headers, "")
    }

    /// A post of bytes.
    pub(crate) fn post_bytes(&self, url: &str, body: &[u8]) -> Answer {
        self.library.send_bytes("127.0.0.1", "POST", &wire(url), &[("api-key", &self.secret)], body)
    }

    /// Uploads bytes (`$rawPict=true`, `$binary=true`); gives the reference.
    #[track_caller]
    pub(crate) fn upload(&self, parameters: &str, bytes: &[u8]) -> String {
        let answer = self.post_bytes(&format!("/rest/$upload?{parameters}"), bytes).ok();
        assert_eq!(answer.members(), ["ID"], "{answer}");
        answer.json()["ID"].as_str().unwrap().to_owned()
    }

    pub(crate) fn filter(&self, dataclass: &str, filter: &str) -> Answer {
        self.get(&format!("/rest/{dataclass}?$attributes=ID&$orderby=ID&$filter={}", encode(&format!("\"{filter}\""))))
    }

    pub(crate) fn filter_with(&self, dataclass: &str, filter: &str, params: &Value) -> Answer {
        let (filter, params) = (encode(&format!("\"{filter}\"")), encode(&params.to_string()));
        self.get(&format!("/rest/{dataclass}?$attributes=ID&$orderby=ID&$filter={filter}&$params={params}"))
    }
}

/// Encodes what HTTP does not let stand in a request line; everything that the dialect reads stays as it is.
fn wire(url: &str) -> String {
    percent(url, |byte| byte.is_ascii_alphanumeric() || b"!$&'()*+,;=:@/?[]%-._~".contains(&byte))
}

/// Encodes a value completely.
pub(crate) fn encode(text: &str) -> String {
    percent(text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn percent(text: &str, stays: impl Fn(u8) -> bool) -> String {
    text.bytes().map(|byte| if stays(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The program that runs functions for these tests.
pub(crate) fn worker() -> WorkerProgram {
    WorkerProgram { program: env!("CARGO_BIN_EXE_claviger-server-script-worker").into(), arguments: Vec::new() }
}
