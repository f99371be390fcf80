//! Writing: one thread ([`writer`]) that saves and deletes entities.

pub mod encode;
pub mod errors;
pub mod row;
pub mod save;
pub mod writer;

pub use save::{SaveOutcome, SaveStatus};
pub use writer::{Clock, Session, Verdict, Writer};
