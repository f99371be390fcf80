//! `$queryplan` and `$querypath`: the filter explained (`rest-dialect.md` 7.5).

use claviger_model::{Attribute, Dataclass, Kind, Model};
use serde_json::Value as Json;

use super::condition::Conditions;
use super::context::Context;
use super::path::{Hop, Resolved, Tail};
use super::scope::Arena;
use crate::error::Error;
use crate::filter::{Condition, Expr, Literal, PathAsk};
use crate::plan::{ExplainDetail, ExplainNode};

/// The filter as a tree; each node can be counted over the entities that are selected from.
pub(super) fn explain(conditions: &Conditions<'_>, expr: &Expr, arena: &mut Arena) -> Result<ExplainNode, Error> {
    let mut each = |all: &[Expr]| all.iter().map(|one| explain(conditions, one, arena)).collect::<Result<Vec<_>, _>>();
    match expr {
        Expr::And(all) => each(all).map(ExplainNode::And),
        Expr::Or(all) => each(all).map(ExplainNode::Or),
        Expr::Not(inner) => {
            let below = vec![explain(conditions, inner, arena)?];
            Ok(ExplainNode::Item {
                text: "Not".to_owned(),
                detail: ExplainDetail::Not,
                below,
                predicate: conditions.predicate(expr, arena)?,
            })
        }
        Expr::Condition(condition) => item(conditions, expr, condition, arena),
    }
}

/// A condition below a node for each relation that its path goes over.
fn item(conditions: &Conditions<'_>, expr: &Expr, condition: &Condition, arena: &mut Arena) -> Result<ExplainNode, Error> {
    let predicate = conditions.predicate(expr, arena)?;
    let path = conditions.resolve(condition)?;
    let model = conditions.context.model;
    let instance = match &condition.path {
        PathAsk::Steps(steps) => steps.iter().rev().find_map(|step| step.index).unwrap_or(0),
        PathAsk::Placeholder(_) => 0,
    };
    let mut class: &Dataclass = conditions.class;
    let mut joins = Vec::new();
    for hop in &path.hops {
        let (Hop::One(at) | Hop::Many(at, _)) = hop else { continue };
        let (from, attribute) = (model.dataclass(at.class), model.attribute(*at));
        let (target, path) = match &attribute.kind {
            Kind::RelatedEntity(relation) => (relation.target, join(conditions.context, from, attribute, model.dataclass(relation.target))),
            Kind::RelatedEntities(relation) => {
                let target = model.dataclass(relation.target);
                (relation.target, join(conditions.context, target, target.attribute(relation.via), from))
            }
            Kind::Storage(_) | Kind::Alias(_) | Kind::Calculated(_) => continue,
        };
        class = model.dataclass(target);
        joins.push(ExplainDetail::Join { target: class.name.clone(), instance, path });
    }
    let field = field(model, &path);
    let comparison = match &condition.path {
        PathAsk::Steps(_) => {
            let text = &condition.text;
            text.find(|c: char| c.is_whitespace() || "=<>#!%".contains(c)).map_or("", |end| &text[end..])
        }
        PathAsk::Placeholder(name) => condition.text.strip_prefix(&format!(":{name}")).unwrap_or(&condition.text),
    };
    let text = format!("{}.{field}{comparison}", class.name);
    let detail = ExplainDetail::Condition {
        table: class.name.clone(),
        instance,
        field,
        oper: condition.comparator.symbol(),
        value: value(conditions, &condition.value),
    };
    let mut node = ExplainNode::Item { text, detail, below: Vec::new(), predicate: predicate.clone() };
    for detail in joins.into_iter().rev() {
        let ExplainDetail::Join { target, path, .. } = &detail else { continue };
        let text = format!("Join on Table : {target}  :  {path}");
        node = ExplainNode::Item { text, detail, below: vec![node], predicate: predicate.clone() };
    }
    Ok(node)
}

/// The attribute at the end of a path, with the way into its object: `fullName`, `profile.tags[a].name`.
fn field(model: &Model, path: &Resolved) -> String {
    let mut before = String::new();
    let mut last_relation = None;
    for hop in &path.hops {
        match hop {
            Hop::One(at) | Hop::Many(at, _) => last_relation = Some(*at),
            Hop::Elements(array, letter) => {
                let letter = letter.map(|letter| char::from(letter).to_string()).unwrap_or_default();
                before = format!("{}[{letter}]", tail(model, array, &before));
            }
        }
    }
    match (&path.tail, last_relation) {
        // "Is there any" is asked of the relation itself.
        (Tail::Selection, Some(at)) => model.attribute(at).name.clone(),
        (other, _) => tail(model, other, &before),
    }
}

fn tail(model: &Model, tail_of: &Tail, before: &str) -> String {
    let with = |first: &str, names: &[String]| {
        let mut text = first.to_owned();
        for name in names {
            text.push('.');
            text.push_str(name);
        }
        text
    };
    match tail_of {
        Tail::Attribute(at) => model.attribute(*at).name.clone(),
        Tail::Json(at, names) => with(&model.attribute(*at).name, names),
        Tail::Element(names) => with(before, names),
        Tail::Length(of) => format!("{}.length", tail(model, of, before)),
        Tail::Selection => String::new(),
    }
}

/// The value as it was sent.
fn value(conditions: &Conditions<'_>, literal: &Literal) -> Json {
    match literal {
        Literal::Null => Json::Null,
        Literal::Quoted(text) => Json::from(text.as_str()),
        Literal::Bare(text) => match serde_json::from_str::<Json>(text) {
            Ok(scalar @ (Json::Number(_) | Json::Bool(_))) => scalar,
            _ => Json::from(text.as_str()),
        },
        Literal::Placeholder(name) => conditions.parameters.value(name).cloned().unwrap_or_default(),
        Literal::List(items) => items.iter().map(|item| value(conditions, item)).collect(),
    }
}

/// `Book.authorID = Author.ID` for an N -> 1 attribute; without the foreign key where that is hidden.
fn join(context: Context<'_>, many: &Dataclass, attribute: &Attribute, one: &Dataclass) -> String {
    if let Kind::RelatedEntity(relation) = &attribute.kind
        && let ([local], [referred]) = (relation.foreign_key.as_slice(), relation.target_key.as_slice())
    {
        let (local, referred) = (many.attribute(*local), one.attribute(*referred));
        if context.is_visible(local) && context.is_visible(referred) {
            return format!("{}.{} = {}.{}", many.name, local.name, one.name, referred.name);
        }
    }
    format!("{}.{}", many.name, attribute.name)
}
