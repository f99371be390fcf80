//! Other applications' datastores in a running call (`functions.md` 2, `remote-datastore.md`): the worker asks of them what it asks of the
//! application's own, and the client library asks their servers. What may be seen and done there, the key decides that is sent along.

mod call;
mod describe;
mod open;
mod rows;
mod select;
mod write;

use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_client::{Compute, DataStore, Dataclass, Selection, Value};
use claviger_query::{Error, ErrorKind};
use serde_json::Value as Json;
use serde_json::json;
use serde_json::value::RawValue;

pub(crate) use self::open::Remotes;
use self::rows::{Shape, Shapes, key_text};
use super::selections::{LONGEST_PAGE, kept};
use super::{Answer, Running, Unanswered, arguments};

/// Entities that the client library asks for at once.
const PAGE: usize = 100;

/// What is wrong where the other server has no number for it.
const NO_NUMBER: i64 = 9515;

/// A datastore that a call has opened.
pub(in crate::functions) struct Opened {
    store: DataStore,
    connection: Arc<open::Connection>,
    shapes: Arc<Shapes>,
    /// What the worker is told of it: JSON.
    model: Arc<str>,
    alias: String,
    name: open::Name,
    selections: Vec<Kept>,
}

/// A selection of a call.
struct Kept {
    selection: Selection,
    /// Rows of it that are here and were counted.
    counted: u64,
}

/// Counts rows before they are loaded (`functions.md` 3).
type Count<'a> = &'a (dyn Fn(usize) -> Result<(), Unanswered> + Sync);

impl From<claviger_client::Error> for Unanswered {
    fn from(error: claviger_client::Error) -> Self {
        let message = error.errors().first().map_or_else(|| error.to_string(), |first| first.message.clone());
        let code = error.number().filter(|number| *number != 0).unwrap_or(NO_NUMBER);
        Self::Refused(Error::new(ErrorKind::Failed, code, message))
    }
}

impl Running<'_> {
    /// `open` and `opened`: the number of a datastore, with its description.
    pub(super) async fn open_remote(&self, operation: &str, raw: &RawValue) -> Answer {
        // Connections of keys that are gone end before anything is done with another's.
        self.state.follow_keys();
        let opened = if operation == "opened" {
            let (alias,): (String,) = arguments(raw)?;
            {
                let remotes = self.remotes.lock().await;
                if let Some(number) = remotes.iter().position(|opened| opened.alias == alias) {
                    return Ok(remotes[number].described(number));
                }
            }
            match self.in_time(self.open_named(&alias)).await? {
                Some(opened) => opened,
                None => return Ok("null".to_owned()),
            }
        } else {
            let (info, alias): (Json, String) = arguments(raw)?;
            self.in_time(self.open(&info, alias)).await?
        };
        let mut remotes = self.remotes.lock().await;
        let known = remotes.iter().position(|known| known.name == opened.name);
        let number = known.unwrap_or(remotes.len());
        let described = opened.described(number);
        if known.is_none() {
            remotes.push(opened);
        }
        Ok(described)
    }

    /// `remote`: what is asked of one that is open.
    pub(super) async fn ask_remote(&self, raw: &RawValue) -> Answer {
        let (number, operation, rest): (usize, String, Vec<Box<RawValue>>) = {
            let mut parts: Vec<Box<RawValue>> = arguments(raw)?;
            if parts.len() < 2 {
                return Err(Unanswered::Nonsense("this asks nothing of a datastore".to_owned()));
            }
            let rest = parts.split_off(2);
            (arguments(&parts[0])?, arguments(&parts[1])?, rest)
        };
        self.refuse_change(&operation)?;
        let rest = serde_json::value::to_raw_value(&rest)?;
        let mut remotes = self.remotes.lock().await;
        let opened = remotes.get_mut(number).ok_or_else(|| Unanswered::Nonsense(format!("there is no datastore {number}")))?;
        let count = |rows: usize| self.count_rows(rows as u64);
        let answer = self.in_time(opened.ask(&operation, &rest, self.read_only, &count)).await;
        if operation == "lock" && !self.caller.visit.came_back {
            self.state.remotes().share(&opened.name, self.caller.visit.id);
        }
        answer
    }

    /// The other server has as long as the call.
    async fn in_time<T>(&self, asked: impl Future<Output = Result<T, Unanswered>>) -> Result<T, Unanswered> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        tokio::time::timeout(left, asked).await.unwrap_or_else(|_| {
            let message = "The other application's datastore did not answer in time.";
            Err(Error::new(ErrorKind::Failed, 1610, message).into())
        })
    }
}

impl Opened {
    fn described(&self, number: usize) -> String {
        format!("{{\"remote\":{number},\"model\":{}}}", self.model)
    }

