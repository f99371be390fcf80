//! What planning needs to know that is not in the model: what functions of the operator say (`functions.md` 1). Planning writes down
//! what it misses and goes on; whoever asked for the plan finds the answers out and asks again.

use std::cell::RefCell;
use std::sync::Arc;

use claviger_model::{AttrRef, ClassId, Dataclass};
use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use crate::computed::ComputedValues;

use crate::error::{Error, ErrorKind};
use crate::plan::Selection;
use crate::restriction::Restrictions;

/// One answer that planning misses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Need {
    /// Which entities of the dataclass the caller may see: its `restrict` says.
    Rows(ClassId),
    /// What a condition on a computed attribute means: its function in `query` says.
    Condition {
        /// The computed attribute.
        attribute: AttrRef,
        /// `=`, `!=`, `begin`…
        operator: &'static str,
        /// What it is compared with: a value, null, or for `in` a list.
        value: Json,
    },
    /// What an order by a computed attribute means: its function in `orderBy` says.
    Order {
        /// The computed attribute.
        attribute: AttrRef,
        /// The largest first.
        descending: bool,
    },
    /// What a computed attribute is of every entity of its dataclass.
    Values(AttrRef),
}

/// What the operator's code says in the place of a condition or an order.
#[derive(Clone, PartialEq, Debug)]
pub struct InPlace {
    /// As `$filter` or `$orderby`.
    pub text: String,
    /// As `$params`.
    pub parameters: Option<Json>,
}

/// What is known so far.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    rows: FxHashMap<ClassId, Option<Arc<Selection>>>,
    all_rows: bool,
    presumed: bool,
    said: Vec<(Need, Option<InPlace>)>,
    values: Vec<Arc<ComputedValues>>,
}

/// A plan, or what must be answered before there can be one.
#[derive(Debug)]
pub enum Planned<T> {
    /// Nothing was missing.
    Ready(T),
    /// Each once, in the order in which planning met them; none of them has an answer. Every permission was asked already.
    Needs(Vec<Need>),
}

impl Answers {
    /// Every entity of every dataclass may be seen: for a `restrict` at work, which looks at what it restricts.
    pub fn unrestricted() -> Self {
        Self { all_rows: true, ..Self::default() }
    }

    /// Whatever functions would say, for a plan that is looked at and not carried out.
    pub fn presumed() -> Self {
        Self { all_rows: true, presumed: true, ..Self::default() }
    }

    /// Which entities of the dataclass the caller may see; `None`: all of them. The selection must be of this dataclass; its own
    /// restrictions and its order count for nothing.
    pub fn set_rows(&mut self, class: ClassId, seen: Option<Arc<Selection>>) {
        debug_assert!(seen.as_ref().is_none_or(|selection| selection.class() == class));
        self.rows.insert(class, seen);
    }

    /// What stands in the place of a [`Need::Condition`] or a [`Need::Order`]; `None`: nothing does, so that each entity's value decides.
    pub fn set_said(&mut self, need: Need, said: Option<InPlace>) {
        self.said.push((need, said));
    }

    /// What a computed attribute is of every entity.
    pub fn set_values(&mut self, values: ComputedValues) {
        self.values.push(Arc::new(values));
    }

    /// Forgets what was said about computed attributes, and their values.
    pub fn forget_computed(&mut self) {
        self.said.clear();
        self.values.clear();
    }

    fn rows(&self, class: ClassId) -> Option<Option<Arc<Selection>>> {
        if self.all_rows { Some(None) } else { self.rows.get(&class).cloned() }
    }
}

impl<T> Planned<T> {
    /// The plan, where nothing can be missing; 500 where something is, which is a mistake of the server.
    pub fn ready(self) -> Result<T, Error> {
        match self {
            Self::Ready(plan) => Ok(plan),
            Self::Needs(_) => Err(Error::new(ErrorKind::Failed, 1046, "What functions have to say could not be found out")),
        }
    }
}

/// What is known outside of the planner, and what one planning misses.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    answers: &'a Answers,
    touched: RefCell<Vec<ClassId>>,
    /// Computed attributes whose values decide.
    valued: RefCell<Vec<AttrRef>>,
    /// What else has no answer.
    missed: RefCell<Vec<Need>>,
}

/// What carries the answers on to the store.
pub(crate) trait Carry {
    fn carry(&mut self, restrictions: &Restrictions);
}

impl<'a> Outside<'a> {
    pub(crate) fn new(answers: &'a Answers) -> Self {
        Self { answers, touched: RefCell::default(), valued: RefCell::default(), missed: RefCell::default() }
    }

    /// The plan reads entities of the dataclass, finds them or tells whether they are there.
    #[inline]
    pub(crate) fn touch(&self, class: &Dataclass) {
        if class.restricted {
            self.touch_restricted(class.id);
        }
    }

    /// The same for a dataclass that is known to be restricted.
    pub(crate) fn touch_restricted(&self, class: ClassId) {
        let mut touched = self.touched.borrow_mut();
        if !touched.contains(&class) {
            touched.push(class);
        }
    }

    /// The plan goes on from one that had these.
    pub(crate) fn touch_again(&self, restrictions: &Restrictions) {
        restrictions.classes().for_each(|class| self.touch_restricted(class));
        restrictions.values().for_each(|values| self.touch_values(values.attribute));
    }

    /// Values of a computed attribute decide.
    pub(crate) fn touch_values(&self, attribute: AttrRef) {
        let mut valued = self.valued.borrow_mut();
        if !valued.contains(&attribute) {
            valued.push(attribute);
        }
    }

    /// What the operator's code says in the place of a condition or an order. `None`: nobody has asked it yet.
    pub(crate) fn said(&self, need: &Need) -> Option<Option<&'a InPlace>> {
        if self.answers.presumed {
            return Some(None);
        }
        let known = self.answers.said.iter().find(|(known, _)| known == need);
        if known.is_none() {
            let mut missed = self.missed.borrow_mut();
            if !missed.contains(need) {
                missed.push(need.clone());
            }
        }
        known.map(|(_, said)| said.as_ref())
    }

    /// The plan with all answers that it needs, or what is missing.
    pub(crate) fn complete<T: Carry>(self, mut plan: T) -> Planned<T> {
        let (touched, mut valued, mut needs) = (self.touched.into_inner(), self.valued.into_inner(), self.missed.into_inner());
        if self.answers.presumed {
            valued.clear();
        }
        if touched.is_empty() && valued.is_empty() && needs.is_empty() {
            return Planned::Ready(plan);
        }
        let (mut words, mut values) = (Vec::with_capacity(touched.len()), Vec::with_capacity(valued.len()));
        for attribute in valued {
            match self.answers.values.iter().find(|known| known.attribute == attribute) {
                Some(known) => values.push(Arc::clone(known)),
                None => needs.push(Need::Values(attribute)),
            }
        }
        for class in touched {
            match self.answers.rows(class) {
                Some(seen) => words.push((class, seen)),
                None => needs.push(Need::Rows(class)),
            }
        }
        if !needs.is_empty() {
            return Planned::Needs(needs);
        }
        plan.carry(&Restrictions::new(words, values));
        Planned::Ready(plan)
    }
}
