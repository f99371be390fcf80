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

/// The error with its causes, without line breaks.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        // Wrapping errors often repeat what they wrap.
        if !parts.last().is_some_and(|last| last.ends_with(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_without_repetition() {
        let error = anyhow::anyhow!("no such file\n  or folder").context("cannot read: no such file or folder").context("model.json");
        assert_eq!(one_line(&error), "model.json: cannot read: no such file or folder");
    }
}
