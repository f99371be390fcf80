//! Creating and editing keys: every rule of the dialog, all complaints at once (`api-keys.md` 4, 5).

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::dates::{ceiling, parse_date};
use super::record::{KeyRecord, KeyType};
use crate::hosts::{AllowedHosts, HostError};
use crate::roles::Roles;

/// Longest description in characters (K-21).
pub const MAX_DESCRIPTION: usize = 200;

/// A refused field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FieldError {
    /// Name of the member: `expiresOn`.
    pub field: &'static str,
    /// Stable short name of the rule: `too_late`.
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
    /// For `allowedHosts`: which line, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}

impl FieldError {
    fn new(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { field, code, message: message.into(), index: None }
    }
}

/// What somebody asks for, when creating a key or editing one. `None`: not said.
#[derive(Clone, Debug, Default)]
pub struct KeyDraft {
    /// K-21.
    pub description: Option<String>,
    /// `standard` or `administration` (K-22).
    pub key_type: Option<String>,
    /// Name of a role (K-23); `Some(None)` is an explicit null.
    pub role: Option<Option<String>>,
    /// `YYYY-MM-DD` (K-25, K-26).
    pub expires_on: Option<String>,
    /// Addresses and ranges (K-28); an empty list opens the key to every host.
    pub allowed_hosts: Option<Vec<String>>,
    /// What was wrong with the form of the input; reported with the rest.
    errors: Vec<FieldError>,
}

/// What the rules depend on.
#[derive(Clone, Copy, Debug)]
pub struct KeyRules<'a> {
    /// The day of the clock, UTC.
    pub today: Date,
    /// `keys.max_lifetime_days`.
    pub max_lifetime_days: u32,
    /// The roles in force.
    pub roles: &'a Roles,
}

/// The checked properties of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyProperties {
    /// Trimmed.
    pub description: String,
    /// Standard unless said otherwise.
    pub key_type: KeyType,
    /// As declared; `None` for an Administration key.
    pub role: Option<String>,
    /// Last day on which the key works.
    pub expires_on: Date,
    /// Normalised.
    pub allowed_hosts: AllowedHosts,
}

/// A checked edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyEdit {
    /// All properties after the edit.
    pub properties: KeyProperties,
    /// Names of the members whose value changes, for the audit line.
    pub changed: Vec<&'static str>,
}

impl KeyDraft {
    /// From the JSON body of the management API. A `secret` is refused (K-31), and so is every member that is not a property: a mistyped
    /// `allowedHosts` must not make a key that works from everywhere.
    pub fn from_json(body: &Value) -> Self {
        let mut draft = Self::default();
        let Value::Object(members) = body else {
            draft.errors.push(FieldError::new("", "wrong_type", "The body must be a JSON object."));
            return draft;
        };
        for (name, value) in members {
            match name.as_str() {
                "description" => draft.description = draft.text("description", value),
                "type" => draft.key_type = draft.text("type", value),
                "role" if value.is_null() => draft.role = Some(None),
                "role" => draft.role = draft.text("role", value).map(Some),
                "expiresOn" => draft.expires_on = draft.text("expiresOn", value),
                "allowedHosts" => draft.hosts(value),
                _ => draft.stranger(name),
            }
        }
        draft
    }

