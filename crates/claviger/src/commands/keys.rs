//! `claviger keys`: what the console does with API keys, on the same store, also while the server runs.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use claviger_access::{KeyDraft, KeyId, KeyRecord, KeyRules, KeyState, KeyType, Roles, Secret, key};
use claviger_server::settings::Settings;
use claviger_store::control::{Actor, ControlError, KeyFilter};
use serde_json::{Value, json};

use crate::clock;
use crate::control::Control;
use crate::failure::{Usage, one_line};
use crate::folder::Folder;
use crate::output::{Output, record as lines, table};

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Makes a key and prints its record with the secret.
    Create(Properties),
    /// Lists all keys, newest first, without secrets.
    List {
        /// Only keys whose description, ID or role contains this text.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Only keys in this state: active, expiresSoon, expired, roleMissing.
        #[arg(long, value_name = "STATE", value_parser = state)]
        state: Option<KeyState>,
    },
    /// Prints the record of a key, without its secret.
    Show {
        /// The key's ID.
        id: String,
    },
    /// Changes a key; its ID and its secret stay. Acts on the next request.
    Edit {
        /// The key's ID.
        id: String,
        #[command(flatten)]
        properties: Changes,
    },
    /// Prints the secret of a key.
    Reveal {
        /// The key's ID.
        id: String,
    },
    /// Gives a key a new secret and prints it.
    Regenerate {
        /// The key's ID.
        id: String,
        /// How long the old secret still works: `90s`, `15m`, `24h`, `7d` at most.
        #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = overlap)]
        overlap: Duration,
    },
    /// Deletes a key.
    Delete {
        /// The key's ID.
        id: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Type of a key, as typed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Type {
    Standard,
    Administration,
}

/// Options of `keys create`.
#[derive(Args)]
pub(crate) struct Properties {
    /// What the key is for.
    #[arg(long, value_name = "TEXT")]
    description: String,
    /// Standard keys follow their role, Administration keys reach all exposed data.
    #[arg(long = "type", value_enum, default_value = "standard")]
    key_type: Type,
    /// The role of a Standard key; `Admin` when absent and declared.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// The last day of the key (UTC), or days from today; the latest day allowed when absent.
    #[arg(long, value_name = "YYYY-MM-DD|Nd")]
    expires: Option<String>,
    /// An address or CIDR range that the key may be used from; may be repeated. None: every host.
    #[arg(long = "allow-host", value_name = "IP")]
    allow_host: Vec<String>,
}

/// Options of `keys edit`.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Changes {
    /// What the key is for.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Standard or Administration.
    #[arg(long = "type", value_enum)]
    key_type: Option<Type>,
    /// The role of a Standard key.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// The last day of the key (UTC), or days from today.
    #[arg(long, value_name = "YYYY-MM-DD|Nd")]
    expires: Option<String>,
    /// Replaces the list of addresses and ranges; may be repeated.
    #[arg(long = "allow-host", value_name = "IP")]
    allow_host: Vec<String>,
    /// Empties the list: the key works from every host.
    #[arg(long, conflicts_with = "allow_host")]
    allow_every_host: bool,
}

impl Keys {
    pub(crate) fn run(self, folder: &Folder, output: &Output) -> Result<()> {
        let settings = folder.settings()?.settings;
        let control = Control::open(folder, &settings)?;
        let keys = Opened { folder, settings: &settings, control: &control };
        match self {
            Self::Create(properties) => {
                let (record, secret) = keys.create(properties)?;
                show(output, &record, Some(&secret), keys.known_roles().as_ref())
            }
            Self::List { search, state } => keys.list(search, state, output),
            Self::Show { id } => show(output, &keys.find(&id)?, None, keys.known_roles().as_ref()),
            Self::Edit { id, properties } => keys.edit(&id, properties, output),
            Self::Reveal { id } => keys.reveal(&id, output),
            Self::Regenerate { id, overlap } => keys.regenerate(&id, overlap, output),
            Self::Delete { id, yes } => keys.delete(&id, yes, output),
        }
    }
}

