//! The program from outside: commands, exit status, output, and a server that is asked over a socket (`interface.md` 2).

#![allow(clippy::unwrap_used, missing_docs)]

mod attach;
mod check;
mod client_types;
mod control_postgres;
mod demo;
mod docs;
mod functions;
mod hostile_functions;
mod import;
mod keys;
mod kill_nine;
mod load;
mod outage;
mod outside;
mod postgres;
mod postgres_tls;
mod query;
mod raw;
mod reference;
mod secrets;
mod support;
mod usage;
