//! What code of the operator asks, without a URL: selections and pages of them, with the permissions of the caller (`functions.md` 2).

use std::sync::Arc;

use claviger_access::{Action, Grants};
use claviger_model::{AttrRef, ClassId, Dataclass, Kind, ValueType};
use serde_json::{Map, Value as Json};

use super::body::{Manner, ToSave, save_items};
use super::choice::Wanted;
use super::context::{Asker, Context};
use super::key::key_of_json;
use super::read::narrowed;
use super::save::allowed;
use super::scope::Arena;
use super::{Planner, aggregate, delete, denial, key, lock};
use crate::change::{Delete, Lock, Save};
use crate::error::Error;
use crate::filter::Parameters;
use crate::keys::KeyList;
use crate::media::{Media, MediaForm, NoBytes, Source};
use crate::need::{Answers, Carry, Outside, Planned};
use crate::plan::{Base, Outcome, PageForm, Plan, Selection};
use crate::restriction::Restrictions;

/// What is selected from.
#[derive(Clone, Debug)]
pub enum SelectFrom<'a> {
    /// All entities of the dataclass.
    All(ClassId),
    /// The one of this key: a value, or an array of the parts. It may be absent.
    Key(ClassId, &'a Json),
    /// What a function is called on ([`crate::Receiver::Entity`]).
    Entity(ClassId, &'a Base),
    /// Those of these keys, in their order.
    Keys(ClassId, Arc<KeyList>),
    /// Those that one entity is related to, by a path of relations: `books`, `author.books`.
    Related(ClassId, &'a Json, &'a str),
    /// Those that any entity of these keys is related to.
    RelatedToAny(ClassId, Arc<KeyList>, &'a str),
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
        self.inside(grants, &NoBytes, answers, |context| {
            let selection = selected(context, &asked.from)?;
            reading(context, &selection)?;
            narrowed(context, selection, asked.filter, asked.order, Parameters::of(asked.params))
        })
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
        self.inside(grants, &NoBytes, answers, |context| {
            let class = reading(context, selection)?;
            let wanted = Wanted { list: None, attributes, expand };
            let projection = super::projection(context, Some(&self.cache), class, wanted, PageForm::Selection)?;
            Ok(Plan { skip, top, ..plan(selection.clone(), Outcome::Page(projection, PageForm::Selection)) })
        })
    }

    /// One entity: what a page of it gives, found in the shortest way. It may be absent (1542).
    pub fn entity(&self, grants: &Grants, from: &SelectFrom<'_>, answers: &Answers) -> Result<Planned<Plan>, Error> {
        self.inside(grants, &NoBytes, answers, |context| {
            let selection = selected(context, from)?;
            let class = reading(context, &selection)?;
            let projection = super::projection(context, Some(&self.cache), class, Wanted::default(), PageForm::Selection)?;
            Ok(plan(selection, Outcome::Entity(projection)))
        })
    }

    /// What is computed of an attribute of a selection (`rest-dialect.md` 10): `compute` names it, `None`: its distinct values.
    pub fn compute(
        &self,
        grants: &Grants,
        selection: &Selection,
        path: &str,
        compute: Option<&str>,
        answers: &Answers,
    ) -> Result<Planned<Plan>, Error> {
        self.inside(grants, &NoBytes, answers, |context| {
            let class = reading(context, selection)?;
            let mut selection = Selection { order: Vec::new(), ..selection.clone() };
            let mut arena = Arena::of(selection.scopes);
            let outcome = aggregate::outcome(context, class, Some(path), compute, compute.is_none(), &mut arena)?;
            selection.scopes = arena.finish();
            Ok(Plan { top: u64::MAX, ..plan(selection, outcome) })
        })
    }

    /// The bytes of an image or blob of the entity that a selection finds.
    pub fn bytes(&self, grants: &Grants, selection: &Selection, attribute: &str, answers: &Answers) -> Result<Planned<Plan>, Error> {
        self.inside(grants, &NoBytes, answers, |context| {
            let class = reading(context, selection)?;
            let attribute = context.visible(class, attribute).ok_or_else(|| denial::not_in_list(class, attribute))?;
            context.ask_read(class, attribute)?;
            if !matches!(key::type_of(attribute), Some((ValueType::Image | ValueType::Blob, _))) {
                return Err(denial::not_in_list(class, &attribute.name));
            }
            let media = Media { path: vec![class.at(attribute.id)], form: MediaForm::Binary };
            Ok(plan(selection.clone(), Outcome::Media(media)))
        })
    }

    /// One entity as the code wants to save it: the members of a body of `$method=update` (12.1), `__KEY` and `__STAMP` among them.
    pub fn save(
        &self,
        grants: &Grants,
        class: ClassId,
        entity: Map<String, Json>,
        bytes: &dyn Source,
        answers: &Answers,
    ) -> Result<Planned<Save>, Error> {
        self.inside(grants, bytes, answers, |context| {
            let class = context.dataclass(class);
            context.touch(class);
            let manner = Manner { path_key: None, create_only: false };
            let ToSave { items, array, .. } = save_items(context, class, manner, Some(Json::Object(entity)))?;
            let items = items.into_iter().map(allowed).collect::<Result<_, _>>()?;
            let projection = super::projection(context, Some(&self.cache), class, Wanted::default(), PageForm::Selection)?;
            Ok(Save {
                class: class.id,
                items,
                atomic: false,
                array,
                projection,
                trial: None,
                restrictions: Restrictions::default(),
                computed: Vec::new(),
            })
        })
    }

    /// The entities of a selection are to be deleted; with a stamp, the one that it finds only when it has that one (`data-model.md` ST-7).
    pub fn delete(&self, grants: &Grants, selection: &Selection, stamp: Option<i64>, answers: &Answers) -> Result<Planned<Delete>, Error> {
        self.inside(grants, &NoBytes, answers, |context| {
            let class = context.dataclass(selection.class);
            delete::ask(context, class)?;
            context.touch(class);
            context.outside.touch_again(&selection.restrictions);
            Ok(Delete { stamp, ..delete::of_selection(context, selection.clone()) })
        })
    }

    /// One entity by key is to be locked, or given back.
    pub fn lock(&self, grants: &Grants, class: ClassId, key: &Json, taken: bool, answers: &Answers) -> Result<Planned<Lock>, Error> {
        self.inside(grants, &NoBytes, answers, |context| {
            let class = context.dataclass(class);
            lock::ask(context, class)?;
            context.touch(class);
            let Selection { scopes, base, .. } = Selection::of(class.id, key::base(class, &key_of_json(key)));
            Ok(Lock { class: class.id, scopes, base, taken, restrictions: Restrictions::default() })
        })
    }

    /// Plans what code asks: with all names, the permissions given, and what functions say.
    pub(super) fn inside<T: Carry>(
        &self,
        grants: &Grants,
        bytes: &dyn Source,
        answers: &Answers,
        plan: impl FnOnce(Context<'_>) -> Result<T, Error>,
    ) -> Result<Planned<T>, Error> {
        let outside = Outside::new(answers);
        let planned = plan(self.context(grants, bytes, &outside, Asker::Function))?;
        Ok(outside.complete(planned))
    }
}

/// What is selected from, before a text narrows it.
fn selected(context: Context<'_>, from: &SelectFrom<'_>) -> Result<Selection, Error> {
    Ok(match from {
        SelectFrom::All(class) => Selection::of(*class, Base::All),
        SelectFrom::Key(class, key) => Selection::of(*class, key::base(context.dataclass(*class), &key_of_json(key))),
        SelectFrom::Entity(class, base) => {
            if let Base::Unique { attribute, .. } = base {
                let of = context.attribute_at(*attribute);
                context.ask_read(context.dataclass(attribute.class), of)?;
                if of.getter().is_some() {
                    context.outside.touch_values(*attribute);
                }
            }
            Selection::of(*class, (*base).clone())
        }
        SelectFrom::Keys(class, keys) => Selection::of(*class, Base::Set(Arc::clone(keys))),
        SelectFrom::Related(class, key, path) => {
            let from = context.dataclass(*class);
            let (target, steps) = relations(context, from, path)?;
            let text = key_of_json(key);
            let parts = key::key_values(from, &text);
            Selection::of(target, Base::Related { from: *class, parts, text: text.text().into_owned(), steps })
        }
        SelectFrom::RelatedToAny(class, keys, path) => {
            let (target, steps) = relations(context, context.dataclass(*class), path)?;
            Selection::of(target, Base::RelatedToAny { from: *class, keys: Arc::clone(keys), steps })
        }
        SelectFrom::Selection(selection) => (*selection).clone(),
    })
}

/// Entities of a selection are read: asks for its dataclass, which it gives.
fn reading<'a>(context: Context<'a>, selection: &Selection) -> Result<&'a Dataclass, Error> {
    let class = context.dataclass(selection.class);
    context.ask_dataclass(class, Action::Read)?;
    context.touch(class);
    context.outside.touch_again(&selection.restrictions);
    Ok(class)
}

