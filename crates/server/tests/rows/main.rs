//! The checklist of the dialect (`rest-dialect.md` 22), row by row: every test is named after the row that it proves. What is expected comes from
//! the specification; the requests go through the router in process, to a fresh database of a fixed small data set (`fixture/`).
//!
//! `docs/compat.md` says for each row which of these tests prove it. They run on SQLite, and once more on PostgreSQL (`../rows_postgres.rs`).

#![allow(clippy::unwrap_used, missing_docs)]

pub(crate) mod answer;
mod array_body;
mod attached;
mod attributes;
mod catalog;
pub(crate) mod client;
mod compute;
mod computed;
mod create;
mod data_types;
pub(crate) mod database;
mod delete;
mod directory;
mod entity;
mod events;
mod filter_comparators;
mod filter_errors;
mod filter_hostile;
mod filter_logic;
mod filter_objects;
mod filter_paths;
mod filter_placeholders;
mod filter_text;
pub(crate) mod functions;
mod functions_catalog;
mod functions_data;
mod functions_fetch;
mod functions_privileges;
mod functions_remote;
mod gate;
mod hostile_everywhere;
mod info;
mod interplay;
pub(crate) mod library;
mod locks;
pub(crate) mod media;
mod paging;
mod permissions;
mod read_only;
mod relations;
mod selection;
mod sessions;
pub(crate) mod sets;
mod sets_saved;
mod sets_together;
pub(crate) mod template;
mod transport;
mod trial;
mod update;
mod upload;
mod urls;
mod without_keys;
mod write_errors;
