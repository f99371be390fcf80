//! The filter language as written (`rest-dialect.md` 9.2): text becomes a tree; names are not looked up here.

mod ast;
mod cursor;
mod order;
mod parameters;
mod parser;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use ast::{ArrayMark, Comparator, Condition, Expr, Literal, OrderTerm, PathAsk, Query, Step};
pub(crate) use order::parse_order;
pub(crate) use parameters::{Parameters, wrong_type};
pub(crate) use parser::parse;

use crate::error::{Error, ErrorKind};

/// Longest filter text, in bytes.
const LONGEST: usize = 64 * 1024;
/// Deepest nesting of parentheses and `not`.
const DEEPEST: usize = 64;
/// Most conditions in one filter.
const MOST_CONDITIONS: usize = 256;
/// Most steps of a path.
pub(crate) const MOST_STEPS: usize = 32;

/// A text that is no query; `at` counts characters from 1.
fn syntax(at: usize, message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Malformed, 1201, format!("The query cannot be analysed at character {at}: {message}"))
}
