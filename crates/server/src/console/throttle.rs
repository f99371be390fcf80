//! Failed sign-ins slow down: per e-mail and address together, per address, per e-mail (so that many addresses cannot share one guess list).

use std::net::IpAddr;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

/// Failures are forgotten after this, milliseconds.
const WINDOW: i64 = 15 * 60_000;
/// Failures of one e-mail from one address before 429.
const PER_PAIR: u32 = 5;
/// Failures from one address.
const PER_ADDRESS: u32 = 30;
/// Failures of one e-mail.
const PER_EMAIL: u32 = 100;
/// Entries kept at most.
const MOST: usize = 50_000;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Who {
    Pair(String, Option<IpAddr>),
    Address(Option<IpAddr>),
    Email(String),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    since: i64,
    count: u32,
}

/// Failed sign-ins of the last quarter of an hour.
#[derive(Debug, Default)]
pub(crate) struct SignInThrottle {
    failures: Mutex<FxHashMap<Who, Failures>>,
}

impl SignInThrottle {
    /// Seconds to wait, when there were too many failures.
    pub(crate) fn blocked(&self, email: &str, address: Option<IpAddr>, now: i64) -> Option<u32> {
        let failures = self.failures.lock();
        limits(email, address)
            .into_iter()
            .filter_map(|(who, limit)| failures.get(&who).filter(|failed| failed.count >= limit && now < failed.since + WINDOW))
            .map(|failed| ((failed.since + WINDOW - now) / 1000 + 1) as u32)
            .max()
    }

    /// A sign-in that failed. Counted before the password is checked, so that many at once do not slip through.
    pub(crate) fn fail(&self, email: &str, address: Option<IpAddr>, now: i64) {
        let mut failures = self.failures.lock();
        if failures.len() >= MOST {
            failures.retain(|_, failed| now < failed.since + WINDOW);
        }
        for (who, _) in limits(email, address) {
            let failed = failures.entry(who).or_insert(Failures { since: now, count: 0 });
            if now >= failed.since + WINDOW {
                *failed = Failures { since: now, count: 0 };
            }
            failed.count = failed.count.saturating_add(1);
        }
    }

    /// The password was right after all: what was counted for it is taken back.
    pub(super) fn succeed(&self, email: &str, address: Option<IpAddr>) {
        let mut failures = self.failures.lock();
        for (index, (who, _)) in limits(email, address).into_iter().enumerate() {
            if index == 0 {
                failures.remove(&who);
            } else if let Some(failed) = failures.get_mut(&who) {
                failed.count = failed.count.saturating_sub(1);
            }
        }
    }
}

fn limits(email: &str, address: Option<IpAddr>) -> [(Who, u32); 3] {
    let email = email.to_lowercase();
    [(Who::Pair(email.clone(), address), PER_PAIR), (Who::Address(address), PER_ADDRESS), (Who::Email(email), PER_EMAIL)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_failure_waits_and_success_forgets() {
        let throttle = SignInThrottle::default();
        let here = Some("192.0.2.1".parse().unwrap());
        let there = Some("192.0.2.2".parse().unwrap());
        for _ in 0..PER_PAIR {
            assert_eq!(throttle.blocked("ana@x", here, 0), None);
            throttle.fail("ana@x", here, 0);
        }
        assert_eq!(throttle.blocked("ANA@x", here, 60_000), Some(14 * 60 + 1));
        assert_eq!(throttle.blocked("ana@x", there, 0), None);
        assert_eq!(throttle.blocked("bo@x", here, 0), None);
        assert_eq!(throttle.blocked("ana@x", here, WINDOW), None);
        throttle.succeed("ana@x", here);
        assert_eq!(throttle.blocked("ana@x", here, 0), None);
    }

    #[test]
    fn one_address_with_many_names_waits_too() {
        let throttle = SignInThrottle::default();
        let here = Some("192.0.2.1".parse().unwrap());
        for number in 0..PER_ADDRESS {
            throttle.fail(&format!("{number}@x"), here, 0);
        }
        assert!(throttle.blocked("new@x", here, 0).is_some());
    }
}
