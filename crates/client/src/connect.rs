//! How a datastore is reached (`openDatastore`'s `connectionInfo`, `remote-datastore.md` 1.2).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;

use crate::connections::Connections;
use crate::endpoint::Endpoint;
use crate::secret::HIDDEN;
use crate::{Error, Result};

/// What time it is, for the request log.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Where a datastore is, who asks, and how patiently.
///
/// ```
/// use claviger_client::Connect;
/// let connect = Connect::endpoint("https://library.example.org").api_key("claviger_…");
/// assert!(!format!("{connect:?}").contains("claviger_"));
/// ```
pub struct Connect {
    hostname: String,
    tls: Option<bool>,
    /// `None`: by the kind of address.
    tls_by_default: Option<bool>,
    api_key: Option<SecretString>,
    user: Option<String>,
    password: Option<SecretString>,
    idle_minutes: u32,
    pub(crate) local_id: Option<String>,
    pub(crate) replace: bool,
    pub(crate) warnings: Vec<String>,
    pub(crate) rules: Rules,
    pub(crate) http: Option<reqwest::ClientBuilder>,
    pub(crate) trust: Trust,
    pub(crate) connections: Option<Connections>,
}

/// Limits and patience.
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) retry_delay: Duration,
    pub(crate) answer_bytes: usize,
    pub(crate) page_size: usize,
    pub(crate) keeps_session: bool,
    pub(crate) clock: Clock,
}

/// Which certificates count.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    /// PEM.
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) accepts_anything: bool,
}

/// Who asks.
#[derive(Clone)]
pub(crate) enum Credential {
    Key(SecretString),
    User { name: String, password: SecretString, minutes: u32 },
    Nobody,
}

impl Connect {
    /// An endpoint by its address (`hostname`). With a scheme, the scheme decides; without one, TLS is used except for the machine itself.
    pub fn endpoint(hostname: impl Into<String>) -> Self {
        Self {
            hostname: hostname.into(),
            tls: None,
            tls_by_default: None,
            api_key: None,
            user: None,
            password: None,
            idle_minutes: 60,
            local_id: None,
            replace: false,
            warnings: Vec::new(),
            rules: Rules {
                connect_timeout: Duration::from_secs(5),
                request_timeout: Duration::from_secs(30),
                retries: 3,
                retry_delay: Duration::from_millis(200),
                answer_bytes: 256 << 20,
                page_size: 100,
                keeps_session: true,
                clock: Arc::new(machine_time),
            },
            http: None,
            trust: Trust::default(),
            connections: None,
        }
    }

