//! Requests and answers: header, session, time limits, repetition, log (`remote-datastore.md` 2, 5, CL-4 to CL-7).

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use parking_lot::Mutex;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::Value as Json;

use crate::ask::{Ask, Body, Method, Purpose};
use crate::connect::{Connect, Credential, Rules};
use crate::connections::Connections;
use crate::endpoint::Endpoint;
use crate::error::{Outcome, Reason, RemoteError, errors_of, told};
use crate::farewell::Farewells;
use crate::log::{Logbook, LoggedRequest, LoggedResponse};
use crate::row::excerpt;
use crate::secret;
use crate::session::{Sent, Session, Turn};
use crate::{Error, Result};

/// A login is needed (`rest-dialect.md` 4.2).
const NOT_LOGGED_IN: i64 = 1822;

/// The way to one server: one session, one log.
pub(crate) struct Wire {
    connections: Connections,
    pub(crate) endpoint: Endpoint,
    pub(crate) credential: Credential,
    pub(crate) rules: Rules,
    pub(crate) session: Mutex<Session>,
    /// The first request goes alone, so that there is one session and not several.
    opening: tokio::sync::Mutex<()>,
    /// Whoever logs in does so alone.
    logging_in: tokio::sync::Mutex<()>,
    pub(crate) log: Logbook,
    pub(crate) farewells: Farewells,
    /// The datastore was closed.
    pub(crate) is_closed: AtomicBool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// It was given in a session that is not kept.
    pub(crate) is_elsewhere: bool,
    /// It was given in another session than the one that was sent.
    is_in_another: bool,
}

impl Wire {
    /// Nothing is sent yet.
    pub(crate) fn new(connect: &mut Connect) -> Result<Self> {
        let endpoint = connect.address()?;
        let credential = connect.credential();
        Ok(Self {
            connections: Connections::of(connect)?,
            endpoint,
            credential,
            rules: connect.rules.clone(),
            session: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            logging_in: tokio::sync::Mutex::default(),
            log: Logbook::default(),
            farewells: Farewells::default(),
            is_closed: AtomicBool::new(false),
        })
    }

    /// Counts sessions: what was made in another one may be gone.
    pub(crate) fn generation(&self) -> u64 {
        self.session.lock().generation
    }

    /// The body as JSON; whatever the answer tells of errors is an error.
    pub(crate) async fn json(&self, ask: &Ask) -> Result<Json> {
        let answer = self.send(ask).await?;
        let body = self.parse(&answer)?;
        match told(answer.status, &body, ask.calls) {
            Some(error) => Err(error),
            None => Ok(body),
        }
    }

    /// The body as JSON, whatever it says. What tells an error will be shown, so the secret is taken out of that; data stays as it is.
    pub(crate) fn parse(&self, answer: &Answer) -> Result<Json> {
        let mut body = serde_json::from_slice(&answer.body).map_err(|_| Error::Protocol {
            cause: format!("The answer with status {} is not JSON", answer.status),
            excerpt: excerpt(&self.hidden(&String::from_utf8_lossy(&answer.body))),
        })?;
        if let Some(secret) = self.credential.secret() {
            secret::hide_in_errors(&mut body, secret);
        }
        Ok(body)
    }

    /// An answer that is not what it should be.
    pub(crate) fn odd(&self, cause: &str, body: &Json) -> Error {
        Error::Protocol { cause: cause.to_owned(), excerpt: excerpt(&self.hidden_json(&body.to_string())) }
    }

