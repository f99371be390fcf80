//! The engine for more than one machine: PostgreSQL 15 and newer.

pub mod types;
