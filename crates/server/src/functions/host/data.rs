//! The data behind a running call: the store.

use claviger_query::{Answers, Error, ErrorKind, KeyList, Plan, Planned, Selection};
use claviger_script::Limit;

use super::rows::Rows;
use super::{MOST_ROWS, Running, Unanswered};
use crate::rest::from_store;

/// Memory for the keys of one selection, bytes.
const MOST_KEY_BYTES: usize = 64 << 20;

impl Running<'_> {
    /// A plan that is ready, or what must be found out before.
    pub(in crate::functions) fn planned<T>(&self, plan: impl Fn(&Answers) -> Result<Planned<T>, Error>) -> Result<T, Unanswered> {
        match plan(&self.answers.lock())? {
            Planned::Ready(plan) => Ok(plan),
            Planned::Needs(needs) => Err(Unanswered::Needs(needs)),
        }
    }

    pub(super) async fn data_read(&self, plan: Plan) -> Result<Rows, Unanswered> {
        let rows = Rows::new(self.state.settings().rest.max_answer_bytes);
        Ok(self.state.store().read(plan, rows, self.deadline).await.map_err(|error| self.failed(error))?)
    }

    pub(super) async fn data_keys(&self, selection: Selection) -> Result<KeyList, Unanswered> {
        let keys = self.state.store().keys(selection, MOST_KEY_BYTES, self.deadline).await;
        match keys {
            // An absent entity has no keys.
            Err(claviger_store::StoreError::Dialect(error)) if error.kind == ErrorKind::NotFound => Ok(KeyList::whole(Vec::new())),
            other => Ok(other.map_err(|error| self.failed(error))?),
        }
    }

    pub(super) fn failed(&self, error: claviger_store::StoreError) -> Error {
        from_store(error, self.state.settings().rest.max_answer_bytes)
    }

    /// Counts rows that were loaded (`functions.md` 3).
    pub(super) fn count_rows(&self, more: u64) -> Result<(), Unanswered> {
        let before = self.rows.fetch_add(more, std::sync::atomic::Ordering::Relaxed);
        if before + more > MOST_ROWS { Err(Unanswered::Limit(Limit::Rows)) } else { Ok(()) }
    }
}
