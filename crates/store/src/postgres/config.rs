//! `postgres://` URLs (the settings `database.url`, `control.url`): where the server is, who connects, how the connection is protected.
//!
//! The form is that of PostgreSQL's own library: `postgres://user:password@host:port/database?parameter=value`, several hosts separated by
//! commas, a folder of a Unix socket as `?host=/folder`. A password is never part of an error or of anything printed.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, Host, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs};

use super::tls::{TlsError, Trust};
use super::{Tls, tls};

/// Time for the connection to one address, unless the URL says another (`connect_timeout`).
const CONNECT: Duration = Duration::from_secs(5);
/// A peer that is gone is noticed after about this time, unless the URL says another (`tcp_user_timeout`).
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);
/// Silence after which a connection is probed, unless the URL says another (`keepalives_idle`).
const IDLE: Duration = Duration::from_secs(30);

/// Parameters that a URL may have, for the error about an unknown one.
const PARAMETERS: &str = "application_name, channel_binding, connect_timeout, dbname, host, hostaddr, keepalives, keepalives_idle, \
     keepalives_interval, keepalives_retries, load_balance_hosts, options, password, port, sslmode, sslnegotiation, sslrootcert, \
     target_session_attrs, tcp_user_timeout, user";

/// Why a URL cannot be used. Never has a password in it.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// Another scheme.
    #[error("begins with none of sqlite:, postgres:// and postgresql://")]
    Scheme,
    /// No host, in neither of the two places.
    #[error("names no host: write postgres://USER@HOST/DATABASE")]
    NoHost,
    /// No database: the server would take one named like the user.
    #[error("names no database: write postgres://USER@HOST/DATABASE")]
    NoDatabase,
    /// A part that is not what it should be; without its text, which may be a piece of a password.
    #[error("has no valid {0}; in a name or password the characters : / ? # [ ] @ % are written as %3A %2F %3F %23 %5B %5D %40 %25")]
    Part(&'static str),
    /// A parameter that does not exist.
    #[error("has the parameter {0}, which does not exist; there are {PARAMETERS}")]
    Unknown(String),
    /// A parameter whose value is none of those allowed.
    #[error("needs for the parameter {name} one of {allowed}")]
    Value {
        /// Which.
        name: &'static str,
        /// The words.
        allowed: &'static str,
    },
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A server and how it is reached: what [`tokio_postgres::Config::connect`] needs.
#[derive(Clone)]
pub struct Server {
    /// Addresses, user, password, database, time limits.
    pub config: Config,
    /// Protects the connection as `sslmode` says.
    pub tls: Tls,
}

impl Server {
    /// Reads a URL; a relative `sslrootcert` is a file below `folder`.
    pub fn parse(url: &str, folder: &Path) -> Result<Self, UrlError> {
        let (config, tls) = parse(url, folder)?;
        Ok(Self { config, tls })
    }

    /// Whether [`parse`](Self::parse) takes a URL, as far as no file tells.
    pub fn check(url: &str) -> Result<(), UrlError> {
        read(url).map(drop)
    }

    /// True when text is a URL of this engine.
    pub fn is_named_by(url: &str) -> bool {
        without_scheme(url).is_some()
    }
}

/// Where it is and who connects, without password and parameters: `postgres://user@host:port/database`.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = self.config.get_ports();
        let names = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let mut names: Vec<String> = names.collect();
        if names.is_empty() {
            names = self.config.get_hostaddrs().iter().map(ToString::to_string).collect();
        }
        for (at, name) in names.iter().enumerate() {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            write!(f, "{}{name}:{port}", if at > 0 { "," } else { "" })?;
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

/// A URL as it may be shown: user and password hidden as far as they can be told apart, also when the URL is not valid.
pub fn masked(url: &str) -> String {
    const HIDDEN: &str = "********";
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    // The last one: a password may have this character by mistake.
    let (who, rest) = rest.rsplit_once('@').map_or((None, rest), |(who, rest)| (Some(who), rest));
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let mut shown = format!("{scheme}://");
    if let Some(who) = who {
        let (user, has_password) = who.split_once(':').map_or((who, false), |(user, _)| (user, true));
        shown.push_str(user);
        if has_password {
            shown.push(':');
            shown.push_str(HIDDEN);
        }
        shown.push('@');
    }
    shown.push_str(place);
    let parameters = query.into_iter().flat_map(|query| query.split('&'));
    for (at, parameter) in parameters.enumerate() {
        let name = parameter.split('=').next().unwrap_or_default();
        let is_secret = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase().contains("pass");
        shown.push(if at == 0 { '?' } else { '&' });
        if is_secret {
            shown.push_str(&format!("{name}={HIDDEN}"));
        } else {
            shown.push_str(parameter);
        }
    }
    shown
}

fn without_scheme(url: &str) -> Option<&str> {
    url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))
}

