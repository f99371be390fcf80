//! Saving entities whose dataclass has events.

use std::sync::Arc;
use std::time::Instant;

use claviger_model::{Dataclass, Events, Value};
use claviger_query::{Assign, Error, ErrorKind, Revision, Said, Save, SaveItem};
use claviger_script::Action;
use claviger_store::{SaveOutcome, SaveStatus};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value as Json};

use super::TRIES;
use super::row::{Row, assigned, native};
use crate::app::{AppState, Served};
use crate::functions::host::entities::GivenBytes;
use crate::functions::host::{Running, Unanswered, new_entity};
use crate::functions::keys;
use crate::rest::{Caller, JsonSink, from_store};

/// Makes the sink of each saved entity.
type MakeSink = Arc<dyn Fn() -> JsonSink + Send + Sync>;
/// One for each entity of the body, in its order.
type Outcomes = Vec<SaveOutcome<JsonSink>>;

/// One request that saves.
struct Saving<'a> {
    running: Running<'a>,
    class: &'a Dataclass,
    events: Events,
    save: Save,
    sink: MakeSink,
    /// Entities that are new or changed, by their place: the others have no events.
    eventful: Vec<bool>,
}

/// Saves as the store does, with the events around it where the dataclass has any.
pub(crate) async fn save(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    save: Save,
    sink: MakeSink,
    deadline: Instant,
) -> Result<Outcomes, Error> {
    let events = served.model.functions().events(save.class());
    if !events.of_save() {
        let saved = state.store().save(save, sink, caller.guard(state), deadline).await;
        return saved.map_err(|error| from_store(error, state.settings().rest.max_answer_bytes));
    }
    // Boxed: most saves need nothing of it.
    Box::pin(save_with_events(state, served, caller, save, sink, deadline, events)).await
}

async fn save_with_events(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    save: Save,
    sink: MakeSink,
    deadline: Instant,
    events: Events,
) -> Result<Outcomes, Error> {
    let class = served.model.dataclass(save.class());
    let shown = format!("{} (events of a save)", class.name);
    let running = Running::new(state, served, caller, &shown, deadline);
    let eventful = vec![false; save.items().len()];
    let mut saving = Saving { running, class, events, save, sink, eventful };
    if saving.save.is_atomic() && saving.save.is_array() { saving.together().await } else { saving.each().await }
}

