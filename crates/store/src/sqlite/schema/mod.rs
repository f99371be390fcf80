//! Owned databases in SQLite: how one follows a changed model ([`migrate`]); and where an attached one would gain from an index
//! ([`hints`]). Which tables a model wants is said in [`crate::schema`].

pub mod hints;
pub mod migrate;

pub use crate::schema::{FoldHint, SchemaError, Step};
pub use hints::fold_hints;
pub use migrate::{migrate, plan_migration};
