//! Keys in the control store: create, edit, regenerate, reveal, delete (`api-keys.md` 4, 5, 8).

use std::time::Duration;

use claviger_access::{AllowedHosts, FieldError, KeyDraft, KeyId, KeyProperties, KeyRecord, KeyRules, KeyType, MasterKey, Secret};
use jiff::Timestamp;

use super::db::{Connection, Row, values};
use super::{Actor, AuditAction, ControlError, ControlStore, DbError, Failure, audit};

/// What [`record`] reads.
pub(super) const COLUMNS: &str =
    "id, description, type, role, expires_on, allowed_hosts, created_by, created_at, updated_at, last_used_at, last_used_ip";

pub(super) fn record(row: &Row<'_>) -> Result<KeyRecord, DbError> {
    Ok(KeyRecord {
        id: row.parsed(0)?,
        description: row.get(1)?,
        key_type: KeyType::from_name(row.text(2)?).ok_or(DbError::Damaged { column: 2, what: "key type" })?,
        role: row.get(3)?,
        expires_on: row.parsed(4)?,
        allowed_hosts: hosts_from(row.text(5)?).ok_or(DbError::Damaged { column: 5, what: "allowed hosts" })?,
        created_by: row.get(6)?,
        created_at: instant(row.get(7)?),
        updated_at: instant(row.get(8)?),
        last_used_at: row.get::<Option<i64>>(9)?.map(instant),
        last_used_ip: row.optional_text(10)?.and_then(|text| text.parse().ok()),
    })
}

pub(super) fn instant(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or_default()
}

pub(super) fn hosts_from(json: &str) -> Option<AllowedHosts> {
    if json == "[]" {
        return Some(AllowedHosts::default());
    }
    AllowedHosts::parse(&serde_json::from_str::<Vec<String>>(json).ok()?).ok()
}

fn hosts_text(hosts: &AllowedHosts) -> String {
    serde_json::to_string(&hosts.texts().collect::<Vec<_>>()).unwrap_or_else(|_| "[]".to_owned())
}

fn find(connection: &Connection, id: &str) -> Result<Option<KeyRecord>, DbError> {
    connection.optional(&format!("SELECT {COLUMNS} FROM keys WHERE id = ?1"), &values![id], record)
}

fn existing(connection: &Connection, id: &KeyId) -> Result<KeyRecord, Failure> {
    find(connection, id.as_str())?.ok_or_else(|| ControlError::Absent(format!("the key {id}")).into())
}

/// The generation of the change that is being made.
fn next_generation(connection: &Connection) -> Result<i64, DbError> {
    connection.row("UPDATE generation SET value = value + 1 RETURNING value", &[], |row| row.get(0))
}

/// The time of a change: later than that of the one before, so that `updatedAt` tells two states of a key apart.
fn after(current: &KeyRecord, now: i64) -> i64 {
    now.max(current.updated_at.as_millisecond() + 1)
}

/// Digests of a key stop being valid with this change.
fn retire(connection: &Connection, digests: &[Vec<u8>], generation: i64, at: i64) -> Result<(), DbError> {
    let rows: Vec<_> = digests.iter().map(|digest| values![digest.as_slice(), generation, at].to_vec()).collect();
    connection.execute_each("INSERT INTO retired_secrets (digest, generation, at) VALUES (?1, ?2, ?3)", &rows).map(drop)
}

impl ControlStore {
    /// Makes a key. `seal` is the master key, or `None` when secrets are shown once only. The secret is in the answer and nowhere else.
    pub fn create_key(
        &self,
        draft: KeyDraft,
        rules: KeyRules<'_>,
        seal: Option<&MasterKey>,
        actor: &Actor,
    ) -> Result<(KeyRecord, Secret), ControlError> {
        let properties = draft.create(rules).map_err(ControlError::Refused)?;
        self.changing(|connection| self.insert_key(connection, properties, seal, actor))
    }

