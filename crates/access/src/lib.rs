//! Access: secrets, key rules, `roles.json`, and permissions resolved to [`Grants`].
//!
//! Pure: no I/O, no HTTP, no SQL. The clock and the random source are parameters.

pub mod grants;

pub use grants::{Action, Grants};
