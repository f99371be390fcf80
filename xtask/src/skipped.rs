//! What tests left out, and why: found in what their runners print, told at the end, so that nobody takes it for tested.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Reasons that are no fault of the machine: what is missing belongs to no package, or cannot be had at all.
const EXCUSED: [&str; 2] =
    ["the sample database is not beside the repository", "on PostgreSQL the order of requests that run at once cannot be arranged"];

/// How a test of ours in Rust says that it is one: `skipped: WHY`.
const MARK: &str = "skipped: ";

/// Names of tests, by the reason why they did not run.
#[derive(Default)]
pub(crate) struct Skipped(BTreeMap<String, Vec<String>>);

impl Skipped {
    pub(crate) fn add(&mut self, test: impl Into<String>, why: impl Into<String>) {
        let (test, tests) = (test.into(), self.0.entry(why.into()).or_default());
        // A test may say so about each of its parts.
        if !tests.contains(&test) {
            tests.push(test);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Prints what was skipped. With `none_allowed` it is an error, unless this machine could not do anything about it.
    pub(crate) fn tell(&self, none_allowed: bool) -> Result<()> {
        if !self.0.is_empty() {
            eprintln!("── skipped");
        }
        for (why, tests) in &self.0 {
            eprintln!("{why}: {}", tests.join(", "));
        }
        ensure!(!none_allowed || self.faults() == 0, "tests were skipped; install what they miss, or leave --no-skips out");
        Ok(())
    }

    fn faults(&self) -> usize {
        self.0.keys().filter(|why| !EXCUSED.contains(&why.as_str())).count()
    }

    /// Looks whether a test of ours in Rust was skipped, by what it printed.
    pub(crate) fn read_output(&mut self, test: &str, printed: &str) -> bool {
        let reasons = printed.lines().filter_map(|line| line.split_once(MARK));
        reasons.map(|(_, why)| self.add(test, why.trim())).count() > 0
    }

    /// Runs a step as [`step`](crate::run::step) does, and looks for tests that were skipped in what it prints.
    pub(crate) fn step(&mut self, name: &str, mut command: Command) -> Result<()> {
        eprintln!("── {name}");
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().with_context(|| format!("{name}: cannot run {command:?}"))?;
        let (out, err) = (child.stdout.take().context("no output")?, child.stderr.take().context("no errors")?);
        let (printed, complained) = std::thread::scope(|scope| {
            let other = scope.spawn(|| pass_on(err, std::io::stderr()));
            (pass_on(out, std::io::stdout()), other.join())
        });
        let complained = complained.map_err(|_| anyhow::anyhow!("{name}: its output cannot be read"))?;
        for line in [printed?, complained?].concat() {
            if let Some((test, why)) = in_line(&line) {
                self.add(format!("{name} › {test}"), why);
            }
        }
        let status = child.wait()?;
        ensure!(status.success(), "{name} failed ({status})");
        Ok(())
    }
}

/// Writes what is read, line by line; gives the lines.
fn pass_on(from: impl Read, mut to: impl Write) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for line in BufReader::new(from).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(to, "{line}")?;
        lines.push(line);
    }
    Ok(lines)
}

/// Name of a test that was skipped, and why, in a line of Node's reporter `spec` or of `unittest --verbose`.
fn in_line(line: &str) -> Option<(&str, &str)> {
    if let Some(skipped) = line.trim_start().strip_prefix("﹣ ") {
        let (test, rest) = skipped.rsplit_once("ms)").filter(|(_, rest)| rest.starts_with(" # ")).or_else(|| skipped.split_once("ms)"))?;
        return Some((test.rsplit_once(" (")?.0, rest.strip_prefix(" # ").unwrap_or("without a reason")));
    }
    let (test, why) = line.split_once(" ... skipped ")?;
    Some((test.trim_start().split(' ').next()?, why.trim_matches(['\'', '"'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_found_in_what_runners_print() {
        assert_eq!(in_line("﹣ a # b (1.053118ms) # why (not) # this"), Some(("a # b", "why (not) # this")));
        assert_eq!(in_line("  ﹣ in (0.2ms) # late"), Some(("in", "late")));
        assert_eq!(in_line("✔ works (0.17436ms)"), None);
        assert_eq!(in_line("test_a (tests.test_s.A.test_a) ... skipped \"it's\""), Some(("test_a", "it's")));
        assert_eq!(in_line("  test_b (tests.test_s.A.test_b) (number=1) ... skipped 'no x'"), Some(("test_b", "no x")));
        assert_eq!(in_line("test_c (tests.test_s.A.test_c) ... ok"), None);
    }

    #[test]
    fn a_step_tells_what_its_tests_skipped() {
        let mut skipped = Skipped::default();
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo 'test_a (tests.A.test_a) ... skipped '\"'no pandas'\" >&2; echo '﹣ b (1ms) # no browser'"]);
        skipped.step("suite", shell).unwrap();
        assert_eq!(skipped.0.keys().collect::<Vec<_>>(), ["no browser", "no pandas"]);
        assert_eq!(skipped.0["no pandas"], ["suite › test_a"]);
        let mut failing = Command::new("sh");
        failing.args(["-c", "exit 3"]);
        assert!(skipped.step("suite", failing).is_err());
    }

    #[test]
    fn what_is_missing_is_a_fault_where_nothing_may_be_skipped() {
        let mut skipped = Skipped::default();
        skipped.read_output("reads", "some words\nskipped: the sample database is not beside the repository\n");
        assert!(skipped.tell(true).is_ok(), "it comes with no package");
        skipped.read_output("asks", "skipped: there is no curl");
        assert!(skipped.tell(false).is_ok());
        assert!(skipped.tell(true).is_err());
        assert_eq!(skipped.count(), 2);
    }
}
