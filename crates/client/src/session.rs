//! The session with the server: its cookies and the locks that live in it (`remote-datastore.md` 5, `rest-dialect.md` 17.2).

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};

/// More cookies than that are no session.
const MOST_COOKIES: usize = 20;

/// What of the session a request was sent with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    cookies: Vec<(String, String)>,
    /// Counts sessions.
    pub(crate) generation: u64,
}

/// The session as it is known here.
#[derive(Default)]
pub(crate) struct Session {
    /// Whatever the server set, by name.
    cookies: BTreeMap<String, String>,
    /// An answer was received.
    pub(crate) is_open: bool,
    /// The user is logged in, where there are users.
    pub(crate) is_logged_in: bool,
    /// Goes up with every new session.
    pub(crate) generation: u64,
    /// Who holds the lock of an entity: dataclass, key.
    locks: BTreeMap<(String, String), Holders>,
    /// Locks that went with an earlier session, of which nobody was told yet.
    lost: Vec<(String, String)>,
}

/// Who holds one lock here.
#[derive(Default)]
struct Holders {
    /// So many objects, each of which gives it back by itself.
    objects: usize,
    /// Whoever locked the entity by its key.
    by_key: bool,
}

/// What an answer did to the session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As before.
    Same,
    /// The server has opened another one; these locks are gone.
    Replaced(Vec<(String, String)>),
    /// This answer belongs to a session that is not kept, because another answer was here first.
    Elsewhere,
}

impl Session {
    /// To send along.
    pub(crate) fn sent(&self) -> Sent {
        Sent { cookies: self.cookies.iter().map(|(name, value)| (name.clone(), value.clone())).collect(), generation: self.generation }
    }

    /// What came back.
    pub(crate) fn receive(&mut self, headers: &HeaderMap, sent: &Sent) -> Turn {
        self.is_open = true;
        let received: Vec<_> = headers.get_all(SET_COOKIE).iter().filter_map(cookie).collect();
        if received.is_empty() {
            return Turn::Same;
        }
        let was = |name: &str| sent.cookies.iter().find(|(sent, _)| sent == name).map(|(_, value)| value.as_str());
        let is_news = received.iter().any(|(name, value)| value.as_deref() != was(name));
        if is_news && sent.generation != self.generation {
            return Turn::Elsewhere;
        }
        // A value that replaces one that was sent: the server did not know the session any more.
        let is_replaced = received.iter().any(|(name, value)| was(name).is_some_and(|was| value.as_deref() != Some(was)));
        for (name, value) in received {
            match value {
                Some(value) if self.cookies.len() < MOST_COOKIES || self.cookies.contains_key(&name) => {
                    self.cookies.insert(name, value);
                }
                Some(_) => {}
                None => {
                    self.cookies.remove(&name);
                }
            }
        }
        if sent.cookies.is_empty() && is_news {
            // The first session of this connection, or one after a logout.
            self.generation += 1;
            return Turn::Same;
        }
        if !is_replaced {
            return Turn::Same;
        }
        self.generation += 1;
        self.is_logged_in = false;
        Turn::Replaced(std::mem::take(&mut self.locks).into_keys().collect())
    }

    /// These locks are gone, which is to be told before anything else is asked.
    pub(crate) fn lose(&mut self, locks: Vec<(String, String)>) {
        self.lost.extend(locks);
    }

    /// There is something to be told.
    pub(crate) fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// What is to be told; once.
    pub(crate) fn take_lost(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.lost)
    }

    /// One object more holds the lock.
    pub(crate) fn hold(&mut self, dataclass: &str, key: &str) {
        self.holders(dataclass, key).objects += 1;
    }

    /// The lock is held by its key, however often it was asked for; true when it was before.
    pub(crate) fn hold_by_key(&mut self, dataclass: &str, key: &str) -> bool {
        std::mem::replace(&mut self.holders(dataclass, key).by_key, true)
    }

    fn holders(&mut self, dataclass: &str, key: &str) -> &mut Holders {
        self.locks.entry((dataclass.to_owned(), key.to_owned())).or_default()
    }

    /// The server has given one that can be ended.
    pub(crate) fn exists(&self) -> bool {
        !self.cookies.is_empty()
    }

    /// Some object holds the lock.
    pub(crate) fn is_held(&self, dataclass: &str, key: &str) -> bool {
        self.locks.contains_key(&(dataclass.to_owned(), key.to_owned()))
    }

    /// One object less; true when it was the last, so that the server should be told.
    pub(crate) fn let_go(&mut self, dataclass: &str, key: &str, generation: u64) -> bool {
        if generation != self.generation {
            return false;
        }
        self.leave(dataclass, key, |holders| holders.objects -= 1)
    }

    /// It is not held by its key any more; true when no object holds it, so that the server should be told.
    pub(crate) fn let_go_by_key(&mut self, dataclass: &str, key: &str) -> bool {
        !self.is_held(dataclass, key) || self.leave(dataclass, key, |holders| holders.by_key = false)
    }

    fn leave(&mut self, dataclass: &str, key: &str, leave: impl FnOnce(&mut Holders)) -> bool {
        let place = (dataclass.to_owned(), key.to_owned());
        let Some(holders) = self.locks.get_mut(&place) else { return false };
        leave(holders);
        let is_last = holders.objects == 0 && !holders.by_key;
        if is_last {
            self.locks.remove(&place);
        }
        is_last
    }

    /// The session is over.
    pub(crate) fn forget(&mut self) {
        let generation = self.generation + 1;
        *self = Self { generation, ..Self::default() };
    }
}

