//! What goes to standard output: text for people, or JSON for programs.

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// Standard output in the form that was asked for.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// `--json` was given.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints `value` as JSON, or the text that `text` makes of it.
    pub(crate) fn result<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        let shown = if self.json { serde_json::to_string_pretty(value)? } else { text(value) };
        line(shown.trim_end());
        Ok(())
    }
}

/// Prints a line. A reader that went away (`| head`) is no error.
pub(crate) fn line(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
}

/// A text on one line, without what would command a terminal: it may come from elsewhere.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { if letter.is_whitespace() { ' ' } else { '\u{fffd}' } } else { letter }).collect()
}

/// A table as text; cells that are empty stay so.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// `name  value` lines, the values under one another.
pub(crate) fn record(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    lines.iter().map(|(name, value)| format!("{name:width$}  {value}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_tables_are_aligned() {
        assert_eq!(record(&[("id", "1".into()), ("description", "x".into())]), "id           1\ndescription  x");
        assert_eq!(table(["a", "long"], [["1".into(), String::new()], ["222".into(), "y".into()]]), "a    long\n1\n222  y");
    }
}