    /// From the reference's raw `connectionInfo` object. As there, `tls` is false when it is not said and the host has no scheme.
    ///
    /// # Errors
    /// [`Error::Misuse`] when `hostname` is missing or a property has a wrong type. What is ignored is a [warning](crate::DataStore::warnings).
    pub fn from_connection_info(info: &Json) -> Result<Self> {
        let Json::Object(members) = info else {
            return Err(Error::Misuse("The connection information is not an object.".to_owned()));
        };
        let mut connect = Self::endpoint("");
        connect.tls_by_default = Some(false);
        for (name, value) in members {
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| Error::Misuse(format!("`{name}` is not a text.")));
            match name.as_str() {
                _ if value.is_null() => {}
                "hostname" => connect.hostname = text()?,
                "api-key" => connect = connect.api_key(text()?),
                "user" => connect.user = Some(text()?),
                "password" => connect.password = Some(text()?.into()),
                "tls" => connect.tls = Some(value.as_bool().ok_or_else(|| Error::Misuse("`tls` is not a boolean.".to_owned()))?),
                "idleTimeout" => {
                    let minutes = value.as_u64().and_then(|minutes| u32::try_from(minutes).ok());
                    connect =
                        connect.idle_timeout(minutes.ok_or_else(|| Error::Misuse("`idleTimeout` is no number of minutes.".to_owned()))?);
                }
                "type" if value == "4D Server" => {}
                "type" => return Err(Error::Misuse("`type` must be \"4D Server\".".to_owned())),
                "passwordAlgorithm" => connect.warn("`passwordAlgorithm` is ignored."),
                other => connect.warn(&format!("The property `{other}` is not known and was ignored.")),
            }
        }
        if connect.hostname.is_empty() {
            return Err(Error::Misuse("`hostname` is missing.".to_owned()));
        }
        Ok(connect)
    }

    /// The API key (`api-key`).
    pub fn api_key(mut self, secret: impl Into<String>) -> Self {
        // Of a file it has a line's end, which is not part of it.
        self.api_key = Some(secret.into().trim().into());
        self
    }

    /// Name and password on a server that has users (`user`, `password`). An API key comes first.
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self.password = Some(password.into().into());
        self
    }

    /// HTTPS or not (`tls`), for addresses without scheme.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Minutes without a request after which the session of a user ends (`idleTimeout`); at least 60. Ignored with an API key.
    pub fn idle_timeout(mut self, minutes: u32) -> Self {
        self.idle_minutes = minutes.max(60);
        self
    }

    /// The alias of the connection in this process (`localID`): the second `open` with it gives the first one's datastore and session.
    pub fn local_id(mut self, alias: impl Into<String>) -> Self {
        self.local_id = Some(alias.into());
        self
    }

    /// A connection that the alias already has is made anew: the old one is closed once the new one has been accepted.
    pub fn replace(mut self, replace: bool) -> Self {
        self.replace = replace;
        self
    }

    /// How long connecting may take; 5 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.rules.connect_timeout = limit;
        self
    }

    /// How long one request may take in all; 30 seconds.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.rules.request_timeout = limit;
        self
    }

    /// How often a GET is repeated when the server cannot be reached, and how long to wait before the first time (then twice as long, and so on);
    /// 3 times, 200 milliseconds. Other requests are never repeated.
    pub fn retries(mut self, times: u32, first_delay: Duration) -> Self {
        self.rules.retries = times;
        self.rules.retry_delay = first_delay;
        self
    }

    /// The longest answer that is read, in bytes; 256 MiB.
    pub fn largest_answer(mut self, bytes: usize) -> Self {
        self.rules.answer_bytes = bytes;
        self
    }

    /// Entities that are asked for at once; 100.
    pub fn page_size(mut self, entities: usize) -> Self {
        self.rules.page_size = entities.max(1);
        self
    }

    /// Without a session: every request says `NoSession-4D`, and no cookie is kept. Locks then belong to the key.
    pub fn without_session(mut self) -> Self {
        self.rules.keeps_session = false;
        self
    }

    /// The HTTP client to build on, for name resolution, proxies and local addresses of your own. What it says of redirects, TLS and the time to
    /// connect is replaced: redirects are never followed, so that the key goes nowhere else. A resolver is not asked about addresses in numbers.
    pub fn http(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.http = Some(builder);
        self
    }

    /// Connections that other datastores use, too: what this says of the [HTTP client](Self::http), of certificates and of the time to connect does
    /// not count any more. They should be [made](Self::connections) for the same host.
    pub fn over(mut self, connections: &Connections) -> Self {
        self.connections = Some(connections.clone());
        self
    }

    /// Connections as this says, for several datastores to go [over](Self::over). None is made yet.
    ///
    /// # Errors
    /// [`Error::Misuse`] when `hostname` and `tls` make no sense, or a certificate is none.
    pub fn connections(&mut self) -> Result<Connections> {
        Connections::new(self)
    }

    /// One more root certificate, as PEM, besides those of the machine.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust.roots.push(pem.into());
        self
    }

    /// Whoever answers is believed. **Anybody between here and the server can then read the API key and everything else.** For trials only.
    pub fn danger_accept_any_certificate_even_an_attackers(mut self) -> Self {
        self.trust.accepts_anything = true;
        self
    }

    /// The clock of the request log.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.rules.clock = clock;
        self
    }

    pub(crate) fn warn(&mut self, text: &str) {
        tracing::warn!(hostname = %shown(&self.hostname), "{text}");
        self.warnings.push(text.to_owned());
    }

    /// Name and port of the host that this leads to (CI-1 to CI-3).
    ///
    /// # Errors
    /// [`Error::Misuse`] when `hostname` and `tls` make no sense.
    pub fn host(&self) -> Result<(String, u16)> {
        let endpoint = self.address()?;
        Ok((endpoint.name, endpoint.port))
    }

    /// `https://library.example.org:443`, what this leads to, without path.
    ///
    /// # Errors
    /// As [`host`](Self::host).
    pub fn origin(&self) -> Result<String> {
        Ok(self.address()?.origin())
    }

    pub(crate) fn address(&self) -> Result<Endpoint> {
        Endpoint::new(&self.hostname, self.tls, self.tls_by_default)
    }

    /// Who asks; warns when two were named.
    pub(crate) fn credential(&mut self) -> Credential {
        if self.api_key.is_some() && self.user.is_some() {
            self.user = None;
            self.warn("`api-key` and `user` were both given; the key is used.");
        }
        match (&self.api_key, &self.user) {
            (Some(key), _) => Credential::Key(key.clone()),
            (None, Some(user)) => {
                Credential::User { name: user.clone(), password: self.password.clone().unwrap_or_default(), minutes: self.idle_minutes }
            }
            (None, None) => Credential::Nobody,
        }
    }

    pub(crate) fn idle_minutes(&self) -> u32 {
        self.idle_minutes
    }
}

impl Credential {
    /// The user's name; empty with a key.
    pub(crate) fn user(&self) -> &str {
        if let Self::User { name, .. } = self { name } else { "" }
    }

    /// What must never be shown.
    pub(crate) fn secret(&self) -> Option<&str> {
        match self {
            Self::Key(secret) | Self::User { password: secret, .. } => Some(secret.expose_secret()).filter(|secret| !secret.is_empty()),
            Self::Nobody => None,
        }
    }

