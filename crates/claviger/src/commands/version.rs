//! `claviger version`

use anyhow::Result;
use serde::Serialize;

use crate::output::{Output, record};

#[derive(Serialize)]
struct Versions {
    version: &'static str,
    commit: &'static str,
    sqlite: &'static str,
    /// Versions of PostgreSQL that are served.
    postgresql: &'static str,
}

pub(crate) fn run(output: &Output) -> Result<()> {
    let versions = Versions {
        version: env!("CARGO_PKG_VERSION"),
        commit: env!("BUILD_COMMIT"),
        sqlite: rusqlite::version(),
        postgresql: "15 and newer",
    };
    output.result(&versions, |versions| {
        record(&[
            ("claviger", versions.version.to_owned()),
            ("commit", versions.commit.to_owned()),
            ("SQLite", versions.sqlite.to_owned()),
            ("PostgreSQL", versions.postgresql.to_owned()),
        ])
    })
}
