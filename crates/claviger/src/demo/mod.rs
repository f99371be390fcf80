//! `claviger demo`: a ready application with data of its own.

mod fill;
mod library;
mod random;
mod words;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use claviger_access::{KeyRecord, KeyState, Roles, Secret};
use claviger_server::settings::Settings;
use claviger_store::control::{Actor, ConsoleRole, KeyFilter};
use serde_json::json;
use tokio::sync::watch;

use crate::clock;
use crate::commands::{self, serve, users};
use crate::control::{Control, random as fill_random};
use crate::folder::{Folder, MODEL, ROLES, SETTINGS};
use crate::output::{Output, line};

/// Marks a folder as the demo's own, so that nobody's application is taken for it. The data is complete once it exists.
const MARK: &str = ".claviger-demo";
/// Sign-in name of the console user.
const EMAIL: &str = "demo@claviger.example";
/// The two keys: description and role.
const KEYS: [(&str, &str); 2] = [("Demo editor", "Editor"), ("Demo visitor", "Visitor")];

const MODEL_TEXT: &str = include_str!("model.json");
const ROLES_TEXT: &str = include_str!("roles.json");
const FUNCTIONS: [(&str, &str); 3] = [
    ("Book.js", include_str!("functions/Book.js")),
    ("DataStore.js", include_str!("functions/DataStore.js")),
    ("Product.js", include_str!("functions/Product.js")),
];
const SETTINGS_TEXT: &str = "name = \"library\"\nlisten = \"127.0.0.1:5397\"\n\n[database]\nurl = \"sqlite:data/app.db\"\nmode = \"owned\"\n\n[log]\nlevel = \"warn\"\n";

