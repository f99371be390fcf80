//! From `claviger.toml` and the environment to [`Settings`].

use std::collections::BTreeMap;

use claviger_store::Location;
use claviger_store::postgres::config::masked;
use ipnet::IpNet;
use toml::{Table, Value};

use super::reference::{self, Kind, REFERENCE, Setting};
use super::{Remote, Settings};

/// Why settings could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file is no TOML.
    #[error("claviger.toml cannot be read: {0}")]
    Syntax(String),
    /// A name that no setting has.
    #[error("{place} names the setting \"{name}\", which does not exist; the nearest is \"{nearest}\"")]
    Unknown {
        /// File or variable.
        place: String,
        /// As written.
        name: String,
        /// The known name that is most like it.
        nearest: &'static str,
    },
    /// A value that does not fit.
    #[error("the setting \"{name}\" {problem}")]
    Value {
        /// Which setting.
        name: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
}

/// Settings, and where each value came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The effective values.
    pub settings: Settings,
    /// Setting to origin: `default`, `claviger.toml`, or the variable's name.
    pub origins: BTreeMap<&'static str, String>,
}

/// Variables with the prefix that are no settings (`README.md`, settlements; the last is the shell's own business in tests).
const NOT_SETTINGS: &[&str] = &["CLAVIGER_APP", "CLAVIGER_API_KEY", "CLAVIGER_MASTER_KEY"];

/// Lays the text of `claviger.toml` and the environment over the defaults.
pub fn load(file: Option<&str>, environment: impl Iterator<Item = (String, String)>) -> Result<Loaded, SettingsError> {
    let mut values: BTreeMap<&'static str, Value> = BTreeMap::new();
    let mut origins = BTreeMap::new();
    for setting in REFERENCE {
        values.insert(setting.name, default_value(setting));
        origins.insert(setting.name, "default".to_owned());
    }
    let text = file.unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut table: Table = text.parse().map_err(|error| SettingsError::Syntax(at_line(text, &error)))?;
    let remote = table.remove("remote").map(remotes).transpose()?.unwrap_or_default();
    for (name, value) in flatten(&table) {
        let setting = reference::find(&name).ok_or_else(|| unknown("claviger.toml", &name))?;
        values.insert(setting.name, fit(setting, value)?);
        origins.insert(setting.name, "claviger.toml".to_owned());
    }
    for (variable, text) in environment {
        let Some(path) = variable.strip_prefix("CLAVIGER_") else { continue };
        if NOT_SETTINGS.contains(&variable.as_str()) {
            continue;
        }
        let name = path.to_lowercase().replace("__", ".");
        let setting = reference::find(&name).ok_or_else(|| unknown(&format!("the variable {variable}"), &name))?;
        values.insert(setting.name, from_text(setting, &text)?);
        origins.insert(setting.name, variable);
    }
    let settings = nest(values).try_into::<Settings>().map_err(|error| SettingsError::Syntax(error.message().to_owned()))?;
    let settings = Settings { remote, ..settings };
    check(&settings)?;
    Ok(Loaded { settings, origins })
}

impl Loaded {
    /// Every setting with its effective value as TOML and its origin; passwords in URLs masked.
    pub fn effective(&self) -> Vec<(&'static str, String, String)> {
        let table = Table::try_from(&self.settings).unwrap_or_default();
        let flat: BTreeMap<String, Value> = flatten(&table).into_iter().collect();
        REFERENCE
            .iter()
            .map(|setting| {
                let value = flat.get(setting.name).map(Value::to_string).unwrap_or_default();
                (setting.name, masked(&value), self.origins.get(setting.name).cloned().unwrap_or_default())
            })
            .collect()
    }
}

/// What is wrong and where. Without the line itself: it may hold the password of a database.
fn at_line(text: &str, error: &toml::de::Error) -> String {
    let what = error.message().trim().replace('\n', " ");
    match error.span() {
        Some(span) => format!("line {}: {what}", text.get(..span.start).unwrap_or(text).matches('\n').count() + 1),
        None => what,
    }
}

