//! Paths of filters, orders and aggregates: names become hops over relations and a tail that has a value; permissions are asked at
//! every step (`rest-dialect.md` 9.2, `roles-privileges.md` 4.4).

use claviger_access::Action;
use claviger_model::{AttrRef, Attribute, Dataclass, Kind, ValueType};

use super::context::Context;
use super::denial;
use super::key::type_of;
use crate::error::{Error, ErrorKind};
use crate::filter::{ArrayMark, Step};

/// What a path is wanted for: decides the number of the error for a name that does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Filter,
    Order,
    Aggregate,
}

/// A path with names resolved.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Resolved {
    pub(super) hops: Vec<Hop>,
    pub(super) tail: Tail,
    pub(super) ty: Type,
    /// The value is that of a computed attribute, or a part of it.
    pub(super) computed: Option<AttrRef>,
}

/// From one row (or element) to the next.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Hop {
    /// N -> 1.
    One(AttrRef),
    /// 1 -> N. Conditions with the same class indexes around it speak of the same related entity.
    Many(AttrRef, Vec<i64>),
    /// Into an array: `None` for `[]`, which never speaks of the element of another condition.
    Elements(Tail, Option<u8>),
}

/// What has a value in the row or element that the hops lead to.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Tail {
    Attribute(AttrRef),
    Json(AttrRef, Vec<String>),
    Element(Vec<String>),
    Length(Box<Tail>),
    /// The path ends at a 1 -> N relation: the last hop is that relation, and only "is there any" can be asked.
    Selection,
}

/// What values a path has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    Value(ValueType),
    /// A property inside an object: each value has its own type.
    Json,
    /// N -> 1: compared by the key; `None` when the key has several parts.
    Related(Option<ValueType>),
    Selection,
}

/// Resolves a path from a dataclass whose reading was asked before.
pub(super) fn resolve<'a>(context: Context<'a>, class: &'a Dataclass, steps: &[Step], purpose: Purpose) -> Result<Resolved, Error> {
    let mut walk = Walk { context, class, hops: Vec::new(), indexes: Vec::new(), purpose, computed: None };
    let mut rest = steps;
    while let Some((step, below)) = rest.split_first() {
        let attribute = context.visible(walk.class, &step.name).ok_or_else(|| unknown(walk.class, &step.name, purpose))?;
        context.ask_read(walk.class, attribute)?;
        if let Some((tail, ty)) = walk.step(attribute, step, below)? {
            return Ok(walk.finish(tail, ty));
        }
        rest = below;
    }
    // The grammar and placeholders never give a path without steps.
    Err(denial::malformed(1201, "A path must not be empty"))
}

struct Walk<'a> {
    context: Context<'a>,
    class: &'a Dataclass,
    hops: Vec<Hop>,
    /// Class index of each hop, and of the tail when it has one.
    indexes: Vec<Option<i64>>,
    purpose: Purpose,
    computed: Option<AttrRef>,
}

impl<'a> Walk<'a> {
    /// One step; answers the tail when the path ends here.
    fn step(&mut self, attribute: &'a Attribute, step: &Step, below: &[Step]) -> Result<Option<(Tail, Type)>, Error> {
        let own = [self.class.at(attribute.id)];
        let ways: &[AttrRef] = match &attribute.kind {
            Kind::Alias(alias) => &alias.steps,
            _ => &own,
        };
        let mut index = step.index;
        for (at, way) in ways.iter().enumerate() {
            let is_last = at + 1 == ways.len();
            let attribute = self.context.attribute_at(*way);
            self.context.touch_steps(&[*way]);
            match &attribute.kind {
                Kind::RelatedEntity(relation) => {
                    self.refuse_mark(attribute, step)?;
                    let target = self.context.dataclass(relation.target);
                    if is_last && below.is_empty() {
                        self.indexes.push(index);
                        // Whatever attribute the foreign key refers to, an entity is named by its key.
                        let ty = match target.key_attributes() {
                            [one] => type_of(target.attribute(*one)).map(|(ty, _)| ty),
                            _ => None,
                        };
                        return Ok(Some((Tail::Attribute(*way), Type::Related(ty))));
                    }
                    self.hop(Hop::One(*way), index.take());
                    self.enter(target, is_last)?;
                }
                Kind::RelatedEntities(relation) => {
                    self.refuse_mark(attribute, step)?;
                    self.hop(Hop::Many(*way, Vec::new()), index.take());
                    self.enter(self.context.dataclass(relation.target), is_last)?;
                    if is_last && below.is_empty() {
                        return Ok(Some((Tail::Selection, Type::Selection)));
                    }
                }
                _ => return self.value(*way, attribute, step, below).map(Some),
            }
        }
        Ok(None)
    }

