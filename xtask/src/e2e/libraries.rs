//! The client libraries in other languages: their own tests, the conformance suite (`clients/conformance`) among them. The one for Rust is tested with
//! everything else.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use claviger_testing::postgres::VARIABLE;

use super::{Program, tools};
use crate::browser;
use crate::run::root;
use crate::skipped::Skipped;

pub(super) fn library(name: &str) -> PathBuf {
    root().join("clients").join(name)
}

/// `npm test`: builds the package first.
pub(super) fn typescript(program: &Program, skipped: &mut Skipped) -> Result<()> {
    let folder = library("typescript");
    tools::npm(&folder)?;
    let mut test = Command::new("npm");
    test.args(["test", "--silent"]).current_dir(&folder).env("CHROMIUM", browser::chromium()?);
    skipped.step("typescript", told(test, program))
}

/// `python -m unittest`, in an environment with the package.
pub(super) fn python(program: &Program, skipped: &mut Skipped) -> Result<()> {
    let folder = library("python");
    let mut package = folder.clone().into_os_string();
    package.push("[pandas]");
    let python = tools::python("claviger-python", &folder.join("pyproject.toml"), &["--editable".into(), package, "mypy>=1.16".into()])?;
    let mut test = Command::new(python);
    test.args(["-m", "unittest", "discover", "--verbose", "--start-directory", "tests", "--top-level-directory", "."]);
    test.current_dir(&folder);
    skipped.step("python", told(test, program))
}

/// A command that is told where the live cases find their servers.
fn told(mut command: Command, program: &Program) -> Command {
    command.env("CLAVIGER_BINARY", &program.binary).env(VARIABLE, &program.postgres);
    command
}
