//! Reading: a plan's statements on a connection, all of one state of the database, their rows pushed into a sink.

use std::sync::Arc;

use claviger_query::{Base, ComputeColumn, ExplainNode, Outcome, Plan, Predicate, Projection, Restrictions};
use deadpool_postgres::ClientWrapper;
use futures_util::{TryStreamExt as _, try_join};
use rusqlite::types::ValueRef;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, RowStream, Statement};

use super::engine::Engine;
use super::related::Fetched;
use super::row::{PgRow, value};
use crate::bind::Bind;
use crate::emit::Emitter;
use crate::error::{SinkFull, StoreError};
use crate::sink::Sink;
use crate::sql::prepared::Prepared;
use crate::sql::{Sql, Tables, select};

/// All statements between this and [`END`] see one state of the database.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const END: &str = "COMMIT";
/// Statements that are kept prepared on a connection.
const PREPARED: usize = 128;
/// Equal for two readings between which nothing was committed.
const STATE: &str = "SELECT pg_catalog.pg_current_snapshot()::text";

/// What stands around the statements of a reading.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// A transaction of its own, of one state of the database.
    Snapshot,
    /// The open transaction of a writer, who sees what it wrote and whom nobody else must believe what is counted.
    Open,
}

impl Frame {
    async fn begin(self, client: &ClientWrapper) -> Result<(), StoreError> {
        if self == Self::Snapshot { Ok(client.batch_execute(BEGIN).await?) } else { Ok(()) }
    }

    async fn end(self, client: &ClientWrapper) -> Result<(), StoreError> {
        if self == Self::Snapshot { Ok(client.batch_execute(END).await?) } else { Ok(()) }
    }
}

/// Runs one statement, prepared once for each connection.
pub(super) async fn query<P: Parameter>(client: &ClientWrapper, sql: &str, parameters: &[P]) -> Result<Vec<Row>, tokio_postgres::Error> {
    rows(client, sql, parameters).await?.try_collect().await
}

/// The same, row by row.
pub(super) async fn rows<P: Parameter>(client: &ClientWrapper, sql: &str, parameters: &[P]) -> Result<RowStream, tokio_postgres::Error> {
    let statement = prepared(client, sql).await?;
    client.query_raw(&statement, parameters.iter().map(Parameter::as_sql)).await
}

/// A statement of this connection. The server keeps each until the connection ends, so they must not become ever more: those in use are
/// soon prepared again.
pub(super) async fn prepared(client: &ClientWrapper, sql: &str) -> Result<Statement, tokio_postgres::Error> {
    let statement = client.prepare_cached(sql).await?;
    if client.statement_cache.size() > PREPARED {
        client.statement_cache.clear();
    }
    Ok(statement)
}

/// What can be bound.
pub(super) trait Parameter: Sync {
    fn as_sql(&self) -> &(dyn ToSql + Sync);
}

impl Parameter for Bind {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        self
    }
}

impl Parameter for &(dyn ToSql + Sync) {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        *self
    }
}

impl Parameter for Box<dyn ToSql + Sync + Send> {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        &**self
    }
}

impl Engine {
    /// A plan whose answer is one row of one statement, on a shared connection.
    pub(super) async fn run_single<S: Sink>(
        &self,
        client: &ClientWrapper,
        plan: &Plan,
        projection: &Arc<Projection>,
        sink: &mut S,
    ) -> Result<(), StoreError> {
        let prepared = self.prepared(self.tables(plan.restrictions()), projection);
        let Some(row) = self.entity_row(client, plan, &prepared).await? else { return Err(self.absent(plan)) };
        Emitter::new(&Fetched::default(), sink).entity(&PgRow::new(row, 0, 0), &prepared.selected.shape)
    }

    async fn entity_row(&self, client: &ClientWrapper, plan: &Plan, prepared: &Prepared) -> Result<Option<Row>, StoreError> {
        let rows = match (plan.base(), plan.filter()) {
            (Base::Key { parts: None, .. }, _) => return Ok(None),
            (Base::Key { parts: Some(parts), .. }, None) => {
                if parts.len() != prepared.key.len() || parts.is_empty() {
                    return Ok(None);
                }
                self.ask(client, &prepared.by_key.text, &prepared.key_binds(parts)).await?
            }
            _ => {
                let sql = select::page(self.tables(plan.restrictions()), plan, &prepared.selected, 0, 1);
                self.ask(client, &sql.text, &sql.binds).await?
            }
        };
        Ok(rows.into_iter().next())
    }

