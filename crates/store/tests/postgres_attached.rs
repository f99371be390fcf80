//! Existing tables in PostgreSQL, read and written through the store (settlements "Attached databases", "Column to type").
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/attached.rs"]
mod attached;
#[path = "support/postgres.rs"]
mod postgres;
mod support;

use attached::Attached;
use claviger_model::Kind;
use claviger_query::{Request, Verb};
use claviger_store::SaveStatus;
use serde_json::{Value, json};
use support::JsonSink;

const KINDS: &str = include_str!("support/every_type.sql");

#[test]
fn every_type_is_read() {
    let Some(attached) = Attached::open(KINDS, false) else { return };
    let found = attached.get("kinds(1)");
    for (name, wanted) in [
        ("small", json!(1)),
        ("big", json!(3)),
        ("single", json!(0.1)),
        ("double", json!(0.2)),
        ("truth", json!(true)),
        ("token", json!("00112233445566778899AABBCCDDEEFF")),
        ("day", json!("!!2024-02-29!!")),
        ("local", json!("2024-02-29T12:00:00.123Z")),
        ("at", json!("2024-02-29T10:00:00.500Z")),
        ("clock", json!(5_400_000)),
        ("span", json!(86_401_500)),
        ("plain", json!({ "a": 1 })),
        ("document", json!({ "b": [1] })),
        ("numbers", json!([1, 2, null])),
        ("grid", json!([["a", "b"], ["c", "d"]])),
        ("bytes", json!("(media)")),
        ("words", json!("Größe")),
        ("code", json!("ab")),
        ("feels", json!("ok")),
        ("feels_too", json!("happy")),
        ("years", json!(3)),
        ("doubled", json!(4)),
        ("host", json!("10.0.0.1/8")),
        ("bits", json!("1010")),
        ("home", json!("(Main,Town)")),
        ("internal", json!("nm")),
        ("zoned", json!("12:00:00+02")),
    ] {
        assert_eq!(found[name], wanted, "{name}");
    }
    for (name, digits) in [("exact", "12.3"), ("any_digits", "1.5"), ("thousands", "12000"), ("fractions", "0.0012"), ("costs", "9.99")] {
        assert_eq!(found[name].to_string(), digits, "{name}");
    }
    // Each is found by what was sent.
    for filter in [
        "small=1",
        "single=0.1",
        "exact=12.3",
        "truth=true",
        "token='00112233445566778899aabbccddeeff'",
        "day='2024-02-29'",
        "local='2024-02-29T12:00:00.123Z'",
        "at='2024-02-29T10:00:00.500Z'",
        "clock=5400000",
        "span=86401500",
        "words='GROSSE' OR words='grosse' OR words='größe'",
        "code='AB'",
        "feels='OK'",
        "feels_too='h@'",
        "years>2",
        "host='10@'",
    ] {
        let page = attached.get(&format!("kinds?$filter={}", filter.replace(' ', "%20").replace('\'', "%27")));
        assert_eq!(page["__COUNT"], 1, "{filter}");
    }
    assert_eq!(attached.get("counted")["__ENTITIES"][0]["number"], 1);
    assert_eq!(attached.get("happy")["__COUNT"], 0);
}

