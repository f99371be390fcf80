use super::super::ControlStore;
use super::super::tests::{NOON, World, on_both_engines};
use super::*;

fn delta(whose: Whose, level: Level, at: i64, requests: u64) -> UsageDelta {
    let mut latency = Latency::default();
    (0..requests).for_each(|_| latency.add(6));
    let tallies = vec![
        Tally { kind: TallyKind::Dataclass, name: "Book".to_owned(), count: requests },
        Tally { kind: TallyKind::Reason, name: "not_found".to_owned(), count: 1 },
    ];
    UsageDelta { whose, level, start: level.start(at), requests, refused: 1, bytes: 10 * requests, latency, tallies }
}

fn one() -> Whose {
    Whose::Key("key_000000000001".parse().unwrap())
}

fn address(whose: Whose, address: String, last_at: i64, requests: u64) -> AddressDelta {
    AddressDelta { whose, address: address.parse().unwrap(), last_at, requests }
}

fn rows(control: &ControlStore, table: &str) -> Vec<(i64, String)> {
    let column = if table == "usage_addresses" { "last_at" } else { "start" };
    control
        .reading(|connection| {
            connection.rows(&format!("SELECT {column}, key_id FROM {table} ORDER BY 1, 2"), &[], |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .unwrap()
}

fn requests(world: &World, whose: Whose, level: Level, points: u32) -> Vec<u64> {
    world.control.usage(&whose, level, points).unwrap().points.iter().map(|point| point.requests).collect()
}

on_both_engines!(
    what_is_added_twice_at_once_counts_twice,
    sums_add_up_and_points_have_no_gap,
    lists_hold_the_most_used_and_the_newest,
    rows_leave_when_they_are_old,
    a_level_that_is_full_loses_its_oldest_stretches_and_no_other_levels,
    the_running_stretch_stays_whole_and_many_rows_leave_in_portions,
    a_store_of_the_version_before_gets_the_tables_and_keeps_its_keys,
);

fn sums_add_up_and_points_have_no_gap(world: &World) {
    let (id, _) = world.create("Report");
    let key = Whose::Key(id.clone());
    for at in [NOON - 2 * MINUTE, NOON - 2 * MINUTE + 59_999, NOON] {
        for level in Level::ALL {
            world
                .control
                .add_usage(&[delta(key.clone(), level, at, 2), delta(Whose::All, level, at, 3), delta(Whose::Nobody, level, at, 1)])
                .unwrap();
        }
    }
    let usage = world.control.usage(&key, Level::Minute, 4).unwrap();
    let told: Vec<_> = usage.points.iter().map(|it| (it.start - NOON, it.requests, it.refused, it.bytes, it.latency.len())).collect();
    assert_eq!(told, [(-3 * MINUTE, 0, 0, 0, 0), (-2 * MINUTE, 4, 2, 40, 4), (-MINUTE, 0, 0, 0, 0), (0, 2, 1, 20, 2)]);
    assert_eq!(usage.points[1].latency.percentile(50), Some(6));
    let tally = |kind, name: &str, count| vec![Tally { kind, name: name.to_owned(), count }];
    assert_eq!(usage.reasons, tally(TallyKind::Reason, "not_found", 3));
    assert_eq!(usage.dataclasses, tally(TallyKind::Dataclass, "Book", 6));
    assert!(usage.keys.is_empty());
    assert_eq!(requests(world, Whose::Nobody, Level::Minute, 3), [2, 0, 1]);
    assert_eq!(requests(world, Whose::All, Level::Hour, 2), [6, 3]);
    assert_eq!(requests(world, key, Level::Day, 2), [0, 6]);
    // A deleted key keeps its numbers and loses its description.
    let keys = |world: &World| world.control.usage(&Whose::All, Level::Day, 1).unwrap().keys;
    let told = UsageOfKey { id: id.to_string(), description: Some("Report".to_owned()), requests: 6, refused: 3, bytes: 60 };
    assert_eq!(keys(world).as_slice(), std::slice::from_ref(&told));
    world.control.delete_key(&id, &super::super::Actor::command_line()).unwrap();
    assert_eq!(keys(world), [UsageOfKey { description: None, ..told }]);
}

fn lists_hold_the_most_used_and_the_newest(world: &World) {
    let names: Vec<String> = (0..25).map(|number| format!("key_{number:012}")).collect();
    for (number, name) in names.iter().enumerate() {
        let mut one = delta(Whose::Key(name.parse().unwrap()), Level::Hour, NOON, 1 + number as u64);
        one.tallies[0].name = format!("Class{number}");
        let all = UsageDelta { whose: Whose::All, ..one.clone() };
        world.control.add_usage(&[one, all]).unwrap();
    }
    let usage = world.control.usage(&Whose::All, Level::Hour, 24).unwrap();
    let keys: Vec<_> = usage.keys.iter().map(|key| (key.id.as_str(), key.requests)).collect();
    assert_eq!((keys.len(), keys[0], keys[19]), (20, ("key_000000000024", 25), ("key_000000000005", 6)));
    let classes: Vec<_> = usage.dataclasses.iter().map(|class| (class.name.as_str(), class.count)).collect();
    assert_eq!((classes.len(), classes[0], classes[19]), (20, ("Class24", 25), ("Class5", 6)));

    let deltas: Vec<_> = (0..30).map(|number| address(Whose::Nobody, format!("192.0.2.{number}"), NOON - 30 + number, 1)).collect();
    world.control.add_addresses(&deltas).unwrap();
    world.control.add_addresses(&[address(Whose::Nobody, "192.0.2.29".to_owned(), NOON - 40, 5)]).unwrap();
    assert_eq!(rows(&world.control, "usage_addresses").len(), MOST_ADDRESSES);
    let told = world.control.usage(&Whose::Nobody, Level::Minute, 60).unwrap().addresses;
    assert_eq!(told[0], UsageAddress { address: "192.0.2.29".to_owned(), last_at: NOON - 1, requests: 6 });
    assert_eq!(told[19].address, "192.0.2.10");
    // An hour later they are none of the last hour.
    world.clock.fetch_add(HOUR, std::sync::atomic::Ordering::Relaxed);
    assert!(world.control.usage(&Whose::Nobody, Level::Minute, 60).unwrap().addresses.is_empty());
    assert_eq!(world.control.usage(&Whose::Nobody, Level::Hour, 24).unwrap().addresses.len(), 20);
}

fn rows_leave_when_they_are_old(world: &World) {
    for (level, kept) in [(Level::Minute, 2 * HOUR), (Level::Hour, 8 * DAY), (Level::Day, 400 * DAY)] {
        let start = level.start(NOON);
        let old = |at| delta(one(), level, at, 1);
        world
            .control
            .add_usage(&[old(start - kept - level.length()), old(start - kept), delta(Whose::All, level, start - kept - 1, 1)])
            .unwrap();
    }
    world
        .control
        .add_addresses(&[
            address(Whose::All, "::1".to_owned(), NOON - 400 * DAY - 1, 1),
            address(Whose::All, "::2".to_owned(), NOON - 400 * DAY, 1),
        ])
        .unwrap();
    // A day begins at midnight, so the row of the day 400 days ago is twelve hours older than 400 days.
    assert_eq!(world.control.trim_usage(UsageCaps::default()).unwrap(), 7 + 2 * 7 + 1);
    let kept = [NOON - 8 * DAY, NOON - 2 * HOUR].map(|start| (start, one().text().to_owned()));
    assert_eq!(rows(&world.control, "usage_sums"), kept);
    assert_eq!(rows(&world.control, "usage_addresses"), [(NOON - 400 * DAY, "*".to_owned())]);
    assert_eq!(world.control.trim_usage(UsageCaps::default()).unwrap(), 0);
}

fn a_level_that_is_full_loses_its_oldest_stretches_and_no_other_levels(world: &World) {
    for back in 0..3 {
        for level in Level::ALL {
            let at = NOON - back * level.length();
            world
                .control
                .add_usage(&[delta(one(), level, at, 1), delta(Whose::Nobody, level, at, 1), delta(Whose::All, level, at, 1)])
                .unwrap();
        }
        world.control.add_addresses(&[address(one(), format!("192.0.2.{back}"), NOON - back, 1)]).unwrap();
    }
    // Each level has six rows, those of all keys together not counted. Days may have three: one whole day stays.
    let caps = UsageCaps { sums: [6, 6, 3], addresses: 2, ..UsageCaps::default() };
    assert_eq!(world.control.trim_usage(caps).unwrap(), 4 + 1);
    for whose in [one(), Whose::Nobody] {
        assert_eq!(requests(world, whose.clone(), Level::Minute, 3), [1, 1, 1]);
        assert_eq!(requests(world, whose.clone(), Level::Hour, 3), [1, 1, 1]);
        assert_eq!(requests(world, whose, Level::Day, 3), [0, 0, 1]);
    }
    assert_eq!(requests(world, Whose::All, Level::Day, 3), [1, 1, 1]);
    assert_eq!(rows(&world.control, "usage_addresses").iter().map(|(at, _)| at - NOON).collect::<Vec<_>>(), [-1, 0]);
    // Tallies have caps of their own: of twelve rows of minutes the eight of the two last stay.
    let caps = UsageCaps { tallies: [11, 12, 12], ..UsageCaps::default() };
    assert_eq!(world.control.trim_usage(caps).unwrap(), 4);
    assert_eq!(world.control.usage(&one(), Level::Minute, 3).unwrap().dataclasses[0].count, 2);
    assert_eq!(world.control.trim_usage(caps).unwrap(), 0);
}

fn the_running_stretch_stays_whole_and_many_rows_leave_in_portions(world: &World) {
    let many: Vec<String> = (0..2500).map(|number| format!("key_{number:012}")).collect();
    for back in 0..2 {
        let at = NOON - back * MINUTE;
        let deltas: Vec<_> = many.iter().map(|id| delta(Whose::Key(id.parse().unwrap()), Level::Minute, at, 1)).collect();
        world.control.add_usage(&deltas).unwrap();
    }
    let caps = UsageCaps { sums: [100; 3], ..UsageCaps::default() };
    assert_eq!(world.control.trim_usage(caps).unwrap(), 2500);
    assert_eq!(rows(&world.control, "usage_sums").len(), 2500);
    assert!(rows(&world.control, "usage_sums").iter().all(|(start, _)| *start == NOON));
    // A minute later it is over, and nothing follows it: then it leaves like others.
    world.clock.fetch_add(MINUTE, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(world.control.trim_usage(caps).unwrap(), 2500);
}

fn a_store_of_the_version_before_gets_the_tables_and_keeps_its_keys(world: &World) {
    let (id, _) = world.create("Report");
    let set_back = |connection: &super::super::db::Connection| {
        connection.batch("DROP TABLE usage_sums; DROP TABLE usage_tallies; DROP TABLE usage_addresses; DROP TABLE refusals")?;
        connection.batch(connection.engine().choose("PRAGMA user_version = 1", "UPDATE version SET value = 1"))
    };
    world.control.reading(set_back).unwrap();
    let control = super::super::tests::open(world.control.location(), &world.clock);
    assert!(control.key(&id).unwrap().is_some());
    assert!(control.refusals(None, 1).unwrap().is_empty());
    control.add_usage(&[delta(Whose::Key(id.clone()), Level::Minute, NOON, 1)]).unwrap();
    assert_eq!(control.usage(&Whose::Key(id), Level::Minute, 1).unwrap().points[0].requests, 1);
}

fn what_is_added_twice_at_once_counts_twice(world: &World) {
    let one = delta(one(), Level::Minute, NOON, 2);
    world.control.add_usage(&[one.clone(), one]).unwrap();
    let point = &world.control.usage(&self::one(), Level::Minute, 1).unwrap().points[0];
    assert_eq!((point.requests, point.latency.len()), (4, 4));
}
