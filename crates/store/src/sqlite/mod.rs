//! The embedded engine: SQLite.

pub mod connection;
pub mod decode;
pub mod engine;
pub mod functions;
pub mod introspect;
pub mod read;
pub mod schema;
pub mod sql;
pub mod stamps;
pub mod write;
