//! `roles.json` and the folder `functions` are read again while the application is served (`roles-privileges.md` RL-1, `functions.md` 4).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use claviger_access::Finding;
use claviger_model::Model;
use claviger_store::control::Rules;
use parking_lot::Mutex;

use super::{AppState, OpenError, Served, folder};
use crate::functions::{Functions, LoadError};

/// How often files are looked at, when they are watched. An editor that writes in several steps has ended between two looks.
const LOOK: Duration = Duration::from_millis(300);

/// What keeps reloads apart.
#[derive(Default)]
pub(super) struct Reloading {
    /// Held from reading the functions to their being in force: the last one that was asked for wins.
    turn: tokio::sync::Mutex<()>,
    /// Held while roles and model are put in force: those that are together are for each other.
    exchange: Mutex<()>,
}

/// What became of reading the folder again.
#[derive(Debug)]
pub struct Reloaded {
    /// `roles.json`: its warnings. On errors the previous rules stay (RL-2).
    pub roles: Result<Vec<Finding>, OpenError>,
    /// `functions/`. On errors the previous functions stay.
    pub functions: Result<(), OpenError>,
}

impl AppState {
    /// Reads `roles.json` again. On errors the previous rules stay (RL-2).
    pub fn reload_roles(&self) -> Result<Vec<Finding>, OpenError> {
        let _exchange = self.0.reloading.exchange.lock();
        self.set_roles(&self.model())
    }

    /// Reads `functions/` and `roles.json` again. What has errors stays as it is; requests that run end with what they began with.
    pub async fn reload(&self) -> Reloaded {
        let _turn = self.0.reloading.turn.lock().await;
        let base = Arc::clone(self.store().model());
        match Functions::start(self.folder(), self.settings(), &self.0.worker, &base).await {
            Ok((functions, model)) => Reloaded { roles: self.exchange(functions, model), functions: Ok(()) },
            Err(error) => Reloaded { roles: self.reload_roles(), functions: Err(error.into()) },
        }
    }

    /// Puts functions in force, and the roles for them.
    fn exchange(&self, functions: Functions, model: Arc<Model>) -> Result<Vec<Finding>, OpenError> {
        let _exchange = self.0.reloading.exchange.lock();
        let served = Served::new(model, functions.after(&self.served().functions), self.settings().rest.options());
        // Permissions first: a request that has the new ones waits for the model that they are for, and never uses them with another.
        let roles = self.set_roles(&served.model);
        if roles.is_err() {
            let rules = self.keys().rules();
            let (roles, admin_protection) = (rules.roles.clone(), rules.admin_protection);
            self.keys().set_rules(Rules { roles, model: Arc::clone(&served.model), admin_protection });
        }
        self.0.served.store(Arc::new(served));
        roles
    }

    fn set_roles(&self, model: &Arc<Model>) -> Result<Vec<Finding>, OpenError> {
        let (roles, warnings) = folder::read_roles(self.folder(), self.settings(), model, self.now())?;
        let admin_protection = self.settings().keys.admin_protection;
        self.keys().set_rules(Rules { roles, model: Arc::clone(model), admin_protection });
        self.0.findings.store(Arc::new(warnings.clone()));
        self.warn_of_missing_roles();
        Ok(warnings)
    }

    /// Reads the folder again and writes to the log what became of it.
    pub(super) async fn reload_and_tell(&self) {
        let Reloaded { roles, functions } = self.reload().await;
        match roles {
            Ok(warnings) => tracing::info!(warnings = warnings.len(), "roles.json was read again"),
            Err(error) => tracing::error!("the previous roles stay: {error}"),
        }
        match functions {
            Ok(()) => tracing::info!("functions/ was read again"),
            Err(OpenError::Functions(LoadError::Found(findings))) => {
                for finding in findings {
                    tracing::error!("{finding}");
                }
                tracing::error!("the previous functions stay");
            }
            Err(error) => tracing::error!("the previous functions stay: {error}"),
        }
    }

    /// Reads the folder again whenever a file of `functions/` or `roles.json` has changed and then stays as it is for a moment. Never ends.
    pub async fn follow_folder(self) {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut watched = Watched::new(look(self.folder()));
        loop {
            ticks.tick().await;
            let folder = self.folder().to_owned();
            let Ok(seen) = tokio::task::spawn_blocking(move || look(&folder)).await else { continue };
            if watched.has_settled(seen) {
                self.reload_and_tell().await;
            }
        }
    }
}

/// Which files there are, when they were changed, how long they are.
type Seen = Vec<(PathBuf, Option<SystemTime>, u64)>;

fn look(folder: &Path) -> Seen {
    let mut seen = Vec::new();
    look_at(folder.join("roles.json"), &mut seen);
    // What cannot be read now is told when it is loaded.
    for path in crate::functions::paths(folder).unwrap_or_default() {
        look_at(path, &mut seen);
    }
    seen
}

fn look_at(path: PathBuf, seen: &mut Seen) {
    if let Ok(metadata) = path.metadata() {
        seen.push((path, metadata.modified().ok(), metadata.len()));
    }
}

/// Waits for the end of changes.
struct Watched {
    /// What is in force.
    loaded: Seen,
    last: Seen,
}

impl Watched {
    fn new(seen: Seen) -> Self {
        Self { last: seen.clone(), loaded: seen }
    }

    /// Something is not as it was loaded, and was so at the last look already.
    fn has_settled(&mut self, seen: Seen) -> bool {
        let has = seen != self.loaded && seen == self.last;
        if has {
            self.loaded.clone_from(&seen);
        }
        self.last = seen;
        has
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_once_it_has_ended() {
        let at = |length: u64| vec![(PathBuf::from("Book.js"), None, length)];
        let mut watched = Watched::new(at(1));
        let said: Vec<bool> = [1, 1, 2, 3, 3, 3, 1, 1, 4, 1, 1].into_iter().map(|length| watched.has_settled(at(length))).collect();
        assert_eq!(said, [false, false, false, false, true, false, false, true, false, false, false]);
        assert!(!watched.has_settled(Vec::new()) && watched.has_settled(Vec::new()), "a file that is gone");
    }

    #[test]
    fn what_is_looked_at_is_what_would_be_loaded() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["roles.json", "model.json", "functions/Book.js", "functions/lib/dates.js", "functions/claviger.d.ts", "functions/.Book.js"]
        {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let names: Vec<_> =
            look(folder.path()).into_iter().map(|(path, ..)| path.strip_prefix(folder.path()).unwrap().to_owned()).collect();
        assert_eq!(names, ["roles.json", "functions/Book.js", "functions/lib/dates.js"].map(PathBuf::from));
    }
}
