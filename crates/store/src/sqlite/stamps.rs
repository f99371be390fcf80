//! Stamps of attached databases (settlement "Attached databases"): a file of our own beside the control store that remembers, per entity
//! saved through the API, stamp, time and a hash of the row.
//!
//! A save commits this file first, then the database. A side row therefore remembers the row's hash *after* and *before* the last save:
//!
//! | hash of the row now is | means | stamp |
//! |---|---|---|
//! | (no side row) | never saved here | 1 |
//! | the one after | untouched since | the saved one |
//! | the one before | the commit of the database did not happen (a crash), or is not visible yet | the one before |
//! | another | changed by somebody else | the saved one + 1 |
//!
//! Of several saves in one transaction, *before* is before the first of them: nobody else sees what is between.
//!
//! As soon as the database's commit was seen, the hash before is forgotten: from then on the earlier content can only come back from
//! outside, which is a change like any other.
//!
//! The next save always takes a stamp above every one that could have been shown, so a crash can make a stamp too high, never lose a write.
//! The stamps file is `main` on every connection and the database is attached to it: SQLite then commits it first when it writes, and
//! begins its snapshot first when it reads, so that what a reader shows can only be too low, which a save answers with a conflict.

use std::path::Path;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::layout::{LARGEST_STAMP, SIDE_TABLE};

/// Statement that begins the snapshot of the stamps file; see the module.
pub const TOUCH: &str = "SELECT at FROM __claviger_origin";

/// What the stamps file says about one row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SideRow {
    /// Stamp after the last save.
    pub stamp: i64,
    /// Time of the last save, milliseconds since 1970 UTC.
    pub timestamp: i64,
    /// Row hash after the last save.
    pub hash: i64,
    /// Stamp before it; none for a creation, and once the database's commit was seen.
    pub prior_stamp: Option<i64>,
    /// Row hash before it; none as above.
    pub prior_hash: Option<i64>,
}

/// Makes or opens the stamps file and returns the time of the database's first sight in milliseconds: `now` when the file is new.
pub fn prepare(path: &Path, now: i64) -> rusqlite::Result<i64> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    set_up(&connection, now)
}

/// Tables and journal mode of the stamps file, opened as `main`. Returns the time of first sight.
pub(crate) fn set_up(connection: &Connection, now: i64) -> rusqlite::Result<i64> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(Some("main"), "journal_mode", "WAL")?;
    // Never less than FULL: a power cut must not take a stamp back while the database kept the row.
    connection.pragma_update(Some("main"), "synchronous", "FULL")?;
    connection.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS main.{SIDE_TABLE} (
           table_name TEXT NOT NULL,
           row_key NOT NULL,
           stamp INTEGER NOT NULL,
           timestamp INTEGER NOT NULL,
           hash INTEGER NOT NULL,
           prior_stamp INTEGER,
           prior_hash INTEGER,
           PRIMARY KEY (table_name, row_key)
         ) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS main.__claviger_origin (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL);"
    ))?;
    connection.execute("INSERT INTO main.__claviger_origin (id, at) VALUES (1, ?1) ON CONFLICT DO NOTHING", [now])?;
    connection.query_row("SELECT at FROM main.__claviger_origin", [], |row| row.get(0))
}

/// Begins this transaction's snapshot of the stamps file; call it first in every read transaction over an attached database.
pub fn touch(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached(TOUCH)?.query_row([], |_| Ok(()))
}

/// Stamp to show for a row whose content now has the hash `now`.
pub fn effective(side: Option<&SideRow>, now: i64) -> i64 {
    match side {
        None => 1,
        Some(side) if now == side.hash => side.stamp,
        Some(side) if Some(now) == side.prior_hash => side.prior_stamp.unwrap_or(1),
        Some(side) => (side.stamp + 1).min(LARGEST_STAMP),
    }
}

/// Stamp that the next save takes: above all that were shown for the row. `None` when the stamps are used up.
pub fn next(side: Option<&SideRow>, now: Option<i64>) -> Option<i64> {
    let next = match (side, now) {
        (None, None) => 1,
        (None, Some(_)) => 2,
        (Some(side), Some(now)) if now == side.hash || Some(now) == side.prior_hash => side.stamp + 1,
        (Some(side), _) => side.stamp + 2,
    };
    (next <= LARGEST_STAMP).then_some(next)
}

/// Registers the functions that the SQL of [`crate::layout`] uses. Once per connection.
pub fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("clv_row_hash", -1, flags, |context| Ok(hash_row(context)))?;
    connection.create_scalar_function("clv_row_key", -1, flags, |context| Ok(Value::Blob(row_key(context))))?;
    connection.create_scalar_function("clv_side_stamp", 5, flags, |context| {
        let side = SideRow {
            stamp: context.get(0)?,
            timestamp: 0,
            hash: context.get(1)?,
            prior_stamp: context.get(2)?,
            prior_hash: context.get(3)?,
        };
        Ok(effective(Some(&side), context.get(4)?))
    })
}

/// Hash of a row's values; stable between versions of the program, because it is stored.
pub fn hash_values<'a>(values: impl Iterator<Item = ValueRef<'a>>) -> i64 {
    let mut hash = RowHash::default();
    values.for_each(|value| hash.value(value));
    hash.finish()
}

