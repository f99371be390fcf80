//! From memory to the control store: sums per minute, hour and day, addresses, records of refusals; a few hundred rows in one transaction,
//! so that nobody who needs the store waits long.

use std::net::IpAddr;

use claviger_model::Model;
use claviger_store::control::{
    AddressDelta, ControlError, ControlStore, Level, MOST_ADDRESSES, MOST_REFUSALS, RefusalRecord, Tally, TallyKind, UsageCaps, UsageDelta,
    Whose,
};
use rustc_hash::FxHashMap;

use super::counts::{OfKey, Sum, Taken, count};
use super::record::record;
use crate::app::AppState;

/// Rows of one transaction.
const AT_ONCE: usize = 256;
/// Rows that may wait for a store that cannot be written; the oldest are dropped.
const MOST_WAITING: usize = 100_000;
/// Rows after which it is asked again whether there are too many, also within a minute.
const TRIM_AFTER: usize = 10_000;
/// The same of records of refusals.
const TRIM_REFUSALS_AFTER: usize = 4_000;

/// Rows on their way into the store. What could not be written stays.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    sums: Vec<UsageDelta>,
    addresses: Vec<AddressDelta>,
    refusals: Vec<RefusalRecord>,
    trimmed_in: i64,
    rows_since: usize,
    refusals_since: usize,
}

impl Backlog {
    /// Takes rows over from memory.
    pub(super) fn add(&mut self, state: &AppState, taken: Taken) {
        let mut all: FxHashMap<(Level, i64), Sum> = FxHashMap::default();
        let mut everybody: FxHashMap<IpAddr, (i64, u64)> = FxHashMap::default();
        for of_key in taken.keys {
            for (address, last, requests) in &of_key.addresses {
                let known = everybody.entry(*address).or_insert((*last, 0));
                *known = (known.0.max(*last), known.1 + requests);
            }
            self.add_key(state.model(), of_key, &mut all);
        }
        self.sums.extend(all.into_iter().map(|((level, _), sum)| delta(state.model(), Whose::All, level, sum)));
        let mut everybody: Vec<_> = everybody.into_iter().collect();
        everybody.sort_by_key(|(address, (last, _))| (std::cmp::Reverse(*last), *address));
        everybody.truncate(MOST_ADDRESSES);
        let whose = Whose::All;
        self.addresses.extend(everybody.into_iter().map(|(address, (last_at, requests))| AddressDelta {
            whose: whose.clone(),
            address,
            last_at,
            requests,
        }));
        let rules = state.keys().rules();
        self.refusals.extend(taken.refused.iter().map(|told| record(&rules, told)));
        shorten(&mut self.sums);
        shorten(&mut self.addresses);
        shorten(&mut self.refusals);
    }

    fn add_key(&mut self, model: &Model, of_key: OfKey, all: &mut FxHashMap<(Level, i64), Sum>) {
        let whose = of_key.key.map_or(Whose::Nobody, Whose::Key);
        let mut sums: Vec<(Level, Sum)> = Vec::new();
        for minute in &of_key.minutes {
            for level in Level::ALL {
                let start = level.start(minute.start);
                merge(all.entry((level, start)).or_insert_with(|| Sum { start, ..Sum::default() }), minute);
                let known = sums.iter().position(|(of, sum)| *of == level && sum.start == start);
                let at = known.unwrap_or_else(|| {
                    sums.push((level, Sum { start, ..Sum::default() }));
                    sums.len() - 1
                });
                merge(&mut sums[at].1, minute);
            }
        }
        self.sums.extend(sums.into_iter().map(|(level, sum)| delta(model, whose.clone(), level, sum)));
        self.addresses.extend(of_key.addresses.into_iter().map(|(address, last_at, requests)| AddressDelta {
            whose: whose.clone(),
            address,
            last_at,
            requests,
        }));
    }

    /// Writes all rows; after a failure those not yet written wait on.
    pub(super) fn write(&mut self, control: &ControlStore, now: i64) -> Result<(), ControlError> {
        self.rows_since += self.sums.len() + self.addresses.len();
        self.refusals_since += self.refusals.len();
        chunks(&mut self.sums, |chunk| control.add_usage(chunk))?;
        chunks(&mut self.addresses, |chunk| control.add_addresses(chunk))?;
        chunks(&mut self.refusals, |chunk| control.add_refusals(chunk))?;
        let minute = Level::Minute.start(now);
        let is_over = self.trimmed_in != minute;
        if self.refusals_since >= TRIM_REFUSALS_AFTER || is_over {
            control.trim_refusals(MOST_REFUSALS)?;
            self.refusals_since = 0;
        }
        if self.rows_since >= TRIM_AFTER || is_over {
            control.trim_usage(UsageCaps::default())?;
            self.rows_since = 0;
        }
        self.trimmed_in = minute;
        Ok(())
    }
}

/// Writes from the front; what is written is gone, whatever happens to the rest.
fn chunks<T>(rows: &mut Vec<T>, write: impl Fn(&[T]) -> Result<(), ControlError>) -> Result<(), ControlError> {
    let mut written = 0;
    let mut done = Ok(());
    for chunk in rows.chunks(AT_ONCE) {
        done = write(chunk);
        if done.is_err() {
            break;
        }
        written += chunk.len();
    }
    rows.drain(..written);
    done
}

fn shorten<T>(rows: &mut Vec<T>) {
    let excess = rows.len().saturating_sub(MOST_WAITING);
    if excess > 0 {
        tracing::error!(excess, "statistics of use are dropped: the control store has not taken any for too long");
        rows.drain(..excess);
    }
}

fn merge(into: &mut Sum, from: &Sum) {
    into.requests += from.requests;
    into.refused += from.refused;
    into.bytes += from.bytes;
    into.latency.merge(&from.latency);
    for (reason, more) in &from.reasons {
        count(&mut into.reasons, *reason, *more);
    }
    for (class, more) in &from.classes {
        count(&mut into.classes, *class, *more);
    }
}

fn delta(model: &Model, whose: Whose, level: Level, sum: Sum) -> UsageDelta {
    let reasons = sum.reasons.into_iter().map(|(reason, count)| (TallyKind::Reason, reason.name().to_owned(), count));
    let classes = sum.classes.into_iter().map(|(class, count)| (TallyKind::Dataclass, model.dataclass(class).name.clone(), count));
    UsageDelta {
        whose,
        level,
        start: sum.start,
        requests: sum.requests,
        refused: sum.refused,
        bytes: sum.bytes,
        latency: sum.latency,
        tallies: reasons.chain(classes).map(|(kind, name, count)| Tally { kind, name, count }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn what_cannot_be_written_waits_and_too_much_is_dropped() {
        let mut rows: Vec<usize> = (0..AT_ONCE * 3).collect();
        let written = RefCell::new(Vec::new());
        let failed = chunks(&mut rows, |chunk| {
            if chunk[0] >= 2 * AT_ONCE {
                return Err(ControlError::NotSealed);
            }
            written.borrow_mut().extend_from_slice(chunk);
            Ok(())
        });
        assert!(failed.is_err());
        assert_eq!((written.borrow().len(), rows.len(), rows[0]), (2 * AT_ONCE, AT_ONCE, 2 * AT_ONCE));
        assert!(chunks(&mut rows, |_| Ok(())).is_ok() && rows.is_empty());
        rows.extend(0..MOST_WAITING + 5);
        shorten(&mut rows);
        assert_eq!((rows.len(), rows[0]), (MOST_WAITING, 5));
    }
}
