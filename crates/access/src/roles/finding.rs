//! What is wrong in a roles file, and the report about it (`roles-privileges.md` 8.2, RL-2 and RL-6).

use serde::Serialize;

/// How grave a [`Finding`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used (RL-4).
    Error,
    /// The file can be used, but something in it has no effect or is probably not meant (RL-5).
    Warning,
}

/// One problem of a roles file, with its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// Where: `permissions.allowed[3].read[0]`; empty for the file as a whole.
    pub path: String,
    /// Line in the file, from 1; 0 when there is no file.
    pub line: usize,
    /// Stable short name of the problem.
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
    /// Error or warning.
    pub severity: Severity,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = if self.path.is_empty() { "(file)" } else { &self.path };
        write!(f, "line {}: {severity} {} at {place}: {}", self.line, self.code, self.message)
    }
}

/// True when one of the findings makes the file unusable.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Content of `Roles_Errors.json` (RL-2): `{"file", "at", "errors": [...], "warnings": [...]}`, each item with path, line, code, message
/// and severity. `at` is the instant of the attempt as text.
pub fn report(file: &str, at: &str, findings: &[Finding]) -> String {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).collect::<Vec<_>>();
    let content = serde_json::json!({
        "file": file,
        "at": at,
        "errors": of(Severity::Error),
        "warnings": of(Severity::Warning),
    });
    let mut text = serde_json::to_string_pretty(&content).unwrap_or_default();
    text.push('\n');
    text
}
