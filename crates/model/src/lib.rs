//! The data model: dataclasses, attributes, relations, values (`data-model.md`).
//!
//! Pure: no I/O, no HTTP, no SQL text. A [`Model`] is validated on construction, so everything that holds one
//! may index it by handle ([`ClassId`], [`AttrId`]) without asking again.

pub mod attribute;
pub mod expression;
pub mod model;
pub mod value;

pub use attribute::{
    Alias, Attribute, Calculated, DateForm, IndexKind, Integrity, Kind, RelatedEntities, RelatedEntity, Rules, Storage, StorageType,
    ValueType,
};
pub use expression::Expression;
pub use model::{AttrId, AttrRef, ClassId, Dataclass, Key, Model, Table};
pub use value::{Cell, SimpleDate, Value};
