//! What the process takes from itself before it sees any code of others.
//!
//! The engine offers no files, processes or network. This is for the day on which somebody finds a hole in the engine.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Beside the engine's memory: frames, a result on its way, the stacks of native code. In bytes.
const SLACK: u64 = 192 << 20;

/// Limits the process for good: no file, socket or process can be opened, no memory above what the engine may use, no core.
pub(super) fn confine(engine_memory: usize) -> io::Result<()> {
    // What is mapped already (the program, stacks, the allocator's reserve) does not count against the engine.
    let mapped = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = mapped.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0);
    let space = pages * rustix::param::page_size() as u64 + SLACK + 2 * engine_memory as u64;
    // The descriptors that are there stay; the limit is for numbers above them.
    for (resource, most) in [
        (Resource::As, space),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Memlock, 0),
        (Resource::Nproc, 0),
        (Resource::Nofile, 3),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
