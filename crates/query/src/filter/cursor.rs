//! The lexer: a place in the filter text. Bare texts hold blanks, so what a character means depends on where the parser stands, and
//! the parser asks for what it expects instead of being handed tokens.

use super::ast::{ArrayMark, PathAsk, Step};
use super::{MOST_STEPS, syntax};
use crate::error::Error;

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// What was read since an earlier place in the same text.
    pub(super) fn since(&self, earlier: Self) -> &'t str {
        &self.text[earlier.at..self.at]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Characters before this place, plus one: the position of an error.
    pub(super) fn position(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    /// An error at this place.
    pub(super) fn error(&self, message: impl std::fmt::Display) -> Error {
        syntax(self.position(), message)
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Steps over so many bytes, which must end at a character.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes this text when it stands here.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// True when this word (any case) stands here, followed by a blank, a bracket, a quote, a colon or the end.
    pub(super) fn at_word(&self, word: &str) -> bool {
        let rest = self.rest();
        rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && rest[word.len()..].chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')' | '[' | '\'' | '"' | '\\' | ':'))
    }

    /// Takes this word when it stands here.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Length of `order by` when it stands here, else none.
    pub(super) fn order_by(&self) -> Option<usize> {
        let mut ahead = *self;
        if !ahead.take_word("order") || !ahead.peek().is_some_and(char::is_whitespace) {
            return None;
        }
        ahead.skip_blanks();
        ahead.take_word("by").then_some(ahead.at - self.at)
    }

    /// A placeholder, when `:` and a name stand here. `:null` is none (9.2).
    pub(super) fn placeholder(&mut self) -> Option<String> {
        let name = self.rest().strip_prefix(':')?;
        let length = name.find(|c: char| !is_name(c)).unwrap_or(name.len());
        if length == 0 || name[..length].eq_ignore_ascii_case("null") {
            return None;
        }
        self.at += 1 + length;
        Some(name[..length].to_owned())
    }

    /// A path or a placeholder that stands for one.
    pub(super) fn path(&mut self) -> Result<PathAsk, Error> {
        if let Some(name) = self.placeholder() {
            return Ok(PathAsk::Placeholder(name));
        }
        let mut steps = Vec::new();
        loop {
            steps.push(self.step()?);
            if steps.len() > MOST_STEPS {
                return Err(self.error(format!("a path may have {MOST_STEPS} steps at most")));
            }
            if !self.take(".") {
                return Ok(PathAsk::Steps(steps));
            }
        }
    }

    fn step(&mut self) -> Result<Step, Error> {
        let rest = self.rest();
        let length = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        if length == 0 {
            return Err(match self.peek() {
                Some(c) => self.error(format!("an attribute name was expected, found '{c}'")),
                None => self.error("an attribute name was expected, found the end"),
            });
        }
        let name = rest[..length].to_owned();
        self.at += length;
        Ok(Step { name, index: self.class_index()?, array: self.array_mark()? })
    }

    fn class_index(&mut self) -> Result<Option<i64>, Error> {
        let Some(inside) = self.rest().strip_prefix('{') else { return Ok(None) };
        let close = inside.find('}').ok_or_else(|| self.error("'}' is missing"))?;
        match inside[..close].trim().parse() {
            Ok(0) | Err(_) => Err(self.error("a class index is a whole number but not 0")),
            Ok(index) => {
                self.at += close + 2;
                Ok(Some(index))
            }
        }
    }

    fn array_mark(&mut self) -> Result<Option<ArrayMark>, Error> {
        let Some(inside) = self.rest().strip_prefix('[') else { return Ok(None) };
        let close = inside.find(']').ok_or_else(|| self.error("']' is missing"))?;
        let mark = match inside[..close].trim().as_bytes() {
            [] => ArrayMark::Any,
            [letter] if letter.is_ascii_alphabetic() => ArrayMark::Letter(letter.to_ascii_lowercase()),
            _ => return Err(self.error("between '[' and ']' stands nothing or one letter from A to Z")),
        };
        self.at += close + 2;
        Ok(Some(mark))
    }
}

/// Characters of attribute names: letters of any script, digits, `_`, `$`.
pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}
