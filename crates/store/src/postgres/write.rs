//! Changes: each in a transaction of its own on a connection of its own. The rules of saving and deleting are those of
//! [`crate::write`], which block; they run on a thread that may.

use std::sync::Arc;
use std::time::Instant;

use claviger_model::Value;
use claviger_query::Projection;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio_postgres::error::SqlState;

use super::engine::{Engine, Taken, is_refusal, within};
use super::read::{prepared, query};
use super::related::Fetched;
use super::row::{PgRow, value};
use crate::bind::Bind;
use crate::emit::Emitter;
use crate::error::StoreError;
use crate::sink::Sink;
use crate::sql::Tables;
use crate::sql::prepared::Prepared;
use crate::write::database::{Broken, Constraint, ConstraintKind, Database};
use crate::write::{Session, Verdict};

/// Times that a change is tried when others were in its way.
const TRIES: usize = 4;

/// An open transaction, used from a thread that may block.
pub(super) struct Transaction {
    engine: Arc<Engine>,
    client: Taken,
    runtime: Handle,
    deadline: Instant,
    /// Parts that are open.
    depth: Mutex<u32>,
}

impl Engine {
    /// Runs a change in a transaction and commits it; `work` may be run more than once and must start over each time.
    pub(super) async fn change<T, W>(self: &Arc<Self>, deadline: Instant, mut work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Session<Transaction>) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        let mut tries = 0;
        loop {
            tries += 1;
            let client = self.take(deadline).await?;
            let transaction = Transaction { engine: Arc::clone(self), client, runtime: Handle::current(), deadline, depth: Mutex::new(0) };
            let session = Session::new(transaction, Arc::clone(&self.model), Arc::clone(&self.layout), Arc::clone(&self.clock));
            let run = tokio::task::spawn_blocking(move || {
                let done = attempt(&session, &mut work);
                let is_clean = match &done {
                    Ok(_) => true,
                    Err(error) => is_refusal(error) && session.db.batch("ROLLBACK").is_ok(),
                };
                if is_clean {
                    session.db.client.give_back();
                }
                (work, done)
            });
            let done;
            (work, done) = run.await.map_err(|error| StoreError::Internal(format!("a change stopped: {error}")))?;
            match done {
                Err(StoreError::Busy) if tries < TRIES && Instant::now() < deadline => {}
                Err(StoreError::Stale) if tries < TRIES => self.connections.forget_statements(),
                done => return done,
            }
        }
    }
}

/// One transaction.
fn attempt<T>(
    session: &Session<Transaction>,
    work: &mut impl FnMut(&Session<Transaction>) -> Result<(T, Verdict), StoreError>,
) -> Result<T, StoreError> {
    let transaction = &session.db;
    let left = transaction.deadline.saturating_duration_since(Instant::now()).as_millis().max(1);
    // The server gives up by itself, also when it waits for a lock, and when nobody listens any more.
    transaction.batch(&format!("BEGIN; SET LOCAL statement_timeout = {left}"))?;
    match work(session) {
        Ok((done, Verdict::Keep)) => {
            transaction.batch("COMMIT").map_err(|broken| match broken {
                // A deferred constraint of an attached database shows only now.
                Broken::Constraint(_) => StoreError::Dialect(crate::write::errors::broken_reference()),
                Broken::Store(error) => error,
            })?;
            Ok(done)
        }
        Ok((done, Verdict::Undo)) => {
            transaction.batch("ROLLBACK")?;
            Ok(done)
        }
        // What was done is undone with the connection, or before it is used again.
        Err(error) => Err(error),
    }
}

impl Transaction {
    /// Waits for work with the server; past the deadline the connection is of no use any more.
    fn wait<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.runtime.block_on(within(self.deadline, work))
    }

    fn batch(&self, sql: &str) -> Result<(), Broken> {
        let mut broken = None;
        let done = self.wait(async {
            if let Err(error) = self.client.batch_execute(sql).await {
                broken = Some(self.meaning(error));
            }
            Ok(())
        });
        done?;
        broken.map_or(Ok(()), Err)
    }

    fn run<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Broken> {
        self.engine.count_statement();
        let done = self.runtime.block_on(async { tokio::time::timeout_at(self.deadline.into(), work).await });
        match done {
            Ok(done) => done.map_err(|error| self.meaning(error)),
            Err(_) => Err(StoreError::Timeout.into()),
        }
    }
}

