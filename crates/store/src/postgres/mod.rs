//! The engine for more than one machine: PostgreSQL 15 and newer.

mod bind;
pub mod config;
pub mod connections;
pub mod constraints;
pub mod engine;
mod error;
pub mod functions;
pub mod introspect;
pub mod open;
mod open_transaction;
mod read;
mod related;
mod row;
pub mod schema;
mod set;
pub mod stamps;
pub mod stored;
pub mod tls;
pub mod types;
pub(crate) mod write;

pub use config::{Server, UrlError};
pub use error::with_causes;
pub use tls::Tls;
