//! What an open transaction did to rows, taken back with the parts of it that are taken back.

use rusqlite::types::ValueRef;
use rustc_hash::FxHashMap;

use crate::bind::Bind;
use crate::sqlite::stamps::key_blob;

/// Entries in the order of writing, found by the row that they speak of.
#[derive(Debug)]
pub(crate) struct Ledger<T> {
    entries: Vec<(Vec<u8>, T)>,
    of_row: FxHashMap<Vec<u8>, Vec<usize>>,
    /// Entries before each part that is open.
    parts: Vec<usize>,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), of_row: FxHashMap::default(), parts: Vec::new() }
    }
}

impl<T> Ledger<T> {
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = &T> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// Entries of a row of a table.
    pub(crate) fn of(&self, table: &str, key: &[Bind]) -> impl Iterator<Item = &T> {
        let found = self.of_row.get(&row(table, key)).map_or(&[][..], Vec::as_slice);
        found.iter().map(|index| &self.entries[*index].1)
    }

    pub(crate) fn push(&mut self, table: &str, key: &[Bind], entry: T) {
        let row = row(table, key);
        self.of_row.entry(row.clone()).or_default().push(self.entries.len());
        self.entries.push((row, entry));
    }

    pub(crate) fn begin_part(&mut self) {
        self.parts.push(self.entries.len());
    }

    pub(crate) fn end_part(&mut self, is_kept: bool) {
        let Some(before) = self.parts.pop().filter(|_| !is_kept) else { return };
        for (row, _) in self.entries.drain(before..) {
            if let Some(indexes) = self.of_row.get_mut(&row) {
                indexes.pop();
            }
        }
    }
}

fn row(table: &str, key: &[Bind]) -> Vec<u8> {
    key_blob(std::iter::once(ValueRef::Text(table.as_bytes())).chain(key.iter().map(ValueRef::from)))
}
