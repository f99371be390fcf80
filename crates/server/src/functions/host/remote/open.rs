//! Opening another application's datastore: only where functions may call, by name and by address. A connection is a session over there, with its
//! locks and what somebody has logged in as: it is the caller's, as his own session is (`rest-dialect.md` 17.2). The same alias with the same
//! connection data is the same connection in all calls of one session, and of the requests without cookie of one key; with other data it is another one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use claviger_client::{Catalog, Connect, Connections, DataStore, Error as ClientError, Outcome};
use claviger_query::{Error, ErrorKind};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::rows::Shapes;
use super::{NO_NUMBER, Opened, describe};
use crate::functions::host::{Running, Unanswered};
use crate::functions::network::AllowedHosts;
use crate::rest::Caller;
use crate::session::id::SessionId;

/// Connections that are kept; beyond it the one that was not used for the longest time is closed.
const MOST_KEPT: u64 = 1000;
/// Servers to which connections are kept.
const MOST_SERVERS: u64 = 100;
/// How long a server that stops takes leave of the others.
const FAREWELL: Duration = Duration::from_secs(3);

/// The connections to other applications.
pub(crate) struct Remotes {
    open: Cache<Name, Arc<Connection>>,
    /// What they go over, all that lead to one server and were named by the settings, or by code.
    over: Cache<(Whose, String), Connections>,
}

/// Who named a datastore, which decides where it may be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Whose {
    Settings,
    Code,
}

/// Whose connection, and to what.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    /// The key; empty for a guest.
    holder: Arc<str>,
    /// `None`: that of requests without cookie.
    session: Option<SessionId>,
    /// Alias and connection data.
    to: [u8; 32],
}

/// One, from the moment that somebody opens it: whoever opens it meanwhile waits for him.
#[derive(Default)]
pub(super) struct Connection {
    store: OnceCell<DataStore>,
    described: Mutex<Option<Described>>,
    /// Locks that went with a session over there, of which no code was told yet: dataclass, key.
    lost: Mutex<Vec<(String, String)>>,
}

/// What its catalog said.
#[derive(Clone)]
struct Described {
    catalog: Arc<Catalog>,
    shapes: Arc<Shapes>,
    /// What the worker is told of it: JSON.
    model: Arc<str>,
}

impl Remotes {
    /// One that nobody uses ends as a session does.
    pub(crate) fn new(session_minutes: i64) -> Self {
        let idle = Duration::from_secs(u64::try_from(session_minutes).unwrap_or_default().max(1) * 60);
        Self {
            open: Cache::builder().max_capacity(MOST_KEPT).eviction_policy(EvictionPolicy::lru()).time_to_idle(idle).build(),
            over: Cache::builder().max_capacity(MOST_SERVERS).eviction_policy(EvictionPolicy::lru()).time_to_idle(idle).build(),
        }
    }

    /// A session has ended: what it has over there ends with it.
    pub(crate) fn end(&self, session: SessionId) {
        self.end_where(|name| name.session == Some(session));
    }

    /// A key is gone.
    pub(crate) fn end_holder(&self, holder: &str) {
        self.end_where(|name| *name.holder == *holder);
    }

    /// Takes leave of those that nobody has used for long.
    pub(crate) fn sweep(&self) {
        self.open.run_pending_tasks();
        self.over.run_pending_tasks();
    }

    /// The last user of a connection closes it, in the background.
    fn end_where(&self, is_over: impl Fn(&Name) -> bool) {
        let over: Vec<_> = self.open.iter().map(|(name, _)| name).filter(|name| is_over(name)).collect();
        for name in &over {
            self.open.invalidate(name.as_ref());
        }
        if !over.is_empty() {
            self.sweep();
        }
    }

    /// The server stops: every session over there is ended, as far as that can be done quickly.
    pub(crate) async fn close(&self) {
        let mut closing = JoinSet::new();
        for (_, connection) in &self.open {
            if let Some(store) = connection.store.get().cloned() {
                closing.spawn(async move { store.close().await });
            }
        }
        self.open.invalidate_all();
        let closed = async {
            while let Some(done) = closing.join_next().await {
                if let Ok(Err(error)) = done {
                    tracing::debug!(%error, "the session with another application could not be ended");
                }
            }
        };
        if tokio::time::timeout(FAREWELL, closed).await.is_err() {
            tracing::warn!("sessions with other applications could not be ended in time: they end there by themselves");
        }
    }

    /// A lock was taken without cookie: the session that begins with the answer owns it, too.
    pub(super) fn share(&self, name: &Name, session: SessionId) {
        if let Some(connection) = self.open.get(name) {
            self.open.insert(Name { session: Some(session), ..name.clone() }, connection);
        }
    }
}

impl fmt::Debug for Remotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remotes").field("count", &self.open.entry_count()).finish_non_exhaustive()
    }
}

impl Name {
    fn of(caller: &Caller<'_>, to: [u8; 32]) -> Self {
        let session = caller.visit.came_back.then_some(caller.visit.id);
        Self { holder: caller.principal.holder().into(), session, to }
    }
}

