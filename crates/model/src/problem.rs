//! What is wrong, or worth a look, in a model (`data-model.md` MF-2, MF-3).

use std::fmt;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// The model cannot be used.
    Error,
    /// The model can be used; something in it is left out or read in a way that may surprise.
    Warning,
}

/// One finding about a model file, an imported structure or an attached database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where: `dataClasses[1].attributes[3].type` in a file, `table.column` in a database, an element path in XML.
    pub path: String,
    /// Line in the file, from 1; 0 when there is no file.
    pub line: usize,
    /// Short constant name of the kind of problem, for programs (`unknown-type`).
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
    /// Error or warning.
    pub severity: Severity,
}

impl Problem {
    /// An error without a line.
    pub fn error(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), line: 0, code, message: message.into(), severity: Severity::Error }
    }

    /// A warning without a line.
    pub fn warning(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), line: 0, code, message: message.into(), severity: Severity::Warning }
    }

    /// True for what makes the model unusable.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error() { "error" } else { "warning" };
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{severity}: ")?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{} [{}]", self.message, self.code)
    }
}
