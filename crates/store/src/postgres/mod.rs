//! The engine for more than one machine: PostgreSQL 15 and newer.

pub mod config;
pub mod tls;
pub mod types;

pub use config::{Server, UrlError};
pub use tls::Tls;
