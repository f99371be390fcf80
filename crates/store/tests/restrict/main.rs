//! Callers who see only some entities (`functions.md` 1, `restrict`), on both engines.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(unreachable_pub, reason = "modules of one test binary")]

#[path = "../support/database.rs"]
mod database;
#[path = "../support/dice.rs"]
mod dice;
#[path = "../support/mod.rs"]
mod support;

mod attached;
mod computed;
mod cost;
mod inside;
mod oracle;
mod reads;
mod world;
mod writes;