#[derive(Args)]
pub(crate) struct Demo {
    /// The folder of the demo; made when it does not exist, else used again.
    #[arg(long, value_name = "DIR", default_value = "claviger-demo")]
    dir: PathBuf,
    /// Address and port; port 0 picks a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

/// How to reach the demo.
struct Access {
    password: String,
    keys: Vec<(&'static str, Secret)>,
}

impl Demo {
    pub(crate) fn run(&self, output: &Output) -> Result<()> {
        let folder = Folder::new(self.dir.clone());
        let is_new = prepare(&self.dir)?;
        let mut settings = folder.settings()?.settings;
        if let Some(address) = self.listen {
            settings.listen = address.to_string();
        }
        let control = Control::open(&folder, &settings)?;
        let access = Access { password: password(), keys: keys(&folder, &settings, &control)? };
        let hash = users::hash(&access.password)?;
        let runtime = serve::runtime()?;
        let (state, log) = {
            let _inside = runtime.enter();
            serve::open(&folder, settings)?
        };
        if is_new {
            runtime.block_on(fill::fill(&state))?;
            let mark = self.dir.join(MARK);
            fs::write(&mark, "").with_context(|| format!("cannot write {}", mark.display()))?;
        }
        let (stop, stopped) = watch::channel(false);
        let done = runtime.block_on(async {
            let stopping = stop_on_signal(stop)?;
            let mut admitted = Ok(());
            // Only who listens sets a new password: the one that a running demo printed must stay good when a second one fails to start.
            let ready = |address| {
                admitted = admit(&control, &hash);
                announce(&access, address, output);
                line(&format!("listening on http://{address}"));
            };
            let done = state.run_until(stopped, ready).await;
            stopping.abort();
            done?;
            admitted
        });
        log.flush();
        done
    }
}

/// Writes the files of the folder where it is new. True when the data has still to be made.
fn prepare(dir: &Path) -> Result<bool> {
    if dir.join(MARK).exists() {
        return Ok(false);
    }
    let unfinished = dir.join(SETTINGS).exists() && fs::read_to_string(dir.join(MODEL)).is_ok_and(|text| text == MODEL_TEXT);
    let is_empty = fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty && !unfinished {
        bail!("{} is not empty and not a demo: name another folder with --dir", dir.display());
    }
    if unfinished {
        // An earlier run was ended while it made the data.
        let data = dir.join("data");
        fs::remove_dir_all(&data).or_else(|error| if data.exists() { Err(error) } else { Ok(()) })?;
    }
    let functions = dir.join("functions");
    fs::create_dir_all(&functions).with_context(|| format!("cannot make the folder {}", functions.display()))?;
    let files = [(SETTINGS, SETTINGS_TEXT), (MODEL, MODEL_TEXT), (ROLES, ROLES_TEXT), (".gitignore", "*\n")];
    let files = files.map(|(name, text)| (dir.join(name), text)).into_iter();
    for (path, text) in files.chain(FUNCTIONS.map(|(name, text)| (functions.join(name), text))) {
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(true)
}

/// The two keys, made where none is left that works as printed.
fn keys(folder: &Folder, settings: &Settings, control: &Control) -> Result<Vec<(&'static str, Secret)>> {
    let roles = folder.roles(&folder.model(&settings.name)?, settings)?;
    let existing = control.store.keys(&KeyFilter::default(), &roles)?.records;
    let mut shown = Vec::new();
    for (description, role) in KEYS {
        let found = existing.iter().find(|record| record.description == description && still_works(record, role, &roles));
        // A key that cannot be shown any more is replaced by a fresh one.
        let known = match (found, control.seal()?) {
            (Some(record), Some(seal)) => control.store.reveal_key(&record.id, seal, &Actor::command_line()).ok(),
            _ => None,
        };
        let secret = match known {
            Some(secret) => secret,
            None => commands::keys::create(folder, settings, control, description, role)?.1,
        };
        shown.push((role, secret));
    }
    control.announce();
    Ok(shown)
}

/// True for a key that answers from here as the printed lines say: not expired, of its role, from every host.
fn still_works(record: &KeyRecord, role: &str, roles: &Roles) -> bool {
    let now = jiff::Timestamp::from_millisecond(clock::now()).unwrap_or_default();
    matches!(record.state(roles, now), KeyState::Active | KeyState::ExpiresSoon)
        && record.role.as_deref() == Some(role)
        && record.allowed_hosts.is_everyone()
}

/// Makes the console user, or gives it the new password: only its hash is kept, so that an old one cannot be shown again.
fn admit(control: &Control, hash: &str) -> Result<()> {
    let actor = Actor::command_line();
    if control.store.user(EMAIL)?.is_some() {
        control.store.edit_user(EMAIL, None, Some(hash), &actor)?;
    } else {
        control.store.create_user(EMAIL, ConsoleRole::Owner, hash, &actor)?;
    }
    Ok(())
}

/// Four groups of five letters and digits that are not mistaken for one another: 20 times almost 5 bits.
fn password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 20];
    fill_random(&mut bytes);
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Prints how to reach the demo.
fn announce(access: &Access, address: SocketAddr, output: &Output) {
    let url = format!("http://{address}");
    let secret = |role: &str| access.keys.iter().find(|(name, _)| *name == role).map(|(_, secret)| secret.expose()).unwrap_or_default();
    let query = "$filter=price%3C10&$orderby=title&$attributes=title,price,authorName&$top=3";
    let curl = format!("curl -H 'api-key: {}' '{url}/rest/Book?{query}'", secret("Editor"));
    if output.is_json() {
        let keys: serde_json::Map<_, _> = access.keys.iter().map(|(role, secret)| ((*role).to_owned(), secret.expose().into())).collect();
        let shown = json!({ "endpoint": url, "console": format!("{url}/console/"), "email": EMAIL, "password": access.password, "keys": keys, "curl": curl });
        line(&shown.to_string());
        return;
    }
    line(&format!(
        "Endpoint   {url}\nConsole    {url}/console/\nEmail      {EMAIL}\nPassword   {}\n\n\
         Editor     reads and changes everything   {}\nVisitor    no customers, no prices        {}\n\n{curl}\n",
        access.password,
        secret("Editor"),
        secret("Visitor")
    ));
}

/// Ends serving in an orderly way on SIGINT and SIGTERM.
fn stop_on_signal(stop: watch::Sender<bool>) -> Result<tokio::task::JoinHandle<()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).context("cannot wait for signals")?;
    Ok(tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        stop.send_replace(true);
    }))
}

#[cfg(test)]
mod tests {
    use claviger_access::Roles;
    use claviger_model::Model;

    use super::*;

    #[test]
    fn model_and_roles_are_without_findings() {
        let (model, problems) = Model::from_json(MODEL_TEXT, "library").unwrap();
        assert_eq!(problems, []);
        let (_, findings) = Roles::parse(ROLES_TEXT, &model).unwrap();
        assert_eq!(findings, []);
    }

    #[test]
    fn passwords_differ_and_are_long() {
        assert_ne!(password(), password());
        assert_eq!(password().len(), 23);
    }
}
