//! The control store: API keys, console users and their sessions, the audit log (`api-keys.md` 8, `interface.md` 1, 5).
//!
//! A database of its own, which no name under `/rest/` can reach. The server and the command line use it through the same code, also at
//! the same time; every change and its audit line are one transaction. Secrets are here as a keyed digest and, sealed under a master key
//! that lives elsewhere, for reveal.

mod audit;
mod key_list;
mod key_set;
mod keys;
mod last_used;
mod refusals;
mod schema;
mod sessions;
mod usage;
mod users;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use claviger_access::{Digester, FieldError};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, OptionalExtension as _};

pub use crate::store::Clock;
pub use audit::{Action as AuditAction, AuditFilter, AuditLine};
pub use key_list::{KeyCounts, KeyFilter, KeyPage, KeySort};
pub use key_set::{KeySet, LiveKey, RoleSlot, Rules};
pub use last_used::LastUsed;
pub use refusals::{MOST_REFUSALS, MOST_REFUSALS_OF_KEY, REFUSALS_KEPT, RefusalRecord};
pub use sessions::{ConsoleSession, SessionLife};
pub use usage::{
    AddressDelta, Latency, Level, MOST_ADDRESSES, MOST_ADDRESSES_IN_ALL, MOST_SUMS, MOST_TALLIES, Tally, TallyKind, Usage, UsageAddress,
    UsageCaps, UsageDelta, UsageOfKey, UsagePoint, Whose,
};
pub use users::{ConsoleRole, User};

/// Fills a buffer with random bytes; a parameter, so that tests can fix it.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// Why the control store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The database.
    #[error("the control store {path} failed")]
    Database {
        /// Its file.
        path: String,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// Made by a later version of the program.
    #[error("the control store {path} has version {version}, which this program does not know; use the newer program")]
    TooNew {
        /// Its file.
        path: String,
        /// Its version.
        version: i64,
    },
    /// Something in it cannot be true.
    #[error("the control store is damaged: {0}")]
    Damaged(String),
    /// A key, or a user, that does not exist.
    #[error("{0} does not exist")]
    Absent(String),
    /// A user that exists already.
    #[error("a user {0} exists already")]
    Exists(String),
    /// Somebody else changed it since the caller looked at it.
    #[error("{0} was changed by somebody else meanwhile; look at it again, then repeat the change")]
    ChangedMeanwhile(String),
    /// The only owner may be neither removed nor demoted.
    #[error("{0} is the only owner; make somebody else an owner first")]
    LastOwner(String),
    /// `keys.reveal` is off, or was when the key was made.
    #[error("no sealed copy of this secret is kept")]
    NotSealed,
    /// The master key is absent or another one than the secret was sealed under.
    #[error("the secret is sealed under another master key ({0})")]
    OtherMasterKey(String),
    /// Fields of a key that break a rule.
    #[error("{}", .0.iter().map(|error| format!("{}: {}", error.field, error.message)).collect::<Vec<_>>().join(" "))]
    Refused(Vec<FieldError>),
}

/// Who does something, for the audit log.
#[derive(Clone, Debug)]
pub struct Actor {
    /// E-mail of the console user, or `command line`.
    pub name: String,
    /// Where the request came from.
    pub address: Option<String>,
}

impl Actor {
    /// The person at the command line.
    pub fn command_line() -> Self {
        Self { name: "command line".to_owned(), address: None }
    }
}

/// The control store. All calls block for a moment: the server makes them off its async threads.
pub struct ControlStore {
    connection: Mutex<Connection>,
    /// For readings that may take long.
    lists: Mutex<Connection>,
    path: PathBuf,
    digester: Digester,
    clock: Clock,
    random: Random,
}

