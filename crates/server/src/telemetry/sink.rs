//! Log lines without waiting: callers append to a buffer, one thread writes it to standard error.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Lines that wait at most; a reader that stands still must not eat the memory.
const LIMIT: usize = 8 << 20;
/// Lines are gathered this long before one write.
const GATHER: Duration = Duration::from_millis(20);

/// Where log lines go. Cheap to clone.
#[derive(Clone)]
pub struct LogSink {
    shared: Arc<Shared>,
}

struct Shared {
    buffer: Mutex<Buffer>,
    wake: Condvar,
    /// Held while bytes go out, so that `flush` can wait for them.
    out: Mutex<Box<dyn Write + Send>>,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    dropped: u64,
}

impl LogSink {
    /// A sink with its thread, writing to standard error.
    pub fn stderr() -> Self {
        let sink = Self::to(Box::new(io::stderr()));
        let shared = Arc::clone(&sink.shared);
        let writer = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                let mut buffer = shared.buffer.lock();
                while buffer.bytes.is_empty() {
                    shared.wake.wait(&mut buffer);
                }
                drop(buffer);
                std::thread::sleep(GATHER);
                shared.write_out();
            }
        });
        // Without a thread lines still leave at `flush`.
        drop(writer);
        sink
    }

    /// A sink without thread: bytes leave at [`flush`](Self::flush) only.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { shared: Arc::new(Shared { buffer: Mutex::default(), wake: Condvar::new(), out: Mutex::new(out) }) }
    }

    /// Appends one line, ending with a line feed. Never waits for the writer; a full buffer drops the line and counts it.
    pub fn line(&self, line: &[u8]) {
        let mut buffer = self.shared.buffer.lock();
        if buffer.bytes.len() + line.len() > LIMIT {
            buffer.dropped += 1;
            return;
        }
        let was_empty = buffer.bytes.is_empty();
        buffer.bytes.extend_from_slice(line);
        drop(buffer);
        if was_empty {
            self.shared.wake.notify_one();
        }
    }

    /// Writes what waits, now; called before the process ends.
    pub fn flush(&self) {
        self.shared.write_out();
    }
}

impl Shared {
    fn write_out(&self) {
        let mut out = self.out.lock();
        let taken = std::mem::take(&mut *self.buffer.lock());
        // Nobody can be told that standard error is gone.
        let _ = out.write_all(&taken.bytes);
        if taken.dropped > 0 {
            let _ = writeln!(out, "{} log lines were dropped because standard error was too slow", taken.dropped);
        }
        let _ = out.flush();
        // Hand the allocation back, unless a burst made it large.
        if taken.bytes.capacity() <= 256 << 10 {
            let mut buffer = self.buffer.lock();
            if buffer.bytes.is_empty() {
                let mut bytes = taken.bytes;
                bytes.clear();
                buffer.bytes = bytes;
            }
        }
    }
}

impl io::Write for LogSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for LogSink {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_leave_in_order_and_too_many_are_counted() {
        let memory = Memory::default();
        let sink = LogSink::to(Box::new(memory.clone()));
        sink.line(b"one\n");
        sink.line(b"two\n");
        sink.flush();
        assert_eq!(memory.0.lock().as_slice(), b"one\ntwo\n");
        let long = vec![b'x'; LIMIT];
        sink.line(&long);
        sink.line(b"lost\n");
        sink.flush();
        let text = String::from_utf8(memory.0.lock().split_off(8 + LIMIT)).unwrap();
        assert_eq!(text, "1 log lines were dropped because standard error was too slow\n");
    }
}