impl Saving<'_> {
    /// Each entity is on its own (12.4). An entity that is named twice is looked at again when the first is saved.
    async fn each(&mut self) -> Result<Outcomes, Error> {
        let count = self.save.items().len();
        let mut outcomes: Vec<Option<SaveOutcome<JsonSink>>> = std::iter::repeat_with(|| None).take(count).collect();
        let mut tries = vec![1; count];
        let mut pending: Vec<usize> = (0..count).collect();
        let mut is_anything_saved = false;
        while !pending.is_empty() {
            let rest = pending.split_off(self.distinct(&pending));
            let part = std::mem::replace(&mut pending, rest);
            let done = match self.part(&part).await {
                Ok(done) => done,
                // What was saved is told, too.
                Err(error) if is_anything_saved => {
                    part.iter().chain(&pending).for_each(|at| outcomes[*at] = Some(self.failed(*at, &error)));
                    break;
                }
                Err(error) => return Err(error),
            };
            let mut again = Vec::new();
            for (at, outcome) in part.into_iter().zip(done) {
                if outcome.is_overtaken && tries[at] < TRIES {
                    tries[at] += 1;
                    again.push(at);
                } else {
                    is_anything_saved |= outcome.status == SaveStatus::Saved && !self.save.is_trial();
                    outcomes[at] = Some(outcome);
                }
            }
            again.append(&mut pending);
            pending = again;
        }
        let saved: Vec<_> = outcomes.iter().enumerate().filter_map(|(at, outcome)| Some((at, outcome.as_ref()?))).collect();
        self.after(&saved).await;
        Ok(outcomes.into_iter().flatten().collect())
    }

    async fn part(&mut self, part: &[usize]) -> Result<Outcomes, Error> {
        let running = &self.running;
        let mut bytes = running.given_bytes();
        let mut eventful = std::mem::take(&mut self.eventful);
        let revisions = self.ask(part, None, &mut bytes, &mut eventful).await;
        let saved = match revisions {
            Ok(revisions) => self.run(&revisions, &bytes, false).await,
            Err(error) => Err(error),
        };
        drop(bytes);
        self.eventful = eventful;
        saved
    }

    /// All or nothing (12.6): all events first, then one transaction.
    async fn together(&mut self) -> Result<Outcomes, Error> {
        let mut tries = 1;
        let outcomes = loop {
            let mut bytes = self.running.given_bytes();
            let mut eventful = vec![false; self.save.items().len()];
            let mut known = FxHashMap::default();
            let mut revisions = Vec::with_capacity(eventful.len());
            let mut pending: Vec<usize> = (0..eventful.len()).collect();
            while !pending.is_empty() {
                let rest = pending.split_off(self.distinct(&pending));
                revisions.extend(self.ask(&pending, Some(&mut known), &mut bytes, &mut eventful).await?);
                pending = rest;
            }
            let outcomes = self.run(&revisions, &bytes, false).await?;
            drop(bytes);
            self.eventful = eventful;
            if tries == TRIES || !outcomes.iter().any(|outcome| outcome.is_overtaken) {
                break outcomes;
            }
            tries += 1;
        };
        if outcomes.iter().all(|outcome| outcome.status == SaveStatus::Saved) {
            self.after(&outcomes.iter().enumerate().collect::<Vec<_>>()).await;
        }
        Ok(outcomes)
    }

    /// How many of the first are different entities.
    fn distinct(&self, places: &[usize]) -> usize {
        let mut keys = FxHashSet::default();
        places.iter().take_while(|at| self.key(**at).is_none_or(|key| keys.insert(key.to_string()))).count()
    }

    /// The key of an entity, as rows have it; of a new one, when the body gives it.
    fn key(&self, at: usize) -> Option<Json> {
        match &self.save.items()[at] {
            SaveItem::Update { key, .. } => key.as_deref().map(keys::from_values),
            SaveItem::Create(values) => {
                let part = |part| values.iter().find(|assign| assign.attribute() == part).map(|assign| assign.value().clone());
                let parts: Option<Vec<Value>> = self.class.key_attributes().iter().map(|attribute| part(*attribute)).collect();
                parts.filter(|parts| !parts.is_empty()).as_deref().map(keys::from_values)
            }
            SaveItem::Refused { .. } => None,
        }
    }

    /// Asks the events about different entities. `known`: where all are saved together, what those before them make of the rows.
    async fn ask(
        &self,
        part: &[usize],
        mut known: Option<&mut FxHashMap<String, Row>>,
        bytes: &mut GivenBytes<'_>,
        eventful: &mut [bool],
    ) -> Result<Vec<Revision>, Error> {
        let told = |why| self.running.told(why);
        let keys = part.iter().filter(|at| matches!(self.save.items()[**at], SaveItem::Update { .. })).filter_map(|at| self.key(*at));
        let keys: Vec<Json> = keys.filter(|key| known.as_ref().is_none_or(|known| !known.contains_key(&key.to_string()))).collect();
        let rows = self.running.rows_by_key(self.class, &keys).await.map_err(told)?;
        let mut revisions = Vec::with_capacity(part.len());
        // Place among the revisions, the row, and the caller's values.
        let mut asked: Vec<(usize, Option<Row>, Map<String, Json>)> = Vec::new();
        let mut doubtful = Vec::new();
        for at in part {
            let key = self.key(*at).map(|key| key.to_string());
            let before = key.as_ref().and_then(|key| known.as_ref()?.get(key));
            let row = before.or_else(|| rows.get(key.as_ref()?));
            let mut seen = None;
            eventful[*at] = false;
            match &self.save.items()[*at] {
                SaveItem::Create(values) => {
                    // The store refuses it.
                    let is_denied = values.iter().any(|assign| *assign.value() != Value::Null && assign.denied().is_some());
                    if !is_denied {
                        eventful[*at] = true;
                        asked.push((revisions.len(), None, assigned(self.class, values)));
                    }
                }
                SaveItem::Update { stamp, values, .. } => {
                    if before.is_none() {
                        seen = Some(row.map_or(0, |row| row.stamp));
                    }
                    if let Some(row) = row.filter(|row| before.is_some() || stamp.is_none_or(|stamp| stamp == row.stamp)) {
                        let touched = touched(self.class, row, values).map_err(|error| told(error.into()))?;
                        if values.iter().any(|assign| assign.denied().is_some() && is_among(self.class, assign, &touched)) {
                            doubtful.push(revisions.len());
                        }
                        if !touched.is_empty() {
                            eventful[*at] = true;
                            asked.push((revisions.len(), Some(row.clone()), touched));
                        }
                    }
                }
                SaveItem::Refused { .. } => {}
            }
            revisions.push(Revision { at: *at, seen, said: Said::Set(Map::new()) });
        }
        self.refuse_denied(&doubtful, &mut revisions).await?;
        asked.retain(|(place, ..)| matches!(revisions[*place].said, Said::Set(_)));
        if self.events.before_save {
            let described = asked.iter().map(|(_, row, values)| match row {
                Some(row) => row.described(values),
                None => new_entity(values).to_string(),
            });
            let words = self.running.fire(Action::BeforeSave, &self.class.name, &described.collect::<Vec<_>>()).await?;
            for ((place, _, values), word) in asked.iter_mut().zip(words) {
                revisions[*place].said = match word.error {
                    Some(refused) => Said::Refuse(self.running.refused_by(refused)),
                    None => Said::Set(bytes.take(self.class, &word.values).map_err(told)?),
                };
                values.extend(word.values);
            }
        }
        if let Some(known) = &mut known {
            for (place, row, values) in &asked {
                let row = match row {
                    Some(row) => row.with(self.class, values).map_err(|error| told(error.into()))?,
                    None => match self.key(revisions[*place].at) {
                        Some(key) => Row::made(key, values),
                        None => continue,
                    },
                };
                let key = self.key(revisions[*place].at).unwrap_or_else(|| row.key.clone());
                known.insert(key.to_string(), row);
            }
        }
        Ok(revisions)
    }

    /// The caller may not change something that he seems to change: the store knows whether he does. A missing permission comes before any
    /// event.
    async fn refuse_denied(&self, doubtful: &[usize], revisions: &mut [Revision]) -> Result<(), Error> {
        if doubtful.is_empty() {
            return Ok(());
        }
        let tried: Vec<Revision> = doubtful.iter().map(|place| revisions[*place].clone()).collect();
        let outcomes = self.run(&tried, &self.running.given_bytes(), true).await?;
        for (place, outcome) in doubtful.iter().zip(outcomes) {
            if let Some(error) = outcome.error.filter(|error| error.kind == ErrorKind::Denied) {
                revisions[*place].said = Said::Refuse(error);
            }
        }
        Ok(())
    }

    /// Has the store save entities as the events want them. `is_tried`: nothing of it stays.
    async fn run(&self, revisions: &[Revision], bytes: &GivenBytes<'_>, is_tried: bool) -> Result<Outcomes, Error> {
        let running = &self.running;
        let planner = &running.served.planner;
        let revised = running.planned(|answers| planner.revise(&running.grants(), &self.save, revisions, bytes, answers)).await;
        let revised = revised.map_err(|why: Unanswered| running.told(why))?;
        let revised = if is_tried { revised.tried() } else { revised };
        let guard = running.caller.guard(running.state);
        let saved = running.state.store().save(revised, Arc::clone(&self.sink), guard, running.deadline).await;
        saved.map_err(|error| from_store(error, running.state.settings().rest.max_answer_bytes))
    }

    /// Tells the events what was saved, when it is committed.
    async fn after(&self, saved: &[(usize, &SaveOutcome<JsonSink>)]) {
        if !self.events.after_save || self.save.is_trial() {
            return;
        }
        let key = |(at, outcome): &(usize, &SaveOutcome<JsonSink>)| {
            let text = outcome.entity.as_ref().filter(|_| outcome.status == SaveStatus::Saved && self.eventful[*at])?.saved_key()?;
            Some(keys::from_json(self.class, Json::String(text)))
        };
        let keys: Vec<Json> = saved.iter().filter_map(key).collect();
        match self.running.rows_by_key(self.class, &keys).await {
            Ok(rows) => {
                let row = |key: &Json| rows.get(&key.to_string()).map(|row| row.described(&Map::new()));
                let described: Vec<String> = keys.iter().filter_map(row).collect();
                self.running.tell(Action::AfterSave, &self.class.name, &described).await;
            }
            Err(why) => {
                let (function, error) = (self.running.function, self.running.told(why));
                tracing::error!(function, %error, "entities that were saved could not be read for their events");
            }
        }
    }

    /// An entity that is not saved because its events could not run.
    fn failed(&self, at: usize, error: &Error) -> SaveOutcome<JsonSink> {
        let (key, error) = match &self.save.items()[at] {
            SaveItem::Update { text, .. } => {
                (Some(text.clone()), error.clone().then(1517, format!("Saving entity {text} of {} failed", self.class.name)))
            }
            SaveItem::Create(_) => (None, error.clone().then(1534, format!("Saving a new entity of {} failed", self.class.name))),
            SaveItem::Refused { text, error } => (text.clone(), error.clone()),
        };
        SaveOutcome { entity: None, key, status: SaveStatus::Failed, error: Some(error), held: None, is_overtaken: false }
    }
}

/// What the caller changes: a client posts back what it received.
fn touched(class: &Dataclass, row: &Row, assigns: &[Assign]) -> Result<Map<String, Json>, serde_json::Error> {
    let stored = row.values()?;
    let mut values = assigned(class, assigns);
    values.retain(|name, value| stored.get(name.as_str()) != Some(value));
    Ok(values)
}

/// The assignment is one of these values.
fn is_among(class: &Dataclass, assign: &Assign, values: &Map<String, Json>) -> bool {
    let attribute = assign.through().unwrap_or(assign.attribute());
    values.get(&class.attribute(attribute).name).is_some_and(|value| assign.through().is_some() || *value == native(assign.value()))
}
