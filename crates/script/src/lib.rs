//! User functions: an engine for them, in processes that can do nothing else. `functions.md`.
//!
//! Knows nothing of HTTP or SQL. A [`Pool`] holds worker processes ([`run_worker`]), each with one engine and the same functions, and gives a call
//! to one that is idle. What a call asks for while it runs is asked of its [`Host`]. Nothing that a worker says is believed: lengths, times and
//! words are checked, and a worker that breaks a rule is ended and replaced.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod data;
mod pool;
mod protocol;
mod registry;
mod source;
pub mod types;
mod worker;

pub use pool::{CallError, Counts, Host, Pool, PoolRules, StartError};
pub use protocol::{Action, Call, Failure, Limit, Line, Load, Prelude, Refusal, Thrown};
pub use registry::{Class, ClassKind, Registry};
pub use source::{Finding, Source};
pub use worker::run_worker;
