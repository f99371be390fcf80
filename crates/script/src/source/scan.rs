//! Tokens of a module: just enough to find its imports, exports and classes.
//!
//! The engine has accepted the text before, so that what stands here needs no errors of its own; a text that cannot be read to its end gives the
//! tokens up to there. What a slash begins (a division or a regular expression) is decided by the token before it.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Names, keywords and private names.
    Word,
    /// Numbers.
    Number,
    /// Texts in quotes.
    Text,
    /// A whole template, with what is in its `${…}`.
    Template,
    /// A regular expression.
    Regex,
    /// Everything else; `++`, `--`, `=>`, `...` and `?.` are one token, all others one character.
    Mark,
}

/// A token, by its place in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Counted from 1.
    pub(super) line: u32,
    /// How many brackets are open around it; a bracket itself counts as outside.
    pub(super) depth: u32,
    /// The first on its line.
    pub(super) fresh_line: bool,
}

/// A bracket that is open.
struct Open {
    /// A brace in the place of an expression: what follows its end is a division.
    is_expression: bool,
    /// A parenthesis after `if`, `while`, `for` or `with`: what follows its end is a statement.
    is_condition: bool,
}

/// Words after which an expression begins.
const BEFORE_EXPRESSION: [&str; 15] =
    ["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "instanceof", "do", "else", "yield", "await", "default"];

/// What a text is made of.
pub(super) struct Scanned {
    pub(super) tokens: Vec<Token>,
    /// What stands in the `${…}` of templates.
    pub(super) nested: Vec<Token>,
}

/// Tokens with the text that they are of, by their places.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
}

impl<'a> Words<'a> {
    /// What stands at a place; empty behind the end.
    pub(super) fn word(self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| &self.text[token.start..token.end])
    }

    /// What stands before a place.
    pub(super) fn before(self, at: usize) -> &'a str {
        at.checked_sub(1).map_or("", |at| self.word(at))
    }

    /// Whether a place is behind a point: the name of a member.
    pub(super) fn is_member(self, at: usize) -> bool {
        matches!(self.before(at), "." | "?.")
    }

    /// Where the bracket at a place is closed.
    pub(super) fn end_of(self, at: usize) -> Option<usize> {
        let depth = self.tokens.get(at)?.depth;
        (at + 1..self.tokens.len()).find(|&at| self.tokens[at].depth <= depth)
    }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    fresh_line: bool,
    tokens: Vec<Token>,
    nested: Vec<Token>,
    opens: Vec<Open>,
    /// Whether a slash would begin a regular expression.
    wants_operand: bool,
}

/// The tokens of `text`.
pub(super) fn scan(text: &str) -> Scanned {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        fresh_line: true,
        tokens: Vec::with_capacity(text.len() / 4),
        nested: Vec::new(),
        opens: Vec::new(),
        wants_operand: true,
    };
    scanner.run(0);
    Scanned { tokens: scanner.tokens, nested: scanner.nested }
}

