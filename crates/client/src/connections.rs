//! Connections with one server. Datastores may share them: session, key, limits and log are each one's own.

use std::fmt;

use crate::connect::Connect;
use crate::http::chain;
use crate::tls;
use crate::{Error, Result};

/// Connections that several datastores go [over](Connect::over), so that each of them need not be made, and trusted certificates read, for each
/// session. Nothing of a session is in them. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    pub(crate) client: reqwest::Client,
    is_tls: bool,
}

impl Connections {
    /// For what is reached as this says: its HTTP client, certificates and time to connect.
    pub(crate) fn new(connect: &mut Connect) -> Result<Self> {
        let endpoint = connect.address()?;
        let mut builder = connect.http.take().unwrap_or_else(|| {
            let builder = reqwest::Client::builder();
            if endpoint.is_loopback { builder.no_proxy() } else { builder }
        });
        builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .https_only(endpoint.tls)
            .connect_timeout(connect.rules.connect_timeout)
            .tls_backend_preconfigured(tls::config(&connect.trust, endpoint.tls)?);
        let client = builder.build().map_err(|error| Error::Misuse(format!("The HTTP client cannot be made: {}", chain(&error))))?;
        Ok(Self { client, is_tls: endpoint.tls })
    }

    /// Those that were given, or new ones.
    pub(crate) fn of(connect: &mut Connect) -> Result<Self> {
        match connect.connections.take() {
            None => Self::new(connect),
            Some(shared) if shared.is_tls == connect.address()?.tls => Ok(shared),
            Some(_) => Err(Error::Misuse("The connections are made for http:// or for https://, and this is the other.".to_owned())),
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("is_tls", &self.is_tls).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Connect, DataStore};

    #[test]
    fn connections_are_of_one_kind_and_tell_no_secret() {
        let connect = |hostname: &str| Connect::endpoint(hostname).api_key("claviger_secret");
        let plain = connect("http://library.example.org").connections().unwrap();
        assert!(!format!("{plain:?}").contains("secret"));
        assert!(DataStore::open_lazy(connect("http://library.example.org/shop").over(&plain)).is_ok());
        let other = DataStore::open_lazy(connect("https://library.example.org").over(&plain));
        assert!(other.is_err_and(|error| error.to_string().contains("https://")));
        assert!(connect("ftp://library.example.org").connections().is_err());
    }
}
