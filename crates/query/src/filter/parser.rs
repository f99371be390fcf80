//! Recursive descent over the grammar of `rest-dialect.md` 9.2.

use super::ast::{Condition, Expr, Literal, Operator, OrderTerm, PathExpr, Query, Step};
use super::cursor::{Cursor, is_name_character};
use super::{MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH};
use crate::error::{Error, ErrorKind};

/// Symbols, longest first.
const SYMBOLS: [(&str, Operator); 11] = [
    ("!==", Operator::NotSame),
    ("===", Operator::Same),
    ("!=", Operator::NotEqual),
    ("==", Operator::Equal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("#", Operator::NotEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("%", Operator::Keyword),
];

/// Reads a whole filter.
///
/// # Errors
/// 1201 with the position; 1278 for a formula.
pub(crate) fn parse(text: &str) -> Result<Query, Error> {
    if text.len() > MAX_LENGTH {
        return Err(Error::new(ErrorKind::Malformed, 1201, format!("The query is longer than {MAX_LENGTH} bytes")));
    }
    let mut parser = Parser { cursor: Cursor::new(text, 1201), conditions: 0, depth: 0 };
    parser.cursor.skip_blanks();
    let condition = if parser.cursor.rest().is_empty() || parser.cursor.sees_order_by().is_some() { None } else { Some(parser.or()?) };
    let order = match parser.cursor.sees_order_by() {
        Some(length) => {
            parser.cursor.advance(length);
            parser.order_list()?
        }
        None => Vec::new(),
    };
    if !parser.cursor.rest().is_empty() {
        return Err(parser.cursor.error("expected \"and\", \"or\" or the end"));
    }
    Ok(Query { condition, order })
}

/// Reads an `$orderby`.
///
/// # Errors
/// 1810 with the position.
pub(crate) fn parse_order(text: &str) -> Result<Vec<OrderTerm>, Error> {
    if text.len() > MAX_LENGTH {
        return Err(Error::new(ErrorKind::Malformed, 1810, format!("The order is longer than {MAX_LENGTH} bytes")));
    }
    let mut parser = Parser { cursor: Cursor::new(text, 1810), conditions: 0, depth: 0 };
    parser.cursor.skip_blanks();
    if parser.cursor.rest().is_empty() {
        return Ok(Vec::new());
    }
    let order = parser.order_list()?;
    if !parser.cursor.rest().is_empty() {
        return Err(parser.cursor.error("expected \",\", \"asc\", \"desc\" or the end"));
    }
    Ok(order)
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    conditions: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn or(&mut self) -> Result<Expr, Error> {
        let mut parts = vec![self.and()?];
        while self.take_or() {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr, Error> {
        let mut parts = vec![self.not()?];
        loop {
            self.cursor.skip_blanks();
            if self.cursor.take_word("except") {
                parts.push(Expr::Not(Box::new(self.not()?)));
            } else if self.cursor.take_word("and") || self.cursor.take("&&") || self.cursor.take("&") {
                parts.push(self.not()?);
            } else {
                return Ok(one_or(parts, Expr::And));
            }
        }
    }

    fn take_or(&mut self) -> bool {
        self.cursor.skip_blanks();
        self.cursor.take_word("or") || self.cursor.take("||") || self.cursor.take("|")
    }

    fn not(&mut self) -> Result<Expr, Error> {
        self.cursor.skip_blanks();
        if !self.cursor.take_word("not") {
            return self.primary();
        }
        self.deeper()?;
        let negated = self.not()?;
        self.depth -= 1;
        Ok(Expr::Not(Box::new(negated)))
    }

    fn primary(&mut self) -> Result<Expr, Error> {
        if !self.cursor.take("(") {
            return self.condition().map(Expr::Condition);
        }
        self.deeper()?;
        let inner = self.or()?;
        self.depth -= 1;
        self.cursor.skip_blanks();
        if !self.cursor.take(")") {
            return Err(self.cursor.error("expected \")\""));
        }
        Ok(inner)
    }

    fn deeper(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.cursor.error("the query is nested too deeply")) } else { Ok(()) }
    }

    fn condition(&mut self) -> Result<Condition, Error> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return Err(self.cursor.error("the query has too many conditions"));
        }
        let (start, position) = (self.cursor.offset(), self.cursor.position());
        let path = self.path()?;
        if self.cursor.rest().starts_with('(') {
            // `eval(…)`, `length(title)`: the documented language may run them, a data endpoint must not.
            return Err(Error::new(ErrorKind::Malformed, 1278, format!("Formulas are not allowed in a query (character {position})")));
        }
        let operator = self.operator()?;
        self.cursor.skip_blanks();
        let value = if operator == Operator::In { self.list()? } else { self.value(false)? };
        let text = self.cursor.since(start).trim().to_owned();
        Ok(Condition { path, operator, value, position, text })
    }

    fn operator(&mut self) -> Result<Operator, Error> {
        let before = self.cursor.offset();
        self.cursor.skip_blanks();
        for (symbol, operator) in SYMBOLS {
            if self.cursor.take(symbol) {
                return Ok(operator);
            }
        }
        let blank = self.cursor.offset() > before;
        let word = if self.cursor.take_word("is") {
            let mut ahead = self.cursor;
            ahead.skip_blanks();
            if ahead.take_word("not") {
                self.cursor = ahead;
                Some(Operator::NotSame)
            } else {
                Some(Operator::Same)
            }
        } else if self.cursor.take_word("in") {
            Some(Operator::In)
        } else if self.cursor.take_word("begin") {
            Some(Operator::Begin)
        } else {
            None
        };
        match word {
            Some(operator) if blank => Ok(operator),
            _ => Err(self.cursor.error("expected a comparator (=, ==, ===, #, !=, !==, <, <=, >, >=, is, is not, in, begin, %)")),
        }
    }

    fn path(&mut self) -> Result<PathExpr, Error> {
        self.cursor.skip_blanks();
        if self.cursor.rest().starts_with(':') {
            return self.placeholder().map(PathExpr::Placeholder);
        }
        let mut steps = vec![self.step()?];
        while self.cursor.take(".") {
            steps.push(self.step()?);
        }
        Ok(PathExpr::Steps(steps))
    }

    fn step(&mut self) -> Result<Step, Error> {
        let name = self.name()?;
        let mut step = Step::plain(name);
        if self.cursor.take("{") {
            let digits = self.take_while(|character| character.is_ascii_digit() || character == '-');
            match digits.parse::<i64>() {
                Ok(index) if index != 0 && self.cursor.take("}") => step.index = Some(index),
                _ => return Err(self.cursor.error("expected a whole number that is not 0, then \"}\"")),
            }
        }
        if self.cursor.take("[") {
            let letter = self.cursor.peek().filter(char::is_ascii_alphabetic);
            if let Some(letter) = letter {
                self.cursor.advance(letter.len_utf8());
            }
            if !self.cursor.take("]") {
                return Err(self.cursor.error("expected \"]\", or one letter and \"]\""));
            }
            step.element = Some(letter.map(|letter| letter.to_ascii_lowercase()));
        }
        Ok(step)
    }

    fn name(&mut self) -> Result<String, Error> {
        match self.cursor.peek() {
            Some(first) if is_name_character(first) => Ok(self.take_while(is_name_character).to_owned()),
            _ => Err(self.cursor.error("expected the name of an attribute")),
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.cursor.offset();
        let rest = self.cursor.rest();
        let length = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        self.cursor.advance(length);
        self.cursor.since(start)
    }

    fn placeholder(&mut self) -> Result<String, Error> {
        self.cursor.advance(1);
        match self.cursor.peek() {
            Some(first) if is_name_character(first) => Ok(self.take_while(is_name_character).to_owned()),
            _ => Err(self.cursor.error("expected the number of a placeholder after \":\"")),
        }
    }

    /// A value; inside a list a comma or a closing bracket ends unquoted text too.
    fn value(&mut self, in_list: bool) -> Result<Literal, Error> {
        self.cursor.skip_blanks();
        let rest = self.cursor.rest();
        if rest.starts_with(':') {
            let name = self.placeholder()?;
            return Ok(if name.eq_ignore_ascii_case("null") { Literal::Null } else { Literal::Placeholder(name) });
        }
        for quote in ["\\\"", "\"", "'"] {
            if rest.starts_with(quote) {
                return self.quoted(quote).map(Literal::Quoted);
            }
        }
        let text = self.bare(in_list);
        if text.is_empty() {
            return Err(self.cursor.error("expected a value"));
        }
        Ok(if text.eq_ignore_ascii_case("null") { Literal::Null } else { Literal::Bare(unescape(text)) })
    }

    /// Between quotes. A quote inside that is not followed by a blank, `)`, `,`, `]`, an operator symbol or the end is data (lenient).
    fn quoted(&mut self, quote: &str) -> Result<String, Error> {
        let opening = self.cursor;
        self.cursor.advance(quote.len());
        let start = self.cursor.offset();
        loop {
            let rest = self.cursor.rest();
            let Some(found) = rest.find(quote) else { return Err(opening.error("the closing quote is missing")) };
            let behind = rest[found + quote.len()..].chars().next();
            self.cursor.advance(found);
            if behind.is_none_or(|character| character.is_whitespace() || "),]=#!<>&|%".contains(character)) {
                let text = unescape(self.cursor.since(start));
                self.cursor.advance(quote.len());
                return Ok(text);
            }
            self.cursor.advance(quote.len());
        }
    }

    /// Runs to the next logical word or symbol, the parenthesis that closes what was open before, `order by`, or the end; trimmed.
    fn bare(&mut self, in_list: bool) -> &'a str {
        let start = self.cursor.offset();
        let mut open = 0_usize;
        let mut after_blank = false;
        while let Some(character) = self.cursor.peek() {
            match character {
                '&' | '|' => break,
                ',' | ']' if in_list => break,
                '(' => open += 1,
                ')' if open == 0 => break,
                ')' => open -= 1,
                _ if after_blank && self.ends_bare_text() => break,
                _ => {}
            }
            after_blank = character.is_whitespace();
            self.cursor.advance(character.len_utf8());
        }
        self.cursor.since(start).trim_end()
    }

    fn ends_bare_text(&self) -> bool {
        ["and", "or", "except"].iter().any(|word| self.cursor.sees_word(word)) || self.cursor.sees_order_by().is_some()
    }

    /// After `in`: a placeholder, `[…]` or `(…)`.
    fn list(&mut self) -> Result<Literal, Error> {
        self.cursor.skip_blanks();
        if self.cursor.rest().starts_with(':') {
            return self.placeholder().map(Literal::Placeholder);
        }
        let close = if self.cursor.take("[") {
            "]"
        } else if self.cursor.take("(") {
            ")"
        } else {
            return Err(self.cursor.error("expected a list in brackets, or a placeholder, after \"in\""));
        };
        let mut items = Vec::new();
        self.cursor.skip_blanks();
        if self.cursor.take(close) {
            return Ok(Literal::List(items));
        }
        loop {
            items.push(self.value(true)?);
            self.cursor.skip_blanks();
            if self.cursor.take(close) {
                return Ok(Literal::List(items));
            }
            if !self.cursor.take(",") {
                return Err(self.cursor.error("expected \",\" or the end of the list"));
            }
        }
    }

    fn order_list(&mut self) -> Result<Vec<OrderTerm>, Error> {
        let mut terms = Vec::new();
        loop {
            let path = self.path()?;
            self.cursor.skip_blanks();
            let descending = self.cursor.take_word("desc");
            if !descending {
                self.cursor.take_word("asc");
            }
            terms.push(OrderTerm { path, descending });
            self.cursor.skip_blanks();
            if !self.cursor.take(",") {
                return Ok(terms);
            }
        }
    }
}

fn one_or(mut parts: Vec<Expr>, group: fn(Vec<Expr>) -> Expr) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { group(parts) }
}

/// Decodes `\uXXXX`, pairs of surrogates included; every other backslash is data.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find("\\u") {
        out.push_str(&rest[..found]);
        rest = &rest[found..];
        match escape(rest) {
            Some((character, length)) => {
                out.push(character);
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

fn escape(text: &str) -> Option<(char, usize)> {
    let unit =
        |at: usize| text.get(at..at + 6).and_then(|escape| escape.strip_prefix("\\u")).and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let first = unit(0)?;
    if let Some(character) = char::from_u32(u32::from(first)) {
        return Some((character, 6));
    }
    let pair = [first, unit(6)?];
    let character = char::decode_utf16(pair).next()?.ok()?;
    Some((character, 12))
}
