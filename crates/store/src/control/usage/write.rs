//! Adding to the sums, and forgetting what is old or too much.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::{ControlError, ControlStore, Failure};
use super::{ALL, AddressDelta, Latency, Level, MOST_ADDRESSES, TallyKind, UsageCaps, UsageDelta};

/// Rows removed in one transaction, so that other calls of the store need not wait long.
const REMOVED_AT_ONCE: u64 = 1000;

impl Level {
    pub(super) fn number(self) -> i64 {
        self as i64
    }
}

impl TallyKind {
    pub(super) fn number(self) -> i64 {
        self as i64
    }
}

impl ControlStore {
    /// Adds to sums and tallies, all in one transaction: hand over a few hundred at once.
    pub fn add_usage(&self, deltas: &[UsageDelta]) -> Result<(), ControlError> {
        self.changing(|connection| deltas.iter().try_for_each(|delta| add(connection, delta)).map_err(Failure::from))
    }

    /// Notes addresses, in one transaction; of each key the [`MOST_ADDRESSES`] newest stay.
    pub fn add_addresses(&self, deltas: &[AddressDelta]) -> Result<(), ControlError> {
        self.changing(|connection| {
            let mut upsert = connection.prepare_cached(
                "INSERT INTO usage_addresses (key_id, address, last_at, requests) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET last_at = max(last_at, excluded.last_at), requests = requests + excluded.requests",
            )?;
            for delta in deltas {
                upsert.execute(params![delta.whose.text(), delta.address.to_string(), delta.last_at, number(delta.requests)])?;
            }
            let mut shorten = connection.prepare_cached(
                "DELETE FROM usage_addresses WHERE key_id = ?1 AND address NOT IN \
                 (SELECT address FROM usage_addresses WHERE key_id = ?1 ORDER BY last_at DESC, address LIMIT ?2)",
            )?;
            let mut last = None;
            for delta in deltas.iter().filter(|delta| last.replace(&delta.whose) != Some(&delta.whose)) {
                shorten.execute(params![delta.whose.text(), MOST_ADDRESSES as i64])?;
            }
            Ok(())
        })
    }

    /// Removes what is too old by the store's clock, then what is too much: the oldest of the finest level first. Gives the number of
    /// rows removed.
    pub fn trim_usage(&self, caps: UsageCaps) -> Result<u64, ControlError> {
        let now = self.now();
        let mut removed = 0;
        for (table, cap) in [(SUMS, caps.sums), (TALLIES, caps.tallies), (ADDRESSES, caps.addresses)] {
            for level in Level::ALL {
                removed += self.remove(&table, level, now - table.kept.unwrap_or(level.kept()), u64::MAX)?;
            }
            let mut excess = self.count_rows(&table)?.saturating_sub(cap);
            for level in Level::ALL {
                let gone = if excess > 0 { self.remove(&table, level, i64::MAX, excess)? } else { 0 };
                excess -= gone;
                removed += gone;
            }
        }
        Ok(removed)
    }

    fn count_rows(&self, table: &Table) -> Result<u64, ControlError> {
        let sql = format!("SELECT count(*) FROM {} WHERE key_id <> '{ALL}'", table.name);
        self.reading(|connection| connection.prepare_cached(&sql)?.query_row([], |row| row.get::<_, i64>(0))).map(|rows| rows as u64)
    }

    /// Removes the oldest rows of a level, but those of all keys together only by age. A few at a time, so that other calls of the store
    /// need not wait long.
    fn remove(&self, table: &Table, level: Level, before: i64, most: u64) -> Result<u64, ControlError> {
        let Table { name, order, level: has_level, at, .. } = table;
        let of_level = if *has_level { "level = ?1" } else { "?1 = 0" };
        let spared = if before == i64::MAX { ALL } else { "nobody" };
        let rows = format!("{name} WHERE {of_level} AND {at} < ?2 AND key_id <> '{spared}'");
        let count = format!("SELECT count(*) FROM {rows}");
        let delete = format!("DELETE FROM {rows} AND ({order}) <= (SELECT {order} FROM {rows} ORDER BY {order} LIMIT 1 OFFSET ?3)");
        let there: i64 =
            self.reading(|connection| connection.prepare_cached(&count)?.query_row(params![level.number(), before], |row| row.get(0)))?;
        let wanted = most.min(there as u64);
        let mut left = wanted;
        while left > 0 {
            let some = left.min(REMOVED_AT_ONCE);
            self.changing(|connection| {
                Ok(connection.prepare_cached(&delete)?.execute(params![level.number(), before, number(some) - 1])?)
            })?;
            left -= some;
        }
        Ok(wanted)
    }
}

/// What leaves, and in which order. The names are our own.
struct Table {
    name: &'static str,
    /// Columns of the order in which rows leave; no two rows are alike in them.
    order: &'static str,
    /// Rows have a level.
    level: bool,
    /// Column of the time.
    at: &'static str,
    /// Milliseconds for which rows are kept, where the level does not say.
    kept: Option<i64>,
}

const SUMS: Table = Table { name: "usage_sums", order: "start, key_id", level: true, at: "start", kept: None };
const TALLIES: Table = Table { name: "usage_tallies", order: "start, key_id, kind, name", level: true, at: "start", kept: None };
/// Addresses are forgotten like the coarsest sums.
const ADDRESSES: Table =
    Table { name: "usage_addresses", order: "last_at, key_id, address", level: false, at: "last_at", kept: Some(400 * 86_400_000) };

fn add(connection: &Connection, delta: &UsageDelta) -> rusqlite::Result<()> {
    let (level, whose) = (delta.level.number(), delta.whose.text());
    let stored = connection
        .prepare_cached("SELECT latency FROM usage_sums WHERE level = ?1 AND start = ?2 AND key_id = ?3")?
        .query_row(params![level, delta.start, whose], |row| Ok(Latency::from_bytes(row.get_ref(0)?.as_blob()?)))
        .optional()?;
    let latency = match stored {
        Some(mut stored) => {
            stored.merge(&delta.latency);
            stored.to_bytes()
        }
        None => delta.latency.to_bytes(),
    };
    connection
        .prepare_cached(
            "INSERT INTO usage_sums (level, start, key_id, requests, refused, bytes, latency) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, refused = refused + excluded.refused, \
             bytes = bytes + excluded.bytes, latency = excluded.latency",
        )?
        .execute(params![level, delta.start, whose, number(delta.requests), number(delta.refused), number(delta.bytes), latency])?;
    let mut tally = connection.prepare_cached(
        "INSERT INTO usage_tallies (level, start, key_id, kind, name, requests) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT DO UPDATE SET requests = requests + excluded.requests",
    )?;
    for counted in &delta.tallies {
        tally.execute(params![level, delta.start, whose, counted.kind.number(), counted.name, number(counted.count)])?;
    }
    Ok(())
}

/// SQLite's integers are signed; no count gets there.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
