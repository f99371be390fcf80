//! An authorised writing (`rest-dialect.md` 12, 13.1).

use std::sync::Arc;

use claviger_model::{AttrId, ClassId, Value};
use serde_json::Value as Json;

use crate::error::Error;
use crate::plan::Base;
use crate::predicate::{Predicate, Scopes};
use crate::projection::Projection;
use crate::restriction::Restrictions;

/// An authorised writing. No public constructor but [`crate::Ask::plan`].
#[derive(Debug)]
pub enum Change {
    /// Create and update.
    Save(Save),
    /// Delete.
    Delete(Delete),
}

/// Create and update, one or many.
#[derive(Debug)]
pub struct Save {
    pub(crate) class: ClassId,
    pub(crate) items: Vec<SaveItem>,
    pub(crate) atomic: bool,
    pub(crate) array: bool,
    pub(crate) projection: Arc<Projection>,
    pub(crate) trial: Option<Trial>,
    pub(crate) restrictions: Restrictions,
    pub(crate) computed: Vec<Computed>,
}

/// What a body says of a computed attribute with a setter: that makes values of others of it (`functions.md` 1).
#[derive(Debug)]
pub struct Computed {
    /// The place of its entity in the save.
    pub at: usize,
    /// The attribute.
    pub attribute: AttrId,
    /// The value, as it was sent.
    pub given: Json,
}

/// A save of which nothing stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trial {
    /// `$method=validate` (12.8): would it succeed?
    Validate,
    /// `$refresh=true` (19): what would the entity be like?
    Refresh,
}

/// A lock to take or give back (13.2). No public constructor but [`crate::Ask::plan`].
#[derive(Debug)]
pub struct Lock {
    pub(crate) class: ClassId,
    pub(crate) scopes: Scopes,
    pub(crate) base: Base,
    pub(crate) taken: bool,
    pub(crate) restrictions: Restrictions,
}

impl Lock {
    /// Dataclass of the entity.
    pub fn class(&self) -> ClassId {
        self.class
    }
    /// Scopes of the base.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }
    /// Which entity.
    pub fn base(&self) -> &Base {
        &self.base
    }
    /// `$lock=true`; else it is given back.
    pub fn is_taken(&self) -> bool {
        self.taken
    }
}

/// One entity to save.
#[derive(Clone, Debug)]
pub enum SaveItem {
    /// A new entity; attributes not named take their defaults.
    Create(Vec<Assign>),
    /// An existing one.
    Update {
        /// Values of the key parts; `None`: the text cannot be a key, so the entity is absent.
        key: Option<Vec<Value>>,
        /// The key as written, for messages and `__KEY`.
        text: String,
        /// The caller's stamp; `None`: no check.
        stamp: Option<i64>,
        /// The stamp of the entity that events looked at, 0 when there was none: what has another one by now is not saved, whatever the
        /// caller says of it. `None`: nobody looked.
        seen: Option<i64>,
        /// What is to change.
        values: Vec<Assign>,
    },
    /// Refused before the store is asked (permission, type): the error, and whether the entity was new (1534) or not (1517) is in it.
    Refused {
        /// Key as written, when there was one.
        text: Option<String>,
        /// The whole chain.
        error: Error,
    },
}

/// One attribute to set.
#[derive(Clone, PartialEq, Debug)]
pub struct Assign {
    pub(crate) attribute: AttrId,
    pub(crate) value: Value,
    pub(crate) denied: Option<Error>,
    pub(crate) relation: Option<AttrId>,
    pub(crate) asks_target: bool,
    pub(crate) given: Option<String>,
}

/// Delete.
#[derive(Clone, Debug)]
pub struct Delete {
    pub(crate) class: ClassId,
    pub(crate) scopes: Scopes,
    pub(crate) base: Base,
    pub(crate) filter: Option<Predicate>,
    pub(crate) listed: Option<Box<Listed>>,
    pub(crate) stamp: Option<i64>,
    pub(crate) atomic: bool,
    pub(crate) reaches: Vec<Reach>,
    pub(crate) restrictions: Restrictions,
}

/// Which entities a deletion is restricted to. Boxed there: few deletions have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed {
    /// `None`: all that the deletion finds.
    pub(crate) keys: Option<Vec<Option<Vec<Value>>>>,
    /// What events saw, for each of them.
    pub(crate) seen: Vec<Option<i64>>,
}

/// What a caller may not do to a dataclass that his deletion reaches: the one that is deleted from, and those whose relations to it cascade,
/// are set to null or reject (`roles-privileges.md` 3, 4.4; `data-model.md` RE-8).
#[derive(Clone, Debug)]
pub struct Reach {
    pub(crate) class: ClassId,
    pub(crate) denied: Option<Error>,
    pub(crate) guarded: Vec<(AttrId, Error)>,
    pub(crate) kept: Vec<(AttrId, Error)>,
    pub(crate) named: Vec<AttrId>,
}

