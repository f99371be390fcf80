//! Rows 1 to 5: the `api-key` header (`rest-dialect.md` 17.1, `api-keys.md` 7).

use crate::answer::Answer;
use crate::library::{Library, app};

const MISSING: &str = r#"{"error":"Some headers are missing, required headers [api-key]"}"#;
const NOT_VALID: &str = r#"{"error":"Api-key Not Valid"}"#;
const EXPIRED: &str = r#"{"error":"Api-key expired"}"#;
const FORBIDDEN: &str = r#"{"error":"403 - Forbidden"}"#;

/// URLs of every sort: the key comes before anything else, also before the URL is understood.
const URLS: [&str; 8] = [
    "/rest/Book",
    "/rest/Book(11)",
    "/rest/$catalog",
    "/rest/$catalog/$all",
    "/rest/NoSuchClass?$nonsense=1",
    "/rest/Book?$filter=\"title = 'open",
    "/rest/$directory/login",
    "/rest/",
];

#[track_caller]
fn refused(answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status, answer.text.as_str()), (status, body), "{answer}");
    assert_eq!(answer.headers["content-type"].to_str().unwrap().to_ascii_lowercase(), "application/json; charset=utf-8", "{answer}");
    let challenge = answer.headers.get("www-authenticate").map(|value| value.to_str().unwrap());
    assert_eq!(challenge, (status == 401).then_some(r#"ApiKey header="api-key""#), "{answer}");
}

fn with_headers(library: &Library, url: &str, headers: &[(&str, &str)]) -> Answer {
    library.send("GET", url, headers, "")
}

#[test]
fn row_01_missing_key_on_every_url() {
    let library = app();
    for url in URLS {
        refused(&with_headers(&library, url, &[]), 400, MISSING);
        refused(&library.send("POST", url, &[], "{}"), 400, MISSING);
    }
}

#[test]
fn row_01_empty_key_counts_as_missing() {
    let library = app();
    refused(&with_headers(&library, "/rest/Book", &[("api-key", "")]), 400, MISSING);
    refused(&with_headers(&library, "/rest/Book", &[("api-key", "  ")]), 400, MISSING);
}

#[test]
fn row_02_wrong_key_on_every_url() {
    let library = app();
    for url in URLS {
        refused(&with_headers(&library, url, &[("api-key", "claviger_wrong")]), 401, NOT_VALID);
    }
}

#[test]
fn row_02_malformed_changed_or_cut_key() {
    let library = app();
    let secret = library.key("Admin").secret;
    let (head, last) = secret.split_at(secret.len() - 1);
    let changed = format!("{head}{}", if last == "a" { "b" } else { "a" });
    let swapped = secret.to_ascii_uppercase();
    let longer = format!("{secret}x");
    for wrong in [head, &changed, &swapped, &longer, "x", "null", "' OR '1'='1", "0", "Bearer abc"] {
        refused(&with_headers(&library, "/rest/Book", &[("api-key", wrong)]), 401, NOT_VALID);
    }
}

#[test]
fn row_02_deleted_key_at_once() {
    let library = app();
    let key = library.key("Admin");
    with_headers(&library, "/rest/Book", &[("api-key", &key.secret)]).ok();
    library.delete_key(&key);
    refused(&with_headers(&library, "/rest/Book", &[("api-key", &key.secret)]), 401, NOT_VALID);
}

#[test]
fn row_02_two_different_keys_are_no_key() {
    let library = app();
    let (one, two) = (library.key("Admin"), library.key("Reader"));
    refused(&with_headers(&library, "/rest/Book", &[("api-key", &one.secret), ("api-key", &two.secret)]), 401, NOT_VALID);
    refused(&with_headers(&library, "/rest/Book", &[("api-key", &one.secret), ("api-key", "claviger_wrong")]), 401, NOT_VALID);
}

#[test]
fn row_03_expired_key() {
    let library = app();
    let key = library.key_until("Admin", "2024-03-06");
    with_headers(&library, "/rest/Book", &[("api-key", &key.secret)]).ok();
    // The end of the day in UTC is the last moment.
    library.set_clock("2024-03-06T23:59:59.999Z");
    with_headers(&library, "/rest/Book", &[("api-key", &key.secret)]).ok();
    library.set_clock("2024-03-07T00:00:00.000Z");
    for url in URLS {
        refused(&with_headers(&library, url, &[("api-key", &key.secret)]), 401, EXPIRED);
    }
}

#[test]
fn row_04_key_bound_to_another_address() {
    let library = app();
    let key = library.key_for_hosts("Admin", &["192.0.2.7", "198.51.100.0/24", "2001:db8::1"]);
    let from = |address: &str| library.send_from(address, "GET", "/rest/Book", &[("api-key", &key.secret)], "");
    for allowed in ["192.0.2.7", "198.51.100.200", "2001:db8::1", "::ffff:192.0.2.7"] {
        from(allowed).ok();
    }
    for other in ["192.0.2.8", "198.51.101.1", "2001:db8::2", "127.0.0.1"] {
        refused(&from(other), 403, FORBIDDEN);
    }
}

#[test]
fn row_04_forwarding_header_of_a_stranger_counts_for_nothing() {
    let library = app();
    let key = library.key_for_hosts("Admin", &["192.0.2.7"]);
    let headers = [("api-key", key.secret.as_str()), ("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")];
    refused(&library.send_from("203.0.113.9", "GET", "/rest/Book", &headers, ""), 403, FORBIDDEN);
    let headers = [("api-key", key.secret.as_str()), ("x-forwarded-for", "203.0.113.9")];
    library.send_from("192.0.2.7", "GET", "/rest/Book", &headers, "").ok();
}

#[test]
fn row_04_wrong_address_does_not_learn_that_the_key_expired() {
    let library = app();
    let key = library.key_for_hosts("Admin", &["192.0.2.7"]);
    library.set_clock("2026-03-05T10:00:00.000Z");
    let from = |address: &str| library.send_from(address, "GET", "/rest/Book", &[("api-key", &key.secret)], "");
    refused(&from("203.0.113.9"), 403, FORBIDDEN);
    refused(&from("192.0.2.7"), 401, EXPIRED);
}

#[test]
fn row_05_header_name_in_any_case() {
    let library = app();
    let key = library.key("Admin");
    for name in ["api-key", "API-KEY", "Api-Key"] {
        with_headers(&library, "/rest/Book", &[(name, &key.secret)]).ok();
    }
    with_headers(&library, "/rest/Book", &[("api-key", &format!(" {} ", key.secret))]).ok();
}

#[test]
fn row_05_key_nowhere_but_in_the_header() {
    let library = app();
    let secret = library.key("Admin").secret;
    for url in [format!("/rest/Book?api-key={secret}"), format!("/rest/Book?$api-key={secret}"), format!("/rest/Book?apiKey={secret}")] {
        refused(&with_headers(&library, &url, &[]), 400, MISSING);
    }
    for header in ["authorization", "cookie", "x-api-key", "apikey"] {
        for value in [secret.clone(), format!("Bearer {secret}"), format!("api-key={secret}")] {
            refused(&with_headers(&library, "/rest/Book", &[(header, &value)]), 400, MISSING);
        }
    }
    refused(&library.send("POST", "/rest/Book", &[], &format!(r#"{{"api-key":"{secret}"}}"#)), 400, MISSING);
}