    pub(super) async fn ask(&self, client: &ClientWrapper, sql: &str, binds: &[Bind]) -> Result<Vec<Row>, StoreError> {
        self.count_statement();
        Ok(query(client, sql, binds).await?)
    }

    /// A statement for all parent rows of an answer: first what they are tied by, then what the statement binds by itself.
    pub(super) async fn ask_for_all(
        &self,
        client: &ClientWrapper,
        sql: &Sql,
        arrays: &[Box<dyn ToSql + Sync + Send>],
    ) -> Result<Vec<Row>, StoreError> {
        self.count_statement();
        let parameters: Vec<&(dyn ToSql + Sync)> =
            arrays.iter().map(Parameter::as_sql).chain(sql.binds.iter().map(Parameter::as_sql)).collect();
        Ok(query(client, &sql.text, &parameters).await?)
    }

    /// Any plan, on a connection of its own.
    pub(super) async fn run<S: Sink>(&self, client: &ClientWrapper, plan: &Plan, sink: &mut S, frame: Frame) -> Result<(), StoreError> {
        match plan.outcome() {
            Outcome::Entity(projection) => self.entity(client, plan, projection, sink, frame).await,
            Outcome::Page(projection, _) => match plan.base() {
                Base::Set(keys) => {
                    frame.begin(client).await?;
                    self.explained(client, plan, sink).await?;
                    self.page_of_set(client, plan, keys, projection, sink).await?;
                    frame.end(client).await
                }
                _ => self.page(client, plan, projection, sink, frame).await,
            },
            Outcome::Compute { columns, distinct, .. } => {
                frame.begin(client).await?;
                for column in columns {
                    self.compute(client, plan, column, *distinct, sink).await?;
                }
                frame.end(client).await
            }
            Outcome::Media(media) => {
                let sql = select::media(self.tables(plan.restrictions()), plan, media.path());
                let rows = self.ask(client, &sql.text, &sql.binds).await?;
                let Some(row) = rows.first() else { return Err(self.absent(plan)) };
                sink.media(bytes(value(row, 0)));
                if sink.is_full() { Err(SinkFull.into()) } else { Ok(()) }
            }
            Outcome::Distinct(column) => {
                let (sql, decoder) = select::distinct_values(self.tables(plan.restrictions()), plan, &column.operand);
                let mut scratch = String::new();
                for row in self.ask(client, &sql.text, &sql.binds).await? {
                    if sink.is_full() {
                        return Err(SinkFull.into());
                    }
                    sink.distinct(decoder.cell(value(&row, 0), &mut scratch));
                }
                Ok(())
            }
        }
    }

    async fn entity<S: Sink>(
        &self,
        client: &ClientWrapper,
        plan: &Plan,
        projection: &Arc<Projection>,
        sink: &mut S,
        frame: Frame,
    ) -> Result<(), StoreError> {
        let prepared = self.prepared(self.tables(plan.restrictions()), projection);
        frame.begin(client).await?;
        let row = self.entity_row(client, plan, &prepared).await?;
        let mut fetched = Fetched::default();
        let row = row.map(|row| PgRow::new(row, 0, fetched.number()));
        if let Some(row) = &row {
            fetched.fetch(self, client, &prepared.selected.shape, &[row]).await?;
        }
        frame.end(client).await?;
        match row {
            Some(row) => Emitter::new(&fetched, sink).entity(&row, &prepared.selected.shape),
            None => Err(self.absent(plan)),
        }
    }