fn unknown(place: &str, name: &str) -> SettingsError {
    SettingsError::Unknown { place: place.to_owned(), name: name.to_owned(), nearest: reference::nearest(name) }
}

fn default_value(setting: &Setting) -> Value {
    let text = format!("value = {}", setting.default);
    let mut table: Table = text.parse().unwrap_or_default();
    table.remove("value").unwrap_or(Value::Boolean(false))
}

/// `a.b` → value. A table that is empty names nothing and is let pass.
fn flatten(table: &Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => flat.extend(flatten(inner).into_iter().map(|(below, value)| (format!("{name}.{below}"), value))),
            other => flat.push((name.clone(), other.clone())),
        }
    }
    flat
}

fn nest(values: BTreeMap<&'static str, Value>) -> Table {
    let mut root = Table::new();
    for (name, value) in values {
        match name.split_once('.') {
            None => {
                root.insert(name.to_owned(), value);
            }
            Some((table, name)) => {
                if let Value::Table(inner) = root.entry(table).or_insert_with(|| Value::Table(Table::new())) {
                    inner.insert(name.to_owned(), value);
                }
            }
        }
    }
    root
}

fn refuse(setting: &Setting, found: &str) -> SettingsError {
    SettingsError::Value { name: setting.name.to_owned(), problem: format!("must be {}, not {found}", setting.kind.name()) }
}

fn fit(setting: &Setting, value: Value) -> Result<Value, SettingsError> {
    let fits = match (setting.kind, &value) {
        (Kind::Text, Value::String(_)) | (Kind::Bool, Value::Boolean(_)) => true,
        (Kind::Number, Value::Integer(number)) => *number >= 0,
        (Kind::List, Value::Array(items)) => items.iter().all(Value::is_str),
        (Kind::Choice(words), Value::String(text)) => words.contains(&text.as_str()),
        _ => false,
    };
    if fits { Ok(value) } else { Err(refuse(setting, &masked(&value.to_string()))) }
}

fn from_text(setting: &Setting, text: &str) -> Result<Value, SettingsError> {
    let value = match setting.kind {
        Kind::Text | Kind::Choice(_) => Value::String(text.to_owned()),
        Kind::Bool => Value::Boolean(text.parse().map_err(|_| refuse(setting, &format!("\"{text}\"")))?),
        Kind::Number => Value::Integer(text.parse().map_err(|_| refuse(setting, &format!("\"{text}\"")))?),
        Kind::List => Value::Array(
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(|item| Value::String(item.to_owned())).collect(),
        ),
    };
    fit(setting, value)
}

/// The tables `[[remote]]`.
fn remotes(value: Value) -> Result<Vec<Remote>, SettingsError> {
    let wrong = |problem: String| SettingsError::Value { name: "remote".to_owned(), problem };
    let Value::Array(tables) = value else {
        return Err(wrong("must be written as [[remote]], once for each datastore".to_owned()));
    };
    let mut remotes: Vec<Remote> = Vec::with_capacity(tables.len());
    for table in tables {
        let remote: Remote = table.try_into().map_err(|error: toml::de::Error| wrong(format!("is wrong: {}", error.message())))?;
        if remote.local_id.is_empty() || remotes.iter().any(|known| known.local_id == remote.local_id) {
            return Err(wrong(format!("has the local_id \"{}\", which is empty or stands there twice", remote.local_id)));
        }
        if !["http://", "https://"].iter().any(|scheme| remote.hostname.starts_with(scheme)) {
            return Err(wrong(format!("has the hostname \"{}\", which must begin with https:// or http://", remote.hostname)));
        }
        remotes.push(remote);
    }
    Ok(remotes)
}

/// A network, or an address alone.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: std::net::IpAddr| IpNet::from(address)))
}

