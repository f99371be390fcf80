//! Settings: `claviger.toml`, overridden by `CLAVIGER_…__…` variables (`interface.md` 3).
//!
//! [`reference`] is the one table of names, types and defaults; [`Settings::load`] lays file and environment over it.

mod load;
pub mod reference;
#[cfg(test)]
mod tests;
mod url;

use std::path::{Path, PathBuf};

use claviger_query::Options;
use claviger_store::Location;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use load::{Loaded, SettingsError, load};
pub use url::DatabaseUrl;

use crate::rest::EntityUri;

/// What start and `doctor` say when `keys.check` is off.
pub const KEYS_ARE_NOT_CHECKED: &str = "keys.check = \"off_everybody_is_guest\": API keys are NOT checked. Everybody who reaches this server may do \
                                        what roles.json gives to guests. Set keys.check = \"on\" unless that is meant";

/// All settings with their effective values.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Settings {
    pub name: String,
    pub environment: String,
    pub listen: String,
    pub public_url: String,
    pub console_listen: String,
    pub trusted_proxies: Vec<String>,
    pub database: Database,
    pub control: Control,
    pub keys: Keys,
    pub rest: Rest,
    pub console: Console,
    pub limits: Limits,
    pub functions: Functions,
    pub log: Log,
    #[serde(default)]
    pub remote: Vec<Remote>,
}

/// `[[remote]]`: another application's datastore, which functions have as `ds("local_id")` (`remote-datastore.md` 8.5).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// Its alias.
    pub local_id: String,
    /// Its endpoint, as `https://library.example.org`.
    pub hostname: String,
    /// The file that holds the API key, below the application folder or with its whole path.
    pub api_key_file: PathBuf,
}

/// `[functions]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Functions {
    pub timeout_ms: u64,
    pub memory_mb: u64,
    pub workers: usize,
    pub allow_hosts: Vec<String>,
}

/// `[database]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Database {
    pub url: DatabaseUrl,
    pub mode: Mode,
    pub durability: Durability,
    pub stamp: Stamp,
    pub allow_destructive: bool,
    pub readers: usize,
}

/// `[control]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Control {
    pub url: DatabaseUrl,
}

/// `[keys]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Keys {
    pub check: KeyCheck,
    pub reveal: Switch,
    pub max_lifetime_days: u32,
    pub master_key_file: String,
    pub administration_listener: AdministrationListener,
    pub admin_protection: bool,
}

/// `[rest]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Rest {
    #[serde(with = "entity_uri")]
    pub entity_uri: EntityUri,
    pub star_wildcard: bool,
    pub allow_delete_all: bool,
    pub allow_get_delete: bool,
    pub strict_attributes: bool,
    pub catalog: Catalog,
    pub open_without_roles: bool,
    pub max_top: u64,
    pub max_body_bytes: usize,
    pub max_upload_bytes: usize,
    pub max_waiting_upload_bytes: u64,
    pub max_answer_bytes: usize,
    pub request_timeout_seconds: u64,
    pub cors_origins: Vec<String>,
    pub default_entity_set_timeout: u32,
    pub max_entity_set_timeout: u32,
    pub nb_entity_sets: usize,
    pub max_entity_set_bytes: usize,
    pub session_minutes: i64,
    pub session_same_site: SameSite,
    pub lock_info: LockInfo,
}

/// `[console]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Console {
    pub session_idle_minutes: i64,
    pub session_hours: i64,
    pub fresh_minutes: i64,
}

/// `[limits]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Limits {
    pub connections: usize,
    pub first_byte_seconds: u64,
    pub header_seconds: u64,
    pub idle_seconds: u64,
    pub drain_seconds: u64,
    pub refusals_per_minute: u32,
    pub sessions_per_key: usize,
}

/// `[log]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub struct Log {
    pub format: LogFormat,
    pub level: LogLevel,
    pub requests: LogRequests,
    pub permissions: LogPermissions,
}

/// A setting of a few words, in lower case in the file.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        #[expect(missing_docs, reason = "settings::reference describes each")]
        pub enum $name { $($variant),+ }
    };
}

