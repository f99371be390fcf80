//! A door for the command line: after it changed keys in the control store it says so and waits until the running server has taken the
//! change over, so that the very next request sees it.
//!
//! `data/control.sock`, mode 0600 in a folder of mode 0700. One line in (`reload`), one line out (`ok`). Nothing else can be asked.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use crate::app::AppState;

/// How long the command line waits for a server that does not answer; then the server finds the change by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a server without a socket needs at most to see a change (it looks four times a second).
const LOOKING: Duration = Duration::from_millis(400);

fn path_in(folder: &Path) -> PathBuf {
    folder.join("data").join("control.sock")
}

/// What a notification came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notified {
    /// The running server has taken the change over.
    Taken,
    /// No server runs on this folder.
    NoServer,
    /// A server runs, but did not answer in time; it looks by itself within a second.
    Silent,
}

/// Tells a server that runs on this folder, if any, that keys or users changed.
pub fn notify(folder: &Path) -> Notified {
    let mut stream = match UnixStream::connect(path_in(folder)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Notified::NoServer,
        Err(_) => {
            // A path too long for a socket: a server that may run here looks by itself, and is given the time to.
            std::thread::sleep(LOOKING);
            return Notified::Silent;
        }
    };
    let mut asked = || -> std::io::Result<bool> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(b"reload\n")?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        Ok(line == "ok\n")
    };
    if asked().unwrap_or(false) { Notified::Taken } else { Notified::Silent }
}

/// The listening socket; dropping it ends listening and takes the file away.
pub(crate) struct ControlSocket {
    path: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

/// True when a server runs on this folder. A second one would not hear of changes at once, and its writes would wait for the first one's.
pub(crate) fn is_served(folder: &Path) -> bool {
    UnixStream::connect(path_in(folder)).is_ok()
}

/// Listens. Without a socket (a path that is too long for one) changes are found by looking, within a quarter of a second.
pub(crate) fn listen(state: &AppState) -> Option<ControlSocket> {
    let path = path_in(state.folder());
    let _ = std::fs::remove_file(&path);
    let listener = match UnixListener::bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, "data/control.sock cannot be made: key changes of the command line are seen after a quarter of a second");
            return None;
        }
    };
    if let Err(error) = std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)) {
        tracing::warn!(%error, "the mode of data/control.sock cannot be set");
    }
    let state = state.clone();
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(converse(stream, state.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "data/control.sock");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    });
    Some(ControlSocket { path, task })
}

async fn converse(stream: tokio::net::UnixStream, state: AppState) {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = tokio::io::BufReader::new(read.take(64));
    let asked = tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await;
    if !matches!(asked, Ok(Ok(_))) || line != "reload\n" {
        return;
    }
    let refreshed = tokio::task::spawn_blocking(move || state.refresh_keys()).await;
    let answer: &[u8] = match refreshed {
        Ok(Ok(())) => b"ok\n",
        Ok(Err(error)) => {
            tracing::error!(%error, "keys could not be taken over from the control store");
            b"failed\n"
        }
        Err(_) => b"failed\n",
    };
    let _ = write.write_all(answer).await;
}
