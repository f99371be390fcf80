//! The server: gate, the `/rest/` dialect, management API, health and metrics. Knows no SQL.
//!
//! [`app::AppState::open`] opens an application folder, [`app::AppState::run`] serves it; tests speak to [`service::respond`] in process.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accept;
pub mod app;
pub mod console;
pub mod control_socket;
mod cors;
pub mod data_openapi;
pub mod explain;
pub mod functions;
pub mod gate;
mod health;
mod media;
pub mod rest;
pub mod service;
mod session;
pub mod settings;
pub mod telemetry;

pub use app::{AppState, OpenError, Opening};
pub use functions::WorkerProgram;