/// The record of a key, for commands that only look.
pub(crate) fn record(folder: &Folder, settings: &Settings, id: &str) -> Result<KeyRecord> {
    let control = Control::open(folder, settings)?;
    Opened { folder, settings, control: &control }.find(id)
}

/// Makes a key of a program that knows what it wants (`demo`).
pub(crate) fn create(
    folder: &Folder,
    settings: &Settings,
    control: &Control,
    description: &str,
    role: &str,
) -> Result<(KeyRecord, Secret)> {
    let properties = Properties {
        description: description.to_owned(),
        key_type: Type::Standard,
        role: Some(role.to_owned()),
        expires: None,
        allow_host: Vec::new(),
    };
    Opened { folder, settings, control }.create(properties)
}

/// What the commands work on.
struct Opened<'a> {
    folder: &'a Folder,
    settings: &'a Settings,
    control: &'a Control,
}

impl Opened<'_> {
    /// The roles in force: what a key can be given.
    fn roles(&self) -> Result<Roles> {
        let model = self.folder.model(&self.settings.name)?;
        self.folder.roles(&model, self.settings)
    }

    /// The roles for showing the state of keys. None, and a line that says why, when a file has errors: keys must be listed, shut off and
    /// given new secrets then too.
    fn known_roles(&self) -> Option<Roles> {
        let roles = self.roles();
        if let Err(error) = &roles {
            eprintln!("claviger: the state of keys is not known: {}", one_line(error));
        }
        roles.ok()
    }

    fn rules<'r>(&self, roles: &'r Roles) -> KeyRules<'r> {
        KeyRules { today: today(), max_lifetime_days: self.settings.keys.max_lifetime_days, roles }
    }

    fn find(&self, id: &str) -> Result<KeyRecord> {
        let parsed = parse_id(id)?;
        self.control.store.key(&parsed)?.with_context(|| no_such_key(id))
    }

    fn create(&self, properties: Properties) -> Result<(KeyRecord, Secret)> {
        both_type_and_role(Some(properties.key_type), properties.role.as_deref())?;
        let mut draft = KeyDraft::default();
        draft.description = Some(properties.description);
        draft.key_type = Some(type_name(properties.key_type).to_owned());
        draft.role = properties.role.map(Some);
        draft.expires_on = properties.expires.as_deref().map(expires).transpose()?;
        draft.allowed_hosts = Some(properties.allow_host);
        let roles = self.roles()?;
        let created = self.control.store.create_key(draft, self.rules(&roles), self.control.seal()?, &Actor::command_line());
        let created = created.map_err(refused)?;
        self.control.announce();
        Ok(created)
    }

    fn edit(&self, id: &str, changes: Changes, output: &Output) -> Result<()> {
        both_type_and_role(changes.key_type, changes.role.as_deref())?;
        let mut draft = KeyDraft::default();
        draft.description = changes.description;
        draft.key_type = changes.key_type.map(|key_type| type_name(key_type).to_owned());
        draft.role = changes.role.map(Some);
        draft.expires_on = changes.expires.as_deref().map(expires).transpose()?;
        draft.allowed_hosts = (changes.allow_every_host || !changes.allow_host.is_empty()).then_some(changes.allow_host);
        // Hosts, days and the description can be changed while roles.json has errors; a role cannot be judged then.
        let needs_roles = draft.role.is_some() || draft.key_type.as_deref() == Some(KeyType::Standard.name());
        let roles = if needs_roles { Some(self.roles()?) } else { self.known_roles() };
        let judged = roles.clone().unwrap_or_else(Roles::absent);
        let edited = self.control.store.edit_key(&parse_id(id)?, draft, self.rules(&judged), None, &Actor::command_line());
        let record = edited.map_err(refused)?;
        self.control.announce();
        show(output, &record, None, roles.as_ref())
    }

    fn list(&self, search: Option<String>, state: Option<KeyState>, output: &Output) -> Result<()> {
        let roles = if state.is_some() { Some(self.roles()?) } else { self.known_roles() };
        let filter = KeyFilter { text: search, state, ..KeyFilter::default() };
        let records = self.control.store.keys(&filter, &roles.clone().unwrap_or_else(Roles::absent))?.records;
        let shown = records.iter().map(|record| as_json(record, roles.as_ref())).collect::<Result<Vec<_>>>()?;
        output.result(&shown, |_| {
            if records.is_empty() {
                return "Nothing to show here".to_owned();
            }
            let rows = records.iter().map(|record| {
                [
                    record.id.to_string(),
                    record.description.clone(),
                    record.key_type.to_string(),
                    record.role.clone().unwrap_or_default(),
                    record.expires_on.to_string(),
                    hosts(record),
                    record.last_used_at.map_or_else(|| "never".to_owned(), |at| clock::text(at.as_millisecond())),
                    state_of(record, roles.as_ref()).unwrap_or("unknown").to_owned(),
                ]
            });
            table(["id", "description", "type", "role", "expires", "allowed hosts", "last used", "state"], rows)
        })
    }

    fn reveal(&self, id: &str, output: &Output) -> Result<()> {
        let Some(master_key) = self.control.seal()? else {
            bail!("keys.reveal is \"off\": secrets are shown once, at creation; `claviger keys regenerate {id}` makes a new one");
        };
        let secret = self.control.store.reveal_key(&parse_id(id)?, master_key, &Actor::command_line());
        let secret = secret.map_err(|error| match error {
            ControlError::NotSealed | ControlError::OtherMasterKey(_) => {
                anyhow::Error::new(error).context(format!("cannot reveal; `claviger keys regenerate {id}` makes a new secret"))
            }
            other => refused(other),
        })?;
        output.result(&json!({ "id": id, "secret": secret.expose() }), |_| secret.expose().to_owned())
    }

    fn regenerate(&self, id: &str, overlap: Duration, output: &Output) -> Result<()> {
        let done = self.control.store.regenerate_key(&parse_id(id)?, overlap, self.control.seal()?, &Actor::command_line());
        let (record, secret) = done.map_err(refused)?;
        self.control.announce();
        show(output, &record, Some(&secret), self.known_roles().as_ref())
    }

    fn delete(&self, id: &str, yes: bool, output: &Output) -> Result<()> {
        let record = self.find(id)?;
        if !yes && !confirmed(&format!("Delete the key {id} ({})?", record.description))? {
            bail!("nothing deleted");
        }
        self.control.store.delete_key(&record.id, &Actor::command_line()).map_err(refused)?;
        self.control.announce();
        output.result(&json!({ "deleted": record.id }), |_| format!("deleted {id}"))
    }
}

fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(clock::now()).unwrap_or_default()
}

fn today() -> jiff::civil::Date {
    key::day_of(now())
}

fn type_name(key_type: Type) -> &'static str {
    match key_type {
        Type::Standard => KeyType::Standard.name(),
        Type::Administration => KeyType::Administration.name(),
    }
}

/// The console drops a role that it hides (K-32); who types one beside `administration` means something else.
fn both_type_and_role(key_type: Option<Type>, role: Option<&str>) -> Result<()> {
    if matches!(key_type, Some(Type::Administration)) && role.is_some() {
        return Err(Usage("an administration key has no role: leave out --role, or choose --type standard".to_owned()).into());
    }
    Ok(())
}

fn parse_id(id: &str) -> Result<KeyId> {
    id.parse().ok().with_context(|| no_such_key(id))
}

fn no_such_key(id: &str) -> String {
    format!("no key {id}: see `claviger keys list`")
}

/// A date, or days from today, as a date.
fn expires(text: &str) -> Result<String> {
    let date = key::parse_expires(text, today());
    Ok(date
        .ok_or_else(|| Usage(format!("--expires \"{text}\" is neither a date like 2026-05-31 nor a number of days like 90d")))?
        .to_string())
}

fn overlap(text: &str) -> Result<Duration, String> {
    key::parse_overlap(text).ok_or_else(|| "write 90s, 15m, 24h or 7d; seven days at most".to_owned())
}

