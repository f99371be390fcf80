//! Which hosts functions may call (`functions.md` 2; setting `functions.allow_hosts`): by name before anything is looked up, and by address
//! once the name was.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::ClientBuilder;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

/// The hosts of the setting.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedHosts {
    listed: Vec<Allowed>,
    /// What they lead to does not matter.
    whatever_address: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Allowed {
    host: Host,
    /// None: any.
    port: Option<u16>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Host {
    Name(String),
    Address(IpAddr),
}

impl AllowedHosts {
    /// From the texts of the setting; `Err` is the first that is no host.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, String> {
        texts
            .iter()
            .map(|text| parse_one(text.trim()).ok_or_else(|| text.clone()))
            .collect::<Result<_, _>>()
            .map(|listed| Self { listed, whatever_address: false })
    }

    /// The host of a datastore of the settings: the operator has named it, wherever it is.
    pub(super) fn only(host: &str, port: u16) -> Self {
        Self { listed: vec![Allowed { host: host_of(host), port: Some(port) }], whatever_address: true }
    }

    /// Refuses a host that functions may not call, in words. What addresses a name has, a [client](Self::client) looks at.
    pub(super) fn allow(&self, host: &str, port: u16) -> Result<(), String> {
        // The address of a name is looked at when it is found.
        let is_reached = match host_of(host) {
            Host::Address(address) => self.reaches(address, port),
            Host::Name(_) => true,
        };
        if is_reached && self.names(host, port) {
            return Ok(());
        }
        Err(format!("Functions may not call {host}:{port}: it is not in functions.allow_hosts."))
    }

    /// The HTTP client for an allowed host and this port: names lead only to addresses that functions may call, and nothing is redirected.
    pub(super) fn client(&self, port: u16) -> ClientBuilder {
        let resolver = Resolver { hosts: self.clone(), port };
        // A proxy would look up names itself.
        ClientBuilder::new().no_proxy().redirect(Policy::none()).dns_resolver(Arc::new(resolver))
    }

    /// The host of a URL may be called; an address must be listed as one, or be public and listed.
    fn names(&self, host: &str, port: u16) -> bool {
        let host = host_of(host);
        self.listed.iter().any(|allowed| allowed.host == host && allowed.port.is_none_or(|allowed| allowed == port))
    }

    /// An address that a name was resolved to may be connected with: a public one, or one that is listed as an address.
    fn reaches(&self, address: IpAddr, port: u16) -> bool {
        let address = address.to_canonical();
        self.whatever_address
            || is_public(address)
            || self
                .listed
                .iter()
                .any(|allowed| allowed.host == Host::Address(address) && allowed.port.is_none_or(|allowed| allowed == port))
    }
}

/// Finds the addresses of a name, and gives those that functions may call.
struct Resolver {
    hosts: AllowedHosts,
    port: u16,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (hosts, port) = (self.hosts.clone(), self.port);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), port)).await?.collect();
            let allowed: Vec<SocketAddr> = found.iter().copied().filter(|address| hosts.reaches(address.ip(), port)).collect();
            if allowed.is_empty() {
                let address = found.first().map(|address| address.ip().to_string()).unwrap_or_default();
                let why = format!(
                    "{} leads to the address {address}, which functions may call only when it is itself in functions.allow_hosts",
                    name.as_str()
                );
                return Err(why.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// `api.example.org`, `api.example.org:8443`, `10.0.0.5`, `[::1]:8080`, `::1`.
fn parse_one(text: &str) -> Option<Allowed> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Allowed { host: Host::Address(address.to_canonical()), port: None });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (text, None),
    };
    let is_name =
        |host: &str| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    match host_of(host) {
        Host::Name(name) if !is_name(&name) => None,
        host => Some(Allowed { host, port }),
    }
}

fn host_of(host: &str) -> Host {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) => Host::Address(address.to_canonical()),
        Err(_) => Host::Name(host.trim_end_matches('.').to_ascii_lowercase()),
    }
}

/// An address that anybody may reach: not this machine, not a network behind it, nothing special.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || address.is_unspecified()
        // "This network", carrier-grade NAT, protocol assignments, relays of 6to4, benchmarks, reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240)
}

/// By the registry of special addresses (IANA): of those that are given out at all (`2000::/3`), and of the well-known translation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // An IPv4 address in another dress: translated (`64:ff9b::/96`; `64:ff9b:1::/48` is for networks of one's own), 6to4, tunnelled (ISATAP).
    let embedded = match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => return is_public_v4(embedded_v4(high, low)),
        [0x2002, high, low, ..] => Some((high, low)),
        [_, _, _, _, 0 | 0x0200, 0x5efe, high, low] => Some((high, low)),
        _ => None,
    };
    (segments[0] & 0xe000) == 0x2000
        && embedded.is_none_or(|(high, low)| is_public_v4(embedded_v4(high, low)))
        // Protocol assignments with Teredo, benchmarks and overlays (`2001::/23`), documentation (`2001:db8::/32`, `3fff::/20`).
        && !(segments[0] == 0x2001 && segments[1] < 0x0200)
        && !(segments[0] == 0x2001 && segments[1] == 0x0db8)
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
}

