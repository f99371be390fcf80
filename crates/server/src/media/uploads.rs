//! What was uploaded and waits to be saved (`rest-dialect.md` 14.4).
//!
//! Kept in memory: an upload lives for minutes, its size and the size of all are bounded, and what is never written needs no folder that must
//! be protected, emptied after a crash, or shared. The bytes are shared with the save that uses them, not copied.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use claviger_query::{ByteSource, MediaKind};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

/// What an upload costs beside its bytes, so that many small ones are bounded too.
const OVERHEAD: u64 = 1024;
/// One principal may have this part of the room for all.
const SHARE: u64 = 2;

/// The uploads that wait.
#[derive(Debug)]
pub(crate) struct Uploads {
    waiting: Mutex<Waiting>,
    /// Bytes that all may have.
    most: u64,
}

#[derive(Debug, Default)]
struct Waiting {
    kept: FxHashMap<Reference, Kept>,
    /// The same by their end, milliseconds since 1970.
    ends: BTreeSet<(i64, Reference)>,
    /// Bytes of each principal, those still being received too; nobody has none.
    held: FxHashMap<Box<str>, u64>,
    /// Bytes of all.
    total: u64,
}

/// An upload belongs to its principal: the same ID in another's hand is another upload, which does not exist.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Reference {
    owner: Box<str>,
    id: UploadId,
}

#[derive(Debug)]
struct Kept {
    kind: MediaKind,
    bytes: Bytes,
    /// First millisecond at which it is gone.
    end: i64,
}

/// 16 random bytes; 32 upper-case hexadecimal digits on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct UploadId(pub(crate) [u8; 16]);

/// Too many bytes wait already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Full;

impl Uploads {
    /// `most`: bytes that all uploads together may have.
    pub(crate) fn new(most: u64) -> Self {
        Self { waiting: Mutex::default(), most }
    }

    /// Room for bytes that arrive; given back when it is dropped.
    pub(crate) fn room(&self, owner: &str) -> Room<'_> {
        Room { uploads: self, owner: owner.into(), taken: 0 }
    }

    /// The bytes of the principal's upload of this kind, while its time is not over.
    pub(crate) fn find(&self, owner: &str, kind: MediaKind, id: &str, now: i64) -> Option<Bytes> {
        let reference = Reference { owner: owner.into(), id: UploadId::parse(id)? };
        let waiting = self.waiting.lock();
        let kept = waiting.kept.get(&reference)?;
        (kept.kind == kind && now < kept.end).then(|| kept.bytes.clone())
    }

    /// Forgets what is over.
    pub(crate) fn sweep(&self, now: i64) {
        self.waiting.lock().sweep(now);
    }

    /// Bytes that are held now.
    #[cfg(test)]
    fn held(&self) -> u64 {
        self.waiting.lock().total
    }
}

impl Waiting {
    fn sweep(&mut self, now: i64) {
        while let Some((end, reference)) = self.ends.first().cloned() {
            if now < end {
                return;
            }
            self.ends.pop_first();
            if let Some(kept) = self.kept.remove(&reference) {
                self.give_back(&reference.owner, kept.bytes.len() as u64 + OVERHEAD);
            }
        }
    }

    fn give_back(&mut self, owner: &str, bytes: u64) {
        self.total = self.total.saturating_sub(bytes);
        if let Some(held) = self.held.get_mut(owner) {
            *held = held.saturating_sub(bytes);
            if *held == 0 {
                self.held.remove(owner);
            }
        }
    }
}

/// Room that is taken for bytes on their way in.
#[derive(Debug)]
pub(crate) struct Room<'u> {
    uploads: &'u Uploads,
    owner: Box<str>,
    taken: u64,
}

impl Room<'_> {
    /// Takes room for more bytes; those whose time is over make place.
    pub(crate) fn grow(&mut self, bytes: u64, now: i64) -> Result<(), Full> {
        if bytes == 0 {
            return Ok(());
        }
        let most = self.uploads.most;
        let mut waiting = self.uploads.waiting.lock();
        let fits = |waiting: &Waiting| {
            let held = waiting.held.get(&self.owner).copied().unwrap_or(0);
            waiting.total.saturating_add(bytes) <= most && held.saturating_add(bytes) <= most / SHARE
        };
        if !fits(&waiting) {
            waiting.sweep(now);
            if !fits(&waiting) {
                return Err(Full);
            }
        }
        waiting.total += bytes;
        *waiting.held.entry(self.owner.clone()).or_default() += bytes;
        self.taken += bytes;
        Ok(())
    }

    /// Keeps the bytes until `end` (milliseconds since 1970) under this ID, which must be new.
    pub(crate) fn keep(mut self, id: UploadId, kind: MediaKind, bytes: Bytes, now: i64, end: i64) -> Result<(), Full> {
        let cost = bytes.len() as u64 + OVERHEAD;
        let more = cost.saturating_sub(self.taken);
        self.grow(more, now)?;
        let reference = Reference { owner: self.owner.clone(), id };
        let mut waiting = self.uploads.waiting.lock();
        waiting.give_back(&self.owner, self.taken - cost);
        self.taken = 0;
        waiting.ends.insert((end, reference.clone()));
        waiting.kept.insert(reference, Kept { kind, bytes, end });
        Ok(())
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if self.taken > 0 {
            self.uploads.waiting.lock().give_back(&self.owner, self.taken);
        }
    }
}

