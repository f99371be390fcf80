//! How rows leave the store: pushed into a [`Sink`], borrowed from the row, in the order of the answer.

use claviger_model::Cell;
use claviger_query::{Aggregate, ComputeColumn, Field, Projection};

/// What stands at the head of an entity.
#[derive(Clone, Copy, Debug)]
pub struct EntityHead<'a> {
    /// Key parts in key order; empty for a dataclass without key.
    pub key: &'a [Cell<'a>],
    /// `__STAMP`.
    pub stamp: i64,
    /// `__TIMESTAMP`, milliseconds since 1970 UTC.
    pub timestamp: i64,
}

/// Receives the answer of a plan while the store walks the rows. Calls come in the order of the answer:
///
/// * an entity: `entity`, one call per field of its projection in order, `entity_end`;
/// * a page: `page`, entities, `page_end`;
/// * inside an entity, for a field: `cell`, `list`, `deferred_one`, `deferred_many`, or `one` (+ fields + `entity_end` when there is a
///   related entity), or `many` + entities + `many_end`;
/// * `$compute`: `aggregate` per column and computation; `$distinct`: `distinct` per value;
/// * the bytes of an image or blob: `media` once;
/// * `$queryplan` / `$querypath`: `explained` once, before `page`.
///
/// `reset` empties the sink: the store starts over (a busy database).
pub trait Sink {
    /// Forget everything: the store starts over.
    fn reset(&mut self);
    /// True when no more can be taken: the store gives up with [`StoreError::TooLarge`](crate::StoreError::TooLarge). Asked before each
    /// entity and each distinct value, so that a single answer cannot fill the memory, and after the bytes of an image or blob.
    fn is_full(&self) -> bool {
        false
    }
    /// A page begins: size of the whole selection, position of the first entity sent.
    fn page(&mut self, projection: &Projection, count: u64, first: u64);
    /// The page ends: number of entities sent.
    fn page_end(&mut self, sent: u64);
    /// An entity begins (the top one, an entity of a page, or one of an expanded 1 -> N relation).
    fn entity(&mut self, projection: &Projection, head: EntityHead<'_>);
    /// The entity that began last ends.
    fn entity_end(&mut self);
    /// [`Output::Scalar`](claviger_query::Output::Scalar), `Path` and `Media` (then `Cell::Media` or `Cell::Null`).
    fn cell(&mut self, field: &Field, cell: Cell<'_>);
    /// [`Output::List`](claviger_query::Output::List).
    fn list(&mut self, field: &Field, cells: &[Cell<'_>]);
    /// [`Output::DeferredOne`](claviger_query::Output::DeferredOne): the target's key parts, or no related entity.
    fn deferred_one(&mut self, field: &Field, key: Option<&[Cell<'_>]>);
    /// [`Output::DeferredMany`](claviger_query::Output::DeferredMany).
    fn deferred_many(&mut self, field: &Field);
    /// [`Output::ExpandedOne`](claviger_query::Output::ExpandedOne): the related entity begins, or there is none.
    fn one(&mut self, field: &Field, projection: &Projection, head: Option<EntityHead<'_>>);
    /// [`Output::ExpandedMany`](claviger_query::Output::ExpandedMany) begins: number of related entities.
    fn many(&mut self, field: &Field, projection: &Projection, count: u64);
    /// It ends: number sent.
    fn many_end(&mut self, sent: u64);
    /// One computed value.
    fn aggregate(&mut self, column: &ComputeColumn, aggregate: Aggregate, cell: Cell<'_>);
    /// One distinct value.
    fn distinct(&mut self, cell: Cell<'_>);
    /// The bytes that [`Outcome::Media`](claviger_query::Outcome::Media) asks for; `None`: null.
    fn media(&mut self, bytes: Option<&[u8]>);
    /// How many entities match each [`ExplainNode::Item`](claviger_query::ExplainNode::Item), in pre-order.
    fn explained(&mut self, found: &[u64]);
}
