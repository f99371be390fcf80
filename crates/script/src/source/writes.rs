//! What a module that runs once must not do: assign what would be frozen, or a name that all calls share.
//!
//! In a module of one call such assignments work, and are gone with the call.

use std::collections::BTreeSet;

use super::scan::{Kind, Scanned, Token};

/// Names of a module.
pub(super) struct Ours<'a> {
    /// What it declares at its top.
    pub(super) declared: Vec<&'a str>,
    pub(super) imported: BTreeSet<&'a str>,
    /// Of all its classes.
    pub(super) methods: BTreeSet<&'a str>,
}

/// Operators that assign, the longer ones first.
const ASSIGNMENTS: [&str; 16] = [">>>=", "**=", "<<=", ">>=", "&&=", "||=", "??=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "="];
/// Functions that change their first argument.
const CHANGERS: [&str; 8] =
    ["assign", "defineProperty", "defineProperties", "setPrototypeOf", "set", "deleteProperty", "__defineGetter__", "__defineSetter__"];

/// Whether the text may say something else than its words seem to say, or reach what no name leads to.
pub(super) fn is_doubtful(text: &str, scanned: &Scanned) -> bool {
    // Other ends of lines than ours, and comments of pages.
    let is_odd = text.contains(['\u{2028}', '\u{2029}'])
        || text.replace("\r\n", "\n").contains('\r')
        || text.contains("<!--")
        || text.contains("-->");
    is_odd || [&scanned.tokens, &scanned.nested].into_iter().any(|tokens| (0..tokens.len()).any(|at| is_doubtful_at(text, tokens, at)))
}

fn is_doubtful_at(text: &str, tokens: &[Token], at: usize) -> bool {
    let word = |at: usize| tokens.get(at).map_or("", |token| &text[token.start..token.end]);
    let before = at.checked_sub(1).map_or("", word);
    let is_member = matches!(before, "." | "?.");
    match tokens[at].kind {
        Kind::Word => {
            let name = word(at);
            name.contains('\\') || name.starts_with("__") || name == "constructor" && is_member || name == "arguments" && !is_member
        }
        // A division, or the other way round.
        Kind::Regex => match at.checked_sub(1).map(|at| tokens[at].kind) {
            Some(Kind::Word) => !matches!(before, "return" | "typeof" | "case"),
            Some(Kind::Mark) => matches!(before, ")" | "]" | "}" | "++" | "--"),
            _ => false,
        },
        Kind::Mark => word(at) == "/" && matches!(before, "}" | "++" | "--"),
        _ => false,
    }
}

/// Whether code assigns a name of the module or a member of what it names, or a method's name on any object.
pub(super) fn writes(text: &str, tokens: &[Token], ours: &Ours<'_>) -> bool {
    let looking = Looking { text, tokens, ours };
    (0..tokens.len()).any(|at| looking.writes_at(at))
}

struct Looking<'a, 'o> {
    text: &'a str,
    tokens: &'a [Token],
    ours: &'o Ours<'a>,
}

impl Looking<'_, '_> {
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &self.text[token.start..token.end])
    }

    fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |at| self.word(at))
    }

    fn is_ours(&self, at: usize) -> bool {
        let is_name = self.tokens.get(at).is_some_and(|token| token.kind == Kind::Word) && !matches!(self.before(at), "." | "?.");
        is_name && (self.ours.imported.contains(self.word(at)) || self.ours.declared.contains(&self.word(at)))
    }

    fn end_of(&self, at: usize) -> Option<usize> {
        let depth = self.tokens.get(at)?.depth;
        (at + 1..self.tokens.len()).find(|&at| self.tokens[at].depth <= depth)
    }

    fn writes_at(&self, at: usize) -> bool {
        let word = self.word(at);
        if self.tokens[at].kind == Kind::Mark && matches!(word, "]" | "}") {
            return self.is_pattern(at);
        }
        if CHANGERS.contains(&word) && self.word(at + 1) == "(" && self.is_ours(at + 2) {
            return true;
        }
        let is_method = matches!(self.before(at), "." | "?.") && self.ours.methods.contains(word);
        if !is_method && !self.is_ours(at) {
            return false;
        }
        let mut end = at + 1;
        loop {
            match self.word(end) {
                "." | "?." => end += 2,
                "[" => match self.end_of(end) {
                    Some(close) => end = close + 1,
                    None => return true,
                },
                _ => break,
            }
        }
        // A declaration says so before the name.
        let is_declared =
            end == at + 1 && matches!(self.before(at), "const" | "class" | "function" | "*" | ",") && self.tokens[at].depth == 0;
        if is_declared && (self.before(at) != "," || self.is_in_declaration(at)) {
            return false;
        }
        matches!(self.before(at), "delete" | "++" | "--")
            || self.assigns(end)
            || matches!(self.word(end), "of" | "in") && self.before(at) == "("
    }

    /// Whether a name after a comma is declared: `const a = 1, b = 2`.
    fn is_in_declaration(&self, at: usize) -> bool {
        let begins = |at: &usize| {
            self.tokens[*at].depth == 0 && (self.tokens[*at].kind == Kind::Word && self.word(*at) == "const" || self.word(*at) == ";")
        };
        (0..at).rev().find(begins).is_some_and(|at| self.word(at) == "const")
    }

    /// `[a, b] = …`, `({a: b} = …)`, `for ([a] of …)` with a name of the module among them; `const [a] = …` declares others.
    fn is_pattern(&self, end: usize) -> bool {
        let is_target = self.assigns(end + 1) || self.word(end + 1) == "of" || self.word(end + 1) == "in";
        if !is_target {
            return false;
        }
        let depth = self.tokens[end].depth;
        let Some(start) = (0..end).rev().find(|&at| self.tokens[at].depth == depth && matches!(self.word(at), "[" | "{")) else {
            return true;
        };
        if matches!(self.before(start), "const" | "let" | "var") {
            return false;
        }
        // Or a member: `a[…] = …`.
        (start..end).any(|at| self.is_ours(at))
    }

    /// Whether an operator that assigns stands here.
    fn assigns(&self, at: usize) -> bool {
        if matches!(self.word(at), "++" | "--") {
            return true;
        }
        let mut operator = String::new();
        for at in at..self.tokens.len() {
            let is_next = operator.is_empty() || self.tokens[at - 1].end == self.tokens[at].start;
            if self.tokens[at].kind != Kind::Mark || !is_next || operator.len() >= 4 {
                break;
            }
            operator.push_str(self.word(at));
        }
        !operator.starts_with("==") && !operator.starts_with("=>") && ASSIGNMENTS.iter().any(|assignment| operator.starts_with(assignment))
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;

    #[test]
    fn what_works_in_a_module_of_one_call_only_is_found() {
        for text in [
            "class A { f() { A.count = 1 } }",
            "class A { f() { A.count++ } }",
            "class A { f() { ++A.count } }",
            "class A { f() { A.count ??= 1 } }",
            "class A { f() { A.count **= 1; A.count >>>= 1 } }",
            "class A { f() { A['count'] += 1 } }",
            "class A { f() { delete A.x.y } }",
            "class A { f() { this.g = this.g.bind(this) } g() {} }",
            "class A { g() {} } function f() { const a = new A(); a.g = 1 }",
            "class A { f() { this.constructor.x = 1 } }",
            "class A { f() { Object.assign(A, {}) } }",
            "class A { f() { Reflect.set(A, 'x', 1) } }",
            "import { a } from './x.js'; function f() { a.b = 1 }",
            "function f() { f = () => 1 }",
            "function f() { f ||= 1 }",
            "class C {} function g() { C = class {} }",
            "function f() { [f] = [1] }",
            "function f() { ({ a: f } = {}) }",
            "function f() { for (f of []) {} for (f in {}) {} }",
            "function f() { for ([f] of []) {} }",
            "function f() { return `${f = 1}` }",
            "function f() { return `a${`b${f = 1}`}` }",
            "function f() { \\u0066 = 1 }",
            "const put = (v) => { arguments[0] = v }",
            "function f() { __claviger_import('./x.js') }",
            "function f() {} // x\u{2028}let cache",
            "const f = x => x\rlet cache = new Map()\r",
            "function f() {} <!-- x",
            "function half(of) { return of / 2 } function g() { 1/1 }",
            "function f(a) { if (a) {} / 2 / 1 }",
        ] {
            assert_eq!(read(text).stateless, None, "{text}");
        }
    }
}
