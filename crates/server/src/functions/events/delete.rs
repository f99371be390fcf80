//! Deleting entities whose dataclass has events. What follows them by cascade has none.

use std::sync::Arc;
use std::time::Instant;

use claviger_model::{Dataclass, Events};
use claviger_query::planner::{Select, SelectFrom};
use claviger_query::{Base, Combined, Delete, Error, ErrorKind, SetOperator};
use claviger_script::{Action, Limit};
use claviger_store::DeleteOutcome;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value as Json};

use super::row::Row;
use super::{TOGETHER, TRIES};
use crate::app::{AppState, Served};
use crate::functions::host::{MOST_ROWS, Running, Unanswered};
use crate::functions::keys;
use crate::rest::{Caller, from_store};

/// An entity that is to go.
struct Candidate {
    /// As rows have it; `None`: what the body said cannot be a key.
    key: Option<Json>,
    /// `None`: it is absent.
    row: Option<Row>,
}

/// One request that deletes.
struct Deleting<'a> {
    running: Running<'a>,
    class: &'a Dataclass,
    events: Events,
    outcome: DeleteOutcome,
}

/// Deletes as the store does, with the events around it where the dataclass has any. Entities that events refuse to let go stay, each with an
/// error.
pub(crate) async fn delete(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    delete: Delete,
    deadline: Instant,
) -> Result<DeleteOutcome, Error> {
    let events = served.model.functions().events(delete.class());
    if !events.of_drop() {
        return delete_now(state, caller, delete, deadline).await;
    }
    // Boxed: most deletions need nothing of it.
    Box::pin(delete_with_events(state, served, caller, delete, deadline, events)).await
}

async fn delete_now(state: &AppState, caller: &Caller<'_>, delete: Delete, deadline: Instant) -> Result<DeleteOutcome, Error> {
    let deleted = state.store().delete(delete, caller.guard(state), deadline).await;
    deleted.map_err(|error| from_store(error, state.settings().rest.max_answer_bytes))
}

async fn delete_with_events(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    delete: Delete,
    deadline: Instant,
    events: Events,
) -> Result<DeleteOutcome, Error> {
    let class = served.model.dataclass(delete.class());
    let shown = format!("{} (events of a deletion)", class.name);
    let running = Running::new(state, served, caller, &shown, deadline);
    let mut deleting = Deleting { running, class, events, outcome: DeleteOutcome::default() };
    let mut next = Some(delete);
    let mut tries = 1;
    while let Some(delete) = next {
        next = deleting.turn(delete, tries == TRIES).await?;
        tries += 1;
    }
    Ok(deleting.outcome)
}

impl Deleting<'_> {
    /// Asks the events about the entities and deletes those that they let go. Gives what is to be done once more: entities that others have changed
    /// meanwhile.
    async fn turn(&mut self, delete: Delete, is_last: bool) -> Result<Option<Delete>, Error> {
        let running = &self.running;
        let candidates = running.candidates(self.class, &delete).await.map_err(|why| running.told(why))?;
        let mut errors = self.ask(&candidates, delete.is_atomic()).await?;
        if delete.is_atomic() && !errors.is_empty() {
            self.outcome.errors.extend(errors.into_iter().map(|(_, error)| error));
            return Ok(None);
        }
        let refused: FxHashSet<usize> = errors.iter().map(|(place, _)| *place).collect();
        let going: Vec<usize> = (0..candidates.len()).filter(|place| !refused.contains(place)).collect();
        let mut again = None;
        if !going.is_empty() {
            let keys: Vec<(Option<Json>, Option<i64>)> = going.iter().map(|place| candidates[*place].wanted()).collect();
            let planner = &running.served.planner;
            let done = delete_now(running.state, running.caller, planner.narrow(&delete, &keys), running.deadline).await?;
            self.outcome.deleted += done.deleted;
            self.outcome.held = self.outcome.held.take().or(done.held);
            errors.extend(done.stayed.iter().map(|at| going[*at]).zip(done.errors));
            if is_last {
                errors.extend(done.overtaken.iter().map(|at| (going[*at], self.overtaken(&candidates[going[*at]]))));
            } else if !done.overtaken.is_empty() {
                let keys: Vec<_> = done.overtaken.iter().map(|at| (candidates[going[*at]].key.clone(), None)).collect();
                again = Some(if delete.is_atomic() { delete.clone() } else { planner.narrow(&delete, &keys) });
            }
            let is_undone = delete.is_atomic() && !(done.stayed.is_empty() && done.overtaken.is_empty());
            if self.events.after_drop && !is_undone {
                let stayed: FxHashSet<usize> = done.stayed.into_iter().chain(done.overtaken).collect();
                let gone = going.iter().enumerate().filter(|(at, _)| !stayed.contains(at)).map(|(_, place)| &candidates[*place]);
                let described: Vec<String> = gone.filter_map(|gone| Some(gone.row.as_ref()?.described(&Map::new()))).collect();
                running.tell(Action::AfterDrop, &self.class.name, &described).await;
            }
        }
        errors.sort_by_key(|(place, _)| *place);
        self.outcome.errors.extend(errors.into_iter().map(|(_, error)| error));
        Ok(again)
    }

    /// What events refuse to let go, by place. `is_atomic`: the first is enough.
    async fn ask(&self, candidates: &[Candidate], is_atomic: bool) -> Result<Vec<(usize, Error)>, Error> {
        let mut errors = Vec::new();
        if !self.events.before_drop {
            return Ok(errors);
        }
        let there: Vec<(usize, &Row)> =
            candidates.iter().enumerate().filter_map(|(place, candidate)| Some((place, candidate.row.as_ref()?))).collect();
        for part in there.chunks(TOGETHER) {
            let described: Vec<String> = part.iter().map(|(_, row)| row.described(&Map::new())).collect();
            let words = self.running.fire(Action::BeforeDrop, &self.class.name, &described).await?;
            for ((place, row), word) in part.iter().zip(words) {
                let Some(refused) = word.error else { continue };
                let error = self.running.refused_by(refused);
                errors.push((*place, error.then(1046, format!("{} {} could not be deleted", self.class.name, keys::shown(&row.key)))));
                if is_atomic {
                    return Ok(errors);
                }
            }
        }
        Ok(errors)
    }

    /// Others were faster each time.
    fn overtaken(&self, candidate: &Candidate) -> Error {
        let (name, key) = (&self.class.name, candidate.key.as_ref().map(keys::shown).unwrap_or_default());
        Error::new(ErrorKind::Failed, 1263, format!("{name} {key} was changed again and again while its events ran"))
            .then(1046, format!("{name} {key} could not be deleted"))
    }
}

