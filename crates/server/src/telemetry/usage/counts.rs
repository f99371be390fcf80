//! Events become sums in memory: those that wait to be written, and those of the whole process for `/metrics`.

use std::net::IpAddr;

use claviger_access::KeyId;
use claviger_model::ClassId;
use claviger_store::control::{Latency, Level, MOST_ADDRESSES, MOST_REFUSALS_OF_KEY};
use rustc_hash::FxHashMap;

use super::buffer::{Most, Newest};
use super::{Event, Reason, Told};

/// Keys with a label of their own in the metrics; those used later are counted together.
pub(super) const MOST_LABELS: usize = 1000;
/// Keys that wait to be written, each with sums of its own; those used later are counted as if the key were not known.
pub(super) const MOST_KEYS: usize = 50_000;
/// Refused requests with a known key that wait to be written: beyond it the oldest are dropped.
pub(super) const MOST_KNOWN: usize = 2048;
/// Those of one key: a noisy one pushes out only its own.
const MOST_OF_KEY: usize = MOST_REFUSALS_OF_KEY as usize;
/// The same of requests without a known key, which seldom are worth the writing.
pub(super) const MOST_STRANGERS: usize = 512;
const MOST: Most = Most { known: MOST_KNOWN, of_key: MOST_OF_KEY, strangers: MOST_STRANGERS };
/// Where requests without a known key are in the totals.
const NO_KEY: usize = 1;
/// Addresses of a key that wait to be written; then the oldest are dropped.
const MOST_NEW_ADDRESSES: usize = 64;

/// Sums of a minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) start: i64,
    pub(super) requests: u64,
    pub(super) refused: u64,
    pub(super) bytes: u64,
    pub(super) latency: Latency,
    pub(super) reasons: Vec<(Reason, u64)>,
    pub(super) classes: Vec<(ClassId, u64)>,
}

/// What waits of a key; `key` is `None` for requests without a known one.
#[derive(Debug)]
pub(super) struct OfKey {
    pub(super) key: Option<KeyId>,
    pub(super) minutes: Vec<Sum>,
    /// Address, last request, requests.
    pub(super) addresses: Vec<(IpAddr, i64, u64)>,
    label: usize,
}

/// What a label of the metrics has counted since the process began.
#[derive(Debug)]
pub(super) struct Total {
    /// ID of the key, empty without a known key, or `other`.
    pub(super) label: Box<str>,
    pub(super) requests: u64,
    pub(super) bytes: u64,
    /// Of requests whose key the gate let through.
    pub(super) micros: u64,
    pub(super) reasons: [u64; Reason::ALL.len()],
}

/// All sums.
#[derive(Debug)]
pub(super) struct Counts {
    keys: Vec<OfKey>,
    /// By ID; empty without a known key.
    by_id: FxHashMap<Box<str>, usize>,
    /// The key of the event before: often it is the same.
    last: usize,
    /// `other`, no key, then the keys used first.
    totals: Vec<Total>,
    labels: FxHashMap<Box<str>, usize>,
    told: Newest,
    /// Refused requests whose record the store did not take.
    unwritten_records: u64,
    /// Sums and addresses that the store did not take.
    unwritten_rows: u64,
}

/// What waited for the store for too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Lost {
    /// Sums and addresses.
    pub(super) rows: u64,
    /// Records of refused requests.
    pub(super) records: u64,
}

/// What [`Counts::take`] gives.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) keys: Vec<OfKey>,
    /// Oldest first.
    pub(super) refused: Vec<Told>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            by_id: FxHashMap::default(),
            last: 0,
            totals: vec![Total::new("other"), Total::new("")],
            labels: FxHashMap::default(),
            told: Newest::default(),
            unwritten_records: 0,
            unwritten_rows: 0,
        }
    }
}

impl Total {
    fn new(label: &str) -> Self {
        Self { label: label.into(), requests: 0, bytes: 0, micros: 0, reasons: [0; Reason::ALL.len()] }
    }
}

impl Counts {
    /// Counts one request.
    pub(super) fn add(&mut self, event: &Event) {
        self.add_of(event.key.as_ref().map(|key| &key.id), event);
    }

    fn add_of(&mut self, key: Option<&KeyId>, event: &Event) {
        let (at, label) = self.places_of(key);
        let of_key = &mut self.keys[at];
        let total = &mut self.totals[label];
        let sum = of_key.minute(Level::Minute.start(event.at));
        sum.requests += 1;
        sum.bytes += event.bytes;
        total.requests += 1;
        total.bytes += event.bytes;
        if let Some(reason) = event.reason {
            sum.refused += 1;
            count(&mut sum.reasons, reason, 1);
            total.reasons[reason as usize] += 1;
        }
        if event.is_admitted {
            sum.latency.add(event.micros);
            total.micros += event.micros;
        }
        if let Some(class) = event.class {
            count(&mut sum.classes, class, 1);
        }
        if let Some(address) = event.address {
            of_key.came_from(address, event.at);
        }
    }

    /// Takes over refused requests of a buffer.
    pub(super) fn tell(&mut self, newest: &mut Newest) {
        self.told.append(newest, MOST);
    }

    /// Takes out what waits to be written.
    pub(super) fn take(&mut self) -> Taken {
        self.by_id.clear();
        self.last = 0;
        Taken { keys: std::mem::take(&mut self.keys), refused: self.told.take() }
    }

    /// Keys that wait to be written.
    pub(super) fn waiting_keys(&self) -> usize {
        self.keys.len()
    }

