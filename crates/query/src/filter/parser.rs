//! The parser of the query grammar (`rest-dialect.md` 9.2): precedence climbing with limits on length, depth and number.

use super::ast::{Comparator, Condition, Expr, Query};
use super::cursor::Cursor;
use super::order::order_list;
use super::{DEEPEST, LONGEST, MOST_CONDITIONS, value};
use crate::error::{Error, ErrorKind};

/// Parses a whole query; a blank text is no condition and no order.
pub(crate) fn parse(text: &str) -> Result<Query, Error> {
    let mut cursor = Cursor::new(text);
    if text.len() > LONGEST {
        return Err(cursor.error(format!("it is longer than {LONGEST} bytes")));
    }
    cursor.skip_blanks();
    let mut query = Query::default();
    if cursor.is_end() {
        return Ok(query);
    }
    let mut parser = Parser { cursor, depth: 0, conditions: 0 };
    if parser.cursor.order_by().is_none() {
        query.condition = Some(parser.expression(OR)?);
    }
    parser.cursor.skip_blanks();
    if let Some(length) = parser.cursor.order_by() {
        parser.cursor.advance(length);
        query.order = order_list(&mut parser.cursor)?;
    }
    parser.cursor.skip_blanks();
    match parser.cursor.peek() {
        None => Ok(query),
        Some(c) => Err(parser.cursor.error(format!("\"and\", \"or\", \"order by\" or the end was expected, found '{c}'"))),
    }
}

/// Binding powers: `or` binds least.
const OR: u8 = 1;
const AND: u8 = 2;

/// What joins two conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Or,
    And,
    /// `A except B` is `A and not B`, at the level of `and`.
    Except,
}

impl Joint {
    fn power(self) -> u8 {
        if self == Self::Or { OR } else { AND }
    }
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    depth: usize,
    conditions: usize,
}

impl Parser<'_> {
    /// Everything that binds at least this strongly.
    fn expression(&mut self, least: u8) -> Result<Expr, Error> {
        let mut left = self.primary()?;
        loop {
            self.cursor.skip_blanks();
            let Some((joint, length)) = self.joint().filter(|(joint, _)| joint.power() >= least) else { return Ok(left) };
            self.cursor.advance(length);
            let right = self.expression(joint.power() + 1)?;
            left = join(left, joint, right);
        }
    }

    fn joint(&self) -> Option<(Joint, usize)> {
        for (symbol, joint) in [("&&", Joint::And), ("&", Joint::And), ("||", Joint::Or), ("|", Joint::Or)] {
            if self.cursor.rest().starts_with(symbol) {
                return Some((joint, symbol.len()));
            }
        }
        for (word, joint) in [("and", Joint::And), ("or", Joint::Or), ("except", Joint::Except)] {
            if self.cursor.at_word(word) {
                return Some((joint, word.len()));
            }
        }
        None
    }

    /// `not`, a group, a condition.
    fn primary(&mut self) -> Result<Expr, Error> {
        self.cursor.skip_blanks();
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.cursor.error(format!("it is nested deeper than {DEEPEST} levels")));
        }
        let primary = if self.cursor.take_word("not") {
            Expr::Not(Box::new(self.primary()?))
        } else if self.cursor.take("(") {
            let inner = self.expression(OR)?;
            self.cursor.skip_blanks();
            if !self.cursor.take(")") {
                return Err(self.cursor.error("')' was expected"));
            }
            inner
        } else {
            Expr::Condition(self.condition()?)
        };
        self.depth -= 1;
        Ok(primary)
    }

    fn condition(&mut self) -> Result<Condition, Error> {
        self.conditions += 1;
        if self.conditions > MOST_CONDITIONS {
            return Err(self.cursor.error(format!("it has more than {MOST_CONDITIONS} conditions")));
        }
        let start = self.cursor;
        let path = self.cursor.path()?;
        let mut ahead = self.cursor;
        if self.cursor.since(start).eq_ignore_ascii_case("eval") {
            ahead.skip_blanks();
        }
        // `eval(…)`, `Length(title)`: the documented language may run them, a data endpoint must not.
        if ahead.peek() == Some('(') {
            let message = format!("A formula in a query is not allowed (character {})", start.position());
            return Err(Error::new(ErrorKind::Malformed, 1278, message));
        }
        let comparator = self.comparator()?;
        let value = if comparator == Comparator::In { value::list(&mut self.cursor)? } else { value::scalar(&mut self.cursor)? };
        let text = self.cursor.since(start).trim().to_owned();
        Ok(Condition { path, comparator, value, at: start.position(), text })
    }

    fn comparator(&mut self) -> Result<Comparator, Error> {
        let before = self.cursor;
        self.cursor.skip_blanks();
        let symbols = [
            ("!==", Comparator::NotIdentical),
            ("===", Comparator::Identical),
            ("==", Comparator::Equal),
            ("!=", Comparator::Different),
            ("<=", Comparator::LessOrEqual),
            (">=", Comparator::GreaterOrEqual),
            ("=", Comparator::Equal),
            ("#", Comparator::Different),
            ("<", Comparator::Less),
            (">", Comparator::Greater),
            ("%", Comparator::Keyword),
        ];
        for (symbol, comparator) in symbols {
            if self.cursor.take(symbol) {
                return Ok(comparator);
            }
        }
        // A word comparator needs a blank before it.
        if before.peek().is_some_and(char::is_whitespace) {
            if self.cursor.take_word("is") {
                let mut ahead = self.cursor;
                ahead.skip_blanks();
                if ahead.take_word("not") {
                    self.cursor = ahead;
                    return Ok(Comparator::NotIdentical);
                }
                return Ok(Comparator::Identical);
            }
            if self.cursor.take_word("in") {
                return Ok(Comparator::In);
            }
            if self.cursor.take_word("begin") {
                return Ok(Comparator::Begin);
            }
        }
        Err(match self.cursor.peek() {
            Some(c) => self.cursor.error(format!("a comparator was expected, found '{c}'")),
            None => self.cursor.error("a comparator was expected, found the end"),
        })
    }
}

/// Joins two sides; equal joints become one list, so that long chains are flat.
fn join(left: Expr, joint: Joint, right: Expr) -> Expr {
    let right = if joint == Joint::Except { Expr::Not(Box::new(right)) } else { right };
    match (left, joint) {
        (Expr::Or(mut all), Joint::Or) => {
            all.push(right);
            Expr::Or(all)
        }
        (left, Joint::Or) => Expr::Or(vec![left, right]),
        (Expr::And(mut all), _) => {
            all.push(right);
            Expr::And(all)
        }
        (left, _) => Expr::And(vec![left, right]),
    }
}
