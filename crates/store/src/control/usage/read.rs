//! Reading the sums of a stretch of time.

use super::super::db::{Connection, Purpose, values};
use super::super::{ControlError, ControlStore, DbError};
use super::{ALL, Latency, Level, MOST_ADDRESSES, NO_KEY, Tally, TallyKind, UsageAddress, Whose};

/// Names and keys that a list has at most.
const MOST_LISTED: usize = 20;

/// One stretch; zeros where nothing was counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UsagePoint {
    /// Its beginning, milliseconds since 1970 UTC.
    pub start: i64,
    /// Answered requests.
    pub requests: u64,
    /// Answers with a status of 400 or more.
    pub refused: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
    /// Times of those whose key the gate let through.
    pub latency: Latency,
}

/// A key among those that were used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageOfKey {
    /// Its ID.
    pub id: String,
    /// `None` when it is deleted.
    pub description: Option<String>,
    /// Answered requests.
    pub requests: u64,
    /// Answers with a status of 400 or more.
    pub refused: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
}

/// What was counted in a stretch of time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Without gap, oldest first.
    pub points: Vec<UsagePoint>,
    /// Reasons of refusals, most first.
    pub reasons: Vec<Tally>,
    /// Dataclasses, most first, at most 20.
    pub dataclasses: Vec<Tally>,
    /// Newest first, at most 20.
    pub addresses: Vec<UsageAddress>,
    /// Most requests first, at most 20; empty unless all were asked for.
    pub keys: Vec<UsageOfKey>,
}

impl ControlStore {
    /// The last `points` stretches of a level, the present one included.
    pub fn usage(&self, whose: &Whose, level: Level, points: u32) -> Result<Usage, ControlError> {
        let last = level.start(self.now());
        let starts: Vec<i64> = (0..i64::from(points)).rev().map(|back| last - back * level.length()).collect();
        self.listing(|connection| {
            connection.transaction(Purpose::Snapshot, |snapshot| {
                let first = starts.first().copied().unwrap_or(last);
                let (mut reasons, mut dataclasses) = (Vec::new(), Vec::new());
                tallies(snapshot, whose, level, &starts, &mut reasons, &mut dataclasses)?;
                for list in [&mut reasons, &mut dataclasses] {
                    list.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
                    list.truncate(MOST_LISTED);
                }
                Ok(Usage {
                    points: points_of(snapshot, whose, level, &starts)?,
                    reasons,
                    dataclasses,
                    addresses: addresses(snapshot, whose, first)?,
                    keys: if *whose == Whose::All { keys(snapshot, level, first, last)? } else { Vec::new() },
                })
            })
        })
    }
}

fn points_of(connection: &Connection, whose: &Whose, level: Level, starts: &[i64]) -> Result<Vec<UsagePoint>, DbError> {
    let select = "SELECT requests, refused, bytes, latency FROM usage_sums WHERE level = ?1 AND start = ?2 AND key_id = ?3";
    let rows: Vec<_> = starts.iter().map(|start| values![level.number(), *start, whose.text()].to_vec()).collect();
    let found = connection.rows_each(select, &rows, |row| {
        let latency = Latency::from_bytes(row.bytes(3)?);
        Ok(UsagePoint { start: 0, requests: count(row.get(0)?), refused: count(row.get(1)?), bytes: count(row.get(2)?), latency })
    })?;
    Ok(starts
        .iter()
        .zip(found)
        .map(|(start, point)| UsagePoint { start: *start, ..point.into_iter().next().unwrap_or_default() })
        .collect())
}

fn tallies(
    connection: &Connection,
    whose: &Whose,
    level: Level,
    starts: &[i64],
    reasons: &mut Vec<Tally>,
    dataclasses: &mut Vec<Tally>,
) -> Result<(), DbError> {
    // Stretch by stretch: each is a range of the primary key, and rows of other keys lie in between.
    let select = "SELECT kind, name, requests FROM usage_tallies WHERE level = ?1 AND start = ?2 AND key_id = ?3";
    let stretches: Vec<_> = starts.iter().map(|start| values![level.number(), *start, whose.text()].to_vec()).collect();
    let found = connection.rows_each(select, &stretches, |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?, count(row.get(2)?))))?;
    for (kind, name, requests) in found.into_iter().flatten() {
        let is_reason = kind == TallyKind::Reason.number();
        let (list, kind) = if is_reason { (&mut *reasons, TallyKind::Reason) } else { (&mut *dataclasses, TallyKind::Dataclass) };
        match list.iter_mut().find(|tally| tally.name == name) {
            Some(tally) => tally.count += requests,
            None => list.push(Tally { kind, name, count: requests }),
        }
    }
    Ok(())
}

fn addresses(connection: &Connection, whose: &Whose, since: i64) -> Result<Vec<UsageAddress>, DbError> {
    connection.rows(
        "SELECT address, last_at, requests FROM usage_addresses WHERE key_id = ?1 AND last_at >= ?2 \
         ORDER BY last_at DESC, address LIMIT ?3",
        &values![whose.text(), since, MOST_ADDRESSES as i64],
        |row| Ok(UsageAddress { address: row.get(0)?, last_at: row.get(1)?, requests: count(row.get(2)?) }),
    )
}

fn keys(connection: &Connection, level: Level, first: i64, last: i64) -> Result<Vec<UsageOfKey>, DbError> {
    connection.rows(
        "SELECT used.key_id, keys.description, used.requests, used.refused, used.bytes FROM \
         (SELECT key_id, CAST(sum(requests) AS BIGINT) AS requests, CAST(sum(refused) AS BIGINT) AS refused, \
          CAST(sum(bytes) AS BIGINT) AS bytes FROM usage_sums \
          WHERE level = ?1 AND start BETWEEN ?2 AND ?3 AND key_id NOT IN (?4, ?5) \
          GROUP BY key_id ORDER BY 2 DESC, key_id LIMIT ?6) AS used \
         LEFT JOIN keys ON keys.id = used.key_id ORDER BY used.requests DESC, used.key_id",
        &values![level.number(), first, last, ALL, NO_KEY, MOST_LISTED as i64],
        |row| {
            Ok(UsageOfKey {
                id: row.get(0)?,
                description: row.get(1)?,
                requests: count(row.get(2)?),
                refused: count(row.get(3)?),
                bytes: count(row.get(4)?),
            })
        },
    )
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
