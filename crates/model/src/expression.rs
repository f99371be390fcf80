//! Expressions of calculated attributes (`"sql"`, `data-model.md` 3.5): parsed over attribute names, never SQL text.

use crate::model::AttrId;

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
