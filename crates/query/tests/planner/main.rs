//! Plans of requests against a library, as a caller's permissions make them.
#![allow(clippy::unwrap_used)]

mod computed;
mod corpus;
mod filters;
mod hostile;
mod media;
mod needs;
mod permissions;
mod reads;
mod sets;
mod support;
mod writes;
