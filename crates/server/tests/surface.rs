//! What all answers share, and what is served outside dialect and management API (`interface.md` 4).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex};

use claviger_server::accept::Door;
use claviger_server::telemetry::{self, LogSink};
use claviger_server::{AppState, Opening};
use claviger_store::control::ConsoleRole;
use serde_json::json;
use support::TestApp;

#[tokio::test]
async fn health_and_readiness() {
    let app = TestApp::new();
    let answer = app.ask("GET", "/healthz").send().await;
    assert_eq!((answer.status, answer.text(), answer.header("content-type")), (200, "{\"status\":\"ok\"}", Some("application/json")));
    assert_eq!(app.ask("GET", "/readyz").send().await.status, 200);
    assert_eq!(app.ask("POST", "/healthz").send().await.problem(), "method-not-allowed");
    let broken = tempfile::tempdir().unwrap();
    support::write_folder(broken.path());
    std::fs::create_dir(broken.path().join("data")).unwrap();
    std::fs::write(broken.path().join("data/master.key"), b"short").unwrap();
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(support::NOON));
    let state = claviger_server::AppState::open(broken.path(), support::opening("", &clock)).unwrap();
    let app = TestApp { state, clock, folder: broken, database: None };
    let answer = app.ask("GET", "/readyz").send().await;
    assert_eq!((answer.status, answer.json()["unusable"].clone()), (503, json!(["masterKey"])));
    // Without the master key nothing can be sealed, so a manager is told instead of given a key that cannot be revealed.
    let manager = app.person(ConsoleRole::Manager).await;
    let answer = app.ask("POST", "/console/api/keys").by(&manager).json(&json!({ "description": "x" })).send().await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "master-key"));
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_the_consoles_listener() {
    let app = TestApp::new();
    app.ask("GET", "/healthz").send().await;
    let answer = app.ask("GET", "/metrics").send().await;
    assert!(answer.text().contains("claviger_requests_total{part=\"other\",status=\"2xx\"} 1"), "{}", answer.text());
    assert_eq!(app.ask("GET", "/metrics").from("192.0.2.1").send().await.status, 403);
    assert_eq!(app.ask("GET", "/metrics").from("192.0.2.1").through(Door::Console).send().await.status, 200);
    for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        assert_eq!(app.ask("GET", "/metrics").header(name, "127.0.0.1").send().await.status, 403, "{name}");
    }
    let behind = TestApp::with("trusted_proxies = [\"127.0.0.1\"]");
    assert_eq!(behind.ask("GET", "/metrics").header("x-forwarded-for", "192.0.2.1").send().await.status, 403);
    assert_eq!(behind.ask("GET", "/metrics").header("x-forwarded-for", "::1").send().await.status, 200);
}

