//! What a restriction costs: SQLite dissolves it into the statement, so that one entity by key stays a search. What computed values cost: nothing
//! where they are not asked for.

use claviger_model::{StorageType, Value, ValueType};
use claviger_query::{ComputedValues, Outcome, Request, Verb};
use claviger_store::layout::Layout;
use claviger_store::sql::prepared::Prepared;
use claviger_store::sql::{Sql, Tables, select, set};
use rusqlite::Connection;

use crate::reads::library;
use crate::world::World;

/// How SQLite goes about a statement.
fn steps(db: &Connection, sql: &Sql) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.text)).unwrap_or_else(|error| panic!("{error}: {}", sql.text));
    statement.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<_, _>>().unwrap()
}

/// Every row of a table is looked at, or put aside. The one row without columns that outer joins hang on is neither.
fn is_walk(step: &str) -> bool {
    !matches!(step, "SCAN CONSTANT ROW" | "SCAN one" | "CO-ROUTINE one")
        && ["SCAN", "MATERIALIZE", "CO-ROUTINE"].iter().any(|word| step.starts_with(word))
}

#[test]
fn one_entity_by_key_stays_a_search() {
    let world = World::sqlite(&library());
    let db = Connection::open(world.file()).unwrap();
    claviger_store::sqlite::functions::register(&db).unwrap();
    let layout = Layout::owned(world.store.model());
    for filter in ["rating > 2", "country.code = 'FR'", "mentor.country.name = 'F@' or books.price > 3"] {
        let answers = world.seeing(&[("Author", filter), ("Book", "author.country.code = 'FR'")]);
        for url in ["Author(1)?$expand=mentor,country", "Book(1)?$expand=author,second", "Book(1)?$attributes=authorName,nation,author"] {
            let Ok(Request::Read(plan)) = world.plan(Verb::Get, url, None, &answers) else { panic!("{url}") };
            let Outcome::Entity(projection) = plan.outcome() else { panic!("{url}") };
            let tables = Tables::new(world.store.model(), &layout).seen_through(plan.restrictions());
            let steps = steps(&db, &Prepared::new(tables, projection).by_key);
            assert!(!steps.iter().any(|step| is_walk(step)), "{url} where {filter}: {steps:#?}");
        }
    }
}

#[test]
fn a_table_is_walked_through_once() {
    let world = World::sqlite(&library());
    let db = Connection::open(world.file()).unwrap();
    claviger_store::sqlite::functions::register(&db).unwrap();
    let layout = Layout::owned(world.store.model());
    let answers = world.seeing(&[("Author", "country.code = 'FR'"), ("Book", "price > 20")]);
    let Ok(Request::Read(plan)) = world.plan(Verb::Get, "Book?$filter=\"author.rating > 1\"", None, &answers) else { panic!() };
    let tables = Tables::new(world.store.model(), &layout).seen_through(plan.restrictions());
    let steps = steps(&db, &select::count(tables, plan.class(), plan.scopes(), plan.base(), plan.filter()));
    let walks: Vec<&String> = steps.iter().filter(|step| is_walk(step)).collect();
    assert_eq!(walks, ["SCAN s0"], "{steps:#?}");
}

#[test]
fn what_is_prepared_for_all_callers_holds_no_values_of_one() {
    let world = World::sqlite(&library()).computing(&[("Author", "c", StorageType::Long), ("Country", "c", StorageType::String)]);
    let mut answers = world.seeing_all();
    for (dataclass, ty, value) in [("Author", ValueType::Int, Value::Int(7)), ("Country", ValueType::Text, Value::Text("secret".into()))] {
        let keys = world.keys_of(world.found(dataclass, None)).unwrap();
        let values = vec![value; keys.len()];
        answers.set_values(ComputedValues { attribute: world.computed(dataclass, "c"), ty, keys, values });
    }
    let url = "Author?$filter=\"c = 7 and country.c = 'secret'\"&$expand=country,books&$attributes=*,titles";
    let Ok(Request::Read(plan)) = world.plan(Verb::Get, url, None, &answers) else { panic!("{url}") };
    let Outcome::Page(projection, _) = plan.outcome() else { panic!("{url}") };
    let layout = Layout::owned(world.store.model());
    let everybody = Tables::new(world.store.model(), &layout);
    let caller = everybody.seen_through(plan.restrictions());
    assert!(!caller.is_restricted(), "what is prepared for it serves others");
    let [prepared, plain] = [caller, everybody].map(|tables| Prepared::new(tables, projection));
    assert_eq!(prepared.by_key, plain.by_key);
    assert_eq!(format!("{:?}", prepared.selected), format!("{:?}", plain.selected));
    // Nor do they go with entities whose keys are known.
    let keys = world.keys_of(world.found("Author", None)).unwrap();
    let [of_caller, of_all] = [caller, everybody].map(|tables| set::entities(tables, plan.class(), &plain.selected, keys.iter()));
    assert_eq!(of_caller, of_all);
    // They do where they are asked for.
    let [of_caller, of_all] = [caller, everybody].map(|tables| select::count(tables, plan.class(), plan.scopes(), plan.base(), None));
    assert_ne!(of_caller, of_all);
}
