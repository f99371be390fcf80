//! Plans of reading: one entity, a page, aggregates (`rest-dialect.md` 6, 9, 10).

use claviger_access::Action;
use claviger_model::{Dataclass, Kind, ValueType};

use super::condition::Conditions;
use super::context::Context;
use super::denial::{self, malformed};
use super::scope::Arena;
use super::{Planning, aggregate, explain, key, order};
use crate::ask::Request;
use crate::error::Error;
use crate::filter::{self, OrderTerm, Parameters, Query};
use crate::plan::{Base, Explain, Outcome, PageForm, Plan, Selection};
use crate::predicate::Predicate;
use crate::url::{Pick, Target};

impl<'a> Planning<'a> {
    pub(super) fn read(self, class: &'a Dataclass, target: &'a Target) -> Result<Request, Error> {
        self.context.ask_dataclass(class, Action::Read)?;
        if let Some(pick) = &target.pick {
            return self.entity(class, target, pick).map(Request::Read);
        }
        let plan = self.page(class, target)?;
        self.read_over(class, target, plan)
    }

    fn entity(self, class: &'a Dataclass, target: &'a Target, pick: &Pick) -> Result<Plan, Error> {
        let parameters = &self.ask.parameters;
        if parameters.compute.is_some() || parameters.distinct {
            return Err(malformed(1813, "$compute and $distinct are not applicable to one entity."));
        }
        let base = match pick {
            Pick::Key(text) => key::base(class, text),
            Pick::Unique { attribute, value } => self.unique(class, attribute, value)?,
        };
        let outcome = match self.media(class, target)? {
            Some(media) => Outcome::Media(media),
            None => Outcome::Entity(self.projection(class, target, PageForm::Selection)?),
        };
        Ok(Plan {
            selection: Box::new(Selection::of(class.id, base)),
            skip: 0,
            top: 1,
            outcome: Box::new(outcome),
            explain: None,
            keep: None,
        })
    }

    /// `{dc}:{attr}({value})` (6.3).
    pub(super) fn unique(self, class: &'a Dataclass, name: &str, text: &str) -> Result<Base, Error> {
        let mut attribute = self.context.visible(class, name).ok_or_else(|| denial::not_in_list(class, name))?;
        self.context.ask_read(class, attribute)?;
        if let Kind::Alias(alias) = &attribute.kind
            && let [only] = alias.steps.as_slice()
        {
            attribute = self.context.attribute_at(*only);
        }
        let usable = key::type_of(attribute).filter(|(ty, _)| !matches!(ty, ValueType::Object | ValueType::Image | ValueType::Blob));
        if usable.is_none() {
            return Err(denial::not_in_list(class, name));
        }
        if attribute.getter().is_some() {
            self.context.outside.touch_values(class.at(attribute.id));
        }
        let value = key::value_of_text(attribute, text);
        Ok(Base::Unique { attribute: class.at(attribute.id), name: attribute.name.clone(), value, text: text.to_owned() })
    }

