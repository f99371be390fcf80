//! Expressions of calculated attributes (`"sql"`, `data-model.md` 3.5): parsed over attribute names, never SQL text.

mod parse;

use crate::model::AttrId;

pub use parse::{ExpressionError, parse};

/// A parsed expression over storage attributes (and other calculated attributes, expanded) of one dataclass.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// An attribute of the same dataclass, storage kind.
    Attribute(AttrId),
    /// Text literal.
    Text(String),
    /// Number literal, as written (decimal digits, optional point and exponent).
    Number(String),
    /// Null.
    Null,
    /// True or false.
    Bool(bool),
    /// `-x`, `not x`.
    Unary(Unary, Box<Expression>),
    /// `a + b`, `a || b`, `a = b`, ...
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// A function of the fixed list.
    Call(Function, Vec<Expression>),
    /// `case when c then v ... [else v] end`.
    Case(Vec<(Expression, Expression)>, Option<Box<Expression>>),
    /// `x is [not] null`.
    IsNull(Box<Expression>, bool),
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named like the operators")]
pub enum Unary {
    Negate,
    Not,
}

/// Binary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named like the operators")]
pub enum Binary {
    Concat,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

/// The functions an expression may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named like the SQL functions")]
pub enum Function {
    Upper,
    Lower,
    Length,
    Trim,
    Substr,
    Replace,
    Round,
    Abs,
    Coalesce,
    NullIf,
    Min,
    Max,
}

impl Expression {
    /// The storage attributes that it reads, each once.
    pub fn attributes(&self) -> Vec<AttrId> {
        let mut found = Vec::new();
        self.visit(&mut |id| {
            if !found.contains(&id) {
                found.push(id);
            }
        });
        found
    }

    /// Number of nodes.
    pub fn size(&self) -> usize {
        1 + match self {
            Self::Attribute(_) | Self::Text(_) | Self::Number(_) | Self::Null | Self::Bool(_) => 0,
            Self::Unary(_, inner) | Self::IsNull(inner, _) => inner.size(),
            Self::Binary(_, left, right) => left.size() + right.size(),
            Self::Call(_, arguments) => arguments.iter().map(Self::size).sum(),
            Self::Case(branches, otherwise) => {
                branches.iter().map(|(condition, result)| condition.size() + result.size()).sum::<usize>()
                    + otherwise.as_ref().map_or(0, |otherwise| otherwise.size())
            }
        }
    }

    fn visit(&self, see: &mut impl FnMut(AttrId)) {
        match self {
            Self::Attribute(id) => see(*id),
            Self::Text(_) | Self::Number(_) | Self::Null | Self::Bool(_) => {}
            Self::Unary(_, inner) | Self::IsNull(inner, _) => inner.visit(see),
            Self::Binary(_, left, right) => {
                left.visit(see);
                right.visit(see);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.visit(see)),
            Self::Case(branches, otherwise) => {
                for (condition, result) in branches {
                    condition.visit(see);
                    result.visit(see);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.visit(see);
                }
            }
        }
    }
}

impl Function {
    /// Every function with its name and the least and greatest number of its arguments. `min` and `max` of one argument would be aggregates.
    pub const ALL: [(Self, &'static str, usize, usize); 12] = [
        (Self::Upper, "upper", 1, 1),
        (Self::Lower, "lower", 1, 1),
        (Self::Length, "length", 1, 1),
        (Self::Trim, "trim", 1, 1),
        (Self::Substr, "substr", 2, 3),
        (Self::Replace, "replace", 3, 3),
        (Self::Round, "round", 1, 2),
        (Self::Abs, "abs", 1, 1),
        (Self::Coalesce, "coalesce", 2, 16),
        (Self::NullIf, "nullif", 2, 2),
        (Self::Min, "min", 2, 16),
        (Self::Max, "max", 2, 16),
    ];
}