/// What the parameters of a URL say about the certificates.
#[derive(Default)]
struct Certificates {
    mode: Option<String>,
    roots: Option<String>,
}

/// Reads a URL: the configuration of connections and what protects them. A relative `sslrootcert` is a file below `folder`. Time limits
/// that the URL does not give are set, so that a server that is away is noticed.
pub fn parse(url: &str, folder: &Path) -> Result<(Config, Tls), UrlError> {
    let (config, trust, roots) = read(url)?;
    let tls = tls::connector(trust, roots.map(|roots| folder.join(roots)).as_deref())?;
    Ok((config, tls))
}

/// What the text of a URL says; no file is looked at. With the name of the file of the issuers.
fn read(url: &str) -> Result<(Config, Trust, Option<String>), UrlError> {
    let rest = without_scheme(url).ok_or(UrlError::Scheme)?;
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    let (authority, database) = rest.split_once('/').map_or((rest, ""), |(authority, database)| (authority, database));
    let (who, hosts) = authority.rsplit_once('@').map_or((None, authority), |(who, hosts)| (Some(who), hosts));
    let mut config = Config::new();
    config.application_name("claviger").connect_timeout(CONNECT).tcp_user_timeout(UNACKNOWLEDGED).keepalives_idle(IDLE);
    config.keepalives_interval(Duration::from_secs(10)).keepalives_retries(3);
    if let Some(who) = who {
        let (user, password) = who.split_once(':').map_or((who, None), |(user, password)| (user, Some(password)));
        if who.contains('@') || user.is_empty() {
            return Err(UrlError::Part("user"));
        }
        config.user(decoded(user, "user")?);
        if let Some(password) = password {
            if password.contains(':') {
                return Err(UrlError::Part("password"));
            }
            config.password(decoded(password, "password")?);
        }
    }
    add_hosts(&mut config, hosts)?;
    if database.contains(['/', '@']) {
        return Err(UrlError::Part("database"));
    }
    if !database.is_empty() {
        config.dbname(decoded(database, "database")?);
    }
    let mut certificates = Certificates::default();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').ok_or(UrlError::Part("parameter"))?;
        set(&mut config, &mut certificates, &decoded(name, "parameter")?, &decoded(value, "parameter")?)?;
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(UrlError::NoHost);
    }
    let (hosts, addresses, ports) = (config.get_hosts().len(), config.get_hostaddrs().len(), config.get_ports().len());
    if (hosts > 0 && addresses > 0 && hosts != addresses) || (ports > 1 && ports != hosts.max(addresses)) {
        return Err(UrlError::Part("list of hosts, with as many addresses and ports"));
    }
    if config.get_dbname().is_none() {
        return Err(UrlError::NoDatabase);
    }
    let trust = protect(&mut config, &certificates)?;
    Ok((config, trust, certificates.roots.filter(|roots| roots != "system")))
}

fn decoded(text: &str, part: &'static str) -> Result<String, UrlError> {
    // A percent sign that begins nothing stands for itself in lenient decoders: here it is a password that somebody forgot to write as it must be.
    let bytes = text.as_bytes();
    let is_whole = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if text.bytes().enumerate().any(|(at, byte)| byte == b'%' && !is_whole(at)) || text.contains('#') {
        return Err(UrlError::Part(part));
    }
    let text = percent_decode_str(text).decode_utf8().map_err(|_| UrlError::Part(part))?;
    if text.contains('\0') { Err(UrlError::Part(part)) } else { Ok(text.into_owned()) }
}

fn add_hosts(config: &mut Config, hosts: &str) -> Result<(), UrlError> {
    if hosts.is_empty() {
        return Ok(());
    }
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[') {
            Some(address) => {
                let (address, port) = address.split_once(']').ok_or(UrlError::Part("host"))?;
                (address, port)
            }
            None => host.split_at(host.find(':').unwrap_or(host.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| UrlError::Part("port"))?,
            None if port.is_empty() => 5432,
            None => return Err(UrlError::Part("host")),
        };
        if name.is_empty() {
            return Err(UrlError::Part("host"));
        }
        config.host(decoded(name, "host")?).port(port);
    }
    Ok(())
}

