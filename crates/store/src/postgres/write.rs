//! Changes: each in a transaction of its own on a connection of its own. The rules of saving and deleting are those of
//! [`crate::write`], which block; they run on a thread that may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
use crate::transaction::Presence;
use crate::write::database::{Broken, Constraint, ConstraintKind, Database};
use crate::write::ledger::Ledger;
use crate::write::{Session, Verdict};

/// Milliseconds that the server accepts as a limit of time.
const LONGEST: u128 = 1_000_000_000;
/// Milliseconds after its deadline when the server ends a transaction in which nothing is asked: then the process is gone.
const IDLE: u128 = 10_000;

/// Times that a change is tried when others were in its way.
const TRIES: usize = 4;

/// An open transaction, used from a thread that may block.
pub(crate) struct Transaction {
    pub(super) engine: Arc<Engine>,
    pub(super) client: Taken,
    pub(super) runtime: Handle,
    pub(super) deadline: Instant,
    /// Parts that are open.
    depth: Mutex<u32>,
    /// For whom a transaction stays open, who may leave.
    owner: Option<Arc<Presence>>,
    /// Of a transaction that stays open: stamps of rows before it wrote them.
    stamps: Mutex<Ledger<i64>>,
    /// A part could not be begun or ended: what the connection is in the middle of is not known.
    is_lost: AtomicBool,
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
            let session = self.session(client, deadline, None);
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

impl Engine {
    /// What works on a connection with a transaction that is to be begun.
    pub(super) fn session(self: &Arc<Self>, client: Taken, deadline: Instant, owner: Option<Arc<Presence>>) -> Session<Transaction> {
        let transaction = Transaction {
            engine: Arc::clone(self),
            client,
            runtime: Handle::current(),
            deadline,
            depth: Mutex::new(0),
            owner,
            stamps: Mutex::default(),
            is_lost: AtomicBool::new(false),
        };
        Session::new(transaction, Arc::clone(&self.model), Arc::clone(&self.layout), Arc::clone(&self.clock))
    }
}

/// One transaction.
fn attempt<T>(
    session: &Session<Transaction>,
    work: &mut impl FnMut(&Session<Transaction>) -> Result<(T, Verdict), StoreError>,
) -> Result<T, StoreError> {
    let transaction = &session.db;
    transaction.begin()?;
    match work(session) {
        Ok((done, Verdict::Keep)) => {
            transaction.commit()?;
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
    /// Begins. The server gives up by itself, also when it waits for a lock or for another statement, and when nobody listens any more.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        let left = self.deadline.saturating_duration_since(Instant::now()).as_millis().clamp(1, LONGEST);
        let mut sql = format!("BEGIN; SET LOCAL statement_timeout = {left}");
        if self.owner.is_some() {
            sql.push_str(&format!("; SET LOCAL idle_in_transaction_session_timeout = {}", left + IDLE));
        }
        Ok(self.batch(&sql)?)
    }

    /// Commits what was done. A failure leaves nothing of it.
    pub(super) fn commit(&self) -> Result<(), StoreError> {
        self.batch("COMMIT").map_err(|broken| match broken {
            // A deferred constraint of an attached database shows only now.
            Broken::Constraint(_) => StoreError::Dialect(crate::write::errors::broken_reference()),
            Broken::Store(error) => error,
        })
    }

    /// A part could not be begun or ended: nothing may be done with the transaction but undo it.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// It stays open for somebody who has not left.
    pub(super) fn has_owner(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| !owner.has_left())
    }

    /// Runs a statement by which a part begins or ends.
    fn mark(&self, sql: &str) -> Result<(), StoreError> {
        self.batch(sql).map_err(|broken| {
            self.is_lost.store(true, Ordering::Relaxed);
            broken.into()
        })
    }

    /// Waits for work with the server; past the deadline, or when the owner has left, the connection is of no use any more.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let work = within(self.deadline, work);
        let Some(owner) = &self.owner else { return self.runtime.block_on(work) };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = owner.left() => Err(StoreError::Undone("its owner has left".to_owned())),
                done = work => done,
            }
        })
    }

    pub(super) fn batch(&self, sql: &str) -> Result<(), Broken> {
        self.answered(self.client.batch_execute(sql))
    }

    fn run<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Broken> {
        self.engine.count_statement();
        self.answered(work)
    }

    /// The inner failure is the server's answer, the outer one that it is not waited for any more.
    fn answered<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Broken> {
        self.wait(async { Ok(work.await) })?.map_err(|error| self.meaning(error))
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
        self.stamps.lock().begin_part();
        self.mark(&format!("SAVEPOINT part{depth}"))
    }

    fn end_part(&self, keep: bool) -> Result<(), StoreError> {
        let mut depth = self.depth.lock();
        let name = format!("part{depth}");
        *depth -= 1;
        self.stamps.lock().end_part(keep);
        let undo = if keep { String::new() } else { format!("ROLLBACK TO SAVEPOINT {name}; ") };
        self.mark(&format!("{undo}RELEASE SAVEPOINT {name}"))
    }

    fn replaced(&self, table: &str, key: &[Bind], stamp: i64) {
        if self.owner.is_some() {
            self.stamps.lock().push(table, key, stamp);
        }
    }

    fn has_replaced(&self, table: &str, key: &[Bind], stamp: i64) -> bool {
        self.stamps.lock().of(table, key).any(|own| *own == stamp)
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
