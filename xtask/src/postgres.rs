//! A PostgreSQL server for the tests: Debian's package, in a temporary folder, on this machine only, gone with this value.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::install::{find, install, is_root};
use crate::run::is_there;

/// The variable that tells the tests where the server is: a URL whose user may create databases.
pub(crate) const VARIABLE: &str = "TEST_POSTGRES_URL";

/// Versions that the product serves; the newest installed one is taken.
const OLDEST: u32 = 15;

/// A running server.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    url: String,
}

impl Postgres {
    /// Starts a server. One that the environment names already is left to whoever started it: `None`.
    pub(crate) fn start() -> Result<Option<Self>> {
        if std::env::var_os(VARIABLE).is_some() {
            return Ok(None);
        }
        let programs = match programs() {
            Some(programs) => programs,
            None => {
                install(&["postgresql"], "the tests need PostgreSQL 15 or later")?;
                programs().context("PostgreSQL 15 or later is not among the installed packages")?
            }
        };
        let folder = tempfile::Builder::new().prefix("claviger-postgres-").tempdir()?;
        if is_root() {
            // The server refuses to run as root; Debian's package made this user.
            let mut chown = Command::new("chown");
            chown.arg("postgres").arg(folder.path());
            ensure!(is_there(chown), "the folder of the test server cannot be given to the user postgres");
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let server = Self { programs, folder, url: format!("postgres://postgres@127.0.0.1:{port}/postgres") };
        let data = server.data();
        server.run("initdb", &["-D", &data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])?;
        // Nothing of it outlives the tests: the disk is not waited for.
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c synchronous_commit=off \
             -c full_page_writes=off -c max_connections=400 -c autovacuum=off"
        );
        let log = server.folder.path().join("log").display().to_string();
        server.run("pg_ctl", &["-D", &data, "-l", &log, "-o", &options, "-w", "start"])?;
        Ok(Some(server))
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
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

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        if let Err(error) = self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]) {
            eprintln!("the test server was not stopped: {error:#}");
        }
    }
}

/// Folder of the newest server programs: where Debian keeps them, or on the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = versions.filter(|version| *version >= OLDEST).max();
    let kept = newest.map(|version| Path::new("/usr/lib/postgresql").join(version.to_string()).join("bin"));
    kept.filter(|folder| folder.join("initdb").exists()).or_else(|| find("initdb").and_then(|path| Some(path.parent()?.to_path_buf())))
}
