//! Transactions that stay open between operations (`functions.md` 2, `data-model.md` 7), on both engines.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(unreachable_pub, reason = "modules of one test binary")]

#[path = "../support/both.rs"]
mod both;
#[path = "../support/database.rs"]
mod database;
#[path = "../support/saving.rs"]
mod saving;
#[path = "../support/mod.rs"]
mod support;

mod attached;
mod between;
mod library;
mod open;
mod operations;
mod owner;
mod postgres;
