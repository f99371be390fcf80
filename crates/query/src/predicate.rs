//! Filters with names resolved: three-valued logic over scopes (`rest-dialect.md` 9.2).
//!
//! A *scope* is one row (or one array element) that a condition speaks of. Scope 0 is the entity that is selected. An N -> 1 step
//! opens a [`Source::ToOne`] scope (an outer join: no related entity makes all its attributes null); a 1 -> N step or an array
//! opens a scope that exists only inside a [`Predicate::Exists`] or [`Predicate::ForAll`] that binds it.

use claviger_model::{AttrRef, ClassId, Value};

/// Index into [`Scopes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ScopeId(pub u16);

/// All scopes of one plan; a parent stands before its children.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scopes(pub(crate) Vec<Scope>);

/// One row or element that conditions speak of.
#[derive(Clone, PartialEq, Debug)]
pub struct Scope {
    /// The scope it starts from; itself for the root.
    pub parent: ScopeId,
    /// What it is.
    pub source: Source,
}

/// Where a scope's rows come from.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// The entity selected.
    Root(ClassId),
    /// The related entity of an N -> 1 attribute, or a row of nulls.
    ToOne(AttrRef),
    /// The related entities of a 1 -> N attribute.
    ToMany(AttrRef),
    /// The elements of the array found under this operand (a JSON array in an object attribute or in an outer element).
    Elements(Operand),
}

/// Something that has a value in a scope.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// A storage or calculated attribute, or an N -> 1 attribute (its key: null test and equality only).
    Attribute(ScopeId, AttrRef),
    /// A property inside an object attribute: the steps are member names; `length` of an array as last step is a [`Operand::Length`].
    Json(ScopeId, AttrRef, Vec<String>),
    /// A property inside an array element (no step: the element itself).
    Element(ScopeId, Vec<String>),
    /// Number of elements of the array under the operand.
    Length(Box<Operand>),
}

/// Order comparisons; text compares by fold, then nothing (equality of folds is equality).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "comparison operators")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A text pattern, already folded: literal parts with "any run of characters" between each two. `["slow", ""]` is `Slow@`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern(pub(crate) Vec<String>);

/// A condition in three-valued logic.
#[derive(Clone, PartialEq, Debug)]
pub enum Predicate {
    /// All of them; empty is true.
    And(Vec<Predicate>),
    /// One of them; empty is false.
    Or(Vec<Predicate>),
    /// Unknown stays unknown.
    Not(Box<Predicate>),
    /// Comparison with a value that is not null, of the operand's type; unknown when the operand is null. For [`Operand::Json`] and
    /// [`Operand::Element`] the value's own type decides: a stored value of another JSON type is unequal (and unknown for order).
    /// Text is compared by fold; the value is given unfolded.
    Compare(Operand, Comparison, Value),
    /// Text matches the pattern by fold; unknown when null. On other types than text only where the planner turned the value to text.
    Match(Operand, Pattern),
    /// Text contains the whole word(s), by fold (`%`); the word is given folded.
    Keyword(Operand, String),
    /// Equal to one of the values (none of them null); unknown when the operand is null.
    In(Operand, Vec<Value>),
    /// No value, property absent, no related entity: never unknown.
    IsNull(Operand),
    /// At least one row of the scope makes the body true; unknown only for the elements of an array that is not there.
    Exists(ScopeId, Box<Predicate>),
    /// The array is there and every element makes the body true; unknown when the array is absent.
    ForAll(ScopeId, Box<Predicate>),
}

impl Scopes {
    /// All of them; [`ScopeId`] is the index.
    pub fn all(&self) -> &[Scope] {
        &self.0
    }

    /// One of them.
    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.0[usize::from(id.0)]
    }
}

impl Pattern {
    /// Folded literal parts; at least two (a pattern without wildcard is a comparison).
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// The fixed beginning when the pattern is `beginning@`.
    pub fn as_prefix(&self) -> Option<&str> {
        match self.0.as_slice() {
            [start, end] if end.is_empty() => Some(start),
            _ => None,
        }
    }
}

impl Operand {
    /// Scope that it lives in.
    pub fn scope(&self) -> ScopeId {
        match self {
            Self::Attribute(scope, _) | Self::Json(scope, _, _) | Self::Element(scope, _) => *scope,
            Self::Length(of) => of.scope(),
        }
    }
}
