//! From memory to the control store: sums per minute, hour and day, addresses, records of refusals; a few hundred rows in one transaction,
//! so that nobody who needs the store waits long.

use std::net::IpAddr;

use claviger_model::Model;
use claviger_store::control::{
    AddressDelta, ControlError, ControlStore, Level, MOST_ADDRESSES, MOST_REFUSALS, MOST_REFUSALS_OF_KEY, RefusalRecord, Tally, TallyKind,
    UsageCaps, UsageDelta, Whose,
};
use rustc_hash::FxHashMap;

use super::counts::{Lost, OfKey, Sum, Taken, count};
use super::record::record;
use crate::app::AppState;

/// Rows of one transaction.
const AT_ONCE: usize = 256;
/// Keys whose rows are made and written before those of the next ones.
const PORTION: usize = 5_000;
/// Rows that may wait for a store that cannot be written.
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
    /// When something was written last, or could not be.
    pub(super) flushed_at: Option<i64>,
    lost: Lost,
    trimmed_in: i64,
    rows_since: usize,
    refusals_since: usize,
}

/// What the store is to be asked to trim.
pub(super) struct Due {
    usage: bool,
    refusals: bool,
}

impl Backlog {
    /// Takes over what was counted and writes it.
    pub(super) fn flush(&mut self, state: &AppState, taken: Taken) -> Result<(), ControlError> {
        self.flushed_at = Some(state.now());
        let rules = state.keys().rules();
        self.refusals.extend(taken.refused.iter().map(|told| record(&rules, told)));
        self.put(&state.model(), taken.keys, |backlog| backlog.write(state.control()))
    }

    /// A few thousand keys after the other: rows wait for one another only when the store takes none. Then it is not tried again, and of
    /// what could not be written too much is dropped.
    fn put(
        &mut self,
        model: &Model,
        keys: Vec<OfKey>,
        mut write: impl FnMut(&mut Self) -> Result<(), ControlError>,
    ) -> Result<(), ControlError> {
        let mut keys = keys.into_iter();
        let mut done = Ok(());
        loop {
            self.add(model, keys.by_ref().take(PORTION));
            if done.is_ok() {
                done = write(self);
            }
            if done.is_err() {
                self.shorten();
            }
            if keys.len() == 0 {
                return done;
            }
        }
    }

    fn add(&mut self, model: &Model, keys: impl Iterator<Item = OfKey>) {
        let mut all: FxHashMap<(Level, i64), Sum> = FxHashMap::default();
        let mut everybody: FxHashMap<IpAddr, (i64, u64)> = FxHashMap::default();
        for of_key in keys {
            for (address, last, requests) in &of_key.addresses {
                let known = everybody.entry(*address).or_insert((*last, 0));
                *known = (known.0.max(*last), known.1 + requests);
            }
            self.add_key(model, of_key, &mut all);
        }
        self.sums.extend(all.into_iter().map(|((level, _), sum)| delta(model, Whose::All, level, sum)));
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
    fn write(&mut self, control: &ControlStore) -> Result<(), ControlError> {
        self.rows_since += chunks(&mut self.sums, |chunk| control.add_usage(chunk))?;
        self.rows_since += chunks(&mut self.addresses, |chunk| control.add_addresses(chunk))?;
        self.refusals_since += chunks(&mut self.refusals, |chunk| control.add_refusals(chunk))?;
        Ok(())
    }

    /// Drops what waits beyond [`MOST_WAITING`]: the oldest minutes first, then hours, then days, those of all keys together last.
    fn shorten(&mut self) {
        let excess = |length: usize| length.saturating_sub(MOST_WAITING);
        let (sums, addresses, refusals) = (excess(self.sums.len()), excess(self.addresses.len()), excess(self.refusals.len()));
        if sums > 0 {
            self.sums.sort_by_key(|delta| (delta.whose == Whose::All, delta.level, delta.start));
            self.sums.drain(..sums);
        }
        self.addresses.drain(..addresses);
        self.refusals.drain(..refusals);
        self.lost.rows += (sums + addresses) as u64;
        self.lost.records += refusals as u64;
    }

    /// What was given up since this was asked last.
    pub(super) fn take_lost(&mut self) -> Lost {
        let lost = std::mem::take(&mut self.lost);
        if lost != Lost::default() {
            let Lost { rows, records } = lost;
            tracing::error!(rows, records, "statistics of use are dropped: the control store has not taken any for too long");
        }
        lost
    }

    /// What is to be trimmed: everything once a minute, and what has had many new rows.
    pub(super) fn take_due(&mut self, now: i64) -> Due {
        let minute = Level::Minute.start(now);
        let is_over = std::mem::replace(&mut self.trimmed_in, minute) != minute;
        let due = Due { usage: is_over || self.rows_since >= TRIM_AFTER, refusals: is_over || self.refusals_since >= TRIM_REFUSALS_AFTER };
        if due.usage {
            self.rows_since = 0;
        }
        if due.refusals {
            self.refusals_since = 0;
        }
        due
    }
}

impl Due {
    /// Trims. Nobody who asks for numbers waits for it.
    pub(super) fn trim(self, control: &ControlStore) -> Result<(), ControlError> {
        if self.refusals {
            control.trim_refusals(MOST_REFUSALS, MOST_REFUSALS_OF_KEY)?;
        }
        if self.usage {
            control.trim_usage(UsageCaps::default())?;
        }
        Ok(())
    }
}

/// Writes from the front; what is written is gone, whatever happens to the rest. Gives the number of rows.
fn chunks<T>(rows: &mut Vec<T>, write: impl Fn(&[T]) -> Result<(), ControlError>) -> Result<usize, ControlError> {
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
    done.map(|()| written)
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

    use super::super::counts::Counts;
    use super::super::counts::tests::add;
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
        assert_eq!(chunks(&mut rows, |_| Ok(())).unwrap(), AT_ONCE);
        assert!(rows.is_empty());
    }

