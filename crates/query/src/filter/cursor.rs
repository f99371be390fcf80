//! Reading characters of a filter with the position known at every moment.

use crate::error::{Error, ErrorKind};

/// A place in the text. All offsets are bytes at character borders.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// `errCode` of what goes wrong: 1201 in a filter, 1810 in an order.
    code: u16,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, code: u16) -> Self {
        Self { text, at: 0, code }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// Characters from 1.
    pub(super) fn position(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes the text when it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let taken = self.rest().starts_with(text);
        if taken {
            self.at += text.len();
        }
        taken
    }

    /// True when the word comes next, in any case, and ends there.
    pub(super) fn sees_word(&self, word: &str) -> bool {
        let rest = self.rest();
        rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)) && !rest[word.len()..].starts_with(is_name_character)
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let taken = self.sees_word(word);
        if taken {
            self.at += word.len();
        }
        taken
    }

    /// `order by`, with any blanks between.
    pub(super) fn sees_order_by(&self) -> Option<usize> {
        let mut ahead = *self;
        if !ahead.take_word("order") {
            return None;
        }
        let before = ahead.at;
        ahead.skip_blanks();
        (ahead.at > before && ahead.take_word("by")).then(|| ahead.at - self.at)
    }

    /// A syntax error at this place.
    pub(super) fn error(&self, message: &str) -> Error {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(_) => format!("\"{}\"", self.rest().chars().take(20).collect::<String>()),
        };
        let what = if self.code == 1810 { "order" } else { "query" };
        Error::new(
            ErrorKind::Malformed,
            self.code,
            format!("Syntax error in the {what} at character {}: {message}, found {found}", self.position()),
        )
    }
}

/// Letters of any script, digits, `_`, `$`.
pub(super) fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}
