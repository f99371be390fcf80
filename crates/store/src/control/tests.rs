//! The control store on both engines: each test is run with a world of each.

#[path = "../../tests/support/database.rs"]
mod database;

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use claviger_access::{KeyDraft, KeyId, KeyRules, KeyState, KeyType, MasterKey, Roles};
use claviger_model::Model;
use serde_json::json;

use self::database::Database;
use super::*;

pub(super) const NOON: i64 = 1_775_044_800_000; // 2026-04-01T12:00:00Z
const DAY: i64 = 86_400_000;

pub(super) struct World {
    /// Before what it lies in.
    pub(super) control: ControlStore,
    folder: tempfile::TempDir,
    database: Option<Database>,
    pub(super) clock: Arc<AtomicI64>,
    roles: Roles,
    model: Arc<Model>,
    master_key: MasterKey,
}

fn random() -> Random {
    let state = AtomicU64::new(7);
    Arc::new(move |buffer: &mut [u8]| {
        for byte in buffer {
            let next = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            *byte = (next.wrapping_mul(next >> 7 | 1) >> 40) as u8;
        }
    })
}

/// A store at a place where one may be already.
pub(super) fn open(location: &Location, clock: &Arc<AtomicI64>) -> ControlStore {
    let clock = Arc::clone(clock);
    ControlStore::open(location.clone(), Arc::new(move || clock.load(Ordering::Relaxed)), random()).unwrap()
}

/// Makes the tests of these functions, for each engine.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $name() { super::$name(&$crate::control::tests::World::on_sqlite()); })+
        }
        mod on_postgres {
            $(#[test] fn $name() {
                if let Some(world) = $crate::control::tests::World::on_postgres() {
                    super::$name(&world);
                }
            })+
        }
    };
}
pub(super) use on_both_engines;

impl World {
    pub(super) fn on_sqlite() -> Self {
        Self::at(None)
    }

    /// `None` without a server.
    pub(super) fn on_postgres() -> Option<Self> {
        Database::make().map(|database| Self::at(Some(database)))
    }

    fn at(database: Option<Database>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(NOON));
        let (model, _) = Model::from_json(r#"{"dataClasses": []}"#, "test").unwrap();
        let (roles, _) = Roles::parse(Roles::starter(), &model).unwrap();
        let url = database.as_ref().map_or_else(|| "sqlite:control.db".to_owned(), Database::url);
        let control = open(&Location::parse(&url, folder.path()).unwrap(), &clock);
        Self { control, folder, database, clock, roles, model: Arc::new(model), master_key: MasterKey::new([9; 32]) }
    }

    /// Another process: connections of its own, and secrets of its own.
    fn elsewhere(&self) -> ControlStore {
        let other = random();
        let clock = Arc::clone(&self.clock);
        let random: Random = Arc::new(move |buffer: &mut [u8]| {
            other(buffer);
            for byte in buffer {
                *byte ^= 0x55;
            }
        });
        ControlStore::open(self.control.location().clone(), Arc::new(move || clock.load(Ordering::Relaxed)), random).unwrap()
    }

    fn rules(&self) -> KeyRules<'_> {
        KeyRules { today: "2026-04-01".parse().unwrap(), max_lifetime_days: 365, roles: &self.roles }
    }

    pub(super) fn create(&self, description: &str) -> (KeyId, Secret) {
        self.create_in(&self.control, description)
    }

    fn create_in(&self, control: &ControlStore, description: &str) -> (KeyId, Secret) {
        let draft = KeyDraft::from_json(&json!({ "description": description }));
        let (record, secret) = control.create_key(draft, self.rules(), Some(&self.master_key), &Actor::command_line()).unwrap();
        (record.id, secret)
    }

    fn key_set(&self) -> KeySet {
        let rules = Rules { roles: self.roles.clone(), model: Arc::clone(&self.model), admin_protection: false };
        KeySet::load(&self.control, rules).unwrap()
    }

    fn knows(&self, set: &KeySet, secret: &Secret) -> bool {
        set.find(&self.control.digester().of(secret)).is_some()
    }
}

use claviger_access::Secret;