impl Scanner<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Reads until the end, or until the brace that closes a template's `${` opened at `floor` brackets.
    fn run(&mut self, floor: usize) {
        while self.skip_space() {
            let (start, line, fresh_line) = (self.at, self.line, self.fresh_line);
            let before = self.byte(0);
            if before == b'}' && floor > 0 && self.opens.len() == floor {
                return;
            }
            let mut depth = self.opens.len() as u32;
            let kind = match before {
                b'"' | b'\'' => self.quoted(before),
                b'`' => self.template(),
                b'0'..=b'9' => self.number(),
                b'.' if self.byte(1).is_ascii_digit() => self.number(),
                b'/' if self.wants_operand => self.regex(),
                _ if is_word(self.char()) => self.word(),
                _ => {
                    let kind = self.mark();
                    depth = depth.min(self.opens.len() as u32);
                    kind
                }
            };
            self.tokens.push(Token { kind, start, end: self.at, line, depth, fresh_line });
            self.fresh_line = false;
        }
    }

    fn char(&self) -> char {
        self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or('\0')
    }

    /// Goes to the next token; false at the end.
    fn skip_space(&mut self) -> bool {
        while self.at < self.bytes.len() {
            match self.byte(0) {
                b'\n' => {
                    self.line += 1;
                    self.fresh_line = true;
                    self.at += 1;
                }
                b'/' if self.byte(1) == b'/' => {
                    while self.at < self.bytes.len() && self.byte(0) != b'\n' {
                        self.at += 1;
                    }
                }
                b'#' if self.at == 0 && self.byte(1) == b'!' => {
                    while self.at < self.bytes.len() && self.byte(0) != b'\n' {
                        self.at += 1;
                    }
                }
                b'/' if self.byte(1) == b'*' => {
                    let end = self.text[self.at + 2..].find("*/").map_or(self.bytes.len(), |found| self.at + 2 + found + 2);
                    self.advance(end);
                }
                byte if byte.is_ascii_whitespace() || byte == 0x0b => self.at += 1,
                byte if byte >= 0x80 => {
                    let char = self.char();
                    if !(char.is_whitespace() || char == '\u{feff}') {
                        return true;
                    }
                    self.at += char.len_utf8();
                }
                _ => return true,
            }
        }
        false
    }

    /// Moves to `end`, counting lines.
    fn advance(&mut self, end: usize) {
        let end = end.min(self.bytes.len());
        let lines = memchr::memchr_iter(b'\n', &self.bytes[self.at..end]).count();
        self.line += lines as u32;
        self.fresh_line |= lines > 0;
        self.at = end;
    }

    fn quoted(&mut self, quote: u8) -> Kind {
        let mut end = self.at + 1;
        while end < self.bytes.len() && self.bytes[end] != quote {
            end += if self.bytes[end] == b'\\' { 2 } else { 1 };
        }
        self.advance(end + 1);
        self.wants_operand = false;
        Kind::Text
    }

    fn template(&mut self) -> Kind {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.byte(0) {
                b'`' => {
                    self.at += 1;
                    break;
                }
                b'\\' => self.advance(self.at + 2),
                b'$' if self.byte(1) == b'{' => {
                    self.at += 2;
                    let kept = self.tokens.len();
                    self.opens.push(Open { is_expression: true, is_condition: false });
                    self.wants_operand = true;
                    self.run(self.opens.len());
                    self.opens.pop();
                    self.nested.extend(self.tokens.drain(kept..));
                    // What comes after is not beside it.
                    let end = Token { kind: Kind::Mark, start: self.at, end: self.at, line: self.line, depth: 0, fresh_line: true };
                    self.nested.push(end);
                    self.at += 1;
                }
                _ => self.advance(self.at + 1),
            }
        }
        self.wants_operand = false;
        Kind::Template
    }

    fn number(&mut self) -> Kind {
        while self.at < self.bytes.len() {
            let byte = self.byte(0);
            let is_sign = matches!(byte, b'+' | b'-') && matches!(self.bytes[self.at - 1], b'e' | b'E') && !self.is_hexadecimal();
            if !(byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_' || is_sign) {
                break;
            }
            self.at += 1;
        }
        self.wants_operand = false;
        Kind::Number
    }

    fn is_hexadecimal(&self) -> bool {
        let from = self.bytes[..self.at].iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |found| found + 1);
        matches!(self.bytes.get(from + 1), Some(b'x' | b'X'))
    }

    fn regex(&mut self) -> Kind {
        let mut end = self.at + 1;
        let mut in_class = false;
        while end < self.bytes.len() {
            match self.bytes[end] {
                b'\\' => end += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                b'\n' => break,
                _ => {}
            }
            end += 1;
        }
        self.advance(end + 1);
        while is_word(self.char()) {
            self.at += self.char().len_utf8();
        }
        self.wants_operand = false;
        Kind::Regex
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        while is_word(self.char()) || self.char().is_ascii_digit() {
            self.at += self.char().len_utf8();
        }
        let is_member = self.tokens.last().is_some_and(|token| matches!(self.slice(*token), "." | "?."));
        self.wants_operand = !is_member && BEFORE_EXPRESSION.contains(&&self.text[start..self.at]);
        Kind::Word
    }

    fn slice(&self, token: Token) -> &str {
        &self.text[token.start..token.end]
    }

    fn mark(&mut self) -> Kind {
        let byte = self.byte(0);
        let before = self.tokens.last().map_or("", |token| &self.text[token.start..token.end]);
        match byte {
            b'(' => {
                let is_condition = matches!(before, "if" | "while" | "for" | "with" | "await");
                self.opens.push(Open { is_expression: false, is_condition });
            }
            b'[' => self.opens.push(Open { is_expression: true, is_condition: false }),
            b'{' => {
                let inside_expression = self.opens.last().is_none_or(|open| open.is_expression);
                let is_expression = match before {
                    "" | ";" | ")" | "{" | "}" | "=>" => false,
                    ":" => inside_expression && !self.opens.is_empty(),
                    _ => self.wants_operand && !matches!(before, "do" | "else"),
                };
                self.opens.push(Open { is_expression, is_condition: false });
            }
            b')' | b']' | b'}' => {
                let open = self.opens.pop();
                self.at += 1;
                self.wants_operand = open.is_some_and(|open| if byte == b'}' { !open.is_expression } else { open.is_condition });
                return Kind::Mark;
            }
            _ => {}
        }
        match (byte, self.byte(1), self.byte(2)) {
            // After an operand these end it; before one they wait for it. Either way nothing changes.
            (b'+', b'+', _) | (b'-', b'-', _) => {
                self.at += 2;
                return Kind::Mark;
            }
            (b'=', b'>', _) => self.at += 2,
            (b'?', b'.', third) if !third.is_ascii_digit() => self.at += 2,
            (b'.', b'.', b'.') => self.at += 3,
            _ => self.at += self.char().len_utf8().max(1),
        }
        self.wants_operand = true;
        Kind::Mark
    }
}

