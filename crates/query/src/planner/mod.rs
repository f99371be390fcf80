//! The planner: names become handles of the model, permissions are asked for every attribute read, filtered, sorted, aggregated or
//! written (`roles-privileges.md` 4.4). The only maker of [`Plan`](crate::Plan) and [`Change`](crate::Change).

mod aggregate;
mod body;
mod cache;
mod call;
mod catalog;
mod choice;
mod computed;
mod condition;
mod context;
mod delete;
mod denial;
mod explain;
mod inside;
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
mod revise;
mod save;
mod scope;
mod set;

use std::sync::Arc;

use claviger_access::{Action, Grants};
use claviger_model::{AttrRef, ClassId, Dataclass, FunctionId, Model};

pub(crate) use self::context::visible;
pub(crate) use self::denial::absent_dataclass;
pub use self::inside::{Select, SelectFrom};
pub use self::revise::{Revision, Said};

use self::cache::{CacheKey, ProjectionCache};
use self::choice::{Choice, Wanted};
use self::context::{Asker, Context};
use self::operation::Operation;
use crate::ask::{Ask, Body, Options, Request, Verb};
use crate::asked::Notes;
use crate::error::{Error, ErrorKind};
use crate::extended;
use crate::media::{NoBytes, Source};
use crate::need::{Answers, Outside, Planned};
use crate::plan::{PageForm, Plan, Selection};
use crate::projection::Projection;
use crate::set::OverSet;
use crate::url::{Pick, Resource, Target};

/// Plans requests against one model; keeps the projections that were made, so that their numbers are stable.
#[derive(Debug)]
pub struct Planner {
    model: Arc<Model>,
    options: Options,
    cache: ProjectionCache,
    all: Grants,
}

impl Planner {
    /// A planner for one model and one set of settings.
    pub fn new(model: Arc<Model>, options: Options) -> Self {
        let all = Grants::administration(&model);
        Self { model, options, cache: ProjectionCache::default(), all }
    }

    /// The model that it plans against.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The same as [`Self::plan_with`] where no function of the operator has a say: 500 when one should have.
    pub fn plan(&self, grants: &Grants, ask: &Ask, body: Body) -> Result<Request, Error> {
        self.plan_with(grants, ask, body, &NoBytes, &Answers::default())?.ready()
    }

    /// Names become handles, permissions are asked: the only way to a [`Plan`](crate::Plan) or [`Change`](crate::Change). `bytes`: what the
    /// caller can store, those of his uploads and those that the request carries. `answers`: what is known of what functions say.
    pub fn plan_with(
        &self,
        grants: &Grants,
        ask: &Ask,
        body: Body,
        bytes: &dyn Source,
        answers: &Answers,
    ) -> Result<Planned<Request>, Error> {
        if !grants.is_for(&self.model) {
            return Err(Error::new(ErrorKind::Busy, 9506, "The functions are loaded anew. Try again in a moment."));
        }
        let outside = Outside::new(answers);
        let request = self.planning(grants, ask, bytes, &outside).plan(body)?;
        Ok(outside.complete(request))
    }

    /// What the set of a request that was planned is made from again (11.3), to be asked when it is gone; 1802 when nothing was saved.
    pub fn saved(&self, grants: &Grants, ask: &Ask, over: &OverSet, answers: &Answers) -> Result<Planned<Selection>, Error> {
        let outside = Outside::new(answers);
        let selection = self.planning(grants, ask, &NoBytes, &outside).saved(over)?;
        Ok(outside.complete(selection))
    }

    /// Asks the permission to execute for a function that is called from inside another one (`roles-privileges.md` PR-7).
    pub fn may_execute(model: &Model, grants: &Grants, function: FunctionId) -> Result<(), Error> {
        match model.functions().name(function) {
            Some(name) if !grants.executes(function) => Err(denial::function(model, function, name)),
            _ => Ok(()),
        }
    }

    /// Asks the permission to assign an attribute that its setter makes others of. `is_new`: at creation.
    pub fn may_assign(model: &Model, grants: &Grants, at: AttrRef, is_new: bool) -> Result<(), Error> {
        let action = if is_new { Action::Create } else { Action::Update };
        if grants.attribute(at, action) { Ok(()) } else { Err(denial::attribute(model.dataclass(at.class), at.attr, action)) }
    }

