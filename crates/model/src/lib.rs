//! The data model: dataclasses, attributes, relations, values (`data-model.md`).
//!
//! Pure: no I/O, no HTTP, no SQL text. A [`Model`] is validated on construction, so everything that holds one
//! may index it by handle ([`ClassId`], [`AttrId`]) without asking again.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod attach;
pub mod attribute;
mod computed;
pub mod decimal;
pub mod diff;
pub mod expression;
pub mod file;
pub mod fit;
pub mod functions;
pub mod import;
pub mod model;
pub mod names;
pub mod problem;
pub mod rules;
pub mod text;
pub mod value;

pub use attach::{ColumnInfo, ForeignKeyInfo, TableInfo, model_from_tables};
pub use attribute::{
    Alias, Attribute, Calculated, Computation, DateForm, Getter, IndexKind, Integrity, Kind, RelatedEntities, RelatedEntity, Rules,
    Storage, StorageType, ValueType,
};
pub use computed::ComputedAttribute;
pub use expression::Expression;
pub use functions::{
    ClassFunctions, Events, Function, FunctionClass, FunctionId, FunctionList, FunctionName, FunctionScope, Functions, Singleton,
};
pub use model::{AttrId, AttrRef, ClassId, CompositeIndex, Dataclass, Key, Model, Table};
pub use problem::{Problem, Severity};
pub use value::{Cell, DateStyle, SimpleDate, Value, ValueError};
