//! Access: secrets, key rules, `roles.json`, and permissions resolved to [`Grants`].
//!
//! Pure: no I/O, no HTTP, no SQL. The clock and the random source are parameters.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod client;
mod decide;
pub mod digest;
pub mod explain;
#[doc(hidden)]
pub mod fuzz;
pub mod gate;
pub mod grants;
pub mod hosts;
pub mod key;
pub mod roles;
pub mod seal;
pub mod secret;

pub use client::{ClientAddress, client_address};
pub use digest::{Digester, SecretDigest};
pub use explain::{Caller, Decision, Protected, Resolved, Resource, explain, explain_attribute, explain_protected};
pub use gate::{Found, Presented, Refusal, decide, decide_found};
pub use grants::{Action, Grants, Scope};
pub use hosts::{AllowedHosts, HostError};
pub use key::{FieldError, KeyDraft, KeyEdit, KeyId, KeyProperties, KeyRecord, KeyRules, KeyState, KeyType};
pub use roles::{Finding, ResourceType, Role, Roles, Severity};
pub use seal::{CannotOpen, MasterKey};
pub use secret::{Malformed, Secret};