    fn page(self, class: &'a Dataclass, target: &'a Target) -> Result<Plan, Error> {
        let parameters = &self.ask.parameters;
        let mut arena = Arena::new(class);
        let aggregates = parameters.compute.is_some() || parameters.distinct;
        let query = self.query()?;
        let given = Parameters::of(parameters.params.as_ref());
        let conditions = Conditions::new(self.context, class, given);
        let filter = query.condition.as_ref().map(|expr| conditions.predicate(expr, &mut arena)).transpose()?;
        // Aggregates have no order (9.7); the order of the filter counts when there is no other (9.4).
        let order = if aggregates { Vec::new() } else { order_terms(parameters.order_by.as_deref(), query.order)? };
        let order = order::order(self.context, class, &order, given, &mut arena)?;
        let outcome = if aggregates {
            let list = target.list.as_deref().or(parameters.attributes.as_deref());
            aggregate::outcome(self.context, class, list, parameters.compute.as_deref(), parameters.distinct, &mut arena)?
        } else {
            let form = self.form()?;
            Outcome::Page(self.projection(class, target, form)?, form)
        };
        let explain = match (&query.condition, &outcome) {
            (Some(expr), Outcome::Page(..)) if parameters.query_plan || parameters.query_path => {
                let root = explain::explain(&conditions, expr, &mut arena)?;
                Some(Explain { plan: parameters.query_plan, path: parameters.query_path, root })
            }
            _ => None,
        };
        let (skip, top) = match &outcome {
            Outcome::Distinct(_) => (parameters.skip.unwrap_or(0), parameters.top.unwrap_or(u64::MAX)),
            Outcome::Compute { .. } => (0, u64::MAX),
            _ => (parameters.skip.unwrap_or(0), self.top(class)),
        };
        let keep = self.keep(class, target, &outcome)?;
        let selection = Selection { scopes: arena.finish(), filter, order, ..Selection::of(class.id, Base::All) };
        Ok(Plan { selection: Box::new(selection), skip, top, outcome: Box::new(outcome), explain: explain.map(Box::new), keep })
    }

    /// All entities that a filter finds, in an order: the texts of `$filter` and `$orderby`, or of what stands for them.
    pub(super) fn selection_of(self, class: &'a Dataclass, filter: Option<&str>, order: Option<&str>) -> Result<Selection, Error> {
        let given = Parameters::of(self.ask.parameters.params.as_ref());
        narrowed(self.context, Selection::of(class.id, Base::All), filter, order, given)
    }

    /// `$filter` as a tree.
    pub(super) fn query(self) -> Result<Query, Error> {
        self.ask.parameters.filter.as_deref().map_or_else(|| Ok(Query::default()), filter::parse)
    }

    pub(super) fn top(self, class: &Dataclass) -> u64 {
        self.ask.parameters.top.unwrap_or(u64::from(class.default_top_size)).min(self.context.options.max_top)
    }

    /// `$format` beats `$asArray` (R19).
    pub(super) fn form(self) -> Result<PageForm, Error> {
        let parameters = &self.ask.parameters;
        match parameters.format.as_deref().map(str::trim) {
            Some(format) if format.eq_ignore_ascii_case("looker") => Ok(PageForm::Looker),
            Some("") | None => Ok(if parameters.as_array { PageForm::AsArray } else { PageForm::Selection }),
            Some(format) if format.eq_ignore_ascii_case("json") => {
                Ok(if parameters.as_array { PageForm::AsArray } else { PageForm::Selection })
            }
            Some(format) => Err(malformed(1801, format!("$format={format} is not known. Use json or looker."))),
        }
    }
}

/// The entities of a selection that a filter finds, in an order; in the selection's own where none is given.
pub(super) fn narrowed(
    context: Context<'_>,
    selection: Selection,
    filter: Option<&str>,
    order: Option<&str>,
    given: Parameters<'_>,
) -> Result<Selection, Error> {
    let class = context.dataclass(selection.class);
    let mut arena = Arena::of(selection.scopes);
    let query = filter.map_or_else(|| Ok(Query::default()), filter::parse)?;
    let conditions = Conditions::new(context, class, given);
    let more = query.condition.as_ref().map(|expr| conditions.predicate(expr, &mut arena)).transpose()?;
    let filter = match (selection.filter, more) {
        (Some(before), Some(more)) => Some(Predicate::And(vec![before, more])),
        (before, more) => before.or(more),
    };
    let anew = order::order(context, class, &order_terms(order, query.order)?, given, &mut arena)?;
    let order = if anew.is_empty() { selection.order } else { anew };
    Ok(Selection { scopes: arena.finish(), filter, order, ..selection })
}

/// An order given beats one inside the filter (9.4).
fn order_terms(given: Option<&str>, inside: Vec<OrderTerm>) -> Result<Vec<OrderTerm>, Error> {
    match given.map(filter::parse_order).transpose()? {
        Some(terms) if !terms.is_empty() => Ok(terms),
        _ => Ok(inside),
    }
}
