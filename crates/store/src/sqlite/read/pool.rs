//! The readers of a store: taken for one plan, put back behind it.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::Reader;
use crate::sqlite::connection::Files;

/// Shelves of idle readers: a thread looks at its own first.
const SHELVES: usize = 16;

thread_local! {
    /// The shelf of this thread. A reader that stays on one thread stays in its processor's cache.
    static SHELF: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % SHELVES
    };
}

/// Read-only connections, opened when they are first needed.
#[derive(Debug)]
pub struct Pool {
    files: Files,
    idle: [Mutex<Vec<Reader>>; SHELVES],
    open: AtomicUsize,
    most: usize,
}

/// A reader that goes back to its pool.
#[derive(Debug)]
pub struct Taken {
    reader: Option<Reader>,
    pool: Arc<Pool>,
}

impl Pool {
    /// A pool of at most `most` readers.
    pub fn new(files: Files, most: usize) -> Arc<Self> {
        Arc::new(Self { files, idle: Default::default(), open: AtomicUsize::new(0), most })
    }

    /// Takes a reader; `None` when all are at work.
    pub fn take(self: &Arc<Self>) -> rusqlite::Result<Option<Taken>> {
        // The reader that this thread used last has the warmest cache; any other is better than a new one.
        let own = SHELF.with(|shelf| *shelf);
        let idle = (0..SHELVES).find_map(|step| self.idle[(own + step) % SHELVES].lock().pop());
        let reader = match idle {
            Some(reader) => reader,
            None => {
                if self.open.fetch_add(1, Ordering::Relaxed) >= self.most {
                    self.open.fetch_sub(1, Ordering::Relaxed);
                    return Ok(None);
                }
                let opened = self.files.open_reader();
                Reader::new(
                    opened.inspect_err(|_| {
                        self.open.fetch_sub(1, Ordering::Relaxed);
                    })?,
                    self.files.schema(),
                )
            }
        };
        Ok(Some(Taken { reader: Some(reader), pool: Arc::clone(self) }))
    }
}

impl Deref for Taken {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        self.reader.as_ref().unwrap_or_else(|| unreachable!("a reader leaves only when it is dropped"))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(reader) = self.reader.take() else { return };
        if std::thread::panicking() || !reader.link.db.is_autocommit() {
            // In a doubtful state: another one is opened instead.
            self.pool.open.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        SHELF.with(|shelf| self.pool.idle[*shelf].lock().push(reader));
    }
}
