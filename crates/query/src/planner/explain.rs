//! `$queryplan` and `$querypath`: the filter explained (`rest-dialect.md` 7.5).

use claviger_model::{Attribute, Dataclass, Kind};

use super::condition::Conditions;
use super::context::is_visible;
use super::path::Hop;
use super::scope::Arena;
use crate::error::Error;
use crate::filter::{Condition, Expr, PathAsk};
use crate::plan::ExplainNode;

/// The filter as a tree; each node can be counted over the entities that are selected from.
pub(super) fn explain(conditions: &Conditions<'_>, expr: &Expr, arena: &mut Arena) -> Result<ExplainNode, Error> {
    let mut each = |all: &[Expr]| all.iter().map(|one| explain(conditions, one, arena)).collect::<Result<Vec<_>, _>>();
    match expr {
        Expr::And(all) => each(all).map(ExplainNode::And),
        Expr::Or(all) => each(all).map(ExplainNode::Or),
        Expr::Not(inner) => {
            let below = vec![explain(conditions, inner, arena)?];
            Ok(ExplainNode::Item { text: "Not".to_owned(), below, predicate: conditions.predicate(expr, arena)? })
        }
        Expr::Condition(condition) => item(conditions, expr, condition, arena),
    }
}

/// A condition below a node for each relation that its path goes over.
fn item(conditions: &Conditions<'_>, expr: &Expr, condition: &Condition, arena: &mut Arena) -> Result<ExplainNode, Error> {
    let predicate = conditions.predicate(expr, arena)?;
    let path = conditions.resolve(condition)?;
    let model = conditions.context.model;
    let mut class: &Dataclass = conditions.class;
    let mut joins = Vec::new();
    for hop in &path.hops {
        let (Hop::One(at) | Hop::Many(at, _)) = hop else { continue };
        let (from, attribute) = (model.dataclass(at.class), model.attribute(*at));
        let (target, text) = match &attribute.kind {
            Kind::RelatedEntity(relation) => (relation.target, join(from, attribute, model.dataclass(relation.target))),
            Kind::RelatedEntities(relation) => {
                let target = model.dataclass(relation.target);
                (relation.target, join(target, target.attribute(relation.via), from))
            }
            Kind::Storage(_) | Kind::Alias(_) | Kind::Calculated(_) => continue,
        };
        class = model.dataclass(target);
        joins.push(format!("Join on Table : {}  :  {text}", class.name));
    }
    let text = match &condition.path {
        // The last names of the path, as they stand behind the joined dataclass.
        PathAsk::Steps(steps) if !joins.is_empty() => {
            let rest = condition
                .text
                .split_once(|c: char| c.is_whitespace() || "=<>#!%".contains(c))
                .map_or("", |(path, _)| &condition.text[path.len()..]);
            format!("{}.{}{rest}", class.name, steps.last().map_or("", |step| step.name.as_str()))
        }
        PathAsk::Steps(_) => format!("{}.{}", class.name, condition.text),
        PathAsk::Placeholder(_) => condition.text.clone(),
    };
    let mut node = ExplainNode::Item { text, below: Vec::new(), predicate: predicate.clone() };
    for text in joins.into_iter().rev() {
        node = ExplainNode::Item { text, below: vec![node], predicate: predicate.clone() };
    }
    Ok(node)
}

/// `Book.authorID = Author.ID` for an N -> 1 attribute; without the foreign key where that is hidden.
fn join(many: &Dataclass, attribute: &Attribute, one: &Dataclass) -> String {
    if let Kind::RelatedEntity(relation) = &attribute.kind
        && let ([local], [referred]) = (relation.foreign_key.as_slice(), relation.target_key.as_slice())
    {
        let (local, referred) = (many.attribute(*local), one.attribute(*referred));
        if is_visible(local) && is_visible(referred) {
            return format!("{}.{} = {}.{}", many.name, local.name, one.name, referred.name);
        }
    }
    format!("{}.{}", many.name, attribute.name)
}
