//! Who uses the endpoint how much, and what was refused: counted off the hot path, kept in the control store.

pub mod reason;

pub use reason::Reason;
