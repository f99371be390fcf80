//! A worker for functions and nothing else: what the tests of this crate run in place of the program's hidden command.

fn main() -> std::io::Result<()> {
    claviger_script::run_worker()
}
