//! The store: what runs an authorised [`Plan`](claviger_query::Plan) or [`Change`](claviger_query::Change) against a database, and
//! the control store (keys, console users, audit), which lives apart.
//!
//! Knows no HTTP. The engine stands behind one seam ([`Store`]): SQLite today, PostgreSQL as an addition.

pub mod error;
pub mod sink;
pub mod sqlite;

pub use error::StoreError;
pub use sink::{EntityHead, Sink};
