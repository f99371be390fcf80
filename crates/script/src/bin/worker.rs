//! A worker alone, for the tests of this crate.

fn main() -> std::io::Result<()> {
    claviger_script::run_worker()
}
