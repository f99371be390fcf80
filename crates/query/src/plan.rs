//! An authorised reading.

use std::sync::Arc;

use claviger_model::{AttrRef, ClassId, Value};

use crate::keys::KeyList;
use crate::media::Media;
use crate::predicate::{Operand, Predicate, Scope, ScopeId, Scopes, Source};
use crate::projection::Projection;
use crate::restriction::Restrictions;
use crate::set::Keep;

/// An authorised reading. No public constructor but [`crate::Ask::plan`]. It is handed on from step to step: what is large of it stays in
/// its place.
#[derive(Debug)]
pub struct Plan {
    pub(crate) selection: Box<Selection>,
    pub(crate) skip: u64,
    pub(crate) top: u64,
    pub(crate) outcome: Box<Outcome>,
    pub(crate) explain: Option<Box<Explain>>,
    pub(crate) keep: Option<Box<Keep>>,
}

/// Which entities, in which order: steps 1 to 6 of `rest-dialect.md` 9.6. Authorised like the [`Plan`] that it is part of.
#[derive(Clone, Debug)]
pub struct Selection {
    pub(crate) class: ClassId,
    pub(crate) scopes: Scopes,
    pub(crate) base: Base,
    pub(crate) filter: Option<Predicate>,
    pub(crate) order: Vec<Order>,
    pub(crate) cut: Option<(u64, u64)>,
    pub(crate) restrictions: Restrictions,
}

/// What is read from.
#[derive(Clone, PartialEq, Debug)]
pub enum Base {
    /// The whole dataclass.
    All,
    /// One entity by key: one value per key part (one `Int` for a rowid key). `None`: the key's text cannot be a key, so the entity is
    /// absent. `text` is the key as it stands in messages.
    Key {
        /// Values of the key parts.
        parts: Option<Vec<Value>>,
        /// For messages.
        text: String,
    },
    /// The first entity, in default order, whose attribute equals the value (`{dc}:{attr}({value})`).
    Unique {
        /// The attribute.
        attribute: AttrRef,
        /// Its name, for messages.
        name: String,
        /// `None`: cannot be a value of it, so the entity is absent.
        value: Option<Value>,
        /// For messages.
        text: String,
    },
    /// The entities of a set, in its order.
    Set(Arc<KeyList>),
    /// The entities that one entity is related to (`{dc}({key})/{relation}?$method=subentityset`), each once.
    Related {
        /// Dataclass of the one entity.
        from: ClassId,
        /// Its key, as for [`Base::Key`].
        parts: Option<Vec<Value>>,
        /// For messages.
        text: String,
        /// The relations walked, from it to the entities read; one at least.
        steps: Vec<AttrRef>,
    },
    /// The entities that any of these entities is related to, each once.
    RelatedToAny {
        /// Dataclass of these entities.
        from: ClassId,
        /// Which.
        keys: Arc<KeyList>,
        /// The relations walked; one at least.
        steps: Vec<AttrRef>,
    },
}

/// One sort term.
#[derive(Clone, PartialEq, Debug)]
pub struct Order {
    /// Lives in scope 0 or in `ToOne` scopes from it.
    pub operand: Operand,
    /// Null comes first ascending, last descending.
    pub descending: bool,
}

/// What the answer is.
#[derive(Debug)]
pub enum Outcome {
    /// One entity object.
    Entity(Arc<Projection>),
    /// A page: a selection object, an array, looker rows.
    Page(Arc<Projection>, PageForm),
    /// Aggregates (`$compute`).
    Compute {
        /// What of each.
        columns: Vec<ComputeColumn>,
        /// Which computation was asked for; `None` is `$all`.
        single: Option<Aggregate>,
        /// `$distinct` was asked for too: compute over the distinct values.
        distinct: bool,
    },
    /// The bytes of an image or blob of one entity (14.1, 14.2).
    Media(Media),
    /// Distinct values (`$distinct`), skip and top applied; `top` is `u64::MAX` when absent.
    Distinct(ComputeColumn),
}

/// Form of a page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PageForm {
    /// `rest-dialect.md` 5.2
    Selection,
    /// 7.6
    AsArray,
    /// 7.4
    Looker,
}

/// One attribute (or object property) to aggregate.
#[derive(Clone, PartialEq, Debug)]
pub struct ComputeColumn {
    /// Name in the answer, as written.
    pub name: String,
    /// Lives in scope 0 or in `ToOne` scopes from it.
    pub operand: Operand,
    /// Computations that fit the type and were asked for, in answer order.
    pub aggregates: Vec<Aggregate>,
}

