//! Tables: how dataclasses lie in them ([`crate::layout`]), which an owned database gets ([`create`]), how it follows a changed model
//! ([`migrate`]), where an attached one would gain from an index ([`hints`]).

pub mod create;
pub mod hints;
pub mod migrate;

pub use hints::{FoldHint, fold_hints};
pub use migrate::{SchemaError, Step, migrate, plan_migration};

use claviger_model::{Storage, Value};

use crate::write::encode;

/// A default value as SQL literal for rows that are already there; none for null.
fn literal(value: &Value, storage: &Storage) -> Option<String> {
    (*value != Value::Null).then(|| encode::literal(&encode::encode(value, storage, true)))
}
