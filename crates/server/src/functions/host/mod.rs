//! What a running function asks of the application: each question is answered with the permissions that the call has at that moment.

mod data;
pub(super) mod entities;
mod fetch;
mod remote;
pub(super) mod rows;
mod selections;
mod session;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use claviger_access::Grants;
use claviger_model::{AttrRef, Model};
use claviger_query::{Answers, Error, ErrorKind, Selection};
use claviger_script::{Host, Limit, Line, Refusal};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use self::remote::Remotes;
pub(crate) use self::rows::{Rows, new_entity};
use super::error::thrown;
use super::privileges::Privileges;
use crate::app::{AppState, Served};
use crate::rest::Caller;

/// Rows that one call may load (`functions.md` 3).
pub(super) const MOST_ROWS: u64 = 100_000;

/// One running call.
pub(super) struct Running<'a> {
    pub(super) state: &'a AppState,
    pub(super) served: &'a Served,
    pub(super) caller: &'a Caller<'a>,
    pub(super) privileges: Privileges<'a>,
    /// The request, for the log.
    pub(super) request: &'a str,
    /// The function, for the log.
    pub(super) function: &'a str,
    /// When the request's time is over.
    pub(super) deadline: Instant,
    /// Called with GET, or others wait for it.
    pub(super) read_only: bool,
    /// What is known of the entities that the caller may see.
    pub(super) answers: Mutex<(u64, Answers)>,
    /// A row restriction or a computed attribute at work: it sees every entity.
    pub(super) sees_all: bool,
    /// A function that runs in a worker waits for it.
    pub(super) is_waited_for: bool,
    /// Computed attributes at work: this one's, and those that wait for it.
    pub(super) computing: Vec<AttrRef>,
    /// What the code has begun and not ended.
    pub(super) transaction: tokio::sync::Mutex<Option<data::Open>>,
    /// Other applications' datastores that the code has opened, by their numbers.
    pub(super) remotes: tokio::sync::Mutex<Vec<remote::Opened>>,
    /// By their numbers.
    pub(super) selections: Mutex<Vec<Arc<Selection>>>,
    /// Rows loaded so far.
    pub(super) rows: AtomicU64,
    /// What the code was refused.
    pub(super) refused: Mutex<Vec<Error>>,
}

/// Why a question has no answer.
pub(super) enum Unanswered {
    /// The code gets an error, which it may catch.
    Refused(Error),
    /// The call is over.
    Limit(Limit),
    /// The question itself is none: a mistake of the prelude, or a worker that makes things up.
    Nonsense(String),
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<serde_json::Error> for Unanswered {
    fn from(error: serde_json::Error) -> Self {
        Self::Nonsense(error.to_string())
    }
}

/// An answer as JSON text.
type Answer = Result<String, Unanswered>;

impl<'a> Running<'a> {
    /// A call of `function` for a request's caller; as long as nothing else is said it may do and see what he may.
    pub(super) fn new(state: &'a AppState, served: &'a Served, caller: &'a Caller<'a>, function: &'a str, deadline: Instant) -> Self {
        let privileges = Privileges::of(state, served, caller);
        Self::with_privileges(state, served, caller, privileges, function, deadline)
    }

    /// A further call with the privileges that this one has at this moment.
    pub(super) fn further<'b>(&'b self, function: &'b str) -> Running<'b> {
        Running::with_privileges(self.state, self.served, self.caller, self.privileges.as_now(), function, self.deadline)
    }

    fn with_privileges(
        state: &'a AppState,
        served: &'a Served,
        caller: &'a Caller<'a>,
        privileges: Privileges<'a>,
        function: &'a str,
        deadline: Instant,
    ) -> Self {
        Self {
            state,
            served,
            caller,
            privileges,
            request: caller.request,
            function,
            deadline,
            read_only: false,
            answers: Mutex::default(),
            sees_all: false,
            is_waited_for: false,
            computing: Vec::new(),
            transaction: tokio::sync::Mutex::default(),
            remotes: tokio::sync::Mutex::default(),
            selections: Mutex::default(),
            rows: AtomicU64::new(0),
            refused: Mutex::default(),
        }
    }

    /// One that looks and does not change, and from which nothing is hidden: a row restriction, a computed attribute.
    pub(super) fn seeing_all(mut self) -> Self {
        self.read_only = true;
        self.sees_all = true;
        self.answers = Mutex::new((0, Answers::unrestricted()));
        self
    }