impl Running<'_> {
    /// One that code says how to reach.
    pub(super) async fn open(&self, info: &Json, alias: String) -> Result<Opened, Unanswered> {
        self.open_at(Whose::Code, info, alias, |_, _| self.state.allowed_hosts().clone()).await
    }

    /// The one of the settings; none has the alias otherwise (`[[remote]]`).
    pub(super) async fn open_named(&self, alias: &str) -> Result<Option<Opened>, Unanswered> {
        let remotes = &self.state.settings().remote;
        let Some(remote) = remotes.iter().find(|remote| remote.local_id == alias) else { return Ok(None) };
        let file = self.state.folder().join(&remote.api_key_file);
        let shown = file.display().to_string();
        let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(file)).await.map_err(std::io::Error::other).flatten();
        let key = read.map_err(|error| {
            tracing::error!(file = shown, %error, "the API key of a remote datastore cannot be read");
            Error::new(ErrorKind::Failed, NO_NUMBER, format!("The API key of the datastore \"{alias}\" cannot be read."))
        })?;
        let info = json!({ "hostname": remote.hostname, "api-key": key.trim() });
        self.open_at(Whose::Settings, &info, alias.to_owned(), AllowedHosts::only).await.map(Some)
    }

    async fn open_at(
        &self,
        whose: Whose,
        info: &Json,
        alias: String,
        hosts: impl Fn(&str, u16) -> AllowedHosts,
    ) -> Result<Opened, Unanswered> {
        let remotes = &self.state.remotes().open;
        let name = Name::of(self.caller, Sha256::digest(format!("{whose:?}\n{alias}\n{info}")).into());
        let connection = remotes.get_with_by_ref(&name, Arc::default);
        let opened = connection.store.get_or_try_init(async || {
            let store = self.connect(whose, info, hosts)?;
            store.catalog().await?;
            Ok(store)
        });
        match opened.await {
            Ok(store) => {
                let Described { shapes, model, .. } = connection.described(store, &alias).await?;
                let (store, connection) = (store.clone(), Arc::clone(&connection));
                Ok(Opened { store, connection, shapes, model, alias, name, selections: Vec::new() })
            }
            Err(why) => {
                // Nobody else waits for it.
                if Arc::strong_count(&connection) <= 2 {
                    remotes.invalidate(&name);
                }
                Err(why)
            }
        }
    }

    fn connect(&self, whose: Whose, info: &Json, hosts: impl Fn(&str, u16) -> AllowedHosts) -> Result<DataStore, Unanswered> {
        let connect = Connect::from_connection_info(info)?;
        let (host, port) = connect.host()?;
        let hosts = hosts(&host, port);
        hosts.allow(&host, port).map_err(|message| Error::new(ErrorKind::Failed, NO_NUMBER, message))?;
        let mut connect = connect.http(hosts.client(port)).largest_answer(self.state.settings().rest.max_answer_bytes);
        let place = (whose, connect.origin()?);
        let over = self.state.remotes().over.try_get_with(place, || connect.connections());
        let over = over.map_err(|why| Error::new(ErrorKind::Failed, NO_NUMBER, why.to_string()))?;
        Ok(DataStore::open_lazy(connect.over(&over))?)
    }
}

impl Connection {
    /// What was written in a new session over there is answered as every write; that the locks are gone is told by what is asked next, so that code
    /// which tries again does not write twice.
    pub(super) fn executed<T: TryFrom<Outcome, Error = Outcome>>(&self, done: Result<T, ClientError>) -> Result<T, ClientError> {
        match done {
            Err(ClientError::SessionLost { locks, executed: true, result, cause }) => {
                let end = match (result.and_then(|result| T::try_from(*result).ok()), cause) {
                    (Some(result), _) => Ok(result),
                    (None, Some(cause)) => Err(*cause),
                    (None, None) => return Err(ClientError::SessionLost { locks, executed: true, result: None, cause: None }),
                };
                self.lost.lock().extend(locks);
                end
            }
            done => done,
        }
    }

    /// Locks that are gone, before anything else is asked; once.
    pub(super) fn tell_of_loss(&self) -> Result<(), ClientError> {
        let locks = std::mem::take(&mut *self.lost.lock());
        if locks.is_empty() { Ok(()) } else { Err(ClientError::SessionLost { locks, executed: false, result: None, cause: None }) }
    }

    /// With the model that a new session shows.
    async fn described(&self, store: &DataStore, alias: &str) -> Result<Described, Unanswered> {
        let catalog = store.catalog().await?;
        let mut described = self.described.lock();
        if let Some(known) = described.as_ref().filter(|known| Arc::ptr_eq(&known.catalog, &catalog)) {
            return Ok(known.clone());
        }
        let shapes = Arc::new(Shapes::of(&catalog));
        let model = describe::model(store, &catalog, &shapes, alias).to_string().into();
        Ok(described.insert(Described { catalog, shapes, model }).clone())
    }
}