fn set(config: &mut Config, certificates: &mut Certificates, name: &str, value: &str) -> Result<(), UrlError> {
    let seconds = |part| value.parse().map(Duration::from_secs).map_err(|_| UrlError::Part(part));
    let words = |name, allowed| UrlError::Value { name, allowed };
    match name {
        "user" => _ = config.user(value),
        "password" => _ = config.password(value),
        "dbname" => _ = config.dbname(value),
        "options" => _ = config.options(value),
        "application_name" => _ = config.application_name(value),
        "sslmode" => certificates.mode = Some(value.to_owned()),
        "sslrootcert" => certificates.roots = Some(value.to_owned()),
        "sslnegotiation" => {
            _ = config.ssl_negotiation(match value {
                "postgres" => SslNegotiation::Postgres,
                "direct" => SslNegotiation::Direct,
                _ => return Err(words("sslnegotiation", "postgres, direct")),
            });
        }
        "channel_binding" => {
            _ = config.channel_binding(match value {
                "disable" => ChannelBinding::Disable,
                "prefer" => ChannelBinding::Prefer,
                "require" => ChannelBinding::Require,
                _ => return Err(words("channel_binding", "disable, prefer, require")),
            });
        }
        "target_session_attrs" => {
            _ = config.target_session_attrs(match value {
                "any" => TargetSessionAttrs::Any,
                "read-write" => TargetSessionAttrs::ReadWrite,
                "read-only" => TargetSessionAttrs::ReadOnly,
                _ => return Err(words("target_session_attrs", "any, read-write, read-only")),
            });
        }
        "load_balance_hosts" => {
            _ = config.load_balance_hosts(match value {
                "disable" => LoadBalanceHosts::Disable,
                "random" => LoadBalanceHosts::Random,
                _ => return Err(words("load_balance_hosts", "disable, random")),
            });
        }
        "host" => value.split(',').filter(|host| !host.is_empty()).for_each(|host| _ = config.host(host)),
        "hostaddr" => {
            for address in value.split(',') {
                _ = config.hostaddr(address.parse().map_err(|_| UrlError::Part("hostaddr"))?);
            }
        }
        "port" => {
            for port in value.split(',') {
                _ = config.port(port.parse().map_err(|_| UrlError::Part("port"))?);
            }
        }
        "connect_timeout" => _ = config.connect_timeout(seconds("connect_timeout")?.max(Duration::from_secs(1))),
        "tcp_user_timeout" => _ = config.tcp_user_timeout(seconds("tcp_user_timeout")?),
        "keepalives" => match value {
            "0" | "1" => _ = config.keepalives(value == "1"),
            _ => return Err(words("keepalives", "0, 1")),
        },
        "keepalives_idle" => _ = config.keepalives_idle(seconds("keepalives_idle")?),
        "keepalives_interval" => _ = config.keepalives_interval(seconds("keepalives_interval")?),
        "keepalives_retries" => {
            _ = config.keepalives_retries(value.parse().map_err(|_| UrlError::Part("keepalives_retries"))?);
        }
        other => {
            // What is no name may be the rest of a password with a question mark in it.
            let is_name = other.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && other.len() <= 32;
            return Err(if is_name { UrlError::Unknown(other.to_owned()) } else { UrlError::Part("parameter") });
        }
    }
    Ok(())
}

