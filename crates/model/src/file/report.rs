//! Findings about a model file, with the line of every JSON path (`data-model.md` MF-3).

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::problem::Problem;

/// Collects problems and knows where in the text each path begins.
#[derive(Debug)]
pub(crate) struct Report {
    lines: HashMap<String, usize>,
    problems: Vec<Problem>,
    /// The file is of another product: what is not known is declared instead of refused.
    is_lenient: bool,
    /// Paths of attributes that became declarations.
    declared: Vec<String>,
}

impl Report {
    /// For a text that is known to be JSON.
    pub(super) fn new(text: &str) -> Self {
        Self { lines: lines(text), problems: Vec::new(), is_lenient: false, declared: Vec::new() }
    }

    /// For a file of another product; `lines` has the line of each path.
    pub(crate) fn lenient(lines: HashMap<String, usize>) -> Self {
        Self { lines, problems: Vec::new(), is_lenient: true, declared: Vec::new() }
    }

    /// Something about the attribute at `attribute` is not known. True: it becomes a declaration without implementation, which is a
    /// warning. False: it is an error.
    pub(super) fn declares(&mut self, attribute: &str, path: &str, code: &'static str, message: impl Into<String>) -> bool {
        if !self.is_lenient {
            self.error(path, code, message);
            return false;
        }
        self.warning(path, code, format!("{}: the attribute is declared, not implemented", message.into()));
        self.declared.push(attribute.to_owned());
        true
    }

    /// The file with `"implemented": false` in every attribute that became a declaration, so that it reads the same the next time.
    pub(super) fn marked(&self, mut file: Json) -> Json {
        for path in &self.declared {
            let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
            if let Some(Json::Object(attribute)) = file.pointer_mut(&pointer) {
                attribute.insert("implemented".to_owned(), Json::Bool(false));
            }
        }
        file
    }

    pub(super) fn error(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.push(Problem::error(path, code, message));
    }

    pub(super) fn warning(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.push(Problem::warning(path, code, message));
    }

    pub(super) fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }

    /// In the order of the file.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }

    fn push(&mut self, mut problem: Problem) {
        problem.line = self.line(&problem.path);
        self.problems.push(problem);
    }

    /// Line of the path, or of the nearest thing around it that is in the text.
    fn line(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return *line;
            }
            match path.rfind(['.', '[']) {
                Some(at) => path = &path[..at],
                None => return 1,
            }
        }
    }
}

/// Line (from 1) at which the value of every path begins.
pub(super) fn lines(text: &str) -> HashMap<String, usize> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, line: 1, lines: HashMap::new() };
    scan.value(&mut String::new());
    scan.lines
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    lines: HashMap<String, usize>,
}

impl Scan<'_> {
    fn value(&mut self, path: &mut String) {
        let first = self.peek();
        self.lines.insert(path.clone(), self.line);
        match first {
            Some(b'{') => self.members(path),
            Some(b'[') => self.items(path),
            Some(b'"') => {
                self.string();
            }
            _ => {
                while self.bytes.get(self.at).is_some_and(|byte| !matches!(byte, b',' | b']' | b'}') && !byte.is_ascii_whitespace()) {
                    self.at += 1;
                }
            }
        }
    }

    fn members(&mut self, path: &mut String) {
        self.at += 1;
        let length = path.len();
        while self.peek() == Some(b'"') {
            let name = self.string();
            if self.peek() == Some(b':') {
                self.at += 1;
            }
            if length > 0 {
                path.push('.');
            }
            path.push_str(&name);
            self.value(path);
            path.truncate(length);
            if self.peek() == Some(b',') {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn items(&mut self, path: &mut String) {
        self.at += 1;
        let length = path.len();
        let mut index = 0;
        while !matches!(self.peek(), None | Some(b']')) {
            path.push_str(&format!("[{index}]"));
            self.value(path);
            path.truncate(length);
            index += 1;
            if self.peek() == Some(b',') {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_whitespace()) {
            self.line += usize::from(*byte == b'\n');
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
        let end = self.at.min(self.bytes.len());
        serde_json::from_slice(&self.bytes[start..end]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_a_line() {
        let text = "{\n \"a\": [1,\n  {\"b\\\"c\": \"x\\n\",\n \"d\": {}}, []],\n\n \"e\" :\n true\n}";
        let lines = lines(text);
        for (path, line) in [("", 1), ("a", 2), ("a[0]", 2), ("a[1]", 3), ("a[1].b\"c", 3), ("a[1].d", 4), ("a[2]", 4), ("e", 7)] {
            assert_eq!(lines.get(path), Some(&line), "{path}");
        }
        assert_eq!(lines.len(), 8);
    }

    #[test]
    fn a_missing_member_has_the_line_of_its_object() {
        let report = Report::new("{\n\"a\": [\n{}]}");
        assert_eq!(report.line("a[0].name"), 3);
        assert_eq!(report.line("b"), 1);
    }
}
