//! The control store for commands that work on it directly, whether or not a server runs.

use std::sync::Arc;

use anyhow::Result;
use claviger_access::MasterKey;
use claviger_server::app::folder::{MASTER_KEY_VARIABLE, make_data, master_key};
use claviger_server::control_socket::{Notified, notify};
use claviger_server::settings::{Settings, Switch};
use claviger_store::control::{Clock, ControlStore, Random};

use crate::clock;
use crate::folder::Folder;

/// Keys, users and audit, and the key that secrets are sealed under.
pub(crate) struct Control {
    pub(crate) store: ControlStore,
    /// None when `keys.reveal` is off; an error says why it cannot be used.
    master_key: Result<Option<MasterKey>, String>,
    folder: std::path::PathBuf,
}

impl Control {
    /// Opens it; `data/`, the control database and the master key are made when they are absent.
    pub(crate) fn open(folder: &Folder, settings: &Settings) -> Result<Self> {
        make_data(folder.path())?;
        let location = settings.control_location(folder.path())?;
        let random: Random = Arc::new(random);
        let store = ControlStore::open(location, machine_clock(), Arc::clone(&random))?;
        // Without it only sealing and revealing stop (`api-keys.md` 8.2): a key must be deletable all the same.
        let master_key = match settings.keys.reveal {
            Switch::Off => Ok(None),
            Switch::On => master_key(folder.path(), settings, variable().as_deref(), &random).map(Some),
        };
        Ok(Self { store, master_key, folder: folder.path().to_owned() })
    }

    /// What new secrets are sealed under; none when `keys.reveal` is off, an error when the master key cannot be used.
    pub(crate) fn seal(&self) -> Result<Option<&MasterKey>> {
        self.master_key.as_ref().map(Option::as_ref).map_err(|error| anyhow::anyhow!("{error}; `claviger doctor` says more"))
    }

    /// Tells a running server, and waits until its next request will see the change.
    pub(crate) fn announce(&self) {
        if notify(&self.folder) == Notified::Silent {
            eprintln!("claviger: done; the running server did not answer and will notice by itself within a second");
        }
    }
}

/// The master key if there is one; nothing is made.
pub(crate) fn find_master_key(folder: &Folder, settings: &Settings) -> Result<Option<MasterKey>> {
    let variable = variable();
    if variable.is_none() && !folder.path().join(&settings.keys.master_key_file).exists() {
        return Ok(None);
    }
    let random: Random = Arc::new(random);
    master_key(folder.path(), settings, variable.as_deref(), &random).map(Some).map_err(|error| anyhow::anyhow!(error))
}

/// The text of `CLAVIGER_MASTER_KEY`.
pub(crate) fn variable() -> Option<String> {
    std::env::var(MASTER_KEY_VARIABLE).ok()
}

/// The machine's clock as a parameter.
pub(crate) fn machine_clock() -> Clock {
    Arc::new(clock::now)
}

/// Random bytes of the operating system.
pub(crate) fn random(buffer: &mut [u8]) {
    if let Err(error) = getrandom::fill(buffer) {
        // A key or password made of anything else would be worse than no program.
        eprintln!("claviger: the operating system gives no random bytes: {error}");
        std::process::abort();
    }
}
