//! What protects a connection to PostgreSQL: TLS by rustls, with as much verification as asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Makes protected connections for `tokio_postgres`.
pub type Tls = tokio_postgres_rustls::MakeRustlsConnect;

/// Whom a connection believes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trust {
    /// Any certificate: nobody can listen, but somebody in between is not noticed.
    Anybody,
    /// A certificate of a known issuer, whatever name it has.
    Issuer,
    /// A certificate of a known issuer for the host's name.
    IssuerAndName,
}

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of `sslrootcert`.
    #[error("names with sslrootcert the file {}, which cannot be used: {reason}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The system has none.
    #[error("needs certificates of issuers, and this system has none that can be read: name a file with sslrootcert")]
    NoneFound,
    /// rustls refuses.
    #[error("cannot be reached with TLS: {0}")]
    Setup(#[from] Error),
    /// rustls refuses the issuers.
    #[error("cannot be reached with TLS: {0}")]
    Roots(#[from] rustls::client::VerifierBuilderError),
}

/// What makes connections; issuers come from a PEM file or else from the system.
pub fn connector(trust: Trust, roots: Option<&Path>) -> Result<Tls, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Anybody => Arc::new(Unverified(Arc::clone(&provider))),
        Trust::Issuer | Trust::IssuerAndName => {
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(issuers(roots)?), Arc::clone(&provider)).build()?;
            if trust == Trust::Issuer { Arc::new(AnyName(verifier)) } else { verifier }
        }
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    // Servers that begin with TLS (`sslnegotiation=direct`) ask for it.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(Tls::new(config))
}

fn issuers(file: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    if let Some(path) = file {
        let failed = |reason: String| TlsError::File { path: path.to_owned(), reason };
        let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| failed(error.to_string()))?;
            store.add(certificate).map_err(|error| failed(error.to_string()))?;
        }
        return if store.is_empty() { Err(failed("it has no certificate".to_owned())) } else { Ok(store) };
    }
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() { Err(TlsError::NoneFound) } else { Ok(store) }
}

/// Believes any certificate; its owner must have the key to it all the same.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// All but the name.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.0.verify_server_cert(certificate, chain, name, ocsp, now) {
            // The name is looked at last, after the chain.
            Err(Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection};

    use super::super::Server;
    use super::*;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

    /// The beginning of a PostgreSQL server with a certificate for `db.example`: takes one connection as far as its handshake.
    fn take(listener: &TcpListener) -> Result<(), String> {
        let read = |name: &str| std::fs::read(format!("{FIXTURES}/{name}")).unwrap();
        let certificate = CertificateDer::from_pem_slice(&read("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&read("server.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let (mut stream, _): (TcpStream, _) = listener.accept().unwrap();
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).unwrap();
        assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47], "a client that wants no TLS begins otherwise");
        stream.write_all(b"S").unwrap();
        let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut stream).map_err(|error| error.to_string())?;
        }
        // The first words of the client come only when it believes the server.
        let mut first = [0; 4];
        rustls::Stream::new(&mut tls, &mut stream).read_exact(&mut first).map_err(|error| error.to_string())
    }

    #[test]
    fn a_connection_believes_whom_it_was_told_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        for (host, query, is_believed) in [
            ("db.example", "sslmode=verify-full&sslrootcert=ca.pem", true),
            ("db.example", "sslrootcert=ca.pem", true),
            ("other.example", "sslmode=verify-full&sslrootcert=ca.pem", false),
            ("other.example", "sslmode=verify-ca&sslrootcert=ca.pem", true),
            ("other.example", "sslmode=require&sslrootcert=ca.pem", true),
            ("db.example", "sslmode=verify-full&sslrootcert=other.pem", false),
            ("db.example", "sslmode=verify-ca&sslrootcert=other.pem", false),
            ("other.example", "sslmode=require", true),
            ("other.example", "", true),
        ] {
            let url = format!("postgres://ana:geheim@{host}:{port}/books?hostaddr=127.0.0.1&{query}");
            let server = Server::parse(&url, Path::new(FIXTURES)).unwrap();
            std::thread::scope(|scope| {
                let taken = scope.spawn(|| take(&listener));
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let error = runtime.block_on(server.config.connect(server.tls)).map(drop).unwrap_err().to_string();
                assert_eq!(taken.join().unwrap().is_ok(), is_believed, "{host} {query}: {error}");
                assert_eq!(error.contains("TLS handshake"), !is_believed, "{host} {query}: {error}");
            });
        }
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        for (name, words) in [("server.key", "no certificate"), ("absent.pem", "absent.pem")] {
            let refused = connector(Trust::Issuer, Some(&Path::new(FIXTURES).join(name)));
            assert!(refused.err().unwrap().to_string().contains(words), "{name}");
        }
    }
}
