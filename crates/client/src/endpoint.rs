//! Where a datastore is: the rules CI-1 to CI-4 of `remote-datastore.md` 1.2.

use url::{Host, Url};

use crate::{Error, Result};

/// The address below which `/rest/` stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `https://library.example.org/prefix`, without a slash at the end.
    base: String,
    /// `library.example.org`.
    pub(crate) name: String,
    /// Also where it goes without saying.
    pub(crate) port: u16,
    /// HTTPS.
    pub(crate) tls: bool,
    /// The machine itself.
    pub(crate) is_loopback: bool,
}

impl Endpoint {
    /// `tls_by_default` decides for host names without scheme and without `tls`; `None`: TLS except on the machine itself.
    pub(crate) fn new(hostname: &str, tls: Option<bool>, tls_by_default: Option<bool>) -> Result<Self> {
        let hostname = hostname.trim();
        if hostname.is_empty() {
            return Err(Error::Misuse("`hostname` is missing.".to_owned()));
        }
        let has_scheme = hostname.contains("://");
        let read = |text: &str| Url::parse(text).map_err(|error| Error::Misuse(format!("`hostname` is no address: {error}.")));
        let mut url = if has_scheme { read(hostname)? } else { read(&format!("https://{hostname}"))? };
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(Error::Misuse("`hostname` names no host.".to_owned())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Misuse("`hostname` must not carry a name or password.".to_owned()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::Misuse("`hostname` must not have a query or fragment.".to_owned()));
        }
        let tls = if has_scheme {
            match (url.scheme(), tls) {
                ("https", _) => true,
                ("http", Some(true)) => return Err(Error::Misuse("`tls` is asked for, but `hostname` begins with http://.".to_owned())),
                ("http", _) => false,
                (other, _) => return Err(Error::Misuse(format!("`hostname` has the scheme {other}; http or https is meant."))),
            }
        } else {
            tls.or(tls_by_default).unwrap_or(!is_loopback)
        };
        if !tls && !has_scheme {
            // The port that was written stays: read anew, because 443 counts as none with https.
            url = read(&format!("http://{hostname}"))?;
        }
        let path = url.path().trim_end_matches('/');
        let prefix = path.strip_suffix("/rest").unwrap_or(path).trim_end_matches('/').to_owned();
        let name = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(if tls { 443 } else { 80 });
        let mut endpoint = Self { base: String::new(), name, port, tls, is_loopback };
        endpoint.base = endpoint.origin() + &prefix;
        Ok(endpoint)
    }

    /// `https://library.example.org:443`.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}:{}", if self.tls { "https" } else { "http" }, self.name, self.port)
    }

    /// `library.example.org:443`: how the host is called in errors and in `get_info`.
    pub(crate) fn host(&self) -> String {
        format!("{}:{}", self.name, self.port)
    }

    /// The whole address of what begins with `/rest/`.
    pub(crate) fn url(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    fn base(hostname: &str, tls: Option<bool>) -> String {
        Endpoint::new(hostname, tls, None).unwrap().url("/rest/x")
    }

    #[test]
    fn the_scheme_decides_and_nothing_is_downgraded_silently() {
        assert_eq!(base("https://lib.example", Some(false)), "https://lib.example:443/rest/x");
        assert_eq!(base("http://lib.example", None), "http://lib.example:80/rest/x");
        assert!(Endpoint::new("http://lib.example", Some(true), None).is_err());
        assert!(Endpoint::new("ftp://lib.example", None, None).is_err());
    }

    #[test]
    fn without_scheme_tls_is_on_except_on_the_machine_itself() {
        assert_eq!(base("lib.example", None), "https://lib.example:443/rest/x");
        assert_eq!(base("lib.example:8080", Some(false)), "http://lib.example:8080/rest/x");
        assert_eq!(base("lib.example:443", Some(false)), "http://lib.example:443/rest/x");
        assert_eq!(base("127.0.0.1:5397", None), "http://127.0.0.1:5397/rest/x");
        assert_eq!(base("[::1]:5397", None), "http://[::1]:5397/rest/x");
        assert_eq!(base("localhost", Some(true)), "https://localhost:443/rest/x");
        assert!(!Endpoint::new("lib.example", None, Some(false)).unwrap().tls);
    }

    #[test]
    fn rest_at_the_end_is_cut_and_another_path_is_a_prefix() {
        for end in ["", "/", "/rest", "/rest/"] {
            assert_eq!(base(&format!("https://lib.example{end}"), None), "https://lib.example:443/rest/x");
            assert_eq!(base(&format!("https://lib.example/team{end}"), None), "https://lib.example:443/team/rest/x");
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let error = Endpoint::new("https://ines:hunter2@lib.example", None, None).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(Endpoint::new("https://lib.example?api-key=x", None, None).is_err());
        assert!(Endpoint::new("", None, None).is_err());
    }
}
