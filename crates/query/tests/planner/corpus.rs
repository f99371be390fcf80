//! The fuzz targets over the committed corpus (`fuzz/corpus`): nothing panics.

use claviger_access::Grants;
use claviger_query::{Verb, fuzz};

use crate::support::MODEL;

/// The texts of a target.
fn corpus(target: &str) -> Vec<String> {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let texts: Vec<String> = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(!texts.is_empty(), "{folder} is empty");
    texts
}

#[test]
fn urls() {
    let admin = Grants::administration(&MODEL);
    for text in corpus("url") {
        let (path, query) = text.split_once('?').map_or((text.as_str(), None), |(path, query)| (path, Some(query)));
        for verb in [Verb::Get, Verb::Post] {
            fuzz::url(&MODEL, &admin, verb, path, query);
        }
    }
}

#[test]
fn filters() {
    let admin = Grants::administration(&MODEL);
    for text in corpus("filter") {
        fuzz::filter(&text);
        for class in ["Book", "Author"] {
            fuzz::planned_filter(&MODEL, &admin, class, &text, None);
            fuzz::planned_filter(&MODEL, &admin, class, &text, Some(serde_json::json!(["title", [1, "x"], null, { "formula": 1 }])));
        }
    }
}

#[test]
fn bodies() {
    let admin = Grants::administration(&MODEL);
    for text in corpus("body") {
        for class in ["Book", "Place", "Author(1)"] {
            fuzz::body(&MODEL, &admin, class, text.as_bytes());
        }
    }
}
