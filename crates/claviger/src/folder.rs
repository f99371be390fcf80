//! The application folder (`interface.md` 1): what a command reads from it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use claviger_access::Roles;
use claviger_model::Model;
use claviger_server::settings::{self, Loaded, Settings};

use crate::commands::roles::plural;

/// Name of the settings file; a folder that has it is an application folder.
pub(crate) const SETTINGS: &str = "claviger.toml";
/// Name of the model file.
pub(crate) const MODEL: &str = "model.json";
/// Name of the roles file.
pub(crate) const ROLES: &str = "roles.json";

/// An application folder, or what should be one.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Path of a file in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Settings of file and environment; an error when this is no application folder.
    pub(crate) fn settings(&self) -> Result<Loaded> {
        let path = self.join(SETTINGS);
        if !path.exists() {
            bail!(
                "no application in {}: make one with `claviger init DIR --database FILE`, or name its folder with --app DIR",
                self.0.display()
            );
        }
        let text = read(&path)?;
        Ok(settings::load(Some(&text), variables())?)
    }

    /// The model of `model.json`, ready to use.
    pub(crate) fn model(&self, name: &str) -> Result<Model> {
        let path = self.join(MODEL);
        let text = read(&path)?;
        match Model::from_json(&text, name) {
            Ok((model, _)) => Ok(model),
            Err(problems) => {
                bail!("{} has {} {}: see `claviger model check`", path.display(), problems.len(), plural(problems.len(), "error"))
            }
        }
    }

    /// The rules of `roles.json`; without the file nobody may do anything, unless the settings say so (RL-3).
    pub(crate) fn roles(&self, model: &Model, settings: &Settings) -> Result<Roles> {
        let path = self.join(ROLES);
        if !path.exists() {
            return Ok(if settings.rest.open_without_roles { Roles::unrestricted() } else { Roles::absent() });
        }
        match Roles::parse(&read(&path)?, model) {
            Ok((roles, _)) => Ok(roles),
            Err(findings) => {
                bail!("{} has {} {}: see `claviger roles check`", path.display(), findings.len(), plural(findings.len(), "error"))
            }
        }
    }
}

/// The variables that override settings.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Text of a file, its path in the error.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