#[tokio::test]
async fn the_request_id_is_taken_over_or_made() {
    let app = TestApp::new();
    let id = async |given: &str| {
        let answer = app.ask("GET", "/rest/Book").header("x-request-id", given).send().await;
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id("abc-123\"~").await, "abc-123\"~");
    assert_eq!(id(&"x".repeat(64)).await, "x".repeat(64));
    for unusable in [String::new(), "x".repeat(65), "two words".to_owned()] {
        let made = id(&unusable).await;
        assert!(made != unusable && made.len() == 16, "{made}");
    }
    assert_ne!(id("").await, id("").await);
    for path in ["/", "/healthz", "/nothing", "/console/", "/console/api/keys"] {
        let answer = app.ask("GET", path).send().await;
        assert!(answer.header("x-request-id").is_some() && answer.header("server-timing").unwrap().contains("total;dur="), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let app = TestApp::new();
    for path in ["/nothing", "/restful", "/console/api/nothing", "/console/nothing", "/console/api/keys/", "/metrics/x"] {
        let answer = app.ask("GET", path).send().await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{path}");
    }
    let answer = app.ask("PUT", "/console/api/keys").send().await;
    assert_eq!((answer.status, answer.problem().as_str(), answer.header("allow")), (405, "method-not-allowed", Some("GET, POST")));
    let home = app.ask("GET", "/").send().await;
    assert_eq!((home.status, home.header("location")), (307, Some("/console/")));
    let page = app.ask("GET", "/console/").send().await;
    assert!(page.status == 200 && page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.header("content-security-policy").is_some());
}

#[tokio::test]
async fn a_console_with_a_listener_of_its_own_is_not_on_the_endpoint() {
    let app = TestApp::with("console_listen = \"127.0.0.1:0\"");
    for path in ["/", "/console/", "/console/api/session"] {
        assert_eq!(app.ask("GET", path).through(Door::Endpoint).send().await.status, 404, "{path}");
        assert_ne!(app.ask("GET", path).through(Door::Console).send().await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn cross_origin_requests_only_where_allowed() {
    let app = TestApp::new();
    let key = app.key(json!({}));
    let preflight = app.ask("OPTIONS", "/rest/Book").header("origin", "https://a.example").header("access-control-request-method", "GET");
    let answer = preflight.send().await;
    assert_eq!((answer.status, answer.body.len(), answer.header("access-control-allow-origin")), (204, 0, None));

    let app = TestApp::with("[rest]\ncors_origins = [\"https://a.example\"]");
    let ask = |method: &str, origin: &str| app.ask(method, "/rest/Book").header("origin", origin);
    let answer = ask("OPTIONS", "https://a.example").header("access-control-request-method", "GET").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://a.example"));
    let headers = answer.header("access-control-allow-headers").unwrap();
    // What scripts of other origins send: without a session, too, because they have no cookies.
    assert!(["api-key", "content-type", "nosession-4d"].iter().all(|name| headers.contains(name)), "{headers}");
    let answer = ask("GET", "https://a.example").send().await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin"), answer.header("vary")),
        (400, Some("https://a.example"), Some("origin"))
    );
    assert_eq!(ask("GET", "https://b.example").key(&key.secret).send().await.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked() {
    let app = TestApp::new();
    let ask = |coding: &str| app.ask("GET", "/console/api/openapi.json").header("accept-encoding", coding).send();
    let plain = ask("identity").await;
    assert!(plain.header("content-encoding").is_none() && plain.json()["openapi"].as_str().unwrap().starts_with("3."));
    let packed = ask("br, gzip;q=0.5").await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() * 2 < plain.body.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    assert!(ask("gzip;q=0").await.header("content-encoding").is_none());
    let small = app.ask("GET", "/healthz").header("accept-encoding", "gzip").send().await;
    assert!(small.header("content-encoding").is_none());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_in_the_dialects_shape() {
    let app = TestApp::with("[rest]\nmax_body_bytes = 100");
    let key = app.key(json!({}));
    let answer = app.ask("POST", "/rest/Book?$method=update").key(&key.secret).body(&[b' '; 101]).send().await;
    assert_eq!((answer.status, answer.json()["__ERROR"][0]["componentSignature"].as_str()), (413, Some("rest")), "{}", answer.text());
    assert_eq!(app.ask("POST", "/rest/Book?$method=update").body(&[b' '; 101]).send().await.status, 400, "the gate comes first");
}

#[tokio::test]
async fn the_api_describes_itself() {
    let app = TestApp::new();
    let document = app.ask("GET", "/console/api/openapi.json").send().await.json();
    let mut names = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()), "{method} {path}");
            assert!(names.insert(operation["operationId"].to_string()), "{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
        }
    }
    // Every schema that is referred to is there.
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document["components"]["schemas"].get(reference).is_some(), "{reference}");
    }
}

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_tells_who_did_what_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    support::write_folder(folder.path());
    let clock = Arc::new(std::sync::atomic::AtomicI64::new(support::NOON));
    let memory = Memory::default();
    let log = LogSink::to(Box::new(memory.clone()));
    let opening = Opening { log: Some(log.clone()), ..support::opening("[log]\npermissions = \"denied\"", &clock) };
    telemetry::install(&opening.settings.log, &log);
    let app = TestApp { state: AppState::open(folder.path(), opening).unwrap(), clock, folder, database: None };
    let nobody = app.key(json!({ "role": "Nobody" }));
    assert_eq!(
        app.ask("GET", "/rest/Book?$filter=title=Private").key(&nobody.secret).header("x-request-id", "r1").send().await.status,
        401
    );
    assert_eq!(app.ask("GET", &format!("/rest/Book?api-key={}", nobody.secret)).header("x-request-id", "r2").send().await.status, 400);
    log.flush();
    let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
    let line = |wanted: &str| text.lines().find(|line| line.contains(wanted)).unwrap_or_else(|| panic!("{wanted} in {text}"));
    let told = line("id=r1");
    for part in [
        "2026-04-01T12:00:00.000Z",
        "method=GET",
        "path=/rest/Book ",
        "status=401",
        "role=\"Nobody\"",
        "address=127.0.0.1",
        nobody.id.as_str(),
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(line("id=r2").contains("status=400"));
    let denied = line("permission denied");
    for part in [nobody.id.as_str(), "role=\"Nobody\"", "resource=\"Book\"", "action=\"read\"", "by=\"permissions.allowed[1].read\""] {
        assert!(denied.contains(part), "{part} in {denied}");
    }
    assert!(!text.contains("claviger_") && !text.contains("Private"), "{text}");
}
