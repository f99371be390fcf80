//! `claviger functions`: check the modules of `functions/`, and declare for editors what they reach (`functions.md` 4).

use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Subcommand;
use claviger_model::Model;
use claviger_script::{Class, ClassKind, Finding, Registry, types};
use claviger_server::WorkerProgram;
use claviger_server::functions::{Checked, LoadError, check};
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

/// How many there are, in words.
pub(crate) fn summary(registry: &Registry) -> String {
    let classes: Vec<Shown<'_>> = shown(registry);
    let sum = |count: fn(&Shown<'_>) -> usize| classes.iter().map(count).sum::<usize>();
    let functions = sum(|class| class.functions.len());
    let exposed = sum(|class| class.functions.iter().filter(|function| function.exposed).count());
    let (computed, events) = (sum(|class| class.computed.len()), sum(|class| class.events.len()));
    let classes = match classes.len() {
        1 => "1 class".to_owned(),
        count => format!("{count} classes"),
    };
    format!(
        "{classes}, {functions} {} ({exposed} exposed), {computed} computed {}, {events} {}",
        plural(functions, "function"),
        plural(computed, "attribute"),
        plural(events, "event")
    )
}

#[derive(Serialize)]
struct Report<'a> {
    classes: Vec<Shown<'a>>,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    kind: ClassKind,
    /// Below the application folder.
    path: String,
    line: u32,
    functions: Vec<ShownFunction<'a>>,
    /// Computed attributes.
    computed: Vec<&'a str>,
    events: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownFunction<'a> {
    name: &'a str,
    exposed: bool,
    on_http_get: bool,
}

fn shown(registry: &Registry) -> Vec<Shown<'_>> {
    let classes = registry.classes.iter().map(|(name, class)| Shown {
        name,
        kind: class.kind,
        path: in_folder(&class.path),
        line: class.line,
        functions: functions_of(class),
        computed: class.types.keys().map(String::as_str).collect(),
        events: class.events.iter().map(String::as_str).collect(),
    });
    classes.collect()
}

fn functions_of(class: &Class) -> Vec<ShownFunction<'_>> {
    let methods = class.methods.iter().filter(|name| !class.events.contains(*name));
    let shown =
        methods.map(|name| ShownFunction { name, exposed: class.exposed.contains(name), on_http_get: class.on_http_get.contains(name) });
    shown.collect()
}

fn in_folder(path: &str) -> String {
    format!("functions/{path}")
}

fn tell(checked: Result<Checked, LoadError>, output: &Output) -> Result<()> {
    match checked {
        Ok(Checked { registry, .. }) => {
            let report = Report { classes: shown(&registry), findings: Vec::new() };
            output.result(&report, |report| text(report, &registry))
        }
        Err(LoadError::Found(mut findings)) => {
            findings.sort();
            for finding in &mut findings {
                finding.path = in_folder(&finding.path);
            }
            let count = findings.len();
            output.result(&Report { classes: Vec::new(), findings }, |report| {
                report.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            })?;
            bail!("functions/ has {count} {} to mend before the server can use it", plural(count, "error"))
        }
        Err(other) => Err(other.into()),
    }
}

fn text(report: &Report<'_>, registry: &Registry) -> String {
    if report.classes.is_empty() {
        return "functions/ exports no class".to_owned();
    }
    let names = |names: &[&str]| names.join(", ");
    let rows = report.classes.iter().map(|class| {
        let of = |exposed: bool| class.functions.iter().filter(move |function| function.exposed == exposed).map(|function| function.name);
        let (exposed, inner): (Vec<_>, Vec<_>) = (of(true).collect(), of(false).collect());
        [
            class.name.to_owned(),
            format!("{}:{}", class.path, class.line),
            names(&exposed),
            names(&inner),
            names(&class.computed),
            names(&class.events),
        ]
    });
    format!("{}\n\n{}: no findings", table(["class", "file", "exposed", "not exposed", "computed", "events"], rows), summary(registry))
}
