//! Selections of a running call: made, narrowed, combined, read page by page (`functions.md` 2).

use std::sync::Arc;

use claviger_model::{ClassId, Key};
use claviger_query::planner::{Select, SelectFrom};
use claviger_query::{Combined, Error, ErrorKind, KeyList, Selection, SetOperator};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::rows::Rows;
use super::{Answer, Running, Unanswered, arguments};

/// Selections of one call.
const MOST_SELECTIONS: usize = 100_000;
/// Rows of one page.
pub(super) const LONGEST_PAGE: usize = 1000;
/// Keys that are looked up one by one; more are looked up together, in the order of the dataclass.
const FEW_KEYS: usize = 50;

/// What is queried.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Queried {
    /// A selection by its number.
    Selection(usize),
    /// A whole dataclass.
    Class(String),
}

/// Keeps a selection under a number, as far as one call may make them.
pub(super) fn kept<T>(selections: &mut Vec<T>, selection: T) -> Result<usize, Unanswered> {
    if selections.len() >= MOST_SELECTIONS {
        let message = format!("One call makes at most {MOST_SELECTIONS} selections");
        return Err(Error::new(ErrorKind::Failed, 1046, message).into());
    }
    selections.push(selection);
    Ok(selections.len() - 1)
}

impl Running<'_> {
    /// The selection of a number.
    pub(in crate::functions) fn selection(&self, id: usize) -> Result<Arc<Selection>, Unanswered> {
        self.selections.lock().get(id).cloned().ok_or_else(|| Unanswered::Nonsense(format!("there is no selection {id}")))
    }

    /// Keeps a selection under a number.
    pub(in crate::functions) fn keep(&self, selection: Selection) -> Result<usize, Unanswered> {
        kept(&mut self.selections.lock(), Arc::new(selection))
    }

    /// The dataclass of a name, exposed or not.
    pub(in crate::functions) fn class(&self, name: &str) -> Result<ClassId, Unanswered> {
        let found = self.model().find(name).map(|class| class.id);
        found.ok_or_else(|| Unanswered::Nonsense(format!("there is no dataclass {name}")))
    }

    pub(in crate::functions) async fn select(&self, asked: &Select<'_>) -> Result<Selection, Unanswered> {
        self.planned(|answers| self.served.planner.select(&self.grants(), asked, answers)).await
    }

    /// All keys of a selection, or those of a part of it.
    pub(in crate::functions) async fn keys_of(&self, selection: Selection) -> Result<Arc<KeyList>, Unanswered> {
        Ok(Arc::new(self.data_keys(selection).await?))
    }

    /// The selection over keys that stay as they are.
    async fn fixed(&self, class: ClassId, keys: Arc<KeyList>) -> Answer {
        let selection = self.select(&Select::of(SelectFrom::Keys(class, keys))).await?;
        Ok(self.keep(selection)?.to_string())
    }

    /// A page of a selection, told to the rows that are counted.
    pub(in crate::functions) async fn read_page(&self, selection: &Selection, skip: u64, top: u64) -> Result<Rows, Unanswered> {
        let plan = self.planned(|answers| self.served.planner.page(&self.grants(), selection, None, None, skip, top, answers)).await?;
        let rows = self.data_read(plan).await?;
        self.count_rows(rows.loaded())?;
        Ok(rows)
    }

    /// One entity, told to rows: one or none.
    pub(in crate::functions) async fn read_entity(&self, from: &SelectFrom<'_>) -> Result<Rows, Unanswered> {
        let plan = self.planned(|answers| self.served.planner.entity(&self.grants(), from, answers)).await?;
        let rows = self.data_read(plan).await?;
        self.count_rows(rows.loaded())?;
        Ok(rows)
    }

    pub(super) async fn selections(&self, operation: &str, raw: &RawValue) -> Answer {
        Ok(match operation {
            "all" => {
                let (class,): (String,) = arguments(raw)?;
                let class = self.class(&class)?;
                self.keep(self.select(&Select::of(SelectFrom::All(class))).await?)?.to_string()
            }
            "of" => {
                let (class, keys): (String, Vec<Json>) = arguments(raw)?;
                let class = self.class(&class)?;
                let keys = self.list_of(class, &keys).await?;
                self.fixed(class, keys).await?
            }
            "query" => {
                let (from, text, params): (Queried, String, Option<Json>) = arguments(raw)?;
                let held = self.queried(&from)?;
                let from = match &held {
                    Ok(selection) => SelectFrom::Selection(selection),
                    Err(class) => SelectFrom::All(*class),
                };
                let asked = Select { filter: Some(&text), params: params.as_ref(), ..Select::of(from) };
                self.keep_narrowed(&asked).await?
            }
            "orderBy" => {
                let (id, text): (usize, String) = arguments(raw)?;
                let selection = self.selection(id)?;
                let asked = Select { order: Some(&text), ..Select::of(SelectFrom::Selection(&selection)) };
                self.keep_narrowed(&asked).await?
            }
            "slice" => {
                let (id, start, end): (usize, u64, Option<u64>) = arguments(raw)?;
                let selection = self.selection(id)?;
                let top = end.map_or(u64::MAX, |end| end.saturating_sub(start));
                let class = selection.class();
                let keys = self.keys_of(self.renewed(&selection).await?.cut(start, top)).await?;
                self.fixed(class, keys).await?
            }
            "combine" => {
                let (word, first, second): (String, usize, usize) = arguments(raw)?;
                let operator = match word.as_str() {
                    "and" => SetOperator::And,
                    "or" => SetOperator::Or,
                    "minus" => SetOperator::Except,
                    _ => return Err(Unanswered::Nonsense(format!("there is no operator {word}"))),
                };
                let (first, second) = (self.selection(first)?, self.selection(second)?);
                let class = same_class(&first, &second)?;
                let (first, second) = (self.keys_of(self.renewed(&first).await?).await?, self.keys_of(self.renewed(&second).await?).await?);
                match first.combine(operator, &second) {
                    Combined::Keys(keys) => self.fixed(class, Arc::new(keys)).await?,
                    Combined::Shared(_) => return Err(Unanswered::Nonsense("two selections do not make one".to_owned())),
                }
            }
            "contains" => {
                let (id, key): (usize, Json) = arguments(raw)?;
                let selection = self.selection(id)?;
                let one = self.list_of(selection.class(), &[key]).await?;
                let all = self.keys_of(self.renewed(&selection).await?).await?;
                matches!(all.combine(SetOperator::Intersect, &one), Combined::Shared(true)).to_string()
            }
            "related" => {
                let (class, key, path): (String, Json, String) = arguments(raw)?;
                let class = self.class(&class)?;
                self.keep(self.select(&Select::of(SelectFrom::Related(class, &key, &path))).await?)?.to_string()
            }
            "project" => {
                let (id, path): (usize, String) = arguments(raw)?;
                let selection = self.selection(id)?;
                let keys = self.keys_of(self.renewed(&selection).await?).await?;
                self.keep(self.select(&Select::of(SelectFrom::RelatedToAny(selection.class(), keys, &path))).await?)?.to_string()
            }
            "count" => {
                let (id,): (usize,) = arguments(raw)?;
                let selection = self.selection(id)?;
                self.read_page(&selection, 0, 0).await?.count().to_string()
            }
            "page" => {
                let (id, skip, top): (usize, u64, u64) = arguments(raw)?;
                let selection = self.selection(id)?;
                let rows = self.read_page(&selection, skip, top.min(LONGEST_PAGE as u64)).await?;
                format!("{{{},\"count\":{}}}", rows.members(), rows.count())
            }
            "get" => {
                let (class, keys): (String, Vec<Json>) = arguments(raw)?;
                let class = self.class(&class)?;
                self.get(class, &keys).await?
            }
            "children" => {
                let (class, keys, relation): (String, Vec<Json>, String) = arguments(raw)?;
                self.children(&class, &keys, &relation).await?
            }
            "aggregate" => {
                let (id, path, word): (usize, String, String) = arguments(raw)?;
                let selection = self.selection(id)?;
                let plan =
                    self.planned(|answers| self.served.planner.compute(&self.grants(), &selection, &path, Some(&word), answers)).await?;
                let values = self.data_read(plan).await?.values();
                if values.is_empty() { "null".to_owned() } else { values }
            }
            "distinct" => {
                let (id, path): (usize, String) = arguments(raw)?;
                let selection = self.selection(id)?;
                let plan = self.planned(|answers| self.served.planner.compute(&self.grants(), &selection, &path, None, answers)).await?;
                format!("[{}]", self.data_read(plan).await?.values())
            }
            _ => return Err(Unanswered::Nonsense(format!("there is no operation {operation}"))),
        })
    }

    /// Keeps what a text makes of a selection. Where computed values decide, these are computed now, and the entities stay what they are.
    async fn keep_narrowed(&self, asked: &Select<'_>) -> Answer {
        let selection = self.select(asked).await?;
        if selection.restrictions().values().next().is_none() {
            return Ok(self.keep(selection)?.to_string());
        }
        let class = selection.class();
        let keys = self.keys_of(selection).await?;
        self.fixed(class, keys).await
    }

    fn queried(&self, from: &Queried) -> Result<Result<Arc<Selection>, ClassId>, Unanswered> {
        Ok(match from {
            Queried::Selection(id) => Ok(self.selection(*id)?),
            Queried::Class(name) => Err(self.class(name)?),
        })
    }

    /// The same selection with the permissions and restrictions of this moment.
    pub(in crate::functions) async fn renewed(&self, selection: &Selection) -> Result<Selection, Unanswered> {
        self.select(&Select::of(SelectFrom::Selection(selection))).await
    }

    /// The keys of the entities that are there, in the order given.
    pub(in crate::functions) async fn list_of(&self, class: ClassId, keys: &[Json]) -> Result<Arc<KeyList>, Unanswered> {
        if keys.len() > FEW_KEYS
            && let Some(name) = self.key_name(class)
        {
            let text = format!("{name} in :1");
            let params = json!([keys]);
            let asked = Select { filter: Some(&text), params: Some(&params), ..Select::of(SelectFrom::All(class)) };
            return self.keys_of(self.select(&asked).await?).await;
        }
        let mut all = KeyList::whole(Vec::new());
        for key in keys {
            let one = self.data_keys(self.select(&Select::of(SelectFrom::Key(class, key))).await?).await?;
            if let Combined::Keys(keys) = all.combine(SetOperator::Or, &one) {
                all = keys;
            }
        }
        Ok(Arc::new(all))
    }

    /// The attribute of a key of one part, when the call may read it and so may look for it.
    fn key_name(&self, class: ClassId) -> Option<String> {
        let class = self.model().dataclass(class);
        match (&class.key, class.key_attributes()) {
            (Key::Attributes(_), [one]) => {
                let may = self.grants().attribute(class.at(*one), claviger_access::Action::Read);
                may.then(|| class.attribute(*one).name.clone())
            }
            _ => None,
        }
    }

    /// The rows of these keys; whoever asked finds them by their keys.
    pub(in crate::functions) async fn rows_of(&self, class: ClassId, keys: &[Json]) -> Result<Vec<Rows>, Unanswered> {
        let mut pages = Vec::new();
        match self.key_name(class) {
            Some(name) if keys.len() > 1 => {
                let text = format!("{name} in :1");
                for part in keys.chunks(LONGEST_PAGE) {
                    let params = json!([part]);
                    let asked = Select { filter: Some(&text), params: Some(&params), ..Select::of(SelectFrom::All(class)) };
                    pages.push(self.read_page(&self.select(&asked).await?, 0, LONGEST_PAGE as u64).await?);
                }
            }
            _ => {
                for key in keys {
                    pages.push(self.read_entity(&SelectFrom::Key(class, key)).await?);
                }
            }
        }
        Ok(pages)
    }

    async fn get(&self, class: ClassId, keys: &[Json]) -> Answer {
        let pages = self.rows_of(class, keys).await?;
        if let [page] = pages.as_slice()
            && page.loaded() == 1
            && keys.len() == 1
        {
            return Ok(format!("{{{}}}", page.members()));
        }
        let mut attributes = Json::Array(Vec::new());
        let mut found: Vec<Json> = Vec::new();
        for page in &pages {
            let page: Page = serde_json::from_str(&format!("{{{}}}", page.members()))?;
            if !page.rows.is_empty() {
                attributes = page.attributes;
            }
            found.extend(page.rows);
        }
        let by_key: rustc_hash::FxHashMap<String, &Json> = found.iter().map(|row| (row[0].to_string(), row)).collect();
        let rows: Vec<&Json> = keys.iter().map(|key| by_key.get(&key.to_string()).copied().unwrap_or(&Json::Null)).collect();
        Ok(json!({ "attributes": attributes, "rows": rows }).to_string())
    }

    /// The related entities of several at once, by the reference that each of them holds; nothing where there are too many, or where the
    /// reference may not be seen.
    async fn children(&self, class: &str, keys: &[Json], relation: &str) -> Answer {
        let class = self.class(class)?;
        let none = || json!({ "attributes": [], "groups": vec![Json::Null; keys.len()] }).to_string();
        let owners = self.list_of(class, keys).await?;
        let selection = self.select(&Select::of(SelectFrom::RelatedToAny(class, owners, relation))).await?;
        let rows = self.read_page(&selection, 0, LONGEST_PAGE as u64).await?;
        let dataclass = self.model().dataclass(class);
        let via = dataclass.find(relation).and_then(|attribute| match &attribute.kind {
            claviger_model::Kind::RelatedEntities(many) => Some(self.model().dataclass(many.target).attribute(many.via).name.clone()),
            _ => None,
        });
        let page: Page = serde_json::from_str(&format!("{{{}}}", rows.members()))?;
        let place = page.attributes.as_array().and_then(|names| names.iter().position(|name| name.as_str() == via.as_deref()));
        if rows.count() > LONGEST_PAGE as u64 || (place.is_none() && !page.rows.is_empty()) {
            return Ok(none());
        }
        let mut groups: Vec<Vec<&Json>> = vec![Vec::new(); keys.len()];
        let places: rustc_hash::FxHashMap<String, usize> = keys.iter().enumerate().map(|(at, key)| (key.to_string(), at)).collect();
        for row in &page.rows {
            if let Some(at) = place.and_then(|place| places.get(&row[2][place].to_string())) {
                groups[*at].push(row);
            }
        }
        Ok(json!({ "attributes": page.attributes, "groups": groups }).to_string())
    }
}

#[derive(Deserialize)]
struct Page {
    attributes: Json,
    rows: Vec<Json>,
}

fn same_class(first: &Selection, second: &Selection) -> Result<ClassId, Unanswered> {
    if first.class() == second.class() {
        return Ok(first.class());
    }
    Err(Unanswered::Nonsense("two selections of different dataclasses do not go together".to_owned()))
}
