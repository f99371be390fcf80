//! What of an entity is sent (`rest-dialect.md` 7, `roles-privileges.md` 6.3): the names asked for become a [`Projection`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use claviger_access::{Action, Protected};
use claviger_model::{AttrRef, Attribute, ClassId, Dataclass, Kind, StorageType};

use super::choice::{Choice, Wanted};
use super::computed;
use super::context::{Asker, Context};
use super::denial;
use crate::asked::Bearing;
use crate::error::{Error, ErrorKind};
use crate::plan::PageForm;
use crate::projection::{Field, Output, Projection};

/// Projection numbers are never reused in a process, so that statements cached by them stay right.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// 1 -> N relations expanded inside one another: each multiplies the answer by a page.
const MOST_LEVELS: usize = 4;

/// What an attribute leads to, alias resolved.
enum Meaning {
    /// One cell; `media` for images and blobs, `object` for JSON.
    Value { media: bool, object: bool },
    /// N -> 1.
    One(ClassId),
    /// 1 -> N.
    Many(ClassId),
}

/// Builds the projection of a class. `form`: the page's form, which leaves out what it cannot hold (7.4, 7.6).
pub(super) fn project(
    context: Context<'_>,
    class: &Dataclass,
    choice: &Choice<'_>,
    form: PageForm,
    cut: bool,
) -> Result<Arc<Projection>, Error> {
    below(context, class, choice, form, cut, 0)
}

/// All that has a value in a row of the class: columns, what the database computes, references.
pub(super) fn row_values(context: Context<'_>, class: &Dataclass) -> Result<Arc<Projection>, Error> {
    let choice = Choice::of(Wanted::default(), false)?;
    let mut builder = Builder::new(context, PageForm::Selection, false, 0);
    builder.add(class, &choice, None)?;
    builder.fields.retain(|field| matches!(field.output(), Output::Scalar | Output::Path(_) | Output::Media | Output::DeferredOne(_)));
    Ok(builder.finish(class.id))
}

/// The projection of a class that stands below `level` 1 -> N relations.
fn below(
    context: Context<'_>,
    class: &Dataclass,
    choice: &Choice<'_>,
    form: PageForm,
    cut: bool,
    level: usize,
) -> Result<Arc<Projection>, Error> {
    let mut builder = Builder::new(context, form, cut, level);
    builder.add(class, choice, None)?;
    Ok(builder.finish(class.id))
}

struct Builder<'a> {
    context: Context<'a>,
    form: PageForm,
    cut: bool,
    /// 1 -> N relations above.
    level: usize,
    fields: Vec<Field>,
    invalid: bool,
    /// Dataclasses that are looked at and have a `restrict`.
    restricted: Vec<ClassId>,
    /// What the operator's code is given of rows, one projection for each dataclass.
    given: Vec<Arc<Projection>>,
}

/// Where a looker column's dotted name begins: the relations walked so far.
struct Prefix {
    name: String,
    first: AttrRef,
    steps: Vec<AttrRef>,
}

impl<'a> Builder<'a> {
    fn new(context: Context<'a>, form: PageForm, cut: bool, level: usize) -> Self {
        Self { context, form, cut, level, fields: Vec::new(), invalid: false, restricted: Vec::new(), given: Vec::new() }
    }

