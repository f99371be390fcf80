//! Paths and query strings: URL language and planner.
#![no_main]

use claviger_query::{Verb, fuzz};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    for verb in [Verb::Get, Verb::Post] {
        fuzz::url(&claviger_fuzz::MODEL, &claviger_fuzz::grants(), verb, path, query);
    }
});
