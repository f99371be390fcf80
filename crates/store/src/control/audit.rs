//! The audit log: one line per change, written in the change's own transaction (`api-keys.md` K-48).

use claviger_access::KeyId;
use rusqlite::{Connection, named_params, params};
use serde::Serialize;

use super::key_list::contains;
use super::{Actor, ControlError, ControlStore, Failure};

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Action {
    KeyCreate,
    KeyEdit,
    KeyReveal,
    KeyRegenerate,
    KeyDelete,
    KeyTry,
    UserCreate,
    UserEdit,
    UserDelete,
    SignIn,
    SignInFailed,
    RolesReload,
    LockBreak,
}

impl Action {
    /// As it stands in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyCreate => "create",
            Self::KeyEdit => "edit",
            Self::KeyReveal => "reveal",
            Self::KeyRegenerate => "regenerate",
            Self::KeyDelete => "delete",
            Self::KeyTry => "try",
            Self::UserCreate => "user-create",
            Self::UserEdit => "user-edit",
            Self::UserDelete => "user-delete",
            Self::SignIn => "sign-in",
            Self::SignInFailed => "sign-in-failed",
            Self::RolesReload => "roles-reload",
            Self::LockBreak => "lock-break",
        }
    }
}

/// One line (`README.md`, settlement "Console API").
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLine {
    /// Position in the log; `before` of the next page.
    #[serde(skip)]
    pub seq: i64,
    /// Milliseconds since 1970 UTC.
    #[serde(serialize_with = "instant")]
    pub at: i64,
    /// E-mail, or `command line`.
    pub actor: String,
    /// Source address.
    pub address: Option<String>,
    /// [`Action::name`].
    pub action: String,
    /// The key it was about.
    pub key_id: Option<String>,
    /// Names of the fields that changed, or the user it was about; never values of secrets.
    pub fields: Vec<String>,
}

/// Which lines of the log are asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Part of actor, address, action, key ID or a field's name, without case.
    pub text: Option<String>,
    /// By this actor, without case.
    pub actor: Option<String>,
    /// This [`Action::name`].
    pub action: Option<String>,
    /// About this key.
    pub key_id: Option<String>,
    /// Not earlier than this, milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Earlier than this, milliseconds since 1970 UTC.
    pub until: Option<i64>,
}

fn instant<S: serde::Serializer>(at: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&jiff::Timestamp::from_millisecond(*at).unwrap_or_default())
}

/// Appends a line inside the transaction of what it tells.
pub(super) fn write(
    connection: &Connection,
    at: i64,
    actor: &Actor,
    action: Action,
    key_id: Option<&str>,
    fields: &[&str],
) -> Result<(), Failure> {
    let fields = serde_json::to_string(fields).unwrap_or_else(|_| "[]".to_owned());
    connection
        .prepare_cached("INSERT INTO audit (at, actor, address, action, key_id, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![at, actor.name, actor.address, action.name(), key_id, fields])?;
    Ok(())
}

impl ControlStore {
    /// Writes a line for something that changes nothing in the store.
    pub fn audit(&self, actor: &Actor, action: Action, fields: &[&str]) -> Result<(), ControlError> {
        let at = self.now();
        self.changing(|connection| write(connection, at, actor, action, None, fields))
    }

    /// Writes a line about a key for something that changes nothing in the store.
    pub fn audit_key(&self, actor: &Actor, action: Action, key: &KeyId, fields: &[&str]) -> Result<(), ControlError> {
        let at = self.now();
        self.changing(|connection| write(connection, at, actor, action, Some(key.as_str()), fields))
    }

    /// Lines newest first, those before `before` (a position) only.
    pub fn audit_lines(&self, filter: &AuditFilter, before: Option<i64>, limit: u32) -> Result<Vec<AuditLine>, ControlError> {
        let text = filter.text.as_deref().map(contains);
        self.listing(|connection| {
            connection
                .prepare_cached(
                    "SELECT seq, at, actor, address, action, key_id, fields FROM audit WHERE seq < :before \
                     AND (:text IS NULL OR actor LIKE :text ESCAPE '\\' OR address LIKE :text ESCAPE '\\' OR action LIKE :text ESCAPE '\\' \
                          OR key_id LIKE :text ESCAPE '\\' OR fields LIKE :text ESCAPE '\\') \
                     AND (:actor IS NULL OR actor = :actor COLLATE NOCASE) AND (:action IS NULL OR action = :action) \
                     AND (:key IS NULL OR key_id = :key) AND (:from IS NULL OR at >= :from) AND (:until IS NULL OR at < :until) \
                     ORDER BY seq DESC LIMIT :limit",
                )?
                .query_map(
                    named_params! {
                        ":before": before.unwrap_or(i64::MAX), ":text": text, ":actor": filter.actor, ":action": filter.action,
                        ":key": filter.key_id, ":from": filter.from, ":until": filter.until, ":limit": limit
                    },
                    |row| {
                        let fields: String = row.get(6)?;
                        Ok(AuditLine {
                            seq: row.get(0)?,
                            at: row.get(1)?,
                            actor: row.get(2)?,
                            address: row.get(3)?,
                            action: row.get(4)?,
                            key_id: row.get(5)?,
                            fields: serde_json::from_str(&fields).unwrap_or_default(),
                        })
                    },
                )?
                .collect()
        })
    }
}