/// A computation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the keywords of rest-dialect.md 10.1")]
pub enum Aggregate {
    Count,
    Sum,
    Average,
    Min,
    Max,
}

/// `$queryplan`, `$querypath` (`rest-dialect.md` 7.5).
#[derive(Clone, Debug)]
pub struct Explain {
    /// `$queryplan=true`.
    pub plan: bool,
    /// `$querypath=true`.
    pub path: bool,
    /// The filter as a tree.
    pub root: ExplainNode,
}

/// A node of the explained filter.
#[derive(Clone, Debug)]
pub enum ExplainNode {
    /// `{"And": […]}`
    And(Vec<ExplainNode>),
    /// `{"Or": […]}`
    Or(Vec<ExplainNode>),
    /// A condition, or a join with what is asked below it.
    Item {
        /// `Book.price > 10`, `Join on Table : Author  :  Book.authorID = Author.ID`
        text: String,
        /// The same in parts.
        detail: ExplainDetail,
        /// Conditions on the joined dataclass.
        below: Vec<ExplainNode>,
        /// The same condition as a predicate over the plan's root, so that the matches can be counted.
        predicate: Predicate,
    },
}

/// An item in parts, for the extended forms.
#[derive(Clone, PartialEq, Debug)]
pub enum ExplainDetail {
    /// The opposite of what is below.
    Not,
    /// A step over a relation.
    Join {
        /// Dataclass that the relation leads to.
        target: String,
        /// Class index (`books{2}`), 0 without.
        instance: i64,
        /// `Book.authorID = Author.ID`
        path: String,
    },
    /// A comparison.
    Condition {
        /// Dataclass that has the attribute.
        table: String,
        /// Class index of the way to it, 0 without.
        instance: i64,
        /// The attribute, with the way into its object.
        field: String,
        /// `=`, `begin`
        oper: &'static str,
        /// As it was sent, placeholders filled in.
        value: serde_json::Value,
    },
}

impl Plan {
    /// Which entities, in which order.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Dataclass that is read.
    pub fn class(&self) -> ClassId {
        self.selection.class
    }

    /// Scopes of filter, order and aggregates.
    pub fn scopes(&self) -> &Scopes {
        &self.selection.scopes
    }

    /// What is read from.
    pub fn base(&self) -> &Base {
        &self.selection.base
    }

    /// `$filter`.
    pub fn filter(&self) -> Option<&Predicate> {
        self.selection.filter.as_ref()
    }

    /// Sort terms; empty means the order of the set where one is read, creation order where the store can give it, else key order. Ties are
    /// broken by key, by the store.
    pub fn order(&self) -> &[Order] {
        &self.selection.order
    }

    /// `$skip`.
    pub fn skip(&self) -> u64 {
        self.skip
    }

    /// Number of entities to send at most.
    pub fn top(&self) -> u64 {
        self.top
    }

    /// What the answer is.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// `$queryplan` / `$querypath`, when asked for together with a filter.
    pub fn explain(&self) -> Option<&Explain> {
        self.explain.as_deref()
    }
}

impl Selection {
    /// All entities of a base, in its order.
    pub(crate) fn of(class: ClassId, base: Base) -> Self {
        let root = Scope { parent: ScopeId(0), source: Source::Root(class) };
        Self { class, scopes: Scopes(vec![root]), base, filter: None, order: Vec::new(), cut: None, restrictions: Restrictions::default() }
    }

    /// Dataclass of the entities.
    pub fn class(&self) -> ClassId {
        self.class
    }

    /// Scopes of filter and order.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// What is selected from.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// Condition, if any.
    pub fn filter(&self) -> Option<&Predicate> {
        self.filter.as_ref()
    }

    /// Sort terms, as for [`Plan::order`].
    pub fn order(&self) -> &[Order] {
        &self.order
    }

    /// The same for somebody who wants only the keys of so many of its entities, from a place on.
    #[must_use]
    pub fn cut(self, skip: u64, top: u64) -> Self {
        Self { cut: Some((skip, top)), ..self }
    }

    /// Which keys of all are wanted: from a place on, so many at most. Means nothing where entities are read.
    pub fn wanted(&self) -> (u64, u64) {
        self.cut.unwrap_or((0, u64::MAX))
    }

    /// An order was asked for.
    pub fn is_sorted(&self) -> bool {
        !self.order.is_empty()
    }
}
