//! The gate from outside: every row of `api-keys.md` 7.1, K-70 to K-7B, and changes that act on the next request.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_access::KeyDraft;
use claviger_access::KeyRules;
use claviger_server::accept::Door;
use claviger_server::control_socket::{self, Notified};
use claviger_store::control::{Actor, ControlStore};
use serde_json::json;
use support::{Answer, DAY, HOUR, NOON, TestApp, random};

fn assert_refused(answer: &Answer, status: u16, text: &str) {
    assert_eq!((answer.status, answer.json()), (status, json!({ "error": text })), "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json; charset=UTF-8"));
    let challenge = (status == 401).then_some("ApiKey header=\"api-key\"");
    assert_eq!(answer.header("www-authenticate"), challenge);
}

const MISSING: &str = "Some headers are missing, required headers [api-key]";

#[tokio::test]
async fn each_refusal_has_its_status_and_text() {
    let app = TestApp::new();
    let key = app.key(json!({ "role": "Admin", "expiresOn": "2026-04-02" }));
    let hosted = app.key(json!({ "role": "Admin", "allowedHosts": ["192.0.2.7"], "expiresOn": "2026-04-02" }));
    for path in ["/rest/Book", "/rest/$catalog", "/rest/", "/rest", "/rest/nothing/at/all", "/rest/$directory/login"] {
        assert_refused(&app.ask("GET", path).send().await, 400, MISSING);
        assert_refused(&app.ask("POST", path).key(" ").send().await, 400, MISSING);
    }
    assert_refused(&app.get("/rest/Book", "nonsense").await, 401, "Api-key Not Valid");
    let mut mistyped = key.secret.clone();
    mistyped.replace_range(20..21, if &mistyped[20..21] == "a" { "b" } else { "a" });
    assert_refused(&app.get("/rest/Book", &mistyped).await, 401, "Api-key Not Valid");
    assert_refused(&app.get("/rest/Book", key.id.as_str()).await, 401, "Api-key Not Valid");
    assert_refused(&app.get("/rest/Book", &hosted.secret).await, 403, "403 - Forbidden");
    assert_eq!(app.get("/rest/Book", &key.secret).await.status, 200);
    assert_eq!(app.ask("GET", "/rest/Book").key(&hosted.secret).from("192.0.2.7").send().await.status, 200);

    // The last moment of the last day, and the one after.
    let midnight = NOON + 36 * HOUR;
    app.set_clock(midnight - 1);
    assert_eq!(app.get("/rest/Book", &key.secret).await.status, 200);
    app.set_clock(midnight);
    assert_refused(&app.get("/rest/Book", &key.secret).await, 401, "Api-key expired");
    // The host is asked first.
    assert_refused(&app.get("/rest/Book", &hosted.secret).await, 403, "403 - Forbidden");
}

#[tokio::test]
async fn k71_the_header_is_taken_in_any_case_trimmed_and_once() {
    let app = TestApp::new();
    let (key, other) = (app.key(json!({})), app.key(json!({})));
    for name in ["Api-Key", "API-KEY", "api-key"] {
        assert_eq!(app.ask("GET", "/rest/Book").header(name, &key.secret).send().await.status, 200);
    }
    assert_eq!(app.get("/rest/Book", &format!("  {} ", key.secret)).await.status, 200);
    assert_eq!(app.ask("GET", "/rest/Book").key(&key.secret).key(&key.secret).send().await.status, 400);
    assert_refused(&app.ask("GET", "/rest/Book").key(&key.secret).key(&other.secret).send().await, 401, "Api-key Not Valid");
}

#[tokio::test]
async fn k72_k73_the_key_is_read_from_nowhere_else() {
    let app = TestApp::new();
    let key = app.key(json!({}));
    assert_refused(&app.ask("GET", &format!("/rest/Book?api-key={}", key.secret)).send().await, 400, MISSING);
    for (name, value) in [
        ("authorization", format!("Bearer {}", key.secret)),
        ("authorization", format!("ApiKey {}", key.secret)),
        ("cookie", format!("api-key={}", key.secret)),
        ("cookie", "4DSID_claviger=1B2E7F90C4D84A5E9F6A3C1D0E8B7724".to_owned()),
        ("x-api-key", key.secret.clone()),
    ] {
        assert_refused(&app.ask("GET", "/rest/Book").header(name, &value).send().await, 400, MISSING);
    }
    let body = json!({ "api-key": key.secret });
    assert_refused(&app.ask("POST", "/rest/Book?$method=update").json(&body).send().await, 400, MISSING);
}

