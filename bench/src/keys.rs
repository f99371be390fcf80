//! Keys in large numbers, made through the control store itself.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use claviger_access::key::dates::day_of;
use claviger_access::{KeyDraft, KeyRules, Roles};
use claviger_model::Model;
use claviger_store::control::{Actor, ControlStore, KeyFilter};

use crate::made::{MODEL, Made, ROLES};

/// Keys made in one commit.
const AT_ONCE: usize = 10_000;
/// Secrets that requests are made with at most.
const USED: usize = 4096;

/// Makes keys until there are `total`; answers some of the secrets, spread evenly over those made.
#[expect(clippy::disallowed_methods, reason = "the measured server reads the machine's clock as well")]
pub(crate) fn fill_up(made: &Made, total: usize) -> Result<Vec<String>> {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let random = |buffer: &mut [u8]| getrandom::fill(buffer).expect("the system gives random bytes");
    let store = ControlStore::open(made.folder.join("data/control.db"), Arc::new(now), Arc::new(random))?;
    let (model, _) = Model::from_json(MODEL, "made").map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let (roles, _) = Roles::parse(ROLES, &model).map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
    let rules = KeyRules { today: day_of(jiff::Timestamp::now()), max_lifetime_days: 366, roles: &roles };
    let draft = KeyDraft::from_json(&serde_json::json!({ "description": "Made in bulk", "role": "All" }));
    let there = store.keys(&KeyFilter { limit: Some(1), ..KeyFilter::default() }, &roles)?.total;
    let mut missing = total.saturating_sub(there as usize);
    let stride = missing.div_ceil(USED).max(1);
    let mut secrets = vec![made.key.clone()];
    while missing > 0 {
        let count = missing.min(AT_ONCE);
        let keys = store.create_keys(draft.clone(), count, rules, None, &Actor::command_line())?;
        secrets.extend(keys.iter().step_by(stride).map(|(_, secret)| secret.expose().to_owned()));
        missing -= count;
    }
    Ok(secrets)
}
