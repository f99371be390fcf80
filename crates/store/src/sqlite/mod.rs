//! The embedded engine: SQLite.

mod bind;
pub mod connection;
pub mod engine;
pub mod functions;
pub mod introspect;
pub mod read;
pub mod schema;
pub mod stamps;
pub mod write;
