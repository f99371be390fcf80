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
pub mod layout;
pub mod location;
pub mod postgres;
pub mod sink;
pub mod sql;
pub mod sqlite;
pub mod store;

pub use error::StoreError;
pub use location::Location;
pub use sink::{EntityHead, Sink};
pub use sqlite::write::{DeleteOutcome, SaveOutcome, SaveStatus};
pub use store::{Clock, Mode, OpenOptions, StampMode, Store};
