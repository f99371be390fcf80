//! The keys that the gate knows: in memory, by the digest of their secret (`architecture.md`, "One key set in memory").
//!
//! 256 tables by the digest's first byte, each replaced as a whole: a look-up takes no lock and allocates nothing, a change copies one
//! table of the 256. Digests are keyed hashes, so their own bytes serve as hash values. Changes are read from the control store by
//! generation, whoever made them: this process, or the command line while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use claviger_access::explain::Caller;
use claviger_access::{AllowedHosts, Found, Grants, KeyId, KeyType, Roles, SecretDigest};
use claviger_model::Model;
use hashbrown::HashTable;
use jiff::Timestamp;
use jiff::civil::Date;
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};

use super::db::{Connection, Purpose, Row, values};
use super::keys::hosts_from;
use super::{ControlError, ControlStore, DbError};

const TABLES: usize = 256;
/// A digest that no key has is asked of the store at most this often (milliseconds): refusals must stay cheap.
const MISS_CHECK_EVERY: i64 = 20;

/// What keys of one role may do; shared by all of them, so that a reload of the roles is one change per role.
#[derive(Debug)]
pub struct RoleSlot {
    key_type: KeyType,
    role: Option<Box<str>>,
    grants: ArcSwap<Grants>,
    missing: AtomicBool,
    warned: AtomicBool,
}

impl RoleSlot {
    /// The role as the keys name it.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Type of the keys.
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The permissions now.
    pub fn grants(&self) -> Arc<Grants> {
        self.grants.load_full()
    }

    /// True once after the role went missing: then the log gets its warning.
    pub fn takes_warning(&self) -> bool {
        self.missing.load(Ordering::Relaxed) && !self.warned.swap(true, Ordering::Relaxed)
    }
}

/// One secret and what the gate must know of its key.
#[derive(Debug)]
pub struct LiveKey {
    digest: SecretDigest,
    /// Public ID.
    pub id: KeyId,
    /// Role and permissions.
    pub slot: Arc<RoleSlot>,
    allowed_hosts: AllowedHosts,
    expires_on: Date,
    /// When this secret's overlap ends; `i64::MAX` for the current secret.
    ends: i64,
    pub(super) last_used: AtomicI64,
}

impl LiveKey {
    /// The parts on which the gate's decision rests.
    pub fn found(&self) -> Found<'_> {
        let secret_ends = (self.ends != i64::MAX).then(|| Timestamp::from_millisecond(self.ends).unwrap_or_default());
        Found { allowed_hosts: &self.allowed_hosts, expires_on: self.expires_on, secret_ends }
    }
}

/// Roles and model, from which permissions are computed.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The roles file.
    pub roles: Roles,
    /// The model.
    pub model: Arc<Model>,
    /// Setting `keys.admin_protection`: Administration keys get no data.
    pub admin_protection: bool,
}

impl Rules {
    /// What a key of this type and role may do: an undeclared role is a guest's, a protected Administration key gets nothing.
    pub fn grants(&self, key_type: KeyType, role: Option<&str>) -> Arc<Grants> {
        Arc::new(match key_type {
            KeyType::Administration if self.admin_protection => Grants::for_role(&Roles::absent(), None, &self.model),
            KeyType::Administration => Grants::administration(&self.model),
            KeyType::Standard => Grants::for_role(&self.roles, role, &self.model),
        })
    }

    /// Whose permissions those are, for explanations.
    pub fn caller<'a>(&self, key_type: KeyType, role: Option<&'a str>) -> Caller<'a> {
        match key_type {
            KeyType::Administration if self.admin_protection => Caller::ProtectedAdministration,
            KeyType::Administration => Caller::Administration,
            KeyType::Standard => Caller::Role(role),
        }
    }

    fn is_missing(&self, key_type: KeyType, role: Option<&str>) -> bool {
        self.roles.is_missing(key_type, role)
    }
}

type Table = HashTable<Arc<LiveKey>>;
type Slots = FxHashMap<(KeyType, Option<Box<str>>), Arc<RoleSlot>>;

/// All live secrets.
pub struct KeySet {
    tables: Box<[ArcSwap<Table>]>,
    count: AtomicUsize,
    rules: ArcSwap<Rules>,
    slots: Mutex<Slots>,
    /// Held while changes are taken over; the generation up to which they are.
    generation: Mutex<i64>,
    data_version: AtomicI64,
    checked_at: AtomicI64,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySet").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// What one refresh takes over.
#[derive(Default)]
struct Changes {
    generation: i64,
    retired: Vec<SecretDigest>,
    keys: Vec<LiveKey>,
}

fn hash(digest: &SecretDigest) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[8..16]);
    u64::from_le_bytes(bytes)
}