impl Save {
    /// Dataclass that is written.
    pub fn class(&self) -> ClassId {
        self.class
    }
    /// In body order.
    pub fn items(&self) -> &[SaveItem] {
        &self.items
    }
    /// All or nothing.
    pub fn is_atomic(&self) -> bool {
        self.atomic
    }
    /// The body was an array: the answer is the `__ENTITIES` wrapper.
    pub fn is_array(&self) -> bool {
        self.array
    }
    /// Nothing of it may stay.
    pub fn is_trial(&self) -> bool {
        self.trial.is_some()
    }
    /// Why nothing of it may stay.
    pub fn trial(&self) -> Option<Trial> {
        self.trial
    }
    /// What of the saved entity is sent back.
    pub fn projection(&self) -> &Arc<Projection> {
        &self.projection
    }
    /// What setters are to be asked about, in the order of the body; once.
    pub fn take_computed(&mut self) -> Vec<Computed> {
        std::mem::take(&mut self.computed)
    }
}

impl Assign {
    /// The storage attribute to set (a relation has become its foreign key attributes).
    pub fn attribute(&self) -> AttrId {
        self.attribute
    }
    /// The value, already of the attribute's type.
    pub fn value(&self) -> &Value {
        &self.value
    }
    /// The N -> 1 attribute whose foreign key this is, when the relation was assigned: its target must exist (1517/1534 chain when not).
    /// `None` when the foreign key attribute itself was written (RE-5: stored as it is, unless the database refuses), and for a caller who may
    /// not read the target: he must not learn which of its entities exist.
    pub fn relation(&self) -> Option<AttrId> {
        self.relation.filter(|_| self.asks_target)
    }
    /// The N -> 1 attribute that was assigned, whether or not its target is asked for.
    pub fn through(&self) -> Option<AttrId> {
        self.relation
    }
    /// The text as the caller wrote it, when an existing entity's attribute was given a JSON string: by it the store knows a value again that
    /// it sent as text because it does not fit the attribute's type.
    pub fn given(&self) -> Option<&str> {
        self.given.as_deref()
    }
    /// The caller may not change this attribute: an error when the value differs from the stored one (from null, for a new entity).
    pub fn denied(&self) -> Option<&Error> {
        self.denied.as_ref()
    }
}

impl Delete {
    /// Dataclass that is written.
    pub fn class(&self) -> ClassId {
        self.class
    }
    /// Scopes of the filter.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }
    /// One entity, or all that the filter finds.
    pub fn base(&self) -> &Base {
        &self.base
    }
    /// `$filter`.
    pub fn filter(&self) -> Option<&Predicate> {
        self.filter.as_ref()
    }
    /// The body restricted the deletion to these keys (an element is `None` when its text cannot be a key).
    pub fn keys(&self) -> Option<&[Option<Vec<Value>>]> {
        self.listed.as_ref()?.keys.as_deref()
    }
    /// The entity goes only with this stamp (`data-model.md` ST-7); `None`: no check.
    pub fn stamp(&self) -> Option<i64> {
        self.stamp
    }
    /// The stamp of the entity that events looked at, 0 when there was none: one that has another by now stays, to be looked at again. `at`: the
    /// place among [`Self::keys`], 0 for the entity of [`Base::Key`].
    pub fn seen(&self, at: usize) -> Option<i64> {
        self.listed.as_ref()?.seen.get(at).copied().flatten()
    }
    /// All or nothing.
    pub fn is_atomic(&self) -> bool {
        self.atomic
    }
    /// What the caller may not do to a dataclass that the deletion reaches; none for other dataclasses.
    pub fn reach(&self, class: ClassId) -> Option<&Reach> {
        self.reaches.iter().find(|reach| reach.class == class)
    }
}

impl Reach {
    /// Entities of the dataclass may not be deleted.
    pub fn denied(&self) -> Option<&Error> {
        self.denied.as_ref()
    }
    /// Attributes with a `drop` list that the caller does not satisfy: an entity with a value there cannot be deleted (rule A-5).
    pub fn guarded(&self) -> &[(AttrId, Error)] {
        &self.guarded
    }
    /// Why the caller may not set the N -> 1 attribute to null, if so.
    pub fn kept(&self, relation: AttrId) -> Option<&Error> {
        self.kept.iter().find(|(attribute, _)| *attribute == relation).map(|(_, error)| error)
    }
    /// The caller knows of this N -> 1 attribute, so that a message may name it: it is exposed and he may read it.
    pub fn is_named(&self, relation: AttrId) -> bool {
        self.named.contains(&relation)
    }
}
