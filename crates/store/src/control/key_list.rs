//! Keys as a list: filtered, sorted, a part at a time, and counted by state.

use claviger_access::key::dates::{EXPIRES_SOON_DAYS, day_of};
use claviger_access::{KeyId, KeyRecord, KeyState, KeyType, Roles};
use jiff::ToSpan as _;
use serde::Serialize;

use super::db::{Connection, Engine, values};
use super::keys::{COLUMNS, instant, record};
use super::{ControlError, ControlStore, DbError};

/// Which keys a list is asked for, and which part of it.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// Part of the description, the ID or the role, without case.
    pub text: Option<String>,
    /// Of this type.
    pub key_type: Option<KeyType>,
    /// With this role.
    pub role: Option<String>,
    /// In this state.
    pub state: Option<KeyState>,
    /// In which order.
    pub sort: KeySort,
    /// The other way round.
    pub reversed: bool,
    /// So many of the beginning are left out.
    pub skip: u32,
    /// At most so many; `None`: all.
    pub limit: Option<u32>,
    /// Those after this key; only in the order [`KeySort::Created`], not reversed.
    pub after: Option<KeyId>,
}

/// Order of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum KeySort {
    /// Newest first.
    #[default]
    Created,
    /// By description, without case.
    Description,
    /// By role, without case; Administration keys last.
    Role,
    /// Those that expire first, first.
    ExpiresOn,
    /// Those used last, first; never used ones at the end.
    LastUsedAt,
}

impl KeySort {
    /// By the name of the member that is sorted by.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "created" => Self::Created,
            "description" => Self::Description,
            "role" => Self::Role,
            "expiresOn" => Self::ExpiresOn,
            "lastUsedAt" => Self::LastUsedAt,
            _ => return None,
        })
    }

    /// The SQL order, from these two rows of words only.
    fn sql(self, reversed: bool) -> &'static str {
        match (self, reversed) {
            (Self::Created, false) => "created_at DESC, id DESC",
            (Self::Created, true) => "created_at, id",
            (Self::Description, false) => "lower(description), created_at DESC, id DESC",
            (Self::Description, true) => "lower(description) DESC, created_at, id",
            (Self::Role, false) => "role IS NULL, lower(role), created_at DESC, id DESC",
            (Self::Role, true) => "role IS NULL DESC, lower(role) DESC, created_at, id",
            (Self::ExpiresOn, false) => "expires_on, created_at DESC, id DESC",
            (Self::ExpiresOn, true) => "expires_on DESC, created_at, id",
            (Self::LastUsedAt, false) => "last_used_at IS NULL, last_used_at DESC, created_at DESC, id DESC",
            (Self::LastUsedAt, true) => "last_used_at IS NULL DESC, last_used_at, created_at, id",
        }
    }
}

/// A part of the list.
#[derive(Clone, Debug)]
pub struct KeyPage {
    /// In the order that was asked for.
    pub records: Vec<KeyRecord>,
    /// How many keys the filter lets through in all.
    pub total: u64,
}

/// How many keys there are in each state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyCounts {
    /// All.
    pub total: u64,
    /// [`KeyState::Active`]
    pub active: u64,
    /// [`KeyState::ExpiresSoon`]
    pub expires_soon: u64,
    /// [`KeyState::Expired`]
    pub expired: u64,
    /// [`KeyState::RoleMissing`]
    pub role_missing: u64,
}

/// The state of a key as SQL: [`KeyRecord::state`] over columns. `?1` today, `?2` the last day that is soon, `?3` the missing roles.
fn state(engine: Engine) -> String {
    let missing = engine.choose("json_each(?3)", "json_array_elements_text(CAST(?3 AS json)) AS missing (value)");
    format!(
        "CASE WHEN expires_on < ?1 THEN 'expired' \
         WHEN type = 'standard' AND coalesce(role, '') IN (SELECT coalesce(value, '') FROM {missing}) THEN 'roleMissing' \
         WHEN expires_on <= ?2 THEN 'expiresSoon' ELSE 'active' END"
    )
}

/// What the state depends on besides the key.
struct Basis {
    day: String,
    soon: String,
    missing: String,
}

