//! Opening an application folder.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU16;

use arc_swap::ArcSwap;
use claviger_model::Model;
use claviger_store::control::{Clock, ControlStore, KeySet, LastUsed, Random, Rules};
use claviger_store::sets::Sets;
use claviger_store::sqlite::connection::Durability;
use claviger_store::{Mode, OpenOptions, StampMode, Store};

use super::{AppState, OpenError, Reloading, Served, Shared, folder};
use crate::console::ConsoleState;
use crate::data_openapi::Documents;
use crate::functions::{AllowedHosts, Functions, Lendings, LoadError, Remotes, WorkerProgram, paths};
use crate::gate::Throttle;
use crate::media::{Converter, Uploads};
use crate::session::Sessions;
use crate::settings::{self, Settings, SettingsError, Stamp};
use crate::telemetry::usage::Usage;
use crate::telemetry::{LogSink, Metrics};

/// What an application is opened with besides its folder.
pub struct Opening {
    /// The effective settings.
    pub settings: Settings,
    /// The clock.
    pub clock: Clock,
    /// The random source: the system's, but for tests.
    pub random: Random,
    /// The text of `CLAVIGER_MASTER_KEY`.
    pub master_key: Option<String>,
    /// Where request lines go.
    pub log: Option<LogSink>,
    /// The program that runs functions.
    pub worker: WorkerProgram,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// How the application's database is opened.
fn data_options(folder: &Path, settings: &Settings, model: Arc<Model>) -> Result<OpenOptions, SettingsError> {
    let mode = match settings.database.mode {
        settings::Mode::Owned => Mode::Owned,
        settings::Mode::Attached => Mode::Attached,
    };
    let stamps = match settings.database.stamp {
        Stamp::Side => StampMode::Side(settings.stamps_path(folder)?),
        Stamp::Hash => StampMode::Hash,
    };
    let mut options = OpenOptions::at(settings.database_location(folder)?, mode, model, stamps);
    options.durability = match settings.database.durability {
        settings::Durability::Full => Durability::Full,
        settings::Durability::Normal => Durability::Normal,
    };
    options.allow_destructive = settings.database.allow_destructive;
    if settings.database.readers > 0 {
        options.readers = settings.database.readers;
    }
    Ok(options)
}

impl AppState {
    /// Opens the folder: `data/`, master key, model, roles, control store, data. Fails closed: with a roles file that has errors nothing
    /// is served.
    pub fn open(folder: &Path, opening: Opening) -> Result<Self, OpenError> {
        let Opening { settings, clock, random, master_key, log, worker } = opening;
        folder::make_data(folder)?;
        let master_key = folder::master_key(folder, &settings, master_key.as_deref(), &random);
        if let Err(error) = &master_key {
            tracing::error!("{error}; secrets cannot be revealed");
        }
        let (model, warnings) = folder::read_model(folder, &settings)?;
        for warning in warnings {
            tracing::warn!("model.json: {warning}");
        }
        // Before anything is opened: settings that name nothing.
        let data = data_options(folder, &settings, Arc::clone(&model))?;
        let control = settings.control_location(folder)?;
        let control = Arc::new(ControlStore::open(control, Arc::clone(&clock), Arc::clone(&random))?);
        let store = Store::open(data, Arc::clone(&clock))?;
        // The store may have completed the model from the tables it found.
        let (functions, model) = start_functions(folder, &settings, &worker, store.model())?;
        let (roles, findings) = folder::read_roles(folder, &settings, &model, clock())?;
        let rules = Rules { roles, model: Arc::clone(&model), admin_protection: settings.keys.admin_protection };
        let keys = KeySet::load(&control, rules)?;
        let console = ConsoleState::new(&control, &random)?;
        let state = Self(Arc::new(Shared {
            folder: folder.to_owned(),
            trusted: settings.trusted_networks(),
            served: ArcSwap::from_pointee(Served::new(model, functions, settings.rest.options())),
            worker,
            lendings: Lendings::default(),
            reloading: Reloading::default(),
            // The loader has refused what is no host.
            allowed_hosts: AllowedHosts::parse(&settings.functions.allow_hosts).unwrap_or_default(),
            remotes: Remotes::new(settings.rest.session_minutes),
            throttle: Throttle::new(settings.limits.refusals_per_minute),
            usage: Usage::default(),
            uploads: Uploads::new(settings.rest.max_waiting_upload_bytes),
            images: Converter::default(),
            sets: Sets::new(settings.rest.entity_sets()),
            sessions: Arc::new(Sessions::new(&settings, Arc::clone(&random))),
            metrics: Metrics::default(),
            last_used: LastUsed::default(),
            port: AtomicU16::new(0),
            settings,
            store,
            control,
            keys,
            master_key,
            clock,
            random,
            log,
            console,
            documents: Documents::default(),
            findings: ArcSwap::from_pointee(findings),
        }));
        if state.settings().is_everybody_guest() {
            tracing::error!("{}", settings::KEYS_ARE_NOT_CHECKED);
        }
        state.warn_of_missing_roles();
        Ok(state)
    }
}

/// The functions of the folder, on the runtime around the opening, which their processes live on. Without functions none is needed.
fn start_functions(
    folder: &Path,
    settings: &Settings,
    worker: &WorkerProgram,
    model: &Arc<Model>,
) -> Result<(Functions, Arc<Model>), LoadError> {
    if paths(folder)?.is_empty() {
        return Ok((Functions::default(), Arc::clone(model)));
    }
    let runtime = tokio::runtime::Handle::try_current().map_err(|_| LoadError::NoRuntime)?;
    tokio::task::block_in_place(|| runtime.block_on(Functions::start(folder, settings, worker, model)))
}
