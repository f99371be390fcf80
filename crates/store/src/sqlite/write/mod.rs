//! Writing to SQLite: one thread ([`writer`]) that runs changes in shared transactions.

pub mod change;
mod open;
pub mod transaction;
pub mod writer;

pub use transaction::Transaction;
pub use writer::Writer;

/// What a change works with, on the writing thread, inside its savepoint.
pub type Session = crate::write::Session<Transaction>;
