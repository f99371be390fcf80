//! A connection to a PostgreSQL server, made anew when it is lost.
//!
//! A thread of its own moves the bytes; who asks waits on whatever thread it is on, never longer than [`PATIENCE`] for the next piece of an
//! answer. A server that is away is asked again at most once in [`REST`]; calls in between fail at once.

use std::borrow::Cow;
use std::cell::{Cell as Slot, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};

use super::value::Cell;
use super::wait::wait;
use super::{DbError, Purpose, Row, Use};
use crate::bind::Bind;
use crate::postgres::Server;

/// Where the tables are.
pub(crate) const SCHEMA: &str = "claviger_control";

/// Time for the next piece of an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same while tables are made, or made by another process.
const PATIENCE_OF_MIGRATION: Duration = Duration::from_secs(600);
/// Time to connect, beyond which the server counts as away, whatever the URL allows for one address.
const CONNECT: Duration = Duration::from_secs(10);
/// After a failure the server is not asked again for so long.
const REST: Duration = Duration::from_secs(1);

/// What a session is set to. The limits end what this program has given up, so that nobody waits for its locks.
const SETUP: &str = "SET search_path = claviger_control; SET statement_timeout = '60s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '15s'; SET standard_conforming_strings = on";

/// Moves the bytes of all connections.
static DRIVER: LazyLock<std::io::Result<Runtime>> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("control-postgres").enable_all().build());

/// A connection that stands.
struct Live {
    client: Client,
    task: AbortHandle,
    statements: RefCell<HashMap<String, Statement>>,
}

impl Drop for Live {
    fn drop(&mut self) {
        // A server that does not answer is not waited for.
        self.task.abort();
    }
}

/// One connection, one user at a time.
pub(in crate::control) struct Session {
    server: Server,
    purpose: Use,
    live: RefCell<Option<Live>>,
    in_transaction: Slot<bool>,
    /// A statement of the transaction has failed: the server would answer its end with a rollback, and not call that an error.
    is_spoiled: Slot<bool>,
    patience: Slot<Duration>,
    failed: RefCell<Option<(Instant, String)>>,
}

impl Session {
    /// Connects.
    pub(super) fn open(server: &Server, purpose: Use) -> Result<Self, DbError> {
        Ok(Self {
            server: server.clone(),
            purpose,
            live: RefCell::new(Some(connect(server, purpose)?)),
            in_transaction: Slot::new(false),
            is_spoiled: Slot::new(false),
            patience: Slot::new(PATIENCE),
            failed: RefCell::default(),
        })
    }

    pub(super) fn execute(&self, sql: &str, values: &[Bind]) -> Result<usize, DbError> {
        let changed = self.run(|live| {
            let statement = self.statement(live, sql)?;
            self.answer(live.client.execute_raw(&statement, parameters(values)))
        })?;
        Ok(changed as usize)
    }

    pub(super) fn execute_each(&self, sql: &str, rows: &[Vec<Bind>]) -> Result<usize, DbError> {
        let changed = self.run(|live| {
            let statement = self.statement(live, sql)?;
            self.answer(try_join_all(rows.iter().map(|values| live.client.execute_raw(&statement, parameters(values)))))
        })?;
        Ok(changed.into_iter().sum::<u64>() as usize)
    }

