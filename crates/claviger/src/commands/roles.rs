//! `claviger roles`: check the file, and see what a role may do and by which list (`roles-privileges.md` 8.2, 10).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Subcommand;
use claviger_access::explain::{Caller, Decision, Resolved, ResolvedFunction, Resource};
use claviger_access::{Finding, Roles as Rules, Severity};
use serde_json::json;

use super::functions;
use crate::folder::{self, Folder, ROLES};
use crate::output::{Output, table};

#[derive(Subcommand)]
pub(crate) enum Roles {
    /// Checks a roles file against the model; all findings with place and line.
    Check {
        /// The file; the application's `roles.json` when absent.
        file: Option<PathBuf>,
    },
    /// Prints what a role may do with each resource, and which list says so.
    Explain {
        /// The role.
        #[arg(long, value_name = "NAME")]
        role: String,
        /// Only this resource: a dataclass, `Dataclass.attribute`, or `ds`.
        #[arg(long, value_name = "R")]
        resource: Option<String>,
    },
}

impl Roles {
    pub(crate) fn run(self, folder: &Folder, output: &Output) -> Result<()> {
        match self {
            Self::Check { file } => check(folder, file, output),
            Self::Explain { role, resource } => explain(folder, &role, resource.as_deref(), output),
        }
    }
}

fn check(folder: &Folder, file: Option<PathBuf>, output: &Output) -> Result<()> {
    let settings = folder.settings()?.settings;
    let plain = Arc::new(folder.model(&settings.name)?);
    // Without them nothing is said about the functions that the file names.
    let model = functions::load(folder, &settings, &plain).map(|loaded| loaded.model).unwrap_or_else(|error| {
        eprintln!("claviger: functions are not looked at: {error}");
        plain
    });
    let path = file.unwrap_or_else(|| folder.join(ROLES));
    let findings = match Rules::parse(&folder::read(&path)?, &model) {
        Ok((_, warnings)) => warnings,
        Err(findings) => findings,
    };
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    output.result(&findings, |findings| {
        if findings.is_empty() {
            return format!("{}: no findings", path.display());
        }
        findings.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    if errors > 0 {
        bail!("{} has {errors} {} to mend before the server can use the file", path.display(), plural(errors, "error"));
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
    format!("line {}: {severity}: {}: {} [{}]", finding.line, finding.path, finding.message, finding.code)
}

/// The word, in the plural when there is not one.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn explain(folder: &Folder, role: &str, resource: Option<&str>, output: &Output) -> Result<()> {
    let settings = folder.settings()?.settings;
    let model = functions::model(folder, &settings)?;
    let rules = folder.roles(&model, &settings)?;
    if rules.role(role).is_none() {
        let known = rules.names().collect::<Vec<_>>().join(", ");
        bail!("no role \"{role}\" in {ROLES}: declared are {}", if known.is_empty() { "none" } else { &known });
    }
    let caller = Caller::Role(Some(role));
    let Some(text) = resource else {
        let resolved = Resolved::of(&rules, caller, &model);
        return output.result(&resolved, resolved_text);
    };
    let resource = Resource::parse(text, &model);
    let decisions: BTreeMap<&str, Decision> = resource
        .actions()
        .iter()
        .map(|action| (action.name(), claviger_access::explain::explain(&rules, caller, &resource, *action)))
        .collect();
    output.result(&json!({ "role": role, "resource": text, "actions": decisions }), |_| {
        let rows = resource.actions().iter().map(|action| {
            let decision = &decisions[action.name()];
            [action.name().to_owned(), yes(decision).to_owned(), decision.by.clone(), decision.reason.clone()]
        });
        table(["action", "allowed", "by", "why"], rows)
    })
}

fn yes(decision: &Decision) -> &'static str {
    if decision.allowed { "yes" } else { "no" }
}

/// The whole table: a line per resource, and what decided each cell.
fn resolved_text(resolved: &Resolved) -> String {
    let cell = |decision: &Decision| {
        let lent = if decision.lent_by.is_empty() { String::new() } else { format!(", in {}", decision.lent_by.join(", ")) };
        format!("{}{lent} ({})", yes(decision), decision.by)
    };
    let mut rows = Vec::new();
    let ds = &resolved.datastore;
    rows.push(["ds".to_owned(), cell(&ds.read), cell(&ds.create), cell(&ds.update), cell(&ds.drop), cell(&ds.execute)]);
    let function = |scope: &str, function: &ResolvedFunction| {
        let none = String::new;
        let lends = if function.promotes.is_empty() { String::new() } else { format!(", lends {}", function.promotes.join(", ")) };
        [format!("{scope}.{}()", function.name), none(), none(), none(), none(), format!("{}{lends}", cell(&function.execute))]
    };
    rows.extend(ds.functions.iter().map(|it| function("ds", it)));
    for class in &resolved.dataclasses {
        let [create, read, update, drop, execute] = [&class.create, &class.read, &class.update, &class.drop, &class.execute].map(cell);
        rows.push([class.name.clone(), read, create, update, drop, execute]);
        for attribute in &class.attributes {
            let decisions = [&attribute.create, &attribute.read, &attribute.update, &attribute.drop];
            let of_class = [&class.create, &class.read, &class.update, &class.drop];
            // Attributes that only follow their dataclass would bury those that do not.
            if decisions != of_class {
                let [create, read, update, drop] = decisions.map(cell);
                rows.push([format!("{}.{}", class.name, attribute.name), read, create, update, drop, String::new()]);
            }
        }
        rows.extend(class.functions.iter().map(|it| function(&class.name, it)));
    }
    for singleton in &resolved.singletons {
        let none = String::new;
        rows.push([singleton.name.clone(), none(), none(), none(), none(), cell(&singleton.execute)]);
        rows.extend(singleton.functions.iter().map(|it| function(&singleton.name, it)));
    }
    format!(
        "privileges: {}\n{}\nattributes are listed where they differ from their dataclass\n\n{}",
        resolved.privileges.join(", "),
        resolved.summary,
        table(["resource", "read", "create", "update", "drop", "execute"], rows)
    )
}
