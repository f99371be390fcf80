//! Entity sets: the keys of a selection, and pages of a set (`rest-dialect.md` 11).

use std::sync::Arc;

use claviger_query::{Base, KeyList, Plan, Projection, Scopes, Selection};
use deadpool_postgres::ClientWrapper;
use futures_util::{TryStreamExt as _, pin_mut};
use rusqlite::types::ValueRef;

use super::engine::Engine;
use super::read::rows;
use super::related::Fetched;
use super::row::{PgRow, value};
use crate::bind::Bind;
use crate::emit::{Emitter, Values as _};
use crate::error::StoreError;
use crate::plan::absent;
use crate::sets::key::Collector;
use crate::sink::Sink;
use crate::sql::{select, set};

impl Engine {
    /// Keys of the entities of a selection, in its order, within so many bytes.
    pub(super) async fn selected_keys(
        &self,
        client: &ClientWrapper,
        selection: &Selection,
        most_bytes: usize,
    ) -> Result<KeyList, StoreError> {
        let tables = self.tables(selection.restrictions());
        let class = selection.class();
        let width = self.layout.place(class).len();
        let mut collector = Collector::new(tables.has_whole_place(class), most_bytes);
        let sql = set::keys(tables, selection);
        self.count_statement();
        let found = rows(client, &sql.text, &sql.binds).await?;
        pin_mut!(found);
        // Row by row, so that a large list is held once.
        while let Some(row) = found.try_next().await? {
            let key: Vec<Bind> = (0..width).map(|column| Bind::from(value(&row, column))).collect();
            collector.push(&key).map_err(|_| StoreError::TooManyKeys)?;
        }
        let keys = collector.finish();
        if let Base::Related { from, parts, .. } = selection.base()
            && keys.is_empty()
        {
            let base = Base::Key { parts: parts.clone(), text: String::new() };
            if self.count(client, &select::count(tables, *from, &Scopes::default(), &base, None)).await? == 0 {
                return Err(absent(&self.model, *from, selection.base()).into());
            }
        }
        Ok(keys)
    }

    /// Sends a page of a set. What is not filtered or ordered anew is a slice of its keys, wherever the page lies; entities that are gone keep
    /// their places.
    pub(super) async fn page_of_set<S: Sink>(
        &self,
        client: &ClientWrapper,
        plan: &Plan,
        keys: &Arc<KeyList>,
        projection: &Arc<Projection>,
        sink: &mut S,
    ) -> Result<(), StoreError> {
        let is_as_stored = plan.filter().is_none() && plan.order().is_empty();
        let chosen =
            if is_as_stored { Arc::clone(keys) } else { Arc::new(self.selected_keys(client, plan.selection(), usize::MAX).await?) };
        let (skip, top) = (plan.skip(), plan.top());
        let prepared = self.prepared(self.tables(plan.restrictions()), projection);
        let mut fetched = Fetched::default();
        let mut rows = Vec::new();
        if chosen.slice(skip, top).next().is_some() {
            let sql = set::entities(self.tables(plan.restrictions()), plan.class(), &prepared.selected, chosen.slice(skip, top));
            let found = self.ask(client, &sql.text, &sql.binds).await?;
            rows = found.into_iter().map(|row| PgRow::new(row, 0, fetched.number())).collect();
        }
        let there = |row: &PgRow| !matches!(row.value(row.width().saturating_sub(1)), ValueRef::Null);
        let living: Vec<&PgRow> = rows.iter().filter(|row| there(row)).collect();
        fetched.fetch(self, client, &prepared.selected.shape, &living).await?;
        sink.page(projection, chosen.len() as u64, skip);
        let mut emitter = Emitter::new(&fetched, sink);
        for row in &rows {
            if there(row) {
                emitter.entity(row, &prepared.selected.shape)?;
            } else {
                emitter.missing(projection)?;
            }
        }
        emitter.sink().page_end(rows.len() as u64);
        Ok(())
    }
}
