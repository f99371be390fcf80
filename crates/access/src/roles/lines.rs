//! Lines of the values of a JSON text, by path.
//!
//! The text is known to be valid JSON (`serde_json` has read it), so the scan only has to follow its structure.

use rustc_hash::FxHashMap;

/// Where each value of a JSON text stands.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    lines: FxHashMap<String, usize>,
    /// Paths of properties that stand a second time in the same object: JSON readers silently keep one of them.
    pub(crate) repeated: Vec<(String, usize)>,
}

impl Lines {
    /// Scans a valid JSON text.
    pub(crate) fn of(text: &str) -> Self {
        let mut scan = Scan { text, at: 0, line: 1, found: Self::default() };
        scan.value(String::new());
        scan.found
    }

    /// Line of the value at the path, or of the nearest enclosing value that exists.
    pub(crate) fn line(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return *line;
            }
            match path.rfind(['.', '[']) {
                Some(cut) => path = &path[..cut],
                None if path.is_empty() => return 1,
                None => path = "",
            }
        }
    }
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    found: Lines,
}

impl Scan<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(b'\0')
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            if self.peek() == b'\n' {
                self.line += 1;
            }
            self.at += 1;
        }
    }

    /// The string literal that begins here, with its quotes.
    fn string(&mut self) -> &str {
        let from = self.at;
        self.at += 1;
        while self.at < self.text.len() && self.peek() != b'"' {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(self.text.len());
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn value(&mut self, path: String) {
        self.space();
        let line = self.line;
        if self.found.lines.insert(path.clone(), line).is_some() {
            self.found.repeated.push((path.clone(), line));
        }
        match self.peek() {
            b'{' => self.object(&path),
            b'[' => self.array(&path),
            b'"' => {
                self.string();
            }
            _ => {
                while self.at < self.text.len() && !matches!(self.peek(), b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n') {
                    self.at += 1;
                }
            }
        }
    }

    fn object(&mut self, path: &str) {
        self.at += 1;
        loop {
            self.space();
            if self.peek() != b'"' {
                self.at += 1;
                return;
            }
            let name: String = serde_json::from_str(self.string()).unwrap_or_default();
            self.space();
            self.at += 1;
            self.value(if path.is_empty() { name } else { format!("{path}.{name}") });
            self.space();
            if self.peek() != b',' {
                self.at += 1;
                return;
            }
            self.at += 1;
        }
    }

    fn array(&mut self, path: &str) {
        self.at += 1;
        for index in 0.. {
            self.space();
            if self.peek() == b']' {
                break;
            }
            self.value(format!("{path}[{index}]"));
            self.space();
            if self.peek() != b',' {
                break;
            }
            self.at += 1;
        }
        self.at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_path_and_line() {
        let lines = Lines::of("{\n \"a\": [1,\n  {\"b\\n\": null, \"c\": \"x\\\"]\"}\n ],\n \"d\": {}, \"d\": []\n}");
        assert_eq!(lines.line(""), 1);
        assert_eq!(lines.line("a[0]"), 2);
        assert_eq!(lines.line("a[1].c"), 3);
        assert_eq!(lines.line("a[1].missing[7]"), 3);
        assert_eq!(lines.line("nothing"), 1);
        assert_eq!(lines.repeated, [("d".to_owned(), 5)]);
    }
}