    /// The same caller.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.user() == other.user() && self.secret() == other.secret()
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |given: bool| given.then_some(HIDDEN);
        f.debug_struct("Connect")
            .field("hostname", &shown(&self.hostname))
            .field("tls", &self.tls)
            .field("api_key", &hidden(self.api_key.is_some()))
            .field("user", &self.user)
            .field("password", &hidden(self.password.is_some()))
            .field("local_id", &self.local_id)
            .finish_non_exhaustive()
    }
}

/// The address without what must not stand in it and sometimes does: a name, a password, a query.
fn shown(hostname: &str) -> String {
    let (scheme, rest) = hostname.split_once("://").map_or((String::new(), hostname), |(scheme, rest)| (format!("{scheme}://"), rest));
    let (hidden, rest) = match rest.rsplit_once('@') {
        // Where the password ends is anybody's guess.
        Some((before, _)) if before.contains(['/', '?', '#']) => return format!("{scheme}{HIDDEN}"),
        Some((_, rest)) => (format!("{HIDDEN}@"), rest),
        None => (String::new(), rest),
    };
    match rest.split_once(['?', '#']) {
        Some((path, _)) => format!("{scheme}{hidden}{path}?{HIDDEN}"),
        None => format!("{scheme}{hidden}{rest}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock of a program that gave none")]
fn machine_time() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Connect, Credential};

    #[test]
    fn the_raw_object_is_taken_with_all_its_properties() {
        let info = json!({
            "hostname": "lib.example:8443", "user": "ines", "password": "hunter2", "passwordAlgorithm": "bcrypt", "idleTimeout": 5,
            "tls": true, "type": "4D Server", "colour": "blue",
        });
        let mut connect = Connect::from_connection_info(&info).unwrap();
        assert_eq!(connect.address().unwrap().url("/rest/"), "https://lib.example:8443/rest/");
        assert!(matches!(connect.credential(), Credential::User { name, minutes: 60, .. } if name == "ines"));
        assert_eq!(connect.warnings.len(), 2, "{:?}", connect.warnings);
        assert!(connect.warnings[1].contains("colour"));
        assert!(!format!("{connect:?}").contains("hunter2"));
    }

    #[test]
    fn the_raw_objects_default_is_without_tls() {
        let connect = Connect::from_connection_info(&json!({ "hostname": "lib.example" })).unwrap();
        assert!(!connect.address().unwrap().tls);
        assert!(Connect::endpoint("lib.example").address().unwrap().tls);
    }

    #[test]
    fn the_key_wins_over_the_user_with_one_warning() {
        let mut connect = Connect::from_connection_info(&json!({ "hostname": "x", "api-key": "k", "user": "u", "password": "p" })).unwrap();
        assert!(matches!(connect.credential(), Credential::Key(_)));
        assert_eq!(connect.warnings.len(), 1);
        assert!(matches!(connect.credential(), Credential::Key(_)));
        assert_eq!(connect.warnings.len(), 1);
    }

    #[test]
    fn a_key_from_a_file_is_without_the_lines_end() {
        let mut connect = Connect::endpoint("lib.example").api_key("claviger_abc\r\n");
        assert_eq!(connect.credential().secret(), Some("claviger_abc"));
        let mut raw = Connect::from_connection_info(&json!({ "hostname": "x", "api-key": " claviger_abc\n" })).unwrap();
        assert_eq!(raw.credential().secret(), Some("claviger_abc"));
    }

    #[test]
    fn an_address_with_secrets_is_shown_without_them() {
        for (hostname, shown) in [
            ("https://library.example.org/team", "https://library.example.org/team"),
            ("http://ines:hunter2@lib.example:80/x", "http://***@lib.example:80/x"),
            ("ines:hunter2@lib.example", "***@lib.example"),
            ("http://ines:hun@ter2@lib.example", "http://***@lib.example"),
            ("@lib.example", "***@lib.example"),
            ("https://lib.example?api-key=hunter2", "https://lib.example?***"),
            ("https://lib.example/#hunter2", "https://lib.example/?***"),
            ("https://lib.example/?pass=x@hunter2", "https://***"),
            ("https://ines:hunter2?@lib.example", "https://***"),
        ] {
            let debugged = format!("{:?}", Connect::endpoint(hostname));
            assert!(debugged.contains(&format!("{shown:?}")) && !debugged.contains("hunter2"), "{debugged}");
        }
    }

    #[test]
    fn wrong_types_are_refused_without_repeating_the_value() {
        for wrong in [
            json!([]),
            json!({}),
            json!({ "hostname": 7 }),
            json!({ "hostname": "x", "api-key": 99_887_766 }),
            json!({ "hostname": "x", "tls": "yes" }),
            json!({ "hostname": "x", "idleTimeout": -1 }),
            json!({ "hostname": "x", "type": "SQL" }),
        ] {
            let error = Connect::from_connection_info(&wrong).unwrap_err().to_string();
            assert!(!error.contains("99887766"), "{error}");
        }
    }
}
