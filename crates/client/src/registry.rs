//! Aliases of connections in this process (`localID`, `remote-datastore.md` 1.3).

use std::collections::HashMap;
use std::sync::LazyLock;

use parking_lot::Mutex;

use crate::DataStore;

static KNOWN: LazyLock<Mutex<HashMap<String, DataStore>>> = LazyLock::new(Mutex::default);

pub(crate) fn find(alias: &str) -> Option<DataStore> {
    KNOWN.lock().get(alias).cloned()
}

/// The one that has the alias: an older one stays.
pub(crate) fn keep(alias: &str, store: DataStore) -> DataStore {
    KNOWN.lock().entry(alias.to_owned()).or_insert(store).clone()
}

/// Gives the alias to another one; the one that had it.
pub(crate) fn replace(alias: &str, store: DataStore) -> Option<DataStore> {
    KNOWN.lock().insert(alias.to_owned(), store)
}

/// Takes the alias away from this one only.
pub(crate) fn forget_this(alias: &str, store: &DataStore) {
    let mut known = KNOWN.lock();
    if known.get(alias).is_some_and(|other| other.is_same(store)) {
        known.remove(alias);
    }
}
