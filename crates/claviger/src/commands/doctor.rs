//! `claviger doctor`: looks at everything that serving needs, changes nothing, and says what to do about what fails.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use claviger_access::{MasterKey, Roles};
use claviger_model::Model;
use claviger_script::Registry;
use claviger_server::functions::Inventory;
use claviger_server::settings::{KEYS_ARE_NOT_CHECKED, KeyCheck, Loaded, Mode, Settings};
use claviger_store::Location;
use claviger_store::control::Inspection;
use serde::Serialize;
use serde_json::json;

use super::functions;
use super::roles::plural;
use crate::clock;
use crate::database::Database;
use crate::folder::{Folder, ROLES, read};
use crate::output::{Output, table};

/// One line of the answer.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    message: String,
}

pub(crate) fn run(folder: &Folder, output: &Output) -> Result<()> {
    let mut checks = Vec::new();
    let loaded = folder.settings();
    let mut seen = None;
    let mut check = |name, result: Result<String>| {
        let ok = result.is_ok();
        let message = result.unwrap_or_else(|error| crate::failure::one_line(&error));
        checks.push(Check { name, ok, message });
    };
    check("folder", loaded.as_ref().map(|_| folder.path().display().to_string()).map_err(|error| anyhow::anyhow!("{error:#}")));
    if let Ok(Loaded { settings, .. }) = &loaded {
        check("permissions", permissions(folder));
        let model = folder.model(&settings.name);
        let shown = match &model {
            Ok(model) => {
                Ok(format!("{} {}", model.dataclasses().len(), if model.dataclasses().len() == 1 { "dataclass" } else { "dataclasses" }))
            }
            Err(error) => Err(anyhow::anyhow!("{error:#}")),
        };
        check("model", shown);
        if let Ok(model) = &model {
            let model = &Arc::new(model.clone());
            let loaded = functions::load(folder, settings, model);
            // Roles name functions: a warning about one that is there would mislead.
            check("roles", roles(folder, loaded.as_ref().map_or(model, |loaded| &loaded.model)));
            check("functions", loaded.map(|loaded| in_words(&loaded.registry)).map_err(Into::into));
            check("database", database(folder, settings, model));
        }
        check("key check", key_check(settings));
        let seen = seen.insert(look(folder, settings));
        check("control store", control_store(folder, settings, seen));
        check("master key", master_key(folder, settings, seen));
    }
    check("clock", clock_check(folder, seen.as_ref()));
    let failed = checks.iter().filter(|check| !check.ok).count();
    let effective: Vec<_> = loaded.as_ref().map(Loaded::effective).unwrap_or_default();
    let shown = json!({
        "checks": checks,
        "settings": effective.iter().map(|(name, value, from)| json!({ "name": name, "value": value, "from": from })).collect::<Vec<_>>(),
    });
    output.result(&shown, |_| {
        let rows =
            checks.iter().map(|check| [if check.ok { "ok" } else { "FAIL" }.to_owned(), check.name.to_owned(), check.message.clone()]);
        let settings = effective.iter().map(|(name, value, from)| [(*name).to_owned(), value.clone(), from.clone()]);
        let mut text = table(["", "check", ""], rows);
        if !effective.is_empty() {
            text.push_str(&format!("\n\n{}", table(["setting", "value", "from"], settings)));
        }
        text
    })?;
    if failed > 0 {
        bail!("{failed} {} failed: mend what the lines marked FAIL say", plural(failed, "check"));
    }
    Ok(())
}

/// The mode without keys is no state to be in unknowingly: it fails until somebody switches it off.
fn key_check(settings: &Settings) -> Result<String> {
    match settings.keys.check {
        KeyCheck::On => Ok("every request needs its key".to_owned()),
        KeyCheck::OffEverybodyIsGuest => bail!("{}", KEYS_ARE_NOT_CHECKED),
    }
}

/// Who may look into the data folder.
#[cfg(unix)]
fn permissions(folder: &Folder) -> Result<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut open = Vec::new();
    for (name, mode) in [("data", "700"), ("data/master.key", "600"), ("data/control.db", "600")] {
        let path = folder.join(name);
        if let Ok(metadata) = path.metadata()
            && metadata.permissions().mode() & 0o077 != 0
        {
            open.push(format!("chmod {mode} {}", path.display()));
        }
    }
    if open.is_empty() {
        return Ok("data is for its owner only".to_owned());
    }
    bail!("others can read what is secret: {}", open.join("; "))
}

#[cfg(not(unix))]
fn permissions(_folder: &Folder) -> Result<String> {
    Ok("not checked on this system".to_owned())
}

