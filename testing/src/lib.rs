//! What several test suites start: programs of others, on this machine only, gone with the value that started them.

pub mod postgres;
