//! The console's pages as files: policy, caching, what is behind proxies and prefixes. What the pages do is tested in a browser (`console/e2e`).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_store::control::ConsoleRole;
use serde_json::json;
use support::{PASSWORD, TestApp};

#[tokio::test]
async fn pages_come_with_a_strict_policy_and_a_fresh_nonce() {
    let app = TestApp::new();
    let mut nonces = std::collections::BTreeSet::new();
    for name in ["", "sign-in", "first-run", "keys", "roles", "access", "usage", "try", "audit", "users"] {
        let page = app.ask("GET", &format!("/console/{name}")).send().await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{name}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{name}");
        let policy = page.header("content-security-policy").unwrap().to_owned();
        for part in ["default-src 'none'", "script-src 'self';", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{name}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(page.text().contains(&nonce) && !page.text().contains("__CSP_NONCE__"), "{name}");
        assert!(nonces.insert(nonce), "{name}");
    }
    for path in ["/console/index.html", "/console/keys/", "/console/keys/key_7Qm2vT9sLk4d", "/console/.stamp", "/console/assets/none.js"] {
        assert_eq!(app.ask("GET", path).send().await.status, 404, "{path}");
    }
    assert_eq!(app.ask("POST", "/console/keys").send().await.status, 405);
}

#[tokio::test]
async fn redirects_hold_behind_a_prefix() {
    let app = TestApp::with("trusted_proxies = [\"192.0.2.1\"]");
    let location = async |path: &str, from: &str, prefix: &str| {
        let answer = app.ask("GET", path).from(from).header("x-forwarded-prefix", prefix).send().await;
        (answer.status, answer.header("location").unwrap_or_default().to_owned())
    };
    assert_eq!(location("/", "192.0.2.1", "/tools/").await, (307, "/tools/console/".to_owned()));
    for evil in ["//evil.example", "/\\evil.example", "/a//b", "/a?b", "evil"] {
        assert_eq!(location("/", "192.0.2.1", evil).await, (307, "/console/".to_owned()), "{evil}");
    }
    assert_eq!(location("/", "192.0.2.9", "/tools").await, (307, "/console/".to_owned()));
    // Relative: from /tools/console to /tools/console/.
    assert_eq!(location("/console", "192.0.2.9", "").await, (307, "console/".to_owned()));
}

#[tokio::test]
async fn behind_a_trusted_proxy_its_host_and_scheme_are_the_consoles() {
    let app = TestApp::with("trusted_proxies = [\"192.0.2.1\"]");
    app.person(ConsoleRole::Owner).await;
    let sign_in = |from: &str| {
        app.ask("POST", "/console/api/session")
            .from(from)
            .header("x-forwarded-host", "keys.example.org")
            .header("x-forwarded-proto", "https")
            .header("origin", "https://keys.example.org")
            .json(&json!({ "email": "owner@example.org", "password": PASSWORD }))
            .send()
    };
    let trusted = sign_in("192.0.2.1").await;
    assert_eq!(trusted.status, 200, "{}", trusted.text());
    let cookie = trusted.header("set-cookie").unwrap();
    assert!(cookie.contains("Secure") && !cookie.contains("Path="), "{cookie}");
    let stranger = sign_in("192.0.2.9").await;
    assert_eq!((stranger.status, stranger.problem().as_str()), (403, "foreign-origin"));
}