    /// A page of a selection that a function returned to this request (15.5).
    pub fn returned_page(&self, grants: &Grants, ask: &Ask, selection: Selection, answers: &Answers) -> Result<Planned<Plan>, Error> {
        let outside = Outside::new(answers);
        let plan = self.planning(grants, ask, &NoBytes, &outside).returned_page(selection)?;
        Ok(outside.complete(plan))
    }

    /// An entity that a function returned to this request, by its key (15.5).
    pub fn returned_entity(
        &self,
        grants: &Grants,
        ask: &Ask,
        class: ClassId,
        key: &serde_json::Value,
        answers: &Answers,
    ) -> Result<Planned<Plan>, Error> {
        let outside = Outside::new(answers);
        let plan = self.planning(grants, ask, &NoBytes, &outside).returned_entity(class, key)?;
        Ok(outside.complete(plan))
    }

    fn planning<'a>(&'a self, grants: &'a Grants, ask: &'a Ask, bytes: &'a dyn Source, outside: &'a Outside<'a>) -> Planning<'a> {
        let context = self.context(grants, bytes, outside, Asker::Rest);
        Planning { context, cache: Some(&self.cache), ask }
    }

    fn context<'a>(&'a self, grants: &'a Grants, bytes: &'a dyn Source, outside: &'a Outside<'a>, asker: Asker) -> Context<'a> {
        Context { model: &self.model, grants, all: &self.all, options: &self.options, bytes, notes: None, outside, asker }
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
    answers: &Answers,
) -> Result<Request, Error> {
    let outside = Outside::new(answers);
    let all = Grants::administration(model);
    let context = Context { model, grants, all: &all, options, bytes, notes, outside: &outside, asker: Asker::Rest };
    let request = Planning { context, cache: None, ask }.plan(body)?;
    outside.complete(request).ready()
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
            Resource::Catalog(asked) => match self.datastore_call(asked, body)? {
                Some(call) => Ok(call),
                None => catalog::plan(self.context, asked, self.ask.verb).map(Request::Catalog),
            },
            Resource::Singleton { class, function } => self.singleton_call(class, function, body),
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
        if let Some(function) = self.function_of(class, target)? {
            return self.class_call(class, target, function, body);
        }
        let operation = match self.operation(class, target, body.is_some()) {
            Ok(operation) => operation,
            Err(error) => {
                // What is wrong with the request may name attributes: nothing that a caller learns who may not read (17.3).
                self.context.ask_dataclass(class, Action::Read)?;
                return Err(error);
            }
        };
        if !matches!(operation, Operation::Release) {
            self.context.touch(class);
        }
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
        projection(self.context, self.cache, class, wanted, form)
    }

    /// True when the request speaks of one entity.
    fn is_entity(target: &Target) -> bool {
        matches!(target.pick, Some(Pick::Key(_) | Pick::Unique { .. }))
    }
}

/// The attributes to send; from the cache when the same was asked for before.
fn projection(
    context: Context<'_>,
    cache: Option<&ProjectionCache>,
    class: &Dataclass,
    wanted: Wanted<'_>,
    form: PageForm,
) -> Result<Arc<Projection>, Error> {
    let key = CacheKey { grants: context.grants.id(), asker: context.asker, class: class.id, form };
    let text = if wanted.is_plain() { String::new() } else { wanted.text() };
    let made = match cache.and_then(|cache| cache.get(key, &text)) {
        Some(found) => found,
        None => {
            let choice = Choice::of(wanted, form != PageForm::Selection)?;
            let cut = !choice.is_all() && wanted.attributes.is_some_and(|list| choice::names(list).next().is_some());
            let made = project::project(context, class, &choice, form, cut)?;
            cache.map_or_else(|| Arc::clone(&made), |cache| cache.keep(key, &text, Arc::clone(&made)))
        }
    };
    made.restricted.iter().for_each(|class| context.outside.touch_restricted(*class));
    Ok(made)
}