#[test]
fn every_type_is_written_as_its_column_has_it_or_refused() {
    let Some(attached) = Attached::open(KINDS, false) else { return };
    for (name, value, wanted) in [
        ("small", json!(-5), "-5"),
        ("big", json!(9_007_199_254_740_993_i64), "9007199254740993"),
        ("single", json!(0.3), "0.3"),
        ("exact", json!(0.25), "0.25"),
        ("truth", json!(false), "false"),
        ("token", json!("FF112233445566778899AABBCCDDEEFF"), "ff112233-4455-6677-8899-aabbccddeeff"),
        ("day", json!("!!2024-03-01!!"), "2024-03-01"),
        ("day", json!("!!0000-00-00!!"), "-infinity"),
        ("local", json!("2024-03-01T00:00:00.001Z"), "2024-03-01 00:00:00.001"),
        ("at", json!("2024-03-01T00:00:00.001Z"), "2024-03-01 00:00:00.001+00"),
        ("clock", json!(1), "00:00:00.001"),
        ("span", json!(-90_000_000), "-25:00:00"),
        ("plain", json!({ "z": 1, "a": 2 }), "{\"z\":1,\"a\":2}"),
        ("document", json!({ "z": 1 }), "{\"z\": 1}"),
        ("short", json!("1234567890"), "1234567890"),
        ("code", json!("zz"), "zz"),
        ("feels", json!("sad"), "sad"),
        ("feels_too", json!("ok"), "ok"),
        ("years", json!(0), "0"),
        ("costs", json!(1.5), "1.50"),
    ] {
        let entity = attached.saved("kinds", json!({ "__KEY": "1", name: value }));
        assert_eq!(attached.column(name).as_deref(), Some(wanted), "{name}");
        assert_eq!(entity[name], value, "{name} comes back");
        attached.saved("kinds", json!({ "__KEY": "1", "words": "same" }));
    }
    for (name, value) in [
        ("short", json!("12345678901")),
        ("code", json!("long")),
        ("feels", json!("furious")),
        ("years", json!(-1)),
        ("grown", json!(3)),
        ("grown", Value::Null),
        ("clock", json!(90_000_000)),
        ("thousands", json!(123_456)),
    ] {
        let before = attached.column(name);
        let (status, cause) = attached.save("kinds", json!({ "__KEY": "1", name: value }));
        assert_eq!(status, SaveStatus::Failed, "{name} took {value}");
        assert!(cause.as_str().is_some_and(|cause| !cause.is_empty()), "{name}: {cause}");
        assert_eq!(attached.column(name), before, "{name}");
    }
    for name in ["feels", "clock", "span", "document", "code", "token", "exact", "local"] {
        attached.saved("kinds", json!({ "__KEY": "1", name: null }));
        assert_eq!(attached.column(name), None, "{name}");
    }
    // What is only shown, and what the database makes, is not written.
    let mut before = attached.get("kinds(1)");
    before.as_object_mut().unwrap().retain(|name, _| name != "bytes" && name != "__STAMP");
    attached.saved("kinds", json!({ "__KEY": "1", "host": "10.0.0.2", "doubled": 7 }));
    assert_eq!(attached.get("kinds(1)")["host"], before["host"]);
    assert_eq!(attached.get("kinds(1)")["doubled"], before["doubled"]);
    // An array that is posted back unchanged stays as it is.
    attached.saved("kinds", before);
    assert_eq!(attached.column("grid").as_deref(), Some("{{a,b},{c,d}}"));
}

#[test]
fn the_database_gives_numbers_and_defaults() {
    let Some(attached) = Attached::open(KINDS, false) else { return };
    let kind = attached.saved("kinds", json!({ "words": "new", "any_digits": 1 }));
    assert_eq!((&kind["id"], &kind["whole"], &kind["grown"], &kind["truth"]), (&json!(2), &json!(7), &json!(18), &json!(true)));
    assert!(kind["token"].is_string() && kind["at"].is_string());
    let mixed = attached.saved("Mixed_Case", json!({ "Full_Name": "A", "id": 5 }));
    assert_eq!((&mixed["Id"], &mixed["id"]), (&json!(1), &json!(5)));
    let order = attached.saved("orders", json!({ "number": "x", "mixed_id": 1 }));
    assert_eq!(order["__KEY"], json!(["1", "x"]));
    attached.saved("order_lines", json!({ "line": 1, "order_shop": 1, "order_number": "x" }));
    let line = attached.get("order_lines(1)?$attributes=orders.number,orders.mixed.Full_Name");
    assert_eq!(line["orders"]["mixed"]["Full_Name"], "A");
    attached.saved("events", json!({ "happened": "29!2!2024", "id": 1 }));
    attached.saved("events", json!({ "happened": "28!2!2025", "id": 1 }));
    assert_eq!(attached.get("events")["__COUNT"], 2);
}

