//! The PostgreSQL server of the tests, installed where that can be done.

use anyhow::{Context, Result};
use claviger_testing::postgres::{Server, VARIABLE, programs};

use crate::install::install;

/// Starts a server. One that the environment names already is left to whoever started it: `None`. The programs are installed in any case:
/// some tests stop a server, and start one of their own for that.
pub(crate) fn start() -> Result<Option<Server>> {
    let programs = match programs() {
        Some(programs) => programs,
        None => {
            install(&["postgresql"], "the tests need PostgreSQL 15 or later")?;
            programs().context("PostgreSQL 15 or later is not among the installed packages")?
        }
    };
    if std::env::var_os(VARIABLE).is_some() {
        return Ok(None);
    }
    Server::start(programs).map(Some)
}
