//! The embedded engine: SQLite.

pub mod connection;
pub mod functions;
pub mod introspect;
pub mod schema;
pub mod stamps;
pub mod write;
