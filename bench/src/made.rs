//! The application that is measured: made by `claviger` itself, filled through its own endpoint.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use claviger_testing::postgres::Server;

use crate::load::Script;

/// Rows of `Book`.
pub(crate) const BOOKS: u32 = 100_000;
/// Rows of `Author`.
pub(crate) const AUTHORS: u32 = 1_000;
/// Rows of `Shelf`.
const SHELVES: u32 = 100;
/// Time that a function gets.
const FUNCTION_TIME_MS: u32 = 500;
/// The filter of the measured page.
pub(crate) const PAGE_FLOOR: f64 = 40.0;

/// The model of the made application.
pub(crate) const MODEL: &str = r#"{ "toJSON": true, "dataClasses": [
  { "name": "Author", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true },
    { "name": "fullName", "kind": "storage", "type": "string", "not_null": true },
    { "name": "rating", "kind": "storage", "type": "number" } ] },
  { "name": "Book", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true },
    { "name": "isbn", "kind": "storage", "type": "string", "unique": true },
    { "name": "title", "kind": "storage", "type": "string", "not_null": true },
    { "name": "price", "kind": "storage", "type": "number", "indexKind": "btree" },
    { "name": "pages", "kind": "storage", "type": "long" },
    { "name": "authorID", "kind": "storage", "type": "long" },
    { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" } ] },
  { "name": "Note", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true },
    { "name": "title", "kind": "storage", "type": "string" },
    { "name": "price", "kind": "storage", "type": "number" } ] },
  { "name": "Shelf", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true },
    { "name": "name", "kind": "storage", "type": "string" } ] } ] }"#;

/// Its roles.
pub(crate) const ROLES: &str = r#"{ "restrictedByDefault": true, "privileges": [ { "privilege": "all" }, { "privilege": "authors" } ],
  "roles": [ { "role": "All", "privileges": ["all"] }, { "role": "Authors", "privileges": ["authors"] } ],
  "permissions": { "allowed": [
    { "applyTo": "ds", "type": "datastore", "read": ["all"], "create": ["all"], "update": ["all"], "drop": ["all"], "execute": ["all"] },
    { "applyTo": "Author", "type": "dataclass", "read": ["all", "authors"] } ] } }"#;

/// Its functions: one that does nothing, one that reads an entity and returns it, one that never ends, and a computed attribute.
const FUNCTIONS: &str = r#"
export class DataStore {
  static exposed = ["nothing", "one", "forever"];
  forever() { for (;;); }
  nothing() {}
  one(id) { return ds.Book.get(id); }
}
export class ShelfEntity {
  static exposed = ["label"];
  static types = { label: "string" };
  get label() { return `Shelf ${this.name}`; }
}
"#;

/// A made application folder and the keys to it.
pub(crate) struct Made {
    /// The application folder.
    pub(crate) folder: PathBuf,
    /// Where its data is.
    pub(crate) url: String,
    /// A key that may do all.
    pub(crate) key: String,
    /// A key that may read `Author` only.
    pub(crate) narrow: String,
}

/// A running server, ended when dropped.
pub(crate) struct Running {
    child: Child,
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts a program that prints `listening on http://ADDRESS` when it is ready.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().with_context(|| format!("{command:?}"))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix("listening on http://").map(str::to_owned) else {
            let _ = child.kill();
            bail!("{command:?} did not get ready: {line:?}");
        };
        Ok(Self { child, address })
    }

    /// Processor time used so far, in microseconds, where the system tells (in steps of ten milliseconds).
    pub(crate) fn processor_us(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name in parentheses may hold spaces; user and system time are fields 14 and 15, the state is field 3.
        let mut fields = text.rsplit_once(") ")?.1.split(' ').skip(11);
        let (user, system) = (fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<u64>().ok()?);
        Some((user + system) * 10_000)
    }

    /// Resident memory in bytes, where the system tells.
    pub(crate) fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    }
}

/// `claviger serve` on that folder.
pub(crate) fn serve(binary: &Path, folder: &Path) -> Result<Running> {
    // All requests come from one address: the limit on refused keys would answer before the gate does.
    let mut command = Command::new(binary);
    command.env("CLAVIGER_LIMITS__REFUSALS_PER_MINUTE", "0");
    // A function that never ends is over soon after what is measured beside it.
    command.env("CLAVIGER_FUNCTIONS__TIMEOUT_MS", FUNCTION_TIME_MS.to_string());
    Running::start(command.arg("serve").arg("--app").arg(folder).args(["--listen", "127.0.0.1:0"]))
}

/// Makes the application in `folder`, its data on `server` or else in a file, and fills it.
pub(crate) fn make(binary: &Path, folder: &Path, server: Option<&Server>) -> Result<Made> {
    std::fs::create_dir_all(folder)?;
    let (model, roles) = (folder.join("made-model.json"), folder.join("made-roles.json"));
    std::fs::write(&model, MODEL)?;
    std::fs::write(&roles, ROLES)?;
    let app = folder.join("app");
    run(Command::new(binary).arg("init").arg(&app).arg("--model").arg(&model).arg("--roles").arg(&roles))?;
    std::fs::create_dir_all(app.join("functions"))?;
    std::fs::write(app.join("functions/DataStore.js"), FUNCTIONS)?;
    let url = server.map_or_else(|| format!("sqlite:{}", app.join("data/app.db").display()), Server::url);
    let settings = app.join("claviger.toml");
    std::fs::write(&settings, std::fs::read_to_string(&settings)?.replace("sqlite:data/app.db", &url))?;
    let key = create_key(binary, &app, "All")?;
    let narrow = create_key(binary, &app, "Authors")?;
    let running = serve(binary, &app)?;
    let authors = (1..=AUTHORS).map(|id| format!(r#"{{"fullName":"Author number {id}","rating":{}}}"#, id % 50)).collect::<Vec<_>>();
    fill(&running, "Author", &authors, &key)?;
    let shelves = (1..=SHELVES).map(|id| format!(r#"{{"name":"number {id}"}}"#)).collect::<Vec<_>>();
    fill(&running, "Shelf", &shelves, &key)?;
    let books = (1..=BOOKS)
        .map(|id| {
            let price = f64::from(id.wrapping_mul(2_654_435_761) % 10_000) / 100.0;
            let author = id % AUTHORS + 1;
            let pages = 50 + id % 900;
            format!(
                r#"{{"isbn":"978-{id:09}","title":"The book with the number {id}","price":{price},"pages":{pages},"authorID":{author}}}"#
            )
        })
        .collect::<Vec<_>>();
    fill(&running, "Book", &books, &key)?;
    Ok(Made { folder: app, url, key, narrow })
}

fn fill(running: &Running, dataclass: &str, rows: &[String], key: &str) -> Result<()> {
    let bodies = rows.chunks(1000).map(|chunk| format!("[{}]", chunk.join(",")));
    Script::post(&format!("/rest/{dataclass}?$method=update&$atomic=true&$attributes=ID"), bodies, Some(key), 200)
        .run_once(&running.address)
}

fn create_key(binary: &Path, app: &Path, role: &str) -> Result<String> {
    let text = run(Command::new(binary).args(["keys", "create", "--json", "--description", role, "--role", role, "--app"]).arg(app))?;
    let record: serde_json::Value = serde_json::from_str(&text)?;
    record["secret"].as_str().map(str::to_owned).context("no secret in the record")
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
