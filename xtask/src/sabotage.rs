//! `cargo xtask sabotage`: deliberate breakages, each of which must turn the suite red.
//!
//! Works in a copy of the tree below `target/`, so that the working tree is never touched. A breakage is a piece of text that must be
//! found exactly once in a file, what replaces it, and the tests that must notice. These tests are run first with nothing broken: what
//! fails anyway, or runs no test at all, notices nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::run::root;

/// One deliberate breakage.
struct Breakage {
    name: &'static str,
    file: &'static str,
    find: &'static str,
    replace: &'static str,
    /// Package and arguments of `cargo test` that must fail.
    package: &'static str,
    tests: &'static [&'static str],
}

include!("sabotage/breakages.rs");

/// Tests that take longer hang: that is red as well.
const PATIENCE: Duration = Duration::from_secs(240);

/// Runs all breakages, or those whose name contains `only`.
pub(crate) fn sabotage(only: Option<&str>) -> Result<()> {
    let scratch = scratch_copy(&root())?;
    let chosen: Vec<&Breakage> = BREAKAGES.iter().filter(|breakage| only.is_none_or(|only| breakage.name.contains(only))).collect();
    ensure!(!chosen.is_empty(), "no breakage has such a name");
    let mut sound = BTreeSet::new();
    for breakage in &chosen {
        if sound.insert((breakage.package, breakage.tests)) {
            println!("unbroken: {} {}", breakage.package, breakage.tests.join(" "));
            ensure!(run(&scratch, breakage)? == Outcome::Green, "these tests are not green with nothing broken");
        }
    }
    let mut unnoticed = Vec::new();
    for breakage in &chosen {
        println!("breaking: {}", breakage.name);
        let path = scratch.join(breakage.file);
        let original = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let found = original.matches(breakage.find).count();
        ensure!(found == 1, "{}: the text to break stands {found} times in {}", breakage.name, breakage.file);
        std::fs::write(&path, original.replace(breakage.find, breakage.replace))?;
        let outcome = run(&scratch, breakage);
        std::fs::write(&path, original)?;
        if outcome? == Outcome::Red {
            println!("  noticed");
        } else {
            println!("  NOT NOTICED");
            unnoticed.push(breakage.name);
        }
    }
    if !unnoticed.is_empty() {
        bail!("the suite stays green with: {}", unnoticed.join(", "));
    }
    println!("{} breakages, all noticed", chosen.len());
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Red,
    Green,
}

/// Builds first, so that a breakage that does not even compile is an error of this list and no success.
fn run(scratch: &Path, breakage: &Breakage) -> Result<Outcome> {
    let built = test(scratch, breakage, &["--no-run"]).stderr(Stdio::piped()).output()?;
    ensure!(built.status.success(), "{} does not compile:\n{}", breakage.name, String::from_utf8_lossy(&built.stderr));
    let report = scratch.join("report.txt");
    let mut child = test(scratch, breakage, &[]).stdout(std::fs::File::create(&report)?).stderr(Stdio::null()).spawn()?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(Outcome::Red);
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    if !status.success() {
        return Ok(Outcome::Red);
    }
    let report = std::fs::read_to_string(&report)?;
    ensure!(report.contains("running ") && !report.contains("test result: ok. 0 passed"), "{}: no test ran", breakage.name);
    Ok(Outcome::Green)
}

fn test(scratch: &Path, breakage: &Breakage, more: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(["test", "--quiet", "-p", breakage.package]).args(breakage.tests).args(more).current_dir(scratch);
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        command.env("CARGO_TARGET_DIR", root().join("target"));
    }
    // These tests need no pages.
    command.env("BUILD_CONSOLE", "skip").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// The tracked files as they are now, committed or not.
fn scratch_copy(root: &Path) -> Result<PathBuf> {
    let scratch = root.join("target/sabotage");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Code that moved on would leave a breakage behind that breaks nothing.
    #[test]
    fn what_breakages_break_is_there() {
        for breakage in BREAKAGES {
            let text = std::fs::read_to_string(root().join(breakage.file)).unwrap_or_default();
            assert_eq!(text.matches(breakage.find).count(), 1, "{}: {}", breakage.name, breakage.file);
        }
    }
}
