//! What planning needs to know that is not in the model: what functions of the operator say (`functions.md` 1). Planning writes down
//! what it misses and goes on; whoever asked for the plan finds the answers out and asks again.

use std::cell::RefCell;
use std::sync::Arc;

use claviger_model::{ClassId, Dataclass};
use rustc_hash::FxHashMap;

use crate::error::{Error, ErrorKind};
use crate::plan::Selection;
use crate::restriction::Restrictions;

/// One answer that planning misses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Need {
    /// Which entities of the dataclass the caller may see: its `restrict` says.
    Rows(ClassId),
}

/// What is known so far.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    rows: FxHashMap<ClassId, Option<Arc<Selection>>>,
    all_rows: bool,
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

    /// Which entities of the dataclass the caller may see; `None`: all of them. The selection must be of this dataclass; its own
    /// restrictions and its order count for nothing.
    pub fn set_rows(&mut self, class: ClassId, seen: Option<Arc<Selection>>) {
        debug_assert!(seen.as_ref().is_none_or(|selection| selection.class() == class));
        self.rows.insert(class, seen);
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
            Self::Needs(_) => Err(Error::new(ErrorKind::Failed, 1046, "Which entities may be seen could not be found out")),
        }
    }
}

/// What is known outside of the planner, and what one planning misses.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    answers: &'a Answers,
    touched: RefCell<Vec<ClassId>>,
}

/// What carries the answers on to the store.
pub(crate) trait Carry {
    fn carry(&mut self, restrictions: &Restrictions);
}

impl<'a> Outside<'a> {
    pub(crate) fn new(answers: &'a Answers) -> Self {
        Self { answers, touched: RefCell::default() }
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

    /// The plan with all answers that it needs, or what is missing.
    pub(crate) fn complete<T: Carry>(self, mut plan: T) -> Planned<T> {
        let touched = self.touched.into_inner();
        if touched.is_empty() {
            return Planned::Ready(plan);
        }
        let (mut words, mut needs) = (Vec::with_capacity(touched.len()), Vec::new());
        for class in touched {
            match self.answers.rows(class) {
                Some(seen) => words.push((class, seen)),
                None => needs.push(Need::Rows(class)),
            }
        }
        if !needs.is_empty() {
            return Planned::Needs(needs);
        }
        plan.carry(&Restrictions::new(words));
        Planned::Ready(plan)
    }
}