impl Transaction {
    /// A failure of a statement as the rules of writing see it.
    fn meaning(&self, error: tokio_postgres::Error) -> Broken {
        let (Some(state), Some(details)) = (error.code(), error.as_db_error()) else { return Broken::Store(error.into()) };
        let kind = match *state {
            SqlState::UNIQUE_VIOLATION => ConstraintKind::Unique,
            SqlState::NOT_NULL_VIOLATION => ConstraintKind::NotNull,
            SqlState::FOREIGN_KEY_VIOLATION | SqlState::RESTRICT_VIOLATION => ConstraintKind::Reference,
            // Among them a text that is too long for an index.
            SqlState::PROGRAM_LIMIT_EXCEEDED => ConstraintKind::Other,
            _ if state.code().starts_with("23") || state.code().starts_with("22") || *state == SqlState::RAISE_EXCEPTION => {
                ConstraintKind::Other
            }
            _ => return Broken::Store(error.into()),
        };
        // `Key (isbn)=(…) already exists.` is not to be taken apart: it holds values. The constraint's name is the schema's.
        if let Some((kind, columns)) =
            self.engine.constraints.find(details.schema(), details.constraint()).filter(|_| kind == ConstraintKind::Unique)
        {
            return Broken::Constraint(Constraint { kind: *kind, columns: columns.clone() });
        }
        Broken::Constraint(Constraint { kind, columns: details.column().map(str::to_owned).into_iter().collect() })
    }
}

impl Database for Transaction {
    fn rows(&self, sql: &str, binds: &[Bind]) -> Result<Vec<Vec<Bind>>, Broken> {
        let rows = self.run(query(&self.client, sql, binds))?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|column| Bind::from(value(row, column))).collect()).collect())
    }

    fn execute(&self, sql: &str, binds: &[Bind]) -> Result<u64, Broken> {
        self.run(async {
            let statement = prepared(&self.client, sql).await?;
            let parameters: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = binds.iter().map(|bind| bind as _).collect();
            self.client.execute(&statement, &parameters).await
        })
    }

    fn begin_part(&self) -> Result<(), StoreError> {
        let mut depth = self.depth.lock();
        *depth += 1;
        Ok(self.batch(&format!("SAVEPOINT part{depth}"))?)
    }

    fn end_part(&self, keep: bool) -> Result<(), StoreError> {
        let mut depth = self.depth.lock();
        let name = format!("part{depth}");
        *depth -= 1;
        let undo = if keep { String::new() } else { format!("ROLLBACK TO SAVEPOINT {name}; ") };
        Ok(self.batch(&format!("{undo}RELEASE SAVEPOINT {name}"))?)
    }

    fn prepared(&self, tables: Tables<'_>, projection: &Arc<Projection>) -> Arc<Prepared> {
        self.engine.prepared(tables, projection)
    }

    fn read_entity<S: Sink>(&self, prepared: &Prepared, key: &[Value], sink: &mut S) -> Result<bool, StoreError> {
        if key.len() != prepared.key.len() || key.is_empty() {
            return Ok(false);
        }
        let binds = prepared.key_binds(key);
        let mut fetched = Fetched::default();
        let row = self.wait(async {
            let rows = query(&self.client, &prepared.by_key.text, &binds).await?;
            let Some(row) = rows.into_iter().next() else { return Ok(None) };
            let row = PgRow::new(row, 0, fetched.number());
            fetched.fetch(&self.engine, &self.client, &prepared.selected.shape, &[&row]).await?;
            Ok(Some(row))
        })?;
        let Some(row) = row else { return Ok(false) };
        Emitter::new(&fetched, sink).entity(&row, &prepared.selected.shape)?;
        Ok(true)
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transaction")
    }
}
