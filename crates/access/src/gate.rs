//! The decision of `api-keys.md` 7, steps 1 to 4: may this request go on with this key.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::client::ClientAddress;
use crate::hosts::AllowedHosts;
use crate::key::is_expired;
use crate::secret::Secret;

/// What a request carries in the `api-key` header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// No header, or an empty one.
    Nothing,
    /// One text, without surrounding white space.
    Text(&'a str),
    /// The same text more than once (K-71).
    Repeated,
    /// Different texts, or one that is no visible text at all: matches no key.
    Unusable,
}

impl<'a> Presented<'a> {
    /// From the values of all `api-key` headers of the request. Allocates nothing.
    pub fn from_values(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut values = values.into_iter().map(<[u8]>::trim_ascii);
        let Some(first) = values.next() else { return Self::Nothing };
        let mut repeated = false;
        for value in values {
            if value != first {
                return Self::Unusable;
            }
            repeated = true;
        }
        match std::str::from_utf8(first) {
            Ok("") => Self::Nothing,
            Ok(_) if repeated => Self::Repeated,
            Ok(text) => Self::Text(text),
            Err(_) => Self::Unusable,
        }
    }

    /// The text to look up: only one that can be a generated secret. Anything else needs no look-up to be refused.
    pub fn candidate(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(*text).filter(|text| Secret::check(text).is_ok()),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Presented<'_> {
    /// Without the text: it may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Text(_) => "Text(****************)",
            Self::Repeated => "Repeated",
            Self::Unusable => "Unusable",
        })
    }
}

/// What the look-up of a digest gives: the parts of the key's record on which the decision rests.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Whence the key may be used.
    pub allowed_hosts: &'a AllowedHosts,
    /// Last day on which the key works.
    pub expires_on: Date,
    /// For the previous secret of a regenerated key: when its overlap ends (O-5). `None` for the current secret.
    pub secret_ends: Option<Timestamp>,
}

/// Why a request is refused at the gate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// Step 1.
    MissingHeader,
    /// Step 1, the same key sent twice (K-71).
    RepeatedHeader,
    /// Step 2.
    NotValid,
    /// Step 3.
    HostNotAllowed,
    /// Step 4.
    Expired,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::MissingHeader, Self::RepeatedHeader, Self::NotValid, Self::HostNotAllowed, Self::Expired];

    /// The HTTP status (7.1).
    pub fn status(self) -> u16 {
        match self {
            Self::MissingHeader | Self::RepeatedHeader => 400,
            Self::NotValid | Self::Expired => 401,
            Self::HostNotAllowed => 403,
        }
    }

    /// The text of `error` (7.1).
    pub fn text(self) -> &'static str {
        match self {
            Self::MissingHeader => "Some headers are missing, required headers [api-key]",
            Self::RepeatedHeader => "The header api-key is sent more than once",
            Self::NotValid => "Api-key Not Valid",
            Self::HostNotAllowed => "403 - Forbidden",
            Self::Expired => "Api-key expired",
        }
    }

    /// The whole body: `{"error":"..."}`.
    pub fn body(self) -> &'static str {
        match self {
            Self::MissingHeader => r#"{"error":"Some headers are missing, required headers [api-key]"}"#,
            Self::RepeatedHeader => r#"{"error":"The header api-key is sent more than once"}"#,
            Self::NotValid => r#"{"error":"Api-key Not Valid"}"#,
            Self::HostNotAllowed => r#"{"error":"403 - Forbidden"}"#,
            Self::Expired => r#"{"error":"Api-key expired"}"#,
        }
    }

    /// Stable short name, for logs, metrics and explanations.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingHeader => "missing_header",
            Self::RepeatedHeader => "repeated_header",
            Self::NotValid => "not_valid",
            Self::HostNotAllowed => "host_not_allowed",
            Self::Expired => "expired",
        }
    }
}

/// Steps 1 to 4 in their order. `found` is what the look-up of [`Presented::candidate`] gave. The host is asked before the expiry, so that
/// a stolen key tried from elsewhere learns nothing about its expiry.
pub fn decide(presented: Presented<'_>, found: Option<Found<'_>>, address: ClientAddress, now: Timestamp) -> Result<(), Refusal> {
    match presented {
        Presented::Nothing => return Err(Refusal::MissingHeader),
        Presented::Repeated => return Err(Refusal::RepeatedHeader),
        Presented::Unusable => return Err(Refusal::NotValid),
        Presented::Text(_) => {}
    }
    decide_found(found.ok_or(Refusal::NotValid)?, address, now)
}

