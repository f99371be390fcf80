//! `cargo xtask bench`.

use anyhow::Result;

use crate::clients;
use crate::run::{cargo, step};

/// Builds the two release binaries (the bench finds `claviger` beside itself) and starts the bench; `--clients`: that of the client libraries.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    if arguments == ["--clients"] {
        return clients::bench();
    }
    step("build", cargo(&["build", "--release", "--quiet", "-p", "claviger", "-p", "claviger-bench"]))?;
    let mut command = cargo(&["run", "--release", "--quiet", "-p", "claviger-bench", "--"]);
    command.args(arguments);
    step("bench", command)
}
