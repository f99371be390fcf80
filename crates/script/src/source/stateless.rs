//! Whether a module keeps nothing: then running it once for all calls is as good as running it for each.
//!
//! At its top such a module has imports, exports, functions, classes, and constants whose values nothing can change once they are frozen. Whatever
//! is not recognised here makes a module one that may keep something, and it runs anew for each call: that is slower, never wrong. What is recognised
//! is frozen with all that it leads to. Three things that freezing does not reach are refused: values with something inside that is no property
//! (a `Map`, a regular expression), functions that only private names lead to, and private fields of a class that extends another, which may be put
//! on any object. Nothing of the module's own code may run while it is loaded, and nothing may be assigned that works in a module of one call
//! ([`super::writes`]).

use std::collections::BTreeSet;

use super::reader::DEFAULT;
use super::scan::{Kind, Scanned, Token, Words, ends_statement};
use super::writes::{Ours, is_doubtful, writes};

/// What literals and settings are made with.
const RESERVED: [&str; 5] = ["Object", "Symbol", "undefined", "NaN", "Infinity"];

/// Words that begin an expression in which something happens, or that say nothing by themselves.
const ACTIVE: [&str; 12] = ["new", "await", "yield", "delete", "void", "typeof", "this", "super", "import", "class", "in", "instanceof"];
/// Lists and objects of a class that its functions read, if anybody.
const SETTINGS: [&str; 7] = ["exposed", "onHttpGet", "events", "types", "query", "orderBy", "singleton"];

/// Names of what the module declares at its top, when it keeps nothing.
pub(super) fn stateless(text: &str, scanned: &Scanned) -> Option<Vec<String>> {
    if is_doubtful(text, scanned) {
        return None;
    }
    let ours = Ours { declared: Vec::new(), imported: BTreeSet::new() };
    let mut looking = Looking { words: Words { text, tokens: &scanned.tokens }, at: 0, ours };
    looking.module()?;
    let ours = looking.ours;
    let hides = |name: &&str| ours.imported.contains(name) || ours.declared.contains(name);
    if RESERVED.iter().any(hides) || writes(text, &scanned.tokens, &ours) || writes(text, &scanned.nested, &ours) {
        return None;
    }
    Some(ours.declared.into_iter().map(str::to_owned).collect())
}

struct Looking<'a> {
    words: Words<'a>,
    at: usize,
    ours: Ours<'a>,
}