/// Bytes of one image or blob: beside others it must fit into one row of the database.
const MOST_UPLOAD: usize = 128 << 20;

/// What the types cannot say.
fn check(settings: &Settings) -> Result<(), SettingsError> {
    let value = |name: &str, problem: String| SettingsError::Value { name: name.to_owned(), problem };
    if let Some(text) = settings.trusted_proxies.iter().find(|text| network(text).is_none()) {
        return Err(value("trusted_proxies", format!("has the item \"{text}\", which is neither an IP address nor a CIDR range")));
    }
    if settings.keys.max_lifetime_days > 366 {
        return Err(value("keys.max_lifetime_days", "can only lower the limit of one year".to_owned()));
    }
    if settings.rest.max_top < 100_000 {
        return Err(value("rest.max_top", "must be at least 100000: clients of the dialect ask for that many".to_owned()));
    }
    if settings.rest.max_upload_bytes > MOST_UPLOAD {
        return Err(value("rest.max_upload_bytes", format!("must be at most {MOST_UPLOAD}: a row holds no more")));
    }
    if settings.rest.max_waiting_upload_bytes / 3 < settings.rest.max_upload_bytes as u64 {
        return Err(value("rest.max_waiting_upload_bytes", "must be at least three times rest.max_upload_bytes".to_owned()));
    }
    if let Err(text) = crate::functions::AllowedHosts::parse(&settings.functions.allow_hosts) {
        let problem = format!("has the item \"{text}\": write a name or an address, with a port or without, as api.example.org:8443");
        return Err(value("functions.allow_hosts", problem));
    }
    for (name, number, least, most) in [
        ("functions.timeout_ms", settings.functions.timeout_ms, 1, 600_000),
        ("functions.memory_mb", settings.functions.memory_mb, 8, 16_384),
        ("functions.workers", settings.functions.workers as u64, 0, 1024),
    ] {
        if !(least..=most).contains(&number) {
            return Err(value(name, format!("must be from {least} to {most}")));
        }
    }
    if settings.rest.default_entity_set_timeout == 0 {
        return Err(value("rest.default_entity_set_timeout", "must be at least 1".to_owned()));
    }
    if settings.rest.request_timeout_seconds == 0 {
        return Err(value("rest.request_timeout_seconds", "must be at least 1".to_owned()));
    }
    let console = &settings.console;
    for (name, number, most) in [
        ("rest.session_minutes", settings.rest.session_minutes, 60 * 24 * 30),
        ("console.session_idle_minutes", console.session_idle_minutes, 60 * 24 * 365),
        ("console.session_hours", console.session_hours, 24 * 365),
        ("console.fresh_minutes", console.fresh_minutes, 60 * 24),
    ] {
        if !(1..=most).contains(&number) {
            return Err(value(name, format!("must be from 1 to {most}")));
        }
    }
    let url = &settings.public_url;
    if !url.is_empty() {
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#'])) {
            return Err(value(
                "public_url",
                format!("must be a URL like \"https://books.example.org\" without path or trailing slash, not \"{url}\""),
            ));
        }
    }
    for (name, listen) in [("listen", &settings.listen), ("console_listen", &settings.console_listen)] {
        if !(listen.is_empty() && name == "console_listen") && listen.parse::<std::net::SocketAddr>().is_err() {
            return Err(value(name, format!("must be an address with a port like \"127.0.0.1:5397\", not \"{listen}\"")));
        }
    }
    if settings.keys.administration_listener == super::AdministrationListener::Console && settings.console_listen.is_empty() {
        return Err(value("keys.administration_listener", "is \"console\", but console_listen names no listener".to_owned()));
    }
    // Files of certificates lie in the application folder, which is not known here: they are read when the store is opened.
    for (name, url) in [("database.url", &settings.database.url), ("control.url", &settings.control.url)] {
        Location::check(url).map_err(|error| value(name, error.to_string()))?;
    }
    Ok(())
}