impl KeySet {
    /// Reads all keys.
    pub fn load(control: &ControlStore, rules: Rules) -> Result<Self, ControlError> {
        let set = Self {
            tables: (0..TABLES).map(|_| ArcSwap::from_pointee(Table::new())).collect(),
            count: AtomicUsize::new(0),
            rules: ArcSwap::from_pointee(rules),
            slots: Mutex::default(),
            generation: Mutex::new(-1),
            data_version: AtomicI64::new(-1),
            checked_at: AtomicI64::new(0),
        };
        set.refresh(control)?;
        Ok(set)
    }

    /// The key of a secret's digest. No lock, no allocation.
    pub fn find(&self, digest: &SecretDigest) -> Option<Arc<LiveKey>> {
        let table = self.tables[usize::from(digest[0])].load();
        table.find(hash(digest), |key| key.digest == *digest).map(Arc::clone)
    }

    /// The key of an ID, with its current secret. Looks at every secret: for rare calls only.
    pub fn find_id(&self, id: &KeyId) -> Option<Arc<LiveKey>> {
        let is_it = |key: &&Arc<LiveKey>| key.ends == i64::MAX && key.id == *id;
        self.tables.iter().find_map(|table| table.load().iter().find(is_it).map(Arc::clone))
    }

    /// Number of secrets held.
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// True without any key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rules now.
    pub fn rules(&self) -> Arc<Rules> {
        self.rules.load_full()
    }

    /// New roles: permissions of all keys follow at once (K-75).
    pub fn set_rules(&self, rules: Rules) {
        let slots = self.slots.lock();
        for slot in slots.values() {
            slot.grants.store(rules.grants(slot.key_type, slot.role()));
            let missing = rules.is_missing(slot.key_type, slot.role());
            slot.missing.store(missing, Ordering::Relaxed);
            slot.warned.store(false, Ordering::Relaxed);
        }
        self.rules.store(Arc::new(rules));
    }

    /// Roles that keys name and the roles file does not declare (O-9).
    pub fn missing_roles(&self) -> Vec<String> {
        let slots = self.slots.lock();
        let missing = slots.values().filter(|slot| slot.missing.load(Ordering::Relaxed));
        let mut names: Vec<String> = missing.map(|slot| slot.role().unwrap_or("(none)").to_owned()).collect();
        names.sort_unstable();
        names
    }

    /// Takes over what changed since the last time; true when something did.
    pub fn refresh(&self, control: &ControlStore) -> Result<bool, ControlError> {
        let mut generation = self.generation.lock();
        let version = control.data_version()?;
        let changes = control.reading(|connection| self.read_changes(connection, *generation))?;
        self.data_version.store(version, Ordering::Release);
        let changed = changes.generation != *generation;
        *generation = changes.generation;
        if changed {
            self.apply(changes);
        }
        Ok(changed)
    }

    /// As [`refresh`](Self::refresh), but asks first, cheaply, whether another process wrote anything.
    pub fn poll(&self, control: &ControlStore) -> Result<bool, ControlError> {
        if control.data_version()? == self.data_version.load(Ordering::Acquire) { Ok(false) } else { self.refresh(control) }
    }

    /// A digest was not found: looks whether the store knows more than this set, at most every [`MISS_CHECK_EVERY`] milliseconds.
    pub fn find_again(&self, digest: &SecretDigest, control: &ControlStore, now: i64) -> Option<Arc<LiveKey>> {
        let last = self.checked_at.load(Ordering::Relaxed);
        if (0..MISS_CHECK_EVERY).contains(&(now - last)) {
            return None;
        }
        self.checked_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        if control.is_busy() {
            // A request does not wait for somebody who reads or writes much, nor for a network; whoever made the key has told the server, or
            // it looks by itself a moment later.
            return None;
        }
        match self.poll(control) {
            Ok(true) => self.find(digest),
            Ok(false) => None,
            Err(error) => {
                tracing::error!(%error, "the control store could not be asked for a new key");
                None
            }
        }
    }

