//! The control store: API keys, console users and their sessions, the audit log (`api-keys.md` 8, `interface.md` 1, 5).
//!
//! A SQLite file of its own or the schema `claviger_control` of a PostgreSQL database; no name under `/rest/` can reach it. Servers and
//! command lines use it through the same code, also at the same time; every change and its audit line are one transaction, and changes
//! are made one after the other. Secrets are here as a keyed digest and, sealed under a master key
//! that lives elsewhere, for reveal.

mod audit;
mod db;
mod inspect;
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

use std::sync::Arc;

use claviger_access::{Digester, FieldError};
use parking_lot::{Mutex, MutexGuard};

use self::db::{Connection, Purpose, Use, values};
use crate::Location;
pub use crate::store::Clock;
pub use audit::{Action as AuditAction, AuditFilter, AuditLine};
pub use db::DbError;
pub(crate) use db::SCHEMA;
pub use inspect::{Inspection, has_sealed_secrets};
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
    #[error("the control store {store} failed")]
    Database {
        /// Its file or server.
        store: String,
        /// What the engine says.
        #[source]
        source: DbError,
    },
    /// The database does not answer now; the same call may work later.
    #[error("the control store {store} cannot be used at the moment")]
    Away {
        /// Its file or server.
        store: String,
        /// Why not.
        #[source]
        source: DbError,
    },
    /// Made by a later version of the program.
    #[error("the control store {store} has version {version}, which this program does not know; use the newer program")]
    TooNew {
        /// Its file or server.
        store: String,
        /// Its version.
        version: i64,
    },
    /// Something in it cannot be true.
    #[error("the control store is damaged: {0}")]
    Damaged(String),
    /// A call was not answered.
    #[error("a call of the control store did not end: {0}")]
    Unanswered(String),
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
    location: Location,
    digester: Digester,
    clock: Clock,
    random: Random,
}

impl std::fmt::Debug for ControlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControlStore").field("location", &self.location).finish_non_exhaustive()
    }
}

impl ControlStore {
    /// Opens the database. A file (mode 0600) and a schema are made when they do not exist, a database of a server is not.
    pub fn open(location: impl Into<Location>, clock: Clock, random: Random) -> Result<Self, ControlError> {
        let location = location.into();
        let failed = |source| ControlError::of(&location, source);
        let connection = Connection::open(&location, Use::Change).map_err(failed)?;
        schema::migrate(&connection).map_err(failed)?.map_err(|version| ControlError::TooNew { store: location.to_string(), version })?;
        let pepper = pepper(&connection, &random).map_err(failed)?;
        let pepper: [u8; 32] = pepper.try_into().map_err(|_| ControlError::Damaged("the digest's pepper has not 32 bytes".to_owned()))?;
        let lists = Connection::open(&location, Use::Read).map_err(failed)?;
        Ok(Self { connection: Mutex::new(connection), lists: Mutex::new(lists), location, digester: Digester::new(&pepper), clock, random })
    }

    /// True while an answer would take a while: somebody reads or writes, or it comes over a network. Whoever cannot wait asks this first.
    pub(super) fn is_busy(&self) -> bool {
        self.location.is_remote() || self.connection.is_locked()
    }

    /// The digest that keys are looked up by.
    pub fn digester(&self) -> &Digester {
        &self.digester
    }

    /// Where the database is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Answers when the database can be read (`/readyz`).
    pub fn ping(&self) -> Result<(), ControlError> {
        self.reading(|connection| connection.row("SELECT value FROM generation", &[], |_| Ok(())))
    }

    /// Changes when another process has committed something that the key set may not know: compare with an earlier value.
    pub fn data_version(&self) -> Result<i64, ControlError> {
        self.reading(|connection| {
            connection.row(connection.engine().choose("PRAGMA data_version", "SELECT value FROM generation"), &[], |row| row.get(0))
        })
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

    fn failed(&self, source: DbError) -> ControlError {
        ControlError::of(&self.location, source)
    }

    /// Runs a reading that may take long: a list, a count. It sees what is committed, and nobody who signs in, edits a key or counts a request
    /// waits for it.
    fn listing<T>(&self, read: impl FnOnce(&Connection) -> Result<T, DbError>) -> Result<T, ControlError> {
        read(&self.lists.lock()).map_err(|source| self.failed(source))
    }

    /// Runs a reading, or one statement that changes nothing when it is repeated.
    fn reading<T>(&self, read: impl FnOnce(&Connection) -> Result<T, DbError>) -> Result<T, ControlError> {
        read(&self.lock()).map_err(|source| self.failed(source))
    }

    /// Runs a change in one transaction; what it returns as `Err` rolls everything back.
    fn changing<T>(&self, change: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, ControlError> {
        self.lock().transaction(Purpose::Change, change).map_err(|failure| match failure {
            Failure::Control(error) => error,
            Failure::Database(source) => self.failed(source),
        })
    }
}

impl ControlError {
    fn of(location: &Location, source: DbError) -> Self {
        let store = location.to_string();
        if source.is_passing() { Self::Away { store, source } } else { Self::Database { store, source } }
    }
}

/// What ends a change: a rule, or the database.
pub(super) enum Failure {
    Control(ControlError),
    Database(DbError),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}

fn pepper(connection: &Connection, random: &Random) -> Result<Vec<u8>, DbError> {
    let read = || connection.optional("SELECT value FROM meta WHERE name = 'pepper'", &[], |row| row.get(0));
    if let Some(pepper) = read()? {
        return Ok(pepper);
    }
    let mut fresh = [0u8; 32];
    random(&mut fresh);
    // Two processes may get here at once: the first one's stays.
    connection.execute("INSERT INTO meta (name, value) VALUES ('pepper', ?1) ON CONFLICT DO NOTHING", &values![fresh.as_slice()])?;
    Ok(read()?.unwrap_or_default())
}
