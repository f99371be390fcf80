//! The pages of a selection that are at hand, and its entity set when it needs one.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value as Json;

use crate::ask::Ask;
use crate::dataclass::Dataclass;
use crate::error::{Error, Missing};
use crate::farewell::EntitySet;
use crate::row::{Page, Row};
use crate::{Result, ask};

use super::origin::{Origin, no_set, refined, set_path};

/// A page, which entities share their rows with.
pub(super) type Rows = Arc<Vec<Arc<Row>>>;

/// Pages that stay at hand.
const PAGES_AT_HAND: usize = 4;

/// What is asked of each entity, and how many at once.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) select: Option<String>,
    pub(crate) page_size: usize,
    pub(crate) is_explained: bool,
    /// The entity set is made with the first page.
    pub(crate) is_kept: bool,
}

impl Shape {
    pub(crate) fn of(page_size: usize) -> Self {
        Self { select: None, page_size, is_explained: false, is_kept: false }
    }
}

/// One selection; its clones share it.
pub(crate) struct Kept {
    pub(crate) origin: Origin,
    pub(crate) shape: Shape,
    count: AtomicUsize,
    state: tokio::sync::Mutex<State>,
    // Last: should this be the last user of the session, the set is given back before it ends.
    pub(crate) class: Dataclass,
}

#[derive(Default)]
struct State {
    /// Newest last.
    pages: VecDeque<(usize, Rows)>,
    set: Option<EntitySet>,
    plan: Option<Json>,
    path: Option<Json>,
}

impl Kept {
    /// With what is known of it already.
    pub(crate) fn new(class: Dataclass, origin: Origin, shape: Shape, known: Option<Page>) -> Arc<Self> {
        let mut state = State::default();
        // As many as the keys, until the server says otherwise.
        let mut count = if let Origin::Among { values, .. } = &origin { values.len() } else { 0 };
        if let Some(page) = known {
            count = page.count;
            state.set = page.set.map(|id| EntitySet::new(class.store().wire(), id));
            state.keep(0, page.rows);
        }
        Arc::new(Self { class, origin, shape, count: AtomicUsize::new(count), state: tokio::sync::Mutex::new(state) })
    }

    /// As it was when last asked.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// `__queryPlan` and `__queryPath` of the first page.
    pub(crate) async fn explanation(&self) -> (Option<Json>, Option<Json>) {
        let state = self.state.lock().await;
        (state.plan.clone(), state.path.clone())
    }

    /// The entities of a page, asked for when they are not at hand.
    pub(crate) async fn page(self: &Arc<Self>, index: usize) -> Result<Rows> {
        if matches!(self.origin, Origin::Empty) {
            return Ok(Arc::default());
        }
        let mut state = self.state.lock().await;
        if let Some((_, rows)) = state.pages.iter().find(|(at, _)| *at == index) {
            return Ok(Arc::clone(rows));
        }
        let mut again = self.origin.can_be_found_again();
        loop {
            match self.fetch(&mut state, index).await {
                Err(error) if again && is_lost(&error) => {
                    again = false;
                    state.forget();
                    self.forget_bases().await;
                }
                done => return done,
            }
        }
    }

