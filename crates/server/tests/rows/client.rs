//! Clients of the library that keep cookies, or do not.

use std::cell::RefCell;

use serde_json::Value;

use crate::answer::Answer;
use crate::library::{Key, Library};

/// One client program with a key.
pub(crate) struct Client<'l> {
    library: &'l Library,
    secret: String,
    keeps_cookies: bool,
    cookie: RefCell<Option<String>>,
}

impl Library {
    /// A client that sends back the cookies it gets.
    pub(crate) fn with_cookies(&self, key: &Key) -> Client<'_> {
        Client { library: self, secret: key.secret.clone(), keeps_cookies: true, cookie: RefCell::default() }
    }

    /// A client that never does.
    pub(crate) fn without_cookies(&self, key: &Key) -> Client<'_> {
        Client { keeps_cookies: false, ..self.with_cookies(key) }
    }
}

impl Client<'_> {
    pub(crate) fn get(&self, url: &str) -> Answer {
        self.send("GET", url, "")
    }

    /// A body of `null` is sent as no body.
    pub(crate) fn post(&self, url: &str, body: &Value) -> Answer {
        self.send("POST", url, &if body.is_null() { String::new() } else { body.to_string() })
    }

    fn send(&self, method: &str, url: &str, body: &str) -> Answer {
        let cookie = self.cookie.borrow().clone();
        let mut headers = vec![("api-key", self.secret.as_str()), ("user-agent", "tests/1")];
        headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
        let answer = self.library.send_from("10.0.0.5", method, url, &headers, body);
        if self.keeps_cookies {
            let cookies: Vec<String> = set_cookies(&answer).iter().map(|line| line.split(';').next().unwrap().to_owned()).collect();
            // A cookie without value was taken back.
            self.cookie.replace(Some(cookies.join("; ")).filter(|cookies| !cookies.is_empty() && !cookies.contains("=;")));
        }
        answer
    }

    /// A request like any other: the client gets its cookie, or comes back with it.
    #[track_caller]
    pub(crate) fn comes(&self) {
        self.get("/rest/Book(11)").ok();
    }

    /// The session's ID, once an answer came.
    pub(crate) fn session(&self) -> String {
        let cookie = self.cookie.borrow();
        cookie.as_deref().and_then(|cookie| cookie.split_once('=')).unwrap().1.split(';').next().unwrap().to_owned()
    }

    /// Goes on with another's cookie.
    pub(crate) fn take_cookie(&self, other: &Client<'_>) {
        self.cookie.replace(other.cookie.borrow().clone());
    }

    /// `$lock=true`; whether it was given.
    #[track_caller]
    pub(crate) fn locks(&self, entity: &str) -> bool {
        self.asks_lock(entity, true)
    }

    /// `$lock=false`; whether it was given back.
    #[track_caller]
    pub(crate) fn unlocks(&self, entity: &str) -> bool {
        self.asks_lock(entity, false)
    }

    #[track_caller]
    fn asks_lock(&self, entity: &str, taken: bool) -> bool {
        let answer = self.get(&format!("/rest/{entity}?$lock={taken}")).ok();
        let body = answer.json();
        let given = body["result"].as_bool().unwrap_or_else(|| panic!("{answer}"));
        let expected = if given { r#"{"result":true,"__STATUS":{"success":true}}"# } else { LOCKED };
        assert_eq!(answer.text.replace(record(&body).as_str(), r#""recordNumber":N"#), expected);
        given
    }

    /// Whether saving a new price for the book succeeds.
    #[track_caller]
    pub(crate) fn saves(&self, book: i64, price: f64) -> bool {
        let answer = self.post("/rest/Book?$method=update", &serde_json::json!({ "__KEY": book.to_string(), "price": price }));
        match answer.status {
            200 => true,
            _ => {
                assert_eq!((answer.status, answer.codes()), (500, vec![1046, 1517]), "{answer}");
                assert_eq!(answer.json()["__STATUS"]["status"], 3, "{answer}");
                false
            }
        }
    }
}

/// The answer for an entity that somebody else holds, with N for the number of its record.
const LOCKED: &str = concat!(
    r#"{"result":false,"__STATUS":{"status":3,"statusText":"Already Locked","lockKind":7,"lockKindText":"Locked By Session","#,
    r#""lockInfo":{"host":"","IPAddr":"","recordNumber":N,"userAgent":""}}}"#
);

fn record(body: &Value) -> String {
    format!(r#""recordNumber":{}"#, body["__STATUS"]["lockInfo"]["recordNumber"])
}

/// Lines of `Set-Cookie`.
pub(crate) fn set_cookies(answer: &Answer) -> Vec<String> {
    answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}
