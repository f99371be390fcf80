//! The store: what runs an authorised [`Plan`](claviger_query::Plan) or [`Change`](claviger_query::Change) against a database, and
//! the control store (keys, console users, audit), which lives apart.
//!
//! Knows no HTTP. The engine stands behind one seam ([`Store`]): SQLite today, PostgreSQL as an addition.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod bind;
pub mod control;
pub mod decode;
mod emit;
pub mod error;
pub mod guard;
pub mod layout;
pub mod location;
mod plan;
pub mod postgres;
pub mod schema;
pub mod sets;
pub mod sink;
pub mod sql;
pub mod sqlite;
pub mod store;
pub mod transaction;
pub mod write;

pub use error::StoreError;
pub use guard::{EntityGuard, Held, NothingHeld};
pub use location::Location;
pub use sink::{EntityHead, Sink};
pub use store::{Clock, Mode, OpenOptions, StampMode, Store};
pub use transaction::OpenTransaction;
pub use write::{DeleteOutcome, SaveOutcome, SaveStatus};
