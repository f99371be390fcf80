//! Requests about entity sets: what is laid over a set, what is stored as one, what is given up (`rest-dialect.md` 11).

use claviger_access::Action;
use claviger_model::{AttrRef, Dataclass, Key, Kind};
use serde_json::Value as Json;

use super::denial::{self, malformed};
use super::{Planning, choice, delete, key};
use crate::ask::{Body, Request, Verb};
use crate::change::Delete;
use crate::error::Error;
use crate::keys::SetOperator;
use crate::plan::{Base, Outcome, PageForm, Plan, Selection};
use crate::set::{self, Combine, Keep, OverSet, Release, Then};
use crate::url::{KeyText, Method, Parameters, Target, seconds};

impl<'a> Planning<'a> {
    /// What is read, as a request: over the set that the path names, or as it is.
    pub(super) fn read_over(self, class: &'a Dataclass, target: &Target, plan: Plan) -> Result<Request, Error> {
        match &target.set {
            None => Ok(Request::Read(plan)),
            Some(id) => self.over_set(class, id, Then::Read(plan)),
        }
    }

    /// The same for a deletion.
    pub(super) fn delete_over(self, class: &'a Dataclass, id: &str, delete: Delete) -> Result<Request, Error> {
        self.over_set(class, id, Then::Delete(delete))
    }

    /// `{dc}/$entityset/{id}?$method=release`.
    pub(super) fn release_one(self, class: &'a Dataclass, target: &Target) -> Result<Request, Error> {
        self.context.ask_dataclass(class, Action::Read)?;
        let Some(id) = &target.set else {
            return Err(malformed(1813, "$method=release needs an entity set."));
        };
        Ok(Request::Release(Release::One { class: class.id, id: id.clone() }))
    }

    pub(super) fn over_set(self, class: &'a Dataclass, id: &str, then: Then) -> Result<Request, Error> {
        let parameters = &self.ask.parameters;
        let combine = combine(parameters)?;
        Ok(Request::Set(Box::new(OverSet { class: class.id, id: id.to_owned(), combine, clean: parameters.clean, then })))
    }

    /// What a set that is gone is made from (11.3). While it lives both texts are ignored, so that what is wrong with them, or may not be
    /// read, is told only when it counts.
    pub(super) fn saved(self, over: &OverSet) -> Result<Selection, Error> {
        let parameters = &self.ask.parameters;
        let filter = saved_text(parameters.saved_filter.as_deref(), parameters.filter.as_deref());
        let order = saved_text(parameters.saved_order_by.as_deref(), parameters.order_by.as_deref());
        if filter.is_none() && order.is_none() {
            return Err(set::absent());
        }
        let class = self.context.dataclass(over.class);
        self.context.touch(class);
        let selection = self.selection_of(class, filter, order)?;
        if let Then::Delete(delete) = &over.then {
            delete::refuse_all(self.context, delete.filter.is_some() || delete.listed.is_some() || selection.filter.is_some())?;
        }
        Ok(selection)
    }

    /// `$method=entityset` on a dataclass or a set: the result is stored. Not where nobody would learn the ID.
    pub(super) fn keep(self, class: &'a Dataclass, target: &Target, outcome: &Outcome) -> Result<Option<Box<Keep>>, Error> {
        let parameters = &self.ask.parameters;
        if parameters.method != Some(Method::EntitySet) {
            return Ok(None);
        }
        let life = parameters.timeout.as_deref().map(seconds).transpose()?;
        if !matches!(outcome, Outcome::Page(_, PageForm::Selection)) {
            return Ok(None);
        }
        refuse_without_key(class)?;
        let made_from = if target.set.is_some() { None } else { self.made_from(class)? };
        Ok(Some(Box::new(Keep { life, made_from })))
    }

    /// A new set is made from `$savedfilter` and `$savedorderby`; `$filter` narrows what this call sees (R1). Usually the texts are the same.
    fn made_from(self, class: &'a Dataclass) -> Result<Option<Selection>, Error> {
        let parameters = &self.ask.parameters;
        let (filter, order) = (parameters.filter.as_deref(), parameters.order_by.as_deref());
        let saved_filter = saved_text(parameters.saved_filter.as_deref(), filter).or(filter);
        let saved_order = saved_text(parameters.saved_order_by.as_deref(), order).or(order);
        let is_same = |one: Option<&str>, other: Option<&str>| one.unwrap_or_default().trim() == other.unwrap_or_default().trim();
        if is_same(saved_filter, filter) && is_same(saved_order, order) {
            return Ok(None);
        }
        self.selection_of(class, saved_filter, saved_order).map(Some)
    }

