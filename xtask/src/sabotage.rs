//! `cargo xtask sabotage`: deliberate breakages, each of which must turn the suite red.
//!
//! Works in a scratch clone below `target/`, so that the working tree is never touched. A breakage is a piece of text that must be
//! found exactly once in a file, what replaces it, and the tests that are expected to notice.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// One deliberate breakage.
struct Breakage {
    name: &'static str,
    file: &'static str,
    find: &'static str,
    replace: &'static str,
    /// Package and test filter that must fail.
    package: &'static str,
    filter: &'static str,
}

include!("sabotage/breakages.rs");

/// Runs all breakages, or those whose name contains `only`.
pub(crate) fn run(root: &Path, only: Option<&str>) -> Result<()> {
    let scratch = scratch_clone(root)?;
    let mut unnoticed = Vec::new();
    let chosen: Vec<&Breakage> = BREAKAGES.iter().filter(|breakage| only.is_none_or(|only| breakage.name.contains(only))).collect();
    ensure!(!chosen.is_empty(), "no breakage has such a name");
    for breakage in &chosen {
        println!("breaking: {}", breakage.name);
        let path = scratch.join(breakage.file);
        let original = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let found = original.matches(breakage.find).count();
        ensure!(found == 1, "{}: the text to break stands {found} times in {}", breakage.name, breakage.file);
        std::fs::write(&path, original.replace(breakage.find, breakage.replace))?;
        let outcome = suite(&scratch, root, breakage);
        std::fs::write(&path, original)?;
        match outcome? {
            Outcome::Red => println!("  noticed"),
            Outcome::Green => {
                println!("  NOT NOTICED");
                unnoticed.push(breakage.name);
            }
        }
    }
    if !unnoticed.is_empty() {
        bail!("the suite stays green with: {}", unnoticed.join(", "));
    }
    println!("{} breakages, all noticed", chosen.len());
    Ok(())
}

enum Outcome {
    Red,
    Green,
}

/// Builds first, so that a breakage that does not even compile is an error of this list and no success.
fn suite(scratch: &Path, root: &Path, breakage: &Breakage) -> Result<Outcome> {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(scratch).env("CARGO_TARGET_DIR", root.join("target")).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    ensure!(cargo(&["test", "--no-run", "-q", "-p", breakage.package]).status()?.success(), "{} does not compile", breakage.name);
    let green = cargo(&["test", "-q", "-p", breakage.package, breakage.filter]).status()?.success();
    Ok(if green { Outcome::Green } else { Outcome::Red })
}

fn scratch_clone(root: &Path) -> Result<PathBuf> {
    let scratch = root.join("target/sabotage");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch)?;
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output()?;
    ensure!(listed.status.success(), "git ls-files failed");
    for name in String::from_utf8(listed.stdout)?.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), scratch.join(name));
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if from.exists() {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(scratch)
}
