//! `claviger demo`: a ready application with data of its own.

mod library;
mod random;
mod words;
