//! Connections to the server. Two kinds: *lanes* are shared, every request of bounded cost sends its one statement on one of them, behind
//! those of others; *exclusive* ones are taken from a pool for a transaction and given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType, Timeouts,
};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::config::Server;
use crate::error::StoreError;

/// A server that did not answer is not asked again for so long: requests get their answer at once meanwhile.
const PAUSE: Duration = Duration::from_millis(250);

/// What every connection is told first.
pub(super) const SETTINGS: &str = "SET search_path = ''; SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'; SET intervalstyle = 'postgres'; \
     SET extra_float_digits = 1; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET bytea_output = 'hex'; \
     SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off; SET row_security = on; \
     SET idle_in_transaction_session_timeout = 60000; SET plan_cache_mode = auto";

/// How many connections readers share: enough for every core, few enough for a server with many users.
pub fn lanes() -> usize {
    std::thread::available_parallelism().map_or(4, std::num::NonZero::get).clamp(2, 8)
}

/// Connections to one server.
pub struct Connections {
    server: Server,
    lanes: Vec<Lane>,
    next: AtomicUsize,
    pool: Pool,
    /// What is run on each fresh connection beside [`SETTINGS`].
    preparation: Arc<str>,
}

/// A shared connection.
#[derive(Default)]
struct Lane {
    client: ArcSwapOption<ClientWrapper>,
    /// Held by whoever connects anew; the time of the last failure.
    connecting: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Connections {
    /// Nothing is connected yet. `lanes` shared connections and at most `exclusive` others; `preparation` is SQL for each fresh one.
    pub fn new(server: Server, lanes: usize, exclusive: usize, preparation: &str) -> Result<Self, StoreError> {
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(server.config.clone(), server.tls.clone(), config);
        let preparation: Arc<str> = format!("{SETTINGS}; {preparation}").into();
        let settings = Arc::clone(&preparation);
        let pool = Pool::builder(manager)
            .max_size(exclusive.max(1))
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(move |client: &mut ClientWrapper, _| {
                let settings = Arc::clone(&settings);
                Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        let lanes = (0..lanes.max(1)).map(|_| Lane::default()).collect();
        Ok(Self { server, lanes, next: AtomicUsize::new(0), pool, preparation })
    }

    /// The server, for a cancellation.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// A shared connection that is alive.
    pub async fn lane(&self) -> Result<Arc<ClientWrapper>, StoreError> {
        let lane = &self.lanes[self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len()];
        match lane.alive() {
            Some(client) => Ok(client),
            None => Box::pin(self.revive(lane)).await,
        }
    }

    /// Connects a lane anew, unless somebody else just did.
    async fn revive(&self, lane: &Lane) -> Result<Arc<ClientWrapper>, StoreError> {
        let mut failed = lane.connecting.lock().await;
        if let Some(client) = lane.alive() {
            return Ok(client);
        }
        if failed.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(StoreError::Away("the last attempt to connect failed a moment ago".to_owned()));
        }
        match self.connect().await {
            Ok(client) => {
                let client = Arc::new(client);
                lane.client.store(Some(Arc::clone(&client)));
                *failed = None;
                Ok(client)
            }
            Err(error) => {
                *failed = Some(Instant::now());
                Err(error)
            }
        }
    }

    /// What was prepared before the tables changed is prepared anew, on every connection.
    pub(super) fn forget_statements(&self) {
        self.pool.manager().statement_caches.clear();
        self.lanes.iter().filter_map(Lane::alive).for_each(|client| client.statement_cache.clear());
    }

    async fn connect(&self) -> Result<ClientWrapper, StoreError> {
        let (client, driving) = connect(&self.server).await?;
        let client = ClientWrapper::new(client, driving);
        client.batch_execute(&self.preparation).await?;
        Ok(client)
    }

    /// How many connections are for one transaction each.
    pub(super) fn most(&self) -> usize {
        self.pool.status().max_size
    }

    /// A connection for a transaction; waits for one until the deadline.
    pub async fn exclusive(&self, deadline: Instant) -> Result<Object, StoreError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeouts = Timeouts { wait: Some(left), create: Some(left), recycle: Some(left) };
        self.pool.timeout_get(&timeouts).await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => StoreError::Busy,
            PoolError::Timeout(_) => StoreError::Away("connecting took too long".to_owned()),
            PoolError::Backend(error) => error.into(),
            PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
            other => StoreError::Internal(other.to_string()),
        })
    }
}

/// A connection of its own with nothing prepared, and what carries all that is sent and answered on it until one side closes.
pub async fn connect(server: &Server) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
    let (client, connection) = server.config.connect(server.tls.clone()).await?;
    let driving = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "a connection to the database server ended");
        }
    });
    Ok((client, driving))
}

impl Lane {
    fn alive(&self) -> Option<Arc<ClientWrapper>> {
        self.client.load_full().filter(|client| !client.is_closed())
    }
}
