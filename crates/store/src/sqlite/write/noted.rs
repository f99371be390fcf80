//! Rows of the stamps file that the open transaction wrote.

use std::collections::hash_map::Entry;

use rusqlite::types::ValueRef;
use rustc_hash::FxHashMap;

use crate::bind::Bind;
use crate::sqlite::stamps::key_blob;

/// In the order of writing, with the parts of the transaction that may be taken back.
#[derive(Debug, Default)]
pub(super) struct Noted {
    rows: Vec<(String, Bind, i64)>,
    /// How often each row was written.
    times: FxHashMap<Vec<u8>, usize>,
    /// Rows written before each part that is open.
    parts: Vec<usize>,
}

impl Noted {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Table, key and stamp of each writing.
    pub(super) fn rows(&self) -> &[(String, Bind, i64)] {
        &self.rows
    }

    pub(super) fn has(&self, table: &str, key: &Bind) -> bool {
        self.times.contains_key(&place(table, key))
    }

    pub(super) fn push(&mut self, row: (String, Bind, i64)) {
        *self.times.entry(place(&row.0, &row.1)).or_default() += 1;
        self.rows.push(row);
    }

    pub(super) fn begin_part(&mut self) {
        self.parts.push(self.rows.len());
    }

    pub(super) fn end_part(&mut self, is_kept: bool) {
        let Some(before) = self.parts.pop().filter(|_| !is_kept) else { return };
        for (table, key, _) in self.rows.drain(before..) {
            if let Entry::Occupied(mut times) = self.times.entry(place(&table, &key)) {
                *times.get_mut() -= 1;
                if *times.get() == 0 {
                    times.remove();
                }
            }
        }
    }
}

fn place(table: &str, key: &Bind) -> Vec<u8> {
    key_blob([ValueRef::Text(table.as_bytes()), key.into()].into_iter())
}