fn roles(folder: &Folder, model: &Model) -> Result<String> {
    let path = folder.join(ROLES);
    if !path.exists() {
        return Ok("no roles.json: Standard keys may do nothing".to_owned());
    }
    match Roles::parse(&read(&path)?, model) {
        Ok((roles, warnings)) => {
            let names = roles.names().count();
            let warned = if warnings.is_empty() {
                String::new()
            } else {
                format!(", {} {}: see `claviger roles check`", warnings.len(), plural(warnings.len(), "warning"))
            };
            Ok(format!("{names} {}{warned}", plural(names, "role")))
        }
        Err(_) => bail!("roles.json has errors: see `claviger roles check`"),
    }
}

fn in_words(registry: &Registry) -> String {
    if registry.classes.is_empty() { "none".to_owned() } else { Inventory::of(registry).summary() }
}

fn database(folder: &Folder, settings: &Settings, model: &Model) -> Result<String> {
    let database = Database::of(folder.path(), settings)?;
    let title = match database.version()? {
        Some(version) => format!("{}, PostgreSQL {version}", database.title()),
        None => database.title(),
    };
    match settings.database.mode {
        Mode::Attached => {
            if !database.exists() {
                bail!("{title} does not exist: correct database.url in claviger.toml");
            }
            let misfits = database.misfits(model)?;
            let lacks = database.lacks(model, &misfits)?;
            if !lacks.is_empty() {
                bail!("the model speaks of what {title} has not ({}): see `claviger model diff`", lacks.join("; "));
            }
            match misfits.len() {
                0 => Ok(format!("{title} (attached), agrees with the model")),
                count => {
                    Ok(format!("{title} (attached), {count} {} from the model: see `claviger model diff`", plural(count, "difference")))
                }
            }
        }
        Mode::Owned if !database.exists() => Ok(format!("{title} will be made at first start")),
        Mode::Owned => {
            let steps = database.migration(model)?;
            if steps.iter().any(|step| step.destructive) && !settings.database.allow_destructive {
                bail!(
                    "the model would lose data: see `claviger model sql`; keep old names with matchColumn, or set database.allow_destructive"
                );
            }
            match steps.len() {
                0 => Ok(format!("{title} (owned), agrees with the model")),
                count => Ok(format!("{title} (owned), {count} {} at next start: see `claviger model sql`", plural(count, "statement"))),
            }
        }
    }
}

/// What a look at the control store showed, for all checks that want to know.
type Seen = Result<Option<Inspection>, Arc<dyn Error + Send + Sync>>;

/// Looks at the control store; none is made.
fn look(folder: &Folder, settings: &Settings) -> Seen {
    let look = || -> Result<_, Box<dyn Error + Send + Sync>> { Ok(Inspection::of(&settings.control_location(folder.path())?)?) };
    look().map_err(Arc::from)
}

fn control_store(folder: &Folder, settings: &Settings, seen: &Seen) -> Result<String> {
    let Some(seen) = seen.as_ref().map_err(Arc::clone)? else { return Ok("will be made when it is first needed".to_owned()) };
    if let Some(damage) = &seen.damage {
        bail!("the control store is damaged ({damage}): restore a backup");
    }
    let Inspection { keys, users, .. } = *seen;
    let counted = format!("{keys} {}, {users} {}", plural(keys as usize, "key"), plural(users as usize, "user"));
    match settings.control_location(folder.path())? {
        Location::Sqlite(_) => Ok(counted),
        server @ Location::Postgres(_) => Ok(format!("{server}, {counted}")),
    }
}

fn master_key(folder: &Folder, settings: &Settings, seen: &Seen) -> Result<String> {
    let found = crate::control::find_master_key(folder, settings)?;
    let sealed_under = seen.as_ref().map_err(Arc::clone)?.as_ref().map_or(&[][..], |seen| &seen.sealed_under);
    match found {
        None if sealed_under.is_empty() => Ok("will be made when it is first needed".to_owned()),
        None => bail!("it is gone, so that no secret can be revealed (requests still work): restore the file, or regenerate the keys"),
        Some(key) if sealed_under.iter().any(|id| id != MasterKey::id(&key)) => {
            bail!("some secrets are sealed under another master key and cannot be revealed: restore that one, or regenerate those keys")
        }
        Some(_) => Ok("32 bytes".to_owned()),
    }
}

/// The clock decides over expiry: it must not lie before something that has happened.
fn clock_check(folder: &Folder, seen: Option<&Seen>) -> Result<String> {
    let now = clock::now();
    let mut latest = newest_file(folder.path());
    if let Some(Ok(Some(seen))) = seen {
        latest = latest.max(seen.latest.unwrap_or_default());
    }
    // A file from another machine may be a little ahead.
    if now + 24 * 3600 * 1000 < latest {
        bail!("it says {}, but something here is from {}: set the clock, keys expire by it", clock::text(now), clock::text(latest));
    }
    Ok(clock::text(now))
}

/// When a file of the folder was last changed, milliseconds.
fn newest_file(folder: &Path) -> i64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let times = files.filter_map(|file| file.metadata().ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok());
    times.map(|age| i64::try_from(age.as_millis()).unwrap_or_default()).max().unwrap_or_default()
}
