//! `claviger functions`: check the modules of `functions/`, and declare for editors what they reach (`functions.md` 4).

use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Subcommand;
use claviger_model::Model;
use claviger_script::{Finding, types};
use claviger_server::WorkerProgram;
use claviger_server::functions::{Checked, Inventory, LoadError, check};
use claviger_server::settings::Settings;
use serde::Serialize;

use super::SCRIPT_WORKER;
use super::roles::plural;
use crate::folder::Folder;
use crate::output::{Output, line, table};

#[derive(Subcommand)]
pub(crate) enum Functions {
    /// Loads the modules of functions/ as the server would; all findings with file and line, or what there is.
    Check,
    /// Prints TypeScript declarations of what functions reach, for editors: write them to functions/claviger.d.ts.
    Types,
}

impl Functions {
    pub(crate) fn run(self, folder: &Folder, output: &Output) -> Result<()> {
        let settings = folder.settings()?.settings;
        let plain = Arc::new(folder.model(&settings.name)?);
        let checked = load(folder, &settings, &plain);
        match self {
            Self::Check => tell(checked, output),
            Self::Types => {
                let Checked { model, registry } = checked?;
                line(types::declarations(&model, &registry).trim_end());
                Ok(())
            }
        }
    }
}

/// Loads the functions of the folder to look at them.
pub(crate) fn load(folder: &Folder, settings: &Settings, model: &Arc<Model>) -> Result<Checked, LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| LoadError::Process(error.to_string()))?;
    runtime.block_on(check(folder.path(), settings, &WorkerProgram::myself(&[SCRIPT_WORKER]), model))
}

/// The model of the folder with its functions: what permissions and documents are about.
pub(crate) fn model(folder: &Folder, settings: &Settings) -> Result<Arc<Model>> {
    let plain = Arc::new(folder.model(&settings.name)?);
    Ok(load(folder, settings, &plain)?.model)
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    inventory: Inventory,
    findings: Vec<Finding>,
}

fn tell(checked: Result<Checked, LoadError>, output: &Output) -> Result<()> {
    match checked {
        Ok(Checked { registry, .. }) => {
            output.result(&Report { inventory: Inventory::of(&registry), findings: Vec::new() }, |report| text(&report.inventory))
        }
        Err(LoadError::Found(findings)) => {
            let count = findings.len();
            output.result(&Report { inventory: Inventory { classes: Vec::new() }, findings }, |report| {
                report.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            })?;
            bail!("functions/ has {count} {} to mend before the server can use it", plural(count, "error"))
        }
        Err(other) => Err(other.into()),
    }
}

fn text(inventory: &Inventory) -> String {
    if inventory.classes.is_empty() {
        return "functions/ exports no class".to_owned();
    }
    let rows = inventory.classes.iter().map(|class| {
        let of = |exposed: bool| {
            let names = class.functions.iter().filter(|function| function.exposed == exposed).map(|function| function.name.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        [
            class.name.clone(),
            format!("{}:{}", class.path, class.line),
            of(true),
            of(false),
            class.computed.join(", "),
            class.events.join(", "),
        ]
    });
    let head = ["class", "file", "exposed", "not exposed", "computed", "events"];
    format!("{}\n\n{}: no findings", table(head, rows), inventory.summary())
}