    fn text(&mut self, field: &'static str, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            // Null is as good as nothing said.
            Value::Null => None,
            _ => {
                self.errors.push(FieldError::new(field, "wrong_type", "This must be a text."));
                None
            }
        }
    }

    fn hosts(&mut self, value: &Value) {
        let Value::Array(items) = value else {
            // Null is not taken for an empty list: it would open an edited key to every host.
            self.errors.push(FieldError::new("allowedHosts", "wrong_type", "This must be an array of texts."));
            return;
        };
        // What is no text keeps its line, and its JSON form is no address.
        let texts = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect();
        self.allowed_hosts = Some(texts);
    }

    fn stranger(&mut self, name: &str) {
        let read_only = ["id", "createdBy", "createdAt", "updatedAt", "lastUsedAt", "lastUsedIp"];
        let error = if name.to_ascii_lowercase().starts_with("secret") {
            FieldError::new("secret", "not_allowed", "The server makes the secret; it cannot be chosen.")
        } else if let Some(field) = read_only.into_iter().find(|field| *field == name) {
            FieldError::new(field, "read_only", "This member cannot be set.")
        } else {
            let known = "description, type, role, expiresOn, allowedHosts";
            FieldError::new("", "unknown_member", format!("There is no member \"{name}\" here; known are {known}."))
        };
        self.errors.push(error);
    }

    /// The properties of a new key, or everything that is wrong.
    pub fn create(self, rules: KeyRules<'_>) -> Result<KeyProperties, Vec<FieldError>> {
        self.check(None, rules)
    }

    /// The properties of an existing key after the edit, or everything that is wrong. What is not said stays; what is said as it stands
    /// already is no change and is not checked again, so that a form may send all its fields.
    pub fn edit(self, current: &KeyRecord, rules: KeyRules<'_>) -> Result<KeyEdit, Vec<FieldError>> {
        let properties = self.check(Some(current), rules)?;
        let changes = [
            ("description", properties.description != current.description),
            ("type", properties.key_type != current.key_type),
            ("role", properties.role != current.role),
            ("expiresOn", properties.expires_on != current.expires_on),
            ("allowedHosts", properties.allowed_hosts != current.allowed_hosts),
        ];
        let changed = changes.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field).collect();
        Ok(KeyEdit { properties, changed })
    }

    fn check(mut self, current: Option<&KeyRecord>, rules: KeyRules<'_>) -> Result<KeyProperties, Vec<FieldError>> {
        let mut errors = std::mem::take(&mut self.errors);
        let description = collect(&mut errors, self.check_description(current));
        let key_type = collect(&mut errors, self.check_type(current));
        // With an unknown type the role is judged as for the common one.
        let role = collect(&mut errors, self.check_role(key_type.unwrap_or_default(), current, rules));
        let expires_on = collect(&mut errors, self.check_expires_on(current, rules));
        let allowed_hosts = self.check_hosts(current).map_err(|refused| errors.extend(refused)).ok();
        match (description, key_type, role, expires_on, allowed_hosts) {
            (Some(description), Some(key_type), Some(role), Some(expires_on), Some(allowed_hosts)) if errors.is_empty() => {
                Ok(KeyProperties { description, key_type, role, expires_on, allowed_hosts })
            }
            _ => Err(errors),
        }
    }

    fn check_description(&self, current: Option<&KeyRecord>) -> Result<String, FieldError> {
        let description = match (&self.description, current) {
            (Some(text), _) => text.trim(),
            (None, Some(current)) => &current.description,
            (None, None) => "",
        };
        if description.is_empty() {
            return Err(FieldError::new("description", "required", "Write a description by which the key can be recognised."));
        }
        if description.chars().count() > MAX_DESCRIPTION {
            return Err(FieldError::new("description", "too_long", format!("At most {MAX_DESCRIPTION} characters.")));
        }
        Ok(description.to_owned())
    }

    fn check_type(&self, current: Option<&KeyRecord>) -> Result<KeyType, FieldError> {
        match &self.key_type {
            None => Ok(current.map_or(KeyType::Standard, |current| current.key_type)),
            Some(name) => {
                KeyType::from_name(name).ok_or_else(|| FieldError::new("type", "unknown", "This must be standard or administration."))
            }
        }
    }

    fn check_role(&self, key_type: KeyType, current: Option<&KeyRecord>, rules: KeyRules<'_>) -> Result<Option<String>, FieldError> {
        if key_type == KeyType::Administration {
            return Ok(None);
        }
        let kept = current.and_then(|current| current.role.as_deref());
        match &self.role {
            Some(Some(name)) => {
                // A role that was removed from the file may stay with its key (O-9), but no key gets it anew.
                if kept == Some(name.as_str()) {
                    return Ok(Some(name.clone()));
                }
                match rules.roles.role(name) {
                    Some(role) => Ok(Some(role.name().to_owned())),
                    None if name.trim().is_empty() => Err(FieldError::new("role", "required", "Select a role.")),
                    None => Err(FieldError::new("role", "unknown", format!("There is no role \"{name}\"."))),
                }
            }
            Some(None) if kept.is_some() => Err(FieldError::new("role", "required", "A standard key needs a role.")),
            None if kept.is_some() => Ok(kept.map(str::to_owned)),
            // A new key, or one that was an Administration key.
            _ => match rules.roles.default_role() {
                Some(role) => Ok(Some(role.name().to_owned())),
                None => Err(FieldError::new("role", "required", "Select a role.")),
            },
        }
    }

    fn check_expires_on(&self, current: Option<&KeyRecord>, rules: KeyRules<'_>) -> Result<Date, FieldError> {
        let latest = ceiling(rules.today, rules.max_lifetime_days);
        let kept = current.map(|current| current.expires_on);
        let Some(text) = &self.expires_on else { return Ok(kept.unwrap_or(latest)) };
        let Some(date) = parse_date(text) else {
            return Err(FieldError::new("expiresOn", "not_a_date", "This must be a date, YYYY-MM-DD."));
        };
        if kept == Some(date) {
            return Ok(date);
        }
        if date < rules.today {
            return Err(FieldError::new("expiresOn", "too_early", "Not before today."));
        }
        if date > latest {
            let year = ceiling(rules.today, u32::MAX);
            let message = if latest == year {
                "At most one year from today.".to_owned()
            } else {
                format!("At most {} days from today.", rules.max_lifetime_days)
            };
            return Err(FieldError::new("expiresOn", "too_late", message));
        }
        Ok(date)
    }

    fn check_hosts(&self, current: Option<&KeyRecord>) -> Result<AllowedHosts, Vec<FieldError>> {
        let Some(texts) = &self.allowed_hosts else {
            return Ok(current.map(|current| current.allowed_hosts.clone()).unwrap_or_default());
        };
        AllowedHosts::parse(texts).map_err(|refused| {
            let error = |(index, error): (usize, HostError)| {
                let code = match error {
                    HostError::NotAnAddress => "not_an_address",
                    HostError::Everything => "too_wide",
                };
                FieldError { index: Some(index), ..FieldError::new("allowedHosts", code, error.to_string()) }
            };
            refused.into_iter().map(error).collect()
        })
    }
}

fn collect<T>(errors: &mut Vec<FieldError>, result: Result<T, FieldError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