impl Sent {
    /// The header `Cookie`.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        if self.cookies.is_empty() {
            return None;
        }
        let text = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Name and value of a `Set-Cookie`; no value when it takes the cookie away.
fn cookie(header: &HeaderValue) -> Option<(String, Option<String>)> {
    let mut parts = header.to_str().ok()?.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let is_gone = value.is_empty()
        || parts.any(|part| {
            let (what, seconds) = part.split_once('=').unwrap_or((part, ""));
            what.trim().eq_ignore_ascii_case("max-age") && seconds.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0)
        });
    Some((name.to_owned(), (!is_gone).then(|| value.to_owned())))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};

    use super::{Session, Turn};

    fn sets(cookies: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(SET_COOKIE, HeaderValue::from_static(cookie));
        }
        headers
    }

    fn header(session: &Session) -> String {
        session.sent().header().map(|value| value.to_str().unwrap_or_default().to_owned()).unwrap_or_default()
    }

    #[test]
    fn cookies_go_back_as_they_came() {
        let mut session = Session::default();
        let sent = session.sent();
        assert_eq!(session.receive(&sets(&["4DSID_library=A1; Path=/; Max-Age=3600; HttpOnly", "WASID4D=A1; Path=/"]), &sent), Turn::Same);
        assert_eq!(header(&session), "4DSID_library=A1; WASID4D=A1");
        // Renewed with the same value: the same session.
        let sent = session.sent();
        assert_eq!(session.receive(&sets(&["4DSID_library=A1; Max-Age=3600"]), &sent), Turn::Same);
        assert_eq!(session.receive(&sets(&["WASID4D=; Max-Age=0"]), &sent), Turn::Replaced(Vec::new()));
        assert_eq!(header(&session), "4DSID_library=A1");
    }

    #[test]
    fn a_new_session_takes_the_locks_with_it_once() {
        let mut session = Session::default();
        let sent = session.sent();
        session.receive(&sets(&["S=A1"]), &sent);
        let generation = session.generation;
        session.hold("Book", "1");
        session.hold("Book", "1");
        let (first, second) = (session.sent(), session.sent());
        assert_eq!(session.receive(&sets(&["S=B2"]), &first), Turn::Replaced(vec![("Book".to_owned(), "1".to_owned())]));
        // Another request of the old session was answered in a third one.
        assert_eq!(session.receive(&sets(&["S=C3"]), &second), Turn::Elsewhere);
        assert_eq!(header(&session), "S=B2");
        assert!(!session.let_go("Book", "1", generation));
    }

    #[test]
    fn the_last_holder_lets_a_lock_go() {
        let mut session = Session::default();
        session.hold("Book", "1");
        session.hold("Book", "1");
        assert!(!session.let_go("Book", "1", 0));
        assert!(session.let_go("Book", "1", 0));
        assert!(!session.let_go("Book", "1", 0));
    }

    #[test]
    fn a_lock_by_key_is_one_however_often_it_was_taken() {
        let mut session = Session::default();
        session.hold_by_key("Book", "1");
        session.hold_by_key("Book", "1");
        assert!(session.let_go_by_key("Book", "1"));
        // Nobody here holds it: the server knows better.
        assert!(session.let_go_by_key("Book", "1"));
        session.hold("Book", "1");
        session.hold_by_key("Book", "1");
        assert!(!session.let_go_by_key("Book", "1"));
        assert!(session.let_go("Book", "1", 0));
    }

    #[test]
    fn two_first_requests_have_one_session() {
        let mut session = Session::default();
        let (first, second) = (session.sent(), session.sent());
        assert_eq!(session.receive(&sets(&["S=A1"]), &first), Turn::Same);
        assert_eq!(session.receive(&sets(&["S=B2"]), &second), Turn::Elsewhere);
        assert_eq!(header(&session), "S=A1");
    }
}