/// Whether a statement without a semicolon ends between these tokens, of which the second is the first on its line.
pub(super) fn ends_statement(text: &str, before: Token, token: Token) -> bool {
    let written = |token: Token| &text[token.start..token.end];
    let is_operand = before.kind != Kind::Mark || matches!(written(before), ")" | "]" | "}" | "++" | "--");
    let begins = match token.kind {
        Kind::Word => !matches!(written(token), "in" | "instanceof"),
        Kind::Number | Kind::Text => true,
        Kind::Mark => matches!(written(token), "{" | "++" | "--" | "!" | "~" | "@"),
        Kind::Template | Kind::Regex => false,
    };
    is_operand && begins
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() && !char.is_ascii_digit() || matches!(char, '_' | '$' | '#' | '\\' | '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        scan(source).tokens.iter().map(|token| &source[token.start..token.end]).collect()
    }

    #[test]
    fn a_slash_is_a_division_after_an_operand_and_begins_a_regular_expression_elsewhere() {
        assert_eq!(texts("a / b / c"), ["a", "/", "b", "/", "c"]);
        assert_eq!(texts("a = /b'/g.test(c)"), ["a", "=", "/b'/g", ".", "test", "(", "c", ")"]);
        assert_eq!(texts("if (a) /'/.x"), ["if", "(", "a", ")", "/'/", ".", "x"]);
        assert_eq!(texts("(a) / 2"), ["(", "a", ")", "/", "2"]);
        assert_eq!(texts("{ } /'/"), ["{", "}", "/'/"]);
        assert_eq!(texts("a = {} / 2"), ["a", "=", "{", "}", "/", "2"]);
        assert_eq!(texts("return /[/']/"), ["return", "/[/']/"]);
        assert_eq!(texts("a.return / 2"), ["a", ".", "return", "/", "2"]);
        assert_eq!(texts("a++ / 2"), ["a", "++", "/", "2"]);
    }

    #[test]
    fn templates_are_one_token_with_what_is_inside() {
        assert_eq!(texts("a`x${ `}${'`'}` }y` + 1"), ["a", "`x${ `}${'`'}` }y`", "+", "1"]);
    }

    #[test]
    fn comments_and_lines_are_skipped_and_counted() {
        let Scanned { tokens, .. } = scan("#!x\n// '\na /* \n */ b\n'c\\\nd' e");
        assert_eq!(tokens.iter().map(|token| token.line).collect::<Vec<_>>(), [3, 4, 5, 6]);
        // A line that ends inside a text does not end a statement.
        assert_eq!(tokens.iter().map(|token| token.fresh_line).collect::<Vec<_>>(), [true, true, true, false]);
    }

    #[test]
    fn numbers_with_signs_and_points() {
        assert_eq!(texts("1e-5-0xe-1+.5"), ["1e-5", "-", "0xe", "-", "1", "+", ".5"]);
    }

    #[test]
    fn texts_that_end_too_early_do_not_trouble() {
        for text in ["'", "`", "`${", "/", "/[", "\\", "a = {", ")", "/*", "'\\", "`\\"] {
            let _ = scan(text);
        }
    }
}
