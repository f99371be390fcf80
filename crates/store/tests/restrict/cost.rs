//! What a restriction costs: SQLite dissolves it into the statement, so that one entity by key stays a search.

use claviger_query::{Outcome, Request, Verb};
use claviger_store::layout::Layout;
use claviger_store::sql::prepared::Prepared;
use claviger_store::sql::{Sql, Tables, select};
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