on_both_engines!(
    a_key_lives_from_creation_to_deletion,
    what_breaks_a_rule_leaves_no_trace,
    no_secret_lies_in_the_store,
    without_sealing_nothing_can_be_revealed,
    the_key_set_follows_changes_made_elsewhere,
    regeneration_keeps_the_old_secret_for_its_overlap_only,
    last_use_is_written_once_a_minute,
    the_list_filters_and_pages,
    roles_that_go_missing_are_told_once,
    users_and_the_last_owner,
    sessions_end_by_idleness_age_password_and_removal,
);

fn a_key_lives_from_creation_to_deletion(world: &World) {
    let (id, secret) = world.create("Nightly report");
    let record = world.control.key(&id).unwrap().unwrap();
    assert_eq!((record.role.as_deref(), record.key_type), (Some("Admin"), KeyType::Standard));
    assert_eq!(record.expires_on.to_string(), "2027-04-01");
    assert_eq!(record.created_by, "command line");

    let draft = KeyDraft::from_json(&json!({ "allowedHosts": ["192.0.2.1"], "role": "Reader" }));
    let edited = world.control.edit_key(&id, draft, world.rules(), None, &Actor::command_line()).unwrap();
    assert_eq!(edited.allowed_hosts.texts().collect::<Vec<_>>(), ["192.0.2.1"]);
    assert_eq!(world.control.key(&id).unwrap().unwrap(), edited);

    let revealed = world.control.reveal_key(&id, &world.master_key, &Actor::command_line()).unwrap();
    assert_eq!(revealed.expose(), secret.expose());
    let other = world.control.reveal_key(&id, &MasterKey::new([1; 32]), &Actor::command_line());
    assert!(matches!(other, Err(ControlError::OtherMasterKey(_))));

    let ana = Actor { name: "ana@example.org".to_owned(), address: Some("192.0.2.9".to_owned()) };
    world.control.delete_key(&id, &ana).unwrap();
    assert!(world.control.key(&id).unwrap().is_none());
    assert!(matches!(world.control.delete_key(&id, &ana), Err(ControlError::Absent(_))));

    let lines = world.control.audit_lines(&AuditFilter::default(), None, 10).unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.action.as_str(), line.fields.join(","))).collect();
    assert_eq!(
        told,
        [
            ("delete", String::new()),
            ("reveal", String::new()),
            ("edit", "role,allowedHosts".to_owned()),
            ("create", "description,type,role,expiresOn,allowedHosts".to_owned())
        ]
    );
    assert_eq!(
        serde_json::to_string(&lines[0]).unwrap(),
        format!(
            r#"{{"at":"2026-04-01T12:00:00Z","actor":"ana@example.org","address":"192.0.2.9","action":"delete","keyId":"{id}","fields":[]}}"#
        )
    );
    assert_eq!(world.control.audit_lines(&AuditFilter::default(), Some(lines[1].seq), 1).unwrap(), lines[2..3]);
}

fn what_breaks_a_rule_leaves_no_trace(world: &World) {
    let refused = world.control.create_key(KeyDraft::default(), world.rules(), None, &Actor::command_line());
    assert!(matches!(refused, Err(ControlError::Refused(errors)) if errors[0].field == "description"));
    assert!(world.control.audit_lines(&AuditFilter::default(), None, 10).unwrap().is_empty());
}

fn no_secret_lies_in_the_store(world: &World) {
    let (id, secret) = world.create("x");
    world.control.reveal_key(&id, &world.master_key, &Actor::command_line()).unwrap();
    let needle = &secret.expose().as_bytes()[9..40];
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    }
    let Some(database) = &world.database else { return };
    let needle = std::str::from_utf8(needle).unwrap();
    let hex = needle.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let tables = database.run("SELECT tablename FROM pg_tables WHERE schemaname = 'claviger_control'");
    assert!(tables.len() > 10);
    for table in tables {
        for row in database.run(&format!("SELECT it::text FROM claviger_control.{table} AS it")) {
            assert!(!row.contains(needle) && !row.contains(&hex), "{table}");
        }
    }
}

fn without_sealing_nothing_can_be_revealed(world: &World) {
    let draft = KeyDraft::from_json(&json!({ "description": "x" }));
    let (record, _) = world.control.create_key(draft, world.rules(), None, &Actor::command_line()).unwrap();
    let revealed = world.control.reveal_key(&record.id, &world.master_key, &Actor::command_line());
    assert!(matches!(revealed, Err(ControlError::NotSealed)));
}

