//! The application: everything that requests share, opened from its folder.

mod expiry;
pub mod folder;
mod open;
mod reload;
mod run;
mod served;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use arc_swap::ArcSwap;
use claviger_access::{Finding, MasterKey, Roles};
use claviger_model::Model;
use claviger_model::problem::Problem;
use claviger_store::control::{Clock, ControlError, ControlStore, KeySet, LastUsed, Random};
use claviger_store::sets::Sets;
use claviger_store::{Store, StoreError};
use ipnet::IpNet;
use jiff::Timestamp;

use crate::console::ConsoleState;
use crate::data_openapi::Documents;
use crate::functions::{AllowedHosts, Lendings, LoadError, Remotes, WorkerProgram};
use crate::gate::Throttle;
use crate::media::{Converter, Uploads};
use crate::session::Sessions;
use crate::settings::{Settings, SettingsError};
use crate::telemetry::usage::Usage;
use crate::telemetry::{LogSink, Metrics};

pub use open::Opening;
pub use reload::Reloaded;
pub use run::RunError;
pub(crate) use served::Served;

use reload::Reloading;

/// Why an application cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file.
    #[error("{} cannot be used: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `claviger.toml` or the environment.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// `model.json` has errors.
    #[error("model.json has errors; `claviger model check` lists them. The first: {}", first(.0))]
    Model(Vec<Problem>),
    /// `roles.json` has errors (RL-2).
    #[error("roles.json has errors; `claviger roles check` lists them, as does data/Roles_Errors.json. The first: {}", first(.0))]
    Roles(Vec<Finding>),
    /// The control store.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The folder `functions` (`functions.md` 4).
    #[error(transparent)]
    Functions(#[from] LoadError),
    /// The application's database.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] StoreError),
}

fn first<T: std::fmt::Display>(items: &[T]) -> String {
    items.first().map(ToString::to_string).unwrap_or_default()
}

/// What requests share. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    settings: Settings,
    trusted: Vec<IpNet>,
    served: ArcSwap<Served>,
    worker: WorkerProgram,
    lendings: Lendings,
    reloading: Reloading,
    allowed_hosts: AllowedHosts,
    remotes: Remotes,
    store: Store,
    sets: Sets,
    control: Arc<ControlStore>,
    keys: KeySet,
    last_used: LastUsed,
    master_key: Result<MasterKey, String>,
    clock: Clock,
    random: Random,
    metrics: Metrics,
    log: Option<LogSink>,
    throttle: Throttle,
    usage: Usage,
    uploads: Uploads,
    images: Converter,
    sessions: Arc<Sessions>,
    console: ConsoleState,
    documents: Documents,
    /// Warnings about the roles file in force.
    findings: ArcSwap<Vec<Finding>>,
    /// Port of the endpoint's listener, for URLs derived on the console's.
    port: AtomicU16,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

/// Runs a call of the control store off the async threads: it may take a moment.
pub(crate) async fn blocking<T: Send + 'static>(
    state: &AppState,
    call: impl FnOnce(&AppState) -> Result<T, ControlError> + Send + 'static,
) -> Result<T, ControlError> {
    let state = state.clone();
    let ended = tokio::task::spawn_blocking(move || call(&state)).await;
    ended.unwrap_or_else(|error| Err(ControlError::Unanswered(error.to_string())))
}

impl AppState {
    /// The application folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The effective settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The model as it is served now, functions included.
    pub fn model(&self) -> Arc<Model> {
        Arc::clone(&self.0.served.load().model)
    }

    /// What is served now; a request holds on to it.
    pub(crate) fn served(&self) -> Arc<Served> {
        self.0.served.load_full()
    }

    /// Other applications' datastores that functions have opened.
    pub(crate) fn remotes(&self) -> &Remotes {
        &self.0.remotes
    }

    /// Hosts that functions may call.
    pub(crate) fn allowed_hosts(&self) -> &AllowedHosts {
        &self.0.allowed_hosts
    }

    /// Calls of functions that workers were given so far.
    pub fn function_calls(&self) -> u64 {
        self.0.served.load().functions.counts().calls
    }