#[tokio::test]
async fn k78_to_k7b_the_client_address() {
    let host = json!({ "allowedHosts": ["192.0.2.7", "2001:db8:5::/48"] });
    let plain = TestApp::new();
    let key = plain.key(host.clone());
    let from = async |app: &TestApp, secret: &str, peer: &str, forwarded: &str| {
        let ask = app.ask("GET", "/rest/Book").key(secret).from(peer);
        let ask = if forwarded.is_empty() { ask } else { ask.header("x-forwarded-for", forwarded) };
        ask.send().await.status
    };
    // Without trusted proxies the header is nothing.
    assert_eq!(from(&plain, &key.secret, "203.0.113.1", "192.0.2.7").await, 403);
    assert_eq!(from(&plain, &key.secret, "192.0.2.7", "203.0.113.1").await, 200);
    assert_eq!(from(&plain, &key.secret, "::ffff:192.0.2.7", "").await, 200);
    assert_eq!(from(&plain, &key.secret, "2001:db8:5::9", "").await, 200);
    assert_eq!(from(&plain, &key.secret, "2001:db8:6::9", "").await, 403);

    let behind = TestApp::with("trusted_proxies = [\"10.0.0.0/8\"]");
    let key = behind.key(host);
    let open = behind.key(json!({}));
    assert_eq!(from(&behind, &key.secret, "10.0.0.1", "192.0.2.7").await, 200);
    assert_eq!(from(&behind, &key.secret, "10.0.0.1", "192.0.2.7, 10.1.1.1").await, 200);
    // Whatever the client wrote itself stands to the left.
    assert_eq!(from(&behind, &key.secret, "10.0.0.1", "192.0.2.7, 203.0.113.1").await, 403);
    assert_eq!(from(&behind, &key.secret, "203.0.113.1", "192.0.2.7").await, 403);
    assert_eq!(from(&behind, &key.secret, "10.0.0.1", "192.0.2.7, nonsense").await, 403);
    assert_eq!(from(&behind, &open.secret, "10.0.0.1", "nonsense").await, 200);
}

#[tokio::test]
async fn roles_decide_what_a_key_may() {
    let app = TestApp::new();
    let (reader, nobody) = (app.key(json!({ "role": "Reader" })), app.key(json!({ "role": "Nobody" })));
    assert_eq!(app.get("/rest/Book", &reader.secret).await.status, 200);
    let refused = app.get("/rest/Book", &nobody.secret).await;
    assert_eq!((refused.status, refused.json()["__ERROR"][0]["errCode"].as_i64()), (401, Some(1557)));

    // O-9: the role goes, the key stays as a guest. RL-2: a file with errors changes nothing.
    let roles = app.folder.path().join("roles.json");
    let text = std::fs::read_to_string(&roles).unwrap();
    std::fs::write(&roles, "{").unwrap();
    assert!(app.state.reload_roles().is_err());
    assert!(app.folder.path().join("data/Roles_Errors.json").exists());
    assert_eq!(app.get("/rest/Book", &reader.secret).await.status, 200);
    std::fs::write(&roles, text.replace("\"Reader\"", "\"Other\"")).unwrap();
    app.state.reload_roles().unwrap();
    assert!(!app.folder.path().join("data/Roles_Errors.json").exists());
    assert_eq!(app.get("/rest/Book", &reader.secret).await.status, 401);
    assert_eq!(app.get("/rest/$catalog", &reader.secret).await.status, 200);
    let administration = app.key(json!({ "type": "administration" }));
    std::fs::remove_file(&roles).unwrap();
    app.state.reload_roles().unwrap();
    assert_eq!(app.get("/rest/Book", &administration.secret).await.status, 200);
    assert_eq!(app.get("/rest/Book", &nobody.secret).await.status, 401);
}

#[tokio::test]
async fn settings_of_administration_keys() {
    let bound = TestApp::with("console_listen = \"127.0.0.1:0\"\n[keys]\nadministration_listener = \"console\"");
    let key = bound.key(json!({ "type": "administration" }));
    let through = async |door| bound.ask("GET", "/rest/Book").key(&key.secret).through(door).send().await;
    assert_refused(&through(Door::Endpoint).await, 401, "Api-key Not Valid");
    assert_eq!(through(Door::Console).await.status, 200);
    let protected = TestApp::with("[keys]\nadmin_protection = true");
    let key = protected.key(json!({ "type": "administration" }));
    assert_eq!(protected.get("/rest/Book", &key.secret).await.status, 401);
    assert_eq!(protected.get("/rest/$catalog", &key.secret).await.status, 200);
}