fn the_key_set_follows_changes_made_elsewhere(world: &World) {
    let (first, first_secret) = world.create("first");
    let set = world.key_set();
    assert!(world.knows(&set, &first_secret));

    let elsewhere = world.elsewhere();
    let (_, second_secret) = world.create_in(&elsewhere, "second");
    assert!(!world.knows(&set, &second_secret));
    assert!(set.poll(&world.control).unwrap());
    assert!(world.knows(&set, &second_secret));
    assert!(!set.poll(&world.control).unwrap());
    assert_eq!(set.len(), 2);

    elsewhere.delete_key(&first, &Actor::command_line()).unwrap();
    assert!(set.poll(&world.control).unwrap());
    assert!(!world.knows(&set, &first_secret));
    assert_eq!(set.len(), 1);

    let (_, third_secret) = world.create_in(&elsewhere, "third");
    let digest = world.control.digester().of(&third_secret);
    // A request does not wait for a network: there the key is known a moment later.
    assert_eq!(set.find_again(&digest, &world.control, NOON).is_some(), world.database.is_none());
    assert_eq!(set.poll(&world.control).unwrap(), world.database.is_some());
    assert!(world.knows(&set, &third_secret));
    let unknown = [7; 32];
    assert!(set.find_again(&unknown, &world.control, NOON + 1).is_none());
}

fn regeneration_keeps_the_old_secret_for_its_overlap_only(world: &World) {
    let (id, old) = world.create("x");
    let set = world.key_set();
    let regenerate = |overlap| world.control.regenerate_key(&id, overlap, Some(&world.master_key), &Actor::command_line()).unwrap().1;
    let second = regenerate(Duration::from_secs(3600));
    set.refresh(&world.control).unwrap();
    let found = set.find(&world.control.digester().of(&old)).unwrap();
    assert_eq!(found.found().secret_ends.unwrap().as_millisecond(), NOON + 3_600_000);
    assert!(set.find(&world.control.digester().of(&second)).unwrap().found().secret_ends.is_none());

    let third = regenerate(Duration::ZERO);
    set.refresh(&world.control).unwrap();
    assert!(!world.knows(&set, &old) && !world.knows(&set, &second) && world.knows(&set, &third));
    assert_eq!(world.control.reveal_key(&id, &world.master_key, &Actor::command_line()).unwrap().expose(), third.expose());
    // A server that starts now knows the same.
    let fresh = world.key_set();
    assert!(!world.knows(&fresh, &old) && !world.knows(&fresh, &second) && world.knows(&fresh, &third));
}

fn last_use_is_written_once_a_minute(world: &World) {
    let (id, secret) = world.create("x");
    let set = world.key_set();
    let key = set.find(&world.control.digester().of(&secret)).unwrap();
    let used = LastUsed::default();
    for second in [0, 10, 59] {
        used.note(&key, NOON + second * 1000, Some("192.0.2.7".parse().unwrap()));
    }
    used.flush(&world.control).unwrap();
    let record = world.control.key(&id).unwrap().unwrap();
    assert_eq!(record.last_used_at.unwrap().as_millisecond(), NOON);
    assert_eq!(record.last_used_ip.unwrap().to_string(), "192.0.2.7");
    used.note(&key, NOON + 60_000, Some("192.0.2.8".parse().unwrap()));
    used.flush(&world.control).unwrap();
    assert_eq!(world.control.key(&id).unwrap().unwrap().last_used_at.unwrap().as_millisecond(), NOON + 60_000);
}