fn state(text: &str) -> Result<KeyState, String> {
    KeyState::from_name(text).ok_or_else(|| "is none of active, expiresSoon, expired, roleMissing".to_owned())
}

/// A refusal in one line: every field that is wrong.
fn refused(error: ControlError) -> anyhow::Error {
    match error {
        ControlError::Refused(fields) => {
            let fields: Vec<String> = fields.iter().map(|it| format!("{}: {}", it.field, it.message)).collect();
            anyhow::anyhow!("{}", fields.join(" "))
        }
        ControlError::Absent(what) => anyhow::anyhow!("{what} does not exist: see `claviger keys list`"),
        other => other.into(),
    }
}

/// Asks at the terminal; without one the question cannot be put.
pub(crate) fn confirmed(question: &str) -> Result<bool> {
    use std::io::{BufRead as _, IsTerminal as _, Write as _};
    if !std::io::stdin().is_terminal() {
        return Err(Usage("without a terminal this needs --yes".to_owned()).into());
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn hosts(record: &KeyRecord) -> String {
    if record.allowed_hosts.is_everyone() { "all".to_owned() } else { record.allowed_hosts.texts().collect::<Vec<_>>().join(", ") }
}

/// The state of a key. Without the roles only that it expired is known, which is the gravest anyhow.
fn state_of(record: &KeyRecord, roles: Option<&Roles>) -> Option<&'static str> {
    match roles {
        Some(roles) => Some(record.state(roles, now()).name()),
        None => Some(record.state(&Roles::absent(), now())).filter(|state| *state == KeyState::Expired).map(KeyState::name),
    }
}

/// The record as programs get it: with its state, null when that is not known.
fn as_json(record: &KeyRecord, roles: Option<&Roles>) -> Result<Value> {
    let mut value = serde_json::to_value(record)?;
    if let Value::Object(members) = &mut value {
        members.insert("state".to_owned(), state_of(record, roles).into());
    }
    Ok(value)
}

fn show(output: &Output, record: &KeyRecord, secret: Option<&Secret>, roles: Option<&Roles>) -> Result<()> {
    let mut value = as_json(record, roles)?;
    if let (Value::Object(members), Some(secret)) = (&mut value, secret) {
        members.insert("secret".to_owned(), secret.expose().into());
    }
    output.result(&value, |_| {
        let instant = |at: Option<jiff::Timestamp>| at.map_or_else(|| "never".to_owned(), |at| clock::text(at.as_millisecond()));
        let mut rows = vec![
            ("id", record.id.to_string()),
            ("description", record.description.clone()),
            ("type", record.key_type.to_string()),
            ("role", record.role.clone().unwrap_or_default()),
            ("expires", format!("{} (end of the day, UTC)", record.expires_on)),
            ("allowed hosts", hosts(record)),
            ("created", format!("{} by {}", instant(Some(record.created_at)), record.created_by)),
            ("last used", instant(record.last_used_at)),
            ("last used ip", record.last_used_ip.map(|ip: IpAddr| ip.to_string()).unwrap_or_default()),
            ("state", state_of(record, roles).unwrap_or("unknown").to_owned()),
        ];
        if let Some(secret) = secret {
            rows.push(("secret", secret.expose().to_owned()));
        }
        lines(&rows)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_dates_are_read() {
        assert_eq!(overlap("24h"), Ok(Duration::from_secs(86_400)));
        assert!(overlap("8d").is_err());
        assert_eq!(expires("2030-01-31").unwrap(), "2030-01-31");
        assert!(expires("soon").unwrap_err().is::<Usage>());
    }

    #[test]
    fn an_unknown_id_is_no_key() {
        assert!(parse_id("7").unwrap_err().to_string().contains("keys list"));
    }
}