    pub(super) fn rows_each<T>(
        &self,
        sql: &str,
        rows: &[Vec<Bind>],
        read: impl Fn(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<Vec<T>>, DbError> {
        let found = self.run(|live| {
            let statement = self.statement(live, sql)?;
            let ask = async |values: &Vec<Bind>| live.client.query_raw(&statement, parameters(values)).await?.try_collect::<Vec<_>>().await;
            self.answer(try_join_all(rows.iter().map(ask)))
        })?;
        found.iter().map(|rows| rows.iter().map(|row| read(&Row::Postgres(row))).collect()).collect()
    }

    pub(super) fn walk(&self, sql: &str, values: &[Bind], mut each: impl FnMut(&Row<'_>) -> Result<bool, DbError>) -> Result<(), DbError> {
        let begun = Slot::new(false);
        let mut go = |live: &Live| {
            let statement = self.statement(live, sql)?;
            let mut rows = pin!(self.answer(live.client.query_raw(&statement, parameters(values)))?);
            while let Some(row) = wait(rows.next(), self.patience.get()).ok_or(DbError::Silent(self.patience.get()))? {
                begun.set(true);
                if !each(&Row::Postgres(&row?))? {
                    break;
                }
            }
            Ok(())
        };
        self.run_unless(&begun, &mut go)
    }

    pub(super) fn batch(&self, sql: &str) -> Result<(), DbError> {
        self.run(|live| self.answer(live.client.batch_execute(sql)))
    }

    /// Begins a transaction; dropping what it gives rolls back.
    pub(super) fn begin(&self, purpose: Purpose) -> Result<Begun<'_>, DbError> {
        let sql = match purpose {
            // Readers go on, who wants to change something waits.
            Purpose::Change => "BEGIN; LOCK TABLE generation IN EXCLUSIVE MODE",
            Purpose::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Purpose::Migrate => {
                self.patience.set(PATIENCE_OF_MIGRATION);
                "BEGIN; SET LOCAL statement_timeout = '600s'; SET LOCAL lock_timeout = '60s'; \
                 SELECT pg_advisory_xact_lock(hashtextextended('claviger_control', 0))"
            }
        };
        let begun = self.batch(sql);
        self.in_transaction.set(true);
        let begun_transaction = Begun { session: self, is_committed: false };
        begun.map(|()| begun_transaction)
    }

    /// Connects unless there is a connection; true when it is new.
    fn ready(&self) -> Result<bool, DbError> {
        if self.live.borrow().as_ref().is_some_and(|live| !live.client.is_closed()) {
            return Ok(false);
        }
        self.live.replace(None);
        if self.in_transaction.get() {
            return Err(DbError::Away("the connection was lost in the middle of a change, which is not made".to_owned()));
        }
        if let Some((at, why)) = &*self.failed.borrow()
            && at.elapsed() < REST
        {
            return Err(DbError::Away(why.clone()));
        }
        match connect(&self.server, self.purpose) {
            Ok(live) => {
                self.failed.replace(None);
                self.live.replace(Some(live));
                Ok(true)
            }
            // It let this program in before: whatever it says now may pass.
            Err(error) => {
                self.note(&error);
                Err(if let DbError::Postgres { message, .. } = error { DbError::Away(message) } else { error })
            }
        }
    }

    fn note(&self, error: &DbError) {
        let why = match error {
            DbError::Away(why) | DbError::Postgres { message: why, .. } => why.clone(),
            other => other.to_string(),
        };
        self.failed.replace(Some((Instant::now(), why)));
    }

    fn run<T>(&self, mut ask: impl FnMut(&Live) -> Result<T, DbError>) -> Result<T, DbError> {
        self.run_unless(&Slot::new(false), &mut ask)
    }

    /// Asks; once more when the connection turns out to be lost, unless that would be wrong: in the middle of a transaction, or when
    /// `begun` says that rows have been handed over.
    fn run_unless<T>(&self, begun: &Slot<bool>, ask: &mut impl FnMut(&Live) -> Result<T, DbError>) -> Result<T, DbError> {
        let mut is_new = self.ready()?;
        loop {
            let done = self.live.borrow().as_ref().map_or_else(|| Err(DbError::Away("no connection".to_owned())), &mut *ask);
            let Err(error) = done else { return done };
            self.is_spoiled.set(self.in_transaction.get());
            if !error.is_lost() {
                return Err(error);
            }
            self.live.replace(None);
            if matches!(error, DbError::Silent(_)) {
                self.note(&error);
                return Err(error);
            }
            if is_new || begun.get() || self.in_transaction.get() {
                return Err(error);
            }
            is_new = self.ready()?;
        }
    }

    fn statement(&self, live: &Live, sql: &str) -> Result<Statement, DbError> {
        if let Some(statement) = live.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.answer(live.client.prepare(&numbered(sql)))?;
        live.statements.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn answer<T>(&self, asked: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, DbError> {
        let patience = self.patience.get();
        wait(asked, patience).ok_or(DbError::Silent(patience))?.map_err(DbError::from)
    }
}

/// A transaction that has begun.
pub(super) struct Begun<'a> {
    session: &'a Session,
    is_committed: bool,
}

impl Begun<'_> {
    /// Ends it.
    pub(super) fn commit(mut self) -> Result<(), DbError> {
        if self.session.is_spoiled.get() {
            return Err(DbError::Postgres { code: "25P02".to_owned(), message: "a statement of the change had failed".to_owned() });
        }
        self.is_committed = true;
        self.session.batch("COMMIT").map_err(|error| if error.is_lost() { DbError::Uncertain } else { error })
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.is_committed && self.session.live.borrow().is_some() && self.session.batch("ROLLBACK").is_err() {
            // Without a connection there is no transaction.
            self.session.live.replace(None);
        }
        self.session.in_transaction.set(false);
        self.session.is_spoiled.set(false);
        self.session.patience.set(PATIENCE);
    }
}

fn connect(server: &Server, purpose: Use) -> Result<Live, DbError> {
    let driver = DRIVER.as_ref().map_err(|error| DbError::Away(format!("no thread for it: {error}")))?;
    let (sender, receiver) = mpsc::channel();
    let (config, tls) = (server.config.clone(), server.tls.clone());
    let read_only = if purpose == Use::Read { "; SET default_transaction_read_only = on" } else { "" };
    let task = driver.spawn(async move {
        let connected = async {
            let (client, connection) = config.connect(tls).await?;
            let task = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection of the control store ended");
                }
            });
            let live = Live { client, task: task.abort_handle(), statements: RefCell::default() };
            live.client.batch_execute(&format!("{SETUP}{read_only}")).await?;
            Ok::<_, tokio_postgres::Error>(live)
        };
        // Nobody may wait any more.
        let _ = sender.send(connected.await);
    });
    match receiver.recv_timeout(CONNECT) {
        Ok(connected) => Ok(connected?),
        Err(error) => {
            task.abort();
            Err(match error {
                RecvTimeoutError::Timeout => DbError::Silent(CONNECT),
                RecvTimeoutError::Disconnected => DbError::Away("connecting was given up".to_owned()),
            })
        }
    }
}

