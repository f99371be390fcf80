//! The filter language (`rest-dialect.md` 9.2): text becomes a tree of conditions, names not yet looked up.
//!
//! [`parse`] reads a whole `$filter`, [`parse_order`] an `$orderby`. Both are bounded in length, depth and number of conditions, so that
//! hostile text costs little and cannot overflow the stack.

mod ast;
mod cursor;
mod parser;
#[cfg(test)]
mod tests;

pub(crate) use ast::{Condition, Expr, Literal, Operator, OrderTerm, PathExpr, Query, Step};
pub(crate) use parser::{parse, parse_order};

/// Longest text of a filter, bytes.
pub(crate) const MAX_LENGTH: usize = 64 * 1024;
/// Deepest nesting of parentheses and `not`.
pub(crate) const MAX_DEPTH: usize = 64;
/// Most conditions in one filter.
pub(crate) const MAX_CONDITIONS: usize = 500;