impl std::fmt::Debug for ControlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControlStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ControlStore {
    /// Opens the database, which is made (mode 0600) when it does not exist.
    pub fn open(path: &Path, clock: Clock, random: Random) -> Result<Self, ControlError> {
        let failed = |source| ControlError::Database { path: path.display().to_string(), source };
        make_private(path);
        let mut connection = Connection::open(path).map_err(failed)?;
        set_up(&connection).map_err(failed)?;
        schema::migrate(&mut connection)
            .map_err(failed)?
            .map_err(|version| ControlError::TooNew { path: path.display().to_string(), version })?;
        let pepper = pepper(&connection, &random).map_err(failed)?;
        let pepper: [u8; 32] = pepper.try_into().map_err(|_| ControlError::Damaged("the digest's pepper has not 32 bytes".to_owned()))?;
        let lists = Connection::open(path).map_err(failed)?;
        set_up(&lists).map_err(failed)?;
        lists.pragma_update(None, "query_only", true).map_err(failed)?;
        Ok(Self {
            connection: Mutex::new(connection),
            lists: Mutex::new(lists),
            path: path.to_owned(),
            digester: Digester::new(&pepper),
            clock,
            random,
        })
    }

    /// True while somebody reads or writes: whoever cannot wait asks this first.
    pub(super) fn is_busy(&self) -> bool {
        self.connection.is_locked()
    }

    /// The digest that keys are looked up by.
    pub fn digester(&self) -> &Digester {
        &self.digester
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Answers when the database can be read (`/readyz`).
    pub fn ping(&self) -> Result<(), ControlError> {
        self.reading(|connection| connection.query_row("SELECT value FROM generation", [], |_| Ok(())))
    }

    /// Changes when another process has committed something: compare with an earlier value.
    pub fn data_version(&self) -> Result<i64, ControlError> {
        self.reading(|connection| connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0)))
    }

    pub(super) fn now(&self) -> i64 {
        (self.clock)()
    }

    pub(super) fn fill(&self, buffer: &mut [u8]) {
        (self.random)(buffer);
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock()
    }

    fn failed(&self, source: rusqlite::Error) -> ControlError {
        ControlError::Database { path: self.path.display().to_string(), source }
    }

    /// Runs a reading that may take long: a list, a count. It sees what is committed, and nobody who signs in, edits a key or counts a request
    /// waits for it.
    pub(super) fn listing<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ControlError> {
        read(&self.lists.lock()).map_err(|source| self.failed(source))
    }

    /// Runs a reading.
    pub(super) fn reading<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ControlError> {
        read(&self.lock()).map_err(|source| self.failed(source))
    }

    /// Runs a change in one transaction; what it returns as `Err` rolls everything back.
    pub(super) fn changing<T>(&self, change: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, ControlError> {
        let mut connection = self.lock();
        let run = || -> Result<T, Failure> {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = change(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        run().map_err(|failure| match failure {
            Failure::Control(error) => error,
            Failure::Sqlite(source) => self.failed(source),
        })
    }
}

/// What ends a change: a rule, or the database.
pub(super) enum Failure {
    Control(ControlError),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Deleted secrets do not linger in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn pepper(connection: &Connection, random: &Random) -> rusqlite::Result<Vec<u8>> {
    let read = || connection.query_row("SELECT value FROM meta WHERE name = 'pepper'", [], |row| row.get(0)).optional();
    if let Some(pepper) = read()? {
        return Ok(pepper);
    }
    let mut fresh = [0u8; 32];
    random(&mut fresh);
    // Two processes may get here at once: the first one's stays.
    connection.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('pepper', ?1)", [fresh.as_slice()])?;
    Ok(read()?.unwrap_or_default())
}

/// True when the control store at this path keeps sealed secrets: then a new master key in place of a lost one would open none of them.
pub fn has_sealed_secrets(path: &Path) -> bool {
    let sealed = || -> rusqlite::Result<bool> {
        let connection = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.query_row("SELECT EXISTS (SELECT 1 FROM keys WHERE secret_sealed IS NOT NULL)", [], |row| row.get(0))
    };
    // A store that does not exist yet, or cannot be read, keeps none that could be lost.
    path.exists() && sealed().unwrap_or(false)
}

/// Makes the file before SQLite does, readable for its owner only.
fn make_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // It exists already, or SQLite says more clearly why it cannot be made.
    drop(options.open(path));
}