    fn finish(self, class: ClassId) -> Arc<Projection> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let linked =
            self.fields.iter().any(|field| matches!(field.output(), Output::DeferredMany | Output::ExpandedMany(..) | Output::Media));
        Arc::new(Projection {
            id,
            class,
            fields: self.fields,
            invalid: self.invalid,
            cut: self.cut,
            linked,
            restricted: self.restricted.into(),
        })
    }

    fn add(&mut self, class: &Dataclass, choice: &Choice<'_>, prefix: Option<&Prefix>) -> Result<(), Error> {
        for (name, child) in choice.children() {
            if self.context.visible(class, name).is_none() {
                return Err(unknown(class, name, child));
            }
        }
        let context = self.context;
        for attribute in class.attributes.iter().filter(|attribute| context.is_visible(attribute)) {
            let named = choice.child(&attribute.name);
            if named.is_none() && !choice.is_all() {
                continue;
            }
            let readable = self.context.may_read(class.at(attribute.id));
            // Of what is sent without being named only what is missing is worth a word.
            if named.is_some() || !readable {
                self.context.note(Action::Read, Protected::Attribute(class.at(attribute.id)), readable, Bearing::Sent);
            }
            if !readable {
                self.invalid |= named.is_some();
                continue;
            }
            self.add_attribute(class, attribute, named, prefix)?;
        }
        Ok(())
    }

    fn add_attribute(
        &mut self,
        class: &Dataclass,
        attribute: &Attribute,
        named: Option<&Choice<'_>>,
        prefix: Option<&Prefix>,
    ) -> Result<(), Error> {
        if let Some((steps, many)) = computed::way(self.context, class, attribute) {
            return self.add_computed(class, attribute, named, prefix, steps, many);
        }
        let (meaning, walk, many) = self.meaning(class, attribute);
        let output = match meaning {
            Meaning::Value { media, object } => {
                if let Some(child) = named {
                    refuse_below(class, attribute, child, media)?;
                }
                if self.form == PageForm::Looker && (media || object || many) {
                    return Ok(());
                }
                if media && many {
                    // The images of many entities are no value of this one: each has its own link.
                    return Ok(());
                }
                match walk {
                    Some(walk) if many => Output::List(walk),
                    Some(walk) => Output::Path(walk),
                    None if media => Output::Media,
                    None => Output::Scalar,
                }
            }
            Meaning::One(target) | Meaning::Many(target) => {
                let one = matches!(meaning, Meaning::One(_)) && !many;
                if named.is_some() {
                    // A relation named, whose dataclass is unreadable: 401 (settlement "Gate").
                    self.context.ask_dataclass(self.context.dataclass(target), Action::Read)?;
                }
                let walk = walk.unwrap_or_else(|| vec![class.at(attribute.id)]);
                let expanded = named.filter(|child| child.is_expanded());
                match (self.form, expanded) {
                    (PageForm::Selection, Some(child)) => {
                        let level = self.level + usize::from(!one);
                        if level > MOST_LEVELS {
                            return Err(too_deep(attribute));
                        }
                        let below = below(self.context, self.context.dataclass(target), child, self.form, self.cut, level)?;
                        if one { Output::ExpandedOne(walk, below) } else { Output::ExpandedMany(walk, below) }
                    }
                    (PageForm::Selection | PageForm::AsArray, _) if one => Output::DeferredOne(walk),
                    (PageForm::Selection, None) => Output::DeferredMany,
                    (PageForm::Looker, Some(child)) if one => {
                        let target = self.context.dataclass(target);
                        let prefix = join(prefix, class.at(attribute.id), &attribute.name, walk);
                        return self.add(target, child, Some(&prefix));
                    }
                    (PageForm::AsArray | PageForm::Looker, _) => return Ok(()),
                }
            }
        };
        self.push(class.at(attribute.id), &attribute.name, output, prefix);
        Ok(())
    }

    /// An attribute that the operator's code computes. Code that asks has its getter.
    fn add_computed(
        &mut self,
        class: &Dataclass,
        attribute: &Attribute,
        named: Option<&Choice<'_>>,
        prefix: Option<&Prefix>,
        steps: Vec<AttrRef>,
        many: bool,
    ) -> Result<(), Error> {
        if let Some(child) = named {
            refuse_below(class, attribute, child, false)?;
        }
        let Some(last) = steps.last().copied() else { return Ok(()) };
        let is_object = matches!(simple_meaning(&self.context.attribute_at(last).kind), Meaning::Value { object: true, .. });
        // Of many entities it is no value of this one; each of them has it.
        if many || self.context.asker == Asker::Function || (self.form == PageForm::Looker && is_object) {
            return Ok(());
        }
        let given = self.given(last.class)?;
        self.push(class.at(attribute.id), &attribute.name, Output::Computed(steps, given), prefix);
        Ok(())
    }

    /// What the code is given of a row of the dataclass, for however many attributes.
    fn given(&mut self, class: ClassId) -> Result<Arc<Projection>, Error> {
        if let Some(known) = self.given.iter().find(|known| known.class() == class) {
            return Ok(Arc::clone(known));
        }
        let made = computed::given(self.context, self.context.dataclass(class))?;
        self.given.push(Arc::clone(&made));
        Ok(made)
    }

    /// What these relations lead to is looked at.
    fn look_at(&mut self, steps: &[AttrRef]) {
        let context = self.context;
        for target in steps.iter().filter_map(|step| context.attribute_at(*step).target()) {
            self.look_at_class(target);
        }
    }

    fn look_at_class(&mut self, class: ClassId) {
        if self.context.dataclass(class).restricted && !self.restricted.contains(&class) {
            self.restricted.push(class);
        }
    }

    fn push(&mut self, at: AttrRef, name: &str, output: Output, prefix: Option<&Prefix>) {
        match &output {
            Output::Scalar | Output::Media | Output::DeferredMany => {}
            Output::Path(steps) | Output::List(steps) | Output::DeferredOne(steps) => self.look_at(steps),
            Output::Computed(steps, below) | Output::ExpandedOne(steps, below) | Output::ExpandedMany(steps, below) => {
                self.look_at(steps);
                below.restricted.iter().for_each(|class| self.look_at_class(*class));
            }
        }
        if let Some(prefix) = prefix {
            self.look_at(&prefix.steps);
        }
        let field = match prefix {
            None => Field::new(name, at, output),
            Some(prefix) => {
                let mut steps = prefix.steps.clone();
                let output = match output {
                    Output::Computed(walk, given) => {
                        steps.extend(walk);
                        Output::Computed(steps, given)
                    }
                    Output::Path(walk) => {
                        steps.extend(walk);
                        Output::Path(steps)
                    }
                    _ => {
                        steps.push(at);
                        Output::Path(steps)
                    }
                };
                Field::new(&format!("{}.{name}", prefix.name), prefix.first, output)
            }
        };
        self.fields.push(field);
    }

    /// What the attribute leads to, the walk to it for an alias, and whether the walk passes a 1 -> N relation.
    fn meaning(&self, class: &Dataclass, attribute: &Attribute) -> (Meaning, Option<Vec<AttrRef>>, bool) {
        match &attribute.kind {
            Kind::Alias(alias) => {
                let last = alias.steps.last().copied().unwrap_or(class.at(attribute.id));
                (simple_meaning(&self.context.attribute_at(last).kind), Some(alias.steps.clone()), alias.many)
            }
            kind => (simple_meaning(kind), None, false),
        }
    }
}

