//! `cargo xtask test`: one command, everything that has to be green.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use claviger_testing::postgres::{self as server, Server};

use crate::run::{cargo, is_there, root, step};
use crate::{browser, compat, e2e, postgres};

/// Format, lints, doc tests, browser tests, clients, tests, compatibility rows. The Rust tests come last, so that the last line is their runner's summary.
pub(crate) fn test() -> Result<()> {
    step("format", cargo(&["fmt", "--all", "--check"]))?;
    step("lints", cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    step("doc tests", cargo(&["test", "--quiet", "--workspace", "--doc"]))?;
    browser::test()?;
    let postgres = postgres::start()?;
    e2e::run(None, postgres.as_ref())?;
    eprintln!("── tests");
    let servers = Servers { postgres, binary: e2e::binary()? };
    let ran = if is_there(cargo(&["nextest", "--version"])) { with_nextest(&servers)? } else { with_cargo_test(&servers)? };
    check_rows(&ran)
}

/// What tests speak to.
struct Servers {
    /// None where PostgreSQL is not installed.
    postgres: Option<Server>,
    /// For the live cases of client libraries (`clients/conformance`).
    binary: PathBuf,
}

/// Runs all tests with nextest; the names of those that ran come from its JUnit report.
fn with_nextest(servers: &Servers) -> Result<BTreeSet<String>> {
    // `.config/nextest.toml` names the place, which does not follow the target folder.
    let report = root().join("target/nextest/default/junit.xml");
    // A report of an earlier run must not vouch for this one.
    if report.exists() {
        std::fs::remove_file(&report).with_context(|| format!("cannot remove {}", report.display()))?;
    }
    let status = told(cargo(&["nextest", "run", "--workspace"]), servers).status().context("cannot run cargo nextest")?;
    ensure!(status.success(), "tests failed ({status})");
    let text = std::fs::read_to_string(&report).with_context(|| format!("no report at {}", report.display()))?;
    Ok(names_in_report(&text))
}

/// Runs all tests with `cargo test`, passing its output on; the names of those that ran are read from it.
fn with_cargo_test(servers: &Servers) -> Result<BTreeSet<String>> {
    let mut command: Command = told(cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]), servers);
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let mut ran = BTreeSet::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        ran.extend(name_in_line(&line).map(str::to_owned));
    }
    let status = child.wait()?;
    ensure!(status.success(), "tests failed ({status})");
    Ok(ran)
}

/// A command that is told where the servers are.
fn told(mut command: Command, servers: &Servers) -> Command {
    if let Some(postgres) = &servers.postgres {
        command.env(server::VARIABLE, postgres.url());
    }
    command.env("CLAVIGER_BINARY", &servers.binary);
    command
}

/// Names of the test cases of a JUnit report, with their module path.
fn names_in_report(report: &str) -> BTreeSet<String> {
    let cases = report.split("<testcase ").skip(1);
    cases.filter_map(name_of_case).map(str::to_owned).collect()
}

/// The attribute `name` of a test case, whose text begins behind `<testcase `.
fn name_of_case(case: &str) -> Option<&str> {
    let value = case.strip_prefix("name=\"").or_else(|| Some(case.split_once(" name=\"")?.1))?;
    value.split('"').next()
}

/// Name of the test in a line `test a::b::name ... ok` of libtest, with its module path.
fn name_in_line(line: &str) -> Option<&str> {
    let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
    (result == "ok").then_some(name)
}

fn check_rows(ran: &BTreeSet<String>) -> Result<()> {
    let page = std::fs::read_to_string(root().join("docs/compat.md")).context("docs/compat.md")?;
    let problems = compat::problems(&page, ran);
    if problems.is_empty() {
        return Ok(());
    }
    for problem in &problems {
        eprintln!("docs/compat.md: {problem}");
    }
    bail!("docs/compat.md does not hold in {} places", problems.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_both_runners() {
        let report =
            r#"<testsuite name="a"><testcase name="x::row_01_a" classname="a"/><testcase classname="b" name="row_02_b"></testcase>"#;
        assert_eq!(names_in_report(report).into_iter().collect::<Vec<_>>(), ["row_02_b", "x::row_01_a"]);
        assert_eq!(name_in_line("test rows::row_03_c ... ok"), Some("rows::row_03_c"));
        assert_eq!(name_in_line("test rows::row_03_c ... ignored"), None);
    }
}
