//! The fuzz targets over the committed corpus (`fuzz/corpus`) and random inputs: they never panic.
#![allow(clippy::unwrap_used)]

use claviger_access::{Secret, fuzz};
use proptest::prelude::*;

/// The inputs of a target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let inputs: Vec<Vec<u8>> = files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(!inputs.is_empty(), "{folder} is empty");
    inputs
}

#[test]
fn the_corpus_of_secrets() {
    for input in corpus("secret") {
        fuzz::secret_text(&input);
    }
}

#[test]
fn the_corpus_of_forwarding_headers() {
    for input in corpus("forwarded") {
        fuzz::forwarded(&input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_as_secret(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz::secret_text(&bytes);
    }

    /// Near misses: a real secret with one byte replaced.
    #[test]
    fn nearly_a_secret(seed in any::<[u8; 32]>(), at in 0usize..58, byte in any::<u8>()) {
        let secret = Secret::mint(&mut |buffer: &mut [u8]| buffer.copy_from_slice(&seed));
        let mut text = secret.expose().as_bytes().to_vec();
        fuzz::secret_text(&text);
        text[at] = byte;
        fuzz::secret_text(&text);
    }

    #[test]
    fn any_text_as_forwarded(text in "[-a-z0-9.:/%,;=\"\\\\\\[\\] \n_]{0,120}") {
        fuzz::forwarded(text.as_bytes());
    }

    #[test]
    fn any_bytes_as_forwarded(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz::forwarded(&bytes);
    }

    /// Entries that are nearly right.
    #[test]
    fn nearly_an_address(entries in prop::collection::vec((any::<std::net::IpAddr>(), "[:\\[\\]%,;=\" for0-9]{0,6}"), 0..8)) {
        let text: Vec<String> = entries.iter().map(|(address, noise)| format!("{address}{noise}")).collect();
        fuzz::forwarded(text.join(",").as_bytes());
        fuzz::forwarded(text.join("\n").as_bytes());
    }
}
