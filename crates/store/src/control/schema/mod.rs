//! Tables of the control database, and how an older one becomes the present one.

mod postgres;
mod sqlite;

use super::DbError;
use super::db::{Connection, Engine, Purpose, SCHEMA, values};

/// Brings the database from its index to the next version, in the words of each engine. Never edited once released.
struct Step {
    sqlite: &'static str,
    postgres: &'static str,
}

const STEPS: &[Step] =
    &[Step { sqlite: sqlite::KEYS, postgres: postgres::KEYS }, Step { sqlite: sqlite::USAGE, postgres: postgres::USAGE }];

/// Brings the database to the present version, in one transaction; `Err` is the version of a later program. SQLite keeps the version in
/// `PRAGMA user_version`, PostgreSQL in the table `version`.
pub(super) fn migrate(connection: &Connection) -> Result<Result<(), i64>, DbError> {
    connection.transaction(Purpose::Migrate, |connection| {
        let engine = connection.engine();
        if engine == Engine::Postgres {
            make_schema(connection)?;
        }
        let version: i64 = connection.row(engine.choose("PRAGMA user_version", "SELECT value FROM version"), &[], |row| row.get(0))?;
        let Some(missing) = usize::try_from(version).ok().and_then(|version| STEPS.get(version..)) else { return Ok(Err(version)) };
        if missing.is_empty() {
            return Ok(Ok(()));
        }
        for step in missing {
            connection.batch(engine.choose(step.sqlite, step.postgres))?;
        }
        let present = STEPS.len();
        match engine {
            Engine::Sqlite => connection.batch(&format!("PRAGMA user_version = {present}"))?,
            Engine::Postgres => _ = connection.execute("UPDATE version SET value = ?1", &values![present as i64])?,
        }
        Ok(Ok(()))
    })
}

/// Makes schema and version when they are absent. Where somebody else has made the schema, this user needs no right on the database.
fn make_schema(connection: &Connection) -> Result<(), DbError> {
    let is_there = |name: &str| connection.row(&format!("SELECT {name} IS NOT NULL"), &[], |row| row.get::<bool>(0));
    if !is_there(&format!("to_regnamespace('{SCHEMA}')"))? {
        connection.batch(&format!("CREATE SCHEMA {SCHEMA}"))?;
    }
    if !is_there(&format!("to_regclass('{SCHEMA}.version')"))? {
        connection.batch("CREATE TABLE version (value bigint NOT NULL); INSERT INTO version VALUES (0)")?;
    }
    Ok(())
}
