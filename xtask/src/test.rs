//! `cargo xtask test`: one command, everything that has to be green.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use claviger_testing::postgres::{self as server, Server};

use crate::run::{cargo, is_there, root, step};
use crate::skipped::Skipped;
use crate::{browser, compat, e2e, postgres};

/// Format, lints, doc tests, browser tests, clients, tests, compatibility rows. The last lines tell what was skipped, and how many of the Rust tests ran.
/// With `no_skips` a skipped test is an error.
pub(crate) fn test(no_skips: bool) -> Result<()> {
    let mut skipped = Skipped::default();
    step("format", cargo(&["fmt", "--all", "--check"]))?;
    step("lints", cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    step("doc tests", cargo(&["test", "--quiet", "--workspace", "--doc"]))?;
    browser::test()?;
    let postgres = postgres::start()?;
    e2e::run(None, postgres.as_ref(), &mut skipped)?;
    eprintln!("── tests");
    let servers = Servers { postgres, binary: e2e::binary()? };
    let ran = if is_there(cargo(&["nextest", "--version"])) { with_nextest(&servers)? } else { with_cargo_test(&servers)? };
    let passed = ran.iter().filter(|test| !skipped.read_output(&test.name, &test.printed)).count();
    check_rows(&ran.into_iter().map(|test| test.name).collect())?;
    skipped.tell(no_skips)?;
    eprintln!("Summary: {passed} Rust tests passed, {} tests skipped", skipped.count());
    Ok(())
}

/// A test that passed, or left out what it tests.
struct Ran {
    /// With its module path.
    name: String,
    printed: String,
}

/// What tests speak to.
struct Servers {
    /// None where PostgreSQL is not installed.
    postgres: Option<Server>,
    /// For the live cases of client libraries (`clients/conformance`).
    binary: PathBuf,
}

/// Runs all tests with nextest; those that ran come from its JUnit report.
fn with_nextest(servers: &Servers) -> Result<Vec<Ran>> {
    // `.config/nextest.toml` names the place, which does not follow the target folder.
    let report = root().join("target/nextest/default/junit.xml");
    // A report of an earlier run must not vouch for this one.
    if report.exists() {
        std::fs::remove_file(&report).with_context(|| format!("cannot remove {}", report.display()))?;
    }
    let status = told(cargo(&["nextest", "run", "--workspace"]), servers).status().context("cannot run cargo nextest")?;
    ensure!(status.success(), "tests failed ({status})");
    let text = std::fs::read_to_string(&report).with_context(|| format!("no report at {}", report.display()))?;
    Ok(in_report(&text))
}

/// Runs all tests with `cargo test`, passing its output on; those that ran are read from it.
fn with_cargo_test(servers: &Servers) -> Result<Vec<Ran>> {
    let mut command: Command = told(cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]), servers);
    let mut child = command.args(["--", "--show-output"]).stdout(Stdio::piped()).spawn().context("cannot run cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let mut lines = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        lines.push(line);
    }
    let status = child.wait()?;
    ensure!(status.success(), "tests failed ({status})");
    Ok(in_lines(&lines))
}

/// A command that is told where the servers are.
fn told(mut command: Command, servers: &Servers) -> Command {
    if let Some(postgres) = &servers.postgres {
        command.env(server::VARIABLE, postgres.url());
    }
    command.env("CLAVIGER_BINARY", &servers.binary);
    command
}

/// The test cases of a JUnit report. Marks of what they printed are escaped there, which does not matter.
fn in_report(report: &str) -> Vec<Ran> {
    let cases = report.split("<testcase ").skip(1);
    cases.filter_map(|case| Some(Ran { name: name_of_case(case)?.to_owned(), printed: printed_by(case).collect() })).collect()
}

/// The attribute `name` of a test case, whose text begins behind `<testcase `.
fn name_of_case(case: &str) -> Option<&str> {
    let value = case.strip_prefix("name=\"").or_else(|| Some(case.split_once(" name=\"")?.1))?;
    value.split('"').next()
}

/// Both outputs of a test case.
fn printed_by(case: &str) -> impl Iterator<Item = &str> {
    let outputs = case.split("<system-").skip(1);
    outputs.filter_map(|output| Some(output.split_once('>')?.1.split("</system-").next().unwrap_or_default()))
}

/// The tests in lines of libtest: `test a::b::name ... ok`, and behind `---- a::b::name stdout ----` what one printed.
fn in_lines(lines: &[String]) -> Vec<Ran> {
    let (mut ran, mut printing) = (Vec::<Ran>::new(), None);
    // Names occur again in the next program.
    let mut first = 0;
    for line in lines {
        if line.starts_with("running ") && line.contains(" test") {
            (first, printing) = (ran.len(), None);
        } else if let Some(name) = name_in_line(line) {
            ran.push(Ran { name: name.to_owned(), printed: String::new() });
        } else if let Some(name) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----")) {
            printing = (first..ran.len()).find(|&at| ran[at].name == name);
        } else if line == "successes:" {
            printing = None;
        } else if let Some(at) = printing {
            ran[at].printed.push_str(line);
            ran[at].printed.push('\n');
        }
    }
    ran
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
    fn tests_are_read_from_both_runners() {
        let report = r#"<testsuite name="a"><testcase name="x::row_01_a" classname="a"/>
            <testcase classname="b" name="row_02_b"><system-out>1</system-out><system-err>skipped: no &lt;b&gt;
</system-err></testcase>"#;
        let told = |ran: Vec<Ran>| ran.iter().map(|Ran { name, printed }| format!("{name}={printed}")).collect::<Vec<_>>();
        assert_eq!(told(in_report(report)), ["x::row_01_a=", "row_02_b=1skipped: no &lt;b&gt;\n"]);
        let lines = "running 2 tests\ntest a::one ... ok\ntest two ... ignored\n\nsuccesses:\n\n---- a::one stdout ----\nskipped: no a\n\n\n\
            successes:\n    a::one\n\ntest result: ok. 1 passed\n\nrunning 1 test\ntest a::one ... ok\ntest result: ok. 1 passed\n";
        let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
        assert_eq!(told(in_lines(&lines)), ["a::one=skipped: no a\n\n\n", "a::one="]);
    }
}