fn simple_meaning(kind: &Kind) -> Meaning {
    let value =
        |ty: StorageType| Meaning::Value { media: matches!(ty, StorageType::Image | StorageType::Blob), object: ty == StorageType::Object };
    match kind {
        Kind::Storage(storage) => value(storage.ty),
        Kind::Calculated(calculated) => value(calculated.ty),
        Kind::RelatedEntity(relation) => Meaning::One(relation.target),
        Kind::RelatedEntities(relation) => Meaning::Many(relation.target),
        // The model resolves aliases through aliases: the last step is never one.
        Kind::Alias(_) => Meaning::Value { media: false, object: false },
    }
}

/// Nothing can be asked below a value: a property of an object may be named for aggregates only (7.1). A media attribute in `$expand`
/// without a format keeps its deferred form (R12).
fn refuse_below(class: &Dataclass, attribute: &Attribute, child: &Choice<'_>, media: bool) -> Result<(), Error> {
    if !child.is_expanded() || (media && child.first_child().is_none()) {
        return Ok(());
    }
    Err(match child.first_child() {
        Some(below) => unknown(class, &format!("{}.{below}", attribute.name), child),
        None if child.listed => unknown(class, &format!("{}.*", attribute.name), child),
        None => unknown(class, &attribute.name, child),
    })
}

fn too_deep(attribute: &Attribute) -> Error {
    let message = format!(
        "The attribute list cannot be built: \"{}\" would be the {}th one-to-many relation inside one another, and {MOST_LEVELS} can be expanded",
        attribute.name,
        MOST_LEVELS + 1
    );
    Error::new(ErrorKind::NotFound, 1804, message)
}

/// In the path list or `$attributes`: 1500 then 1804; only in `$expand`: 1805.
fn unknown(class: &Dataclass, name: &str, child: &Choice<'_>) -> Error {
    if child.listed {
        return denial::not_in_list(class, name);
    }
    let message = format!("The attribute list of $expand cannot be built: \"{name}\" is no relation of the {} dataclass", class.name);
    Error::new(ErrorKind::NotFound, 1805, message)
}

fn join(prefix: Option<&Prefix>, at: AttrRef, name: &str, walk: Vec<AttrRef>) -> Prefix {
    match prefix {
        None => Prefix { name: name.to_owned(), first: at, steps: walk },
        Some(prefix) => {
            let mut steps = prefix.steps.clone();
            steps.extend(walk);
            Prefix { name: format!("{}.{name}", prefix.name), first: prefix.first, steps }
        }
    }
}
