//! `$orderby` and `order by` inside a filter (`rest-dialect.md` 9.4).

use claviger_model::{AttrRef, Dataclass, ValueType};

use super::computed::{self, Place, deeper};
use super::context::Context;
use super::denial::malformed;
use super::path::{Purpose, Type, resolve};
use super::scope::{Arena, operand};
use crate::error::Error;
use crate::filter::{OrderTerm, Parameters, PathAsk, parse_order};
use crate::need::Need;
use crate::plan::Order;
use crate::predicate::ScopeId;

/// Sort terms; each attribute's reading is asked.
pub(super) fn order(
    context: Context<'_>,
    class: &Dataclass,
    terms: &[OrderTerm],
    parameters: Parameters<'_>,
    arena: &mut Arena,
) -> Result<Vec<Order>, Error> {
    let mut order = Vec::with_capacity(terms.len());
    add(context, class, terms, parameters, ScopeId(0), 0, arena, &mut order)?;
    Ok(order)
}

/// The terms for the row `root` of a dataclass, below `depth` texts of the operator's code.
fn add(
    context: Context<'_>,
    class: &Dataclass,
    terms: &[OrderTerm],
    parameters: Parameters<'_>,
    root: ScopeId,
    depth: u8,
    arena: &mut Arena,
    order: &mut Vec<Order>,
) -> Result<(), Error> {
    for term in terms {
        let path = match &term.path {
            PathAsk::Steps(steps) => resolve(context, class, steps, Purpose::Order)?,
            PathAsk::Placeholder(name) => resolve(context, class, &parameters.path(name)?, Purpose::Order)?,
        };
        let sortable = match path.ty {
            Type::Value(ty) => !matches!(ty, ValueType::Object | ValueType::Image | ValueType::Blob),
            Type::Json => true,
            Type::Related(_) | Type::Selection => false,
        };
        let Some(scope) = arena.walk_to_one(root, &path)?.filter(|_| sortable) else {
            return Err(malformed(
                1810,
                "The order-by list is wrong: only values of the entity itself, or of one related entity, can be sorted by",
            ));
        };
        let need = |attribute: AttrRef| {
            let says = context.attribute_at(attribute).getter().is_some_and(|getter| getter.order_by);
            Ok(says.then_some(Need::Order { attribute, descending: term.descending }))
        };
        match (computed::place(context, &path, need)?, path.computed) {
            (Some(Place::Said(said)), Some(at)) => {
                let (context_of_code, class) = (context.of_code(), context.dataclass(at.class));
                let added = deeper(depth).and_then(|depth| {
                    let terms = parse_order(&said.text)?;
                    let parameters = Parameters::of(said.parameters.as_ref());
                    add(context_of_code, class, &terms, parameters, scope, depth, arena, order)
                });
                added.map_err(|error| computed::wrong(context, at, "orderBy", error))?;
            }
            (Some(Place::Unknown), _) => {}
            _ => order.push(Order { operand: operand(scope, &path.tail), descending: term.descending }),
        }
    }
    Ok(())
}
