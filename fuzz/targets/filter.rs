//! Filters, with and without parameters.
#![no_main]

use claviger_query::fuzz;

libfuzzer_sys::fuzz_target!(|text: &str| {
    fuzz::filter(text);
    for class in ["Book", "Author"] {
        fuzz::planned_filter(&claviger_fuzz::MODEL, &claviger_fuzz::grants(), class, text, None);
        let parameters = serde_json::json!(["title", [1, "x"], null, { "formula": 1 }]);
        fuzz::planned_filter(&claviger_fuzz::MODEL, &claviger_fuzz::grants(), class, text, Some(parameters));
    }
});
