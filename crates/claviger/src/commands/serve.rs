//! `claviger serve`

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use claviger_server::app::{AppState, Opening};
use claviger_server::settings::Settings;
use claviger_server::telemetry::{self, LogSink};

use crate::control;
use crate::folder::Folder;

#[derive(Args)]
pub(crate) struct Serve {
    /// Address and port, instead of the setting `listen`; port 0 picks a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(crate) fn run(&self, folder: &Folder) -> Result<()> {
        let mut settings = folder.settings()?.settings;
        if let Some(address) = self.listen {
            settings.listen = address.to_string();
        }
        let (state, log) = open(folder, settings)?;
        let done = runtime()?.block_on(state.run());
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
    };
    let state = AppState::open(folder.path(), opening);
    log.flush();
    Ok((state?, log))
}

/// The threads that serve.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")
}
