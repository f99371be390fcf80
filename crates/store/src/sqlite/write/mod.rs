//! Writing: values into columns ([`encode`]).

pub mod encode;
