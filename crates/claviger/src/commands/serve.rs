//! `claviger serve`

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use claviger_server::WorkerProgram;
use claviger_server::app::{AppState, OpenError, Opening};
use claviger_server::settings::{Mode, Settings, Stamp};
use claviger_server::telemetry::{self, LogSink};
use claviger_store::Location;

use crate::commands::SCRIPT_WORKER;
use crate::control;
use crate::folder::Folder;

#[derive(Args)]
pub(crate) struct Serve {
    /// Address and port, instead of the setting `listen`; port 0 picks a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Read functions/ and roles.json again when they change.
    #[arg(long)]
    watch: bool,
}

impl Serve {
    pub(crate) fn run(&self, folder: &Folder) -> Result<()> {
        let mut settings = folder.settings()?.settings;
        if let Some(address) = self.listen {
            settings.listen = address.to_string();
        }
        let runtime = runtime()?;
        let (state, log) = {
            // Connections to a server live on its threads.
            let _inside = runtime.enter();
            open(folder, settings)?
        };
        if self.watch {
            runtime.spawn(state.clone().follow_folder());
        }
        let done = runtime.block_on(state.run());
        log.flush();
        Ok(done?)
    }
}

/// Opens the application for serving; log lines go to standard error.
pub(crate) fn open(folder: &Folder, settings: Settings) -> Result<(AppState, LogSink)> {
    let log = LogSink::stderr();
    telemetry::install(&settings.log, &log);
    let opening = Opening {
        settings,
        clock: control::machine_clock(),
        random: Arc::new(control::random),
        master_key: control::variable(),
        log: Some(log.clone()),
        worker: WorkerProgram::myself(&[SCRIPT_WORKER]),
    };
    let database = opening.settings.database_location(folder.path())?;
    make_private(folder, &opening.settings, &database);
    let state = AppState::open(folder.path(), opening).map_err(|error| match error {
        OpenError::Store(_) => anyhow::Error::new(error).context(database.to_string()),
        other => other.into(),
    });
    log.flush();
    Ok((state?, log))
}

/// Makes the database files that the server would make, readable for their owner only: they hold data that keys and roles protect. SQLite
/// takes an empty file for a new database and gives its journals the same mode. What exists already keeps its mode.
fn make_private(folder: &Folder, settings: &Settings, database: &Location) {
    // A server keeps the stamps of its tables itself.
    let Some(file) = database.file() else { return };
    let made = match settings.database.mode {
        Mode::Owned => Some(file.to_owned()),
        Mode::Attached if settings.database.stamp == Stamp::Side => settings.stamps_path(folder.path()).ok(),
        Mode::Attached => None,
    };
    let Some(made) = made else { return };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // It exists already, or cannot be made: opening says so better.
    let _ = claviger_server::app::folder::make_data(folder.path()).map(|_| options.open(made));
}

/// The threads that serve.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")
}
