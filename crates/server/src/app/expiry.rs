//! Keys that are about to expire are told in the log: at start, and again on each new day.

use claviger_access::KeyState;
use claviger_access::key::dates::EXPIRES_SOON_DAYS;
use claviger_access::key::day_of;
use claviger_store::control::{ControlError, KeyFilter, KeySort};
use jiff::civil::Date;

use super::AppState;

/// Keys that one line names.
const NAMED: u32 = 10;

/// Remembers the day of the last announcement.
#[derive(Debug, Default)]
pub(super) struct ExpiryNotice {
    told_on: Option<Date>,
}

impl ExpiryNotice {
    /// The sentence for the log, when it is due: once a day, and only when there is something to tell.
    pub(super) fn due(&mut self, state: &AppState) -> Result<Option<String>, ControlError> {
        let today = day_of(state.instant());
        if self.told_on == Some(today) {
            return Ok(None);
        }
        let filter = KeyFilter { state: Some(KeyState::ExpiresSoon), sort: KeySort::ExpiresOn, limit: Some(NAMED), ..KeyFilter::default() };
        let soon = state.control().keys(&filter, &state.roles())?;
        self.told_on = Some(today);
        let named = soon.records.iter().map(|key| format!("\"{}\" ({}) on {}", key.description, key.id, key.expires_on));
        let mut named: Vec<String> = named.collect();
        let more = soon.total.saturating_sub(named.len() as u64);
        if more > 0 {
            named.push(format!("and {more} more"));
        }
        let keys = if soon.total == 1 { "1 key expires".to_owned() } else { format!("{} keys expire", soon.total) };
        Ok((soon.total > 0).then(|| format!("{keys} within {EXPIRES_SOON_DAYS} days: {}", named.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use claviger_access::{KeyDraft, KeyRules};
    use claviger_store::control::Actor;
    use serde_json::json;

    use super::*;
    use crate::settings::Settings;
    use crate::{AppState, Opening};

    const NOON: i64 = 1_775_044_800_000; // 2026-04-01T12:00:00Z
    const DAY: i64 = 86_400_000;

    fn key(state: &AppState, description: &str, expires: &str) {
        let roles = state.roles();
        let rules = KeyRules { today: day_of(state.instant()), max_lifetime_days: 365, roles: &roles };
        let draft = KeyDraft::from_json(&json!({ "description": description, "type": "administration", "expiresOn": expires }));
        state.control().create_key(draft, rules, None, &Actor::command_line()).unwrap();
    }

    #[test]
    fn keys_that_expire_soon_are_told_once_a_day() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.json"), r#"{ "dataClasses": [] }"#).unwrap();
        let now = Arc::new(AtomicI64::new(NOON));
        let (clock, seed) = (Arc::clone(&now), AtomicI64::new(1));
        let opening = Opening {
            settings: Settings::default(),
            clock: Arc::new(move || clock.load(Ordering::Relaxed)),
            random: Arc::new(move |buffer: &mut [u8]| buffer.fill_with(|| seed.fetch_add(37, Ordering::Relaxed) as u8)),
            master_key: None,
            log: None,
            worker: crate::WorkerProgram::myself(&[]),
        };
        let state = AppState::open(folder.path(), opening).unwrap();
        let mut notice = ExpiryNotice::default();
        assert_eq!(notice.due(&state).unwrap(), None);
        key(&state, "Later", "2026-04-16");
        key(&state, "Soon", "2026-04-02");
        assert_eq!(notice.due(&state).unwrap(), None, "the day has been told");
        now.store(NOON + DAY, Ordering::Relaxed);
        let told = notice.due(&state).unwrap().unwrap();
        assert!(told.starts_with("2 keys expire within 14 days: \"Soon\" (key_"), "{told}");
        assert!(told.contains(") on 2026-04-02, \"Later\" (key_"), "{told}");
        assert_eq!(notice.due(&state).unwrap(), None);
        now.store(NOON + 2 * DAY, Ordering::Relaxed);
        assert!(notice.due(&state).unwrap().unwrap().starts_with("1 key expires within 14 days: \"Later\""));
    }
}
