//! What code of the operator asks, without a URL: selections and pages of them, with the permissions of the caller (`functions.md` 2).

use std::sync::Arc;

use claviger_access::{Action, Grants};
use claviger_model::ClassId;
use serde_json::Value as Json;

use super::Planner;
use super::choice::Wanted;
use super::context::Asker;
use super::read::narrowed;
use crate::error::Error;
use crate::filter::Parameters;
use crate::keys::KeyList;
use crate::media::NoBytes;
use crate::need::{Answers, Outside, Planned};
use crate::plan::{Base, Outcome, PageForm, Plan, Selection};

/// What is selected from.
#[derive(Clone, Debug)]
pub enum SelectFrom<'a> {
    /// All entities of the dataclass.
    All(ClassId),
    /// Those of these keys, in their order.
    Keys(ClassId, Arc<KeyList>),
    /// Those of a selection: a filter narrows it, an order takes the place of its own.
    Selection(&'a Selection),
}

/// A selection as code asks for it.
#[derive(Clone, Debug)]
pub struct Select<'a> {
    /// What is selected from.
    pub from: SelectFrom<'a>,
    /// As `$filter` (`rest-dialect.md` 9.1); an `order by` in it counts as there.
    pub filter: Option<&'a str>,
    /// As `$params` (9.3): what the placeholders of both texts stand for.
    pub params: Option<&'a Json>,
    /// As `$orderby` (9.4).
    pub order: Option<&'a str>,
}

impl<'a> Select<'a> {
    /// Everything in it, as it stands there.
    pub fn of(from: SelectFrom<'a>) -> Self {
        Self { from, filter: None, params: None, order: None }
    }
}

impl Planner {
    /// A selection, every permission asked. Also attributes that are not exposed can be named (`data-model.md` AT-4).
    pub fn select(&self, grants: &Grants, asked: &Select<'_>, answers: &Answers) -> Result<Planned<Selection>, Error> {
        let outside = Outside::new(answers);
        let context = self.context(grants, &NoBytes, &outside, Asker::Function);
        let selection = match &asked.from {
            SelectFrom::All(class) => Selection::of(*class, Base::All),
            SelectFrom::Keys(class, keys) => Selection::of(*class, Base::Set(Arc::clone(keys))),
            SelectFrom::Selection(selection) => (*selection).clone(),
        };
        let class = context.dataclass(selection.class);
        context.ask_dataclass(class, Action::Read)?;
        context.touch(class);
        selection.restrictions.classes().for_each(|class| outside.touch_restricted(class));
        let selection = narrowed(context, selection, asked.filter, asked.order, Parameters::of(asked.params))?;
        Ok(outside.complete(selection))
    }

    /// A page of a selection. `attributes` and `expand` are as `$attributes` and `$expand` (`rest-dialect.md` 7.2, 7.3).
    pub fn page(
        &self,
        grants: &Grants,
        selection: &Selection,
        attributes: Option<&str>,
        expand: Option<&str>,
        skip: u64,
        top: u64,
        answers: &Answers,
    ) -> Result<Planned<Plan>, Error> {
        let outside = Outside::new(answers);
        let context = self.context(grants, &NoBytes, &outside, Asker::Function);
        let class = context.dataclass(selection.class);
        context.ask_dataclass(class, Action::Read)?;
        context.touch(class);
        selection.restrictions.classes().for_each(|class| outside.touch_restricted(class));
        let wanted = Wanted { list: None, attributes, expand };
        let projection = super::projection(context, Some(&self.cache), class, wanted, PageForm::Selection)?;
        let outcome = Box::new(Outcome::Page(projection, PageForm::Selection));
        Ok(outside.complete(Plan { selection: Box::new(selection.clone()), skip, top, outcome, explain: None, keep: None }))
    }
}
