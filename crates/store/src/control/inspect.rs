//! Looking at a control store without changing anything: for `claviger doctor`, and before a master key is made.

use super::db::{Connection, Engine};
use super::{ControlError, DbError};
use crate::Location;

/// What a look at a store showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    /// API keys.
    pub keys: u64,
    /// Console users.
    pub users: u64,
    /// IDs of the master keys that secrets are sealed under.
    pub sealed_under: Vec<String>,
    /// The newest line of the audit log, milliseconds since 1970 UTC.
    pub latest: Option<i64>,
    /// What the engine finds damaged.
    pub damage: Option<String>,
}

impl Inspection {
    /// Looks; `None` when there is no store yet.
    pub fn of(location: &Location) -> Result<Option<Self>, ControlError> {
        let look = || -> Result<Option<Self>, DbError> {
            let Some(connection) = Connection::look(location)? else { return Ok(None) };
            let count = |table: &str| -> Result<u64, DbError> {
                connection.row(&format!("SELECT count(*) FROM {table}"), &[], |row| row.get::<i64>(0)).map(|count| count as u64)
            };
            let damage = match connection.engine() {
                Engine::Sqlite => connection
                    .row("PRAGMA quick_check(1)", &[], |row| row.get(0))
                    .map(|said: String| Some(said).filter(|said| said != "ok"))?,
                // The server looks after its own pages.
                Engine::Postgres => None,
            };
            Ok(Some(Self {
                keys: count("keys")?,
                users: count("users")?,
                sealed_under: connection.rows(
                    "SELECT DISTINCT seal_key_id FROM keys WHERE seal_key_id IS NOT NULL ORDER BY seal_key_id",
                    &[],
                    |row| row.get(0),
                )?,
                latest: connection.row("SELECT max(at) FROM audit", &[], |row| row.get(0))?,
                damage,
            }))
        };
        look().map_err(|source| ControlError::of(location, source))
    }
}

/// True when the control store keeps sealed secrets: then a new master key in place of a lost one would open none of them. A file that does
/// not exist yet, or cannot be read, keeps none that could be lost; a server that cannot be asked is an error.
pub fn has_sealed_secrets(location: &Location) -> Result<bool, ControlError> {
    let sealed = || -> Result<bool, DbError> {
        let Some(connection) = Connection::look(location)? else { return Ok(false) };
        connection.row("SELECT EXISTS (SELECT 1 FROM keys WHERE secret_sealed IS NOT NULL)", &[], |row| row.get(0))
    };
    match sealed() {
        Err(_) if !location.is_remote() => Ok(false),
        other => other.map_err(|source| ControlError::of(location, source)),
    }
}
