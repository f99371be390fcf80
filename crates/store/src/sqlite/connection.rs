//! Connections: how a database file is opened for reading and for writing.
//!
//! Every connection has the product's SQL functions ([`crate::sqlite::functions`]), limits against hostile statements, and a [`Budget`]
//! that ends a statement at its deadline. Attached databases keep every byte: no pragma that writes is sent to them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::functions;
use crate::transaction::Presence;

/// How surely a commit of an owned database is on the disk when it is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Durability {
    /// `synchronous=FULL`: survives power loss.
    #[default]
    Full,
    /// `synchronous=NORMAL`: a power loss can lose the last commits, a crash of the process cannot.
    Normal,
}

/// Which files a store stands on, and how they are treated.
#[derive(Clone, Debug)]
pub struct Files {
    /// The database.
    pub path: PathBuf,
    /// The server made the tables: WAL and `synchronous` are set. Otherwise nothing of the file is changed by opening it.
    pub owned: bool,
    /// The stamps file of an attached database. It is the connection's `main` and the database is attached as [`DATA_SCHEMA`], so that
    /// a statement looks at the stamps before it looks at the rows (see [`crate::sqlite::stamps`]). SQL names tables without schema.
    pub side: Option<PathBuf>,
    /// For owned databases.
    pub durability: Durability,
}

/// A connection with its time budget.
#[derive(Debug)]
pub struct Link {
    /// The connection itself.
    pub db: Connection,
    budget: Arc<Budget>,
}

/// Until when statements of a connection may run, and whether they may wait for a busy database. Shared with the engine's call-backs.
#[derive(Debug, Default)]
pub struct Budget {
    /// Microseconds since [`START`]; 0 means no limit.
    deadline: AtomicU64,
    patient: AtomicBool,
    /// For whom statements run, who may leave.
    owner: ArcSwapOption<Presence>,
}

/// Name of the database's schema where the connection's `main` is the stamps file.
pub const DATA_SCHEMA: &str = "data";

/// Origin of [`Budget`]'s times.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Engine instructions between two looks at the clock: less than a hundred microseconds of work.
const INSTRUCTIONS_PER_CHECK: i32 = 4_000;
/// Page cache of a connection in KiB; the rest is left to the operating system through `mmap`.
const CACHE_KIB: i64 = 1024;
/// Bytes of the file that a reader maps.
const MAPPED: i64 = 256 << 20;
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 128;

impl Files {
    /// Name of the schema that the database has on connections of [`Self::open_reader`] and [`Self::open_writer`].
    pub fn schema(&self) -> &'static str {
        if self.side.is_some() { DATA_SCHEMA } else { "main" }
    }

    /// Opens a read-only connection.
    pub fn open_reader(&self) -> rusqlite::Result<Link> {
        let link = self.open(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        link.db.pragma_update(Some(self.schema()), "mmap_size", MAPPED)?;
        link.db.pragma_update(None, "query_only", true)?;
        Ok(link)
    }

    /// Opens the connection that writes. The file is made when it is absent and owned.
    pub fn open_writer(&self) -> rusqlite::Result<Link> {
        let create = if self.owned { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
        let link = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE | create)?;
        if self.owned {
            link.set_deadline(Some(Instant::now() + Duration::from_secs(10)), true);
            link.db.pragma_update(None, "journal_mode", "WAL")?;
            link.set_deadline(None, false);
            let synchronous = match self.durability {
                Durability::Full => "FULL",
                Durability::Normal => "NORMAL",
            };
            link.db.pragma_update(None, "synchronous", synchronous)?;
        }
        Ok(link)
    }

    fn open(&self, flags: OpenFlags) -> rusqlite::Result<Link> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let link = Link::new(Connection::open_with_flags(self.side.as_ref().unwrap_or(&self.path), flags)?)?;
        if self.side.is_some() {
            link.db.execute(&format!("ATTACH DATABASE ?1 AS {DATA_SCHEMA}"), [self.path.to_string_lossy()])?;
            link.db.pragma_update(Some(DATA_SCHEMA), "cache_size", -CACHE_KIB)?;
        }
        Ok(link)
    }
}

impl Link {
    /// Sets up a fresh connection: functions, limits, budget. Public so that tests and tools can use a database in memory.
    pub fn new(mut db: Connection) -> rusqlite::Result<Self> {
        LazyLock::force(&START);
        functions::register(&db)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.pragma_update(None, "trusted_schema", false)?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        // A plan must not depend on the values bound, else statements are prepared anew for each set of them.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        db.set_limit(Limit::SQLITE_LIMIT_EXPR_DEPTH, 500)?;
        db.set_limit(Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20)?;
        db.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, 4 << 20)?;
        db.set_limit(Limit::SQLITE_LIMIT_LENGTH, 256 << 20)?;
        db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 2)?;
        db.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
        let budget = Arc::new(Budget::default());
        let clock = Arc::clone(&budget);
        db.progress_handler(INSTRUCTIONS_PER_CHECK, Some(move || clock.is_over()))?;
        let clock = Arc::clone(&budget);
        db.busy_handler(Some(move |turn| clock.wait(turn)))?;
        Ok(Self { db, budget })
    }

    /// From now on statements are interrupted at the deadline; with `patient`, they wait for a busy database until then (without a
    /// deadline: not at all).
    pub fn set_deadline(&self, deadline: Option<Instant>, patient: bool) {
        let at = deadline.map_or(0, |at| at.saturating_duration_since(*START).as_micros().max(1) as u64);
        self.budget.deadline.store(at, Ordering::Relaxed);
        self.budget.patient.store(patient, Ordering::Relaxed);
    }

    /// From now on statements are interrupted as soon as their owner leaves.
    pub fn set_owner(&self, owner: Option<Arc<Presence>>) {
        self.budget.owner.store(owner);
    }
}

impl Budget {
    fn is_over(&self) -> bool {
        let deadline = self.deadline.load(Ordering::Relaxed);
        deadline != 0 && START.elapsed().as_micros() as u64 >= deadline || self.owner.load().as_ref().is_some_and(|owner| owner.has_left())
    }

    /// What the engine asks when somebody else holds a lock: true means try again.
    fn wait(&self, turn: i32) -> bool {
        if !self.patient.load(Ordering::Relaxed) || self.deadline.load(Ordering::Relaxed) == 0 || self.is_over() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(u64::from(turn.clamp(1, 20).unsigned_abs())));
        true
    }
}
