//! The `/rest/` dialect on the wire: a request becomes a plan, rows become the dialect's JSON (`rest-dialect.md`).
//!
//! [`handle`] is the only way in; the gate has let the request through before. Meaning is decided in `claviger_query`, data comes from
//! `claviger_store`; here are only shapes: [`shape`] writes what the store pushes, [`catalog`] describes the model, [`error`] the
//! refusals, [`uri`] the links, [`save`] the answers of a write, [`media`] and [`upload`] bytes on their way out and in.

mod body;
mod caller;
mod catalog;
mod computed;
mod directory;
mod draft;
mod error;
mod etag;
mod explained;
mod handle;
mod info;
mod lock;
mod media;
mod openapi;
mod page_head;
mod range;
mod save;
mod sets;
mod shape;
mod upload;
mod uri;

pub(crate) use body::parse as parse_body;
pub(crate) use caller::Caller;
pub(crate) use draft::Draft;
pub use error::respond as respond_error;
pub(crate) use error::{from_store, json, server_error, status};
pub(crate) use handle::handle;
pub(crate) use handle::{ask_for_login, body_too_large, verb};
pub(crate) use info::key_names;
pub(crate) use lock::{Claimed, claim};
pub(crate) use shape::JsonSink;
pub use uri::EntityUri;
pub(crate) use uri::{key_text, write_key_json};
