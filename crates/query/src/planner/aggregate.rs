//! `$compute` and `$distinct` (`rest-dialect.md` 10).

use claviger_model::{Dataclass, ValueType};

use super::choice::names;
use super::computed;
use super::context::Context;
use super::denial::malformed;
use super::path::{Purpose, Resolved, Type, resolve};
use super::scope::{Arena, operand};
use crate::error::Error;
use crate::filter::Step;
use crate::plan::{Aggregate, ComputeColumn, Outcome};
use crate::predicate::ScopeId;

const ALL: [Aggregate; 5] = [Aggregate::Count, Aggregate::Sum, Aggregate::Average, Aggregate::Min, Aggregate::Max];

/// What is computed: attributes of the path list, else of `$attributes`.
pub(super) fn outcome(
    context: Context<'_>,
    class: &Dataclass,
    list: Option<&str>,
    compute: Option<&str>,
    distinct: bool,
    arena: &mut Arena,
) -> Result<Outcome, Error> {
    let single = match compute.map(str::trim) {
        None => None,
        Some(all) if all.eq_ignore_ascii_case("$all") => None,
        Some(keyword) => Some(keyword_of(keyword)?),
    };
    let mut columns = Vec::new();
    for name in list.into_iter().flat_map(names) {
        columns.push(column(context, class, name, compute.is_some().then_some(single), distinct, arena)?);
    }
    if columns.is_empty() {
        return Err(malformed(1816, "The attribute list is empty: name the attribute to compute, as in Book/price?$compute=sum."));
    }
    if compute.is_some() {
        return Ok(Outcome::Compute { columns, single, distinct });
    }
    if columns.len() > 1 {
        return Err(malformed(1817, "$distinct takes one attribute."));
    }
    Ok(Outcome::Distinct(columns.remove(0)))
}

fn keyword_of(keyword: &str) -> Result<Aggregate, Error> {
    Ok(match keyword.to_ascii_lowercase().as_str() {
        "count" => Aggregate::Count,
        "sum" => Aggregate::Sum,
        "average" => Aggregate::Average,
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        _ => return Err(malformed(1817, format!("$compute={keyword} is not known. Use count, sum, average, min, max or $all."))),
    })
}

/// `compute`: none for `$distinct` alone, else the single keyword or all.
fn column(
    context: Context<'_>,
    class: &Dataclass,
    name: &str,
    compute: Option<Option<Aggregate>>,
    distinct: bool,
    arena: &mut Arena,
) -> Result<ComputeColumn, Error> {
    let steps: Vec<Step> = name.split('.').map(|name| Step { name: name.trim().to_owned(), index: None, array: None }).collect();
    if steps.len() > crate::filter::MOST_STEPS {
        return Err(malformed(1806, "The attribute path is too long."));
    }
    let path = resolve(context, class, &steps, Purpose::Aggregate)?;
    let fitting = fitting(&path);
    computed::place(context, &path, |_| Ok(None))?;
    let Some(scope) = arena.walk_to_one(ScopeId(0), &path)? else {
        return Err(malformed(1817, format!("\"{name}\" goes over several related entities: nothing can be computed over it.")));
    };
    if distinct && !has_distinct(path.ty) {
        return Err(malformed(1817, format!("\"{name}\" has no distinct values: only scalar attributes have.")));
    }
    let aggregates = match compute {
        None => Vec::new(),
        Some(None) => fitting.to_vec(),
        Some(Some(one)) if fitting.contains(&one) => vec![one],
        Some(Some(_)) => {
            return Err(malformed(1817, format!("This computation does not fit the type of \"{name}\".")));
        }
    };
    if compute.is_some() && aggregates.is_empty() {
        return Err(malformed(1817, format!("Nothing can be computed over \"{name}\".")));
    }
    Ok(ComputeColumn { name: name.to_owned(), operand: operand(scope, &path.tail), aggregates })
}

/// Computations that fit the type, in answer order.
fn fitting(path: &Resolved) -> &'static [Aggregate] {
    match path.ty {
        Type::Json | Type::Value(ValueType::Int | ValueType::Double | ValueType::Decimal | ValueType::Duration) => &ALL,
        Type::Value(ValueType::Text | ValueType::Uuid | ValueType::Date | ValueType::Instant) => {
            &[Aggregate::Count, Aggregate::Min, Aggregate::Max]
        }
        Type::Value(ValueType::Bool | ValueType::Object | ValueType::Image | ValueType::Blob) | Type::Related(_) => &[Aggregate::Count],
        Type::Selection => &[],
    }
}

fn has_distinct(ty: Type) -> bool {
    match ty {
        Type::Value(ty) => !matches!(ty, ValueType::Object | ValueType::Image | ValueType::Blob),
        Type::Json => true,
        Type::Related(_) | Type::Selection => false,
    }
}
