//! Starts the binary as a person would, and speaks to it over a plain socket.

#[path = "../../../store/tests/support/database.rs"]
pub(crate) mod database;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// Roles over the tables of [`database`]: one may do all, one may read all but prices, one may read tracks only.
pub(crate) const ROLES: &str = r#"{ "restrictedByDefault": true,
  "privileges": [ { "privilege": "all" }, { "privilege": "browse" }, { "privilege": "tracks" } ],
  "roles": [ { "role": "Admin", "privileges": ["all"] }, { "role": "Clerk", "privileges": ["browse"] }, { "role": "Tracks", "privileges": ["tracks"] } ],
  "permissions": { "allowed": [
    { "applyTo": "ds", "type": "datastore", "read": ["all", "browse"], "create": ["all"], "update": ["all"], "drop": ["all"] },
    { "applyTo": "Track", "type": "dataclass", "read": ["all", "browse", "tracks"] },
    { "applyTo": "Track.Price", "type": "attribute", "read": ["all"] } ] } }"#;

/// A program with an environment that no setting of the machine reaches.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CLAVIGER_") {
            command.env_remove(name);
        }
    }
    command
}

/// The binary.
pub(crate) fn claviger() -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_claviger"));
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Serves the application in this folder with a key of the starter's role Admin: the server, and the key's secret.
pub(crate) fn serve(app: &Path) -> (Server, String) {
    let (_, secret) = key(app, "Admin");
    (start(app), secret)
}

/// Serves the application in this folder.
fn start(app: &Path) -> Server {
    Server::start(claviger().current_dir(app).args(["serve", "--listen", "127.0.0.1:0"]), &app.join("log"))
}

/// Makes a key of the application in this folder; ID and secret.
fn key(app: &Path, role: &str) -> (String, String) {
    let record = run_with(app, &["keys", "create", "--json", "--description", "Test", "--role", role], "").ok().json();
    (record["id"].as_str().unwrap().to_owned(), record["secret"].as_str().unwrap().to_owned())
}

/// A PostgreSQL server that one test has for itself, to stop it or to set it up. Nothing is tested where none is installed.
pub(crate) fn postgres_server() -> Option<claviger_testing::postgres::Server> {
    let Some(programs) = claviger_testing::postgres::programs() else {
        eprintln!("skipped: no PostgreSQL is installed");
        return None;
    };
    Some(claviger_testing::postgres::Server::start(programs).unwrap())
}

/// The URL of a database with a password, which the test's server does not ask for.
pub(crate) fn with_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (user, rest) = rest.split_once('@').unwrap_or(("postgres", rest));
    format!("{scheme}://{}:geheim@{rest}", user.split(':').next().unwrap())
}

/// What a finished command said.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// It must have gone well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// Runs a command to its end, `input` on its standard input.
pub(crate) fn run_with(folder: &Path, arguments: &[&str], input: &str) -> Done {
    let mut command = claviger();
    let mut child =
        command.current_dir(folder).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads nothing closes the pipe: no matter.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An application folder in a temporary folder, attached to [`database`].
pub(crate) struct App {
    temporary: tempfile::TempDir,
}

/// A small music shop in a SQLite file.
pub(crate) fn database(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let sql = "
        CREATE TABLE Artist (ArtistId INTEGER PRIMARY KEY, Name TEXT NOT NULL);
        CREATE TABLE Track (TrackId INTEGER PRIMARY KEY, Name TEXT NOT NULL, Price NUMERIC(10,2), ArtistId INTEGER REFERENCES Artist (ArtistId));
        CREATE TABLE Place (Hall TEXT, Seat INTEGER, Holder TEXT, PRIMARY KEY (Hall, Seat));
        INSERT INTO Artist VALUES (1, 'Éclair'), (2, 'O''Neil');
        INSERT INTO Track VALUES (1, 'First', 0.99, 1), (2, 'Second', 1.50, 1), (3, 'Third', NULL, 2);
        INSERT INTO Place VALUES ('Main', 3, 'Ana');";
    connection.execute_batch(sql).unwrap();
}

impl App {
    pub(crate) fn attached() -> Self {
        Self::attached_with("")
    }

    /// The same after more statements.
    pub(crate) fn attached_with(sql: &str) -> Self {
        let app = Self { temporary: tempfile::tempdir().unwrap() };
        let file = app.root().join("shop.sqlite");
        database(&file);
        rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
        std::fs::write(app.root().join("my-roles.json"), ROLES).unwrap();
        run_with(app.root(), &["init", "app", "--database", "shop.sqlite", "--roles", "my-roles.json"], "").ok();
        app
    }

    /// The temporary folder.
    pub(crate) fn root(&self) -> &Path {
        self.temporary.path()
    }

    /// The application folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root().join("app")
    }

    /// Runs a command on the application.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.run_with(arguments, "")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Done {
        let mut all = arguments.to_vec();
        all.extend(["--app", "app"]);
        run_with(self.root(), &all, input)
    }

    /// Makes a key; ID and secret.
    pub(crate) fn key(&self, role: &str) -> (String, String) {
        key(&self.folder(), role)
    }

    pub(crate) fn serve(&self) -> Server {
        start(&self.folder())
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
    /// All of standard output up to the `listening` line.
    pub(crate) said: String,
    log: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer over HTTP.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }
}

impl Server {
    /// Starts a command that serves; its log goes to a file.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let errors = std::fs::File::create(log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            let read = stdout.read_line(&mut line).unwrap();
            assert!(read > 0, "the server ended: {said}\n{}", std::fs::read_to_string(log).unwrap_or_default());
            said.push_str(&line);
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                break address.to_owned();
            }
        };
        Self { child, stdout, address, said, log: log.to_path_buf() }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn get(&self, path: &str, key: Option<&str>) -> Answer {
        self.send("GET", path, key, "")
    }

    pub(crate) fn send(&self, method: &str, path: &str, key: Option<&str>, body: &str) -> Answer {
        request(&self.address, method, path, key, body)
    }

    /// Asks the server to stop, and waits. Everything it logged, and what it printed after the `listening` line.
    pub(crate) fn stop(mut self) -> (String, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{}", self.log());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.log(), rest)
    }

    /// `SIGKILL`: no handler runs, nothing is flushed.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

/// One request on a connection of its own.
pub(crate) fn request(address: &str, method: &str, path: &str, key: Option<&str>, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let key = key.map(|key| format!("api-key: {key}\r\n")).unwrap_or_default();
    let length = body.len();
    // As every client does; tests may write paths as people read them.
    let path = path.replace('"', "%22").replace('<', "%3C").replace('>', "%3E").replace(' ', "%20");
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n{key}connection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(head.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Answer { status, head: head.to_owned(), body: if chunked { unchunked(body) } else { body.to_owned() } }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            found.extend(files(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found
}

/// `POST /console/api/session` as a browser does.
pub(crate) fn sign_in(address: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = "POST /console/api/session HTTP/1.1\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let head = format!("{head}host: {address}\r\norigin: http://{address}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
}
