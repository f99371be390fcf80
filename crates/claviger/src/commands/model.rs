//! `claviger model`: check, import, compare with the database, show the SQL (`data-model.md` 4.5, 4.6, 5.5).

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use claviger_model::fit::Misfit;
use claviger_model::import::{self, Imported};
use claviger_model::{Model as DataModel, Problem, diff};
use claviger_server::settings::Mode;
use claviger_store::schema::FoldHint;
use serde_json::{Value, json};

use super::roles::plural;
use crate::database::Database;
use crate::folder::{self, Folder, MODEL};
use crate::output::{Output, line};

#[derive(Subcommand)]
pub(crate) enum Model {
    /// Checks a model file, or table definitions before they are imported; all problems with place and line.
    Check {
        /// The file; the application's `model.json` when absent.
        file: Option<PathBuf>,
    },
    /// Makes `model.json` of table definitions (`.4DCatalog`) or of another model file (`.waModel` of the ancestor, too).
    Import {
        /// The file to read.
        file: PathBuf,
        /// Print the model instead of writing it.
        #[arg(long)]
        stdout: bool,
        /// Replace a `model.json` that has dataclasses.
        #[arg(long)]
        force: bool,
    },
    /// Says what differs between the model and the database.
    Diff,
    /// Prints the statements that `serve` would run to bring the database to the model.
    Sql,
}

impl Model {
    pub(crate) fn run(self, folder: &Folder, output: &Output) -> Result<()> {
        match self {
            Self::Check { file } => check(folder, file, output),
            Self::Import { file, stdout, force } => import(folder, &file, stdout, force, output),
            Self::Diff => compare(folder, output),
            Self::Sql => sql(folder, output),
        }
    }
}

/// Reads the text of a model file; without a model the problems say why.
pub(crate) fn parse(text: &str, name: &str) -> (Option<DataModel>, Vec<Problem>) {
    match DataModel::from_json(text, name) {
        Ok((model, warnings)) => (Some(model), warnings),
        Err(problems) => (None, problems),
    }
}

/// Reads a model file, table definitions, or a model file of another product; its text says which.
pub(crate) fn import_file(file: &Path, name: &str) -> Result<Imported> {
    import::import(&folder::read(file)?, name).map_err(|problems| {
        let errors = problems.iter().filter(|problem| problem.is_error()).count();
        let first = problems.iter().find(|problem| problem.is_error()).map(ToString::to_string).unwrap_or_default();
        let all = super::init::quoted(&file.display().to_string());
        anyhow::anyhow!(
            "{} makes no model: {errors} {}, first {first}; see all with `claviger model check {all}`",
            file.display(),
            plural(errors, "error")
        )
    })
}

/// The application's model file is checked as `serve` reads it, other files as they are imported.
fn check(folder: &Folder, file: Option<PathBuf>, output: &Output) -> Result<()> {
    let is_own = file.as_ref().is_none_or(|file| file.file_name().is_some_and(|name| name == MODEL));
    let path = file.unwrap_or_else(|| folder.join(MODEL));
    let text = folder::read(&path)?;
    let problems = if is_own {
        parse(&text, "model").1
    } else {
        import::import(&text, "model").map_or_else(|problems| problems, |imported| imported.problems)
    };
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    output.result(&json!(problems.iter().map(as_json).collect::<Vec<_>>()), |_| {
        if problems.is_empty() {
            return format!("{}: no problems", path.display());
        }
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    })?;
    if errors > 0 {
        bail!("{} has {errors} {} to mend before it can be used", path.display(), plural(errors, "error"));
    }
    Ok(())
}

fn as_json(problem: &Problem) -> Value {
    json!({
        "path": problem.path, "line": problem.line, "code": problem.code, "message": problem.message,
        "severity": if problem.is_error() { "error" } else { "warning" },
    })
}

