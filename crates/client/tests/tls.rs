//! Who is believed over TLS. Certificates: those of the store's tests, for `db.example`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use claviger_client::{Connect, DataStore, Error, reqwest};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const CERTIFICATE: &str = include_str!("../../store/tests/fixtures/tls/server.pem");
const KEY: &str = include_str!("../../store/tests/fixtures/tls/server.key");
const ISSUER: &str = include_str!("../../store/tests/fixtures/tls/ca.pem");
const ANOTHER: &str = include_str!("../../store/tests/fixtures/tls/other.pem");

/// Serves an empty catalog over TLS.
async fn server() -> std::net::SocketAddr {
    let certificates = CertificateDer::pem_slice_iter(CERTIFICATE.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider())).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(certificates, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut asked = vec![0; 4096];
            let _ = stream.read(&mut asked).await;
            let body = r#"{"__NAME":"tls","dataClasses":[]}"#;
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

/// Names lead to the machine itself: the builder's own resolution is kept.
fn connect(host: &str, address: std::net::SocketAddr) -> Connect {
    let builder = reqwest::Client::builder().no_proxy().resolve(host, address);
    Connect::endpoint(format!("{host}:{}", address.port())).api_key("k").retries(0, Duration::ZERO).http(builder)
}

#[tokio::test]
async fn a_server_is_believed_by_its_certificate_and_name() {
    let address = server().await;
    let ds = DataStore::open(connect("db.example", address).root_certificate(ISSUER)).await.unwrap();
    assert!(ds.get_info().connection.tls);
    for refused in [
        connect("db.example", address),
        connect("db.example", address).root_certificate(ANOTHER),
        connect("other.example", address).root_certificate(ISSUER),
    ] {
        let error = DataStore::open(refused).await.unwrap_err();
        assert!(matches!(&error, Error::Unreachable { cause, .. } if cause.contains("certificate")), "{error:?}");
    }
    DataStore::open(connect("other.example", address).danger_accept_any_certificate_even_an_attackers()).await.unwrap();
    let error = DataStore::open(connect("db.example", address).root_certificate("no PEM")).await.unwrap_err();
    assert!(matches!(error, Error::Misuse(_)), "{error:?}");
}
