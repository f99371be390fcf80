//! `cargo xtask docs`: pages that are generated from the program, so that they cannot say something else than it does.
//!
//! A test of the command line compares the committed pages with what the program prints.

use anyhow::{Context, Result, ensure};

use crate::run::{cargo, root};

/// Page under `docs/reference/` and what `claviger reference` is asked for.
const PAGES: [(&str, &str); 2] = [("settings.md", "settings"), ("commands.md", "commands")];

/// Writes all of them.
pub(crate) fn write() -> Result<()> {
    for (file, what) in PAGES {
        let output =
            cargo(&["run", "--quiet", "-p", "claviger", "--", "reference", what]).stderr(std::process::Stdio::inherit()).output()?;
        ensure!(output.status.success(), "claviger reference {what} failed ({})", output.status);
        let path = root().join("docs/reference").join(file);
        std::fs::write(&path, output.stdout).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote docs/reference/{file}");
    }
    Ok(())
}
