//! A PostgreSQL server of one's own: Debian's package, in a temporary folder, on this machine only, gone with this value.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The variable that tells tests of a server that is there for all of them: a URL whose user may create databases.
pub const VARIABLE: &str = "TEST_POSTGRES_URL";

/// Versions that the product serves; the newest installed one is taken.
const OLDEST: u32 = 15;

/// On this machine only.
const OPTIONS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=400";

/// Nothing of a test server outlives the tests: the disk is not waited for. A commit that was acknowledged still survives the end of its
/// process.
const SHORT_LIVED: &str = "-c fsync=off -c full_page_writes=off -c autovacuum=off";

/// A server that runs, or was stopped for a while.
pub struct Server {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    options: &'static str,
}

/// How a server ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Sessions are ended; what they began is undone.
    Fast,
    /// Without a word, as when the machine loses power; the next start recovers.
    Immediate,
}

impl Server {
    /// Starts a server of the programs in this folder.
    ///
    /// # Errors
    /// A program that is missing or fails, with what it said.
    pub fn start(programs: PathBuf) -> Result<Self> {
        Self::start_with(programs, SHORT_LIVED)
    }

    /// The same, for measuring: what is committed is on the disk.
    ///
    /// # Errors
    /// A program that is missing or fails, with what it said.
    pub fn start_durable(programs: PathBuf) -> Result<Self> {
        Self::start_with(programs, "")
    }

    fn start_with(programs: PathBuf, options: &'static str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("claviger-postgres-").tempdir()?;
        give(folder.path())?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let server = Self { programs, folder, port, options };
        let arguments = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        server.run("initdb", &[&["-D", &server.data()], &arguments[..]].concat())?;
        server.resume()?;
        Ok(server)
    }

    /// Where it is: a URL whose user may do everything.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it again, at the same address.
    ///
    /// # Errors
    /// It does not start.
    pub fn resume(&self) -> Result<()> {
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-l", &log, "-o", &format!("-p {} {OPTIONS} {}", self.port, self.options), "-w", "start"])
    }

    /// Stops it; its data stays.
    ///
    /// # Errors
    /// It does not stop.
    pub fn stop(&self, how: Stop) -> Result<()> {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.run("pg_ctl", &["-D", &self.data(), "-m", mode, "-w", "stop"])
    }

    /// Lets nothing of it run, while its connections stay open: `true`; or lets all run on.
    ///
    /// # Errors
    /// Its processes are not found.
    pub fn freeze(&self, still: bool) -> Result<()> {
        let file = std::fs::read_to_string(self.folder().join("postmaster.pid")).context("the server does not run")?;
        let first = file.lines().next().context("the server has no process")?.to_owned();
        let signal = if still { "-STOP" } else { "-CONT" };
        let send = |ids: &[String]| Command::new("kill").arg(signal).args(ids).stderr(Stdio::null()).status();
        // The first process makes the others: it is stopped before they are looked for, and runs on after them.
        if still {
            ensure!(send(std::slice::from_ref(&first))?.success(), "the server's first process is gone");
        }
        // A process that ended meanwhile needs no signal.
        send(&children(&first)?)?;
        if !still {
            send(&[first])?;
        }
        Ok(())
    }

    /// From now on it takes connections with TLS only, with this certificate and its key (PEM).
    ///
    /// # Errors
    /// Its files cannot be written, or it does not start again.
    pub fn protect(&self, certificate: &str, key: &str) -> Result<()> {
        let folder = self.folder();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).with_context(|| format!("cannot write {name}"));
        write("server.crt", certificate)?;
        write("server.key", key)?;
        std::fs::set_permissions(folder.join("server.key"), std::fs::Permissions::from_mode(0o600))?;
        give(&folder.join("server.key"))?;
        give(&folder.join("server.crt"))?;
        write("postgresql.auto.conf", "ssl = on\n")?;
        write("pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n")?;
        self.stop(Stop::Fast)?;
        self.resume()
    }

    fn folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn data(&self) -> String {
        self.folder().display().to_string()
    }

    /// Runs one of the server's programs as a user who may.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(&path);
            command
        } else {
            Command::new(&path)
        };
        command.args(arguments).current_dir(self.folder.path());
        let output = command.output().with_context(|| format!("cannot run {}", path.display()))?;
        if !output.status.success() {
            bail!("{program} failed: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.folder().join("postmaster.pid").exists() {
            return;
        }
        // One that was frozen could not end.
        let _ = self.freeze(false);
        if let Err(error) = self.stop(Stop::Immediate) {
            eprintln!("the test server was not stopped: {error:#}");
        }
    }
}

/// Folder of the newest server programs that the product serves: where Debian keeps them, or on the path.
pub fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = versions.filter(|version| *version >= OLDEST).max();
    let kept = newest.map(|version| Path::new("/usr/lib/postgresql").join(version.to_string()).join("bin"));
    let on_path = || std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| folder.join("initdb").is_file());
    kept.filter(|folder| folder.join("initdb").exists()).or_else(on_path)
}

/// True when this process may do everything.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Gives a file to the user who runs the server. It refuses to run as root; Debian's package made a user for it.
fn give(path: &Path) -> Result<()> {
    if is_root() {
        let given = Command::new("chown").arg("postgres").arg(path).status();
        ensure!(given.is_ok_and(|status| status.success()), "{} cannot be given to the user postgres", path.display());
    }
    Ok(())
}

/// Processes whose parent is this one.
fn children(parent: &str) -> Result<Vec<String>> {
    let listed = Command::new("ps").args(["-o", "pid=", "--ppid", parent]).output().context("cannot run ps")?;
    Ok(String::from_utf8_lossy(&listed.stdout).split_whitespace().map(str::to_owned).collect())
}