#[test]
fn stamps_count_saves_and_see_changes_from_outside() {
    let Some(attached) = Attached::open(KINDS, true) else { return };
    assert_eq!(attached.get("kinds(1)")["__STAMP"], 1);
    assert_eq!(attached.saved("kinds", json!({ "__KEY": "1", "__STAMP": 1, "words": "b" }))["__STAMP"], 2);
    assert_eq!(attached.saved("kinds", json!({ "__KEY": "1", "__STAMP": 2, "words": "c" }))["__STAMP"], 3);
    attached.database.execute("UPDATE public.kinds SET words = 'outside'");
    assert_eq!(attached.get("kinds(1)")["__STAMP"], 4);
    assert_eq!(attached.save("kinds", json!({ "__KEY": "1", "__STAMP": 3, "words": "d" })).0, SaveStatus::Conflict);
    let stamp = attached.saved("kinds", json!({ "__KEY": "1", "__STAMP": 4, "words": "d" }))["__STAMP"].as_i64().unwrap();
    assert!(stamp > 4, "{stamp}");
    assert_eq!(attached.get("kinds(1)")["__STAMP"], stamp);

    // Without the product's schema the content tells.
    let Some(attached) = Attached::open(KINDS, false) else { return };
    let before = attached.get("kinds(1)")["__STAMP"].clone();
    let after = attached.saved("kinds", json!({ "__KEY": "1", "__STAMP": before, "words": "b" }))["__STAMP"].clone();
    assert_ne!(before, after);
    assert_eq!(attached.save("kinds", json!({ "__KEY": "1", "__STAMP": before, "words": "c" })).0, SaveStatus::Conflict);
    let schemas: i64 = attached.database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'claviger'", &[]);
    assert_eq!(schemas, 0, "nothing is added to the database");
}

#[test]
fn keys_of_text_are_in_the_order_of_code_points() {
    let sql = "CREATE TABLE public.words (word text COLLATE \"en-x-icu\" PRIMARY KEY, kind integer);
               INSERT INTO public.words VALUES ('b', 1), ('A', 1), ('a', 1), ('B', 1), ('é', 1), ('Z', 1)";
    let Some(attached) = Attached::open(sql, false) else { return };
    let keys = |url: &str| {
        let page = attached.get(url);
        page["__ENTITIES"].as_array().unwrap().iter().map(|entity| entity["word"].as_str().unwrap().to_owned()).collect::<String>()
    };
    assert_eq!(keys("words"), "ABZabé");
    assert_eq!(keys("words?$orderby=kind"), "ABZabé", "equal values are in the order of the keys");
    assert_eq!(keys("words?$orderby=kind&$skip=2&$limit=3"), "Zab");
}

#[test]
fn tables_that_change_while_they_are_served_are_read_and_written_all_the_same() {
    let tables =
        "CREATE TABLE public.note (id int PRIMARY KEY, n int, word text); INSERT INTO public.note VALUES (1, 10, 'a'), (2, 20, 'b')";
    let Some(attached) = Attached::open(tables, false) else { return };
    let ask = || {
        let one = attached.get("note(1)");
        let page = attached.get("note?$filter=\"n > 5\"&$orderby=n");
        let saved = attached.saved("note", json!({ "__KEY": "2", "word": "c" }));
        (one["n"].clone(), page["__ENTITIES"][1]["n"].clone(), saved["n"].clone())
    };
    for ty in ["int8", "int4", "int8"] {
        // On every connection: each was prepared for the type before.
        for _ in 0..4 {
            assert_eq!(ask(), (json!(10), json!(20), json!(20)), "{ty}");
        }
        attached.database.execute(&format!("ALTER TABLE public.note ALTER n TYPE {ty}"));
    }
    assert_eq!(ask(), (json!(10), json!(20), json!(20)));
}

