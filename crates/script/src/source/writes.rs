//! What a module that runs once must not do: assign what would be frozen, or a name that all calls share.
//!
//! In a module of one call such assignments work, and are gone with the call.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::scan::{Kind, Scanned, Token, Words};

/// Names of a module.
pub(super) struct Ours<'a> {
    /// What it declares at its top.
    pub(super) declared: Vec<&'a str>,
    pub(super) imported: BTreeSet<&'a str>,
}

/// What a module does to those that it imports, and to objects of anybody's classes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// It assigns to members of what it imports.
    pub(super) changes_imports: bool,
    /// Names of members that it assigns on whatever object.
    pub(super) assigned: BTreeSet<String>,
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
    is_odd
        || [&scanned.tokens, &scanned.nested]
            .into_iter()
            .any(|tokens| (0..tokens.len()).any(|at| is_doubtful_at(Words { text, tokens }, at)))
}

fn is_doubtful_at(words: Words<'_>, at: usize) -> bool {
    let (before, is_member) = (words.before(at), words.is_member(at));
    match words.tokens[at].kind {
        Kind::Word => {
            let name = words.word(at);
            let is_constructor = name == "constructor" && (is_member || words.word(at + 1) != "(");
            let is_new_target = name == "target" && before == "." && at >= 2 && words.word(at - 2) == "new";
            name.contains('\\')
                || name.starts_with("__")
                || name == "prototype"
                || is_constructor
                || is_new_target && matches!(words.word(at + 1), "." | "?." | "[")
                || name == "arguments" && !is_member
        }
        Kind::Number => !is_plain_number(words.word(at)),
        // A division, or the other way round.
        Kind::Regex => match at.checked_sub(1).map(|at| words.tokens[at].kind) {
            Some(Kind::Word) => !matches!(before, "return" | "typeof" | "case"),
            Some(Kind::Mark) => matches!(before, ")" | "]" | "}" | "++" | "--"),
            _ => false,
        },
        Kind::Mark => words.word(at) == "/" && (words.tokens[at].fresh_line || matches!(before, "}" | "++" | "--")),
        _ => false,
    }
}

/// Whether nothing but a number can be in it: no operator that was taken for the sign of an exponent, no member.
fn is_plain_number(text: &str) -> bool {
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if text.starts_with("0x") || text.starts_with("0X") {
        return text[2..].bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_' || byte == b'n');
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches("0o").trim_start_matches("0b").trim_end_matches('n');
    is_digits(whole) && is_digits(fraction) && is_digits(exponent.trim_start_matches(['+', '-']))
}

/// What a module does to others; `imported` are its names for what it imports.
pub(super) fn effects(text: &str, scanned: &Scanned, imported: &BTreeSet<String>) -> Effects {
    let ours = Ours { declared: Vec::new(), imported: imported.iter().map(String::as_str).collect() };
    let mut found = Effects::default();
    for tokens in [&scanned.tokens, &scanned.nested] {
        let looking = Looking::new(text, tokens, &ours);
        found.changes_imports |= looking.writes();
        looking.tell_assigned(&mut found.assigned);
    }
    found
}

/// Whether code assigns a name of the module or a member of what it names.
pub(super) fn writes(text: &str, tokens: &[Token], ours: &Ours<'_>) -> bool {
    Looking::new(text, tokens, ours).writes()
}

/// A pattern that is assigned: `[a, b] = …`, `({a: b} = …)`, `for ([a] of …)`; also a member, `a[…] = …`.
struct Pattern {
    inside: Range<usize>,
    /// `const [a] = …` declares others.
    is_declared: bool,
}

struct Looking<'a> {
    words: Words<'a>,
    /// What is declared and what is imported.
    names: HashSet<&'a str>,
    patterns: Vec<Pattern>,
    /// What is assigned was opened nowhere: the words are not what they seem.
    is_unbalanced: bool,
}

impl<'a> Looking<'a> {
    fn new(text: &'a str, tokens: &'a [Token], ours: &Ours<'a>) -> Self {
        let names = ours.declared.iter().chain(&ours.imported).copied().collect();
        let mut looking = Self { words: Words { text, tokens }, names, patterns: Vec::new(), is_unbalanced: false };
        looking.find_patterns();
        looking
    }

    /// Each bracket is met once, with the place where it was opened.
    fn find_patterns(&mut self) {
        let mut opened = Vec::new();
        for at in 0..self.words.tokens.len() {
            if self.words.tokens[at].kind != Kind::Mark {
                continue;
            }
            match self.words.word(at) {
                "(" | "[" | "{" => opened.push(at),
                // The end of a part of a template.
                "" => opened.clear(),
                ")" => {
                    opened.pop();
                }
                "]" | "}" => {
                    let start = opened.pop();
                    let is_target = self.assigns(at + 1) || matches!(self.words.word(at + 1), "of" | "in");
                    match start.filter(|_| is_target) {
                        Some(start) => {
                            let says = start >= 1 && !self.words.is_member(start - 1);
                            let is_declared = says && matches!(self.words.before(start), "const" | "let" | "var");
                            self.patterns.push(Pattern { inside: start..at, is_declared });
                        }
                        None => self.is_unbalanced |= is_target,
                    }
                }
                _ => {}
            }
        }
    }

    fn is_ours(&self, at: usize) -> bool {
        let is_name = self.words.tokens.get(at).is_some_and(|token| token.kind == Kind::Word) && !self.words.is_member(at);
        is_name && self.names.contains(self.words.word(at))
    }