    /// A storage or calculated attribute: the rest of the path goes into its object.
    fn value(&mut self, at: AttrRef, attribute: &Attribute, step: &Step, below: &[Step]) -> Result<(Tail, Type), Error> {
        let ty = type_of(attribute).map_or(ValueType::Object, |(ty, _)| ty);
        self.computed = attribute.getter().map(|_| at);
        if ty != ValueType::Object {
            self.refuse_mark(attribute, step)?;
            return match below.first() {
                None => Ok((Tail::Attribute(at), Type::Value(ty))),
                Some(below) => Err(unknown(self.class, &format!("{}.{}", step.name, below.name), self.purpose)),
            };
        }
        if below.is_empty() && step.array.is_none() {
            return Ok((Tail::Attribute(at), Type::Value(ty)));
        }
        let mut tail = Tail::Json(at, Vec::new());
        self.elements(&mut tail, step.array);
        for (number, step) in below.iter().enumerate() {
            let is_last = number + 1 == below.len();
            if is_last && step.array.is_none() && step.name == "length" {
                return Ok((Tail::Length(Box::new(tail)), Type::Value(ValueType::Int)));
            }
            if let Tail::Json(_, names) | Tail::Element(names) = &mut tail {
                names.push(step.name.clone());
            }
            self.elements(&mut tail, step.array);
        }
        Ok((tail, Type::Json))
    }

    /// Steps into the array when the step has brackets.
    fn elements(&mut self, tail: &mut Tail, mark: Option<ArrayMark>) {
        let letter = match mark {
            None => return,
            Some(ArrayMark::Any) => None,
            Some(ArrayMark::Letter(letter)) => Some(letter),
        };
        let array = std::mem::replace(tail, Tail::Element(Vec::new()));
        self.hop(Hop::Elements(array, letter), None);
    }

    fn hop(&mut self, hop: Hop, index: Option<i64>) {
        self.hops.push(hop);
        self.indexes.push(index);
    }

    /// Goes on in the target. An alias is readable whatever the permissions on its way (`roles-privileges.md` 3), so only where the path
    /// as written goes on the dataclass is asked.
    fn enter(&mut self, target: &'a Dataclass, is_written: bool) -> Result<(), Error> {
        if is_written {
            self.context.ask_dataclass(target, Action::Read)?;
        }
        self.class = target;
        Ok(())
    }

    fn refuse_mark(&self, attribute: &Attribute, step: &Step) -> Result<(), Error> {
        if step.array.is_none() {
            return Ok(());
        }
        let code = match self.purpose {
            Purpose::Filter => 1201,
            Purpose::Order => 1810,
            Purpose::Aggregate => 1817,
        };
        Err(denial::malformed(code, format!("\"{}\" is no object: it has no array elements", attribute.name)))
    }

    /// Gives each 1 -> N hop the class indexes that make it one with, or another than, those of other conditions: all that stand between
    /// the 1 -> N hop before it and the one behind it, since an index may stand on any step of the path.
    fn finish(mut self, tail: Tail, ty: Type) -> Resolved {
        let many: Vec<usize> = (0..self.hops.len()).filter(|at| matches!(self.hops[*at], Hop::Many(..))).collect();
        for (number, at) in many.iter().enumerate() {
            let from = if number == 0 { 0 } else { many[number - 1] + 1 };
            let to = many.get(number + 1).copied().unwrap_or(self.indexes.len());
            let around = self.indexes[from..to].iter().flatten().copied().collect();
            if let Hop::Many(_, indexes) = &mut self.hops[*at] {
                *indexes = around;
            }
        }
        Resolved { hops: self.hops, tail, ty, computed: self.computed }
    }
}

/// An attribute that does not exist for the caller (9.2, 9.4, 7.1).
fn unknown(class: &Dataclass, name: &str, purpose: Purpose) -> Error {
    match purpose {
        Purpose::Filter => denial::no_attribute(ErrorKind::Malformed, class, name).then(1201, "The query cannot be analysed"),
        Purpose::Order => denial::no_attribute(ErrorKind::Malformed, class, name).then(1810, "The order-by list is wrong"),
        Purpose::Aggregate => denial::not_in_list(class, name),
    }
}
