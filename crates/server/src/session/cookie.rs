//! The session's cookies: `4DSID_{application}` and `WASID4D` are sent, `WASID` is understood too (`rest-dialect.md` 17.2).

use http::{HeaderMap, HeaderValue, header};

use super::id::{LENGTH, SessionId};
use crate::settings::{SameSite, Settings};

/// Names by which a session comes back besides the application's own.
const OLDER: [&str; 2] = ["WASID4D", "WASID"];

/// Names and properties of the cookies, put together once.
#[derive(Debug)]
pub(crate) struct Cookies {
    /// `4DSID_library`
    name: String,
    /// What follows the value: `; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict`.
    properties: String,
    /// The same for a cookie that is taken back.
    gone: String,
    /// Browsers drop a cookie of `SameSite=None` that is not.
    is_always_secure: bool,
}

impl Cookies {
    pub(crate) fn new(settings: &Settings) -> Self {
        let same_site = match settings.rest.session_same_site {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        let properties = |seconds: i64| format!("; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}");
        // Names of cookies are tokens of HTTP.
        let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let name: String = settings.name.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
        Self {
            name: format!("4DSID_{name}"),
            properties: properties(settings.rest.session_minutes * 60),
            gone: properties(0),
            is_always_secure: settings.rest.session_same_site == SameSite::None,
        }
    }

    /// The IDs that a request brings, by the three names.
    pub(crate) fn read(&self, headers: &HeaderMap) -> [Option<SessionId>; 3] {
        let mut found = [None; 3];
        for line in headers.get_all(header::COOKIE) {
            let Ok(line) = line.to_str() else { continue };
            for (name, value) in line.split(';').filter_map(|pair| pair.trim().split_once('=')) {
                let at = if name == self.name { 0 } else { OLDER.iter().position(|older| *older == name).map_or(3, |at| at + 1) };
                if let Some(place) = found.get_mut(at)
                    && place.is_none()
                {
                    *place = SessionId::parse(value.trim_matches('"'));
                }
            }
        }
        found
    }

    /// Sets the cookies to this ID, or takes them back.
    pub(crate) fn write(&self, id: Option<SessionId>, is_secure: bool, headers: &mut HeaderMap<HeaderValue>) {
        let text = id.map(SessionId::text);
        let value: &[u8] = text.as_ref().map_or(&[], |text| text);
        let properties = if id.is_some() { &self.properties } else { &self.gone };
        let secure: &[u8] = if is_secure || self.is_always_secure { b"; Secure" } else { b"" };
        for name in [self.name.as_str(), OLDER[0]] {
            let mut line = Vec::with_capacity(name.len() + 1 + LENGTH + properties.len() + secure.len());
            for part in [name.as_bytes(), b"=", value, properties.as_bytes(), secure] {
                line.extend_from_slice(part);
            }
            if let Ok(line) = HeaderValue::from_maybe_shared(axum::body::Bytes::from(line)) {
                headers.append(header::SET_COOKIE, line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1B2E7F90C4D84A5E9F6A3C1D0E8B7724";

    fn cookies(change: impl FnOnce(&mut Settings)) -> Cookies {
        let mut settings = Settings { name: "library".to_owned(), ..Settings::default() };
        change(&mut settings);
        Cookies::new(&settings)
    }

    fn written(cookies: &Cookies, id: Option<SessionId>, is_secure: bool) -> Vec<String> {
        let mut headers = HeaderMap::new();
        cookies.write(id, is_secure, &mut headers);
        headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn both_names_are_sent_with_one_value() {
        let id = SessionId::parse(ID);
        let lines = written(&cookies(|_| {}), id, false);
        let expected = ["4DSID_library", "WASID4D"].map(|name| format!("{name}={ID}; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict"));
        assert_eq!(lines, expected);
        assert!(written(&cookies(|_| {}), id, true)[0].ends_with("; SameSite=Strict; Secure"));
        assert!(written(&cookies(|_| {}), None, false)[0].starts_with("4DSID_library=; Path=/; Max-Age=0"));
        let lax = cookies(|settings| {
            settings.rest.session_same_site = SameSite::Lax;
            settings.rest.session_minutes = 90;
            settings.name = "my library; x=1".to_owned();
        });
        assert!(written(&lax, id, false)[0].starts_with("4DSID_my_library__x_1=1B2E"));
        assert!(written(&lax, id, false)[0].ends_with("Max-Age=5400; HttpOnly; SameSite=Lax"));
        let none = cookies(|settings| settings.rest.session_same_site = SameSite::None);
        assert!(written(&none, id, false)[0].ends_with("SameSite=None; Secure"));
    }

    #[test]
    fn three_names_are_read() {
        let read = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
            }
            cookies(|_| {}).read(&headers).map(|id| id.map(|id| id.to_string()))
        };
        let id = || Some(ID.to_owned());
        assert_eq!(read(&[&format!("a=b; 4DSID_library={ID}")]), [id(), None, None]);
        assert_eq!(read(&[&format!("WASID4D=\"{ID}\"")]), [None, id(), None]);
        assert_eq!(read(&["x=1", &format!("WASID={}", ID.to_lowercase())]), [None, None, id()]);
        assert_eq!(read(&[&format!("4DSID_other={ID}; wasid={ID}; WASID=12"), "nonsense"]), [None, None, None]);
    }
}
