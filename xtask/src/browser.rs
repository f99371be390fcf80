//! The console in a real browser: Playwright drives the system's Chromium against the release binary (`console/e2e`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::install::{find, install, need_npm};
use crate::run::{build_release, root, step};

/// Names under which Chromium is installed.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Debian's packages of the programs that the browser tests need.
const PACKAGES: [(&str, &str); 2] = [("chromium", "chromium"), ("faketime", "faketime")];

/// Rows of the API keys page that a browser can see: each needs a test whose title names it.
fn rows() -> Vec<String> {
    let numbers = (10..=17).chain(20..=35).chain(41..=48).chain(90..=93);
    numbers.map(|number| format!("K-{number}")).collect()
}

/// Builds the release binary with the console in it, runs the browser tests, and asks for every row.
pub(crate) fn test() -> Result<()> {
    need_npm()?;
    let chromium = install_what_is_missing()?;
    build_release()?;
    let console = root().join("console");
    ensure!(console.join("dist/index.html").exists(), "the console was not built; the warning above says why");
    let report = console.join("test-results/report.json");
    // A report of an earlier run must not vouch for this one.
    let _ = std::fs::remove_file(&report);
    let mut tests = Command::new("npx");
    tests.args(["playwright", "test", "--project=tests"]).current_dir(&console).env("CHROMIUM", chromium);
    step("browser tests", tests)?;
    let text = std::fs::read_to_string(&report).with_context(|| format!("no report at {}", report.display()))?;
    let passed = passed(&serde_json::from_str(&text)?);
    let missing: Vec<String> = rows().into_iter().filter(|row| !passed.contains_key(row)).collect();
    ensure!(missing.is_empty(), "no browser test that passed names {}", missing.join(", "));
    Ok(())
}

/// The path of Chromium. What is missing is installed where that can be done, else the packages are named.
fn install_what_is_missing() -> Result<PathBuf> {
    let missing = || -> Vec<&str> {
        let there = |program: &str| if program == "chromium" { installed().is_some() } else { find(program).is_some() };
        PACKAGES.iter().filter(|(program, _)| !there(program)).map(|(_, package)| *package).collect()
    };
    let packages = missing();
    if !packages.is_empty() {
        install(&packages, "the browser tests need Chromium and faketime")?;
    }
    chromium()
}

/// The path of Chromium, installed where that can be done.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    install(&["chromium"], "pages are tested in Chromium")?;
    installed().context("Chromium is not installed: install the package chromium")
}

fn installed() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|path| path.exists());
    named.or_else(|| CHROMIUM.iter().find_map(|name| find(name)))
}

/// Rows named by the titles of tests that passed, with how many there are.
fn passed(report: &Value) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<&Value> = report["suites"].as_array().into_iter().flatten().collect();
    while let Some(suite) = waiting.pop() {
        waiting.extend(suite["suites"].as_array().into_iter().flatten());
        for spec in suite["specs"].as_array().into_iter().flatten() {
            let title = spec["title"].as_str().unwrap_or_default();
            let ran = spec["tests"].as_array().into_iter().flatten().any(|test| test["status"] == "expected" || test["status"] == "flaky");
            if spec["ok"] == true && ran {
                rows_in(title).for_each(|row| *found.entry(row).or_insert(0) += 1);
            }
        }
    }
    found
}

/// Words like `K-14`.
fn rows_in(title: &str) -> impl Iterator<Item = String> {
    title
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| word.len() == 4 && word.starts_with("K-") && word[2..].bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_that_ran_and_passed_vouch_for_a_row() {
        let report = serde_json::json!({ "suites": [ { "specs": [
                { "title": "K-14 copies", "ok": true, "tests": [ { "status": "expected" } ] },
                { "title": "K-15 opens", "ok": false, "tests": [ { "status": "unexpected" } ] },
                { "title": "K-16 skipped", "ok": true, "tests": [ { "status": "skipped" } ] } ],
            "suites": [ { "specs": [ { "title": "K-27, K-28: addresses", "ok": true, "tests": [ { "status": "flaky" } ] } ] } ] } ] });
        assert_eq!(passed(&report).into_keys().collect::<Vec<_>>(), ["K-14", "K-27", "K-28"]);
    }
}
