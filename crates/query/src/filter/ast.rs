//! The tree of a filter, names as written.

/// A whole query: an optional condition, an optional order.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Query {
    pub(crate) condition: Option<Expr>,
    pub(crate) order: Vec<OrderTerm>,
}

/// Conditions joined by logic.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Condition(Condition),
}

/// `path comparator value`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Condition {
    pub(crate) path: PathAsk,
    pub(crate) comparator: Comparator,
    pub(crate) value: Literal,
    /// Where it begins, in characters from 1.
    pub(crate) at: usize,
    /// As written, for explanations.
    pub(crate) text: String,
}

/// Left side of a condition.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum PathAsk {
    /// `author.fullName`
    Steps(Vec<Step>),
    /// `:1`, `:att`: the parameter names the path.
    Placeholder(String),
}

/// One step of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// `{2}`
    pub(crate) index: Option<i64>,
    /// `[]`, `[a]`
    pub(crate) array: Option<ArrayMark>,
}

/// What stands in the brackets of a step.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ArrayMark {
    /// `[]`
    Any,
    /// `[a]`, in lower case.
    Letter(u8),
}

/// Comparators, synonyms folded together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparator {
    /// `=`, `==`: wildcards count.
    Equal,
    /// `===`, `is`: `@` is an ordinary character.
    Identical,
    /// `#`, `!=`
    Different,
    /// `!==`, `is not`
    NotIdentical,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Begin,
    /// `%`
    Keyword,
}

/// Right side of a condition.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Literal {
    Null,
    /// Without quotes, trimmed: its form decides what it is against JSON.
    Bare(String),
    Quoted(String),
    /// `:1`, `:who`
    Placeholder(String),
    /// After `in`.
    List(Vec<Literal>),
}

/// One term of an order list.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct OrderTerm {
    pub(crate) path: PathAsk,
    pub(crate) descending: bool,
}

impl Comparator {
    /// For explanations.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Identical => "===",
            Self::Different => "!=",
            Self::NotIdentical => "!==",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Begin => "begin",
            Self::Keyword => "%",
        }
    }

    /// `=`, `!=` and their kin.
    pub(crate) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::Identical | Self::Different | Self::NotIdentical)
    }

    /// `!=`, `!==` and their kin.
    pub(crate) fn is_different(self) -> bool {
        matches!(self, Self::Different | Self::NotIdentical)
    }
}
