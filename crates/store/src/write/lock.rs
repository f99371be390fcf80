//! Finding the entity of a `$lock` (`rest-dialect.md` 13.2). Who holds what is kept elsewhere; here is only the order with the writes.

use claviger_model::Value;
use claviger_query::{Base, Lock};

use super::database::Database;
use super::{Session, Verdict};
use crate::error::StoreError;
use crate::sql::select;

impl<D: Database> Session<D> {
    /// Calls `claim` with the stored key of the entity, if there is one.
    pub fn lock<T>(&self, lock: &Lock, claim: &dyn Fn(&[Value]) -> T) -> Result<(Option<T>, Verdict), StoreError> {
        let class = self.model.dataclass(lock.class());
        let key = match lock.base() {
            Base::Key { parts: Some(parts), .. } => self.find_seen(lock.restrictions(), class, parts, &[])?.map(|row| row.key),
            Base::Key { parts: None, .. } => None,
            base => {
                let sql = select::keys(self.tables().seen_through(lock.restrictions()), class.id, lock.scopes(), base, None);
                match self.db.rows(&sql.text, &sql.binds)?.into_iter().next() {
                    // Once more by its key, which holds the row where several write at once.
                    Some(key) => self.find_stored(class, &key, &[])?.map(|row| row.key),
                    None => None,
                }
            }
        };
        Ok((key.map(|key| claim(&self.key_values(class.id, &key))), Verdict::Keep))
    }
}
