//! Setters of computed attributes at writes of requests (`functions.md` 1): what a body says of such an attribute, its setter makes values of others
//! before anything is saved. The caller needs the permissions for the attribute and for what its setter changes.

use std::time::Instant;

use claviger_model::{Attribute, Dataclass, Value};
use claviger_query::{Computed, Error, Planner, Revision, Said, Save, SaveItem};
use claviger_script::Action;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json};

use super::computed::{fitting, type_of};
use super::events::{Row, assigned};
use super::host::entities::GivenBytes;
use super::host::{Running, Unanswered, new_entity};
use super::invoke::Code;
use super::keys;
use super::result::Returned;
use crate::app::{AppState, Served};
use crate::rest::Caller;

/// The save with what setters make of the body's computed attributes.
pub(crate) async fn set_computed(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    save: Save,
    computed: Vec<Computed>,
    deadline: Instant,
) -> Result<Save, Error> {
    let class = served.model.dataclass(save.class());
    let shown = format!("{} (setters)", class.name);
    let running = Running::new(state, served, caller, &shown, deadline);
    running.set(class, save, &computed).await.map_err(|why| running.told(why))
}

impl Running<'_> {
    async fn set(&self, class: &Dataclass, save: Save, computed: &[Computed]) -> Result<Save, Unanswered> {
        let mut bytes = self.given_bytes();
        let of_one: Vec<&[Computed]> = computed.chunk_by(|one, next| one.at == next.at).collect();
        let keys: Vec<Json> = of_one.iter().filter_map(|members| key(&save.items()[members[0].at])).collect();
        let rows = self.rows_by_key(class, &keys).await?;
        let mut revisions = Vec::with_capacity(save.items().len());
        let mut of_one = of_one.into_iter().peekable();
        for (at, item) in save.items().iter().enumerate() {
            let members = of_one.next_if(|members| members[0].at == at).unwrap_or_default();
            let said = match self.set_one(class, item, members, &rows, &mut bytes).await {
                Ok(values) => Said::Set(values),
                Err(Unanswered::Refused(error)) => Said::Refuse(error),
                Err(why) => return Err(why),
            };
            revisions.push(Revision { at, seen: None, said });
        }
        let planner = &self.served.planner;
        self.planned(|answers| planner.revise(&self.grants(), &save, &revisions, &bytes, answers)).await
    }

    /// What the setters of one entity change, in the form of a body.
    async fn set_one(
        &self,
        class: &Dataclass,
        item: &SaveItem,
        members: &[Computed],
        rows: &FxHashMap<String, Row>,
        bytes: &mut GivenBytes<'_>,
    ) -> Result<Map<String, Json>, Unanswered> {
        let (assigns, row) = match item {
            _ if members.is_empty() => return Ok(Map::new()),
            SaveItem::Create(values) => (values, None),
            SaveItem::Update { values, .. } => match key(item).and_then(|key| rows.get(&key.to_string())) {
                Some(row) => (values, Some(row)),
                // The store says that it is absent.
                None => return Ok(Map::new()),
            },
            SaveItem::Refused { .. } => return Ok(Map::new()),
        };
        let (mut known, mut set) = (assigned(class, assigns), Map::new());
        for Computed { attribute, given, .. } in members {
            let attribute = class.attribute(*attribute);
            if let Some(row) = row
                && self.is_posted_back(class, attribute, &row.key, given).await?
            {
                continue;
            }
            Planner::may_assign(self.model(), &self.grants(), class.at(attribute.id), row.is_none())?;
            let this = match row {
                Some(row) => row.described(&known),
                None => new_entity(&known).to_string(),
            };
            let code = Code::of_attribute(Action::Set, class, class.at(attribute.id)).on(this);
            let returned = self.invoke(code.with(vec![given.clone()], Map::new())).await;
            // What is saved next would wait for it.
            self.leave_transaction().await;
            let Returned::Entity(entity) = Returned::read(returned?.get())? else {
                return Err(Unanswered::Nonsense("a setter gives its entity".to_owned()));
            };
            for (name, value) in entity.values {
                if known.get(&name) != Some(&value) {
                    known.insert(name.clone(), value.clone());
                    set.insert(name, value);
                }
            }
        }
        bytes.take(class, &set)
    }

    /// A client posts back what it received: that sets nothing.
    async fn is_posted_back(&self, class: &Dataclass, attribute: &Attribute, key: &Json, given: &Json) -> Result<bool, Unanswered> {
        let Some((ty, value_type)) = type_of(attribute) else { return Ok(false) };
        let at = class.at(attribute.id);
        let looking = self.further(self.function).seeing_all().computing(at, &self.computing);
        let entity = looking.row_of(class, key).await?.to_string();
        let now = looking.values_of(at, &[entity]).await?.pop();
        Ok(match (now, fitting(ty, value_type, given.clone())) {
            (Some(Ok(now)), Ok(given)) => now.is_same(&given) || (now == Value::Null && given == Value::Null),
            (Some(Err(now)), Err(given)) => now == given,
            _ => false,
        })
    }
}

/// The key of an existing entity, as rows have it.
fn key(item: &SaveItem) -> Option<Json> {
    match item {
        SaveItem::Update { key, .. } => key.as_deref().map(keys::from_values),
        SaveItem::Create(_) | SaveItem::Refused { .. } => None,
    }
}
