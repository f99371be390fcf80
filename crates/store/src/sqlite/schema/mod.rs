//! Tables: how dataclasses lie in them ([`physical`]).

pub mod physical;