    /// Sends, and repeats what may be repeated.
    pub(crate) async fn send(&self, ask: &Ask) -> Result<Answer> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::Misuse("The datastore is closed.".to_owned()));
        }
        if ask.leads_elsewhere() {
            return Err(Error::Misuse("A name of a dataclass, attribute or function cannot be a dot or two.".to_owned()));
        }
        self.farewells.here();
        if ask.purpose == Purpose::Part {
            return self.send_in_turn(ask, HeaderMap::new()).await;
        }
        if ask.purpose != Purpose::Follow {
            self.tell_of_loss()?;
        }
        self.log_in().await?;
        let answer = self.send_patiently(ask).await?;
        if self.was_logged_out(&answer) && self.may_be_repeated(ask, &answer) {
            self.log_in().await?;
            return self.send_patiently(ask).await;
        }
        Ok(answer)
    }

    /// Locks that went with a session, before anything else is asked.
    fn tell_of_loss(&self) -> Result<()> {
        let locks = self.session.lock().take_lost();
        if locks.is_empty() { Ok(()) } else { Err(Error::lost(locks)) }
    }

    /// What came of a call that may have written: when the session was lost with it, it goes with the error that says so.
    pub(crate) fn executed<T: Into<Outcome>>(&self, done: Result<T>) -> Result<T> {
        // Nothing was answered, or nobody was let in: what is to be told is told by the next.
        if matches!(done, Err(Error::Unreachable { .. } | Error::Unauthorized { .. } | Error::Misuse(_) | Error::SessionLost { .. })) {
            return done;
        }
        let locks = self.session.lock().take_lost();
        match done {
            done if locks.is_empty() => done,
            Ok(result) => Err(Error::SessionLost { locks, executed: true, result: Some(Box::new(result.into())), cause: None }),
            Err(error) => Err(Error::SessionLost { locks, executed: true, result: None, cause: Some(Box::new(error)) }),
        }
    }

    /// Locks are gone, and nobody knows yet.
    pub(crate) fn has_lost(&self) -> bool {
        self.session.lock().has_lost()
    }

    /// A user's session had ended, so that the answer is one for somebody who is not logged in.
    fn was_logged_out(&self, answer: &Answer) -> bool {
        matches!(self.credential, Credential::User { .. }) && self.rules.keeps_session && answer.is_in_another
    }

    /// What only reads; and what was refused before anything was written.
    fn may_be_repeated(&self, ask: &Ask, answer: &Answer) -> bool {
        if ask.method == Method::Get {
            return true;
        }
        let Ok(body) = self.parse(answer) else { return false };
        let is_of_many = ask.is_of_many() || body.get("__ENTITIES").is_some();
        answer.status == 401 && (is_refused_at_the_gate(&body) || !ask.calls && !is_of_many)
    }

    async fn send_patiently(&self, ask: &Ask) -> Result<Answer> {
        let mut delay = self.rules.retry_delay;
        let mut left = if ask.method == Method::Get { self.rules.retries } else { 0 };
        loop {
            match self.send_in_turn(ask, HeaderMap::new()).await {
                Err(Error::Unreachable { cause, .. }) if left > 0 => {
                    tracing::debug!(%cause, left, "the request is repeated");
                    tokio::time::sleep(delay).await;
                    delay *= 2;
                    left -= 1;
                }
                done => return done,
            }
        }
    }

    /// A user is logged in before anything else, and again in a new session (`rest-dialect.md` 17.4).
    async fn log_in(&self) -> Result<()> {
        let Credential::User { name, password, minutes } = &self.credential else { return Ok(()) };
        let is_in = || self.session.lock().is_logged_in;
        if is_in() {
            return Ok(());
        }
        let _alone = self.logging_in.lock().await;
        // Others may have waited for the same.
        if is_in() {
            return Ok(());
        }
        let mut headers = HeaderMap::new();
        let fits =
            |text: &str| HeaderValue::from_bytes(text.as_bytes()).map_err(|_| Error::Misuse("Name or password cannot be sent.".to_owned()));
        let mut secret = fits(password.expose_secret())?;
        secret.set_sensitive(true);
        headers.insert(HeaderName::from_static("username-4d"), fits(name)?);
        headers.insert(HeaderName::from_static("password-4d"), secret);
        headers.insert(HeaderName::from_static("session-4d-length"), HeaderValue::from(*minutes));
        let answer = self.send_in_turn(&Ask::post_nothing("$directory/login"), headers).await?;
        let body = self.parse(&answer)?;
        if body.get("result") == Some(&Json::Bool(true)) {
            self.session.lock().is_logged_in = true;
            return Ok(());
        }
        Err(told(answer.status, &body, false).unwrap_or(Error::Unauthorized { reason: Reason::NotLoggedIn }))
    }

    /// The first request of a session is alone on its way.
    async fn send_in_turn(&self, ask: &Ask, headers: HeaderMap) -> Result<Answer> {
        let _alone = if self.session.lock().is_open || !self.rules.keeps_session { None } else { Some(self.opening.lock().await) };
        self.send_once(ask, headers).await
    }

    async fn send_once(&self, ask: &Ask, mut headers: HeaderMap) -> Result<Answer> {
        let sent = self.session.lock().sent();
        self.identify(&mut headers, &sent)?;
        let url = self.endpoint.url(&ask.target());
        let started = ((self.rules.clock)(), Instant::now());
        let mut request = match ask.method {
            Method::Get => self.connections.client.get(&url),
            Method::Post => self.connections.client.post(&url),
        };
        let mut request_bytes = 0;
        match &ask.body {
            Body::None => {}
            Body::Json(body) => {
                request_bytes = body.len();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                request = request.body(body.clone());
            }
            Body::Bytes(body, content_type) => {
                request_bytes = body.len();
                let kind = HeaderValue::from_str(content_type).map_err(|_| Error::Misuse("The content type cannot be sent.".to_owned()))?;
                headers.insert(CONTENT_TYPE, kind);
                request = request.body(body.clone());
            }
        }
        let received = self.receive(request.headers(headers).timeout(self.rules.request_timeout)).await;
        self.note(ask, url, started, request_bytes, received.as_ref().ok());
        let mut answer = received?;
        self.settle(ask, &mut answer, &sent)?;
        match answer.status {
            300..=399 => {
                let excerpt = format!("status {}", answer.status);
                Err(Error::Protocol { cause: "The server redirects, which is not followed".to_owned(), excerpt })
            }
            502..=504 => Err(self.unreachable(format!("HTTP status {}", answer.status))),
            _ => Ok(answer),
        }
    }

    fn identify(&self, headers: &mut HeaderMap, sent: &Sent) -> Result<()> {
        if let Credential::Key(key) = &self.credential {
            let unfit = |_| Error::Misuse("The API key holds characters that cannot be sent.".to_owned());
            let mut value = HeaderValue::from_str(key.expose_secret()).map_err(unfit)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static("api-key"), value);
        }
        if !self.rules.keeps_session {
            headers.insert(HeaderName::from_static("nosession-4d"), HeaderValue::from_static("true"));
        } else if let Some(cookies) = sent.header() {
            headers.insert(COOKIE, cookies);
        }
        Ok(())
    }

    async fn receive(&self, request: reqwest::RequestBuilder) -> Result<Answer> {
        let failed = |error: reqwest::Error| self.unreachable(chain(&error.without_url()));
        let mut response = request.send().await.map_err(failed)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.rules.answer_bytes {
                let excerpt = format!("more than {} bytes", self.rules.answer_bytes);
                return Err(Error::Protocol { cause: "The answer is too long".to_owned(), excerpt });
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status: response.status().as_u16(), headers, body: body.freeze(), is_elsewhere: false, is_in_another: false })
    }

    /// What the answer does to the session.
    fn settle(&self, ask: &Ask, answer: &mut Answer, sent: &Sent) -> Result<()> {
        if !self.rules.keeps_session {
            return Ok(());
        }
        let mut session = self.session.lock();
        match session.receive(&answer.headers, sent) {
            Turn::Same => {}
            Turn::Elsewhere => {
                answer.is_elsewhere = true;
                answer.is_in_another = true;
            }
            Turn::Replaced(locks) if !locks.is_empty() && ask.purpose == Purpose::Read => return Err(Error::lost(locks)),
            Turn::Replaced(locks) => {
                session.lose(locks);
                answer.is_in_another = true;
            }
        }
        Ok(())
    }

    fn note(&self, ask: &Ask, url: String, started: (SystemTime, Instant), request_bytes: usize, answer: Option<&Answer>) {
        let elapsed = started.1.elapsed();
        let method = if ask.method == Method::Get { "GET" } else { "POST" };
        tracing::debug!(method, path = ask.path(), status = answer.map(|answer| answer.status), ?elapsed, "asked");
        let Some(bodies) = self.log.wants() else { return };
        let at = |time: SystemTime| Timestamp::try_from(time).map(|at| format!("{at:.3}")).unwrap_or_default();
        let text = |answer: &Answer| match std::str::from_utf8(&answer.body) {
            Ok(text) => self.hidden_json(text),
            Err(_) => "***".to_owned(),
        };
        self.log.add(LoggedRequest {
            sequence_number: 0,
            method: method.to_owned(),
            url: self.hidden(&url),
            start_time: at(started.0),
            end_time: at(started.0 + elapsed),
            duration: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            request_bytes,
            response: answer.map(|answer| LoggedResponse {
                status: answer.status,
                bytes: answer.body.len(),
                body: bodies.then(|| text(answer)),
            }),
        });
    }

    /// The text without the secret, wherever it came from.
    pub(crate) fn hidden(&self, text: &str) -> String {
        match self.credential.secret() {
            Some(secret) => text.replace(secret, secret::HIDDEN),
            None => text.to_owned(),
        }
    }

    /// The same for JSON, which stays JSON.
    fn hidden_json(&self, text: &str) -> String {
        match self.credential.secret() {
            Some(secret) => secret::hidden_json(text, secret),
            None => text.to_owned(),
        }
    }

    pub(crate) fn unreachable(&self, cause: String) -> Error {
        Error::Unreachable { host: self.endpoint.host(), cause: self.hidden(&cause) }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("host", &self.endpoint.host()).finish_non_exhaustive()
    }
}

/// The answer to a caller who is not logged in, whatever he asked.
fn is_refused_at_the_gate(body: &Json) -> bool {
    let is_of_login = |error: &RemoteError| error.err_code == NOT_LOGGED_IN || error.message.contains("need to be logged in");
    body.get("error").is_some() || body.as_object().is_some_and(|members| errors_of(members).iter().any(is_of_login))
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = cause.source();
    }
    text
}
