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
mod lock;
mod media;
mod operation;
mod order;
mod path;
mod project;
mod reach;
mod read;
mod save;
mod scope;
mod set;

use std::sync::Arc;

use claviger_access::{Action, Grants};
use claviger_model::{Dataclass, Model};

pub(crate) use self::context::visible;
pub(crate) use self::denial::absent_dataclass;

use self::cache::{CacheKey, ProjectionCache};
use self::choice::{Choice, Wanted};
use self::context::Context;
use self::operation::Operation;
use crate::ask::{Ask, Body, Options, Request, Verb};
use crate::asked::Notes;
use crate::error::Error;
use crate::extended;
use crate::media::{NoBytes, Source};
use crate::plan::{PageForm, Selection};
use crate::projection::Projection;
use crate::set::OverSet;
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
        self.planning(grants, ask, bytes).plan(body)
    }

    /// What the set of a request that was planned is made from again (11.3), to be asked when it is gone; 1802 when nothing was saved.
    pub fn saved(&self, grants: &Grants, ask: &Ask, over: &OverSet) -> Result<Selection, Error> {
        self.planning(grants, ask, &NoBytes).saved(over)
    }

    fn planning<'a>(&'a self, grants: &'a Grants, ask: &'a Ask, bytes: &'a dyn Source) -> Planning<'a> {
        let context = Context { model: &self.model, grants, options: &self.options, bytes, notes: None };
        Planning { context, cache: Some(&self.cache), ask }
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
            Resource::Info(info) => info.allow(self.context.grants, self.ask.verb).map(Request::Info),
            Resource::Directory(call) => call.plan(self.ask.verb, body).map(Request::Directory),
            Resource::Later(later) => Err(later.refuse()),
            Resource::Data(target) => match extended::attributes(self.ask, body.as_ref())? {
                Some(ask) => Planning { ask: &ask, ..self }.data(target, None),
                None => self.data(target, body),
            },
            Resource::Release(class) => self.release(class.as_deref(), body),
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
        match operation {
            Operation::Read => self.read(class, target),
            Operation::Related(key) => self.related(class, target, key).map(Request::Read),
            Operation::Release => self.release_one(class, target),
            Operation::Post { trial } => self.post(class, target, trial),
            Operation::Lock { taken } => self.lock(class, target, taken),
            Operation::Save { create_only, trial } => self.save(class, target, create_only, trial, body),
            Operation::Delete => self.delete(class, target, body),
        }
    }

    /// The attributes to send; from the cache when the same was asked for before.
    fn projection(self, class: &Dataclass, target: &Target, form: PageForm) -> Result<Arc<Projection>, Error> {
        let parameters = &self.ask.parameters;
        let wanted =
            Wanted { list: target.list.as_deref(), attributes: parameters.attributes.as_deref(), expand: parameters.expand.as_deref() };
        self.projection_of(class, wanted, form)
    }

    /// Of the entities that `relation` leads to: the path list and `$expand` name the relation there, besides what is wanted below it.
    fn projection_of_related(self, class: &Dataclass, relation: &str) -> Result<Arc<Projection>, Error> {
        let parameters = &self.ask.parameters;
        let below = |name: &str| name.strip_prefix(relation).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name).to_owned();
        let expand = parameters.expand.as_deref().map(choice::names).into_iter().flatten();
        let expand: Vec<String> = expand.filter(|name| *name != relation).map(below).collect();
        let expand = if expand.is_empty() { None } else { Some(expand.join(",")) };
        let wanted = Wanted { list: None, attributes: parameters.attributes.as_deref(), expand: expand.as_deref() };
        self.projection_of(class, wanted, PageForm::Selection)
    }

    fn projection_of(self, class: &Dataclass, wanted: Wanted<'_>, form: PageForm) -> Result<Arc<Projection>, Error> {
        let key = CacheKey { grants: self.context.grants.id(), class: class.id, form };
        let text = if wanted.is_plain() { String::new() } else { wanted.text() };
        if let Some(found) = self.cache.and_then(|cache| cache.get(key, &text)) {
            return Ok(found);
        }
        let choice = Choice::of(wanted, form != PageForm::Selection)?;
        let cut = !choice.is_all() && wanted.attributes.is_some_and(|list| choice::names(list).next().is_some());
        let made = project::project(self.context, class, &choice, form, cut)?;
        Ok(match self.cache {
            Some(cache) => cache.keep(key, &text, made),
            None => made,
        })
    }

    /// True when the request speaks of one entity.
    fn is_entity(target: &Target) -> bool {
        matches!(target.pick, Some(Pick::Key(_) | Pick::Unique { .. }))
    }
}
