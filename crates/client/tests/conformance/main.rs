//! The conformance suite of all client libraries (`clients/conformance`), run by this one.
#![allow(clippy::unwrap_used, missing_docs)]

mod compare;
#[path = "../../../store/tests/support/database.rs"]
mod database;
mod live;
#[path = "../loopback/mod.rs"]
mod loopback;
mod recorded;
mod runner;
mod values;

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// The suite's folder.
fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients/conformance")
}

fn read(path: &Path) -> Json {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cases of a folder, by name.
fn cases(folder: &str) -> Vec<(String, Json)> {
    let mut found: Vec<_> = std::fs::read_dir(suite().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|is| is == "json") && path.file_stem().is_some_and(|name| name != "catalog"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(&path)))
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(!found.is_empty(), "{folder} has no cases");
    found
}