    async fn fetch(&self, state: &mut State, index: usize) -> Result<Rows> {
        if let Origin::Among { values, order: None, .. } = &self.origin
            && let Some(path) = self.by_keys()
        {
            let rows = self.fetch_keys(path, values, index).await?;
            return Ok(state.keep(index, rows));
        }
        let size = self.shape.page_size;
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let start = index * size + rows.len();
            let page = self.fetch_part(state, start, size - rows.len()).await?;
            self.learn(state, &page);
            let (sent, count) = (page.rows.len(), page.count);
            rows.extend(page.rows);
            // A server may send less at once than it is asked for.
            if rows.len() >= size || start + sent >= count {
                return Ok(state.keep(index, rows));
            }
            if sent == 0 {
                let cause = format!("The server sent nothing from place {start} on, of {count} entities");
                return Err(Error::Protocol { cause, excerpt: String::new() });
            }
        }
    }

    async fn fetch_part(&self, state: &mut State, start: usize, top: usize) -> Result<Page> {
        let page = |ask: Ask| {
            let ask = if start > 0 { ask.with("$skip", start.to_string()) } else { ask };
            ask.with("$top", top.to_string()).maybe("$attributes", self.shape.select.as_deref())
        };
        let known = state.live_set(&self.class);
        let answer = match known {
            Some(id) => self.json(&page(Ask::get(set_path(self.class.name(), &id)))).await?,
            None => {
                // What has no keys is in no set: its pages are asked for one by one.
                let keep = (start > 0 || self.shape.is_kept) && self.class.has_keys();
                let prepared = self.origin.prepare(&self.class, keep).await?;
                let mut ask = page(prepared.ask.clone());
                if self.shape.is_explained {
                    ask = ask.with("$queryplan", "true").with("$querypath", "true");
                }
                self.json(&ask).await?
            }
        };
        if self.shape.is_explained && state.plan.is_none() {
            state.plan = answer.get("__queryPlan").cloned();
            state.path = answer.get("__queryPath").cloned();
        }
        Page::read(answer)
    }

    /// Count and set of an answer. A set that is not what the first page was of takes its place.
    fn learn(&self, state: &mut State, page: &Page) {
        let before = self.count.swap(page.count, Ordering::Relaxed);
        if let Some(id) = &page.set {
            if before != page.count {
                state.pages.clear();
            }
            state.set = Some(EntitySet::new(self.class.store().wire(), id.clone()));
        }
    }

    /// The attribute whose values are the keys, when the selection is one of keys.
    fn by_keys(&self) -> Option<&str> {
        let Origin::Among { path, .. } = &self.origin else { return None };
        (self.class.info()?.single_key()? == path).then_some(path)
    }

    /// The keys that the selection is known by, when they are [texts](Dataclass::has_text_key).
    pub(super) fn text_keys(&self) -> Option<(&str, &[Json])> {
        let path = self.by_keys()?;
        let Origin::Among { values, .. } = &self.origin else { return None };
        self.class.has_text_key().then_some((path, values))
    }

    /// Refuses a set in which there are entities that nobody asked for.
    fn refuse_others(&self, page: &Page) -> Result<()> {
        let Some((_, keys)) = self.text_keys() else { return Ok(()) };
        let asked: HashSet<&str> = keys.iter().filter_map(Json::as_str).collect();
        let is_asked = |row: &Row| row.key.as_deref().is_none_or(|key| asked.contains(key));
        if page.count <= keys.len() && page.rows.iter().all(is_asked) {
            return Ok(());
        }
        let name = self.class.name();
        Err(Error::Misuse(format!(
            "The server cannot tell the keys of this selection of {name} from those of others, which it compares with."
        )))
    }

    /// Entities in the order of their keys here; one that is not there any more leaves a gap.
    async fn fetch_keys(&self, path: &str, keys: &[Json], index: usize) -> Result<Vec<Row>> {
        let size = self.shape.page_size;
        let wanted = keys.get(index * size..).unwrap_or_default();
        let wanted = &wanted[..wanted.len().min(size)];
        let mut found = Vec::with_capacity(wanted.len());
        for group in wanted.chunks(100) {
            let filter = crate::query::Filter { text: format!("{path} in :1"), params: vec![Json::from(group)] };
            let ask = refined(Ask::get(ask::name(self.class.name())), Some(&filter), None).with("$top", group.len().to_string());
            let page = Page::read(self.json(&ask.maybe("$attributes", self.shape.select.as_deref())).await?)?;
            let is_crowded = page.count > page.rows.len();
            found.extend(page.rows);
            // Others that the filter fits, too, have taken the places.
            for key in group.iter().filter(|_| is_crowded) {
                let key = crate::value::key_text(key).unwrap_or_default();
                if !found.iter().any(|row| row.key.as_ref() == Some(&key)) {
                    found.extend(self.class.row(key, self.shape.select.as_deref()).await?);
                }
            }
        }
        let place = |key: &Json| {
            let key = crate::value::key_text(key);
            found.iter().find(|row| row.key == key).cloned().unwrap_or_default()
        };
        Ok(wanted.iter().map(place).collect())
    }

    /// The entity set of the whole selection; made when there is none.
    pub(crate) fn set(self: &Arc<Self>) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            if let Some(id) = state.live_set(&self.class) {
                return Ok(id);
            }
            let mut again = self.origin.can_be_found_again();
            loop {
                let asked = async {
                    let prepared = self.origin.prepare(&self.class, true).await?;
                    let ask = prepared.ask.clone();
                    let ask = match self.text_keys() {
                        // What else the server found is told by the keys.
                        Some((path, keys)) => ask.with("$top", (keys.len() + 1).to_string()).with("$attributes", path),
                        None => ask.with("$top", "0"),
                    };
                    self.json(&ask).await
                };
                match asked.await {
                    Err(error) if again && is_lost(&error) => {
                        again = false;
                        self.forget_bases().await;
                    }
                    Err(error) => return Err(error),
                    Ok(body) => {
                        let page = Page::read(body)?;
                        let id = page.set.clone().ok_or_else(no_set)?;
                        if let Err(error) = self.refuse_others(&page) {
                            drop(EntitySet::new(self.class.store().wire(), id));
                            return Err(error);
                        }
                        self.learn(&mut state, &page);
                        return Ok(id);
                    }
                }
            }
        })
    }

    /// Asks something of the entity set, which is made anew when the server has forgotten it.
    pub(crate) async fn ask_of_set(self: &Arc<Self>, make: impl Fn(String) -> Ask) -> Result<Json> {
        let id = self.set().await?;
        match self.json(&make(id)).await {
            Err(error) if is_lost(&error) && self.origin.can_be_found_again() => {
                self.forget().await;
                self.json(&make(self.set().await?)).await
            }
            done => done,
        }
    }

    /// Whether there is a set already, so that whoever asks again sees the same entities.
    pub(crate) async fn has_set(&self) -> bool {
        self.state.lock().await.live_set(&self.class).is_some()
    }

    /// The set is given back; what is asked next makes another.
    pub(crate) async fn release(&self) {
        self.state.lock().await.set = None;
        let _ = self.class.store().wire().say_farewells().await;
    }

    /// Whatever the server was said to have is asked for anew.
    fn forget(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            self.state.lock().await.forget();
            self.forget_bases().await;
        })
    }

    async fn forget_bases(&self) {
        for base in self.origin.bases() {
            base.forget().await;
        }
    }

    pub(crate) async fn json(&self, ask: &Ask) -> Result<Json> {
        self.class.store().wire().json(ask).await
    }
}

impl State {
    /// The set, unless it was made in an earlier session.
    fn live_set(&mut self, class: &Dataclass) -> Option<String> {
        let generation = class.store().wire().generation();
        if self.set.as_ref().is_some_and(|set| set.generation != generation) {
            self.set = None;
        }
        self.set.as_ref().map(|set| set.id.clone())
    }

    /// The server has forgotten the set.
    fn forget(&mut self) {
        if let Some(set) = self.set.take() {
            set.forget();
        }
    }

    fn keep(&mut self, index: usize, rows: Vec<Row>) -> Rows {
        let rows: Rows = Arc::new(rows.into_iter().map(Arc::new).collect());
        self.pages.push_back((index, Arc::clone(&rows)));
        if self.pages.len() > PAGES_AT_HAND {
            self.pages.pop_front();
        }
        rows
    }
}

/// The server does not know a set any more.
pub(super) fn is_lost(error: &Error) -> bool {
    error.is_missing(Missing::EntitySet) || error.errors().iter().any(|error| error.err_code == 1820)
}
