//! One body of a test on both engines.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test binary uses its own part")]

use claviger_model::Model;
use claviger_store::location::Location;
use claviger_store::{Mode, OpenOptions, StampMode};

use crate::database::Database;
use crate::support::Served;

/// Runs a test over an owned database of a model, on SQLite and, where a server is named, on PostgreSQL.
pub fn on_both(model: &str, test: impl Fn(&Served)) {
    test(&Served::own(model));
    on_postgres(model, |_, _| {}, |served, _| test(served));
}

/// The same on PostgreSQL alone, with options of its own and the database behind it.
pub fn on_postgres(model: &str, adjust: impl FnOnce(&mut OpenOptions, &Database), test: impl FnOnce(&Served, &Database)) {
    let Some(database) = Database::make() else { return };
    let folder = tempfile::tempdir().unwrap();
    let location = Location::parse(&database.url(), folder.path()).unwrap();
    let (model, _) = Model::from_json(model, "test").unwrap();
    let path = folder.path().to_owned();
    let mut options = OpenOptions::at(location, Mode::Owned, model.into(), StampMode::Hash);
    adjust(&mut options, &database);
    let served = Served::open(folder, path, options);
    test(&served, &database);
    drop(served);
}
