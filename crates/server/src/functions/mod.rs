//! Functions of the operator, as they are served (`functions.md`; `rest-dialect.md` 15): loaded from the folder, called by requests, and given
//! the application's data while they run.
//!
//! The engine and its worker processes are [`claviger_script`]'s. Here its questions meet the planner and the store: each is planned with
//! the permissions that the call has at that moment, as a request would be.

mod arguments;
mod call;
mod computed;
mod error;
mod events;
mod host;
mod inventory;
mod invoke;
mod keys;
mod load;
mod needs;
mod network;
mod privileges;
mod result;
mod setters;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use claviger_model::{Dataclass, Model};
use claviger_script::{Counts, Finding, Pool, PoolRules, Registry, StartError};

use crate::settings::Settings;

pub(crate) use self::call::{Answered, answer};
pub(crate) use self::computed::compute;
pub(crate) use self::events::{delete, save};
pub(crate) use self::host::{Remotes, Rows, new_entity};
pub use self::inventory::{Inventory, ListedClass, ListedFunction};
pub(crate) use self::load::paths;
pub use self::load::{Checked, check, read_sources};
pub(crate) use self::needs::planned;
pub(crate) use self::network::AllowedHosts;
pub(crate) use self::privileges::{Lendings, SessionPrivileges};
pub(crate) use self::setters::set_computed;

/// What native code in the engine gets beyond the time of a call, before its process is killed.
const GRACE: Duration = Duration::from_millis(500);
/// Time for a worker to have loaded the functions.
const START_TIME: Duration = Duration::from_secs(30);
/// While calls take less than this, on average, workers are sent the next one before they have ended theirs.
const BRIEF: Duration = Duration::from_millis(1);
/// Calls that may wait for a worker.
const QUEUE: usize = 1024;

/// The program that a worker is: this one under another name, or one of the tests.
#[derive(Clone, Debug)]
pub struct WorkerProgram {
    /// The file.
    pub program: PathBuf,
    /// What makes it a worker.
    pub arguments: Vec<OsString>,
}

impl WorkerProgram {
    /// The running program, asked with these arguments.
    pub fn myself(arguments: &[&str]) -> Self {
        // The link leads to the running file also after another one was put in its place.
        let link = Path::new("/proc/self/exe");
        let program = if link.exists() { link.to_owned() } else { std::env::current_exe().unwrap_or_default() };
        Self { program, arguments: arguments.iter().map(OsString::from).collect() }
    }
}

/// The functions that are in force.
#[derive(Default)]
pub(crate) struct Functions {
    /// None: there are no functions.
    pool: Option<Pool>,
    /// What had happened when these came in the place of others.
    before: Counts,
    /// See [`Self::have_a_say`].
    have_a_say: bool,
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Functions").field("any", &self.pool.is_some()).finish_non_exhaustive()
    }
}

impl Functions {
    /// Starts workers with the files of a folder; gives the model with the functions too. Blocks until the first worker is ready.
    pub(crate) async fn start(
        folder: &Path,
        settings: &Settings,
        program: &WorkerProgram,
        model: &Arc<Model>,
    ) -> Result<(Self, Arc<Model>), LoadError> {
        let sources = read_sources(folder)?;
        if sources.is_empty() {
            return Ok((Self::default(), Arc::clone(model)));
        }
        let workers = match settings.functions.workers {
            // While one waits for an answer, another has its core.
            0 => 2 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            count => count,
        };
        let rules = PoolRules {
            program: program.program.clone(),
            arguments: program.arguments.clone(),
            workers,
            queue: QUEUE,
            grace: GRACE,
            start_time: START_TIME,
            brief: BRIEF,
        };
        let pool = Pool::start(rules, load::load(settings, model, sources)).await?;
        let model = load::declare(&pool.registry(), model).map_err(LoadError::found)?;
        let is_computed = |class: &Dataclass| class.attributes.iter().any(|attribute| attribute.getter().is_some());
        let have_a_say = model.dataclasses().iter().any(|class| class.restricted || is_computed(class));
        Ok((Self { pool: Some(pool), before: Counts::default(), have_a_say }, Arc::new(model)))
    }

    /// Requests that call no function may need one all the same: to know which entities a caller may see, or what a computed attribute is.
    pub(crate) fn have_a_say(&self) -> bool {
        self.have_a_say
    }

    /// The workers; `None`: there are no functions.
    pub(crate) fn pool(&self) -> Option<&Pool> {
        self.pool.as_ref()
    }

    /// What has happened since the server started.
    pub(crate) fn counts(&self) -> Counts {
        self.before + self.pool.as_ref().map(Pool::counts).unwrap_or_default()
    }

    /// These, in the place of others.
    #[must_use]
    pub(crate) fn after(self, before: &Self) -> Self {
        Self { before: before.counts(), ..self }
    }

    /// Their classes.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        self.pool.as_ref().map(Pool::registry).unwrap_or_default()
    }
}

/// A file of the folder `functions`, as people name it.
fn in_folder(path: &str) -> String {
    format!("functions/{path}")
}

/// Why functions cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder.
    #[error("{} cannot be read: {source}", .path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The process that they run in.
    #[error("no process for functions could be started: {0}")]
    Process(String),
    /// There are threads for their processes only where the application is served.
    #[error("functions can only be loaded where the application is served")]
    NoRuntime,
    /// What is wrong in them, at least one; places are below the application folder.
    #[error("functions/ has errors; `claviger functions check` lists them. The first: {}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Found(Vec<Finding>),
}

impl LoadError {
    /// Of findings with places below `functions`.
    fn found(mut findings: Vec<Finding>) -> Self {
        findings.sort();
        for finding in &mut findings {
            finding.path = in_folder(&finding.path);
        }
        Self::Found(findings)
    }
}

impl From<StartError> for LoadError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Found(findings) => Self::found(findings),
            StartError::Process(cause) => Self::Process(cause),
        }
    }
}
