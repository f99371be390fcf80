//! Row 92: sessions and cookies (`rest-dialect.md` 17.2).

use serde_json::json;

use crate::client::set_cookies;
use crate::library::{app, app_with};

#[test]
fn row_92_cookie_is_set_and_the_session_goes_on() {
    let library = app();
    let key = library.key("Admin");
    let ana = library.with_cookies(&key);
    let lines = set_cookies(&ana.get("/rest/Book(11)").ok());
    let id = ana.session();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)), "{id}");
    let expected = ["4DSID_library", "WASID4D"].map(|name| format!("{name}={id}; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict"));
    assert_eq!(lines, expected);
    ana.get("/rest/nothing").refused(404, &[1800]);
    ana.post("/rest/Book?$method=update", &json!({ "__KEY": "12", "price": 1 })).ok();
    assert_eq!(ana.session(), id, "also over errors and writes");
    // Whoever does not send it gets a fresh one each time.
    let none = library.without_cookies(&key);
    assert_ne!(set_cookies(&none.get("/rest/Book(11)")), set_cookies(&none.get("/rest/Book(11)")));
    // Who is refused at the gate gets none.
    for headers in [vec![], vec![("api-key", "claviger_wrong")]] {
        assert!(set_cookies(&library.send("GET", "/rest/Book(11)", &headers, "")).is_empty());
    }
}

#[test]
fn row_92_any_of_three_names() {
    let library = app();
    let key = library.key("Admin");
    let ana = library.with_cookies(&key);
    ana.comes();
    let id = ana.session();
    let asked = |cookie: &str| {
        let answer = library.send("GET", "/rest/Book(11)", &[("api-key", &key.secret), ("cookie", cookie)], "").ok();
        set_cookies(&answer)[0].split(['=', ';']).nth(1).unwrap() == id
    };
    for name in ["4DSID_library", "WASID4D", "WASID"] {
        assert!(asked(&format!("{name}={id}")) && asked(&format!("theme=dark; {name}={id}; x=y")), "{name}");
    }
    // What somebody made up, or changed.
    let changed = format!("{}{}", &id[..31], if id.ends_with('0') { '1' } else { '0' });
    for cookie in
        [format!("other={id}"), format!("4DSID_other={id}"), format!("WASID={changed}"), "WASID=".to_owned(), "WASID=0".repeat(40)]
    {
        assert!(!asked(&cookie), "{cookie}");
    }
}

#[test]
fn row_92_a_cookie_is_bound_to_its_key() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (ana, bo) = (library.with_cookies(&one), library.with_cookies(&other));
    ana.comes();
    assert!(ana.locks("Book(11)"));
    let id = ana.session();
    bo.take_cookie(&ana);
    assert!(!bo.saves(11, 1.0), "the cookie is worth nothing with another key");
    assert_ne!(bo.session(), id, "a new session began");
    // Nor without any key.
    let answer = library.send("GET", "/rest/Book(11)", &[("cookie", &format!("4DSID_library={id}"))], "");
    assert_eq!(answer.status, 400, "{answer}");
}

#[test]
fn row_92_a_client_without_cookies_unlocks_what_it_locked() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (job, again, bo) = (library.without_cookies(&one), library.without_cookies(&one), library.without_cookies(&other));
    assert!(job.locks("Book(11)") && !bo.locks("Book(11)") && !bo.saves(11, 1.0));
    assert!(again.saves(11, 2.0), "all requests without cookie of one key are one owner");
    assert!(again.unlocks("Book(11)") && bo.locks("Book(11)") && !job.unlocks("Book(11)"));
}

#[test]
fn row_92_a_client_with_a_cookie_jar_unlocks_what_its_first_request_locked() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (ana, job, bo) = (library.with_cookies(&one), library.without_cookies(&one), library.with_cookies(&other));
    // Its first request: no cookie yet.
    assert!(ana.locks("Book(11)"));
    let id = ana.session();
    assert!(ana.saves(11, 1.0) && job.saves(11, 2.0) && !bo.saves(11, 3.0), "two owners");
    assert_eq!(ana.session(), id);
    assert!(ana.unlocks("Book(11)") && bo.locks("Book(11)"));
    assert!(bo.unlocks("Book(11)") && job.locks("Book(11)"));
    // From now on the session's alone.
    let late = library.with_cookies(&one);
    late.comes();
    assert!(!late.locks("Book(11)"), "it came with a cookie of its own");
    assert!(late.locks("Book(12)") && !job.saves(12, 1.0));
}

#[test]
fn row_92_an_idle_session_ends() {
    let library = app();
    let key = library.key("Admin");
    let ana = library.with_cookies(&key);
    ana.comes();
    let id = ana.session();
    library.set_clock("2024-03-05T10:50:00.000Z");
    ana.comes();
    library.set_clock("2024-03-05T11:49:59.000Z");
    ana.comes();
    assert_eq!(ana.session(), id);
    library.set_clock("2024-03-05T12:49:59.000Z");
    ana.comes();
    assert_ne!(ana.session(), id);
    // One that never came back in time does not begin.
    let id = ana.session();
    library.set_clock("2024-03-05T14:00:00.000Z");
    ana.comes();
    assert_ne!(ana.session(), id);
}

#[test]
fn row_92_too_many_sessions_of_one_key() {
    let library = app_with("[limits]\nsessions_per_key = 2");
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let clients: Vec<_> = (0..3).map(|_| library.with_cookies(&one)).collect();
    // Each counts once its cookie comes back.
    clients.iter().for_each(crate::client::Client::comes);
    clients[0].comes();
    clients[1].comes();
    clients[2].get("/rest/Book(11)").refused(402, &[1823]);
    let job = library.without_cookies(&one);
    (0..5).for_each(|_| job.comes());
    let bo = library.with_cookies(&other);
    bo.comes();
    bo.comes();
    clients[0].get("/rest/$directory/logout").ok();
    let late = library.with_cookies(&one);
    late.comes();
    late.comes();
    assert_eq!(library.with_cookies(&one).get("/rest/Book(11)").ok().status, 200);
}

#[test]
fn row_92_cookies_are_secure_under_tls() {
    let library = app_with("trusted_proxies = [\"127.0.0.1\"]");
    let key = library.key("Admin");
    let ask = |more: &[(&str, &str)]| {
        let mut headers = vec![("api-key", key.secret.as_str())];
        headers.extend(more);
        set_cookies(&library.send("GET", "/rest/Book(11)", &headers, "").ok())
    };
    assert!(ask(&[]).iter().all(|line| !line.contains("Secure")));
    assert!(ask(&[("x-forwarded-proto", "https")]).iter().all(|line| line.ends_with("; Secure")));
    let stranger = [("api-key", key.secret.as_str()), ("x-forwarded-proto", "https")];
    assert!(!set_cookies(&library.send_from("10.0.0.9", "GET", "/rest/Book(11)", &stranger, ""))[0].contains("Secure"));
}
