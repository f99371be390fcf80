//! Selections of another application's entities: made, narrowed, combined.

use claviger_client::{Dataclass, Key, Query, QuerySettings, Selection, Value};

use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::rows::key_text;
use super::{Count, Opened};
use crate::functions::host::selections::Queried;
use crate::functions::host::{Unanswered, arguments};

impl Opened {
    /// Operations that make a selection.
    pub(super) async fn narrowed(&self, operation: &str, raw: &RawValue, count: Count<'_>) -> Result<Selection, Unanswered> {
        Ok(match operation {
            "all" => {
                let (class,): (String,) = arguments(raw)?;
                self.class(&class)?.0.all().await?
            }
            "of" => {
                let (class, keys): (String, Vec<Json>) = arguments(raw)?;
                let (class, _) = self.class(&class)?;
                of_keys(&class, &keys)?
            }
            "query" => {
                let (from, text, params): (Queried, String, Option<Json>) = arguments(raw)?;
                let (values, settings) = parameters(params);
                let query: Query = match &from {
                    Queried::Selection(id) => self.selection(*id)?.query_with(&text, values, &settings),
                    Queried::Class(name) => self.class(name)?.0.query_with(&text, values, &settings),
                };
                query.await?
            }
            "orderBy" => {
                let (id, text): (usize, String) = arguments(raw)?;
                self.selection(id)?.order_by(text).await?
            }
            "combine" => {
                let (word, first, second): (String, usize, usize) = arguments(raw)?;
                let (first, second) = (self.selection(first)?, self.selection(second)?);
                match word.as_str() {
                    "and" => first.and(second).await?,
                    "or" => first.or(second).await?,
                    "minus" => first.minus(second).await?,
                    _ => return Err(Unanswered::Nonsense(format!("there is no operator {word}"))),
                }
            }
            "related" => {
                let (class, key, path): (String, Json, String) = arguments(raw)?;
                let (class, _) = self.class(&class)?;
                along(of_keys(&class, &[key])?, &path, count).await?
            }
            "project" => {
                let (id, path): (usize, String) = arguments(raw)?;
                along(self.selection(id)?.clone(), &path, count).await?
            }
            _ => return Err(Unanswered::Nonsense(format!("there is no operation {operation}"))),
        })
    }

    /// Entities by their keys, in the order of these.
    pub(super) async fn get(&self, class: &str, keys: &[Json]) -> Result<Json, Unanswered> {
        let (class, shape) = self.class(class)?;
        let mut found = Vec::with_capacity(keys.len());
        if keys.len() > 1 && shape.key_name().is_some() {
            let selection = of_keys(&class, keys)?;
            found = selection.rows(0, selection.len()).await?;
        } else {
            for key in keys {
                found.push(class.row(key_text(key), None).await?.unwrap_or_default());
            }
        }
        Ok(shape.page(&found))
    }
}

/// The entities of these keys.
fn of_keys(class: &Dataclass, keys: &[Json]) -> Result<Selection, Unanswered> {
    let keys: Vec<Key> = keys.iter().map(|key| Key::from(key_text(key))).collect();
    Ok(class.of_keys(&keys)?)
}

/// What a path of relations leads to from there: the references of all that it comes by are loaded.
async fn along(mut selection: Selection, path: &str, count: Count<'_>) -> Result<Selection, Unanswered> {
    for step in path.split('.') {
        count(selection.len())?;
        selection = selection.related(step).await?;
    }
    Ok(selection)
}

/// Values of placeholders, in order and by their names.
fn parameters(params: Option<Json>) -> (Vec<Value>, QuerySettings) {
    let mut settings = QuerySettings::new();
    let list = |values: Vec<Json>| values.into_iter().map(Value::Json).collect();
    match params {
        Some(Json::Array(values)) => (list(values), settings),
        Some(Json::Object(mut members)) => {
            for (name, path) in members.get("attributes").and_then(Json::as_object).into_iter().flatten() {
                settings = settings.attribute(name, path.as_str().unwrap_or_default());
            }
            match members.remove("parameters") {
                Some(Json::Array(values)) => (list(values), settings),
                Some(Json::Object(named)) => {
                    for (name, value) in named {
                        settings = settings.parameter(&name, Value::Json(value));
                    }
                    (Vec::new(), settings)
                }
                _ => (Vec::new(), settings),
            }
        }
        _ => (Vec::new(), settings),
    }
}
