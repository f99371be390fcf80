//! The model as a whole: handles, dataclasses, keys.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::attribute::Attribute;
use crate::functions::Functions;

/// Handle of a dataclass: its index in [`Model::dataclasses`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ClassId(pub u16);

/// Handle of an attribute: its index in [`Dataclass::attributes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AttrId(pub u16);

/// An attribute of a dataclass, by handles.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AttrRef {
    /// The dataclass.
    pub class: ClassId,
    /// The attribute in it.
    pub attr: AttrId,
}

/// A validated model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name of the datastore (`$catalog` `__NAME`).
    pub name: String,
    /// 32 upper-case hexadecimal digits, constant for a datastore (`__UNIQID`).
    pub uuid: String,
    /// In file order.
    pub(crate) dataclasses: Vec<Dataclass>,
    pub(crate) by_name: HashMap<String, ClassId>,
    /// What the operator's code adds.
    pub(crate) functions: Functions,
    /// See [`Self::number`].
    number: u64,
    /// The file as read, so that unknown properties are written back.
    pub(crate) source: serde_json::Value,
}

/// Numbers of models are never given twice in a process.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// One dataclass.
#[derive(Clone, Debug)]
pub struct Dataclass {
    /// Its own handle.
    pub id: ClassId,
    /// Matched exactly in requests.
    pub name: String,
    /// Usually equal to `name`.
    pub class_name: String,
    /// Usually `{name}Selection`.
    pub collection_name: String,
    /// False: does not exist for the API.
    pub exposed: bool,
    /// 32 upper-case hexadecimal digits.
    pub uuid: String,
    /// Default page size; 100 unless the file says otherwise.
    pub default_top_size: u32,
    /// Stable number from 1, shown in the catalog.
    pub table_number: u32,
    /// The table or view behind it.
    pub table: Table,
    /// All attributes, also hidden and implicit ones, in file order.
    pub attributes: Vec<Attribute>,
    /// How an entity is identified.
    pub key: Key,
    /// A function of the operator says which of its entities a caller may see (`functions.md` 1, `restrict`): not known from the file.
    pub restricted: bool,
    /// Indexes over several attributes (owned databases).
    pub indexes: Vec<CompositeIndex>,
    pub(crate) by_name: HashMap<String, AttrId>,
}

/// An index over several storage attributes (`data-model.md` 4.5; `indexes` in the model file).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompositeIndex {
    /// In the order of the index, no one twice.
    pub attributes: Vec<AttrId>,
    /// No two entities have the same values in all of them (nulls exempt).
    pub unique: bool,
}

/// The table or view behind a dataclass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in the database, unquoted.
    pub name: String,
    /// A view, or a table that cannot be written.
    pub read_only: bool,
}

/// How an entity of a dataclass is identified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The parts of the primary key, at least one, in key order.
    Attributes(Vec<AttrId>),
    /// A table without primary key whose SQLite `rowid` serves (settlement "Composite and missing primary keys").
    RowId,
    /// Nothing identifies an entity: read only, no `__KEY`, only `$asArray`, pages and aggregates.
    None,
}

impl Model {
    /// Makes the look-ups by name; the handles in `dataclasses` must already be right.
    pub(crate) fn assemble(name: &str, uuid: String, mut dataclasses: Vec<Dataclass>, source: serde_json::Value) -> Self {
        for class in &mut dataclasses {
            class.by_name = class.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.id)).collect();
        }
        let by_name = dataclasses.iter().map(|class| (class.name.clone(), class.id)).collect();
        Self { name: name.to_owned(), uuid, dataclasses, by_name, functions: Functions::default(), number: next_number(), source }
    }

    /// The same model with these functions; it counts as another.
    #[must_use]
    pub fn with_functions(&self, functions: Functions) -> Self {
        Self { functions, number: next_number(), ..self.clone() }
    }

    /// Unique in the process for each model that was made, and the same for its clones: what was computed for one model (permissions) is not
    /// used with another.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The functions that the operator declares.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// All dataclasses in file order; `ClassId` is the index.
    pub fn dataclasses(&self) -> &[Dataclass] {
        &self.dataclasses
    }

    /// The dataclass behind a handle of this model.
    pub fn dataclass(&self, id: ClassId) -> &Dataclass {
        &self.dataclasses[usize::from(id.0)]
    }

    /// From now on a function says which entities of the dataclass a caller may see: every plan that touches it asks.
    pub fn restrict(&mut self, id: ClassId) {
        self.dataclasses[usize::from(id.0)].restricted = true;
    }

    /// By exact name, exposed or not.
    pub fn find(&self, name: &str) -> Option<&Dataclass> {
        self.by_name.get(name).map(|id| self.dataclass(*id))
    }

    /// The attribute behind a handle of this model.
    pub fn attribute(&self, at: AttrRef) -> &Attribute {
        self.dataclass(at.class).attribute(at.attr)
    }
}

fn next_number() -> u64 {
    NEXT_NUMBER.fetch_add(1, Ordering::Relaxed)
}

impl Dataclass {
    /// The attribute behind a handle of this dataclass.
    pub fn attribute(&self, id: AttrId) -> &Attribute {
        &self.attributes[usize::from(id.0)]
    }

    /// By exact name, exposed or not.
    pub fn find(&self, name: &str) -> Option<&Attribute> {
        self.by_name.get(name).map(|id| self.attribute(*id))
    }

    /// Handle of one of its attributes, with the class.
    pub fn at(&self, attr: AttrId) -> AttrRef {
        AttrRef { class: self.id, attr }
    }

    /// The key's attributes; empty for [`Key::RowId`] and [`Key::None`].
    pub fn key_attributes(&self) -> &[AttrId] {
        match &self.key {
            Key::Attributes(parts) => parts,
            Key::RowId | Key::None => &[],
        }
    }

    /// True when entities can be created, updated and deleted at all (a key, and a table that can be written).
    pub fn is_writable(&self) -> bool {
        !self.table.read_only && self.key != Key::None
    }
}
