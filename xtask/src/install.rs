//! Programs that the tests need: found on the path, or installed from Debian's packages where that can be done.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail, ensure};
use claviger_testing::postgres::is_root;

use crate::run::{is_there, step};

/// A program in the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// An error that says what to do when there is no npm.
pub(crate) fn need_npm() -> Result<()> {
    let mut version = Command::new("npm");
    version.arg("--version");
    ensure!(is_there(version), "npm is not installed: install Node.js 20.19 or later, then run this again");
    Ok(())
}

/// Installs packages as root; else an error that says what for, and their names.
pub(crate) fn install(packages: &[&str], what_for: &str) -> Result<()> {
    let mut version = Command::new("apt-get");
    version.arg("--version");
    if !is_root() || !is_there(version) {
        bail!("{what_for}: install the packages {}", packages.join(" "));
    }
    eprintln!("installing {}", packages.join(" "));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        command
    };
    step("package lists", apt(&["update", "-qq"]))?;
    step("packages", apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat()))
}
