//! Several entities saved together or not at all (`remote-datastore.md` 6).

use serde_json::{Value as Json, json};

use crate::dataclass::Saved;
use crate::entity::Entity;
use crate::error::Error;
use crate::status::Status;
use crate::{DataStore, Result};

/// What is saved together.
#[derive(Debug, Default)]
pub struct Transaction<'e> {
    entities: Vec<&'e mut Entity>,
}

impl<'e> Transaction<'e> {
    /// To be created or updated with what was assigned to it.
    pub fn save(&mut self, entity: &'e mut Entity) {
        self.entities.push(entity);
    }
}

impl DataStore {
    /// Saves what the closure collects as one: all of it, or nothing. The wire knows this for entities of one dataclass only.
    ///
    /// ```no_run
    /// # async fn f(ds: claviger_client::DataStore, a: &mut claviger_client::Entity, b: &mut claviger_client::Entity) -> claviger_client::Result<()> {
    /// ds.transaction(|tx| {
    ///     tx.save(a);
    ///     tx.save(b);
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Conflict`] or [`Error::Validation`] of the first entity that could not be saved; [`Error::Misuse`] for two dataclasses.
    pub async fn transaction<'e>(&self, collect: impl FnOnce(&mut Transaction<'e>) -> Result<()>) -> Result<Vec<Status>> {
        let mut transaction = Transaction::default();
        collect(&mut transaction)?;
        let mut entities = transaction.entities;
        entities.retain(|entity| entity.touched() || entity.is_new());
        let Some(first) = entities.first() else { return Ok(Vec::new()) };
        let class = first.dataclass().described().await?;
        if let Some(other) = entities.iter().find(|entity| entity.dataclass().name() != class.name()) {
            let (one, two) = (class.name(), other.dataclass().name());
            return Err(Error::Misuse(format!(
                "A transaction over {one} and {two} is not possible: entities saved together must be of one dataclass. Let a function of the server do it."
            )));
        }
        if entities.iter().any(|entity| entity.key() == Some("")) {
            return Err(Error::Misuse("An entity whose key is empty cannot be saved together with others.".to_owned()));
        }
        let bodies: Vec<Json> = entities.iter().map(|entity| entity.body()).collect();
        let saved = class.write_many(&Json::from(bodies), true).await;
        self.wire().executed(saved.and_then(|saved| taken_over(entities, saved)))
    }
}

/// The entities are as they were saved, all of them; or none was.
fn taken_over(entities: Vec<&mut Entity>, saved: Vec<Saved>) -> Result<Vec<Status>> {
    if let Some(failed) = saved.iter().find(|saved| !saved.status.success) {
        let status = failed.status.clone();
        return Err(if status.is_conflict() {
            Error::Conflict { status: Box::new(status), entity: failed.row.clone().map(Box::new) }
        } else {
            crate::entity::invalid(status)
        });
    }
    if saved.len() != entities.len() {
        let excerpt = format!("{} of {}", saved.len(), entities.len());
        return Err(Error::Protocol { cause: "The answer lists other entities than were sent".to_owned(), excerpt });
    }
    entities.into_iter().zip(saved).map(|(entity, saved)| entity.after(saved, false)).collect()
}

impl Entity {
    /// As one object of an update.
    fn body(&self) -> Json {
        let mut body = serde_json::Map::new();
        if let Some(key) = self.key() {
            body.insert("__KEY".to_owned(), json!(key));
            body.insert("__STAMP".to_owned(), json!(self.stamp()));
        }
        for name in self.touched_attributes() {
            body.insert(name.to_owned(), self.raw(name).cloned().unwrap_or_default());
        }
        Json::Object(body)
    }
}