    /// Permissions with something lent to a running function.
    pub(crate) fn lendings(&self) -> &Lendings {
        &self.0.lendings
    }

    /// The application's data.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Entity sets.
    pub fn sets(&self) -> &Sets {
        &self.0.sets
    }

    /// Keys, console users, audit. Its calls block for a moment.
    pub fn control(&self) -> &Arc<ControlStore> {
        &self.0.control
    }

    /// The keys that the gate knows.
    pub fn keys(&self) -> &KeySet {
        &self.0.keys
    }

    /// Notes when keys were used.
    pub fn last_used(&self) -> &LastUsed {
        &self.0.last_used
    }

    /// The roles in force.
    pub fn roles(&self) -> Roles {
        self.0.keys.rules().roles.clone()
    }

    /// Warnings about the roles file in force, found when it was read.
    pub fn role_findings(&self) -> Arc<Vec<Finding>> {
        self.0.findings.load_full()
    }

    /// The master key, or why there is none.
    pub fn master_key(&self) -> Result<&MasterKey, &str> {
        self.0.master_key.as_ref().map_err(String::as_str)
    }

    /// Milliseconds since 1970 UTC, by the application's clock.
    pub fn now(&self) -> i64 {
        (self.0.clock)()
    }

    /// The same as an instant.
    pub fn instant(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now()).unwrap_or_default()
    }

    /// Fills a buffer from the application's random source.
    pub fn fill(&self, buffer: &mut [u8]) {
        (self.0.random)(buffer);
    }

    /// Counters.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Where request lines go; `None`: nowhere.
    pub fn log(&self) -> Option<&LogSink> {
        self.0.log.as_ref()
    }

    /// Proxies whose forwarding headers are believed.
    pub fn trusted(&self) -> &[IpNet] {
        &self.0.trusted
    }

    /// True when forwarding headers from this peer are believed.
    pub fn is_trusted(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.trusted.iter().any(|network| network.contains(&peer))
    }

    /// Refused keys per address.
    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// Counts requests by key.
    pub(crate) fn usage(&self) -> &Usage {
        &self.0.usage
    }

    /// What was uploaded and waits to be saved.
    pub(crate) fn uploads(&self) -> &Uploads {
        &self.0.uploads
    }

    /// Converts images.
    pub(crate) fn images(&self) -> &Converter {
        &self.0.images
    }

    /// Sessions and locks of the dialect.
    pub(crate) fn sessions(&self) -> &Arc<Sessions> {
        &self.0.sessions
    }

    /// What the management API keeps in memory.
    pub(crate) fn console(&self) -> &ConsoleState {
        &self.0.console
    }

    /// OpenAPI documents of callers.
    pub(crate) fn documents(&self) -> &Documents {
        &self.0.documents
    }

    /// The one-time code that the first console user is made with; `None` when there is one already.
    pub fn first_run_code(&self) -> Option<String> {
        self.console().first_run_code()
    }

    /// Port of the endpoint's listener, once it is bound.
    pub(crate) fn port(&self) -> u16 {
        self.0.port.load(Ordering::Relaxed)
    }

    /// Takes over what the control store knows and the key set does not yet: changes act on the next request.
    pub fn refresh_keys(&self) -> Result<(), ControlError> {
        if self.keys().refresh(self.control())? {
            self.metrics().key_reloads.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Takes over what became of the keys in the key set: what was kept for deleted ones ends, the days of others are learned. Asked before
    /// each write: nearly always there is nothing.
    pub(crate) fn follow_keys(&self) {
        for id in self.keys().take_changed() {
            match self.keys().find_id(&id) {
                Some(key) => self.sessions().learn(id.as_str(), key.found().expires_on),
                None => {
                    self.sessions().end_holder(id.as_str());
                    self.remotes().end_holder(id.as_str());
                    self.sets().forget(id.as_str());
                }
            }
        }
    }

    fn warn_of_missing_roles(&self) {
        for role in self.keys().missing_roles() {
            tracing::warn!("keys name the role \"{role}\", which roles.json does not declare: they get only what guests get");
        }
    }
}
