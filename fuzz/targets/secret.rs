//! The `api-key` header.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| claviger_access::fuzz::secret_text(bytes));
