//! The audit log: one line per change, written in the change's own transaction (`api-keys.md` K-48).

use claviger_access::KeyId;
use serde::Serialize;

use super::db::{Connection, values};
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
    FunctionsReload,
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
            Self::FunctionsReload => "functions-reload",
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
    connection.execute(
        "INSERT INTO audit (at, actor, address, action, key_id, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &values![at, &actor.name, &actor.address, action.name(), key_id, fields],
    )?;
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
        let actor = filter.actor.as_deref().map(str::to_ascii_lowercase);
        let values = values![before.unwrap_or(i64::MAX), text, actor, &filter.action, &filter.key_id, filter.from, filter.until, limit];
        self.listing(|connection| {
            connection.rows(
                "SELECT seq, at, actor, address, action, key_id, fields FROM audit WHERE seq < ?1 \
                 AND (CAST(?2 AS TEXT) IS NULL OR lower(actor) LIKE ?2 ESCAPE '\\' OR lower(address) LIKE ?2 ESCAPE '\\' \
                      OR lower(action) LIKE ?2 ESCAPE '\\' OR lower(key_id) LIKE ?2 ESCAPE '\\' OR lower(fields) LIKE ?2 ESCAPE '\\') \
                 AND (CAST(?3 AS TEXT) IS NULL OR lower(actor) = ?3) AND (CAST(?4 AS TEXT) IS NULL OR action = ?4) \
                 AND (CAST(?5 AS TEXT) IS NULL OR key_id = ?5) AND (CAST(?6 AS BIGINT) IS NULL OR at >= ?6) \
                 AND (CAST(?7 AS BIGINT) IS NULL OR at < ?7) ORDER BY seq DESC LIMIT ?8",
                &values,
                |row| {
                    Ok(AuditLine {
                        seq: row.get(0)?,
                        at: row.get(1)?,
                        actor: row.get(2)?,
                        address: row.get(3)?,
                        action: row.get(4)?,
                        key_id: row.get(5)?,
                        fields: serde_json::from_str(row.text(6)?).unwrap_or_default(),
                    })
                },
            )
        })
    }
}
