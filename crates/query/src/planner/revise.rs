//! A change that was planned, as code of the operator wants it: events refuse entities and set values of their own (`functions.md` 1).

use std::sync::Arc;

use claviger_access::Grants;
use serde_json::{Map, Value as Json};

use super::Planner;
use super::body::{changed, refused};
use super::key::{key_of_json, key_values};
use crate::change::{Delete, Listed, Save, SaveItem, Trial};
use crate::error::Error;
use crate::media::Source;
use crate::need::{Answers, Planned};
use crate::plan::{Base, Selection};

/// What code says of one entity of a [`Save`].
#[derive(Clone, Debug)]
pub struct Revision {
    /// Its place in the save.
    pub at: usize,
    /// The stamp of the entity that the code looked at, 0 when there was none; `None`: it did not look, or need not be asked again.
    pub seen: Option<i64>,
    /// What it says.
    pub said: Said,
}

/// What code says of an entity.
#[derive(Clone, Debug)]
pub enum Said {
    /// These values are set too, by name, in the form of a body (12.1): they count more than the caller's.
    Set(Map<String, Json>),
    /// It is not saved.
    Refuse(Error),
}

impl Planner {
    /// The entities that code has looked at, in the order of its words, and no others. What it sets is asked for with the caller's permissions, also
    /// where he has set it himself; attributes that are read only or not exposed may be among it.
    pub fn revise(
        &self,
        grants: &Grants,
        save: &Save,
        revisions: &[Revision],
        bytes: &dyn Source,
        answers: &Answers,
    ) -> Result<Planned<Save>, Error> {
        self.inside(grants, bytes, answers, |context| {
            let class = context.dataclass(save.class);
            context.outside.touch_again(&save.restrictions);
            let revised = |revision: &Revision| {
                let item = save.items.get(revision.at)?.clone();
                Some(match (&revision.said, item) {
                    (_, item @ SaveItem::Refused { .. }) => item,
                    (Said::Refuse(error), SaveItem::Create(_)) => refused(class, error.clone(), None),
                    (Said::Refuse(error), SaveItem::Update { text, .. }) => refused(class, error.clone(), Some(text)),
                    (Said::Set(members), SaveItem::Update { key, text, stamp, values, .. }) => {
                        changed(context, class, SaveItem::Update { key, text, stamp, seen: revision.seen, values }, members)
                    }
                    (Said::Set(members), item) => changed(context, class, item, members),
                })
            };
            let items = revisions.iter().filter_map(revised).collect();
            Ok(Save {
                class: save.class,
                items,
                atomic: save.atomic,
                array: save.array,
                projection: Arc::clone(&save.projection),
                trial: save.trial,
                restrictions: save.restrictions.clone(),
                computed: Vec::new(),
            })
        })
    }

    /// The same deletion of these entities only, each with the stamp that code saw (0: there was none). Keys are as rows have them; `None`: a text
    /// that cannot be a key, of an entity that is absent.
    pub fn narrow(&self, delete: &Delete, keys: &[(Option<Json>, Option<i64>)]) -> Delete {
        let class = self.model.dataclass(delete.class);
        let seen = keys.iter().map(|(_, seen)| *seen).collect();
        let keys = || keys.iter().map(|(key, _)| key.as_ref().and_then(|key| key_values(class, &key_of_json(key)))).collect();
        // One entity by key stays as it is.
        let keys = if matches!(delete.base, Base::Key { .. }) { None } else { Some(keys()) };
        Delete { listed: Some(Box::new(Listed { keys, seen })), ..delete.clone() }
    }
}

impl Save {
    /// Would it succeed? Nothing of it stays.
    #[must_use]
    pub fn tried(self) -> Self {
        Self { trial: Some(Trial::Validate), atomic: false, ..self }
    }
}

impl Delete {
    /// The entities that the deletion is about, whatever keys its body lists.
    pub fn selection(&self) -> Selection {
        Selection {
            scopes: self.scopes.clone(),
            filter: self.filter.clone(),
            restrictions: self.restrictions.clone(),
            ..Selection::of(self.class, self.base.clone())
        }
    }
}
