//! What requests of one thread leave until somebody has time for it.

use std::collections::VecDeque;

use claviger_access::KeyId;
use rustc_hash::FxHashMap;

use super::event::{Event, Telling, Told};

/// Refused requests kept until the next turn, with a known key and without: beyond it the oldest are dropped.
pub(super) const MOST_TOLD: usize = 512;
/// Those of one key: a noisy one pushes out only its own.
const MOST_OF_KEY: usize = 128;

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
            let oldest = kind.make_room(event.key.as_ref().map(|key| &key.id), MOST_TOLD, MOST_OF_KEY);
            let is_dropped = oldest.is_some();
            kind.push(Told::new(&event, reason, telling, number, oldest.map(Told::into_text).unwrap_or_default()));
            self.told.dropped += u64::from(is_dropped);
        }
        self.events.push(event);
    }
}

/// The newest refused requests. Two lists, so that strangers push out only one another.
#[derive(Debug, Default)]
pub(super) struct Newest {
    known: Ring,
    strangers: Ring,
    /// Those that had to leave.
    pub(super) dropped: u64,
}

/// How many may stay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    /// With a known key.
    pub(super) known: usize,
    /// Of one key.
    pub(super) of_key: usize,
    /// Without a known key.
    pub(super) strangers: usize,
}

impl Newest {
    fn of(&mut self, has_key: bool) -> &mut Ring {
        if has_key { &mut self.known } else { &mut self.strangers }
    }

    /// Takes over all of another; the newest stay.
    pub(super) fn append(&mut self, other: &mut Self, most: Most) {
        self.dropped += std::mem::take(&mut other.dropped);
        for (has_key, places) in [(true, most.known), (false, most.strangers)] {
            for told in other.of(has_key).drain() {
                let kind = self.of(has_key);
                let is_dropped = kind.make_room(told.key_id(), places, most.of_key).is_some();
                kind.push(told);
                self.dropped += u64::from(is_dropped);
            }
        }
    }

    /// All, oldest first.
    pub(super) fn take(&mut self) -> Vec<Told> {
        let mut all: Vec<Told> = self.known.drain().chain(self.strangers.drain()).collect();
        all.sort_unstable_by_key(|told| (told.at, told.number));
        all
    }
}

/// Refused requests in their order.
#[derive(Debug, Default)]
struct Ring {
    told: VecDeque<Told>,
    of_key: FxHashMap<KeyId, usize>,
}

impl Ring {
    /// Takes out the one that has to leave for one of this key: the key's oldest when it has its share, else the oldest when all places are
    /// taken.
    fn make_room(&mut self, key: Option<&KeyId>, places: usize, share: usize) -> Option<Told> {
        let has_share = key.and_then(|key| self.of_key.get(key)).is_some_and(|number| *number >= share);
        let at = if has_share { self.told.iter().position(|told| told.key_id() == key)? } else { 0 };
        if !has_share && self.told.len() < places {
            return None;
        }
        // One that is noisy has its oldest near the front: hardly any others have to move.
        let told = self.told.remove(at)?;
        if let Some(number) = told.key_id().and_then(|key| self.of_key.get_mut(key)) {
            *number -= 1;
        }
        Some(told)
    }

    fn push(&mut self, told: Told) {
        match told.key_id().map(|key| (key, self.of_key.get_mut(key))) {
            Some((_, Some(number))) => *number += 1,
            Some((key, None)) => drop(self.of_key.insert(key.clone(), 1)),
            None => {}
        }
        self.told.push_back(told);
    }

    fn drain(&mut self) -> impl Iterator<Item = Told> {
        self.of_key.clear();
        self.told.drain(..)
    }
}