/// The words of PostgreSQL's own library. Without verification a connection is safe from listeners only, not from somebody in between.
fn protect(config: &mut Config, certificates: &Certificates) -> Result<Trust, UrlError> {
    let has_roots = certificates.roots.is_some();
    let (mode, trust) = match certificates.mode.as_deref() {
        None | Some("prefer") if !has_roots => (SslMode::Prefer, Trust::Anybody),
        Some("disable") => (SslMode::Disable, Trust::Anybody),
        Some("require") if !has_roots => (SslMode::Require, Trust::Anybody),
        Some("prefer" | "require" | "verify-ca") => (SslMode::Require, Trust::Issuer),
        // Whoever names the certificates wants them looked at.
        None | Some("verify-full") => (SslMode::Require, Trust::IssuerAndName),
        Some(_) => return Err(UrlError::Value { name: "sslmode", allowed: "disable, prefer, require, verify-ca, verify-full" }),
    };
    config.ssl_mode(mode);
    Ok(trust)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<Server, String> {
        Server::parse(url, Path::new("")).map_err(|error| error.to_string())
    }

    fn refused(url: &str) -> String {
        parsed(url).expect_err(url)
    }

    #[test]
    fn a_url_says_where_and_who() {
        let server = parsed("postgres://ana:ge%40heim@db.example:6432/books").unwrap();
        assert_eq!(server.to_string(), "postgres://ana@db.example:6432/books");
        assert_eq!(server.config.get_password(), Some(&b"ge@heim"[..]));
        assert_eq!(server.config.get_ssl_mode(), SslMode::Prefer);
        let server = parsed("postgresql://ana@one,two:6000/books?connect_timeout=2&target_session_attrs=read-write").unwrap();
        assert_eq!(server.to_string(), "postgres://ana@one:5432,two:6000/books");
        assert_eq!(server.config.get_connect_timeout(), Some(&Duration::from_secs(2)));
        assert_eq!(server.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(
            parsed("postgres:///books?host=/run/postgresql&user=ana").unwrap().to_string(),
            "postgres://ana@/run/postgresql:5432/books"
        );
        assert_eq!(parsed("postgres://[::1]:6000/books").unwrap().config.get_hosts(), [Host::Tcp("::1".to_owned())]);
        assert_eq!(parsed("postgres://h/b").unwrap().config.get_connect_timeout(), Some(&CONNECT), "nothing waits for ever");
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        for (url, words) in [
            ("mysql://ana:geheim@h/d", "postgres://"),
            ("postgres://ana:geheim@/d", "no host"),
            ("postgres://ana:geheim@h", "no database"),
            ("postgres://ana:geheim@h:x/d", "port"),
            ("postgres://ana:gehe:im@h/d", "password"),
            ("postgres://ana:geheim@x@h/d", "user"),
            ("postgres://ana:geheim%@h/d", "password"),
            ("postgres://ana:geheim#1@h/d", "password"),
            ("postgres://ana:1/geheim@h/d", "database"),
            ("postgres://ana:1/geheim@h", "database"),
            ("postgres://ana:1?geheim@h/d", "parameter"),
            ("postgres://ana:1?geheim@h/d=", "parameter"),
            ("postgres://h/d?ssl=1", "the parameter ssl,"),
            ("postgres://h/d?sslmode=full&password=geheim", "verify-full"),
            ("postgres://h/d/e?password=geheim", "database"),
            ("postgres://a,b:1/d?port=1,2,3&password=geheim", "hosts"),
        ] {
            let message = refused(url);
            assert!(message.contains(words) && !message.contains("geheim"), "{url}: {message}");
        }
        let debugged = format!("{:?}", parsed("postgres://ana:geheim@h/d").unwrap());
        assert_eq!(debugged, "Server(postgres://ana@h:5432/d)");
    }

    #[test]
    fn a_url_is_shown_masked() {
        for (url, shown) in [
            ("postgres://ana:geheim@db.example/x", "postgres://ana:********@db.example/x"),
            ("postgres://ana:ge@heim@db.example/x", "postgres://ana:********@db.example/x"),
            ("postgres://ana:ge?heim@db.example/x", "postgres://ana:********@db.example/x"),
            ("postgres://ana@db/x?password=geheim&sslmode=require", "postgres://ana@db/x?password=********&sslmode=require"),
            ("postgres://db/x?p%61ssword=geheim", "postgres://db/x?p%61ssword=********"),
            ("sqlite:data/app.db", "sqlite:data/app.db"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }

    #[test]
    fn sslmode_says_what_is_verified() {
        let mode = |query: &str| parsed(&format!("postgres://h/d{query}")).unwrap().config.get_ssl_mode();
        assert_eq!(mode(""), SslMode::Prefer);
        assert_eq!(mode("?sslmode=disable"), SslMode::Disable);
        for query in ["?sslmode=require", "?sslmode=verify-ca&sslrootcert=system", "?sslmode=verify-full&sslrootcert=system"] {
            assert_eq!(mode(query), SslMode::Require, "{query}");
        }
        assert!(refused("postgres://h/d?sslmode=verify-full&sslrootcert=no/such.pem").contains("no/such.pem"));
        assert!(refused("postgres://h/d?sslrootcert=no/such.pem").contains("no/such.pem"));
    }
}