fn the_list_filters_and_pages(world: &World) {
    let ids: Vec<KeyId> = (0..5)
        .map(|number| {
            world.clock.store(NOON + number, Ordering::Relaxed);
            world.create(&format!("Key number {number}")).0
        })
        .collect();
    let draft = KeyDraft::from_json(&json!({ "type": "administration" }));
    world.control.edit_key(&ids[1], draft, world.rules(), None, &Actor::command_line()).unwrap();
    let list = |filter: KeyFilter| world.control.keys(&filter, &world.roles).unwrap();
    let names = |page: KeyPage| page.records.iter().map(|record| ids.iter().position(|id| *id == record.id).unwrap()).collect::<Vec<_>>();

    assert_eq!(names(list(KeyFilter::default())), [4, 3, 2, 1, 0]);
    let page = list(KeyFilter { limit: Some(2), after: Some(ids[3].clone()), ..KeyFilter::default() });
    assert_eq!(page.total, 5);
    assert_eq!(names(page), [2, 1]);
    assert_eq!(names(list(KeyFilter { text: Some("NUMBER 3".to_owned()), ..KeyFilter::default() })), [3]);
    assert_eq!(names(list(KeyFilter { text: Some("%".to_owned()), ..KeyFilter::default() })), Vec::<usize>::new());
    assert_eq!(names(list(KeyFilter { key_type: Some(KeyType::Administration), ..KeyFilter::default() })), [1]);
    assert_eq!(names(list(KeyFilter { role: Some("admin".to_owned()), ..KeyFilter::default() })), [4, 3, 2, 0]);
    for state in [KeyState::Active, KeyState::ExpiresSoon, KeyState::Expired, KeyState::RoleMissing] {
        for at in [NOON, NOON + 352 * DAY, NOON + 366 * DAY] {
            world.clock.store(at, Ordering::Relaxed);
            for roles in [world.roles.clone(), Roles::absent()] {
                let found = world.control.keys(&KeyFilter { state: Some(state), ..KeyFilter::default() }, &roles).unwrap();
                let all = world.control.keys(&KeyFilter::default(), &roles).unwrap().records;
                let expected: Vec<_> = all
                    .into_iter()
                    .filter(|record| record.state(&roles, jiff::Timestamp::from_millisecond(at).unwrap()) == state)
                    .collect();
                assert_eq!(found.records, expected, "{state:?} {at}");
            }
        }
    }
}

fn roles_that_go_missing_are_told_once(world: &World) {
    let (_, secret) = world.create("x");
    let set = world.key_set();
    let key = set.find(&world.control.digester().of(&secret)).unwrap();
    assert!(!key.slot.takes_warning());
    set.set_rules(Rules { roles: Roles::absent(), model: Arc::clone(&world.model), admin_protection: false });
    assert_eq!(set.missing_roles(), ["Admin"]);
    assert!(key.slot.takes_warning());
    assert!(!key.slot.takes_warning());
}

fn users_and_the_last_owner(world: &World) {
    let actor = Actor::command_line();
    world.control.create_first_owner("Ana@example.org", "hash", &actor).unwrap();
    assert!(matches!(world.control.create_first_owner("b@example.org", "hash", &actor), Err(ControlError::Exists(_))));
    assert!(matches!(world.control.create_user("ANA@example.org", ConsoleRole::Viewer, "h", &actor), Err(ControlError::Exists(_))));
    assert!(matches!(world.control.delete_user("ana@example.org", &actor), Err(ControlError::LastOwner(_))));
    assert!(matches!(world.control.edit_user("ana@example.org", Some(ConsoleRole::Viewer), None, &actor), Err(ControlError::LastOwner(_))));
    world.control.create_user("bo@example.org", ConsoleRole::Owner, "h", &actor).unwrap();
    world.control.edit_user("ana@example.org", Some(ConsoleRole::Viewer), None, &actor).unwrap();
    assert_eq!(world.control.user("ana@example.org").unwrap().unwrap().role, ConsoleRole::Viewer);
    assert!(matches!(world.control.delete_user("nobody@example.org", &actor), Err(ControlError::Absent(_))));
}

fn sessions_end_by_idleness_age_password_and_removal(world: &World) {
    let actor = Actor::command_line();
    let user = world.control.create_user("bo@example.org", ConsoleRole::Manager, "h", &actor).unwrap();
    let life = SessionLife { idle: 3_600_000, absolute: 7_200_000 };
    let begin = |token: &[u8]| world.control.begin_session(token, &user, &actor).unwrap();
    let holds = |token: &[u8]| world.control.session(token, life).unwrap().is_some();
    begin(b"one");
    assert!(holds(b"one") && !holds(b"two"));
    for minutes in [50, 100] {
        world.clock.store(NOON + minutes * 60_000, Ordering::Relaxed);
        assert!(holds(b"one"), "{minutes}");
    }
    world.clock.store(NOON + 7_200_000, Ordering::Relaxed);
    assert!(!holds(b"one"));
    begin(b"two");
    world.clock.store(NOON + 7_200_000 + 3_600_000, Ordering::Relaxed);
    assert!(!holds(b"two"));
    begin(b"three");
    world.control.edit_user("bo@example.org", None, Some("new"), &actor).unwrap();
    assert!(!holds(b"three"));
    begin(b"four");
    world.control.end_session(b"four").unwrap();
    assert!(!holds(b"four"));
}

