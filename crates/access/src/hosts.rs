//! Allowed hosts of a key (`api-keys.md` K-27 to K-29, K-7A, O-6, O-11).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Addresses and ranges from which a key may be used. Empty: every host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowedHosts(Box<[IpNet]>);

/// Why a text is no allowed host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HostError {
    /// Neither an IP address nor a range of them.
    #[error("This must be an IP address (192.0.2.1, 2001:db8::1) or a range (192.0.2.0/24).")]
    NotAnAddress,
    /// A range that holds every address.
    #[error("This range holds every address; remove all addresses to allow every host.")]
    Everything,
}

impl AllowedHosts {
    /// From the texts of a record: each normalised, duplicates merged silently. On failure every refused line, by its index.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, Vec<(usize, HostError)>> {
        let mut hosts: Vec<IpNet> = Vec::with_capacity(texts.len());
        let mut refused = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            match parse_host(text.as_ref()) {
                Ok(host) if hosts.contains(&host) => {}
                Ok(host) => hosts.push(host),
                Err(error) => refused.push((index, error)),
            }
        }
        if refused.is_empty() { Ok(Self(hosts.into())) } else { Err(refused) }
    }

    /// True when the key works from every host.
    pub fn is_everyone(&self) -> bool {
        self.0.is_empty()
    }

    /// True when the address is in the list, or the list is empty. Allocates nothing.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.is_empty() || is_in(address, &self.0)
    }

    /// The entries as shown: single addresses without a prefix length.
    pub fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(host_text)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Same as [`AllowedHosts::is_everyone`].
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// True when one of the ranges holds the address.
pub(crate) fn is_in(address: IpAddr, ranges: &[IpNet]) -> bool {
    let address = address.to_canonical();
    ranges.iter().any(|range| range.contains(&address))
}

/// One address or range, normalised: IPv4-mapped IPv6 becomes IPv4, zone indices and host bits are dropped.
pub fn parse_host(text: &str) -> Result<IpNet, HostError> {
    let range = parse_range(text).ok_or(HostError::NotAnAddress)?;
    if range.prefix_len() == 0 { Err(HostError::Everything) } else { Ok(range) }
}

/// As [`parse_host`], for `trusted_proxies`, where a range of everything is somebody's considered choice.
pub fn parse_range(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let Some((address, prefix)) = text.split_once('/') else {
        return Some(IpNet::from(parse_address(text)?));
    };
    if prefix.is_empty() || prefix.len() > 3 || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let prefix: u8 = prefix.parse().ok()?;
    let range = match parse_bare(address)? {
        IpAddr::V4(address) => IpNet::V4(Ipv4Net::new(address, prefix).ok()?),
        // A range within ::ffff:0:0/96 is one of IPv4 addresses; a wider one stays IPv6.
        IpAddr::V6(address) => match (address.to_ipv4_mapped(), prefix.checked_sub(96)) {
            (Some(mapped), Some(prefix)) => IpNet::V4(Ipv4Net::new(mapped, prefix).ok()?),
            _ => IpNet::V6(Ipv6Net::new(address, prefix).ok()?),
        },
    };
    Some(range.trunc())
}

/// An IP address: IPv4-mapped IPv6 becomes IPv4, a zone index is dropped (K-7A).
pub fn parse_address(text: &str) -> Option<IpAddr> {
    parse_bare(text).map(|address| address.to_canonical())
}

fn parse_bare(text: &str) -> Option<IpAddr> {
    if let Ok(address) = Ipv4Addr::from_str(text) {
        return Some(IpAddr::V4(address));
    }
    let without_zone = match text.split_once('%') {
        Some((_, "")) => return None,
        Some((address, _)) => address,
        None => text,
    };
    Ipv6Addr::from_str(without_zone).ok().map(IpAddr::V6)
}

/// An entry as shown.
fn host_text(host: &IpNet) -> String {
    if host.prefix_len() == host.max_prefix_len() { host.addr().to_string() } else { host.to_string() }
}

impl fmt::Display for AllowedHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("All");
        }
        for (index, host) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", host_text(host))?;
        }
        Ok(())
    }
}

