//! The planner: names become handles of the model, permissions are asked for every attribute read, filtered, sorted, aggregated or
//! written (`roles-privileges.md` 4.4). The only maker of [`Plan`](crate::Plan) and [`Change`](crate::Change).

mod aggregate;
mod body;
mod cache;
mod catalog;
mod choice;
mod condition;
mod context;
mod delete;
mod denial;
mod explain;
mod key;
mod literal;
mod media;
mod operation;
mod order;
mod path;
mod project;
mod reach;
mod read;
mod save;
mod scope;

use std::sync::Arc;

use claviger_access::{Action, Grants};
use claviger_model::{Dataclass, Model};

pub(crate) use self::denial::absent_dataclass;

use self::cache::{CacheKey, ProjectionCache};
use self::choice::Choice;
use self::context::Context;
use self::operation::Operation;
use crate::ask::{Ask, Body, Options, Request, Verb};
use crate::asked::Notes;
use crate::error::Error;
use crate::later;
use crate::media::{NoBytes, Source};
use crate::plan::PageForm;
use crate::projection::Projection;
use crate::url::{Pick, Resource, Target};

/// Plans requests against one model; keeps the projections that were made, so that their numbers are stable.
#[derive(Debug)]
pub struct Planner {
    model: Arc<Model>,
    options: Options,
    cache: ProjectionCache,
}

impl Planner {
    /// A planner for one model and one set of settings.
    pub fn new(model: Arc<Model>, options: Options) -> Self {
        Self { model, options, cache: ProjectionCache::default() }
    }

    /// The model that it plans against.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Names become handles, permissions are asked: the only way to a [`Plan`](crate::Plan) or [`Change`](crate::Change).
    pub fn plan(&self, grants: &Grants, ask: &Ask, body: Body) -> Result<Request, Error> {
        self.plan_with(grants, ask, body, &NoBytes)
    }

    /// The same for a caller who can store bytes: those of his uploads, and those that the request carries.
    pub fn plan_with(&self, grants: &Grants, ask: &Ask, body: Body, bytes: &dyn Source) -> Result<Request, Error> {
        let context = Context { model: &self.model, grants, options: &self.options, bytes, notes: None };
        Planning { context, cache: Some(&self.cache), ask }.plan(body)
    }
}

/// Plans one request without keeping anything.
pub(crate) fn plan_once(
    model: &Model,
    grants: &Grants,
    options: &Options,
    ask: &Ask,
    body: Body,
    bytes: &dyn Source,
    notes: Option<&Notes>,
) -> Result<Request, Error> {
    Planning { context: Context { model, grants, options, bytes, notes }, cache: None, ask }.plan(body)
}

/// One request being planned.
#[derive(Clone, Copy)]
struct Planning<'a> {
    context: Context<'a>,
    cache: Option<&'a ProjectionCache>,
    ask: &'a Ask,
}

impl<'a> Planning<'a> {
    fn plan(self, body: Body) -> Result<Request, Error> {
        match &self.ask.resource {
            Resource::Catalog(asked) => catalog::plan(self.context, asked, self.ask.verb).map(Request::Catalog),
            // Made from the caller's own permissions, so that there is none to ask for.
            Resource::OpenApi if matches!(self.ask.verb, Verb::Get | Verb::Post) => Ok(Request::OpenApi),
            Resource::OpenApi => Err(denial::malformed(1813, "$openapi is asked for with GET.")),
            Resource::Upload => self.upload().map(Request::Upload),
            Resource::Later(later) => Err(later.refuse(self.context.grants)),
            Resource::Data(target) => self.data(target, body),
        }
    }

    fn data(self, target: &'a Target, body: Body) -> Result<Request, Error> {
        let class = self.context.class(&target.class)?;
        let operation = match self.operation(class, target, body.is_some()) {
            Ok(operation) => operation,
            Err(error) => {
                // What is wrong with the request may name attributes: nothing that a caller learns who may not read (17.3).
                self.context.ask_dataclass(class, Action::Read)?;
                return Err(error);
            }
        };
        if target.set.is_some() {
            self.context.ask_dataclass(class, Action::Read)?;
            return Err(later::entity_set());
        }
        match operation {
            Operation::Read => self.read(class, target),
            Operation::Save { create_only } => self.save(class, target, create_only, body),
            Operation::Post => self.post(class, target),
            Operation::Delete => self.delete(class, target, body),
        }
    }

    /// The attributes to send; from the cache when the same was asked for before.
    fn projection(self, class: &Dataclass, target: &Target, form: PageForm) -> Result<Arc<Projection>, Error> {
        let parameters = &self.ask.parameters;
        let key = CacheKey { grants: self.context.grants.id(), class: class.id, form };
        let plain = target.list.is_none() && parameters.attributes.is_none() && parameters.expand.is_none();
        let text = if plain { String::new() } else { self.choice_text(target) };
        if let Some(found) = self.cache.and_then(|cache| cache.get(key, &text)) {
            return Ok(found);
        }
        let choice = Choice::of(target.list.as_deref(), parameters, form != PageForm::Selection)?;
        let cut = !choice.is_all() && parameters.attributes.as_deref().is_some_and(|list| choice::names(list).next().is_some());
        let made = project::project(self.context, class, &choice, form, cut)?;
        Ok(match self.cache {
            Some(cache) => cache.keep(key, &text, made),
            None => made,
        })
    }

    /// What was asked for, as one text for the cache; never empty.
    fn choice_text(self, target: &Target) -> String {
        let parameters = &self.ask.parameters;
        let part = |text: &Option<String>| text.as_deref().map_or("-".to_owned(), |text| format!("+{text}"));
        format!("{}\n{}\n{}", part(&target.list), part(&parameters.attributes), part(&parameters.expand))
    }

    /// True when the request speaks of one entity.
    fn is_entity(target: &Target) -> bool {
        matches!(target.pick, Some(Pick::Key(_) | Pick::Unique { .. }))
    }
}
