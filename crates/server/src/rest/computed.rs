//! Computed attributes in an answer (`functions.md` 1): while it is written, their places are kept free and what their code needs is put aside;
//! then each attribute is computed once for all entities.

use std::time::Instant;

use claviger_model::value::{DateStyle, write_cell};
use claviger_model::{AttrRef, Value};
use claviger_query::{Error, Projection};
use claviger_store::{EntityHead, SaveOutcome, Sink as _};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json};

use super::caller::Caller;
use super::shape::JsonSink;
use super::uri::write_key_json;
use crate::app::{AppState, Served};
use crate::functions::{self, Rows, new_entity};

/// What stands at a free place until its value is known: JSON, too.
pub(super) const FREE: &[u8] = b"null";

/// The free places of an answer, in its order.
#[derive(Debug, Default)]
pub(super) struct Places {
    free: Vec<Place>,
    attributes: Vec<Asked>,
    /// Length of what was put aside.
    bytes: usize,
    /// What is being put aside: the entity, or nothing for one that is known already.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    attribute: usize,
    rows: Option<Rows>,
    is_new: bool,
}

#[derive(Debug)]
struct Place {
    at: usize,
    attribute: usize,
    entity: usize,
}

/// One attribute, and the entities that it is asked of, each once.
#[derive(Debug)]
struct Asked {
    attribute: AttrRef,
    entities: Vec<String>,
    known: FxHashMap<Vec<u8>, usize>,
    values: Vec<Value>,
}

impl Places {
    /// A place at `at` for an attribute of an entity whose values follow. `is_new`: it is nowhere yet.
    pub(super) fn begin(&mut self, attribute: AttrRef, at: usize, projection: &Projection, head: EntityHead<'_>, is_new: bool) {
        let mut key = Vec::new();
        write_key_json(&mut key, head.key);
        let attribute = self.attribute(attribute);
        let asked = &mut self.attributes[attribute];
        let (known, next) = (asked.known.get(&key).copied(), asked.entities.len());
        self.free.push(Place { at, attribute, entity: known.unwrap_or(next) });
        if known.is_none() {
            asked.known.insert(key, next);
        }
        let rows = known.is_none().then(|| {
            let mut rows = Rows::new(usize::MAX);
            rows.entity(projection, head);
            rows
        });
        self.open = Some(Open { attribute, rows, is_new });
    }

    /// A place for an attribute of an entity that is described already.
    pub(super) fn add(&mut self, attribute: AttrRef, at: usize, entity: String) {
        let attribute = self.attribute(attribute);
        self.free.push(Place { at, attribute, entity: self.attributes[attribute].entities.len() });
        self.attributes[attribute].entities.push(entity);
    }

    fn attribute(&mut self, attribute: AttrRef) -> usize {
        self.attributes.iter().position(|asked| asked.attribute == attribute).unwrap_or_else(|| {
            self.attributes.push(Asked { attribute, entities: Vec::new(), known: FxHashMap::default(), values: Vec::new() });
            self.attributes.len() - 1
        })
    }

    /// Whatever comes is put aside.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Where it is put; nowhere when the entity is known.
    pub(super) fn rows(&mut self) -> Option<&mut Rows> {
        self.open.as_mut().and_then(|open| open.rows.as_mut())
    }

    /// The end of the entity.
    pub(super) fn end(&mut self) {
        if let Some(Open { attribute, rows: Some(mut rows), is_new }) = self.open.take() {
            rows.entity_end();
            let entity = format!("{{{}}}", rows.only().unwrap_or_default());
            let entity = if is_new { as_new(&entity) } else { entity };
            self.bytes += entity.len();
            self.attributes[attribute].entities.push(entity);
        }
    }

    /// Length of what was put aside.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The answer with its values. What nobody has computed is null.
    pub(super) fn filled(&self, out: &[u8], dates: DateStyle) -> Vec<u8> {
        let mut filled = Vec::with_capacity(out.len() + self.free.len() * 16);
        let (mut from, mut scratch) = (0, String::new());
        for place in &self.free {
            filled.extend_from_slice(&out[from..place.at]);
            match self.attributes[place.attribute].values.get(place.entity) {
                Some(value) => write_cell(&mut filled, value.as_cell(&mut scratch), dates),
                None => filled.extend_from_slice(FREE),
            }
            from = place.at + FREE.len();
        }
        filled.extend_from_slice(&out[from..]);
        filled
    }
}

/// The description of an entity that nobody has saved.
fn as_new(entity: &str) -> String {
    let described: Json = serde_json::from_str(entity).unwrap_or_default();
    let names = described["attributes"].as_array().into_iter().flatten();
    let values = described["row"][2].as_array().into_iter().flatten();
    let values: Map<String, Json> =
        names.zip(values).map(|(name, value)| (name.as_str().unwrap_or_default().to_owned(), value.clone())).collect();
    new_entity(&values).to_string()
}

/// The answer with what is computed.
pub(super) async fn filled(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    mut sink: JsonSink,
    deadline: Instant,
) -> Result<JsonSink, Error> {
    if sink.is_open() {
        fill(state, served, caller, std::iter::once(&mut sink), deadline).await?;
    }
    Ok(sink)
}

/// The same for saved entities. What is saved is saved: where nothing can be computed, the values are null.
pub(super) async fn saved(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    mut outcomes: Vec<SaveOutcome<JsonSink>>,
    deadline: Instant,
) -> Vec<SaveOutcome<JsonSink>> {
    let sinks = outcomes.iter_mut().filter_map(|outcome| outcome.entity.as_mut());
    if let Err(error) = fill(state, served, caller, sinks, deadline).await {
        tracing::error!(%error, request = caller.request, "computed attributes of saved entities could not be computed");
    }
    outcomes
}

/// Computes what is free in these answers.
async fn fill<'s>(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    sinks: impl Iterator<Item = &'s mut JsonSink>,
    deadline: Instant,
) -> Result<(), Error> {
    let mut all: Vec<&mut Asked> = sinks.filter_map(JsonSink::places).flat_map(|places| places.attributes.iter_mut()).collect();
    all.sort_by_key(|asked| asked.attribute);
    for same in all.chunk_by_mut(|one, other| one.attribute == other.attribute) {
        let Some(attribute) = same.first().map(|asked| asked.attribute) else { continue };
        let counts: Vec<usize> = same.iter().map(|asked| asked.entities.len()).collect();
        let entities: Vec<String> = same.iter_mut().flat_map(|asked| std::mem::take(&mut asked.entities)).collect();
        let mut values = functions::compute(state, served, caller, attribute, &entities, deadline).await?.into_iter();
        for (asked, count) in same.iter_mut().zip(counts) {
            asked.values = values.by_ref().take(count).collect();
        }
    }
    Ok(())
}
