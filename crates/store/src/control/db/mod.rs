//! The database under the control store: one connection of either engine, asked with the same words.
//!
//! Statements are written once, with parameters `?1`, `?2`, …, and in SQL that both engines understand: `lower(x) = ?1` (the columns of both
//! compare bytes), `CAST(?1 AS TEXT) IS NULL` (PostgreSQL wants to know the type of a parameter), `CAST(sum(x) AS BIGINT)`. Where that is
//! not possible a statement has two texts and [`Engine::choose`] takes one. A truth value is 1 or 0. All calls block, from whatever thread.

mod error;
mod postgres;
mod sqlite;
mod value;
mod wait;

use rusqlite::TransactionBehavior;

use crate::Location;
use crate::bind::Bind;

pub use error::DbError;
pub(crate) use postgres::SCHEMA;
pub(super) use value::{IntoBind, Row, values};

/// Which engine answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The text for this engine.
    pub(super) fn choose<'a>(self, sqlite: &'a str, postgres: &'a str) -> &'a str {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// All.
    Change,
    /// Readings that may take long; it cannot change anything.
    Read,
}

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// A change: only one is made at a time, by whatever process, and it sees what those before it did.
    Change,
    /// Readings that see one state.
    Snapshot,
    /// Making or changing tables: waits for another process that does the same.
    Migrate,
}

/// A connection. PostgreSQL's is made anew when it was lost.
pub(super) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Session),
}

impl Connection {
    /// Connects; a SQLite file is made when it does not exist, for its owner only.
    pub(super) fn open(location: &Location, purpose: Use) -> Result<Self, DbError> {
        Ok(match location {
            Location::Sqlite(path) => Self::Sqlite(sqlite::open(path, purpose)?),
            Location::Postgres(server) => Self::Postgres(postgres::Session::open(server, purpose)?),
        })
    }

    /// Connects to look only; `None` when there is no store yet.
    pub(super) fn look(location: &Location) -> Result<Option<Self>, DbError> {
        let connection = match location {
            Location::Sqlite(path) if !path.exists() => return Ok(None),
            Location::Sqlite(path) => Self::Sqlite(sqlite::look(path)?),
            Location::Postgres(server) => Self::Postgres(postgres::Session::open(server, Use::Read)?),
        };
        let is_there = connection.engine().choose(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'keys')",
            "SELECT to_regclass('claviger_control.keys') IS NOT NULL",
        );
        connection.row(is_there, &[], |row| row.get(0)).map(|is_there: bool| is_there.then_some(connection))
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement; gives the number of rows that it changed. Outside of a transaction it must be one that may run twice: it is
    /// repeated when the connection turns out to be lost.
    pub(super) fn execute(&self, sql: &str, values: &[Bind]) -> Result<usize, DbError> {
        match self {
            Self::Sqlite(connection) => Ok(connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?),
            Self::Postgres(session) => session.execute(sql, values),
        }
    }

    /// Runs a statement for each row of values, with one wait for all of them. Gives the number of rows changed.
    pub(super) fn execute_each(&self, sql: &str, rows: &[Vec<Bind>]) -> Result<usize, DbError> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut changed = 0;
                for values in rows {
                    changed += statement.execute(rusqlite::params_from_iter(values))?;
                }
                Ok(changed)
            }
            Self::Postgres(session) => session.execute_each(sql, rows),
        }
    }

    /// Runs a query for each row of values, with one wait for all of them; gives the rows of each.
    pub(super) fn rows_each<T>(
        &self,
        sql: &str,
        rows: &[Vec<Bind>],
        read: impl Fn(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<Vec<T>>, DbError> {
        match self {
            Self::Sqlite(_) => rows.iter().map(|values| self.rows(sql, values, &read)).collect(),
            Self::Postgres(session) => session.rows_each(sql, rows, read),
        }
    }

    /// Hands the rows of a query over, until `each` says `false`. `each` must not ask this connection.
    pub(super) fn walk(&self, sql: &str, values: &[Bind], mut each: impl FnMut(&Row<'_>) -> Result<bool, DbError>) -> Result<(), DbError> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                while let Some(row) = rows.next()? {
                    if !each(&Row::Sqlite(row))? {
                        break;
                    }
                }
                Ok(())
            }
            Self::Postgres(session) => session.walk(sql, values, each),
        }
    }

    /// All rows of a query.
    pub(super) fn rows<T>(&self, sql: &str, values: &[Bind], read: impl Fn(&Row<'_>) -> Result<T, DbError>) -> Result<Vec<T>, DbError> {
        let mut found = Vec::new();
        self.walk(sql, values, |row| {
            found.push(read(row)?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// The first row of a query, if there is one.
    pub(super) fn optional<T>(
        &self,
        sql: &str,
        values: &[Bind],
        read: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let (mut read, mut found) = (Some(read), None);
        self.walk(sql, values, |row| {
            found = read.take().map(|read| read(row)).transpose()?;
            Ok(false)
        })?;
        Ok(found)
    }

    /// The row of a query that always has one.
    pub(super) fn row<T>(&self, sql: &str, values: &[Bind], read: impl FnOnce(&Row<'_>) -> Result<T, DbError>) -> Result<T, DbError> {
        self.optional(sql, values, read)?.ok_or(DbError::NoRow)
    }

    /// Runs several statements, of our own words only.
    pub(super) fn batch(&self, sql: &str) -> Result<(), DbError> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Self::Postgres(session) => session.batch(sql),
        }
    }

    /// Runs a transaction; what `work` returns as `Err` rolls everything back.
    pub(super) fn transaction<T, E: From<DbError>>(&self, purpose: Purpose, work: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        match self {
            Self::Sqlite(connection) => {
                let behavior = if purpose == Purpose::Snapshot { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate };
                let begun = rusqlite::Transaction::new_unchecked(connection, behavior).map_err(DbError::from)?;
                let done = work(self)?;
                begun.commit().map_err(DbError::from)?;
                Ok(done)
            }
            Self::Postgres(session) => {
                let begun = session.begin(purpose)?;
                let done = work(self)?;
                begun.commit()?;
                Ok(done)
            }
        }
    }
}