impl UploadId {
    fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let mut id = [0; 16];
        if text.len() != 32 {
            return None;
        }
        for (byte, digits) in id.iter_mut().zip(text.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            *byte = (digit(digits[0])? * 16 + digit(digits[1])?) as u8;
        }
        Some(Self(id))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02X}"))
    }
}

/// The bytes that one principal's request may store.
pub(crate) struct MyBytes<'a> {
    pub(crate) uploads: &'a Uploads,
    pub(crate) owner: &'a str,
    /// When the request was let through.
    pub(crate) now: i64,
    /// Its body, when that is bytes.
    pub(crate) posted: Option<Bytes>,
}

impl ByteSource for MyBytes<'_> {
    fn uploaded(&self, kind: MediaKind, id: &str) -> Option<Bytes> {
        self.uploads.find(self.owner, kind, id, self.now)
    }

    fn posted(&self) -> Option<Bytes> {
        self.posted.clone()
    }
}

impl fmt::Debug for MyBytes<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "bytes of {}", self.owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000;

    fn key(number: u8) -> String {
        format!("key_{}", char::from(b'A' + number).to_string().repeat(12))
    }

    /// Uploads bytes that live for 10 milliseconds from `now`.
    fn upload(uploads: &Uploads, owner: &str, id: u8, length: usize, now: i64) -> Result<String, Full> {
        let mut room = uploads.room(owner);
        room.grow(length as u64, now)?;
        let id = UploadId([id; 16]);
        room.keep(id, MediaKind::Blob, vec![7; length].into(), now, now + 10)?;
        Ok(id.to_string())
    }

    #[test]
    fn it_is_there_for_its_owner_and_its_kind_until_its_end() {
        let uploads = Uploads::new(100_000);
        let id = upload(&uploads, &key(0), 0xAB, 5, NOW).unwrap();
        assert_eq!(id, "AB".repeat(16));
        let find = |owner: u8, kind, id: &str, now| uploads.find(&key(owner), kind, id, now).map(|bytes| bytes.len());
        assert_eq!(find(0, MediaKind::Blob, &id, NOW), Some(5));
        assert_eq!(find(0, MediaKind::Blob, &id.to_lowercase(), NOW + 9), Some(5));
        assert_eq!(find(0, MediaKind::Blob, &id, NOW + 10), None);
        assert_eq!(find(0, MediaKind::Image, &id, NOW), None);
        assert_eq!(find(1, MediaKind::Blob, &id, NOW), None);
        for wrong in ["", "AB", &id[1..], &format!("{id}0"), &"XY".repeat(16), "é".repeat(16).as_str()] {
            assert_eq!(find(0, MediaKind::Blob, wrong, NOW), None, "{wrong}");
        }
    }

    #[test]
    fn room_is_bounded_for_one_and_for_all_and_comes_back() {
        let uploads = Uploads::new(10_000);
        upload(&uploads, &key(0), 1, 3_000, NOW).unwrap();
        assert_eq!(uploads.held(), 3_000 + OVERHEAD);
        assert_eq!(upload(&uploads, &key(0), 2, 3_000, NOW), Err(Full), "more than the share of one");
        assert_eq!(uploads.held(), 3_000 + OVERHEAD);
        upload(&uploads, &key(1), 3, 3_900, NOW).unwrap();
        assert_eq!(upload(&uploads, &key(2), 4, 100, NOW), Err(Full), "more than there is for all");
        // What is over makes place.
        upload(&uploads, &key(2), 4, 100, NOW + 10).unwrap();
        assert_eq!(uploads.held(), 100 + OVERHEAD);
        uploads.sweep(NOW + 20);
        assert_eq!(uploads.held(), 0);
        assert!(uploads.waiting.lock().held.is_empty());
    }

    #[test]
    fn room_of_what_never_arrived_comes_back() {
        let uploads = Uploads::new(10_000);
        let mut room = uploads.room(&key(0));
        room.grow(4_000, NOW).unwrap();
        assert_eq!(room.grow(2_000, NOW), Err(Full));
        drop(room);
        assert_eq!(uploads.held(), 0);
        // A body without bytes, or whose length nobody said.
        let mut room = uploads.room(&key(0));
        room.grow(0, NOW).unwrap();
        drop(room);
        assert!(uploads.waiting.lock().held.is_empty());
        // Room for more than came.
        let mut room = uploads.room(&key(0));
        room.grow(4_000, NOW).unwrap();
        room.keep(UploadId([1; 16]), MediaKind::Image, Bytes::new(), NOW, NOW + 10).unwrap();
        assert_eq!(uploads.held(), OVERHEAD);
    }
}