fn import(folder: &Folder, file: &Path, stdout: bool, force: bool, output: &Output) -> Result<()> {
    let name = if stdout { "model".to_owned() } else { folder.settings()?.settings.name };
    let Imported { model, problems, .. } = import_file(file, &name)?;
    for problem in &problems {
        eprintln!("claviger: {problem}");
    }
    if stdout {
        line(model.to_json().trim_end());
        return Ok(());
    }
    let path = folder.join(MODEL);
    let old = if path.exists() { parse(&folder::read(&path)?, &name).0 } else { None };
    if path.exists() && !force && old.as_ref().is_none_or(|old| !old.dataclasses().is_empty()) {
        bail!("{} has dataclasses: replace them with --force, or look at the new model with --stdout", path.display());
    }
    let changes: Vec<String> = old.iter().flat_map(|old| diff::differences(old, &model)).map(|change| change.to_string()).collect();
    std::fs::write(&path, model.to_json()).with_context(|| format!("cannot write {}", path.display()))?;
    let report = json!({
        "file": path, "dataclasses": model.dataclasses().iter().map(|class| &class.name).collect::<Vec<_>>(),
        "differences": changes, "warnings": problems.iter().map(as_json).collect::<Vec<_>>(),
    });
    output.result(&report, |_| {
        let count = model.dataclasses().len();
        let mut lines = vec![format!("{}: {count} {}", path.display(), if count == 1 { "dataclass" } else { "dataclasses" })];
        // Of an empty model all is new.
        if old.is_some_and(|old| !old.dataclasses().is_empty()) {
            lines.extend(changes.iter().map(|change| format!("  {change}")));
        }
        lines.join("\n")
    })
}

fn compare(folder: &Folder, output: &Output) -> Result<()> {
    let settings = folder.settings()?.settings;
    let model = folder.model(&settings.name)?;
    let database = Database::of(folder.path(), &settings)?;
    let (differences, hints): (Vec<String>, Vec<FoldHint>) = match settings.database.mode {
        Mode::Owned => (database.migration(&model)?.into_iter().map(|step| step.reason).collect(), Vec::new()),
        Mode::Attached => {
            let misfits = database.misfits(&model)?;
            let lacks = database.lacks(&model, &misfits)?;
            // A table that is not there cannot be measured.
            let hints = if lacks.is_empty() { database.fold_hints(&model)? } else { Vec::new() };
            let mut differences: Vec<String> = misfits.iter().map(ToString::to_string).collect();
            if !misfits.iter().any(Misfit::breaks_requests) {
                differences.extend(lacks.iter().map(|lack| format!("- {lack}")));
            }
            (differences, hints)
        }
    };
    let indexes: Vec<Value> = hints.iter().map(|hint| json!({ "attribute": hint.attribute, "rows": hint.rows, "sql": hint.sql })).collect();
    output.result(&json!({ "differences": differences, "indexes": indexes }), |_| {
        let mut lines = if differences.is_empty() { vec!["model and database agree".to_owned()] } else { differences.clone() };
        let about =
            |hint: &FoldHint| format!("index: a filter on {} reads {} rows; this would help: {}", hint.attribute, hint.rows, hint.sql);
        lines.extend(hints.iter().map(about));
        lines.join("\n")
    })
}

fn sql(folder: &Folder, output: &Output) -> Result<()> {
    let settings = folder.settings()?.settings;
    let model = folder.model(&settings.name)?;
    let steps = match settings.database.mode {
        Mode::Owned => Database::of(folder.path(), &settings)?.migration(&model)?,
        Mode::Attached => Vec::new(),
    };
    let shown: Vec<Value> =
        steps.iter().map(|step| json!({ "sql": step.sql, "reason": step.reason, "destructive": step.destructive })).collect();
    output.result(&json!(shown), |_| {
        if steps.is_empty() {
            return match settings.database.mode {
                Mode::Owned => "-- nothing to do: the database fits the model".to_owned(),
                Mode::Attached => "-- nothing to do: an attached database is never altered by serving it".to_owned(),
            };
        }
        let lines = steps.iter().map(|step| {
            let loss = if step.destructive { " (LOSES DATA: refused unless database.allow_destructive = true)" } else { "" };
            format!("-- {}{loss}\n{};", step.reason, step.sql.trim_end_matches(';'))
        });
        lines.collect::<Vec<_>>().join("\n")
    })
}
