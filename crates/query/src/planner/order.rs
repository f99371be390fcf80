//! `$orderby` and `order by` inside a filter (`rest-dialect.md` 9.4).

use claviger_model::{Dataclass, ValueType};

use super::context::Context;
use super::denial::malformed;
use super::path::{Purpose, Type, resolve};
use super::scope::{Arena, operand};
use crate::error::Error;
use crate::filter::{OrderTerm, Parameters, PathAsk};
use crate::plan::Order;

/// Sort terms; each attribute's reading is asked.
pub(super) fn order(
    context: Context<'_>,
    class: &Dataclass,
    terms: &[OrderTerm],
    parameters: Parameters<'_>,
    arena: &mut Arena,
) -> Result<Vec<Order>, Error> {
    terms
        .iter()
        .map(|term| {
            let path = match &term.path {
                PathAsk::Steps(steps) => resolve(context, class, steps, Purpose::Order)?,
                PathAsk::Placeholder(name) => resolve(context, class, &parameters.path(name)?, Purpose::Order)?,
            };
            let sortable = match path.ty {
                Type::Value(ty) => !matches!(ty, ValueType::Object | ValueType::Image | ValueType::Blob),
                Type::Json => true,
                Type::Related(_) | Type::Selection => false,
            };
            match arena.walk_to_one(&path)? {
                Some(scope) if sortable => Ok(Order { operand: operand(scope, &path.tail), descending: term.descending }),
                _ => Err(malformed(
                    1810,
                    "The order-by list is wrong: only values of the entity itself, or of one related entity, can be sorted by",
                )),
            }
        })
        .collect()
}
