//! The client libraries in other languages: their own tests, the conformance suite (`clients/conformance`) and their packages among them. The one for
//! Rust is tested with everything else.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::tools;
use crate::run::{root, step};

/// Where the live cases find the server.
const PROGRAM: &str = "CLAVIGER_BINARY";

fn library(name: &str) -> PathBuf {
    root().join("clients").join(name)
}

/// `npm test`: builds the package first.
pub(super) fn typescript(binary: &Path) -> Result<()> {
    let folder = library("typescript");
    tools::npm(&folder)?;
    let mut test = Command::new("npm");
    test.args(["test", "--silent"]).current_dir(&folder).env(PROGRAM, binary);
    step("typescript", test)
}

/// `python -m unittest`, in an environment with the package.
pub(super) fn python(binary: &Path) -> Result<()> {
    let folder = library("python");
    let python = tools::python(
        "claviger-python",
        &folder.join("pyproject.toml"),
        &["--editable".into(), folder.clone().into(), "mypy>=1.16".into()],
    )?;
    let mut test = Command::new(python);
    test.args(["-m", "unittest", "discover", "--start-directory", "tests", "--top-level-directory", "."]);
    test.current_dir(&folder).env(PROGRAM, binary);
    step("python", test)
}
