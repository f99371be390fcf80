//! One open SQLite database: its readers and how plans are spread over them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use claviger_model::Model;
use claviger_query::{KeyList, Outcome, Plan, Selection};
use tokio::sync::Semaphore;

use super::connection::Files;
use super::read::pool::Pool;
use super::schema::migrate::migrate;
use super::write::change::Writing;
use super::{introspect, stamps};
use crate::error::StoreError;
use crate::layout::{AttachedStamps, Layout};
use crate::plan::{is_heavy, is_light};
use crate::sink::Sink;
use crate::store::{Clock, Mode, OpenOptions, StampMode};

/// Readers kept for plans of bounded cost, which run on the threads of the caller.
const LIGHT_READERS: usize = 64;

/// How long a plan of unknown cost may run on the caller's thread: most pages need less, and the way to another thread and back costs as
/// much as reading them.
const TRIAL: Duration = Duration::from_millis(1);

/// An open database.
pub struct Engine {
    pub(crate) files: Files,
    pub(crate) model: Arc<Model>,
    pub(crate) layout: Layout,
    pub(crate) clock: Clock,
    pub(crate) writing: Writing,
    readers: Arc<Pool>,
    /// One permit for each plan of unbounded cost that may run.
    heavy: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
}

impl Engine {
    /// Opens the database: an owned one is made or migrated, an attached one is only looked at.
    pub fn open(path: PathBuf, options: OpenOptions, clock: Clock) -> Result<Self, StoreError> {
        let owned = options.mode == Mode::Owned;
        let side = match &options.stamps {
            StampMode::Side(side) if !owned => Some(side.clone()),
            _ => None,
        };
        let files = Files { path, owned, side, durability: options.durability };
        let layout = if owned {
            let mut link = files.open_writer()?;
            migrate(&mut link.db, &options.model, options.allow_destructive)?;
            Layout::owned(&options.model)
        } else {
            let now = clock();
            let first_sight = match &files.side {
                Some(side) => stamps::prepare(side, now)?,
                None => changed_at(&files.path).unwrap_or(now),
            };
            let kind = if files.side.is_some() { AttachedStamps::Side } else { AttachedStamps::Hash };
            let link = files.open_reader()?;
            introspect::attached_layout(&link.db, files.schema(), &options.model, kind, first_sight)?
        };
        let readers = Pool::new(files.clone(), options.readers + LIGHT_READERS);
        Ok(Self {
            files,
            model: options.model,
            layout,
            clock,
            writing: Writing::default(),
            readers,
            heavy: Arc::new(Semaphore::new(options.readers)),
            waiting: AtomicUsize::new(0),
            queue: options.queue,
        })
    }

    /// Reads the schema through a connection of its own.
    pub fn ping(&self) -> Result<(), StoreError> {
        self.files.open_reader()?.db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(())
    }

    /// The model that is served.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Runs a plan: one of bounded cost right here, another on a thread that may block, unless it is done in no time.
    pub async fn read<S: Sink + Send + 'static>(self: Arc<Self>, plan: Plan, mut sink: S, deadline: Instant) -> Result<S, StoreError> {
        // Bytes may be many: they are read where waiting for them harms nobody.
        let is_media = matches!(plan.outcome(), Outcome::Media(_));
        if !is_media && let Some(reader) = self.readers.take()? {
            let is_trial = !is_light(&plan);
            if is_trial && is_heavy(&plan) {
                drop(reader);
                return self.read_in_turn(plan, sink, deadline).await;
            }
            let until = if is_trial { deadline.min(Instant::now() + TRIAL) } else { deadline };
            reader.link.set_deadline(Some(until), false);
            match reader.run(&self.model, &self.layout, &plan, &mut sink) {
                // Another program writes the attached file: wait for it where waiting harms nobody.
                Err(StoreError::Busy) => sink.reset(),
                Err(StoreError::Timeout) if is_trial => sink.reset(),
                Err(error) => return Err(error),
                Ok(()) => return Ok(sink),
            }
        }
        self.read_in_turn(plan, sink, deadline).await
    }

    async fn read_in_turn<S: Sink + Send + 'static>(self: Arc<Self>, plan: Plan, mut sink: S, deadline: Instant) -> Result<S, StoreError> {
        let engine = Arc::clone(&self);
        // Boxed: what few requests need must not make every request's future large.
        Box::pin(self.in_turn(deadline, move || {
            let reader = engine.readers.take()?.ok_or(StoreError::Busy)?;
            reader.link.set_deadline(Some(deadline), true);
            reader.run(&engine.model, &engine.layout, &plan, &mut sink)?;
            Ok(sink)
        }))
        .await
    }

    /// Keys of the entities of a selection.
    pub async fn keys(self: Arc<Self>, selection: Selection, most_bytes: usize, deadline: Instant) -> Result<KeyList, StoreError> {
        let engine = Arc::clone(&self);
        Box::pin(self.in_turn(deadline, move || {
            let reader = engine.readers.take()?.ok_or(StoreError::Busy)?;
            reader.link.set_deadline(Some(deadline), true);
            reader.keys(&engine.model, &engine.layout, &selection, most_bytes)
        }))
        .await
    }

    /// Runs a closure on a thread that may block, a bounded number at once; a bounded number waits.
    async fn in_turn<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = match Arc::clone(&self.heavy).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let place = Place::take(&self.waiting, self.queue)?;
                let permit = tokio::time::timeout_at(deadline.into(), Arc::clone(&self.heavy).acquire_owned()).await;
                drop(place);
                permit.map_err(|_| StoreError::Timeout)?.map_err(|_| StoreError::Busy)?
            }
        };
        let done = tokio::task::spawn_blocking(move || {
            // Kept to the end of the work, also when nobody waits for it any more.
            let _permit = permit;
            work()
        });
        done.await.map_err(|error| StoreError::Internal(format!("a reader stopped: {error}")))?
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Last change of a file, milliseconds since 1970: the time shown where no file remembers the first sight.
fn changed_at(path: &Path) -> Option<i64> {
    let since = std::fs::metadata(path).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// A place in the queue.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self, StoreError> {
        let place = Self(waiting);
        // The place is given back also when it was one too many.
        if waiting.fetch_add(1, Ordering::Relaxed) >= most { Err(StoreError::Busy) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
