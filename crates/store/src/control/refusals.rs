//! Requests that were refused lately, so that somebody with a request's ID can be told why (`api-keys.md` 10).
//!
//! Whoever writes a record has taken everything out of it that is not the product's own: no query, no body, no value, no secret.

use super::db::{Connection, Row, values};
use super::{ControlError, ControlStore, DbError, Failure};

/// Milliseconds for which records are kept.
pub const REFUSALS_KEPT: i64 = 24 * 3_600_000;
/// Records kept at most of requests with a known key, and as many of others: strangers cannot push out what the owner of a key looks for.
pub const MOST_REFUSALS: u32 = 10_000;
/// Records kept at most of one key: a noisy one does not push out what others look for.
pub const MOST_REFUSALS_OF_KEY: u32 = 500;

/// A refused request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusalRecord {
    /// The answer's `x-request-id`.
    pub request_id: String,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// HTTP method.
    pub method: String,
    /// Path without query, what can be no name masked.
    pub path: String,
    /// Status of the answer.
    pub status: u16,
    /// Short name of the reason.
    pub reason: String,
    /// A sentence.
    pub message: Option<String>,
    /// Number of the dialect's error.
    pub err_code: Option<i64>,
    /// The key, when it is known.
    pub key_id: Option<String>,
    /// The key's role.
    pub role: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// Which lists denied: JSON in the form of the management API.
    pub rules: String,
}

const COLUMNS: &str = "request_id, at, method, path, status, reason, message, err_code, key_id, role, address, rules";

fn record(row: &Row<'_>) -> Result<RefusalRecord, DbError> {
    Ok(RefusalRecord {
        request_id: row.get(0)?,
        at: row.get(1)?,
        method: row.get(2)?,
        path: row.get(3)?,
        status: row.get(4)?,
        reason: row.get(5)?,
        message: row.get(6)?,
        err_code: row.get(7)?,
        key_id: row.get(8)?,
        role: row.get(9)?,
        address: row.get(10)?,
        rules: row.get(11)?,
    })
}

impl ControlStore {
    /// Adds records, oldest first, in one transaction: hand over a few hundred at once.
    pub fn add_refusals(&self, records: &[RefusalRecord]) -> Result<(), ControlError> {
        self.changing(|connection| {
            let sql = format!("INSERT INTO refusals ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
            let row = |it: &RefusalRecord| {
                values![
                    &it.request_id,
                    it.at,
                    &it.method,
                    &it.path,
                    it.status,
                    &it.reason,
                    &it.message,
                    it.err_code,
                    &it.key_id,
                    &it.role,
                    &it.address,
                    &it.rules
                ]
                .to_vec()
            };
            connection.execute_each(&sql, &records.iter().map(row).collect::<Vec<_>>())?;
            Ok(())
        })
    }

    /// Removes what is older than [`REFUSALS_KEPT`] by the store's clock, then the oldest beyond `of_key` of each key, beyond `most` with a
    /// known key and beyond `most` without. Gives the number of records removed.
    pub fn trim_refusals(&self, most: u32, of_key: u32) -> Result<u64, ControlError> {
        let since = self.now() - REFUSALS_KEPT;
        self.changing(|connection| {
            let mut removed = connection.execute("DELETE FROM refusals WHERE at < ?1", &values![since])?;
            removed += shorten_keys(connection, of_key)?;
            for whose in ["key_id IS NULL", "key_id IS NOT NULL"] {
                removed += shorten(connection, whose, most)?;
            }
            Ok::<_, Failure>(removed as u64)
        })
    }

    /// The newest record of a request's ID that is not too old. Clients choose IDs: one of a known key goes before a stranger's, who might
    /// want to cover it.
    pub fn refusal(&self, request_id: &str) -> Result<Option<RefusalRecord>, ControlError> {
        let since = self.now() - REFUSALS_KEPT;
        let sql =
            format!("SELECT {COLUMNS} FROM refusals WHERE request_id = ?1 AND at >= ?2 ORDER BY key_id IS NULL, at DESC, seq DESC LIMIT 1");
        self.listing(|connection| connection.optional(&sql, &values![request_id, since], record))
    }

    /// Records newest first, of a key or of all.
    pub fn refusals(&self, key: Option<&str>, limit: u32) -> Result<Vec<RefusalRecord>, ControlError> {
        let since = self.now() - REFUSALS_KEPT;
        // There are few enough to look through: an index on the key would have to be written in each flood.
        let sql = format!(
            "SELECT {COLUMNS} FROM refusals WHERE at >= ?1 AND (CAST(?3 AS TEXT) IS NULL OR key_id = ?3) ORDER BY at DESC, seq DESC LIMIT ?2"
        );
        self.listing(|connection| connection.rows(&sql, &values![since, limit, key], record))
    }
}

fn shorten_keys(connection: &Connection, most: u32) -> Result<usize, DbError> {
    connection.execute(
        "DELETE FROM refusals WHERE seq IN (SELECT seq FROM \
         (SELECT seq, row_number() OVER (PARTITION BY key_id ORDER BY at DESC, seq DESC) AS place FROM refusals WHERE key_id IS NOT NULL) \
         AS placed WHERE place > ?1)",
        &values![most],
    )
}

/// `whose` is one of our own conditions.
fn shorten(connection: &Connection, whose: &str, most: u32) -> Result<usize, DbError> {
    // The newest record that is one too many.
    let last = connection.optional(
        &format!("SELECT at, seq FROM refusals WHERE {whose} ORDER BY at DESC, seq DESC LIMIT 1 OFFSET ?1"),
        &values![most],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
    )?;
    let Some((at, seq)) = last else { return Ok(0) };
    connection.execute(&format!("DELETE FROM refusals WHERE {whose} AND (at, seq) <= (?1, ?2)"), &values![at, seq])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOON, World, on_both_engines};
    use super::*;

