//! What functions keep with a session: privileges in place of the key's, and a storage (`functions.md` 2).

use std::sync::Arc;

use parking_lot::Mutex;

use crate::functions::SessionPrivileges;

/// Longest storage of one session, bytes of JSON.
const LONGEST_STORAGE: usize = 256 << 10;

/// Of one session.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    privileges: Option<Arc<SessionPrivileges>>,
    storage: Option<Arc<str>>,
}

impl Kept {
    pub(super) fn privileges(&self) -> Option<Arc<SessionPrivileges>> {
        self.0.lock().privileges.clone()
    }

    pub(super) fn set_privileges(&self, said: Arc<SessionPrivileges>) {
        self.0.lock().privileges = Some(said);
    }

    pub(super) fn storage(&self) -> Option<Arc<str>> {
        self.0.lock().storage.clone()
    }

    /// False: it is too long, and the old one stays.
    pub(super) fn store(&self, storage: &str) -> bool {
        let fits = storage.len() <= LONGEST_STORAGE;
        if fits {
            self.0.lock().storage = Some(storage.into());
        }
        fits
    }
}