impl Candidate {
    /// The key, with the stamp that events saw.
    fn wanted(&self) -> (Option<Json>, Option<i64>) {
        (self.key.clone(), Some(self.row.as_ref().map_or(0, |row| row.stamp)))
    }
}

impl Running<'_> {
    /// The entities that are to go, in the order in which the store takes them, each once; those listed also when they are absent.
    async fn candidates(&self, class: &Dataclass, delete: &Delete) -> Result<Vec<Candidate>, Unanswered> {
        let selection = delete.selection();
        let of_row = |row: Row| Candidate { key: Some(row.key.clone()), row: Some(row) };
        if let Base::Key { parts, .. } = delete.base() {
            let row = Row::of(&self.read_page(&selection, 0, 1).await?)?.pop();
            return Ok(vec![row.map_or_else(|| Candidate { key: parts.as_deref().map(keys::from_values), row: None }, of_row)]);
        }
        let Some(listed) = delete.keys() else {
            let keys = self.data_keys(selection).await?;
            return Ok(self.rows_of_list(class, Arc::new(keys)).await?.into_iter().map(of_row).collect());
        };
        let mut listed: Vec<Option<Json>> = listed.iter().map(|key| key.as_deref().map(keys::from_values)).collect();
        let mut met = FxHashSet::default();
        listed.retain(|key| key.as_ref().is_none_or(|key| met.insert(key.to_string())));
        let keys: Vec<Json> = listed.iter().flatten().cloned().collect();
        let is_filtered = delete.filter().is_some() || !matches!(delete.base(), Base::All);
        if !is_filtered {
            let mut rows = self.rows_by_key(class, &keys).await?;
            let candidate = |key: Option<Json>| Candidate { row: key.as_ref().and_then(|key| rows.remove(&key.to_string())), key };
            return Ok(listed.into_iter().map(candidate).collect());
        }
        let meant = self.list_of(class.id, &keys).await?;
        let Combined::Keys(both) = meant.combine(SetOperator::And, &self.data_keys(selection).await?) else { return Ok(Vec::new()) };
        let mut rows: rustc_hash::FxHashMap<String, Row> =
            self.rows_of_list(class, Arc::new(both)).await?.into_iter().map(|row| (row.key.to_string(), row)).collect();
        Ok(keys.iter().filter_map(|key| rows.remove(&key.to_string())).map(of_row).collect())
    }

    /// All rows of a list of keys.
    async fn rows_of_list(&self, class: &Dataclass, keys: Arc<claviger_query::KeyList>) -> Result<Vec<Row>, Unanswered> {
        let count = keys.len() as u64;
        if count > MOST_ROWS {
            return Err(Unanswered::Limit(Limit::Rows));
        }
        let selection = self.select(&Select::of(SelectFrom::Keys(class.id, keys))).await?;
        let mut rows = Vec::new();
        for skip in (0..count).step_by(TOGETHER) {
            rows.append(&mut Row::of(&self.read_page(&selection, skip, TOGETHER as u64).await?)?);
        }
        Ok(rows)
    }
}
