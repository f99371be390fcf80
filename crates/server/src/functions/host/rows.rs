//! Rows as the code in the worker takes them: the names of what may be read once, then for each entity its key, its stamp and the values.

use claviger_model::Cell;
use claviger_model::value::{DateStyle, write_cell, write_json_string};
use claviger_query::{Aggregate, ComputeColumn, Field, Output, Projection};
use claviger_store::{EntityHead, Sink};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use crate::rest::write_key_json;

/// Collects what the store pushes.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// `["ID","title"]`
    names: Vec<u8>,
    /// `[key,stamp,[value,…]],…`
    entities: Vec<u8>,
    /// How many rows there are.
    loaded: u64,
    /// Of the whole selection.
    count: u64,
    /// Of one aggregate, or the distinct ones.
    values: Vec<u8>,
    /// Bytes of an image or blob.
    bytes: Option<Vec<u8>>,
    /// Length that the whole may have.
    most: usize,
}

impl Rows {
    /// `most`: bytes that they may have.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Number of rows.
    pub(super) fn loaded(&self) -> u64 {
        self.loaded
    }

    /// Size of the whole selection that the page is of.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// `"attributes":[…],"rows":[…]`, the members of an object.
    pub(in crate::functions) fn members(&self) -> String {
        format!("\"attributes\":[{}],\"rows\":[{}]", String::from_utf8_lossy(&self.names), String::from_utf8_lossy(&self.entities))
    }

    /// `"attributes":[…],"row":[…]` of the only one; `None`: there is none.
    pub(crate) fn only(&self) -> Option<String> {
        (self.loaded == 1).then(|| {
            format!("\"attributes\":[{}],\"row\":{}", String::from_utf8_lossy(&self.names), String::from_utf8_lossy(&self.entities))
        })
    }

    /// `{"attributes":[…],"row":[…]}` of each, in order; `None` for one that is gone.
    pub(in crate::functions) fn each(&self) -> Result<Vec<Option<String>>, serde_json::Error> {
        let names = String::from_utf8_lossy(&self.names);
        let rows: Vec<Option<Box<RawValue>>> = serde_json::from_str(&format!("[{}]", String::from_utf8_lossy(&self.entities)))?;
        Ok(rows.into_iter().map(|row| row.map(|row| format!("{{\"attributes\":[{names}],\"row\":{row}}}"))).collect())
    }

    /// What was computed, `null` when nothing; of distinct values the list without its brackets.
    pub(super) fn values(&self) -> String {
        String::from_utf8_lossy(&self.values).into_owned()
    }

    /// The bytes; `None`: null.
    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        self.bytes
    }

    fn separate(out: &mut Vec<u8>) {
        if !matches!(out.last(), None | Some(b'[')) {
            out.push(b',');
        }
    }
}

/// An entity that nobody has saved, as the code takes it.
pub(crate) fn new_entity(values: &Map<String, Json>) -> Json {
    json!({ "attributes": [], "row": null, "isNew": true, "values": values })
}

/// What stands in a row. What takes further statements is asked for when it is used.
fn is_sent(output: &Output) -> bool {
    matches!(output, Output::Scalar | Output::Path(_) | Output::Media | Output::DeferredOne(_))
}

impl Sink for Rows {
    fn reset(&mut self) {
        *self = Self::new(self.most);
    }

    fn is_full(&self) -> bool {
        self.entities.len() + self.values.len() + self.bytes.as_ref().map_or(0, Vec::len) > self.most
    }

    fn page(&mut self, _: &Projection, count: u64, _: u64) {
        self.count = count;
    }

    fn page_end(&mut self, _: u64) {}

    fn entity(&mut self, projection: &Projection, head: EntityHead<'_>) {
        if self.names.is_empty() {
            for field in projection.fields().iter().filter(|field| is_sent(field.output())) {
                Self::separate(&mut self.names);
                write_json_string(&mut self.names, field.name());
            }
        }
        self.loaded += 1;
        Self::separate(&mut self.entities);
        self.entities.push(b'[');
        if head.key.is_empty() {
            self.entities.extend_from_slice(b"null");
        } else {
            write_key_json(&mut self.entities, head.key);
        }
        self.entities.push(b',');
        self.entities.extend_from_slice(itoa::Buffer::new().format(head.stamp).as_bytes());
        self.entities.extend_from_slice(b",[");
    }

    fn missing(&mut self, _: &Projection) {
        Self::separate(&mut self.entities);
        self.entities.extend_from_slice(b"null");
    }

    fn entity_end(&mut self) {
        self.entities.extend_from_slice(b"]]");
    }

    fn cell(&mut self, field: &Field, cell: Cell<'_>) {
        if is_sent(field.output()) {
            Self::separate(&mut self.entities);
            match cell {
                // How many bytes there are is seen when they are loaded.
                Cell::Media => self.entities.extend_from_slice(b"{\"bytes\":0}"),
                cell => write_cell(&mut self.entities, cell, DateStyle::Plain),
            }
        }
    }

    fn list(&mut self, _: &Field, _: &[Cell<'_>]) {}

    fn deferred_one(&mut self, _: &Field, key: Option<&[Cell<'_>]>) {
        Self::separate(&mut self.entities);
        match key {
            Some(key) => write_key_json(&mut self.entities, key),
            None => self.entities.extend_from_slice(b"null"),
        }
    }

    fn deferred_many(&mut self, _: &Field) {}
    fn one(&mut self, _: &Field, _: &Projection, _: Option<EntityHead<'_>>) {}
    fn many(&mut self, _: &Field, _: &Projection, _: u64) {}
    fn many_end(&mut self, _: u64) {}

    fn aggregate(&mut self, _: &ComputeColumn, _: Aggregate, cell: Cell<'_>) {
        self.values.clear();
        write_cell(&mut self.values, cell, DateStyle::Plain);
    }

    fn distinct(&mut self, cell: Cell<'_>) {
        Self::separate(&mut self.values);
        write_cell(&mut self.values, cell, DateStyle::Plain);
    }

    fn media(&mut self, bytes: Option<&[u8]>) {
        self.bytes = bytes.map(<[u8]>::to_vec);
    }

    fn explained(&mut self, _: &[u64]) {}
}
