//! Running other programs from the root of the repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// `cargo` at the root. The variables that `cargo run` gave this process are taken out: they would make cargo build everything anew.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Builds the release binary, `target/release/claviger`.
pub(crate) fn build_release() -> Result<()> {
    step("release binary", cargo(&["build", "--quiet", "--release", "-p", "claviger"]))
}

/// Runs a step, its output going where ours goes; an exit status that is not 0 is an error that names the step.
pub(crate) fn step(name: &str, mut command: Command) -> Result<()> {
    eprintln!("── {name}");
    let status = command.status().with_context(|| format!("{name}: cannot run {command:?}"))?;
    ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}

/// True when the command runs and exits with 0; its output is dropped.
pub(crate) fn is_there(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
