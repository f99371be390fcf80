//! The record of a key without its secret (`api-keys.md` 8.1).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::dates::{expires_soon, is_expired};
use crate::hosts::AllowedHosts;
use crate::roles::Roles;
use crate::secret::base62;

const ID_PREFIX: &str = "key_";
const MINTED_ID_LEN: usize = 16;

/// Public identifier of a key: `key_` and 12 to 16 base62 characters. Never accepted as a credential.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(Box<str>);

/// A text that is no key ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is not the ID of a key; it looks like key_7Qm2vT9sLk4d")]
pub struct NotAKeyId;

impl KeyId {
    /// A new one, 95 random bits.
    pub fn mint(rng: &mut dyn FnMut(&mut [u8])) -> Self {
        Self(format!("{ID_PREFIX}{}", base62(rng, MINTED_ID_LEN)).into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        let rest = text.strip_prefix(ID_PREFIX).ok_or(NotAKeyId)?;
        let fits = (12..=16).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(Self(text.into())) } else { Err(NotAKeyId) }
    }
}

impl TryFrom<String> for KeyId {
    type Error = NotAKeyId;

    fn try_from(text: String) -> Result<Self, NotAKeyId> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key may reach (K-22, K-33, K-34).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// Access follows the role.
    #[default]
    Standard,
    /// Reaches all exposed data, whatever the roles.
    Administration,
}

impl KeyType {
    /// The text in records and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Administration => "administration",
        }
    }

    /// By its text.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Standard, Self::Administration].into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The record of a key. It has no member for the secret, its digest or its seal, so that no listing can carry them (K-46).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRecord {
    /// Public, kept through every edit.
    pub id: KeyId,
    /// K-21.
    pub description: String,
    /// K-22.
    #[serde(rename = "type")]
    pub key_type: KeyType,
    /// `None` for an Administration key (K-32).
    pub role: Option<String>,
    /// Last day on which the key works, UTC.
    #[serde(with = "super::text::plain")]
    pub expires_on: Date,
    /// Empty: every host.
    pub allowed_hosts: AllowedHosts,
    /// Sign-in name of the administrator, or "command line".
    pub created_by: String,
    /// When the key was made.
    #[serde(with = "super::text::plain")]
    pub created_at: Timestamp,
    /// When the record was last edited.
    #[serde(with = "super::text::plain")]
    pub updated_at: Timestamp,
    /// When a request with the key was last accepted.
    #[serde(with = "super::text::optional")]
    pub last_used_at: Option<Timestamp>,
    /// Whence it came.
    #[serde(with = "super::text::optional")]
    pub last_used_ip: Option<IpAddr>,
}

/// State of a key, as shown and filtered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyState {
    /// Works.
    Active,
    /// Works, but for 14 days at most.
    ExpiresSoon,
    /// Its last day is over (K-47).
    Expired,
    /// Its role is no longer declared: it works as a guest (O-9).
    RoleMissing,
}

impl KeyState {
    /// The text in records, filters and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ExpiresSoon => "expiresSoon",
            Self::Expired => "expired",
            Self::RoleMissing => "roleMissing",
        }
    }

    /// By its text.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::ExpiresSoon, Self::Expired, Self::RoleMissing].into_iter().find(|state| state.name() == name)
    }
}

impl KeyRecord {
    /// Its state now; the gravest one when several hold (expired, role missing, expires soon).
    pub fn state(&self, roles: &Roles, now: Timestamp) -> KeyState {
        if is_expired(self.expires_on, now) {
            KeyState::Expired
        } else if self.is_role_missing(roles) {
            KeyState::RoleMissing
        } else if expires_soon(self.expires_on, now) {
            KeyState::ExpiresSoon
        } else {
            KeyState::Active
        }
    }

    /// True when the key names a role that is not declared (O-9).
    pub fn is_role_missing(&self, roles: &Roles) -> bool {
        roles.is_missing(self.key_type, self.role.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> KeyRecord {
        KeyRecord {
            id: "key_7Qm2vT9sLk4d".parse().unwrap(),
            description: "Warehouse sync".to_owned(),
            key_type: KeyType::Standard,
            role: Some("Clerk".to_owned()),
            expires_on: "2027-03-31".parse().unwrap(),
            allowed_hosts: AllowedHosts::parse(&["192.0.2.10", "2001:db8:5::/48"]).unwrap(),
            created_by: "ana@example.org".to_owned(),
            created_at: "2026-04-01T09:12:00Z".parse().unwrap(),
            updated_at: "2026-04-01T09:12:00Z".parse().unwrap(),
            last_used_at: None,
            last_used_ip: None,
        }
    }

    #[test]
    fn the_record_has_the_documented_members() {
        let json = serde_json::to_string(&record()).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"id":"key_7Qm2vT9sLk4d","description":"Warehouse sync","type":"standard","role":"Clerk","expiresOn":"2027-03-31","#,
                r#""allowedHosts":["192.0.2.10","2001:db8:5::/48"],"createdBy":"ana@example.org","createdAt":"2026-04-01T09:12:00Z","#,
                r#""updatedAt":"2026-04-01T09:12:00Z","lastUsedAt":null,"lastUsedIp":null}"#
            )
        );
        assert_eq!(serde_json::from_str::<KeyRecord>(&json).unwrap(), record());
    }

    #[test]
    fn ids_have_their_form() {
        let id = KeyId::mint(&mut |buffer: &mut [u8]| getrandom::fill(buffer).unwrap());
        assert_eq!(id.as_str().parse::<KeyId>(), Ok(id.clone()));
        assert_eq!(id.as_str().len(), 20);
        for text in ["", "key_", "key_12345678901", "key_12345678901234567", "key_1234567890-2", "kee_123456789012"] {
            assert_eq!(text.parse::<KeyId>(), Err(NotAKeyId), "{text}");
        }
    }

    #[test]
    fn the_gravest_state_is_told() {
        let absent = Roles::absent();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(record().state(&absent, at("2026-04-01T00:00:00Z")), KeyState::RoleMissing);
        assert_eq!(record().state(&absent, at("2027-04-01T00:00:00Z")), KeyState::Expired);
        let administration = KeyRecord { key_type: KeyType::Administration, role: None, ..record() };
        assert_eq!(administration.state(&absent, at("2026-04-01T00:00:00Z")), KeyState::Active);
        assert_eq!(administration.state(&absent, at("2027-03-20T00:00:00Z")), KeyState::ExpiresSoon);
    }
}
