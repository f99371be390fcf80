//! Bodies of updates and deletions.
#![no_main]

use claviger_query::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for class in ["Book", "Place", "Author(1)"] {
        fuzz::body(&claviger_fuzz::MODEL, &claviger_fuzz::grants(), class, bytes);
    }
});