#[test]
fn what_is_related_by_a_time_is_found_to_the_microsecond() {
    for (ty, local) in [("timestamptz", "2024-02-29 12:00:00.123456+00"), ("timestamp", "2024-02-29 12:00:00.123456")] {
        let tables = format!(
            "CREATE TABLE public.moment (at {ty} PRIMARY KEY, word text);
             CREATE TABLE public.happening (id int PRIMARY KEY, moment_at {ty} REFERENCES public.moment);
             INSERT INTO public.moment VALUES ('{local}', 'a'), ('2024-02-29 12:00:00.123', 'b'), ('infinity', 'c');
             INSERT INTO public.happening VALUES (1, '{local}'), (2, '{local}'), (3, '2024-02-29 12:00:00.123'), (4, 'infinity'), (5, NULL)"
        );
        let Some(attached) = Attached::open(&tables, false) else { return };
        let moment = attached.model().find("moment").unwrap();
        let many = moment.attributes.iter().find(|attribute| matches!(attribute.kind, Kind::RelatedEntities(_))).unwrap().name.clone();
        let page = attached.get(&format!("moment?$attributes=word,{many}.id&$orderby=word"));
        let found: Vec<Vec<Value>> = page["__ENTITIES"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it[&many]["__ENTITIES"].as_array().unwrap().iter().map(|it| it["__KEY"].clone()).collect())
            .collect();
        assert_eq!(found, [vec![json!("1"), json!("2")], vec![json!("3")], vec![json!("4")]], "{ty}: {page}");
    }
}

#[test]
fn a_set_knows_rows_by_texts_that_a_sequence_gives() {
    let tables = "CREATE SEQUENCE public.s; CREATE TABLE public.tag (id text PRIMARY KEY DEFAULT nextval('public.s'), word text);
                  INSERT INTO public.tag (word) VALUES ('a'), ('b'); INSERT INTO public.tag VALUES ('x', 'c')";
    let Some(attached) = Attached::open(tables, false) else { return };
    let plan = attached.reading("tag?$orderby=word");
    let keys = attached.database.run(attached.store().keys(plan.selection().clone(), usize::MAX, attached::deadline())).unwrap();
    assert_eq!(keys.len(), 3);
    let Request::Set(set) = attached.plan(Verb::Get, "tag/$entityset/x", None) else { panic!("no set") };
    let Request::Read(plan) = set.over(keys.into()) else { panic!("reads nothing") };
    let page = attached.database.run(attached.store().read(plan, JsonSink::default(), attached::deadline())).unwrap().into_json();
    let words: Vec<&str> = page["__ENTITIES"].as_array().unwrap().iter().map(|it| it["word"].as_str().unwrap()).collect();
    assert_eq!(words, ["a", "b", "c"]);
}

#[test]
fn rows_of_another_server_are_counted_anew() {
    let Some(database) = postgres::Database::create() else { return };
    if !database.value::<bool>("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'file_fdw')", &[]) {
        eprintln!("skipped: the server has no file_fdw");
        return;
    }
    let file = format!("/tmp/{}_far", database.name());
    let tables = format!(
        "CREATE EXTENSION file_fdw SCHEMA pg_catalog; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
         CREATE FOREIGN TABLE public.far (n int) SERVER files OPTIONS (filename '{file}');
         CREATE VIEW public.doubled AS SELECT n * 2 AS n FROM public.far"
    );
    let Some(attached) = Attached::open(&tables, false) else { return };
    // Nothing is committed in this database, nor in any other of the server.
    let write = |rows: u32| attached.database.execute(&format!("COPY (SELECT generate_series(1, {rows})) TO '{file}'"));
    for rows in [3, 5, 4] {
        write(rows);
        for url in ["far?$top=2", "doubled?$top=2"] {
            assert_eq!(attached.get(url)["__COUNT"], rows, "{url}");
        }
    }
    attached.database.execute(&format!("COPY (SELECT 1) TO PROGRAM 'cat > {file} && rm {file}'"));
}