    fn refusal(request_id: &str, at: i64, key_id: Option<&str>) -> RefusalRecord {
        RefusalRecord {
            request_id: request_id.to_owned(),
            at,
            method: "GET".to_owned(),
            path: "/rest/Book".to_owned(),
            status: 401,
            reason: "no_permission".to_owned(),
            message: Some("No permission to read for the Book dataclass".to_owned()),
            err_code: Some(1557),
            key_id: key_id.map(str::to_owned),
            role: key_id.map(|_| "Nobody".to_owned()),
            address: Some("192.0.2.1".to_owned()),
            rules: "[]".to_owned(),
        }
    }

    on_both_engines!(
        records_are_found_by_id_and_listed_newest_first,
        they_are_gone_after_a_day,
        the_newest_stay_and_strangers_push_out_only_strangers,
        a_noisy_key_pushes_out_only_its_own,
    );

    fn records_are_found_by_id_and_listed_newest_first(world: &World) {
        let records =
            [refusal("a", NOON - 2, Some("key_1")), refusal("b", NOON - 1, None), refusal("a", NOON, None), refusal("c", NOON, None)];
        world.control.add_refusals(&records).unwrap();
        assert_eq!(world.control.refusal("a").unwrap().as_ref(), Some(&records[0]), "a stranger's does not cover a key's");
        world.control.add_refusals(&[refusal("c", NOON - 1, None)]).unwrap();
        assert_eq!(world.control.refusal("c").unwrap().as_ref(), Some(&records[3]), "the newest wins");
        assert_eq!(world.control.refusal("d").unwrap(), None);
        let ids = |key, limit| {
            world.control.refusals(key, limit).unwrap().into_iter().map(|record| record.request_id).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ids(None, 10), "c a c b a");
        assert_eq!(ids(None, 2), "c a");
        assert_eq!(ids(Some("key_1"), 10), "a");
        assert_eq!(ids(Some("key_2"), 10), "");
    }

    fn they_are_gone_after_a_day(world: &World) {
        world.control.add_refusals(&[refusal("a", NOON, None), refusal("b", NOON + 1, None)]).unwrap();
        world.clock.store(NOON + REFUSALS_KEPT + 1, std::sync::atomic::Ordering::Relaxed);
        assert!(world.control.refusal("a").unwrap().is_none(), "though it is not removed yet");
        assert_eq!(world.control.refusals(None, 10).unwrap().len(), 1);
        assert_eq!(world.control.trim_refusals(MOST_REFUSALS, MOST_REFUSALS_OF_KEY).unwrap(), 1);
        assert_eq!(world.control.trim_refusals(MOST_REFUSALS, MOST_REFUSALS_OF_KEY).unwrap(), 0);
    }

    fn the_newest_stay_and_strangers_push_out_only_strangers(world: &World) {
        let mut records = vec![refusal("known", NOON, Some("key_1"))];
        records.extend((1..=5).map(|number| refusal(&format!("stranger{number}"), NOON + number / 3, None)));
        world.control.add_refusals(&records).unwrap();
        assert_eq!(world.control.trim_refusals(2, 2).unwrap(), 3);
        let left: Vec<_> = world.control.refusals(None, 10).unwrap().into_iter().map(|record| record.request_id).collect();
        assert_eq!(left, ["stranger5", "stranger4", "known"]);
    }

    fn a_noisy_key_pushes_out_only_its_own(world: &World) {
        let mut records = vec![refusal("quiet", NOON, Some("key_1"))];
        records.extend((1..=5).map(|number| refusal(&format!("noisy{number}"), NOON + number / 3, Some("key_2"))));
        records.push(refusal("stranger", NOON, None));
        world.control.add_refusals(&records).unwrap();
        assert_eq!(world.control.trim_refusals(3, 2).unwrap(), 3);
        let left: Vec<_> = world.control.refusals(None, 10).unwrap().into_iter().map(|record| record.request_id).collect();
        assert_eq!(left, ["noisy5", "noisy4", "stranger", "quiet"]);
    }
}