impl Serialize for AllowedHosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.texts())
    }
}

impl<'de> Deserialize<'de> for AllowedHosts {
    /// Fails on any refused entry: a stored list that cannot be read must not become "every host".
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        Self::parse(&texts).map_err(|refused| {
            let error = refused.first().map_or(HostError::NotAnAddress, |(_, error)| *error);
            serde::de::Error::custom(error)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hosts(texts: &[&str]) -> AllowedHosts {
        AllowedHosts::parse(texts).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_and_ranges_pass_and_anything_else_is_refused_by_line() {
        assert_eq!(hosts(&[" 192.0.2.1 ", "2001:db8::1"]).to_string(), "192.0.2.1, 2001:db8::1");
        assert_eq!(hosts(&["192.0.2.77/24", "2001:DB8:5::1/48"]).to_string(), "192.0.2.0/24, 2001:db8:5::/48");
        let refused =
            AllowedHosts::parse(&["192.0.2.1", "example.org", "192.0.2.300", "", "192.0.2.1/33", "1.2.3.4/", "1.2.3.4/+8", "010.0.0.1"]);
        let lines: Vec<usize> = refused.unwrap_err().into_iter().map(|(index, _)| index).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_range_of_everything_is_refused_with_advice() {
        for text in ["0.0.0.0/0", "::/0", "192.0.2.1/0", "::ffff:0.0.0.0/96"] {
            assert_eq!(parse_host(text), Err(HostError::Everything), "{text}");
        }
        assert!(HostError::Everything.to_string().contains("remove"));
    }

    #[test]
    fn duplicates_are_merged_also_in_another_spelling() {
        assert_eq!(hosts(&["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1/32", "::ffff:c000:201/128"]).to_string(), "192.0.2.1");
    }

    #[test]
    fn membership_is_of_addresses_not_of_texts() {
        let list = hosts(&["192.0.2.0/24", "2001:db8::/32", "fe80::1%eth0", "::ffff:198.51.100.0/120"]);
        for inside in ["192.0.2.255", "::ffff:192.0.2.3", "2001:0db8:0:0::9", "fe80::1", "198.51.100.7"] {
            assert!(list.contains(ip(inside)), "{inside}");
        }
        for outside in ["192.0.3.0", "::192.0.2.3", "2001:db9::1", "fe80::2", "198.51.101.0"] {
            assert!(!list.contains(ip(outside)), "{outside}");
        }
        assert!(AllowedHosts::default().contains(ip("203.0.113.1")));
    }

    #[test]
    fn a_stored_list_that_cannot_be_read_is_an_error() {
        assert!(serde_json::from_str::<AllowedHosts>("[\"nonsense\"]").is_err());
        let list: AllowedHosts = serde_json::from_str("[\"192.0.2.1\"]").unwrap();
        assert_eq!(serde_json::to_string(&list).unwrap(), "[\"192.0.2.1\"]");
    }

    proptest! {
        #[test]
        fn a_list_read_back_from_its_texts_is_the_same(addresses in prop::collection::vec((any::<IpAddr>(), 1u8..=32), 0..6)) {
            let texts: Vec<String> = addresses.iter().map(|(address, prefix)| format!("{address}/{prefix}")).collect();
            let list = AllowedHosts::parse(&texts).unwrap();
            let again = AllowedHosts::parse(&list.texts().collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(list, again);
        }

        #[test]
        fn a_v4_range_holds_exactly_the_addresses_with_its_first_bits(range in any::<u32>(), prefix in 1u32..=32, address in any::<u32>(), near in any::<bool>()) {
            let address = if near { range ^ (address >> 24) } else { address };
            let list = hosts(&[&format!("{}/{prefix}", Ipv4Addr::from(range))]);
            let expected = range >> (32 - prefix) == address >> (32 - prefix);
            prop_assert_eq!(list.contains(IpAddr::V4(address.into())), expected);
            prop_assert_eq!(list.contains(IpAddr::V6(Ipv4Addr::from(address).to_ipv6_mapped())), expected);
        }
    }
}