    fn read_changes(&self, connection: &Connection, since: i64) -> Result<Changes, DbError> {
        connection.transaction(Purpose::Snapshot, |snapshot| {
            let generation: i64 = snapshot.row("SELECT value FROM generation", &[], |row| row.get(0))?;
            let mut changes = Changes { generation, ..Changes::default() };
            if generation == since {
                return Ok(changes);
            }
            if since >= 0 {
                let retired = "SELECT digest FROM retired_secrets WHERE generation > ?1";
                changes.retired = snapshot.rows(retired, &values![since], |row| row.get(0))?;
            }
            let columns = "k.id, k.type, k.role, k.expires_on, k.allowed_hosts, k.last_used_at";
            let current = format!("SELECT {columns}, k.secret_digest, {} FROM keys k WHERE k.generation > ?1", i64::MAX);
            let overlap = format!(
                "SELECT {columns}, o.digest, o.until FROM overlap_secrets o JOIN keys k ON k.id = o.key_id WHERE k.generation > ?1"
            );
            for sql in [current, overlap] {
                let mut last = None;
                snapshot.walk(&sql, &values![since], |row| {
                    match self.live_key(row, &mut last) {
                        Ok(key) => changes.keys.push(key),
                        Err(error) => {
                            // A row that nobody can read must never open more than it says: its key stops working.
                            tracing::error!(%error, key = row.text(0).unwrap_or_default(), "a key in the control store is damaged");
                            changes.retired.push(row.get(6)?);
                        }
                    }
                    Ok(true)
                })?;
            }
            Ok(changes)
        })
    }

    fn live_key(&self, row: &Row<'_>, last: &mut Option<Arc<RoleSlot>>) -> Result<LiveKey, DbError> {
        let key_type = KeyType::from_name(row.text(1)?).ok_or(DbError::Damaged { column: 1, what: "key type" })?;
        let role = row.optional_text(2)?;
        // Most keys name the role that the one before named.
        let slot = match last {
            Some(slot) if slot.key_type == key_type && slot.role() == role => Arc::clone(slot),
            _ => Arc::clone(last.insert(self.slot(key_type, role))),
        };
        Ok(LiveKey {
            digest: row.get(6)?,
            id: row.parsed(0)?,
            slot,
            allowed_hosts: hosts_from(row.text(4)?).ok_or(DbError::Damaged { column: 4, what: "allowed hosts" })?,
            expires_on: row.parsed(3)?,
            ends: row.get(7)?,
            last_used: AtomicI64::new(row.get::<Option<i64>>(5)?.unwrap_or(i64::MIN / 2)),
        })
    }

    fn slot(&self, key_type: KeyType, role: Option<&str>) -> Arc<RoleSlot> {
        let role: Option<Box<str>> = role.map(Box::from);
        let mut slots = self.slots.lock();
        let slot = slots.entry((key_type, role)).or_insert_with_key(|(key_type, role)| {
            let rules = self.rules.load();
            Arc::new(RoleSlot {
                key_type: *key_type,
                role: role.clone(),
                grants: ArcSwap::new(rules.grants(*key_type, role.as_deref())),
                missing: AtomicBool::new(rules.is_missing(*key_type, role.as_deref())),
                warned: AtomicBool::new(false),
            })
        });
        Arc::clone(slot)
    }

    fn apply(&self, changes: Changes) {
        let mut touched: FxHashSet<u8> = changes.retired.iter().map(|digest| digest[0]).collect();
        touched.extend(changes.keys.iter().map(|key| key.digest[0]));
        let mut tables: FxHashMap<u8, Table> =
            touched.into_iter().map(|index| (index, Table::clone(&self.tables[usize::from(index)].load()))).collect();
        let mut count = self.len();
        for digest in &changes.retired {
            let table = tables.entry(digest[0]).or_default();
            if let Ok(entry) = table.find_entry(hash(digest), |key| key.digest == *digest) {
                entry.remove();
                count -= 1;
            }
        }
        for key in changes.keys {
            let table = tables.entry(key.digest[0]).or_default();
            let key = Arc::new(key);
            match table.find_mut(hash(&key.digest), |known| known.digest == key.digest) {
                Some(known) => {
                    // The time of last use may not have been written yet.
                    key.last_used.fetch_max(known.last_used.load(Ordering::Relaxed), Ordering::Relaxed);
                    *known = key;
                }
                None => {
                    table.insert_unique(hash(&key.digest), key, |key| hash(&key.digest));
                    count += 1;
                }
            }
        }
        for (index, mut table) in tables {
            table.shrink_to(table.len(), |key| hash(&key.digest));
            self.tables[usize::from(index)].store(Arc::new(table));
        }
        self.count.store(count, Ordering::Relaxed);
    }
}
