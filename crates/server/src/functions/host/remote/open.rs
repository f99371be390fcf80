//! Opening another application's datastore: only where functions may call, by name and by address. The same alias with the same connection data is
//! the same connection, also in later calls; with other data it is another one, so that nobody gets what somebody else has opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use claviger_client::{Catalog, Connect, DataStore};
use claviger_query::{Error, ErrorKind};
use moka::sync::Cache;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::rows::Shapes;
use super::{NO_NUMBER, Opened, describe};
use crate::functions::host::{Running, Unanswered};
use crate::functions::network::AllowedHosts;

/// Connections that are kept.
const MOST_KEPT: u64 = 100;
/// One that nobody uses ends as a session does.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// The connections to other applications.
pub(crate) struct Remotes(Cache<[u8; 32], Known>);

/// One, with what its catalog said.
#[derive(Clone)]
struct Known {
    store: DataStore,
    catalog: Arc<Catalog>,
    shapes: Arc<Shapes>,
    /// What the worker is told of it: JSON.
    model: Arc<str>,
}

impl Default for Remotes {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST_KEPT).time_to_idle(IDLE).build())
    }
}

impl fmt::Debug for Remotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remotes").field("count", &self.0.entry_count()).finish()
    }
}

impl Running<'_> {
    /// One that code says how to reach.
    pub(super) async fn open(&self, info: &Json, alias: String) -> Result<Opened, Unanswered> {
        self.open_at("code", info, alias, |_, _| self.state.allowed_hosts().clone()).await
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
        self.open_at("settings", &info, alias.to_owned(), AllowedHosts::only).await.map(Some)
    }

    /// `whose`: who named it, which decides where it may be.
    async fn open_at(
        &self,
        whose: &str,
        info: &Json,
        alias: String,
        hosts: impl Fn(&str, u16) -> AllowedHosts,
    ) -> Result<Opened, Unanswered> {
        let remotes = self.state.remotes();
        let name: [u8; 32] = Sha256::digest(format!("{whose}\n{alias}\n{info}")).into();
        let known = match remotes.0.get(&name) {
            Some(known) => known.renewed(&alias).await?,
            None => Known::new(self.connect(info, hosts)?, &alias).await?,
        };
        remotes.0.insert(name, known.clone());
        Ok(Opened { store: known.store, shapes: known.shapes, model: known.model, alias, name, selections: Vec::new() })
    }

    fn connect(&self, info: &Json, hosts: impl Fn(&str, u16) -> AllowedHosts) -> Result<DataStore, Unanswered> {
        let connect = Connect::from_connection_info(info)?;
        let (host, port) = connect.host()?;
        let hosts = hosts(&host, port);
        hosts.allow(&host, port).map_err(|message| Error::new(ErrorKind::Failed, NO_NUMBER, message))?;
        let most = self.state.settings().rest.max_answer_bytes;
        Ok(DataStore::open_lazy(connect.http(hosts.client(port)).largest_answer(most))?)
    }
}

impl Known {
    async fn new(store: DataStore, alias: &str) -> Result<Self, Unanswered> {
        let catalog = store.catalog().await?;
        let shapes = Arc::new(Shapes::of(&catalog));
        let model = describe::model(&store, &catalog, &shapes, alias).to_string().into();
        Ok(Self { store, catalog, shapes, model })
    }

    /// With the model that a new session shows.
    async fn renewed(self, alias: &str) -> Result<Self, Unanswered> {
        let catalog = self.store.catalog().await?;
        if Arc::ptr_eq(&catalog, &self.catalog) { Ok(self) } else { Self::new(self.store, alias).await }
    }
}