#[tokio::test]
async fn many_refusals_wait() {
    let app = TestApp::with("[limits]\nrefusals_per_minute = 3");
    let key = app.key(json!({}));
    for _ in 0..3 {
        assert_eq!(app.get("/rest/Book", "x").await.status, 401);
        assert_eq!(app.ask("GET", "/rest/Book").send().await.status, 400);
    }
    let waits = app.get("/rest/Book", "x").await;
    assert_eq!((waits.status, waits.header("retry-after")), (429, Some("60")));
    assert_eq!(app.ask("GET", "/rest/Book").key("x").from("192.0.2.1").send().await.status, 401);
    assert_eq!(app.get("/rest/Book", &key.secret).await.status, 200, "a good key is never locked out");
    app.set_clock(NOON + 60_000);
    assert_eq!(app.get("/rest/Book", "x").await.status, 401);
}

#[tokio::test]
async fn what_another_process_changes_acts_at_once() {
    let app = TestApp::new();
    let key = app.key(json!({}));
    let elsewhere = ControlStore::open(app.state.control().location().clone(), std::sync::Arc::new(|| NOON), {
        let random = random();
        std::sync::Arc::new(move |buffer: &mut [u8]| {
            random(buffer);
            for byte in buffer {
                *byte ^= 0x55;
            }
        })
    })
    .unwrap();
    let roles = app.state.roles();
    let rules = KeyRules { today: "2026-04-01".parse().unwrap(), max_lifetime_days: 365, roles: &roles };
    let draft = KeyDraft::from_json(&json!({ "description": "x" }));
    // A new key is found by its first request, without being told.
    let (_, secret) = elsewhere.create_key(draft, rules, None, &Actor::command_line()).unwrap();
    if app.database.is_some() {
        // But no request waits for a network: a server looks four times a second.
        assert_eq!(app.get("/rest/Book", secret.expose()).await.status, 401);
        assert!(app.state.keys().poll(app.state.control()).unwrap());
    }
    assert_eq!(app.get("/rest/Book", secret.expose()).await.status, 200);

    // A deletion is told through the socket; the acknowledgement comes after the change has been taken over.
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let settings = "listen = \"127.0.0.1:0\"";
    let served = TestApp::with(settings);
    let served_key = served.key(json!({}));
    let folder = served.folder.path().to_owned();
    assert_eq!(control_socket::notify(&folder), Notified::NoServer);
    tokio::spawn(served.state.clone().run_until(stopped, move |address| ready.send(address).unwrap()));
    is_ready.await.unwrap();
    let other = ControlStore::open(served.state.control().location().clone(), std::sync::Arc::new(|| NOON), random()).unwrap();
    let told = tokio::task::spawn_blocking(move || {
        other.delete_key(&served_key.id, &Actor::command_line()).unwrap();
        (control_socket::notify(&folder), served_key.secret)
    });
    let (notified, secret) = told.await.unwrap();
    assert_eq!(notified, Notified::Taken);
    assert_refused(&served.get("/rest/Book", &secret).await, 401, "Api-key Not Valid");
    drop(key);
}

#[tokio::test]
async fn k17_only_accepted_requests_count_as_use() {
    let app = TestApp::new();
    let key = app.key(json!({ "allowedHosts": ["192.0.2.7"] }));
    let used = || {
        app.state.last_used().flush(app.state.control()).unwrap();
        let record = app.state.control().key(&key.id).unwrap().unwrap();
        (record.last_used_at.map(jiff::Timestamp::as_millisecond), record.last_used_ip.map(|address| address.to_string()))
    };
    assert_eq!(app.get("/rest/Book", &key.secret).await.status, 403);
    assert_eq!(used(), (None, None));
    assert_eq!(app.ask("GET", "/rest/Nothing").key(&key.secret).from("192.0.2.7").send().await.status, 404);
    assert_eq!(used(), (Some(NOON), Some("192.0.2.7".to_owned())));
    app.set_clock(NOON + 365 * DAY + DAY);
    assert_eq!(app.ask("GET", "/rest/Book").key(&key.secret).from("192.0.2.7").send().await.status, 401);
    assert_eq!(used(), (Some(NOON), Some("192.0.2.7".to_owned())));
}
