//! Cases against the server program that `CLAVIGER_BINARY` names: on SQLite, and on a database of its own of the PostgreSQL server that
//! `TEST_POSTGRES_URL` names.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use claviger_client::{Connect, DataStore};
use futures_util::FutureExt as _;
use serde_json::{Map, Value as Json};

use crate::database::Database;
use crate::runner::{World, run};
use crate::{cases, read, suite};

#[tokio::test]
async fn live_cases_on_sqlite() {
    if let Some(binary) = binary() {
        live_cases(Server::start(binary, None)).await;
    }
}

#[tokio::test]
async fn live_cases_on_postgresql() {
    if let (Some(binary), Some(database)) = (binary(), Database::make()) {
        live_cases(Server::start(binary, Some(database))).await;
    }
}

fn binary() -> Option<OsString> {
    let binary = std::env::var_os("CLAVIGER_BINARY");
    if binary.is_none() {
        eprintln!("skipped: CLAVIGER_BINARY names no server program");
    }
    binary
}

async fn live_cases(server: Server) {
    fill(&server).await;
    let ids = server.ids.clone();
    let (binary, app) = (server.binary.clone(), server.app.path().to_owned());
    let delete_key = Box::new(move |name: &str| {
        let done = command(&binary, &app).args(["keys", "delete", "--yes", &ids[name]]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    });
    let (hostname, keys) = (server.hostname.clone(), server.secrets.clone());
    let server = Arc::new(Mutex::new(server));
    let serving = Arc::clone(&server);
    let serve = Arc::new(move |change: &str, clock: Option<&str>| serving.lock().unwrap().change(change, clock));
    let world = World { hostname, keys, delete_key, serve };
    let mut failed = Vec::new();
    for (name, case) in cases("live") {
        if case["needs"] == "faketime" && faketime().is_none() {
            eprintln!("skipped: {name} needs the program faketime");
            continue;
        }
        // What it says is on standard error; the other cases are run all the same.
        if AssertUnwindSafe(run(&name, &case, &world)).catch_unwind().await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

struct Server {
    binary: OsString,
    app: tempfile::TempDir,
    child: Child,
    hostname: String,
    secrets: HashMap<String, String>,
    ids: HashMap<String, String>,
    // Dropped when the program has ended.
    _database: Option<Database>,
}

impl Server {
    fn start(binary: OsString, database: Option<Database>) -> Self {
        let app = tempfile::tempdir().unwrap();
        copy(&suite().join("fixture"), app.path());
        if let Some(database) = &database {
            let settings = app.path().join("claviger.toml");
            let text = std::fs::read_to_string(&settings).unwrap();
            std::fs::write(settings, text.replace("sqlite:data/app.db", &database.url())).unwrap();
        }
        let (mut secrets, mut ids) = (HashMap::new(), HashMap::new());
        for key in read(&suite().join("fixture/keys.json")).as_array().unwrap() {
            let name = key["name"].as_str().unwrap();
            let mut create = command(&binary, app.path());
            create.args(["keys", "create", "--json", "--description", name, "--role", key["role"].as_str().unwrap()]);
            for (member, option) in [("allowHost", "--allow-host"), ("expires", "--expires")] {
                if let Some(value) = key[member].as_str() {
                    create.args([option, value]);
                }
            }
            let made = create.output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            let record: Json = serde_json::from_slice(&made.stdout).unwrap();
            secrets.insert(name.to_owned(), record["secret"].as_str().unwrap().to_owned());
            ids.insert(name.to_owned(), record["id"].as_str().unwrap().to_owned());
        }
        let (child, hostname) = serve(&binary, app.path(), "127.0.0.1:0", None);
        Self { binary, app, child, hostname, secrets, ids, _database: database }
    }

    /// A server that is started again has the address that it had.
    fn change(&mut self, change: &str, clock: Option<&str>) {
        match change {
            "killServer" => self.child.kill().unwrap(),
            "restartServer" => {
                let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
                assert!(asked.success());
            }
            _ => {}
        }
        self.child.wait().unwrap();
        if change != "killServer" {
            let address = self.hostname.trim_start_matches("http://").trim_end_matches('/').to_owned();
            let (child, hostname) = serve(&self.binary, self.app.path(), &address, clock);
            assert_eq!(hostname, self.hostname);
            self.child = child;
        }
    }
}

/// The program, once it listens, and where. `clock`: moved by so much, as in `+3d`.
fn serve(binary: &OsString, app: &Path, listen: &str, clock: Option<&str>) -> (Child, String) {
    let mut serve = command(binary, app);
    if let Some(clock) = clock {
        // The wrapper `faketime` would stand between the test and its server, so its library is loaded directly.
        serve.env("LD_PRELOAD", faketime().unwrap()).env("FAKETIME", clock).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    let mut child = serve.args(["serve", "--listen", listen]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let hostname = lines.find_map(|line| line.unwrap().strip_prefix("listening on ").map(str::to_owned));
    (child, hostname.unwrap_or_else(|| panic!("the server does not listen on {listen}")))
}

/// The library of the program `faketime`, where there is one.
fn faketime() -> Option<String> {
    let told = Command::new("faketime").args(["-f", "+0", "printenv", "LD_PRELOAD"]).output().ok()?;
    told.status.success().then(|| String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the application folder, with an environment that no setting of the machine reaches.
fn command(binary: &OsString, app: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLAVIGER_")) {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null()).current_dir(app);
    command
}

fn copy(from: &PathBuf, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Saves `data.json`, dataclass by dataclass in the order of their first entity.
async fn fill(server: &Server) {
    let ds = DataStore::open(Connect::endpoint(&server.hostname).api_key(&server.secrets["admin"])).await.unwrap();
    let mut waiting: Vec<(String, Vec<Map<String, Json>>)> = Vec::new();
    for item in read(&suite().join("fixture/data.json")).as_array().unwrap() {
        let (dataclass, entity) = (item["dataclass"].as_str().unwrap(), item["entity"].as_object().unwrap());
        let times = item["repeat"].as_u64().unwrap_or(1);
        if waiting.last().is_none_or(|(last, _)| last != dataclass) {
            waiting.push((dataclass.to_owned(), Vec::new()));
        }
        let objects = &mut waiting.last_mut().unwrap().1;
        objects.extend((1..=times).map(|n| entity.iter().map(|(name, value)| (name.clone(), numbered(value, n))).collect()));
    }
    for (dataclass, objects) in waiting {
        let saved = ds.dataclass(&dataclass).unwrap().from_collection(objects).await.unwrap();
        let failed = saved.iter().find(|saved| !saved.status.success);
        assert!(failed.is_none(), "{dataclass}: {failed:?}");
    }
    ds.close().await.unwrap();
}

fn numbered(value: &Json, n: u64) -> Json {
    match value.as_str() {
        Some("{n}") => Json::from(n),
        Some(text) => Json::from(text.replace("{n}", &n.to_string())),
        None => value.clone(),
    }
}