    fn class(&self, name: &str) -> Result<(Dataclass, &Shape), Unanswered> {
        let shape = self.shapes.find(name).ok_or_else(|| Unanswered::Nonsense(format!("there is no dataclass {name}")))?;
        Ok((self.store.dataclass(name)?, shape))
    }

    fn shape(&self, selection: &Selection) -> Result<&Shape, Unanswered> {
        let name = selection.dataclass().name();
        self.shapes.find(name).ok_or_else(|| Unanswered::Nonsense(format!("there is no dataclass {name}")))
    }

    fn selection(&self, id: usize) -> Result<&Selection, Unanswered> {
        let kept = self.selections.get(id).ok_or_else(|| Unanswered::Nonsense(format!("there is no selection {id}")))?;
        Ok(&kept.selection)
    }

    fn keep(&mut self, selection: Selection) -> Result<usize, Unanswered> {
        kept(&mut self.selections, Kept { selection, counted: 0 })
    }

    /// `read_only`: of functions only those are called that change nothing.
    async fn ask(&mut self, operation: &str, raw: &RawValue, read_only: bool, count: Count<'_>) -> Answer {
        self.connection.tell_of_loss()?;
        Ok(match operation {
            "page" => {
                let (id, skip, top): (usize, usize, usize) = arguments(raw)?;
                let selection = self.selection(id)?.clone();
                let loads = selection.len().saturating_sub(skip).min(top).min(LONGEST_PAGE);
                let counted = &mut self.selections[id].counted;
                let known = usize::try_from(*counted).unwrap_or(usize::MAX).min(loads);
                *counted -= known as u64;
                count(loads - known)?;
                let rows = selection.rows(skip, loads).await?;
                let mut page = self.shape(&selection)?.page(&rows);
                page["count"] = json!(selection.len());
                page.to_string()
            }
            "get" => {
                let (class, keys): (String, Vec<Json>) = arguments(raw)?;
                count(keys.len())?;
                self.get(&class, &keys).await?.to_string()
            }
            // Loaded for each entity by itself.
            "children" => json!({ "groups": null }).to_string(),
            "count" => {
                let (id,): (usize,) = arguments(raw)?;
                self.selection(id)?.len().to_string()
            }
            "contains" => {
                let (id, key): (usize, Json) = arguments(raw)?;
                let selection = self.selection(id)?;
                // Texts are looked for here, because the other server compares them otherwise.
                if self.shape(selection)?.has_text_key() && selection.len() > PAGE {
                    count(selection.len())?;
                }
                selection.contains(key_text(&key)).await?.to_string()
            }
            "aggregate" => {
                let (id, path, word): (usize, String, String) = arguments(raw)?;
                let what = match word.as_str() {
                    "sum" => Compute::Sum,
                    "average" => Compute::Average,
                    "min" => Compute::Min,
                    "max" => Compute::Max,
                    "count" => Compute::Count,
                    _ => return Err(Unanswered::Nonsense(format!("there is no aggregate {word}"))),
                };
                self.selection(id)?.compute(&path, what).await?.plain().to_string()
            }
            "distinct" => {
                let (id, path): (usize, String) = arguments(raw)?;
                let values = self.selection(id)?.distinct(&path).await?;
                Json::Array(values.iter().map(Value::plain).collect()).to_string()
            }
            "bytes" => {
                let (class, key, attribute): (String, Json, String) = arguments(raw)?;
                let (class, _) = self.class(&class)?;
                let row = class.row(key_text(&key), Some(&attribute)).await?;
                match row.as_ref().and_then(|row| row.values.get(&attribute)?["__deferred"]["uri"].as_str()) {
                    Some(uri) => json!(STANDARD.encode(class.bytes(uri).await?)).to_string(),
                    None => "null".to_owned(),
                }
            }
            "begin" | "commit" | "rollback" => {
                let message = "Transactions are not offered for another application's datastore: save several entities of one dataclass \
                               with a function of that application.";
                return Err(Error::new(ErrorKind::Failed, 1821, message).into());
            }
            "save" | "dropEntity" | "drop" | "lock" | "unlock" => self.write(operation, raw, count).await?,
            "call" => self.call(raw, read_only).await?,
            "slice" => {
                let (id, start, end): (usize, usize, Option<usize>) = arguments(raw)?;
                let selection = self.selection(id)?;
                let end = end.unwrap_or(usize::MAX).min(selection.len());
                let loads = end.saturating_sub(start);
                count(loads)?;
                let selection = selection.slice(start, end).await?;
                kept(&mut self.selections, Kept { selection, counted: loads as u64 })?.to_string()
            }
            _ => {
                let selection = self.narrowed(operation, raw, count).await?;
                self.keep(selection)?.to_string()
            }
        })
    }
}
