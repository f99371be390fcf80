//! What requests of one thread leave until somebody has time for it.

use std::collections::VecDeque;

use super::event::{Event, Telling, Told};

/// Refused requests kept until the next turn, with a known key and without: beyond it the oldest are dropped.
pub(super) const MOST_TOLD: usize = 512;

/// The buffer of a thread.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    pub(super) events: Vec<Event>,
    pub(super) told: Newest,
    number: u64,
}

impl Buffer {
    /// Takes in one request.
    pub(super) fn push(&mut self, event: Event, telling: Option<Telling<'_>>) {
        if let (Some(telling), Some(reason)) = (telling, event.reason) {
            self.number += 1;
            let (number, kind) = (self.number, self.told.of(event.key.is_some()));
            // In a flood each one takes the place, and the memory, of the oldest.
            let oldest = if kind.len() >= MOST_TOLD { kind.pop_front().map(Told::into_text) } else { None };
            let is_dropped = oldest.is_some();
            kind.push_back(Told::new(&event, reason, telling, number, oldest.unwrap_or_default()));
            self.told.dropped += u64::from(is_dropped);
        }
        self.events.push(event);
    }
}

/// The newest refused requests. Two lists, so that strangers push out only one another.
#[derive(Debug, Default)]
pub(super) struct Newest {
    known: VecDeque<Told>,
    strangers: VecDeque<Told>,
    /// Those that had to leave.
    pub(super) dropped: u64,
}

impl Newest {
    fn of(&mut self, has_key: bool) -> &mut VecDeque<Told> {
        if has_key { &mut self.known } else { &mut self.strangers }
    }

    /// Takes over all of another; the newest stay.
    pub(super) fn append(&mut self, other: &mut Self, most_known: usize, most_strangers: usize) {
        self.dropped += std::mem::take(&mut other.dropped);
        for (has_key, most) in [(true, most_known), (false, most_strangers)] {
            let kind = self.of(has_key);
            kind.append(other.of(has_key));
            let excess = kind.len().saturating_sub(most);
            kind.drain(..excess);
            self.dropped += excess as u64;
        }
    }

    /// All, oldest first.
    pub(super) fn take(&mut self) -> Vec<Told> {
        let mut all: Vec<Told> = self.known.drain(..).chain(self.strangers.drain(..)).collect();
        all.sort_unstable_by_key(|told| (told.at, told.number));
        all
    }
}