/// `?1` as PostgreSQL writes it. No text of ours has a question mark elsewhere.
fn numbered(sql: &str) -> Cow<'_, str> {
    if sql.contains('?') { Cow::Owned(sql.replace('?', "$")) } else { Cow::Borrowed(sql) }
}

/// A value in the type that the statement wants.
#[derive(Debug)]
struct Parameter<'a>(&'a Bind);

fn parameters(values: &[Bind]) -> impl ExactSizeIterator<Item = Parameter<'_>> {
    values.iter().map(Parameter)
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Bind::Null => Ok(IsNull::Yes),
            Bind::Integer(number) if *wanted == Type::INT4 => i32::try_from(*number)?.to_sql(wanted, out),
            Bind::Integer(number) if *wanted == Type::BOOL => (*number != 0).to_sql(wanted, out),
            Bind::Integer(number) if *wanted == Type::INT8 => number.to_sql(wanted, out),
            Bind::Real(number) if *wanted == Type::FLOAT8 => number.to_sql(wanted, out),
            Bind::Blob(bytes) if *wanted == Type::BYTEA => bytes.as_slice().to_sql(wanted, out),
            // The server's texts have no NUL.
            Bind::Text(text) if text.contains('\0') => Parameter(&Bind::Text(text.replace('\0', "\u{fffd}"))).to_sql(wanted, out),
            Bind::Text(text) if *wanted == Type::TEXT || *wanted == Type::VARCHAR || *wanted == Type::JSON => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            other => Err(format!("no value for a parameter of type {wanted}: {}", kind(other)).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn kind(value: &Bind) -> &'static str {
    match value {
        Bind::Null => "nothing",
        Bind::Integer(_) => "a number",
        Bind::Real(_) => "a double",
        Bind::Text(_) => "a text",
        Bind::Blob(_) => "bytes",
    }
}

/// The value of a column.
pub(super) fn cell(row: &tokio_postgres::Row, column: usize) -> Result<Cell<'_>, DbError> {
    let there = row.columns().get(column).ok_or(DbError::Damaged { column, what: "value" })?;
    let kind = there.type_();
    let found = if *kind == Type::INT8 {
        row.try_get::<_, Option<i64>>(column)?.map(Cell::Integer)
    } else if *kind == Type::INT4 {
        row.try_get::<_, Option<i32>>(column)?.map(|number| Cell::Integer(number.into()))
    } else if *kind == Type::BOOL {
        row.try_get::<_, Option<bool>>(column)?.map(|is_true| Cell::Integer(is_true.into()))
    } else if *kind == Type::TEXT {
        row.try_get::<_, Option<&str>>(column)?.map(Cell::Text)
    } else if *kind == Type::BYTEA {
        row.try_get::<_, Option<&[u8]>>(column)?.map(Cell::Blob)
    } else {
        return Err(DbError::Damaged { column, what: "value of a known type" });
    };
    Ok(found.unwrap_or(Cell::Null))
}