    /// Makes many keys of one draft in one commit: the bench's.
    pub fn create_keys(
        &self,
        draft: KeyDraft,
        count: usize,
        rules: KeyRules<'_>,
        seal: Option<&MasterKey>,
        actor: &Actor,
    ) -> Result<Vec<(KeyRecord, Secret)>, ControlError> {
        let properties = draft.create(rules).map_err(ControlError::Refused)?;
        self.changing(|connection| (0..count).map(|_| self.insert_key(connection, properties.clone(), seal, actor)).collect())
    }

    fn insert_key(
        &self,
        connection: &Connection,
        properties: KeyProperties,
        seal: Option<&MasterKey>,
        actor: &Actor,
    ) -> Result<(KeyRecord, Secret), Failure> {
        let mut rng = |buffer: &mut [u8]| self.fill(buffer);
        let (id, secret) = (KeyId::mint(&mut rng), Secret::mint(&mut rng));
        let sealed = seal.map(|key| key.seal(id.as_str(), &secret, &mut rng));
        let (at, digest) = (self.now(), self.digester().of(&secret));
        let KeyProperties { description, key_type, role, expires_on, allowed_hosts } = properties;
        let record = KeyRecord {
            id,
            description,
            key_type,
            role,
            expires_on,
            allowed_hosts,
            created_by: actor.name.clone(),
            created_at: instant(at),
            updated_at: instant(at),
            last_used_at: None,
            last_used_ip: None,
        };
        let generation = next_generation(connection)?;
        connection.execute(
            "INSERT INTO keys (id, description, type, role, expires_on, allowed_hosts, created_by, created_at, updated_at, \
             secret_digest, secret_sealed, seal_key_id, generation) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12)",
            &values![
                record.id.as_str(),
                &record.description,
                record.key_type.name(),
                &record.role,
                record.expires_on.to_string(),
                hosts_text(&record.allowed_hosts),
                &record.created_by,
                at,
                digest.as_slice(),
                sealed,
                seal.map(MasterKey::id),
                generation,
            ],
        )?;
        let fields = ["description", "type", "role", "expiresOn", "allowedHosts"];
        audit::write(connection, at, actor, AuditAction::KeyCreate, Some(record.id.as_str()), &fields)?;
        Ok((record, secret))
    }

    /// Edits a key; its ID and its secret stay (K-45). `seen` is the `updatedAt` of the record that the editor looked at: when somebody
    /// else has changed the key since, [`ControlError::ChangedMeanwhile`].
    pub fn edit_key(
        &self,
        id: &KeyId,
        draft: KeyDraft,
        rules: KeyRules<'_>,
        seen: Option<Timestamp>,
        actor: &Actor,
    ) -> Result<KeyRecord, ControlError> {
        let at = self.now();
        self.changing(|connection| {
            let current = existing(connection, id)?;
            if seen.is_some_and(|seen| seen != current.updated_at) {
                return Err(ControlError::ChangedMeanwhile(format!("the key {id}")).into());
            }
            let edit = draft.edit(&current, rules).map_err(ControlError::Refused)?;
            if edit.changed.is_empty() {
                return Ok(current);
            }
            let KeyProperties { description, key_type, role, expires_on, allowed_hosts } = edit.properties;
            let updated = after(&current, at);
            let record = KeyRecord { description, key_type, role, expires_on, allowed_hosts, updated_at: instant(updated), ..current };
            let generation = next_generation(connection)?;
            connection.execute(
                "UPDATE keys SET description = ?2, type = ?3, role = ?4, expires_on = ?5, allowed_hosts = ?6, updated_at = ?7, \
                 generation = ?8 WHERE id = ?1",
                &values![
                    id.as_str(),
                    &record.description,
                    record.key_type.name(),
                    &record.role,
                    record.expires_on.to_string(),
                    hosts_text(&record.allowed_hosts),
                    updated,
                    generation
                ],
            )?;
            audit::write(connection, at, actor, AuditAction::KeyEdit, Some(id.as_str()), &edit.changed)?;
            Ok(record)
        })
    }