words!(
    /// `database.mode`
    Mode { Owned, Attached }
);
words!(
    /// `database.durability`
    Durability { Full, Normal }
);
words!(
    /// `database.stamp`
    Stamp { Side, Hash }
);
/// `keys.check`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "settings::reference describes each")]
pub enum KeyCheck {
    On,
    /// Long, so that nobody writes it without knowing what it means.
    OffEverybodyIsGuest,
}

words!(
    /// `rest.session_same_site`
    SameSite { Strict, Lax, None }
);
words!(
    /// `rest.lock_info`
    LockInfo { Minimal, Full }
);
words!(
    /// `keys.reveal`
    Switch { On, Off }
);
words!(
    /// `keys.administration_listener`
    AdministrationListener { Any, Console }
);
words!(
    /// `rest.catalog`
    Catalog { All, Readable }
);
words!(
    /// `log.format`
    LogFormat { Text, Json }
);
words!(
    /// `log.level`
    LogLevel { Error, Warn, Info, Debug }
);
words!(
    /// `log.requests`
    LogRequests { All, Refused, Off }
);
words!(
    /// `log.permissions`
    LogPermissions { Off, Denied }
);

impl Rest {
    /// What changes the meaning of a request.
    pub fn options(&self) -> Options {
        Options {
            star_wildcard: self.star_wildcard,
            allow_delete_all: self.allow_delete_all,
            allow_get_delete: self.allow_get_delete,
            strict_attributes: self.strict_attributes,
            catalog_readable: self.catalog == Catalog::Readable,
            max_top: self.max_top,
        }
    }

    /// How long entity sets live, and how many.
    pub fn entity_sets(&self) -> claviger_store::sets::Limits {
        claviger_store::sets::Limits {
            default_life: i64::from(self.default_entity_set_timeout) * 1000,
            max_life: i64::from(self.max_entity_set_timeout) * 1000,
            most_sets: self.nb_entity_sets,
            most_bytes: self.max_entity_set_bytes,
        }
    }
}

impl Settings {
    /// The trusted proxies, parsed; the loader has refused what is none.
    pub fn trusted_networks(&self) -> Vec<IpNet> {
        self.trusted_proxies.iter().filter_map(|text| load::network(text)).collect()
    }

    /// The mode without keys (`keys.check`): whoever asks is a guest.
    pub(crate) fn is_everybody_guest(&self) -> bool {
        self.keys.check == KeyCheck::OffEverybodyIsGuest
    }

    /// True when browsers reach the console through TLS, so that its cookie must be `Secure`.
    pub fn is_public_https(&self) -> bool {
        self.public_url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }

    /// Where the application's database is; a path is relative to the application folder.
    pub fn database_location(&self, folder: &Path) -> Result<Location, SettingsError> {
        location("database.url", &self.database.url, folder)
    }

    /// Where the control store is; a path is relative to the application folder.
    pub fn control_location(&self, folder: &Path) -> Result<Location, SettingsError> {
        location("control.url", &self.control.url, folder)
    }

    /// The file of an attached SQLite database's stamps: beside the control store, or in `data/` when that is on a server.
    pub fn stamps_path(&self, folder: &Path) -> Result<PathBuf, SettingsError> {
        let control = self.control_location(folder)?;
        Ok(control.file().map_or_else(|| folder.join("data/stamps.db"), |file| file.with_file_name("stamps.db")))
    }
}

fn location(name: &str, url: &str, folder: &Path) -> Result<Location, SettingsError> {
    Location::parse(url, folder).map_err(|error| SettingsError::Value { name: name.to_owned(), problem: error.to_string() })
}

impl Default for Settings {
    /// Every default of the reference.
    fn default() -> Self {
        load(None, std::iter::empty()).expect("the defaults of the reference fit the settings").settings
    }
}

/// `brackets` and `parentheses`, without making the wire module know about settings files.
mod entity_uri {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::rest::EntityUri;

    pub(super) fn serialize<S: Serializer>(style: &EntityUri, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if *style == EntityUri::Brackets { "brackets" } else { "parentheses" })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EntityUri, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "brackets" => Ok(EntityUri::Brackets),
            "parentheses" => Ok(EntityUri::Parentheses),
            other => Err(D::Error::custom(format!("\"{other}\" is neither \"brackets\" nor \"parentheses\""))),
        }
    }
}