/// Not run by itself: `cargo test -p claviger-store million -- --ignored --nocapture` shows time and memory.
#[test]
#[ignore = "takes a minute"]
fn a_million_keys_are_read_in_seconds() {
    let on_postgres = World::on_postgres();
    for world in std::iter::once(World::on_sqlite()).chain(on_postgres) {
        read_a_million(&world);
    }
}

fn read_a_million(world: &World) {
    world
        .control
        .reading(|connection| {
            connection.batch(connection.engine().choose(
                "PRAGMA synchronous = off; UPDATE generation SET value = 1; \
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) \
                 INSERT INTO keys SELECT printf('key_%016d', i), 'Key ' || i, 'standard', 'Admin', '2027-01-01', '[]', 'x', i, i, NULL, NULL, \
                 randomblob(32), NULL, NULL, 1 FROM n;",
                "INSERT INTO keys SELECT 'key_' || lpad(i::text, 16, '0'), 'Key ' || i, 'standard', 'Admin', '2027-01-01', '[]', 'x', i, i, \
                 NULL, NULL, sha256(convert_to(i::text, 'UTF8')), NULL, NULL, 1 FROM generate_series(1, 1000000) AS n (i); \
                 UPDATE generation SET value = 1",
            ))
        })
        .unwrap();
    let memory = || {
        let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default().to_owned();
        line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    let before = memory();
    let begun = std::time::Instant::now();
    let set = world.key_set();
    println!("read {} keys in {:?}, {} MB", set.len(), begun.elapsed(), memory() - before);
    assert_eq!(set.len(), 1_000_000);
    let begun = std::time::Instant::now();
    let (_, secret) = world.create("one more");
    set.refresh(&world.control).unwrap();
    println!("one more in {:?}", begun.elapsed());
    assert!(world.knows(&set, &secret));
}

#[test]
fn changes_of_two_processes_come_one_after_the_other() {
    for world in std::iter::once(World::on_sqlite()).chain(World::on_postgres()) {
        let actor = Actor::command_line();
        for name in ["ana@example.org", "bo@example.org"] {
            world.control.create_user(name, ConsoleRole::Owner, "h", &actor).unwrap();
        }
        let elsewhere = world.elsewhere();
        // Each takes one of the two owners away at the same time as the other: one of them is too late.
        for _ in 0..10 {
            let demote = |control: &ControlStore, name: &str| control.edit_user(name, Some(ConsoleRole::Viewer), None, &actor);
            let both = std::thread::scope(|scope| {
                let first = scope.spawn(|| demote(&world.control, "ana@example.org"));
                let second = scope.spawn(|| demote(&elsewhere, "bo@example.org"));
                [first.join().unwrap(), second.join().unwrap()]
            });
            assert_eq!(both.iter().filter(|done| matches!(done, Err(ControlError::LastOwner(_)))).count(), 1, "{both:?}");
            for name in ["ana@example.org", "bo@example.org"] {
                world.control.edit_user(name, Some(ConsoleRole::Owner), None, &actor).unwrap();
            }
        }
    }
}

#[test]
fn two_processes_may_make_the_store_at_once() {
    let Some(database) = Database::make() else { return };
    let location = Location::parse(&database.url(), Path::new("")).unwrap();
    let clock = Arc::new(AtomicI64::new(NOON));
    std::thread::scope(|scope| {
        let made: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&location, &clock))).collect();
        let made: Vec<_> = made.into_iter().map(|made| made.join().unwrap()).collect();
        let digests: Vec<_> = made.iter().map(|control| control.digester().digest(b"x")).collect();
        assert!(digests.windows(2).all(|two| two[0] == two[1]), "one pepper for all");
    });
}