    fn writes(&self) -> bool {
        let mut undeclared = self.patterns.iter().filter(|pattern| !pattern.is_declared);
        self.is_unbalanced
            || undeclared.any(|pattern| pattern.inside.clone().any(|at| self.is_ours(at)))
            || (0..self.words.tokens.len()).any(|at| self.writes_at(at))
    }

    /// Tells the names of members that are assigned.
    fn tell_assigned(&self, assigned: &mut BTreeSet<String>) {
        for pattern in &self.patterns {
            assigned.extend(pattern.inside.clone().filter(|&at| self.is_named_member(at)).map(|at| self.words.word(at).to_owned()));
        }
        for at in 0..self.words.tokens.len() {
            self.tell_assigned_at(at, assigned);
        }
    }

    fn is_named_member(&self, at: usize) -> bool {
        self.words.is_member(at) && self.words.tokens[at].kind == Kind::Word
    }

    fn writes_at(&self, at: usize) -> bool {
        if CHANGERS.contains(&self.words.word(at)) && self.words.word(at + 1) == "(" && self.is_ours(at + 2) {
            return true;
        }
        if !self.is_ours(at) {
            return false;
        }
        // A declaration says so before the name.
        let is_top = self.words.tokens[at].depth == 0 && !matches!(self.words.word(at + 1), "." | "?." | "[");
        let is_declared = match self.words.before(at) {
            "const" | "class" | "function" => is_top,
            "*" => is_top && at >= 2 && self.words.word(at - 2) == "function",
            "," => is_top && self.is_in_declaration(at),
            _ => false,
        };
        !is_declared && self.is_target(at, at + 1)
    }

    /// Whether what begins with these tokens is assigned, through members and parentheses.
    fn is_target(&self, mut start: usize, mut end: usize) -> bool {
        loop {
            match self.words.word(end) {
                "." | "?." => end += 2,
                "[" => match self.words.end_of(end) {
                    Some(close) => end = close + 1,
                    None => return true,
                },
                ")" if self.words.before(start) == "(" => (start, end) = (start - 1, end + 1),
                _ => break,
            }
            if matches!(self.words.before(start), "delete" | "++" | "--") || self.assigns(end) {
                return true;
            }
        }
        let is_looped = matches!(self.words.word(end), "of" | "in") && self.words.before(start) == "(";
        matches!(self.words.before(start), "delete" | "++" | "--") || self.assigns(end) || is_looped
    }

    fn tell_assigned_at(&self, at: usize, assigned: &mut BTreeSet<String>) {
        let is_keyed = self.words.tokens[at].kind == Kind::Text && self.words.before(at) == "[" && self.words.word(at + 1) == "]";
        if self.is_named_member(at) {
            let mut start = at;
            while start >= 2 && self.words.is_member(start) {
                start -= 2;
            }
            if self.is_target(start, at + 1) {
                assigned.insert(self.words.word(at).to_owned());
            }
        } else if is_keyed && self.assigns(at + 2) {
            assigned.insert(self.words.word(at).trim_matches(['"', '\'']).to_owned());
        }
    }

    /// Whether a name after a comma is declared: `const a = 1, b = 2`.
    fn is_in_declaration(&self, at: usize) -> bool {
        let begins = |at: &usize| {
            self.words.tokens[*at].depth == 0
                && (self.words.tokens[*at].kind == Kind::Word && self.words.word(*at) == "const" || self.words.word(*at) == ";")
        };
        (0..at).rev().find(begins).is_some_and(|at| self.words.word(at) == "const")
    }

    /// Whether an operator that assigns stands here.
    fn assigns(&self, at: usize) -> bool {
        if matches!(self.words.word(at), "++" | "--") {
            return true;
        }
        let mut operator = String::new();
        for at in at..self.words.tokens.len() {
            let is_next = operator.is_empty() || self.words.tokens[at - 1].end == self.words.tokens[at].start;
            if self.words.tokens[at].kind != Kind::Mark || !is_next || operator.len() >= 4 {
                break;
            }
            operator.push_str(self.words.word(at));
        }
        !operator.starts_with("==") && !operator.starts_with("=>") && ASSIGNMENTS.iter().any(|assignment| operator.starts_with(assignment))
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;

    #[test]
    fn members_that_are_assigned_are_known_by_their_names() {
        let text = "import { f } from './x.js'; this.a = b.c; d.e++; ++g.h.i; [j.k] = [1]; for (l.m of n); (o.p) = 1; q['r'] = s.t === 1; `${u.v = 1}`; f(w.x)";
        let effects = read(text).effects;
        assert_eq!(effects.assigned.iter().map(String::as_str).collect::<String>(), "aehikmprv");
        assert!(!effects.changes_imports);
        assert!(read("import { f } from './x.js'; f.cache = 1").effects.changes_imports);
        assert!(read("import * as f from './x.js'; let u; f.g.h ??= 1").effects.changes_imports);
    }

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
            "function f() { (f) = 1 }",
            "function f() { ((f)) = 1 }",
            "class C {} function g() { (C)++ }",
            "class C {} function g() { ++(C) }",
            "class C {} function g() { (C).x = 1 }",
            "function f() { for ((f) of [1]); }",
            "class C {} const bump = v => v * C++",
            "class C {} const bump = () => 1..e+C++",
            "const bump = () => 0x1_e+arguments.length",
            "function f() { let x\n/'/; f = 1; /'/ }",
            "function f() { return `${o.let}${[f] = [1]}` }",
            "class P {} function f() { const { constructor: K } = new P(); K.x = 1 }",
            "class P { constructor() { new.target.x = 1 } }",
        ] {
            assert_eq!(read(text).stateless, None, "{text}");
        }
    }
}
