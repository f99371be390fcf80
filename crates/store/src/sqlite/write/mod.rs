//! Writing: one thread ([`writer`]) that [`save`]s and [`delete`]s entities.

pub mod change;
mod checks;
pub mod delete;
pub mod encode;
pub mod errors;
mod lock;
pub mod row;
pub mod save;
pub mod writer;

pub use delete::DeleteOutcome;
pub use save::{SaveOutcome, SaveStatus};
pub use writer::{Clock, Session, Verdict, Writer};
