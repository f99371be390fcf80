//! What a filter says, as written.

/// A whole filter.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Query {
    /// Absent when the text is empty or only an order.
    pub(crate) condition: Option<Expr>,
    /// `order by …` inside the filter.
    pub(crate) order: Vec<OrderTerm>,
}

/// A condition or a combination of conditions. `a except b` has become `a and not b`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Condition(Condition),
}

/// `path comparator value`
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Condition {
    pub(crate) path: PathExpr,
    pub(crate) operator: Operator,
    pub(crate) value: Literal,
    /// Where it begins, characters from 1, for messages.
    pub(crate) position: usize,
    /// As written, for `$queryplan`.
    pub(crate) text: String,
}

/// What is compared.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum PathExpr {
    Steps(Vec<Step>),
    /// `:1`: the parameter gives the path.
    Placeholder(String),
}

/// One step of a path.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// `books{2}`: the class index. 1 is what a step without index has.
    pub(crate) index: Option<i64>,
    /// `tags[]` is `Some(None)`, `tags[a]` is `Some(Some('a'))` in lower case.
    pub(crate) element: Option<Option<char>>,
}

impl Step {
    /// A plain name.
    pub(crate) fn plain(name: impl Into<String>) -> Self {
        Self { name: name.into(), index: None, element: None }
    }
}

/// Comparators; the spellings are told apart only where they mean something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operator {
    /// `=`, `==`: wildcards count.
    Equal,
    /// `===`, `is`: `@` is an ordinary character.
    Same,
    /// `#`, `!=`
    NotEqual,
    /// `!==`, `is not`
    NotSame,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Begin,
    /// `%`
    Keyword,
}

/// A value as written.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Literal {
    /// The word `null`.
    Null,
    /// Unquoted text: a number, `true`, a date, or just text; the compared attribute decides.
    Bare(String),
    /// Text between quotes.
    Quoted(String),
    /// `:1`, `:who`
    Placeholder(String),
    /// After `in`.
    List(Vec<Literal>),
}

/// One term of an order.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct OrderTerm {
    pub(crate) path: PathExpr,
    pub(crate) descending: bool,
}
