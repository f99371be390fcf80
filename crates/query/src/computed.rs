//! Values of computed attributes that a plan filters, sorts or computes over (`functions.md` 1).

use claviger_model::{AttrRef, Value, ValueType};

use crate::keys::KeyList;

/// What a computed attribute is of every entity of its dataclass, at one moment. To the store it is like a column.
#[derive(Clone, PartialEq, Debug)]
pub struct ComputedValues {
    /// The attribute.
    pub attribute: AttrRef,
    /// What the values are that are not null.
    pub ty: ValueType,
    /// The entities.
    pub keys: KeyList,
    /// Their values, in the order of the keys.
    pub values: Vec<Value>,
}
