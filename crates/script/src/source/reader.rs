//! Reads what a module imports, exports and declares, by its words: no expression is looked into.

use std::fmt::Write as _;

use super::module::{ClassPlace, Complaint, Import, Module, quote};
use super::scan::{Kind, Token, ends_statement, scan};
use super::stateless::stateless;
use super::writes::effects;

/// The variable of a default export that has no name.
pub(super) const DEFAULT: &str = "__claviger_default";

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    found: Module,
}

/// Reads the imports, exports and classes of a module whose syntax the engine has accepted.
pub(crate) fn read(text: &str) -> Module {
    let scanned = scan(text);
    let found = Module { stateless: stateless(text, &scanned), ..Module::default() };
    let mut reader = Reader { text, tokens: &scanned.tokens, at: 0, found };
    reader.run();
    let mut found = reader.found;
    found.effects = effects(text, &scanned, &found.imported);
    found
}

impl Reader<'_> {
    fn token(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    /// The token's text; empty behind the end.
    fn peek(&self, ahead: usize) -> &str {
        self.token(ahead).map_or("", |token| &self.text[token.start..token.end])
    }

    fn line(&self) -> u32 {
        self.token(0).or(self.tokens.last().copied()).map_or(1, |token| token.line)
    }

    fn complain(&mut self, line: u32, message: impl Into<String>) {
        self.found.complaints.push(Complaint { line, message: message.into() });
    }

    /// Takes a text in quotes, without them; paths need no escapes.
    fn take_path(&mut self) -> String {
        let path = self.peek(0).trim_matches(['"', '\'']).to_owned();
        let line = self.line();
        self.at += 1;
        if self.peek(0) == "with" && self.token(1).is_some_and(|token| self.text[token.start..token.end] == *"{") {
            self.complain(line, "imports have no attributes");
            while self.at < self.tokens.len() && self.peek(0) != "}" {
                self.at += 1;
            }
            self.at += 1;
        }
        self.found.imports.push(Import { from: path.clone(), line });
        path
    }

    /// Leaves an empty statement where the one since token `from` stood: the lines around it must not become one.
    fn drop_statement(&mut self, from: usize) {
        if self.peek(0) == ";" {
            self.at += 1;
        }
        self.blank(from, self.at);
        if let Some((_, _, text)) = self.found.edits.last_mut() {
            text.replace_range(..1, ";");
        }
    }

    /// Writes spaces over what was read since token `from`.
    fn blank(&mut self, from: usize, until: usize) {
        let (Some(first), Some(last)) = (self.tokens.get(from), self.tokens.get(until.saturating_sub(1))) else { return };
        let (start, end) = (first.start, last.end);
        let blank = self.text[start..end].chars().map(|char| if char == '\n' { '\n' } else { ' ' }).collect();
        self.found.edits.push((start, end, blank));
    }

    fn run(&mut self) {
        while let Some(token) = self.token(0) {
            let is_statement = token.depth == 0
                && token.kind == Kind::Word
                && self.at.checked_sub(1).is_none_or(|before| {
                    let before = self.tokens[before];
                    !matches!(&self.text[before.start..before.end], "." | "?.")
                });
            match self.peek(0) {
                "import" if is_statement && !matches!(self.peek(1), "(" | ".") => self.import(),
                "export" if is_statement => self.export(),
                "class" if is_statement => self.class(),
                _ => self.at += 1,
            }
        }
    }

    fn import(&mut self) {
        let from = self.at;
        self.at += 1;
        let mut names: Vec<(String, String)> = Vec::new();
        let mut whole = None;
        if self.token(0).is_some_and(|token| token.kind == Kind::Word) {
            names.push(("default".to_owned(), self.peek(0).to_owned()));
            self.at += 1;
            if self.peek(0) == "," {
                self.at += 1;
            }
        }
        match self.peek(0) {
            "*" => {
                whole = Some(self.peek(2).to_owned());
                self.at += 3;
            }
            "{" => names.extend(self.list()),
            _ => {}
        }
        if self.peek(0) == "from" {
            self.at += 1;
        }
        let path = self.take_path();
        self.drop_statement(from);
        let mark = format!("\u{1}{path}\u{1}");
        self.found.imported.extend(names.iter().map(|(_, inner)| inner.clone()).chain(whole.clone()));
        if let Some(name) = &whole {
            let _ = write!(self.found.heads, "const {name}=Object.freeze({{...{mark}}});");
        }
        if names.is_empty() && whole.is_none() {
            let _ = write!(self.found.heads, "{mark};");
        } else if !names.is_empty() {
            let list: Vec<_> = names.iter().map(|(outer, inner)| format!("{}:{inner}", quote(outer))).collect();
            let _ = write!(self.found.heads, "const{{{}}}={mark};", list.join(","));
        }
    }

    /// Takes `{a, b as c}`: pairs of the name before and after `as`.
    fn list(&mut self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        self.at += 1;
        while self.at < self.tokens.len() && self.peek(0) != "}" {
            if self.token(0).is_some_and(|token| token.kind == Kind::Text)
                || self.peek(1) == "as" && self.token(2).is_some_and(|token| token.kind == Kind::Text)
            {
                let line = self.line();
                self.complain(line, "names of imports and exports are words, not texts");
            }
            let first = self.peek(0).to_owned();
            self.at += 1;
            if self.peek(0) == "as" {
                pairs.push((first, self.peek(1).to_owned()));
                self.at += 2;
            } else {
                pairs.push((first.clone(), first));
            }
            if self.peek(0) == "," {
                self.at += 1;
            }
        }
        self.at += 1;
        pairs
    }

    /// `outer` is what others import, `value` an expression.
    fn add_export(&mut self, outer: &str, value: &str, line: u32) {
        let _ = write!(self.found.tail, "{}:{value},", quote(outer));
        self.found.exports.insert(outer.to_owned(), line);
    }

    fn export(&mut self) {
        let from = self.at;
        let line = self.line();
        self.at += 1;
        match self.peek(0) {
            "default" => self.export_default(from, line),
            "*" => {
                self.at += 1;
                let mut name = None;
                if self.peek(0) == "as" {
                    name = Some(self.peek(1).to_owned());
                    self.at += 2;
                }
                self.at += 1;
                let path = self.take_path();
                if let Some(name) = name {
                    self.add_export(&name, &format!("Object.freeze({{...\u{1}{path}\u{1}}})"), line);
                } else {
                    // All but the default; own names win, as members that come later do.
                    let all = format!("...(({{default:_,...rest}})=>rest)(\u{1}{path}\u{1}),");
                    self.found.tail.insert_str(0, &all);
                }
                self.drop_statement(from);
            }
            "{" => {
                let pairs = self.list();
                let path = if self.peek(0) == "from" {
                    self.at += 1;
                    Some(self.take_path())
                } else {
                    None
                };
                for (inner, outer) in pairs {
                    let value = path.as_ref().map_or_else(|| inner.clone(), |path| format!("\u{1}{path}\u{1}[{}]", quote(&inner)));
                    self.add_export(&outer, &value, line);
                }
                self.drop_statement(from);
            }
            "class" => {
                let name = self.peek(1).to_owned();
                self.add_export(&name, &name, line);
                self.blank(from, self.at);
            }
            "function" | "async" => {
                self.blank(from, self.at);
                while matches!(self.peek(0), "function" | "async" | "*") {
                    self.at += 1;
                }
                let name = self.peek(0).to_owned();
                self.add_export(&name, &name, line);
            }
            "const" => {
                self.blank(from, self.at);
                self.at += 1;
                self.declarations();
            }
            _ => {
                self.complain(line, "an exported variable is `const`: importers have its value, not the variable");
                self.blank(from, self.at);
            }
        }
    }

    fn export_default(&mut self, from: usize, line: u32) {
        self.at += 1;
        let mut words = 0;
        while matches!(self.peek(words), "function" | "async" | "*") {
            words += 1;
        }
        let is_function = (0..words).any(|ahead| self.peek(ahead) == "function");
        let is_class = self.peek(0) == "class";
        let named = if is_class { self.peek(1) } else { self.peek(words) }.to_owned();
        if (is_class && !matches!(named.as_str(), "{" | "extends")) || (is_function && named != "(") {
            self.blank(from, self.at);
            self.add_export("default", &named, line);
            return;
        }
        let (start, end) = (self.tokens[from].start, self.tokens[self.at - 1].end);
        self.found.edits.push((start, end, format!("const {DEFAULT}=")));
        self.add_export("default", DEFAULT, line);
        if is_class || is_function {
            // A declaration ends with its brace, an initial value would go on.
            while self.at < self.tokens.len() && !(self.peek(0) == "}" && self.token(0).is_some_and(|token| token.depth == 0)) {
                self.at += 1;
            }
            if let Some(token) = self.token(0) {
                self.found.edits.push((token.end, token.end, ";".to_owned()));
            }
            self.at += 1;
        }
    }

    /// The names of `const a = …, b = …`.
    fn declarations(&mut self) {
        loop {
            let Some(token) = self.token(0) else { return };
            if token.kind == Kind::Word {
                let name = self.peek(0).to_owned();
                self.add_export(&name, &name, token.line);
            } else {
                self.complain(token.line, "export each name by itself: `export { a, b }`");
            }
            self.at += 1;
            loop {
                let Some(token) = self.token(0) else { return };
                if token.depth == 0 {
                    match self.peek(0) {
                        "," => break,
                        ";" => return,
                        _ if token.fresh_line && ends_statement(self.text, self.tokens[self.at - 1], token) => return,
                        _ => {}
                    }
                }
                self.at += 1;
            }
            self.at += 1;
        }
    }

    fn class(&mut self) {
        let mut place = ClassPlace { line: self.line(), ..ClassPlace::default() };
        let name = self.peek(1).to_owned();
        while self.at < self.tokens.len() && !(self.peek(0) == "{" && self.token(0).is_some_and(|token| token.depth == 0)) {
            self.at += 1;
        }
        self.at += 1;
        while let Some(token) = self.token(0) {
            if token.depth == 0 {
                break;
            }
            let is_static_value = self.peek(0) == "static" && self.peek(2) == "=";
            if token.depth == 1 && is_static_value {
                let member = self.peek(1).to_owned();
                place.members.insert(member.clone(), token.line);
                self.at += 3;
                while let Some(token) = self.token(0).filter(|token| token.depth > 1 || matches!(self.peek(0), "[" | "]")) {
                    if token.kind == Kind::Text {
                        let text = self.peek(0).trim_matches(['"', '\'']).to_owned();
                        place.texts.insert((member.clone(), text), token.line);
                    }
                    self.at += 1;
                }
                continue;
            }
            if token.depth == 1 && matches!(token.kind, Kind::Word | Kind::Text) && self.peek(1) == "(" {
                place.members.entry(self.peek(0).trim_matches(['"', '\'']).to_owned()).or_insert(token.line);
            }
            self.at += 1;
        }
        self.found.classes.insert(name, place);
    }
}