    /// One that a computed attribute is known by, for others that wait for theirs.
    pub(super) fn computing(mut self, attribute: AttrRef, before: &[AttrRef]) -> Self {
        self.computing = before.to_vec();
        self.computing.push(attribute);
        self
    }
}

impl Running<'_> {
    /// Time that the code gets, in milliseconds.
    pub(super) fn time_left(&self) -> u64 {
        let left = self.deadline.saturating_duration_since(Instant::now()).as_millis();
        self.state.settings().functions.timeout_ms.min(u64::try_from(left).unwrap_or(u64::MAX))
    }

    /// What data is read and written with now. What only looks may look at everything: its result is what counts (a row restriction).
    pub(super) fn grants(&self) -> Arc<Grants> {
        if self.sees_all { Arc::clone(&self.served.everything) } else { self.privileges.effective() }
    }

    pub(super) fn model(&self) -> &Arc<Model> {
        &self.served.model
    }

    async fn answer(&self, operation: &str, arguments: &RawValue) -> Answer {
        self.refuse_change(operation)?;
        match operation {
            "hasPrivilege" | "getPrivileges" | "setPrivileges" | "clearPrivileges" | "promote" | "demote" | "enter" | "leave"
            | "storage" | "store" => self.session(operation, arguments),
            "key" => self.key().await,
            "fetch" => self.fetch(arguments).await,
            "open" | "opened" => Box::pin(self.open_remote(operation, arguments)).await,
            "remote" => Box::pin(self.ask_remote(arguments)).await,
            "begin" | "commit" | "rollback" => self.transact(operation).await,
            "bytes" | "save" | "dropEntity" | "drop" | "lock" | "unlock" => self.entities(operation, arguments).await,
            _ => self.selections(operation, arguments).await,
        }
    }

    /// Refuses what this call may not do, to its own data and to another application's. Called with GET, a function must not change data
    /// (`functions.md` 1); a lock changes none, and is itself asked for with GET (`rest-dialect.md` 13.2). What others wait for only looks, because
    /// it sees what the caller may not: it would lock without his permission.
    fn refuse_change(&self, operation: &str) -> Result<(), Unanswered> {
        let is_refused = match operation {
            "save" | "dropEntity" | "drop" => self.read_only,
            "lock" | "unlock" => self.sees_all,
            _ => false,
        };
        if !is_refused {
            return Ok(());
        }
        let message = "A function that is called with GET, or that others wait for, cannot change data.";
        Err(Error::new(ErrorKind::Failed, 1829, message).into())
    }

    /// What is refused, is remembered: uncaught it is told as it was.
    fn refusal(&self, why: Unanswered) -> Refusal {
        match why {
            Unanswered::Limit(limit) => Refusal::Limit(limit),
            Unanswered::Refused(error) => {
                let refusal = Refusal::Error(thrown(&error));
                let mut refused = self.refused.lock();
                // A loop that catches errors must not fill the memory.
                if refused.len() >= 16 {
                    refused.remove(0);
                }
                refused.push(error);
                refusal
            }
            Unanswered::Nonsense(message) => {
                Refusal::Error(claviger_script::Thrown { name: "TypeError".to_owned(), message, ..claviger_script::Thrown::default() })
            }
        }
    }
}

/// The arguments of an operation.
fn arguments<'r, T: Deserialize<'r>>(raw: &'r RawValue) -> Result<T, Unanswered> {
    Ok(serde_json::from_str(raw.get())?)
}

impl Host for Running<'_> {
    fn ask<'a>(
        &'a self,
        operation: &'a str,
        arguments: &'a RawValue,
    ) -> Pin<Box<dyn Future<Output = Result<Box<RawValue>, Refusal>> + Send + 'a>> {
        Box::pin(async move {
            let answered = self.answer(operation, arguments).await.and_then(|text| Ok(RawValue::from_string(text)?));
            answered.map_err(|why| self.refusal(why))
        })
    }

    fn console(&self, line: Line) {
        let (request, function, text) = (self.request, self.function, line.text.as_str());
        match line.level.as_str() {
            "error" => tracing::error!(target: "function", function, request, "{text}"),
            "warn" => tracing::warn!(target: "function", function, request, "{text}"),
            "debug" => tracing::debug!(target: "function", function, request, "{text}"),
            _ => tracing::info!(target: "function", function, request, "{text}"),
        }
    }
}
