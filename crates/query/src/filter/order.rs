//! Order lists: `$orderby`, and `order by` inside a query (`rest-dialect.md` 9.2, 9.4).

use super::LONGEST;
use super::ast::OrderTerm;
use super::cursor::Cursor;
use crate::error::{Error, ErrorKind};

/// Most terms of an order.
const MOST_TERMS: usize = 32;

/// Parses `$orderby`. A text that is no order list is 1810.
pub(crate) fn parse_order(text: &str) -> Result<Vec<OrderTerm>, Error> {
    let mut cursor = Cursor::new(text);
    cursor.skip_blanks();
    if cursor.is_end() {
        return Ok(Vec::new());
    }
    let terms = if text.len() > LONGEST { Err(cursor.error("it is too long")) } else { order_list(&mut cursor) };
    let whole = terms.and_then(|terms| if cursor.is_end() { Ok(terms) } else { Err(cursor.error("',' or the end was expected")) });
    whole.map_err(|error| {
        let message = error.items.first().map_or_else(String::new, |item| item.message.replacen("The query", "The order", 1));
        Error::new(ErrorKind::Malformed, 1810, message)
    })
}

/// `path [asc|desc] {, path [asc|desc]}`; the cursor then stands behind it and the blanks that follow.
pub(super) fn order_list(cursor: &mut Cursor<'_>) -> Result<Vec<OrderTerm>, Error> {
    let mut terms = Vec::new();
    loop {
        cursor.skip_blanks();
        let path = cursor.path()?;
        cursor.skip_blanks();
        let descending = match direction(*cursor) {
            Some((descending, length)) => {
                cursor.advance(length);
                descending
            }
            None => false,
        };
        terms.push(OrderTerm { path, descending });
        if terms.len() > MOST_TERMS {
            return Err(cursor.error(format!("an order may have {MOST_TERMS} terms at most")));
        }
        cursor.skip_blanks();
        if !cursor.take(",") {
            return Ok(terms);
        }
    }
}

/// `asc` or `desc` in any case, followed by a comma, a blank or the end.
fn direction(cursor: Cursor<'_>) -> Option<(bool, usize)> {
    for (word, descending) in [("ascending", false), ("descending", true), ("asc", false), ("desc", true)] {
        let rest = cursor.rest();
        if rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && rest[word.len()..].chars().next().is_none_or(|c| c.is_whitespace() || c == ',')
        {
            return Some((descending, word.len()));
        }
    }
    None
}
