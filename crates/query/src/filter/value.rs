//! Literals (`rest-dialect.md` 9.2): quoted and bare texts, lists. What a text means is decided later, by the attribute compared.

use super::ast::Literal;
use super::cursor::Cursor;
use crate::error::Error;

/// Most items of a list in the text.
const MOST_ITEMS: usize = 10_000;

/// Where a bare text ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a condition: at a logical word or symbol, an unbalanced `)`, `order by`, the end.
    Condition,
    /// In a list: at `,` or the closing bracket.
    List(char),
}

/// The value behind any comparator but `in`.
pub(super) fn scalar(cursor: &mut Cursor<'_>) -> Result<Literal, Error> {
    one(cursor, Place::Condition)
}

/// The value behind `in`: a placeholder or a list.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Result<Literal, Error> {
    cursor.skip_blanks();
    if let Some(name) = cursor.placeholder() {
        return Ok(Literal::Placeholder(name));
    }
    let close = match cursor.peek() {
        Some('[') => ']',
        Some('(') => ')',
        _ => return Err(cursor.error("a list in [ ] or ( ), or a placeholder, was expected after \"in\"")),
    };
    cursor.advance(1);
    let mut items = Vec::new();
    cursor.skip_blanks();
    if cursor.take(&close.to_string()) {
        return Ok(Literal::List(items));
    }
    loop {
        items.push(one(cursor, Place::List(close))?);
        if items.len() > MOST_ITEMS {
            return Err(cursor.error(format!("a list may have {MOST_ITEMS} items at most; use several conditions")));
        }
        cursor.skip_blanks();
        if cursor.take(",") {
            continue;
        }
        if cursor.take(&close.to_string()) {
            return Ok(Literal::List(items));
        }
        return Err(cursor.error(format!("',' or '{close}' was expected in the list")));
    }
}

fn one(cursor: &mut Cursor<'_>, place: Place) -> Result<Literal, Error> {
    cursor.skip_blanks();
    if let Some(name) = cursor.placeholder() {
        return Ok(Literal::Placeholder(name));
    }
    for (open, close) in [("'", "'"), ("\\\"", "\\\""), ("\"", "\""), ("\\'", "\\'")] {
        if cursor.take(open) {
            return quoted(cursor, close).map(Literal::Quoted);
        }
    }
    bare(cursor, place)
}

/// Up to the closing quote. A quote that nothing which may follow a value follows is part of the text: `'O'Connor'`.
fn quoted(cursor: &mut Cursor<'_>, close: &str) -> Result<String, Error> {
    let rest = cursor.rest();
    let end = rest.match_indices(close).map(|(at, _)| at).find(|at| closes(&rest[at + close.len()..]));
    let Some(end) = end else {
        return Err(cursor.error(format!("the closing {close} is missing")));
    };
    let text = unescape(&rest[..end]);
    cursor.advance(end + close.len());
    Ok(text)
}

fn closes(after: &str) -> bool {
    after.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, ')' | ',' | ']' | '&' | '|' | '=' | '<' | '>' | '#' | '!' | '%'))
}

fn bare(cursor: &mut Cursor<'_>, place: Place) -> Result<Literal, Error> {
    let rest = cursor.rest();
    let end = match place {
        Place::Condition => bare_end(*cursor),
        Place::List(close) => rest.find([',', close]).unwrap_or(rest.len()),
    };
    let text = rest[..end].trim();
    if text.is_empty() {
        return Err(cursor.error("a value was expected; the empty text is written ''"));
    }
    if text.starts_with(['<', '>', '=']) {
        return Err(cursor.error("this comparator is not known; a text that begins so needs quotes"));
    }
    cursor.advance(end);
    if text.eq_ignore_ascii_case("null") || text.eq_ignore_ascii_case(":null") {
        return Ok(Literal::Null);
    }
    Ok(Literal::Bare(unescape(text)))
}

/// Bytes up to the next logical word or symbol, the parenthesis that closes what the text did not open, `order by` or the end.
fn bare_end(start: Cursor<'_>) -> usize {
    let rest = start.rest();
    let mut open = 0_usize;
    let mut after_blank = true;
    for (at, c) in rest.char_indices() {
        match c {
            '&' | '|' => return at,
            '(' => open += 1,
            ')' if open == 0 => return at,
            ')' => open -= 1,
            _ if after_blank && matches!(c, 'a' | 'A' | 'o' | 'O' | 'e' | 'E') => {
                let mut here = start;
                here.advance(at);
                if ["and", "or", "except"].iter().any(|word| here.at_word(word)) || here.order_by().is_some() {
                    return at;
                }
            }
            _ => {}
        }
        after_blank = c.is_whitespace() || c == ')';
    }
    rest.len()
}

/// `\uXXXX`, also in pairs; every other backslash is data.
fn unescape(text: &str) -> String {
    if !text.contains("\\u") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match escape(rest) {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[length..];
            }
            None => {
                out.push_str("\\u");
                rest = &rest[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character that an escape at the beginning of the text stands for, and its length.
fn escape(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
    };
    let first = unit(text)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    let second = unit(text.get(6..)?)?;
    let pair = char::decode_utf16([first as u16, second as u16]).next()?.ok()?;
    Some((pair, 12))
}