impl<'a> Looking<'a> {
    fn peek(&self, ahead: usize) -> &'a str {
        self.words.word(self.at + ahead)
    }

    fn kind(&self, ahead: usize) -> Option<Kind> {
        self.words.tokens.get(self.at + ahead).map(|token| token.kind)
    }

    fn take(&mut self, text: &str) -> Option<()> {
        let is_there = self.peek(0) == text && self.kind(0) != Some(Kind::Text);
        self.at += usize::from(is_there);
        is_there.then_some(())
    }

    /// Goes behind a pair of brackets that begins with this one.
    fn skip(&mut self, bracket: &str) -> Option<()> {
        if self.peek(0) != bracket {
            return None;
        }
        self.at = self.words.end_of(self.at)? + 1;
        Some(())
    }

    fn module(&mut self) -> Option<()> {
        while self.at < self.words.tokens.len() {
            if self.kind(0) == Some(Kind::Text) && matches!(self.peek(0), "'use strict'" | "\"use strict\"") {
                self.at += 1;
                continue;
            }
            match self.peek(0) {
                ";" => self.at += 1,
                "import" => self.import()?,
                "export" => self.export()?,
                _ => self.declaration()?,
            }
        }
        Some(())
    }

    fn import(&mut self) -> Option<()> {
        self.at += 1;
        while self.kind(0)? != Kind::Text {
            match self.peek(0) {
                "(" | "." | ";" => return None,
                name => self.ours.imported.insert(name),
            };
            self.at += 1;
        }
        self.at += 1;
        Some(())
    }

    fn export(&mut self) -> Option<()> {
        self.at += 1;
        match self.peek(0) {
            "default" => {
                self.at += 1;
                match self.peek(0) {
                    "class" | "function" => self.declaration(),
                    "async" if self.peek(1) == "function" => self.declaration(),
                    _ => {
                        self.ours.declared.push(DEFAULT);
                        self.value(false)
                    }
                }
            }
            "*" => self.import(),
            "{" => {
                self.skip("{")?;
                if self.peek(0) == "from" { self.import() } else { Some(()) }
            }
            _ => self.declaration(),
        }
    }

    fn declaration(&mut self) -> Option<()> {
        match self.peek(0) {
            "class" => self.class(),
            "function" => self.function(true),
            "async" if self.peek(1) == "function" => self.function(true),
            "const" => self.constants(),
            _ => None,
        }
    }

    /// `function`, with what may stand before it and all of its body: it does not run now.
    fn function(&mut self, is_declared: bool) -> Option<()> {
        self.at += usize::from(self.peek(0) == "async");
        self.take("function")?;
        self.at += usize::from(self.peek(0) == "*");
        let name = if self.peek(0) == "(" { DEFAULT } else { self.name()? };
        if is_declared {
            self.ours.declared.push(name);
        }
        self.skip("(")?;
        self.skip("{")
    }

    /// Takes a name.
    fn name(&mut self) -> Option<&'a str> {
        let name = self.peek(0);
        if self.kind(0)? != Kind::Word {
            return None;
        }
        self.at += 1;
        Some(name)
    }

    fn constants(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let name = self.name()?;
            self.ours.declared.push(name);
            self.take("=")?;
            self.value(false)?;
            if self.take(",").is_none() {
                return Some(());
            }
        }
    }

    fn class(&mut self) -> Option<()> {
        self.at += 1;
        let name = if matches!(self.peek(0), "{" | "extends") { DEFAULT } else { self.name()? };
        self.ours.declared.push(name);
        let extends = self.take("extends").is_some();
        if extends {
            if self.kind(0)? != Kind::Word || ACTIVE.contains(&self.peek(0)) {
                return None;
            }
            self.at += 1;
        }
        if self.peek(0) != "{" {
            return None;
        }
        let end = self.words.end_of(self.at)?;
        self.at += 1;
        while self.at < end {
            self.member(extends)?;
        }
        self.at = end + 1;
        Some(())
    }

    /// What stands next in a class: members that stay with the class must keep nothing, what belongs to instances may be anything.
    fn member(&mut self, extends: bool) -> Option<()> {
        let before = self.words.before(self.at);
        let is_fresh = self.words.tokens[self.at].fresh_line;
        let is_named = self.kind(0)? == Kind::Word && !matches!(before, "." | "?.");
        match self.peek(0) {
            "@" => return None,
            "static" if is_named => return self.static_member(),
            "[" if is_fresh || matches!(before, "{" | "}" | ";" | "*" | "get" | "set" | "async") => return self.computed_name(),
            "(" | "[" | "{" => {
                self.at = self.words.end_of(self.at)?;
            }
            name if name.starts_with('#') && is_named => {
                let is_function = self.peek(1) == "(" || matches!(before, "get" | "set" | "async" | "*");
                if is_function || extends {
                    return None;
                }
            }
            _ => {}
        }
        self.at += 1;
        Some(())
    }

    /// `[Symbol.iterator]`; other names are computed with what may be kept.
    fn computed_name(&mut self) -> Option<()> {
        self.take("[")?;
        self.take("Symbol")?;
        self.take(".")?;
        self.at += 1;
        self.take("]")
    }

    fn static_member(&mut self) -> Option<()> {
        self.at += 1;
        while matches!(self.peek(0), "get" | "set" | "async") && !matches!(self.peek(1), "(" | "=") {
            self.at += 1;
        }
        self.at += usize::from(self.peek(0) == "*");
        let name = self.peek(0);
        match name {
            "[" => self.computed_name()?,
            _ if matches!(self.kind(0)?, Kind::Word | Kind::Text | Kind::Number) && !name.starts_with('#') => self.at += 1,
            _ => return None,
        }
        let from = self.at;
        if self.take("=").is_some() { self.value(SETTINGS.contains(&name)) } else { self.method() }?;
        self.keeps_off_this(from)
    }

    /// Parameters and body of a function whose `this` is frozen.
    fn method(&mut self) -> Option<()> {
        let from = self.at;
        self.skip("(")?;
        self.skip("{")?;
        self.keeps_off_this(from)
    }

    /// What was read since then does not speak of `this`: it might change what is frozen.
    fn keeps_off_this(&self, from: usize) -> Option<()> {
        let speaks = |token: &Token| {
            let text = &self.words.text[token.start..token.end];
            matches!(text, "this" | "super") || token.kind == Kind::Template && (text.contains("this") || text.contains("super"))
        };
        if self.words.tokens[from..self.at].iter().any(speaks) { None } else { Some(()) }
    }

    /// Whether the expression ends before the token at hand, whatever it is.
    fn is_end(&self, depth: u32) -> bool {
        let Some(token) = self.words.tokens.get(self.at) else { return true };
        token.depth < depth
            || token.depth == depth
                && (matches!(self.peek(0), "," | ";")
                    || token.fresh_line && ends_statement(self.words.text, self.words.tokens[self.at - 1], *token))
    }

    /// An expression whose value keeps nothing when it is frozen, up to its end: a literal, numbers and texts with operators, a name, a function,
    /// or `Object.freeze(…)`; lists and objects only where something freezes just these.
    fn value(&mut self, is_frozen: bool) -> Option<()> {
        let depth = self.words.tokens.get(self.at)?.depth;
        match self.kind(0)? {
            Kind::Word if !self.is_literal(0) => self.word(depth)?,
            Kind::Mark if matches!(self.peek(0), "[" | "{") && is_frozen => {
                if self.peek(0) == "[" { self.list() } else { self.object() }?;
            }
            Kind::Mark if self.peek(0) == "(" && self.words.word(self.words.end_of(self.at)? + 1) == "=>" => {
                self.at = self.words.end_of(self.at)? + 1;
                self.arrow(depth)?;
            }
            _ => self.literals(depth)?,
        }
        if self.is_end(depth) { Some(()) } else { None }
    }

    fn is_literal(&self, ahead: usize) -> bool {
        match self.kind(ahead) {
            Some(Kind::Number | Kind::Text) => true,
            Some(Kind::Template) => !self.peek(ahead).contains("${"),
            Some(Kind::Word) => matches!(self.peek(ahead), "true" | "false" | "null" | "undefined" | "NaN" | "Infinity"),
            _ => false,
        }
    }

    /// Literals with operators between them: no code runs.
    fn literals(&mut self, depth: u32) -> Option<()> {
        let mut is_operand = false;
        while !(is_operand && self.is_end(depth)) {
            if self.is_literal(0) && !is_operand {
                self.at += 1;
                is_operand = true;
            } else if self.kind(0)? == Kind::Mark && self.peek(0) == "(" && !is_operand {
                self.at += 1;
                self.literals(depth + 1)?;
                self.take(")")?;
                is_operand = true;
            } else if self.kind(0)? == Kind::Mark && matches!(self.peek(0), "+" | "-" | "*" | "/" | "%" | "!" | "~") {
                self.at += 1;
                is_operand = false;
            } else {
                return None;
            }
        }
        Some(())
    }

    fn word(&mut self, depth: u32) -> Option<()> {
        let word = self.peek(0);
        match word {
            "function" => self.function(false),
            "async" if self.words.tokens.get(self.at + 1)?.fresh_line => None,
            "async" if self.peek(1) == "function" => self.function(false),
            "async" if self.peek(1) == "(" => {
                self.at = self.words.end_of(self.at + 1)? + 1;
                self.arrow(depth)
            }
            "async" if self.peek(2) == "=>" => {
                self.at += 2;
                self.arrow(depth)
            }
            _ if self.peek(1) == "=>" => {
                self.at += 1;
                self.arrow(depth)
            }
            "Object" => {
                self.at += 1;
                self.take(".")?;
                self.take("freeze")?;
                self.take("(")?;
                self.value(true)?;
                self.take(")")
            }
            _ if ACTIVE.contains(&word) => None,
            _ => {
                self.at += 1;
                Some(())
            }
        }
    }

    /// `=>` and what follows: it does not run now.
    fn arrow(&mut self, depth: u32) -> Option<()> {
        self.take("=>")?;
        if self.peek(0) == "{" {
            return self.skip("{");
        }
        loop {
            self.at += 1;
            // Where the language ends a statement and we may not, or the other way round.
            let is_fresh = self.words.tokens.get(self.at).is_some_and(|token| token.fresh_line && token.depth == depth);
            if is_fresh
                && (ACTIVE.contains(&self.words.word(self.at - 1))
                    || matches!(self.words.word(self.at - 1), "}" | "++" | "--" | "of") && !self.is_end(depth))
            {
                return None;
            }
            if self.is_end(depth) {
                return Some(());
            }
        }
    }

    fn list(&mut self) -> Option<()> {
        self.at += 1;
        while self.take("]").is_none() {
            if self.take(",").is_none() {
                self.value(false)?;
            }
        }
        Some(())
    }

    fn object(&mut self) -> Option<()> {
        self.at += 1;
        while self.take("}").is_none() {
            while matches!(self.peek(0), "get" | "set" | "async") && !matches!(self.peek(1), "(" | ":" | "," | "}") {
                self.at += 1;
            }
            self.at += usize::from(self.peek(0) == "*");
            if !matches!(self.kind(0)?, Kind::Word | Kind::Text | Kind::Number) {
                return None;
            }
            self.at += 1;
            match self.peek(0) {
                ":" => {
                    self.at += 1;
                    self.value(false)?;
                }
                "(" => self.method()?,
                "," | "}" => {}
                _ => return None,
            }
            let _ = self.take(",");
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