#[test]
fn a_server_that_was_away_is_asked_again() {
    let Some(world) = World::on_postgres() else { return };
    let database = world.database.as_ref().unwrap();
    let (id, secret) = world.create("x");
    let set = world.key_set();
    // Lost between two calls: nobody notices.
    database.disconnect();
    assert!(world.control.key(&id).unwrap().is_some());
    database.disconnect();
    world.create("y");
    assert_eq!(world.control.keys(&KeyFilter::default(), &world.roles).unwrap().total, 2);
    // Away: each call says so at once, the gate goes on with what it knows.
    database.allow(false);
    database.disconnect();
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        let ping = world.control.ping();
        assert!(matches!(&ping, Err(ControlError::Away { store, .. }) if store.ends_with(database.name())), "{ping:?}");
        assert!(matches!(world.control.delete_key(&id, &Actor::command_line()), Err(ControlError::Away { .. })));
        assert!(set.poll(&world.control).is_err());
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(world.knows(&set, &secret));
    assert!(set.find_again(&[7; 32], &world.control, NOON).is_none());
    database.allow(true);
    // It rests for a second after a failure.
    while world.control.ping().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::yield_now();
    }
    world.control.delete_key(&id, &Actor::command_line()).unwrap();
    assert!(set.poll(&world.control).unwrap());
    assert!(!world.knows(&set, &secret));
}

#[test]
fn a_connection_that_ends_in_the_middle_of_a_change_changes_nothing() {
    let Some(world) = World::on_postgres() else { return };
    let database = world.database.as_ref().unwrap();
    let (id, _) = world.create("x");
    let broken = world.control.changing(|connection| {
        connection.execute("DELETE FROM keys WHERE id = ?1", &values![id.as_str()])?;
        database.disconnect();
        // Each later statement says so; none is done on a new connection, outside of the transaction.
        for _ in 0..2 {
            assert!(connection.execute("UPDATE keys SET description = 'z'", &[]).is_err());
        }
        Ok(())
    });
    assert!(matches!(broken, Err(ControlError::Away { .. } | ControlError::Database { .. })), "{broken:?}");
    assert_eq!(world.control.key(&id).unwrap().unwrap().description, "x");
    // A statement that fails spoils the whole change, though it may be overlooked.
    let spoiled = world.control.changing(|connection| {
        connection.execute("DELETE FROM keys WHERE id = ?1", &values![id.as_str()])?;
        assert!(connection.execute("INSERT INTO generation VALUES (1, 1)", &[]).is_err());
        Ok(())
    });
    assert!(matches!(spoiled, Err(ControlError::Database { .. })), "{spoiled:?}");
    assert!(world.control.key(&id).unwrap().is_some());
}

#[test]
fn who_waits_for_a_change_too_long_is_told() {
    let Some(world) = World::on_postgres() else { return };
    let elsewhere = world.elsewhere();
    let (id, _) = world.create("x");
    let told = world.control.changing(|_| {
        // Readers go on.
        assert!(elsewhere.key(&id)?.is_some());
        Ok(elsewhere.delete_key(&id, &Actor::command_line()))
    });
    assert!(matches!(told, Ok(Err(ControlError::Away { source: DbError::Busy, .. }))), "{told:?}");
    elsewhere.delete_key(&id, &Actor::command_line()).unwrap();
}

#[test]
fn a_store_is_looked_at_without_being_made() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = Location::from(folder.path().join("control.db"));
    assert_eq!(Inspection::of(&nowhere).unwrap(), None);
    assert!(!has_sealed_secrets(&nowhere).unwrap());
    if let Some(database) = Database::make() {
        let location = Location::parse(&database.url(), Path::new("")).unwrap();
        assert_eq!(Inspection::of(&location).unwrap(), None);
        assert_eq!(database.run("SELECT count(*) FROM pg_namespace WHERE nspname = 'claviger_control'"), ["0"]);
        assert!(!has_sealed_secrets(&location).unwrap());
        drop(database);
        assert!(has_sealed_secrets(&location).is_err(), "what cannot be asked is no reason to make a new master key");
    }
    for world in std::iter::once(World::on_sqlite()).chain(World::on_postgres()) {
        world.create("x");
        let seen = Inspection::of(world.control.location()).unwrap().unwrap();
        let sealed_under = vec![world.master_key.id().to_owned()];
        assert_eq!(seen, Inspection { keys: 1, users: 0, sealed_under, latest: Some(NOON), damage: None });
        assert!(has_sealed_secrets(world.control.location()).unwrap());
    }
}