    /// A page. Its size is known when the page is not full, or when nothing was committed since it was counted.
    async fn page<S: Sink>(
        &self,
        client: &ClientWrapper,
        plan: &Plan,
        projection: &Arc<Projection>,
        sink: &mut S,
        frame: Frame,
    ) -> Result<(), StoreError> {
        let prepared = self.prepared(self.tables(plan.restrictions()), projection);
        let (skip, top) = (plan.skip(), plan.top());
        let page = select::page(self.tables(plan.restrictions()), plan, &prepared.selected, skip, top);
        let counting = select::count(self.tables(plan.restrictions()), plan.class(), plan.scopes(), plan.base(), plan.filter());
        let key = counting.key();
        let ((), state, rows) = try_join!(frame.begin(client), self.state(client, frame), self.ask(client, &page.text, &page.binds))?;
        let read = rows.len() as u64;
        let count = if read < top && (read > 0 || skip == 0) {
            skip + read
        } else if let Some(count) = state.as_ref().zip(key.as_deref()).and_then(|(state, key)| self.remembered_count(state, key)) {
            count
        } else {
            let count = self.count(client, &counting).await?;
            if let (Some(state), Some(key)) = (state, key) {
                self.remember_count(state, key, count);
            }
            count
        };
        // In an open transaction others may have committed between the two statements.
        let count = if read > 0 { count.max(skip + read) } else { count };
        self.explained(client, plan, sink).await?;
        let mut fetched = Fetched::default();
        let rows: Vec<PgRow> = rows.into_iter().map(|row| PgRow::new(row, 0, fetched.number())).collect();
        fetched.fetch(self, client, &prepared.selected.shape, &rows.iter().collect::<Vec<_>>()).await?;
        frame.end(client).await?;
        sink.page(projection, count, skip);
        let mut emitter = Emitter::new(&fetched, sink);
        for row in &rows {
            emitter.entity(row, &prepared.selected.shape)?;
        }
        emitter.sink().page_end(read);
        Ok(())
    }

    /// The state of the database that a count of this reading belongs to; none where it may not be remembered.
    async fn state(&self, client: &ClientWrapper, frame: Frame) -> Result<Option<Bind>, StoreError> {
        if frame == Frame::Open {
            return Ok(None);
        }
        let rows = self.ask(client, STATE, &[]).await?;
        Ok(rows.first().map(|row| Bind::from(value(row, 0))))
    }

    /// How many entities match each condition of an explained filter.
    async fn explained<S: Sink>(&self, client: &ClientWrapper, plan: &Plan, sink: &mut S) -> Result<(), StoreError> {
        let Some(explain) = plan.explain() else { return Ok(()) };
        let mut found = Vec::new();
        for predicate in items(&explain.root) {
            let sql = select::count(self.tables(plan.restrictions()), plan.class(), plan.scopes(), plan.base(), Some(predicate));
            found.push(self.count(client, &sql).await?);
        }
        sink.explained(&found);
        Ok(())
    }

    pub(super) async fn count(&self, client: &ClientWrapper, counting: &Sql) -> Result<u64, StoreError> {
        let rows = self.ask(client, &counting.text, &counting.binds).await?;
        match rows.first().map(|row| value(row, 0)) {
            Some(ValueRef::Integer(count)) => Ok(count.unsigned_abs()),
            _ => Err(StoreError::Internal("a count is no number".to_owned())),
        }
    }

    async fn compute<S: Sink>(
        &self,
        client: &ClientWrapper,
        plan: &Plan,
        column: &ComputeColumn,
        over_distinct: bool,
        sink: &mut S,
    ) -> Result<(), StoreError> {
        if column.aggregates.is_empty() {
            return Ok(());
        }
        let (sql, decoders) =
            select::aggregates(self.tables(plan.restrictions()), plan, &column.operand, &column.aggregates, over_distinct);
        let rows = self.ask(client, &sql.text, &sql.binds).await?;
        let Some(row) = rows.first() else { return Ok(()) };
        let mut scratch = String::new();
        for (index, (aggregate, decoder)) in column.aggregates.iter().zip(decoders).enumerate() {
            sink.aggregate(column, *aggregate, decoder.cell(value(row, index), &mut scratch));
        }
        Ok(())
    }

    /// The database as a caller with these restrictions sees it.
    pub(super) fn tables<'a>(&'a self, restrictions: &'a Restrictions) -> Tables<'a> {
        Tables::new(&self.model, &self.layout).seen_through(restrictions)
    }
}

/// What a column of images or blobs holds.
fn bytes(value: ValueRef<'_>) -> Option<&[u8]> {
    match value {
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) => Some(bytes),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => None,
    }
}

/// The conditions of an explained filter, in pre-order.
fn items(root: &ExplainNode) -> Vec<&Predicate> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match node {
            ExplainNode::And(parts) | ExplainNode::Or(parts) => open.extend(parts.iter().rev()),
            ExplainNode::Item { below, predicate, .. } => {
                found.push(predicate);
                open.extend(below.iter().rev());
            }
        }
    }
    found
}
