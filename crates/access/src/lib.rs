//! Access: secrets, key rules, `roles.json`, and permissions resolved to [`Grants`].
//!
//! Pure: no I/O, no HTTP, no SQL. The clock and the random source are parameters.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod decide;
pub mod digest;
pub mod grants;
pub mod roles;
pub mod seal;
pub mod secret;

pub use digest::{Digester, SecretDigest};
pub use grants::{Action, Grants, Scope};
pub use roles::{Finding, ResourceType, Role, Roles, Severity};
pub use seal::{CannotOpen, MasterKey};
pub use secret::{Malformed, Secret};
