//! The address of the client behind proxies (`api-keys.md` 7.3).

use std::net::IpAddr;

use ipnet::IpNet;

use crate::hosts::{is_in, parse_address};

/// Whence a request comes. The same value feeds the check of allowed hosts, "last used ip" and the logs (K-7B).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClientAddress {
    /// In canonical form: never IPv4-mapped.
    Known(IpAddr),
    /// A trusted proxy forwarded something that is no address: not allowed for keys with a host list (K-79).
    Malformed,
}

impl ClientAddress {
    /// The address, when it is known.
    pub fn known(self) -> Option<IpAddr> {
        match self {
            Self::Known(address) => Some(address),
            Self::Malformed => None,
        }
    }
}

/// The client's address (K-78, K-79). `peer` is the other end of the connection; `forwarded_for` are the values of `X-Forwarded-For`,
/// `forwarded` those of `Forwarded` (RFC 7239), each in the order received; `trusted` are the trusted proxies.
///
/// When both headers are there they must agree: which of the two a proxy writes itself, and which it only passes on, cannot be known.
pub fn client_address(peer: IpAddr, forwarded_for: &[&str], forwarded: &[&str], trusted: &[IpNet]) -> ClientAddress {
    let peer = peer.to_canonical();
    if trusted.is_empty() || !is_in(peer, trusted) {
        return ClientAddress::Known(peer);
    }
    let by_list = walk(list_entries(forwarded_for), trusted);
    let by_standard = if forwarded.is_empty() { None } else { walk(standard_entries(forwarded).into_iter().rev(), trusted) };
    match (by_list, by_standard) {
        (None, None) => ClientAddress::Known(peer),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(one), Some(other)) if one == other => one,
        (Some(_), Some(_)) => ClientAddress::Malformed,
    }
}

/// Walks from the nearest hop to the farthest, past trusted addresses. `None` without any entry. When all are trusted it is the farthest.
fn walk(entries: impl Iterator<Item = Option<IpAddr>>, trusted: &[IpNet]) -> Option<ClientAddress> {
    let mut last = None;
    for entry in entries {
        let Some(address) = entry else { return Some(ClientAddress::Malformed) };
        last = Some(ClientAddress::Known(address));
        if !is_in(address, trusted) {
            break;
        }
    }
    last
}

/// Entries of `X-Forwarded-For`, nearest hop first; `None` for one that is no address.
fn list_entries<'a>(values: &'a [&'a str]) -> impl Iterator<Item = Option<IpAddr>> + 'a {
    values.iter().rev().filter(|value| !value.trim().is_empty()).flat_map(|value| value.rsplit(',')).map(|entry| node(entry.trim()))
}

/// Entries of `Forwarded`, in the order received; `None` for one without a `for` that is an address.
fn standard_entries(values: &[&str]) -> Vec<Option<IpAddr>> {
    let elements = values.iter().filter(|value| !value.trim().is_empty()).flat_map(|value| split_unquoted(value, b','));
    elements.map(element_address).collect()
}

fn element_address(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split_unquoted(element, b';') {
        let (name, value) = pair.trim().split_once('=')?;
        if name.eq_ignore_ascii_case("for") {
            if found.is_some() {
                return None;
            }
            let value = value.strip_prefix('"').map_or(Some(value), |rest| rest.strip_suffix('"'))?;
            found = Some(node(value)?);
        }
    }
    found
}

/// Splits at a character that stands outside quoted strings.
fn split_unquoted(text: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut from, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let is_port = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        return parse_address(address).filter(|_| is_port && address.contains(':'));
    }
    if let Some((address, port)) = text.split_once(':')
        && !port.contains(':')
    {
        return parse_address(address).filter(|_| is_port(port));
    }
    parse_address(text)
}

fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hosts::parse_range;

    fn at(peer: &str, list: &[&str], standard: &[&str]) -> ClientAddress {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "2001:db8:ff::/48"].iter().map(|text| parse_range(text).unwrap()).collect();
        client_address(peer.parse().unwrap(), list, standard, &trusted)
    }

    fn known(text: &str) -> ClientAddress {
        ClientAddress::Known(text.parse().unwrap())
    }

    #[test]
    fn forwarding_headers_of_strangers_are_ignored() {
        assert_eq!(at("192.0.2.1", &["198.51.100.1"], &["for=198.51.100.2"]), known("192.0.2.1"));
        assert_eq!(at("::ffff:192.0.2.1", &["nonsense"], &[]), known("192.0.2.1"));
        assert_eq!(client_address("10.0.0.1".parse().unwrap(), &["198.51.100.1"], &[], &[]), known("10.0.0.1"));
    }

    #[test]
    fn the_walk_goes_from_right_to_left_past_trusted_addresses() {
        assert_eq!(at("10.0.0.1", &[], &[]), known("10.0.0.1"));
        assert_eq!(at("10.0.0.1", &[""], &[]), known("10.0.0.1"));
        assert_eq!(at("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.0.0.2"], &[]), known("198.51.100.1"));
        assert_eq!(at("10.0.0.1", &["203.0.113.9", "198.51.100.1", "10.0.0.2"], &[]), known("198.51.100.1"));
        assert_eq!(at("::ffff:10.0.0.1", &["::ffff:198.51.100.1, ::ffff:10.1.1.1"], &[]), known("198.51.100.1"));
        assert_eq!(at("10.0.0.1", &["10.0.0.3, 10.0.0.2"], &[]), known("10.0.0.3"));
    }

    #[test]
    fn a_malformed_entry_stops_the_walk() {
        for entry in ["unknown", "", "198.51.100.300", "198.51.100.1:99999", "[198.51.100.1]", "[::1", "_hidden", "::1]"] {
            assert_eq!(at("10.0.0.1", &[&format!("198.51.100.1, {entry}, 10.0.0.2")], &[]), ClientAddress::Malformed, "{entry}");
        }
        // What stands left of the client's address was written by the client and is not looked at.
        assert_eq!(at("10.0.0.1", &["nonsense, 198.51.100.1"], &[]), known("198.51.100.1"));
    }

    #[test]
    fn ports_brackets_and_zones_are_dropped() {
        assert_eq!(at("10.0.0.1", &["198.51.100.1:4711"], &[]), known("198.51.100.1"));
        assert_eq!(at("10.0.0.1", &["[2001:db8::7]:80"], &[]), known("2001:db8::7"));
        assert_eq!(at("10.0.0.1", &["fe80::1%eth0"], &[]), known("fe80::1"));
    }

    #[test]
    fn the_standard_header_counts_too() {
        assert_eq!(
            at("10.0.0.1", &[], &["for=203.0.113.9, For=\"[2001:db8::7]:80\";proto=https;by=10.0.0.1, for=10.0.0.2"]),
            known("2001:db8::7")
        );
        assert_eq!(at("10.0.0.1", &[], &["for=\"198.51.100.1, for=203.0.113.9\""]), ClientAddress::Malformed);
        for element in ["proto=https", "for=unknown", "for=_x", "for=198.51.100.1;for=198.51.100.2", "nonsense", "for=\"198.51.100.1"] {
            assert_eq!(at("10.0.0.1", &[], &[element]), ClientAddress::Malformed, "{element}");
        }
    }

    #[test]
    fn both_headers_must_agree() {
        assert_eq!(at("10.0.0.1", &["198.51.100.1"], &["for=198.51.100.1"]), known("198.51.100.1"));
        assert_eq!(at("10.0.0.1", &["198.51.100.1"], &["for=203.0.113.9"]), ClientAddress::Malformed);
    }

    proptest! {
        /// Whatever a client writes itself, the address that the first trusted proxy saw wins.
        #[test]
        fn a_client_cannot_choose_its_address(written in "[ -~]{0,40}", address in any::<IpAddr>()) {
            let address = address.to_canonical();
            prop_assume!(!is_in(address, &[parse_range("10.0.0.0/8").unwrap()]));
            let header = format!("{written},{address}");
            let found = client_address("10.0.0.1".parse().unwrap(), &[&header], &[], &[parse_range("10.0.0.0/8").unwrap()]);
            prop_assert_eq!(found, ClientAddress::Known(address));
        }
    }
}