/// What [`decide`] asks of a key that is found. Also for requests that carry no secret, because somebody asks about them or tries them as the
/// key.
pub fn decide_found(key: Found<'_>, address: ClientAddress, now: Timestamp) -> Result<(), Refusal> {
    if key.secret_ends.is_some_and(|end| now >= end) {
        return Err(Refusal::NotValid);
    }
    let host_allowed = match address {
        ClientAddress::Known(address) => key.allowed_hosts.contains(address),
        ClientAddress::Malformed => key.allowed_hosts.is_everyone(),
    };
    if !host_allowed {
        return Err(Refusal::HostNotAllowed);
    }
    if is_expired(key.expires_on, now) { Err(Refusal::Expired) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Presented<'_> = Presented::Text("some text");

    fn now() -> Timestamp {
        "2026-04-01T12:00:00Z".parse().unwrap()
    }

    fn address(text: &str) -> ClientAddress {
        ClientAddress::Known(text.parse().unwrap())
    }

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_header_is_taken_trimmed_and_once() {
        let of = |values: &[&'static str]| Presented::from_values(values.iter().map(|value| value.as_bytes()));
        assert_eq!(of(&[]), Presented::Nothing);
        assert_eq!(of(&["  "]), Presented::Nothing);
        assert_eq!(of(&[" abc\t"]), Presented::Text("abc"));
        assert_eq!(of(&["abc", "abc "]), Presented::Repeated);
        assert_eq!(of(&["abc", "abd"]), Presented::Unusable);
        assert_eq!(of(&["abc", ""]), Presented::Unusable);
        assert_eq!(of(&["", ""]), Presented::Nothing);
        assert_eq!(Presented::from_values([&b"\xff"[..]]), Presented::Unusable);
    }

    #[test]
    fn only_a_well_formed_secret_is_looked_up() {
        let secret = Secret::mint(&mut |buffer: &mut [u8]| getrandom::fill(buffer).unwrap());
        assert_eq!(Presented::Text(secret.expose()).candidate(), Some(secret.expose()));
        assert_eq!(SOME.candidate(), None);
        assert_eq!(Presented::Repeated.candidate(), None);
        assert!(!format!("{:?}", Presented::Text(secret.expose())).contains(secret.expose()));
    }

    #[test]
    fn the_first_check_that_fails_decides() {
        let hosts = AllowedHosts::parse(&["192.0.2.7"]).unwrap();
        let expired = Found { allowed_hosts: &hosts, expires_on: date("2026-03-31"), secret_ends: None };
        let ended = Found { secret_ends: Some(now()), ..expired };
        let (inside, outside) = (address("192.0.2.7"), address("192.0.2.8"));
        assert_eq!(decide(Presented::Nothing, Some(expired), outside, now()), Err(Refusal::MissingHeader));
        assert_eq!(decide(Presented::Repeated, Some(expired), outside, now()), Err(Refusal::RepeatedHeader));
        assert_eq!(decide(Presented::Unusable, Some(expired), outside, now()), Err(Refusal::NotValid));
        assert_eq!(decide(SOME, None, outside, now()), Err(Refusal::NotValid));
        assert_eq!(decide(SOME, Some(ended), outside, now()), Err(Refusal::NotValid));
        assert_eq!(decide(SOME, Some(expired), outside, now()), Err(Refusal::HostNotAllowed));
        assert_eq!(decide(SOME, Some(expired), ClientAddress::Malformed, now()), Err(Refusal::HostNotAllowed));
        assert_eq!(decide(SOME, Some(expired), inside, now()), Err(Refusal::Expired));
        let today = Found { expires_on: date("2026-04-01"), ..expired };
        assert_eq!(decide(SOME, Some(today), inside, now()), Ok(()));
    }

    #[test]
    fn without_a_list_every_host_may_come() {
        let everyone = AllowedHosts::default();
        let key = Found { allowed_hosts: &everyone, expires_on: date("2026-04-01"), secret_ends: None };
        assert_eq!(decide(SOME, Some(key), address("203.0.113.1"), now()), Ok(()));
        assert_eq!(decide(SOME, Some(key), ClientAddress::Malformed, now()), Ok(()));
    }

    #[test]
    fn a_previous_secret_works_until_its_overlap_ends() {
        let everyone = AllowedHosts::default();
        let end: Timestamp = "2026-04-01T12:00:01Z".parse().unwrap();
        let key = Found { allowed_hosts: &everyone, expires_on: date("2026-12-31"), secret_ends: Some(end) };
        assert_eq!(decide(SOME, Some(key), address("203.0.113.1"), now()), Ok(()));
        assert_eq!(decide(SOME, Some(key), address("203.0.113.1"), end), Err(Refusal::NotValid));
    }

    #[test]
    fn the_body_carries_the_text() {
        for refusal in Refusal::ALL {
            assert_eq!(refusal.body(), serde_json::json!({ "error": refusal.text() }).to_string());
        }
    }
}
