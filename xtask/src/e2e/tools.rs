//! What the clients need, installed below the repository where it is missing or of another version.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::install::need_npm;
use crate::run::{is_there, root, step};

/// Node's packages of a folder, as its lock file has them.
pub(crate) fn npm(folder: &Path) -> Result<()> {
    need_npm()?;
    let file = folder.join("package-lock.json");
    let lock = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let mark = folder.join("node_modules/.claviger-lock");
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut install = Command::new("npm");
    install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    step("npm packages of the clients", install)?;
    std::fs::write(&mark, lock).with_context(|| format!("cannot write {}", mark.display()))
}

/// The program `schemathesis`, of exactly these packages.
pub(super) fn schemathesis(requirements: &Path) -> Result<PathBuf> {
    let arguments = [OsString::from("--requirement"), requirements.into()];
    Ok(python("python", requirements, &arguments)?.with_file_name("schemathesis"))
}

/// Python of an environment of its own, with what these arguments of pip install; made anew when the file that says so has changed.
pub(crate) fn python(name: &str, wanted: &Path, arguments: &[OsString]) -> Result<PathBuf> {
    let folder = root().join("target/e2e").join(name);
    let wanted = std::fs::read(wanted).with_context(|| wanted.display().to_string())?;
    let (mark, program) = (folder.join(".claviger-wanted"), folder.join("bin/python"));
    if program.exists() && std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(program);
    }
    let mut has_venv = Command::new("python3");
    has_venv.args(["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]);
    if !is_there(has_venv) {
        bail!("Python 3.10 or later with its environments is not installed: install the package python3-venv, then run this again");
    }
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&folder);
    step("Python environment", make)?;
    let mut install = Command::new(&program);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(arguments);
    step("Python packages", install)?;
    std::fs::write(&mark, wanted).with_context(|| format!("cannot write {}", mark.display()))?;
    Ok(program)
}
