//! What functions reach: the data API, against a library in memory.
#![allow(clippy::unwrap_used)]

mod common;

mod data {
    mod calls;
    mod dataclass;
    mod entity;
    mod events;
    mod hostile;
    mod leftover;
    mod remote;
    mod selection;
    mod session;
}
