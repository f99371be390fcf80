//! The command line of Claviger.
mod demo;
fn main() {}