    /// For the metrics: labels that have counted anything.
    pub(super) fn totals(&self) -> impl Iterator<Item = &Total> {
        self.totals.iter().filter(|total| total.requests > 0)
    }

    /// Refused requests that were dropped before they could be recorded.
    pub(super) fn dropped(&self) -> u64 {
        self.told.dropped + self.unwritten_records
    }

    /// Sums and addresses that were dropped because the store did not take them.
    pub(super) fn unwritten(&self) -> u64 {
        self.unwritten_rows
    }

    /// Counts what was given up.
    pub(super) fn give_up(&mut self, lost: Lost) {
        self.unwritten_rows += lost.rows;
        self.unwritten_records += lost.records;
    }

    /// Where a request is counted: in what waits, and in the totals.
    fn places_of(&mut self, key: Option<&KeyId>) -> (usize, usize) {
        let id = key.map_or("", KeyId::as_str);
        if let Some(last) = self.keys.get(self.last)
            && last.id() == id
        {
            return (self.last, last.label);
        }
        if let Some(at) = self.by_id.get(id) {
            self.last = *at;
            return (*at, self.keys[*at].label);
        }
        let label = self.label(id);
        if self.keys.len() < MOST_KEYS {
            self.last = self.begin(key.cloned(), label);
            return (self.last, label);
        }
        let nobody = self.by_id.get("").copied();
        (nobody.unwrap_or_else(|| self.begin(None, NO_KEY)), label)
    }

    fn begin(&mut self, key: Option<KeyId>, label: usize) -> usize {
        let fresh = OfKey { key, minutes: Vec::new(), addresses: Vec::new(), label };
        self.by_id.insert(fresh.id().into(), self.keys.len());
        self.keys.push(fresh);
        self.keys.len() - 1
    }

    fn label(&mut self, id: &str) -> usize {
        if id.is_empty() {
            return NO_KEY;
        }
        if let Some(label) = self.labels.get(id) {
            return *label;
        }
        if self.labels.len() >= MOST_LABELS {
            return 0;
        }
        self.totals.push(Total::new(id));
        self.labels.insert(id.into(), self.totals.len() - 1);
        self.totals.len() - 1
    }
}

impl OfKey {
    fn id(&self) -> &str {
        self.key.as_ref().map_or("", KeyId::as_str)
    }

    fn minute(&mut self, start: i64) -> &mut Sum {
        // The newest stands last and is nearly always the one.
        let at = self.minutes.iter().rposition(|sum| sum.start == start).unwrap_or_else(|| {
            self.minutes.push(Sum { start, ..Sum::default() });
            self.minutes.len() - 1
        });
        &mut self.minutes[at]
    }

    fn came_from(&mut self, address: IpAddr, at: i64) {
        if let Some((_, last, requests)) = self.addresses.iter_mut().find(|(known, ..)| *known == address) {
            *last = at.max(*last);
            *requests += 1;
            return;
        }
        if self.addresses.len() >= MOST_NEW_ADDRESSES {
            self.addresses.sort_by_key(|(_, last, _)| std::cmp::Reverse(*last));
            self.addresses.truncate(MOST_ADDRESSES);
        }
        self.addresses.push((address, at, 1));
    }
}

/// Adds to the count of something in a short list.
pub(super) fn count<T: PartialEq>(counts: &mut Vec<(T, u64)>, what: T, more: u64) {
    match counts.iter_mut().find(|(known, _)| *known == what) {
        Some((_, count)) => *count += more,
        None => counts.push((what, more)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Counts a request of the key with this number.
    pub(in super::super) fn add(counts: &mut Counts, number: usize, at: i64) {
        let event = Event { key: None, at, address: None, class: None, bytes: 0, micros: 1, is_admitted: true, reason: None };
        counts.add_of(Some(&format!("key_{number:012}").parse().unwrap()), &event);
    }

    #[test]
    fn of_too_many_keys_the_later_ones_are_counted_without_a_key_and_with_their_label() {
        let mut counts = Counts::default();
        (0..MOST_KEYS + 10).for_each(|number| add(&mut counts, number, 0));
        add(&mut counts, 0, 0);
        add(&mut counts, MOST_KEYS, 0);
        assert_eq!(counts.waiting_keys(), MOST_KEYS + 1);
        let other = counts.totals[0].requests;
        assert_eq!((counts.totals[NO_KEY].requests, counts.totals[2].requests, other), (0, 2, (MOST_KEYS + 11 - MOST_LABELS) as u64));
        let taken = counts.take().keys;
        assert_eq!((taken[0].minutes[0].requests, taken[MOST_KEYS].key.is_none()), (2, true));
        assert_eq!(taken[MOST_KEYS].minutes[0].requests, 11);
        // What is written makes room.
        add(&mut counts, MOST_KEYS, 0);
        assert!(counts.take().keys[0].key.is_some());
    }

    #[test]
    fn the_keys_used_first_have_a_label_and_the_others_share_one() {
        let mut counts = Counts::default();
        let labels: Vec<usize> = (0..MOST_LABELS + 2).map(|number| counts.label(&format!("key_{number}"))).collect();
        assert_eq!((labels[0], labels[MOST_LABELS - 1]), (2, MOST_LABELS + 1));
        assert_eq!(labels[MOST_LABELS..], [0, 0]);
        assert_eq!((counts.label("key_0"), counts.label("")), (2, 1));
        let told: Vec<_> = [0, 1, 2].map(|label| counts.totals[label].label.to_string()).into();
        assert_eq!(told, ["other", "", "key_0"]);
    }
}
