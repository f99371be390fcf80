//! `fetch`: HTTP to the hosts that the operator allows (`functions.md` 2). Each request has a connection of its own, to an address that was
//! checked after its name was resolved.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use claviger_query::{Error, ErrorKind};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
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
        let hosts = self.state.allowed_hosts();
        let is_tls = match url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(refused(format!("A URL must begin with http:// or https://, not {other}:."))),
        };
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        if !hosts.names(host, port) {
            return Err(refused(format!("Functions may not call {host}:{port}: it is not in functions.allow_hosts.")));
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((bare, port)).await.map_err(|error| unreached(url, &error))?;
        let (allowed, others): (Vec<SocketAddr>, Vec<SocketAddr>) = found.partition(|address| hosts.reaches(address.ip(), port));
        if allowed.is_empty() {
            let address = others.first().map(|address| address.ip().to_string()).unwrap_or_default();
            return Err(refused(format!(
                "{host} leads to the address {address}, which functions may call only when it is itself in functions.allow_hosts."
            )));
        }
        let stream = TcpStream::connect(allowed.as_slice()).await.map_err(|error| unreached(url, &error))?;
        let _ = stream.set_nodelay(true);
        let request = request(url, method, headers, body)?;
        if is_tls {
            let name = ServerName::try_from(bare.to_owned()).map_err(|error| unreached(url, &error))?;
            let stream = TlsConnector::from(tls()).connect(name, stream).await.map_err(|error| unreached(url, &error))?;
            self.send(url, stream, request).await
        } else {
            self.send(url, stream, request).await
        }
    }

    async fn send(
        &self,
        url: &Url,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        request: Request<Full<Bytes>>,
    ) -> Result<Answered, Unanswered> {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreached(url, &error))?;
        // Ends with the answer, or with this future.
        let connection = Aborted(tokio::spawn(connection));
        let (head, incoming) = sender.send_request(request).await.map_err(|error| unreached(url, &error))?.into_parts();
        let most = self.state.settings().rest.max_body_bytes;
        let body = Limited::new(incoming, most).collect().await.map_err(|error| {
            refused(format!("The answer of {} could not be read to its end, or is longer than {most} bytes: {error}.", shown(url)))
        })?;
        drop(connection);
        Ok(Answered { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

/// A task that ends when nobody waits for it.
struct Aborted<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Aborted<T> {
    fn drop(&mut self) {
        self.0.abort();
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

fn request(url: &Url, method: &Method, headers: &HeaderMap, body: Bytes) -> Result<Request<Full<Bytes>>, Unanswered> {
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let target = Uri::try_from(target).map_err(|error| refused(format!("{} cannot be asked for: {error}.", shown(url))))?;
    let host = HeaderValue::try_from(&url[url::Position::BeforeHost..url::Position::AfterPort]);
    let host = host.map_err(|error| refused(format!("{} cannot be asked for: {error}.", shown(url))))?;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method.clone();
    *request.uri_mut() = target;
    *request.headers_mut() = headers.clone();
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().entry(header::USER_AGENT).or_insert(HeaderValue::from_static("claviger"));
    request.headers_mut().entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Ok(request)
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
    Ok(headers)
}

/// Certificates are those that the machine trusts.
fn tls() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    Arc::clone(CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows the default versions of the protocol")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }))
}

/// A URL without what may be secret in it.
fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

fn refused(message: String) -> Unanswered {
    Unanswered::Refused(Error::new(ErrorKind::Failed, 9514, message))
}

fn unreached(url: &Url, error: &dyn std::error::Error) -> Unanswered {
    refused(format!("{} cannot be reached: {error}.", shown(url)))
}
