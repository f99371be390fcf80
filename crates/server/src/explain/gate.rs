//! What the gate asks of a key: allowed hosts, expiry, listener (`api-keys.md` 7, steps 3 and 4). The gate's own decision answers; here is only
//! told what it asked.

use std::net::IpAddr;

use claviger_access::{AllowedHosts, ClientAddress, Found, KeyRecord, Refusal, Roles, decide_found};
use jiff::Timestamp;

use super::rule::Rule;
use crate::accept::Door;
use crate::gate::is_at_wrong_door;
use crate::settings::Settings;

/// A request before the gate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// Not asked when it is not known.
    pub(super) from: Option<IpAddr>,
    pub(super) at: Timestamp,
    pub(super) door: Door,
}

/// Asks the gate; tells each rule, up to the one that refuses.
pub(super) fn ask(record: &KeyRecord, arrival: Arrival, settings: &Settings, rules: &mut Vec<Rule>) -> Result<(), Refusal> {
    let everyone = AllowedHosts::default();
    let (allowed_hosts, address) = match arrival.from {
        Some(address) => (&record.allowed_hosts, ClientAddress::Known(address)),
        None => (&everyone, ClientAddress::Malformed),
    };
    let found = Found { allowed_hosts, expires_on: record.expires_on, secret_ends: None };
    let decided = decide_found(found, address, arrival.at);
    rules.push(hosts(record, arrival.from, decided != Err(Refusal::HostNotAllowed)));
    if decided == Err(Refusal::HostNotAllowed) {
        return decided;
    }
    rules.push(expiry(record, decided.is_ok()));
    decided?;
    listener(record, arrival.door, settings, rules)
}

/// In the mode without keys.
pub(super) fn everybody_is_guest() -> Rule {
    let reason = "Keys are not checked: whoever asks is a guest, with or without a key.";
    guests(true, "keys.check = \"off_everybody_is_guest\"", reason)
}

/// Told where the roles demand a login of guests.
pub(super) fn login(allowed: bool) -> Rule {
    guests(allowed, "forceLogin", if allowed { "Guests may ask for this without a login." } else { "Guests may read the catalog only." })
}

fn guests(allowed: bool, by: &str, reason: &str) -> Rule {
    Rule { action: "request".to_owned(), resource: "guest".to_owned(), allowed, by: by.to_owned(), reason: reason.to_owned() }
}

fn rule(record: &KeyRecord, allowed: bool, by: String, reason: String) -> Rule {
    Rule { action: "request".to_owned(), resource: record.id.to_string(), allowed, by, reason }
}

fn hosts(record: &KeyRecord, from: Option<IpAddr>, allowed: bool) -> Rule {
    let hosts = &record.allowed_hosts;
    if hosts.is_everyone() {
        return rule(record, allowed, "allowed hosts: all".to_owned(), "The key may be used from everywhere.".to_owned());
    }
    let by = format!("allowed hosts: {}", hosts.texts().collect::<Vec<_>>().join(", "));
    let reason = match from {
        None => "Not asked: the question names no address.".to_owned(),
        Some(address) if allowed => format!("{} is an allowed host.", address.to_canonical()),
        Some(address) => format!("{} is none of the allowed hosts.", address.to_canonical()),
    };
    rule(record, allowed, by, reason)
}

fn expiry(record: &KeyRecord, allowed: bool) -> Rule {
    let day = record.expires_on;
    let reason = if allowed { "The key works to the end of this day, UTC." } else { "This day, UTC, is over." };
    rule(record, allowed, format!("expires on {day}"), reason.to_owned())
}

/// Only told where the setting concerns the key.
fn listener(record: &KeyRecord, door: Door, settings: &Settings, rules: &mut Vec<Rule>) -> Result<(), Refusal> {
    // At the console's own listener it passes; anywhere else it would not.
    if !is_at_wrong_door(settings, record.key_type, Door::Endpoint) {
        return Ok(());
    }
    let allowed = !is_at_wrong_door(settings, record.key_type, door);
    let reason = "Administration keys are let in by the console's own listener (console_listen) only; the endpoint does not know them.";
    rules.push(rule(record, allowed, "keys.administration_listener = \"console\"".to_owned(), reason.to_owned()));
    if allowed { Ok(()) } else { Err(Refusal::NotValid) }
}

/// A word about a key whose role is gone: it is a guest (`api-keys.md` O-9).
pub(super) fn missing_role(record: &KeyRecord, roles: &Roles) -> Option<Rule> {
    if !record.is_role_missing(roles) {
        return None;
    }
    let role = record.role.as_deref().unwrap_or("(none)");
    let reason = format!("roles.json declares no role \"{role}\": the key gets only what guests get.");
    Some(rule(record, true, "role missing".to_owned(), reason))
}
