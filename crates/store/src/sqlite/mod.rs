//! The embedded engine: SQLite.

pub mod schema;
