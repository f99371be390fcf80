//! Adding to the sums, and forgetting what is old or too much.

use rusqlite::{Connection, OptionalExtension as _, Statement, params};

use super::super::{ControlError, ControlStore, Failure};
use super::{ALL, AddressDelta, Latency, Level, MOST_ADDRESSES, TallyKind, UsageCaps, UsageDelta};

/// Rows removed in one transaction, so that other calls of the store need not wait long.
const REMOVED_AT_ONCE: i64 = 1000;

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

    /// Removes what is too old by the store's clock, then what is too much: of a level that has more rows than its own cap, the oldest
    /// stretches of time, whole; the running one stays, because it is still added to. Gives the number of rows removed.
    pub fn trim_usage(&self, caps: UsageCaps) -> Result<u64, ControlError> {
        let now = self.now();
        let mut removed = self.remove_addresses(now - ADDRESSES_KEPT, caps.addresses)?;
        for (table, caps) in [(&SUMS, caps.sums), (&TALLIES, caps.tallies)] {
            for (level, cap) in Level::ALL.into_iter().zip(caps) {
                removed += self.remove(table, level, now - level.kept(), EVERYBODY)?;
                if let Some(first) = self.first_within(table, level, now, cap)? {
                    removed += self.remove(table, level, first, BUT_ALL)?;
                }
            }
        }
        Ok(removed)
    }

    /// The beginning of the oldest stretch that may stay when older ones are too much; rows of all keys together are not counted.
    fn first_within(&self, table: &Table, level: Level, now: i64, cap: u64) -> Result<Option<i64>, ControlError> {
        let running = level.start(now);
        let sql =
            format!("SELECT start, count(*) FROM {} WHERE level = ?1 AND key_id <> '{ALL}' GROUP BY start ORDER BY start DESC", table.name);
        self.listing(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([level.number()])?;
            let (mut first, mut counted) = (running, 0);
            while let Some(row) = rows.next()? {
                let (start, more): (i64, i64) = (row.get(0)?, row.get(1)?);
                counted += more as u64;
                if counted > cap && start < running {
                    return Ok(Some(first));
                }
                first = first.min(start);
            }
            Ok(None)
        })
    }

    /// Removes the rows of a level that begin earlier. A few at a time, so that other calls of the store need not wait long.
    fn remove(&self, table: &Table, level: Level, before: i64, whose: &str) -> Result<u64, ControlError> {
        let Table { name, order } = table;
        // The last of the oldest few; a range of the primary key, which is read no further.
        let last = format!(
            "SELECT {order} FROM (SELECT {order} FROM {name} WHERE level = ?1 AND start < ?2 AND {whose} ORDER BY {order} LIMIT ?3) \
             ORDER BY {} LIMIT 1",
            order.replace(',', " DESC,") + " DESC"
        );
        self.in_portions(&format!("DELETE FROM {name} WHERE level = ?1 AND {whose} AND ({order}) <= ({last})"), |delete| {
            delete.execute(params![level.number(), before, REMOVED_AT_ONCE])
        })
    }

    /// Removes addresses that were last seen earlier, then those seen longest ago beyond `most`; those of all keys together only by age.
    fn remove_addresses(&self, before: i64, most: u64) -> Result<u64, ControlError> {
        let delete = |rows: &str| {
            format!("DELETE FROM usage_addresses WHERE (key_id, address) IN (SELECT key_id, address FROM usage_addresses {rows} LIMIT ?2)")
        };
        let old = self.in_portions(&delete("WHERE last_at < ?1"), |delete| delete.execute(params![before, REMOVED_AT_ONCE]))?;
        let count = format!("SELECT count(*) FROM usage_addresses WHERE {BUT_ALL}");
        let there: i64 = self.listing(|connection| connection.prepare_cached(&count)?.query_row([], |row| row.get(0)))?;
        let mut left = number((there as u64).saturating_sub(most));
        let excess = self.in_portions(&delete(&format!("WHERE {BUT_ALL} AND ?1 = 0 ORDER BY last_at, key_id, address")), |delete| {
            let gone = delete.execute(params![0, left.min(REMOVED_AT_ONCE)])?;
            left -= gone as i64;
            Ok(gone)
        })?;
        Ok(old + excess)
    }

    /// Removes until a portion is not full.
    fn in_portions(&self, sql: &str, mut delete: impl FnMut(&mut Statement<'_>) -> rusqlite::Result<usize>) -> Result<u64, ControlError> {
        let mut removed = 0;
        loop {
            let gone = self.changing(|connection| Ok(delete(&mut *connection.prepare_cached(sql)?)?))?;
            removed += gone as u64;
            if gone < REMOVED_AT_ONCE as usize {
                return Ok(removed);
            }
        }
    }
}

/// Rows of all keys together leave only by age.
const BUT_ALL: &str = "key_id <> '*'";
const EVERYBODY: &str = "true";
/// Addresses are forgotten like the coarsest sums.
const ADDRESSES_KEPT: i64 = 400 * 86_400_000;

/// A table of stretches of time. The names are our own.
struct Table {
    name: &'static str,
    /// Columns of the order in which rows leave; no two rows of a level are alike in them.
    order: &'static str,
}

const SUMS: Table = Table { name: "usage_sums", order: "start, key_id" };
const TALLIES: Table = Table { name: "usage_tallies", order: "start, key_id, kind, name" };

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
