//! What rests on the control store, once more with the store on PostgreSQL: the same tests.

#![expect(clippy::duplicate_mod, reason = "each of the files has the support as a module of its own")]

#[path = "gate.rs"]
mod gate;
#[path = "management.rs"]
mod management;
#[path = "usage.rs"]
mod usage;