/// The first of a selection.
fn plan(selection: Selection, outcome: Outcome) -> Plan {
    Plan { selection: Box::new(selection), skip: 0, top: 1, outcome: Box::new(outcome), explain: None, keep: None }
}

/// The relations of a path, each of which may be read, and the dataclass that they lead to, which may be read too.
fn relations(context: Context<'_>, from: &Dataclass, path: &str) -> Result<(ClassId, Vec<AttrRef>), Error> {
    let mut class = from;
    let mut steps = Vec::new();
    context.ask_dataclass(class, Action::Read)?;
    context.touch(class);
    for name in path.split('.') {
        let attribute = context.visible(class, name).ok_or_else(|| denial::not_in_list(class, name))?;
        context.ask_read(class, attribute)?;
        match &attribute.kind {
            Kind::RelatedEntity(_) | Kind::RelatedEntities(_) => steps.push(class.at(attribute.id)),
            Kind::Alias(alias) => steps.extend(&alias.steps),
            Kind::Storage(_) | Kind::Calculated(_) => return Err(denial::not_in_list(class, name)),
        }
        let target = steps.last().and_then(|step| context.attribute_at(*step).target());
        class = context.dataclass(target.ok_or_else(|| denial::not_in_list(class, name))?);
        context.ask_dataclass(class, Action::Read)?;
    }
    context.touch_steps(&steps);
    Ok((class.id, steps))
}
