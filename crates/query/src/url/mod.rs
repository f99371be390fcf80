//! The URL language (`rest-dialect.md` 2.2 to 2.5): quote-aware splitting first, percent-decoding after.

mod parameters;
mod path;
mod percent;

pub(crate) use parameters::{Method, Parameters, seconds};
pub(crate) use path::next_segment;
pub(crate) use path::{CatalogAsk, KeyText, Pick, Resource, Target, parse_path};
pub(crate) use percent::decode_path;