    /// `{dc}({key})/{relation}?$method=subentityset` (11.8): a page of the related entities, stored as a set.
    pub(super) fn related(self, class: &'a Dataclass, target: &'a Target, text: &KeyText) -> Result<Plan, Error> {
        self.context.ask_dataclass(class, Action::Read)?;
        let parameters = &self.ask.parameters;
        let name = target.list.as_deref().or(parameters.expand.as_deref()).unwrap_or_default().trim();
        let wrong = || malformed(1815, "$method=subentityset needs one entity and one of its relatedEntities attributes.");
        if choice::names(name).count() != 1 {
            return Err(wrong());
        }
        let attribute = self.context.visible(class, name).ok_or_else(|| denial::not_in_list(class, name))?;
        self.context.ask_read(class, attribute)?;
        let own = class.at(attribute.id);
        let steps: Vec<AttrRef> = match &attribute.kind {
            Kind::RelatedEntities(_) => vec![own],
            Kind::Alias(alias) => alias.steps.clone(),
            Kind::Storage(_) | Kind::Calculated(_) | Kind::RelatedEntity(_) => return Err(wrong()),
        };
        let is_many = |step: &AttrRef| matches!(self.context.attribute_at(*step).kind, Kind::RelatedEntities(_));
        let leads_to = |step: &AttrRef| self.context.attribute_at(*step).target();
        let reached = steps.last().and_then(leads_to).filter(|_| steps.iter().any(is_many)).ok_or_else(wrong)?;
        let reached = self.context.dataclass(reached);
        self.context.ask_dataclass(reached, Action::Read)?;
        refuse_without_key(reached)?;
        self.context.touch_steps(&steps);
        let life = parameters.timeout.as_deref().map(seconds).transpose()?;
        let order = parameters.order_by.as_deref().filter(|text| !text.trim().is_empty()).or(parameters.sub_order_by.as_deref());
        let mut selection = self.selection_of(reached, parameters.filter.as_deref(), order)?;
        selection.base = Base::Related { from: class.id, parts: key::key_values(class, text), text: text.text().into_owned(), steps };
        let projection = self.projection_of_related(reached, name)?;
        let (skip, top) = (parameters.skip.unwrap_or(0), self.top(reached));
        let keep = Some(Box::new(Keep { life, made_from: None }));
        let outcome = Box::new(Outcome::Page(projection, PageForm::Selection));
        Ok(Plan { selection: Box::new(selection), skip, top, outcome, explain: None, keep })
    }

    /// `$entityset/$release` (11.7).
    pub(super) fn release(self, class: Option<&str>, body: Body) -> Result<Request, Error> {
        let class = class.map(|name| self.context.class(name)).transpose()?;
        if let Some(class) = class {
            self.context.ask_dataclass(class, Action::Read)?;
        }
        if self.ask.verb != Verb::Post {
            return Err(malformed(1813, "Entity sets are released with POST."));
        }
        let ids = match body {
            Some(Json::Array(items)) => items.into_iter().map(|item| match item {
                Json::String(text) => Some(set::id_of(&text).to_owned()),
                _ => None,
            }),
            _ => return Err(not_ids()),
        };
        let ids = ids.collect::<Option<Vec<_>>>().ok_or_else(not_ids)?;
        Ok(Request::Release(Release::Listed { class: class.map(|class| class.id), ids }))
    }
}

fn not_ids() -> Error {
    malformed(1806, "The body of a release must be a JSON array of the IDs of entity sets.")
}

/// A set is a list of keys.
fn refuse_without_key(class: &Dataclass) -> Result<(), Error> {
    if class.key == Key::None {
        return Err(malformed(1813, format!("Entities of {} have no key, so no entity set can hold them.", class.name)));
    }
    Ok(())
}

/// `true` re-uses the text of the same request (Q11); an empty text saves nothing.
fn saved_text<'t>(saved: Option<&'t str>, own: Option<&'t str>) -> Option<&'t str> {
    let text = match saved?.trim() {
        word if word.eq_ignore_ascii_case("true") => own?,
        word if word.eq_ignore_ascii_case("false") => return None,
        text => text,
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

fn combine(parameters: &Parameters) -> Result<Option<Combine>, Error> {
    let Some(operator) = &parameters.logic_operator else { return Ok(None) };
    let operator = match operator.trim().to_ascii_lowercase().as_str() {
        "and" => SetOperator::And,
        "or" => SetOperator::Or,
        "except" => SetOperator::Except,
        "intersect" => SetOperator::Intersect,
        _ => return Err(malformed(1818, format!("$logicOperator={operator} is not known. Use AND, OR, EXCEPT or INTERSECT."))),
    };
    match parameters.other_collection.as_deref().map(set::id_of) {
        None | Some("") => Err(malformed(1819, "$logicOperator needs $otherCollection, the ID of the other entity set.")),
        Some(other) => Ok(Some(Combine { operator, other: other.to_owned() })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_texts() {
        assert_eq!(saved_text(Some("a = 1"), Some("b = 2")), Some("a = 1"));
        assert_eq!(saved_text(Some("True"), Some("b = 2")), Some("b = 2"));
        assert_eq!(saved_text(Some("true"), None), None);
        assert_eq!(saved_text(Some(" "), Some("b = 2")), None);
        assert_eq!(saved_text(None, Some("b = 2")), None);
    }
}
