//! An application of `claviger demo` in a folder of its own, on a free port of this machine.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A running server. It ends, and its folder goes, when this is dropped.
pub(super) struct Demo {
    pub(super) endpoint: String,
    /// Secrets of three keys: a role that changes everything, one that sees little, and an Administration key.
    pub(super) editor: String,
    pub(super) visitor: String,
    pub(super) administration: String,
    binary: PathBuf,
    folder: TempDir,
    server: Child,
}

impl Demo {
    pub(super) fn start(binary: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("claviger-e2e-").tempdir()?;
        let empty = String::new;
        let server = spawn(binary, folder.path())?;
        let mut demo = Self {
            endpoint: empty(),
            editor: empty(),
            visitor: empty(),
            administration: empty(),
            binary: binary.to_owned(),
            folder,
            server,
        };
        demo.listen()?;
        let made = demo.claviger(&["keys", "create", "--description", "Everything", "--type", "administration", "--json"])?;
        demo.administration = text(&serde_json::from_slice::<Value>(&made)?["secret"])?;
        Ok(demo)
    }

    /// The same with an image and a blob in the model, which the demo's own has not.
    pub(super) fn with_media(mut self) -> Result<Self> {
        self.end()?;
        let file = self.folder.path().join("app/model.json");
        let mut model: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let classes = model["dataClasses"].as_array_mut().into_iter().flatten();
        let book = classes.filter(|class| class["name"] == "Book").find_map(|class| class["attributes"].as_array_mut());
        let attributes = book.context("the demo has no books")?;
        for (name, kind) in [("cover", "image"), ("sample", "blob")] {
            attributes.push(json!({ "name": name, "kind": "storage", "type": kind }));
        }
        std::fs::write(&file, model.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
        self.server = spawn(&self.binary, self.folder.path())?;
        self.listen()?;
        Ok(self)
    }

    /// Waits for the lines that the server prints once it answers.
    fn listen(&mut self) -> Result<()> {
        let output = self.server.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let told: Value = match lines.next() {
            Some(line) => serde_json::from_str(&line?)?,
            None => bail!("the demo did not start: {}", self.log()),
        };
        // The line `listening on …`: from here on it answers.
        lines.next().context("the demo does not listen")??;
        self.endpoint = text(&told["endpoint"])?;
        self.editor = text(&told["keys"]["Editor"])?;
        self.visitor = text(&told["keys"]["Visitor"])?;
        Ok(())
    }

    /// A program that finds the server by its environment.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("ENDPOINT", &self.endpoint)
            .env("API_KEY", &self.editor)
            .env("VISITOR_KEY", &self.visitor)
            .env("ADMINISTRATION_KEY", &self.administration)
            // Nothing leaves this machine.
            .env("NO_PROXY", "127.0.0.1")
            .env("NO_COLOR", "1");
        command
    }

    /// What the command line prints about this application.
    pub(super) fn claviger(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = Command::new(&self.binary).args(arguments).arg("--app").arg(self.folder.path().join("app")).output()?;
        ensure!(output.status.success(), "claviger {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    }

    /// A file that goes with the application.
    pub(super) fn scratch(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Ends it. A server that ended before, or whose log has an error, is one.
    pub(super) fn stop(mut self) -> Result<()> {
        if let Some(status) = self.server.try_wait()? {
            bail!("it ended by itself ({status}): {}", self.log());
        }
        self.end()?;
        let log = self.log();
        let faults: Vec<&str> = log.lines().filter(|line| line.contains("ERROR") || line.contains("panicked")).take(20).collect();
        ensure!(faults.is_empty(), "its log has errors:\n{}", faults.join("\n"));
        Ok(())
    }

    /// In an orderly way where it does so soon.
    fn end(&mut self) -> Result<()> {
        let asked = Command::new("kill").arg(self.server.id().to_string()).status();
        let until = Instant::now() + Duration::from_secs(10);
        while asked.as_ref().is_ok_and(|status| status.success()) && Instant::now() < until {
            if self.server.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.server.kill()?;
        self.server.wait()?;
        Ok(())
    }
}

fn spawn(binary: &Path, folder: &Path) -> Result<Child> {
    let log = File::options().create(true).append(true).open(folder.join("log")).context("cannot make the log")?;
    Command::new(binary)
        .args(["demo", "--json", "--listen", "127.0.0.1:0", "--dir"])
        .arg(folder.join("app"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot start {}", binary.display()))
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("the demo prints other words than before")
}

impl Drop for Demo {
    fn drop(&mut self) {
        if matches!(self.server.try_wait(), Ok(None)) {
            let _ = self.server.kill();
            let _ = self.server.wait();
        }
    }
}