impl ControlStore {
    /// A part of the list of keys. `roles` and the clock decide the state.
    pub fn keys(&self, filter: &KeyFilter, roles: &Roles) -> Result<KeyPage, ControlError> {
        let now = self.now();
        self.listing(|connection| list(connection, filter, &basis(connection, roles, now)?))
    }

    /// Counts the keys by state.
    pub fn key_counts(&self, roles: &Roles) -> Result<KeyCounts, ControlError> {
        let now = self.now();
        self.listing(|connection| {
            let Basis { day, soon, missing } = basis(connection, roles, now)?;
            let mut counts = KeyCounts::default();
            let state = state(connection.engine());
            let select = format!("SELECT {state} AS state, count(*) FROM keys GROUP BY 1");
            let found = connection
                .rows(&select, &values![day, soon, missing], |row| Ok((KeyState::from_name(row.text(0)?), row.get::<i64>(1)? as u64)))?;
            for (state, count) in found {
                counts.total += count;
                match state {
                    Some(KeyState::Active) => counts.active = count,
                    Some(KeyState::ExpiresSoon) => counts.expires_soon = count,
                    Some(KeyState::Expired) => counts.expired = count,
                    Some(KeyState::RoleMissing) => counts.role_missing = count,
                    None => {}
                }
            }
            Ok(counts)
        })
    }
}

fn basis(connection: &Connection, roles: &Roles, now: i64) -> Result<Basis, DbError> {
    // Which roles are missing is for the roles file to say, not for SQL.
    let missing: Vec<Option<String>> = connection
        .rows("SELECT DISTINCT role FROM keys WHERE type = 'standard'", &[], |row| row.get::<Option<String>>(0))?
        .into_iter()
        .filter(|role| role.as_deref().is_none_or(|role| roles.role(role).is_none()))
        .collect();
    let today = day_of(instant(now));
    let soon = today.checked_add(i64::from(EXPIRES_SOON_DAYS).days()).unwrap_or(today);
    let missing = serde_json::to_string(&missing).unwrap_or_else(|_| "[]".to_owned());
    Ok(Basis { day: today.to_string(), soon: soon.to_string(), missing })
}

fn list(connection: &Connection, filter: &KeyFilter, basis: &Basis) -> Result<KeyPage, DbError> {
    let state = state(connection.engine());
    let shared = format!(
        "(CAST(?4 AS TEXT) IS NULL OR lower(description) LIKE ?4 ESCAPE '\\' OR lower(id) LIKE ?4 ESCAPE '\\' OR lower(role) LIKE ?4 ESCAPE '\\') \
         AND (CAST(?5 AS TEXT) IS NULL OR type = ?5) AND (CAST(?6 AS TEXT) IS NULL OR lower(role) = ?6) \
         AND (CAST(?7 AS TEXT) IS NULL OR ?7 = {state})"
    );
    let Basis { day, soon, missing } = basis;
    let mut values = values![
        day,
        soon,
        missing,
        filter.text.as_deref().map(contains),
        filter.key_type.map(KeyType::name),
        filter.role.as_deref().map(str::to_ascii_lowercase),
        filter.state.map(KeyState::name),
    ]
    .to_vec();
    let total: i64 = connection.row(&format!("SELECT count(*) FROM keys WHERE {shared}"), &values, |row| row.get(0))?;
    let order = filter.sort.sql(filter.reversed);
    let page = format!(
        "SELECT {COLUMNS} FROM keys WHERE {shared} \
         AND (CAST(?8 AS TEXT) IS NULL OR (created_at, id) < (SELECT created_at, id FROM keys WHERE id = ?8)) \
         ORDER BY {order} LIMIT ?9 OFFSET ?10"
    );
    let limit = filter.limit.map_or(i64::MAX, i64::from);
    values.extend(values![filter.after.as_ref().map(KeyId::as_str), limit, filter.skip]);
    let records = connection.rows(&page, &values, record)?;
    Ok(KeyPage { records, total: total as u64 })
}

/// A `LIKE` pattern (escape character `\`) for texts in lower case that contain this one.
pub(super) fn contains(text: &str) -> String {
    format!("%{}%", text.to_ascii_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
