//! `cargo xtask docs`: files that are generated from the program, so that they cannot say something else than it does.
//!
//! A test of the command line compares the committed files with what the program prints.

use anyhow::{Context, Result, ensure};

use crate::run::{cargo, root};

/// File and what `claviger reference` is asked for.
const FILES: [(&str, &str); 3] =
    [("docs/reference/settings.md", "settings"), ("docs/reference/commands.md", "commands"), ("console/openapi.json", "management-api")];

/// Writes all of them.
pub(crate) fn write() -> Result<()> {
    for (file, what) in FILES {
        let output =
            cargo(&["run", "--quiet", "-p", "claviger", "--", "reference", what]).stderr(std::process::Stdio::inherit()).output()?;
        ensure!(output.status.success(), "claviger reference {what} failed ({})", output.status);
        let path = root().join(file);
        std::fs::write(&path, output.stdout).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote {file}");
    }
    Ok(())
}
