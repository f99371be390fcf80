//! How a command fails: one line on standard error that says what to do next.

use std::fmt;

/// Wrong usage that only shows after the arguments were read: exit status 2.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// The error with its causes, without line breaks, and what to do next where the cause is one of the common ones.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        let text = without_code(&text);
        // Wrapping errors often repeat what they wrap, and those of SQLite say the same twice.
        if !parts.iter().any(|part| part.contains(text)) {
            parts.push(text.to_owned());
        }
    }
    let mut line = parts.join(": ");
    if let Some(next) = advice(&line) {
        line.push_str("; ");
        line.push_str(next);
    }
    line
}

/// Without SQLite's `Error code 1544: ` before the same words.
fn without_code(text: &str) -> &str {
    let rest = text.strip_prefix("Error code ").and_then(|rest| rest.split_once(": "));
    match rest {
        Some((code, words)) if code.bytes().all(|byte| byte.is_ascii_digit()) => words,
        _ => text,
    }
}

/// What helps against a cause that the error itself gives no advice for.
fn advice(line: &str) -> Option<&'static str> {
    let known = [
        ("cannot listen on", "choose another address with --listen, or stop what listens there"),
        ("readonly database", "this user must be able to write the folder data/ and its files: run it as their owner"),
        ("unable to open database file", "this user must be able to read and write the folder and the file: run it as their owner"),
        ("the server cannot be reached", "check the URL, and that PostgreSQL runs there and lets this machine in"),
        ("file is not a database", "the file is encrypted, damaged or of another program: check database.url in claviger.toml"),
    ];
    known.into_iter().find(|(words, _)| line.contains(words)).map(|(_, next)| next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_without_repetition() {
        let error = anyhow::anyhow!("no such file\n  or folder").context("cannot read: no such file or folder").context("model.json");
        assert_eq!(one_line(&error), "model.json: cannot read: no such file or folder");
    }

    #[test]
    fn sqlite_says_it_once_and_the_line_says_what_to_do() {
        let error = anyhow::anyhow!("Error code 1544: attempt to write a readonly database");
        let error = error.context("attempt to write a readonly database").context("the control store data/control.db failed");
        let line = one_line(&error);
        assert_eq!(line.matches("readonly").count(), 1, "{line}");
        assert!(!line.contains("Error code") && line.contains("run it as their owner"), "{line}");
        let line = one_line(&anyhow::anyhow!("cannot listen on 127.0.0.1:1: in use"));
        assert!(line.ends_with("or stop what listens there"), "{line}");
    }
}
