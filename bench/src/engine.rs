//! The database behind what is measured.

use anyhow::{Context, Result};
use claviger_testing::postgres::{Server, programs};
use serde::Serialize;

/// Which kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    /// A file in the application's folder.
    Sqlite,
    /// A server of the bench's own, on this machine, that waits for the disk as it comes.
    Postgres,
}

impl Engine {
    /// Starts what has to run beside the measured program.
    pub(crate) fn start(self) -> Result<Option<Server>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres => Server::start_durable(programs().context("PostgreSQL 15 or later is not installed")?).map(Some),
        }
    }
}
