//! `fetch`: HTTP to the hosts that the operator allows (`functions.md` 2). Each request has a connection of its own, to an address that was
//! checked after its name was resolved.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use claviger_query::{Error, ErrorKind};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use url::Url;

use super::{Answer, Running, Unanswered, arguments};

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;

#[derive(Deserialize)]
struct Options {
    method: String,
    headers: Vec<(String, String)>,
    /// Base64.
    body: Option<String>,
    #[serde(default)]
    redirect: String,
}

/// One answer of another server.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Running<'_> {
    pub(super) async fn fetch(&self, raw: &RawValue) -> Answer {
        let (address, options): (String, Options) = arguments(raw)?;
        let mut url = Url::parse(&address).map_err(|error| refused(format!("The URL {address} cannot be used: {error}.")))?;
        let mut method = Method::from_bytes(options.method.as_bytes()).map_err(|_| refused("This is no HTTP method.".to_owned()))?;
        let mut body: Bytes = match &options.body {
            Some(text) => STANDARD.decode(text).map_err(|error| Unanswered::Nonsense(error.to_string()))?.into(),
            None => Bytes::new(),
        };
        let mut headers = header_map(&options.headers)?;
        for _ in 0..=MOST_REDIRECTS {
            let answered = self.exchange(&url, &method, &headers, body.clone()).await?;
            let next = answered.headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| url.join(to).ok());
            let Some(next) = next.filter(|_| answered.status.is_redirection() && options.redirect != "manual") else {
                return Ok(answered.written(&url));
            };
            if options.redirect == "error" {
                return Err(refused(format!("{} redirects, which was not wanted.", shown(&url))));
            }
            if next.origin() != url.origin() {
                // What was meant for one server is not told to another.
                for name in [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION, HeaderName::from_static("api-key")] {
                    headers.remove(name);
                }
            }
            let is_repeated = matches!(answered.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
            if !is_repeated && method != Method::HEAD {
                method = Method::GET;
                body = Bytes::new();
                headers.remove(header::CONTENT_TYPE);
            }
            url = next;
        }
        Err(refused(format!("{} redirects too often.", shown(&url))))
    }

    /// One request, to a host and an address that are allowed.
    async fn exchange(&self, url: &Url, method: &Method, headers: &HeaderMap, body: Bytes) -> Result<Answered, Unanswered> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, self.exchange_now(url, method, headers, body)).await {
            Ok(answered) => answered,
            Err(_) => Err(refused(format!("{} did not answer in time.", shown(url)))),
        }
    }

    async fn exchange_now(&self, url: &Url, method: &Method, headers: &HeaderMap, body: Bytes) -> Result<Answered, Unanswered> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused(format!("A URL must begin with http:// or https://, not {}:.", url.scheme())));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let hosts = self.state.allowed_hosts();
        hosts.allow(url.host_str().unwrap_or_default(), port).map_err(refused)?;
        let client = hosts.client(port).tls_backend_preconfigured(tls()).build().map_err(|error| unreached(url, &error))?;
        let request = client.request(method.clone(), url.clone()).headers(headers.clone()).body(body);
        let mut response = request.send().await.map_err(|error| unreached(url, &error))?;
        let most = self.state.settings().rest.max_body_bytes;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreached(url, &error))? {
            if body.len() + chunk.len() > most {
                return Err(refused(format!("The answer of {} is longer than {most} bytes.", shown(url))));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answered { status: response.status(), headers: response.headers().clone(), body: body.freeze() })
    }
}

impl Answered {
    /// As the prelude takes it.
    fn written(&self, url: &Url) -> String {
        let headers: Vec<(&str, String)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
        json!({
            "status": self.status.as_u16(),
            "statusText": self.status.canonical_reason().unwrap_or_default(),
            "url": url.as_str(),
            "headers": headers,
            "body": STANDARD.encode(&self.body),
        })
        .to_string()
    }
}

/// The headers that code gave, without those that belong to the connection.
fn header_map(pairs: &[(String, String)]) -> Result<HeaderMap, Unanswered> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::try_from(name).map_err(|_| refused(format!("\"{name}\" cannot be the name of a header.")))?;
        let value = HeaderValue::try_from(value).map_err(|_| refused(format!("The value of the header {name} cannot be sent.")))?;
        let is_own = ["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "keep-alive", "expect"];
        if !is_own.contains(&name.as_str()) {
            headers.append(name, value);
        }
    }
    headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static("claviger"));
    Ok(headers)
}

/// Certificates are those that the machine trusts.
fn tls() -> ClientConfig {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows the default versions of the protocol")
            .with_root_certificates(roots)
            .with_no_client_auth()
    });
    config.clone()
}

/// A URL without what may be secret in it.
fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

fn refused(message: String) -> Unanswered {
    Unanswered::Refused(Error::new(ErrorKind::Failed, 9514, message))
}

/// The innermost cause says what happened.
fn unreached(url: &Url, error: &dyn std::error::Error) -> Unanswered {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    refused(format!("{} cannot be reached: {cause}.", shown(url)))
}
