//! How much the endpoint is used: sums per minute, hour and day, for each key, for requests without a known key, and for all together.
//!
//! Sums only, so a row says nothing about a single request. Rows have no reference to the key: those of a deleted key stay until they are
//! old. What is kept is bounded twice: by age, and for each level by a number of rows, of which the oldest stretches leave first.

mod latency;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use claviger_access::KeyId;

pub use latency::Latency;
pub use read::{Usage, UsageOfKey, UsagePoint};

/// Stands for all keys together, and requests without one.
pub(super) const ALL: &str = "*";
/// Stands for requests without a known key.
pub(super) const NO_KEY: &str = "";
/// Addresses kept of a key.
pub const MOST_ADDRESSES: usize = 20;

/// How long a row's stretch of time is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Kept for two hours.
    Minute,
    /// Kept for eight days.
    Hour,
    /// UTC days, kept for 400 days.
    Day,
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Level {
    /// From the finest.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Milliseconds of one stretch.
    pub fn length(self) -> i64 {
        match self {
            Self::Minute => MINUTE,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// The beginning of the stretch that holds this instant.
    pub fn start(self, at: i64) -> i64 {
        at - at.rem_euclid(self.length())
    }

    /// Milliseconds for which rows are kept.
    pub fn kept(self) -> i64 {
        match self {
            Self::Minute => 2 * HOUR,
            Self::Hour => 8 * DAY,
            Self::Day => 400 * DAY,
        }
    }
}

/// Whose requests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Whose {
    /// Everybody's.
    All,
    /// Those without a known key.
    Nobody,
    /// Those of a key.
    Key(KeyId),
}

impl Whose {
    fn text(&self) -> &str {
        match self {
            Self::All => ALL,
            Self::Nobody => NO_KEY,
            Self::Key(id) => id.as_str(),
        }
    }
}

/// What a [`Tally`] counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TallyKind {
    /// Refusals by reason.
    Reason,
    /// Requests by dataclass.
    Dataclass,
}

/// A name and how often it was counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Of what.
    pub kind: TallyKind,
    /// Short name of a reason, or a dataclass.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// What is to be added to a row, and to the tallies beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageDelta {
    /// Whose.
    pub whose: Whose,
    /// Length of the stretch.
    pub level: Level,
    /// Its beginning, milliseconds since 1970 UTC.
    pub start: i64,
    /// Answered requests.
    pub requests: u64,
    /// Answers with a status of 400 or more.
    pub refused: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
    /// Times of those whose key the gate let through.
    pub latency: Latency,
    /// Reasons and dataclasses.
    pub tallies: Vec<Tally>,
}

/// What is to be added to an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddressDelta {
    /// Whose.
    pub whose: Whose,
    /// The client's.
    pub address: IpAddr,
    /// Its last request, milliseconds since 1970 UTC.
    pub last_at: i64,
    /// Requests.
    pub requests: u64,
}

/// An address that requests came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageAddress {
    /// The client's.
    pub address: String,
    /// Its last request, milliseconds since 1970 UTC.
    pub last_at: i64,
    /// Its requests since it came among the [`MOST_ADDRESSES`] newest.
    pub requests: u64,
}

/// Sums kept of minutes, of hours and of days, besides those of all keys together: 3,300 keys that are used in each of 60 minutes, 8,300 in
/// each of 24 hours, 13,300 on each of 30 days. A level never makes room for another one.
pub const MOST_SUMS: [u64; 3] = [200_000, 200_000, 400_000];
/// The same of reasons and dataclasses.
pub const MOST_TALLIES: [u64; 3] = [300_000, 300_000, 600_000];
/// Addresses kept, besides those of all keys together.
pub const MOST_ADDRESSES_IN_ALL: u64 = 100_000;

/// How many rows may be kept of each table and level ([`Level::ALL`]), besides those of all keys together, whose number is bounded by age.
/// The stretch that is running is kept whole, whatever its number of rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsageCaps {
    /// Sums; about 90 bytes each.
    pub sums: [u64; 3],
    /// Reasons and dataclasses; about 60 bytes each.
    pub tallies: [u64; 3],
    /// Addresses; about 60 bytes each.
    pub addresses: u64,
}

impl Default for UsageCaps {
    fn default() -> Self {
        Self { sums: MOST_SUMS, tallies: MOST_TALLIES, addresses: MOST_ADDRESSES_IN_ALL }
    }
}
