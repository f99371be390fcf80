//! Fuzz targets: plain functions over any bytes, run by stable tests over random inputs and by a fuzzer where there is one.

use std::net::{IpAddr, Ipv4Addr};

use crate::client::client_address;
use crate::gate::Presented;
use crate::hosts::{parse_host, parse_range};
use crate::secret::{SECRET_LEN, Secret};

/// What a client may send in the `api-key` header.
pub fn secret_text(bytes: &[u8]) {
    let presented = Presented::from_values(bytes.split(|byte| *byte == b'\n'));
    if let Some(candidate) = presented.candidate() {
        assert_eq!(candidate.len(), SECRET_LEN);
        assert!(candidate.is_ascii());
        assert!(Secret::from_text(candidate).is_ok_and(|secret| secret.expose() == candidate));
    }
}

/// What stands in `X-Forwarded-For` and `Forwarded`: one header value a line, the first half of the lines for each.
pub fn forwarded(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    let (list, standard) = lines.split_at(lines.len() / 2);
    let peer = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let trusted: Vec<_> = parse_range("10.0.0.0/8").into_iter().collect();
    for address in [client_address(peer, list, standard, &trusted), client_address(peer, standard, list, &trusted)] {
        assert!(address.known().is_none_or(|address| address == address.to_canonical()));
    }
    assert_eq!(client_address(peer, list, standard, &[]).known(), Some(peer));
    for line in lines {
        if let Ok(host) = parse_host(line) {
            assert_eq!(host, host.trunc());
        }
    }
}