    /// Gives a key a new secret (O-5); the old one works for `overlap` more.
    pub fn regenerate_key(
        &self,
        id: &KeyId,
        overlap: Duration,
        seal: Option<&MasterKey>,
        actor: &Actor,
    ) -> Result<(KeyRecord, Secret), ControlError> {
        let mut rng = |buffer: &mut [u8]| self.fill(buffer);
        let secret = Secret::mint(&mut rng);
        let sealed = seal.map(|key| key.seal(id.as_str(), &secret, &mut rng));
        let (at, digest) = (self.now(), self.digester().of(&secret));
        let record = self.changing(|connection| {
            let current = existing(connection, id)?;
            let generation = next_generation(connection)?;
            // Earlier overlaps end with the new one: at most two secrets work at a time.
            let mut gone: Vec<Vec<u8>> =
                connection
                    .rows("DELETE FROM overlap_secrets WHERE key_id = ?1 RETURNING digest", &values![id.as_str()], |row| row.get(0))?;
            let old: Vec<u8> = connection.row("SELECT secret_digest FROM keys WHERE id = ?1", &values![id.as_str()], |row| row.get(0))?;
            if overlap.is_zero() {
                gone.push(old);
            } else {
                let until = at + i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX - at);
                let insert = "INSERT INTO overlap_secrets (digest, key_id, until) VALUES (?1, ?2, ?3)";
                connection.execute(insert, &values![old, id.as_str(), until])?;
            }
            retire(connection, &gone, generation, at)?;
            let updated = after(&current, at);
            connection.execute(
                "UPDATE keys SET secret_digest = ?2, secret_sealed = ?3, seal_key_id = ?4, updated_at = ?5, generation = ?6 WHERE id = ?1",
                &values![id.as_str(), digest.as_slice(), sealed, seal.map(MasterKey::id), updated, generation],
            )?;
            audit::write(connection, at, actor, AuditAction::KeyRegenerate, Some(id.as_str()), &["secret"])?;
            Ok(KeyRecord { updated_at: instant(updated), ..current })
        })?;
        Ok((record, secret))
    }

    /// Opens the sealed secret of a key (K-41). The audit line is written whether or not the caller then shows it.
    pub fn reveal_key(&self, id: &KeyId, master_key: &MasterKey, actor: &Actor) -> Result<Secret, ControlError> {
        let at = self.now();
        self.changing(|connection| {
            let select = "SELECT secret_sealed, seal_key_id FROM keys WHERE id = ?1";
            let found: Option<(Option<Vec<u8>>, Option<String>)> =
                connection.optional(select, &values![id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let (sealed, sealed_under) = found.ok_or_else(|| ControlError::Absent(format!("the key {id}")))?;
            let sealed = sealed.ok_or(ControlError::NotSealed)?;
            let secret =
                master_key.open(id.as_str(), &sealed).map_err(|_| ControlError::OtherMasterKey(sealed_under.unwrap_or_default()))?;
            audit::write(connection, at, actor, AuditAction::KeyReveal, Some(id.as_str()), &[])?;
            Ok(secret)
        })
    }

    /// Removes a key (K-43).
    pub fn delete_key(&self, id: &KeyId, actor: &Actor) -> Result<(), ControlError> {
        let at = self.now();
        self.changing(|connection| {
            existing(connection, id)?;
            let generation = next_generation(connection)?;
            let digests: Vec<Vec<u8>> = connection.rows(
                "SELECT secret_digest FROM keys WHERE id = ?1 UNION ALL SELECT digest FROM overlap_secrets WHERE key_id = ?1",
                &values![id.as_str()],
                |row| row.get(0),
            )?;
            connection.execute("DELETE FROM keys WHERE id = ?1", &values![id.as_str()])?;
            retire(connection, &digests, generation, at)?;
            audit::write(connection, at, actor, AuditAction::KeyDelete, Some(id.as_str()), &[])
        })
    }

    /// One key.
    pub fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>, ControlError> {
        self.reading(|connection| find(connection, id.as_str()))
    }
}

/// Lets callers build a refusal of their own in the same shape.
impl From<Vec<FieldError>> for ControlError {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Refused(errors)
    }
}