fn embedded_v4(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(texts: &[&str]) -> AllowedHosts {
        AllowedHosts::parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn only_listed_hosts_have_a_name() {
        let hosts = allowed(&["api.example.org", "Other.Example.org:8443", "10.0.0.5", "[::1]:8080"]);
        for (host, port, is) in [
            ("api.example.org", 443, true),
            ("API.example.org.", 80, true),
            ("evil.example.org", 443, false),
            ("api.example.org.evil.org", 443, false),
            ("other.example.org", 8443, true),
            ("other.example.org", 443, false),
            ("10.0.0.5", 80, true),
            ("[::ffff:10.0.0.5]", 80, true),
            ("10.0.0.6", 80, false),
            ("[::1]", 8080, true),
            ("[::1]", 80, false),
        ] {
            assert_eq!(hosts.names(host, port), is, "{host}:{port}");
        }
        for wrong in ["", "a b", "https://api.example.org", "api.example.org/path", "host:port", "*", "*.example.org"] {
            assert!(AllowedHosts::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn private_addresses_are_reached_only_when_listed() {
        let hosts = allowed(&["localhost", "10.0.0.5", "127.0.0.1:9000"]);
        for (address, port, is) in [
            ("93.184.216.34", 443, true),
            ("2606:2800:220:1::1", 443, true),
            ("10.0.0.5", 1, true),
            ("10.0.0.6", 1, false),
            ("127.0.0.1", 9000, true),
            ("127.0.0.1", 80, false),
            ("::ffff:127.0.0.1", 80, false),
            ("::ffff:10.0.0.5", 80, true),
            ("169.254.169.254", 80, false),
            ("192.168.1.1", 80, false),
            ("172.16.0.1", 80, false),
            ("100.64.0.1", 80, false),
            ("0.0.0.0", 80, false),
            ("224.0.0.1", 80, false),
            ("255.255.255.255", 80, false),
            ("::1", 80, false),
            ("::", 80, false),
            ("fe80::1", 80, false),
            ("fd00::1", 80, false),
            ("64:ff9b::a00:1", 80, false),
            ("2002:a00:1::", 80, false),
            ("::10.0.0.1", 80, false),
        ] {
            assert_eq!(hosts.reaches(address.parse().unwrap(), port), is, "{address}:{port}");
        }
    }

    /// By the registries of special addresses (IANA), each with its first and last address and those beside it.
    #[test]
    fn special_addresses_are_not_public() {
        for (address, is) in [
            ("0.255.255.255", false),
            ("1.0.0.0", true),
            ("9.255.255.255", true),
            ("10.0.0.0", false),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.64.0.0", false),
            ("100.127.255.255", false),
            ("100.128.0.0", true),
            ("126.255.255.255", true),
            ("127.255.255.255", false),
            ("128.0.0.0", true),
            ("169.254.0.0", false),
            ("172.15.255.255", true),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.0.0.8", false),
            ("192.0.1.0", true),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.255.255", false),
            ("198.17.255.255", true),
            ("198.18.0.0", false),
            ("198.19.255.255", false),
            ("198.20.0.0", true),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("223.255.255.255", true),
            ("224.0.0.0", false),
            ("240.0.0.0", false),
            ("::", false),
            ("::1", false),
            // IPv4 in other dresses: mapped, compatible, translated (SIIT, well known, local), 6to4, ISATAP, Teredo.
            ("::ffff:10.0.0.1", false),
            ("::ffff:93.184.216.34", true),
            ("::93.184.216.34", false),
            ("::ffff:0:10.0.0.1", false),
            ("::ffff:0:93.184.216.34", false),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::169.254.169.254", false),
            ("64:ff9b::93.184.216.34", true),
            ("64:ff9b::1:0:0", false),
            ("64:ff9b:1::", false),
            ("64:ff9b:1::93.184.216.34", false),
            ("64:ff9b:1:ffff:ffff:ffff:ffff:ffff", false),
            ("64:ff9b:2::1", false),
            ("2002:a00:1::1", false),
            ("2002:5db8:d822::1", true),
            ("2606:4700::5efe:10.0.0.1", false),
            ("2606:4700::200:5efe:192.168.0.1", false),
            ("2606:4700::200:5efe:93.184.216.34", true),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", false),
            // Discard, a prefix for nobody, benchmarks, overlays, identifiers of drones, documentation, routing within one network.
            ("100::1", false),
            ("100:0:0:1::1", false),
            ("2001:2::1", false),
            ("2001:20::1", false),
            ("2001:30::1", false),
            ("2001:1ff:ffff::1", false),
            ("2001:200::1", true),
            ("2001:db8::1", false),
            ("2001:db9::1", true),
            ("3ffe::1", true),
            ("3fff::1", false),
            ("3fff:fff::1", false),
            ("3fff:1000::1", true),
            ("5f00::1", false),
            ("4000::1", false),
            ("1fff::1", false),
            ("fc00::1", false),
            ("fdff::1", false),
            ("fe80::1", false),
            ("febf::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
            ("2a00:1450:4001::1", true),
        ] {
            let parsed: IpAddr = address.parse().unwrap();
            assert_eq!(is_public(parsed.to_canonical()), is, "{address}");
        }
    }
}
