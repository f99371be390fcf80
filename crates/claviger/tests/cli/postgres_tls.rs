//! Data on a PostgreSQL server that takes connections with TLS only.

use crate::load::make;
use crate::support::{postgres_server, run_with, serve};

const CERTIFICATE: &str = include_str!("../../../store/tests/fixtures/tls/server.pem");
const KEY: &str = include_str!("../../../store/tests/fixtures/tls/server.key");
const ISSUER: &str = include_str!("../../../store/tests/fixtures/tls/ca.pem");
const ANOTHER: &str = include_str!("../../../store/tests/fixtures/tls/other.pem");

#[test]
fn data_comes_over_tls_from_a_server_that_is_believed() {
    let Some(postgres) = postgres_server() else { return };
    postgres.protect(CERTIFICATE, KEY).unwrap();
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let app = folder.path().join("app");
    std::fs::write(app.join("issuer.pem"), ISSUER).unwrap();
    std::fs::write(app.join("another.pem"), ANOTHER).unwrap();
    let settings = std::fs::read_to_string(app.join("claviger.toml")).unwrap();
    let set = |host: &str, query: &str| {
        let url = postgres.url().replace("127.0.0.1", host);
        let text = settings.replace("sqlite:data/app.db", &format!("{url}?hostaddr=127.0.0.1&{query}"));
        std::fs::write(app.join("claviger.toml"), text).unwrap();
    };

    for (host, query, why) in [
        ("db.example", "sslmode=disable", "encryption"),
        ("db.example", "sslmode=verify-full&sslrootcert=another.pem", "certificate"),
        ("other.example", "sslmode=verify-full&sslrootcert=issuer.pem", "certificate"),
    ] {
        set(host, query);
        let done = run_with(&app, &["serve", "--listen", "127.0.0.1:0"], "");
        assert!(done.code > 0 && done.stderr.contains(why), "{host} {query}: {} {}", done.code, done.stderr);
    }
    for (host, query) in
        [("db.example", "sslmode=verify-full&sslrootcert=issuer.pem"), ("other.example", "sslmode=verify-ca&sslrootcert=issuer.pem")]
    {
        set(host, query);
        let (server, key) = serve(&app);
        let made = server.send("POST", "/rest/Note?$method=update", Some(&key), &format!(r#"{{"title":"{host}"}}"#));
        assert_eq!(made.status, 200, "{}", made.body);
        let read = server.get(&format!("/rest/Note?$filter=\"title = '{host}'\""), Some(&key));
        assert_eq!(read.json()["__COUNT"], 1, "{}", read.body);
    }
}