    const MINUTE: i64 = 60_000;

    fn model() -> Model {
        let attribute = r#"{ "name": "ID", "kind": "storage", "type": "long", "primKey": true }"#;
        let text = format!(r#"{{ "dataClasses": [{{ "name": "Book", "attributes": [{attribute}] }}] }}"#);
        Model::from_json(&text, "test").unwrap().0
    }

    /// Keys that were used once in a minute.
    fn keys(number: usize, minute: i64) -> Vec<OfKey> {
        let mut counts = Counts::default();
        (0..number).for_each(|number| add(&mut counts, number, minute * MINUTE));
        counts.take().keys
    }

    fn of(backlog: &Backlog, level: Level, start: i64) -> usize {
        backlog.sums.iter().filter(|delta| delta.whose != Whose::All && (delta.level, delta.start) == (level, start)).count()
    }

    #[test]
    fn more_keys_than_may_wait_are_written_in_portions_and_nothing_is_dropped() {
        const KEYS: usize = 40_000;
        let (mut backlog, mut portions, mut requests, mut all) = (Backlog::default(), 0, 0, 0);
        let done = backlog.put(&model(), keys(KEYS, 0), |backlog| {
            assert!(backlog.sums.len() <= 3 * (PORTION + 1));
            portions += 1;
            for delta in backlog.sums.drain(..).filter(|delta| delta.level == Level::Day) {
                *if delta.whose == Whose::All { &mut all } else { &mut requests } += delta.requests;
            }
            Ok(())
        });
        assert!(done.is_ok());
        assert_eq!((portions, requests, all), (KEYS / PORTION, KEYS as u64, KEYS as u64));
        assert_eq!(backlog.take_lost(), Lost::default());
    }

    #[test]
    fn of_what_cannot_be_written_the_oldest_minutes_are_dropped_and_counted() {
        let mut backlog = Backlog::default();
        const KEYS: usize = 20_000;
        let mut tried = 0;
        for minute in 0..2 {
            let done = backlog.put(&model(), keys(KEYS, minute), |_| {
                tried += 1;
                Err(ControlError::NotSealed)
            });
            assert!(done.is_err());
        }
        assert_eq!(tried, 2, "not again for each portion");
        let lost = backlog.take_lost();
        assert_eq!((backlog.sums.len(), lost.records), (MOST_WAITING, 0));
        // Each portion has rows of all keys together, which stay.
        let portions = 2 * KEYS / PORTION;
        assert_eq!(lost.rows as usize, 6 * KEYS + 3 * portions - MOST_WAITING);
        assert_eq!(of(&backlog, Level::Minute, 0), 0);
        assert_eq!(of(&backlog, Level::Minute, MINUTE), 2 * KEYS - lost.rows as usize);
        assert_eq!((of(&backlog, Level::Hour, 0), of(&backlog, Level::Day, 0)), (2 * KEYS, 2 * KEYS));
        assert_eq!(backlog.sums.iter().filter(|delta| delta.whose == Whose::All).count(), 3 * portions);
        assert_eq!(backlog.take_lost(), Lost::default());
        let mut counts = Counts::default();
        counts.give_up(lost);
        assert_eq!((counts.unwritten(), counts.dropped()), (lost.rows, 0));
    }
}
