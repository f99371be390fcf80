//! Events of entities that a request writes (`functions.md` 1): they refuse, and change what is saved, before the store is asked, and learn of it
//! when it is committed. What functions save and drop runs its events in the worker itself.
//!
//! Events run outside of the transaction that writes. So that nothing is written that they have not seen, the store compares the stamp of each
//! entity with the one that they looked at, and they are asked again when somebody else was faster.

mod delete;
mod row;
mod save;

use claviger_query::Error;
use claviger_script::{Action, Thrown};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::error::of_thrown;
use super::host::{Running, Unanswered};
use super::invoke::Code;
use crate::rest::from_store;

pub(crate) use self::delete::delete;
pub(super) use self::row::{Row, assigned};
pub(crate) use self::save::save;

/// How often events are asked about an entity that others change meanwhile.
const TRIES: usize = 5;
/// Entities that one call of events is about.
const TOGETHER: usize = 500;
/// Length of their JSON; a single entity may have more.
const TOGETHER_BYTES: usize = 4 << 20;

/// What the events of one entity said.
#[derive(Deserialize)]
struct Word {
    /// What they set.
    #[serde(default)]
    values: Map<String, Json>,
    /// Why they refuse.
    error: Option<Refused>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    #[serde(default)]
    message: String,
    err_code: Option<i64>,
}

impl Running<'_> {
    /// Runs events for entities, as the prelude takes them: what they say, in the same order. A limit ends all.
    async fn fire(&self, action: Action, dataclass: &str, entities: &[String]) -> Result<Vec<Word>, Error> {
        let mut words = Vec::with_capacity(entities.len());
        let mut rest = entities;
        while !rest.is_empty() {
            let (part, more) = rest.split_at(together(rest));
            rest = more;
            if self.time_left() == 0 {
                return Err(from_store(claviger_store::StoreError::Timeout, self.state.settings().rest.max_answer_bytes));
            }
            let said = self.invoke(Code::events(action, dataclass).on_each(part)).await;
            // What is saved or deleted next would wait for it.
            self.leave_transaction().await;
            let said = said?;
            let said: Vec<Word> = serde_json::from_str(said.get()).map_err(|error| self.told(error))?;
            if said.len() != part.len() {
                let why = format!("{} words about {} entities", said.len(), part.len());
                return Err(self.told(Unanswered::Nonsense(why)));
            }
            words.extend(said);
        }
        Ok(words)
    }

    /// Runs events that can change nothing any more: what they throw is for the log alone.
    async fn tell(&self, action: Action, dataclass: &str, entities: &[String]) {
        let (function, request) = (self.function, self.request);
        match self.fire(action, dataclass, entities).await {
            Ok(words) => {
                for Refused { message, .. } in words.into_iter().filter_map(|word| word.error) {
                    tracing::error!(target: "function", function, request, "{message}");
                }
            }
            Err(error) => tracing::error!(target: "function", function, request, "{error}"),
        }
    }

    /// The refusal of an event as an error; one of the data that it did not catch as it was.
    fn refused_by(&self, refused: Refused) -> Error {
        let thrown = Thrown { name: "Error".to_owned(), message: refused.message, code: refused.err_code, stack: String::new() };
        of_thrown(&thrown, &self.refused.lock())
    }
}

/// How many of the first are asked about in one call.
fn together(entities: &[String]) -> usize {
    let mut bytes = 0;
    let fits = |entity: &&String| {
        bytes += entity.len();
        bytes <= TOGETHER_BYTES
    };
    entities.iter().take(TOGETHER).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_hundred_entities_or_some_megabytes_go_together() {
        let small = vec!["{}".to_owned(); 1200];
        assert_eq!(together(&small), TOGETHER);
        assert_eq!(together(&small[..3]), 3);
        let large = vec!["x".repeat(TOGETHER_BYTES / 2); 5];
        assert_eq!(together(&large), 2);
        assert_eq!(together(&["x".repeat(TOGETHER_BYTES + 1), String::new()]), 1);
    }
}
