//! Which entities a caller may see of the dataclasses that a plan touches (`functions.md` 1, `restrict`): part of every plan, so that
//! the store cannot read without. With them go values that no database has.

use std::sync::Arc;

use claviger_model::ClassId;

use crate::ask::Request;
use crate::call::Receiver;
use crate::change::{Change, Delete, Lock, Save};
use crate::computed::ComputedValues;
use crate::need::Carry;
use crate::plan::{Plan, Selection};
use crate::set::Then;

/// The restrictions of one plan; for most plans there is none.
#[derive(Clone, Debug, Default)]
pub struct Restrictions(Option<Arc<Words>>);

#[derive(Debug)]
struct Words {
    seen: Vec<(ClassId, Option<Arc<Selection>>)>,
    values: Vec<Arc<ComputedValues>>,
}

/// What a caller may see of a dataclass.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// Every entity.
    All,
    /// The entities of this selection, whose order and own restrictions count for nothing.
    Only(&'a Selection),
    /// Nobody asked. Right for a dataclass without `restrict`; of another, nothing may be seen.
    Unasked,
}

impl Restrictions {
    /// Nothing was asked.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn new(seen: Vec<(ClassId, Option<Arc<Selection>>)>, values: Vec<Arc<ComputedValues>>) -> Self {
        Self((!seen.is_empty() || !values.is_empty()).then(|| Arc::new(Words { seen, values })))
    }

    /// Values of computed attributes that the plan filters, sorts or computes over.
    pub fn values(&self) -> impl Iterator<Item = &ComputedValues> {
        self.0.iter().flat_map(|words| words.values.iter().map(Arc::as_ref))
    }

    /// What the caller may see of a dataclass.
    pub fn seen(&self, class: ClassId) -> Seen<'_> {
        match self.words().find(|(id, _)| *id == class) {
            None => Seen::Unasked,
            Some((_, None)) => Seen::All,
            Some((_, Some(selection))) => Seen::Only(selection),
        }
    }

    /// The selections that something is restricted to; none for most plans.
    pub fn selections(&self) -> impl Iterator<Item = &Selection> {
        self.words().filter_map(|(_, seen)| seen.as_deref())
    }

    /// There are entities that may not be seen. Says nothing of [`Self::values`].
    pub fn hides_entities(&self) -> bool {
        self.selections().next().is_some()
    }

    /// Dataclasses that were asked about.
    pub(crate) fn classes(&self) -> impl Iterator<Item = ClassId> {
        self.words().map(|(class, _)| *class)
    }

    fn words(&self) -> impl Iterator<Item = &(ClassId, Option<Arc<Selection>>)> {
        self.0.iter().flat_map(|words| words.seen.iter())
    }
}

impl Selection {
    /// Which entities the caller may see of the dataclasses that it goes over, its own included.
    pub fn restrictions(&self) -> &Restrictions {
        &self.restrictions
    }
}

impl Plan {
    /// Which entities the caller may see of the dataclasses that it touches.
    pub fn restrictions(&self) -> &Restrictions {
        &self.selection.restrictions
    }
}

impl Save {
    /// Which entities the caller may see of the dataclasses that it touches.
    pub fn restrictions(&self) -> &Restrictions {
        &self.restrictions
    }
}

impl Delete {
    /// Which entities the caller may see of the dataclasses that it touches. What a deletion brings about looks at all.
    pub fn restrictions(&self) -> &Restrictions {
        &self.restrictions
    }
}

impl Lock {
    /// Which entities the caller may see of the dataclass.
    pub fn restrictions(&self) -> &Restrictions {
        &self.restrictions
    }
}

impl Carry for Selection {
    fn carry(&mut self, restrictions: &Restrictions) {
        self.restrictions = restrictions.clone();
    }
}

impl Carry for Plan {
    fn carry(&mut self, restrictions: &Restrictions) {
        self.selection.carry(restrictions);
        if let Some(made_from) = self.keep.as_mut().and_then(|keep| keep.made_from.as_mut()) {
            made_from.carry(restrictions);
        }
    }
}

impl Carry for Save {
    fn carry(&mut self, restrictions: &Restrictions) {
        self.restrictions = restrictions.clone();
    }
}

impl Carry for Delete {
    fn carry(&mut self, restrictions: &Restrictions) {
        self.restrictions = restrictions.clone();
    }
}

impl Carry for Lock {
    fn carry(&mut self, restrictions: &Restrictions) {
        self.restrictions = restrictions.clone();
    }
}

impl Carry for Request {
    fn carry(&mut self, restrictions: &Restrictions) {
        match self {
            Self::Read(plan) => plan.carry(restrictions),
            Self::Write(Change::Save(save)) => save.carry(restrictions),
            Self::Write(Change::Delete(delete)) => delete.carry(restrictions),
            Self::Lock(lock) => lock.carry(restrictions),
            Self::Set(over) => match &mut over.then {
                Then::Read(plan) => plan.carry(restrictions),
                Then::Delete(delete) => delete.carry(restrictions),
                Then::Call(call) => call.receiver.carry(restrictions),
            },
            Self::Call(call) => call.receiver.carry(restrictions),
            Self::Catalog(_) | Self::OpenApi | Self::Upload(_) | Self::Release(_) | Self::Info(_) | Self::Directory(_) => {}
        }
    }
}

impl Carry for Receiver {
    fn carry(&mut self, restrictions: &Restrictions) {
        if let Self::Selection(selection) = self {
            selection.carry(restrictions);
        }
    }
}
