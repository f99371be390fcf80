//! Adding to the sums, and forgetting what is old or too much.

use rustc_hash::FxHashMap;

use super::super::db::{Connection, values};
use super::super::{ControlError, ControlStore, DbError, Failure};
use super::{ALL, AddressDelta, Latency, Level, MOST_ADDRESSES, TallyKind, UsageCaps, UsageDelta};
use crate::bind::Bind;

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
        self.changing(|connection| add(connection, deltas).map_err(Failure::from))
    }

    /// Notes addresses, in one transaction; of each key the [`MOST_ADDRESSES`] newest stay.
    pub fn add_addresses(&self, deltas: &[AddressDelta]) -> Result<(), ControlError> {
        self.changing(|connection| {
            let upsert = "INSERT INTO usage_addresses (key_id, address, last_at, requests) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (key_id, address) DO UPDATE SET requests = usage_addresses.requests + excluded.requests, last_at = \
                 CASE WHEN excluded.last_at > usage_addresses.last_at THEN excluded.last_at ELSE usage_addresses.last_at END";
            let row = |it: &AddressDelta| values![it.whose.text(), it.address.to_string(), it.last_at, number(it.requests)].to_vec();
            connection.execute_each(upsert, &deltas.iter().map(row).collect::<Vec<_>>())?;
            let shorten = "DELETE FROM usage_addresses WHERE key_id = ?1 AND address NOT IN \
                 (SELECT address FROM usage_addresses WHERE key_id = ?1 ORDER BY last_at DESC, address LIMIT ?2)";
            let mut last = None;
            let whose = deltas.iter().map(|delta| &delta.whose).filter(|whose| last.replace(*whose) != Some(*whose));
            let whose: Vec<_> = whose.map(|whose| values![whose.text(), MOST_ADDRESSES as i64].to_vec()).collect();
            connection.execute_each(shorten, &whose)?;
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
        let (mut first, mut counted, mut is_too_much) = (running, 0, false);
        self.listing(|connection| {
            connection.walk(&sql, &values![level.number()], |row| {
                let (start, more): (i64, i64) = (row.get(0)?, row.get(1)?);
                counted += more as u64;
                is_too_much = counted > cap && start < running;
                if !is_too_much {
                    first = first.min(start);
                }
                Ok(!is_too_much)
            })
        })?;
        Ok(is_too_much.then_some(first))
    }

    /// Removes the rows of a level that begin earlier. A few at a time, so that other calls of the store need not wait long.
    fn remove(&self, table: &Table, level: Level, before: i64, whose: &str) -> Result<u64, ControlError> {
        let Table { name, order } = table;
        // The last of the oldest few; a range of the primary key, which is read no further.
        let last = format!(
            "SELECT {order} FROM (SELECT {order} FROM {name} WHERE level = ?1 AND start < ?2 AND {whose} ORDER BY {order} LIMIT ?3) AS oldest \
             ORDER BY {} LIMIT 1",
            order.replace(',', " DESC,") + " DESC"
        );
        let values = values![level.number(), before, REMOVED_AT_ONCE];
        self.in_portions(&format!("DELETE FROM {name} WHERE level = ?1 AND {whose} AND ({order}) <= ({last})"), |connection, delete| {
            connection.execute(delete, &values)
        })
    }

    /// Removes addresses that were last seen earlier, then those seen longest ago beyond `most`; those of all keys together only by age.
    fn remove_addresses(&self, before: i64, most: u64) -> Result<u64, ControlError> {
        let delete = |rows: &str| {
            format!("DELETE FROM usage_addresses WHERE (key_id, address) IN (SELECT key_id, address FROM usage_addresses {rows})")
        };
        let old = self.in_portions(&delete("WHERE last_at < ?1 LIMIT ?2"), |connection, delete| {
            connection.execute(delete, &values![before, REMOVED_AT_ONCE])
        })?;
        let count = format!("SELECT count(*) FROM usage_addresses WHERE {BUT_ALL}");
        let there: i64 = self.listing(|connection| connection.row(&count, &[], |row| row.get(0)))?;
        let mut left = number((there as u64).saturating_sub(most));
        let excess = delete(&format!("WHERE {BUT_ALL} ORDER BY last_at, key_id, address LIMIT ?1"));
        let excess = self.in_portions(&excess, |connection, delete| {
            let gone = connection.execute(delete, &values![left.min(REMOVED_AT_ONCE)])?;
            left -= gone as i64;
            Ok(gone)
        })?;
        Ok(old + excess)
    }

    /// Removes until a portion is not full.
    fn in_portions(&self, sql: &str, mut delete: impl FnMut(&Connection, &str) -> Result<usize, DbError>) -> Result<u64, ControlError> {
        let mut removed = 0;
        loop {
            let gone = self.changing(|connection| Ok(delete(connection, sql)?))?;
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

/// All statements of a kind one after the other: each kind is one wait.
fn add(connection: &Connection, deltas: &[UsageDelta]) -> Result<(), DbError> {
    let place = |delta: &UsageDelta| values![delta.level.number(), delta.start, delta.whose.text()];
    let places: Vec<Vec<Bind>> = deltas.iter().map(|delta| place(delta).to_vec()).collect();
    let select = "SELECT latency FROM usage_sums WHERE level = ?1 AND start = ?2 AND key_id = ?3";
    let stored = connection.rows_each(select, &places, |row| Ok(Latency::from_bytes(row.bytes(0)?)))?;
    // A place that comes twice is merged twice.
    let mut merged: FxHashMap<(Level, i64, &str), Latency> = FxHashMap::default();
    let (mut sums, mut tallies) = (Vec::with_capacity(deltas.len()), Vec::new());
    for (delta, stored) in deltas.iter().zip(stored) {
        let known = merged.entry((delta.level, delta.start, delta.whose.text()));
        let latency = known.or_insert_with(|| stored.into_iter().next().unwrap_or_default());
        latency.merge(&delta.latency);
        let mut row = place(delta).to_vec();
        row.extend(values![number(delta.requests), number(delta.refused), number(delta.bytes), latency.to_bytes()]);
        sums.push(row);
        for counted in &delta.tallies {
            let mut row = place(delta).to_vec();
            row.extend(values![counted.kind.number(), &counted.name, number(counted.count)]);
            tallies.push(row);
        }
    }
    connection.execute_each(
        "INSERT INTO usage_sums (level, start, key_id, requests, refused, bytes, latency) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (level, start, key_id) DO UPDATE SET requests = usage_sums.requests + excluded.requests, \
         refused = usage_sums.refused + excluded.refused, bytes = usage_sums.bytes + excluded.bytes, latency = excluded.latency",
        &sums,
    )?;
    connection.execute_each(
        "INSERT INTO usage_tallies (level, start, key_id, kind, name, requests) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (level, start, key_id, kind, name) DO UPDATE SET requests = usage_tallies.requests + excluded.requests",
        &tallies,
    )?;
    Ok(())
}

/// The engines' integers are signed; no count gets there.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