fn hash_row(context: &Context<'_>) -> i64 {
    hash_values((0..context.len()).map(|index| context.get_raw(index)))
}

/// The parts of a composite key as one blob: each with its type and length, so that different keys never meet.
pub fn key_blob<'a>(parts: impl Iterator<Item = ValueRef<'a>>) -> Vec<u8> {
    let mut blob = Vec::with_capacity(32);
    for part in parts {
        let (tag, bytes): (u8, &[u8]) = match part {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(number) => {
                blob.push(1);
                blob.extend_from_slice(&number.to_be_bytes());
                continue;
            }
            ValueRef::Real(number) => {
                blob.push(2);
                blob.extend_from_slice(&number.to_bits().to_be_bytes());
                continue;
            }
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        blob.push(tag);
        blob.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        blob.extend_from_slice(bytes);
    }
    blob
}

fn row_key(context: &Context<'_>) -> Vec<u8> {
    key_blob((0..context.len()).map(|index| context.get_raw(index)))
}

/// A 64-bit hash by folded multiplication: fast, well mixed, not meant against an adversary (who could write the row anyway).
struct RowHash(u64);

impl Default for RowHash {
    fn default() -> Self {
        Self(0x243f_6a88_85a3_08d3)
    }
}

impl RowHash {
    fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(0x9e37_79b9_7f4a_7c15_u64);
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ word.rotate_left(29);
    }

    fn bytes(&mut self, tag: u64, bytes: &[u8]) {
        self.word(tag ^ ((bytes.len() as u64) << 8));
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.word(0x11),
            ValueRef::Integer(number) => {
                self.word(0x22);
                self.word(number as u64);
            }
            ValueRef::Real(number) => {
                self.word(0x33);
                self.word(number.to_bits());
            }
            ValueRef::Text(text) => self.bytes(0x44, text),
            ValueRef::Blob(bytes) => self.bytes(0x55, bytes),
        }
    }

    fn finish(mut self) -> i64 {
        self.word(0x5851_f42d_4c95_7f2d);
        self.word(0x1405_7b7e_f767_814f);
        self.0 as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(values: &[Value]) -> i64 {
        hash_values(values.iter().map(ValueRef::from))
    }

    #[test]
    fn the_hash_is_stable_and_tells_rows_apart() {
        let row = [Value::Integer(1), Value::Text("a".into()), Value::Null];
        assert_eq!(hash(&row), hash(&row.clone()));
        for other in [
            vec![Value::Integer(2), Value::Text("a".into()), Value::Null],
            vec![Value::Integer(1), Value::Text("A".into()), Value::Null],
            vec![Value::Integer(1), Value::Blob(b"a".to_vec()), Value::Null],
            vec![Value::Integer(1), Value::Text("a".into()), Value::Text(String::new())],
            vec![Value::Real(1.0), Value::Text("a".into()), Value::Null],
            vec![Value::Text("a".into()), Value::Integer(1), Value::Null],
            vec![Value::Integer(1), Value::Text("a".into())],
        ] {
            assert_ne!(hash(&row), hash(&other), "{other:?}");
        }
        let mut seen = std::collections::HashSet::new();
        for number in 0..20_000 {
            assert!(seen.insert(hash(&[Value::Integer(number), Value::Text(number.to_string())])));
        }
    }

    #[test]
    fn keys_of_several_parts_never_meet() {
        let key = |parts: &[&str]| key_blob(parts.iter().map(|part| ValueRef::Text(part.as_bytes())));
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["", "a"]), key(&["a", ""]));
    }

    /// Every order of saves, crashes between the two commits and changes from outside: whoever holds a stamp with other content than the
    /// row's is refused.
    #[test]
    fn a_stamp_is_never_shown_for_two_contents_that_saves_made() {
        // A tree of events over small contents: bit 0 of the step is "save that commits", 1 is "save that crashes between".
        for plan in 0..(1_u32 << 10) {
            let (mut content, mut fresh, mut side) = (0_i64, 1_i64, None::<SideRow>);
            let mut shown: Vec<(i64, i64)> = vec![(effective(None, content), content)];
            for step in 0..10 {
                let stamp = effective(side.as_ref(), content);
                let new = fresh;
                fresh += 1;
                let next = next(side.as_ref(), Some(content)).unwrap();
                for (seen, _) in &shown {
                    assert!(*seen < next, "plan {plan:b} step {step}: {next} was shown before");
                }
                side = Some(SideRow { stamp: next, timestamp: 0, hash: new, prior_stamp: Some(stamp), prior_hash: Some(content) });
                if plan >> step & 1 == 0 {
                    content = new;
                }
                shown.push((effective(side.as_ref(), content), content));
                for (seen, what) in &shown {
                    assert!(*seen != effective(side.as_ref(), content) || *what == content, "plan {plan:b} step {step}");
                }
            }
        }
    }

    #[test]
    fn stamps_are_refused_when_used_up() {
        let side = SideRow { stamp: LARGEST_STAMP, timestamp: 0, hash: 5, prior_stamp: None, prior_hash: None };
        assert_eq!(next(Some(&side), Some(5)), None);
        assert_eq!(next(Some(&SideRow { stamp: LARGEST_STAMP - 1, ..side }), Some(5)), Some(LARGEST_STAMP));
    }
}
