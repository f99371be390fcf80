//! Computed attributes (`functions.md` 1): their getters run over many entities at once, and say in the place of conditions and orders what
//! these mean.
//!
//! A getter sees everything and changes nothing (`data-model.md` 3.5). Of an entity whose getter throws the value is null, and the log says
//! why: one entity does not make the others unreadable.

use std::time::Instant;

use claviger_model::{AttrRef, Attribute, Kind, SimpleDate, StorageType, Value, ValueType};
use claviger_query::planner::{Select, SelectFrom};
use claviger_query::{ComputedValues, Error, ErrorKind, InPlace, Need};
use claviger_script::{Action, Limit};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::host::{MOST_ROWS, Running, Unanswered};
use super::invoke::Code;
use super::result::Returned;
use crate::app::{AppState, Served};
use crate::rest::Caller;

/// Entities that one call computes an attribute of.
const TOGETHER: usize = 1000;

/// What a getter is of one entity.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Got {
    Value { value: Json },
    Error { error: Failed },
    Entity {},
    Selection {},
    Response {},
}

/// What it threw.
#[derive(Deserialize)]
struct Failed {
    message: String,
}

/// The values of a computed attribute of these entities, each described as the code takes it (`{"attributes": […], "row": […]}`). What does not
/// fit the declared type is text.
pub(crate) async fn compute(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    attribute: AttrRef,
    entities: &[String],
    deadline: Instant,
) -> Result<Vec<Value>, Error> {
    let name = name(served, attribute);
    let running = Running::new(state, served, caller, &name, deadline).seeing_all().computing(attribute, &[]);
    let values = running.values_of(attribute, entities).await.map_err(|why| running.told(why))?;
    Ok(values.into_iter().map(|value| value.unwrap_or_else(Value::Text)).collect())
}

/// As messages name it.
pub(super) fn name(served: &Served, at: AttrRef) -> String {
    format!("{}.{}", served.model.dataclass(at.class).name, served.model.attribute(at).name)
}

/// The attribute that an answer is about.
pub(super) fn attribute_of(need: &Need) -> Option<AttrRef> {
    match need {
        Need::Rows(_) => None,
        Need::Condition { attribute, .. } | Need::Order { attribute, .. } | Need::Values(attribute) => Some(*attribute),
    }
}

impl Running<'_> {
    /// What stands in the place of a condition or an order.
    pub(super) async fn said(&self, need: &Need) -> Result<Option<InPlace>, Unanswered> {
        let Some(at) = attribute_of(need) else { return Ok(None) };
        let (class, attribute) = (self.model().dataclass(at.class), self.model().attribute(at));
        let mut event = json!({ "attributeName": attribute.name, "dataClassName": class.name });
        let action = match need {
            Need::Condition { operator, value, .. } => {
                event["kind"] = json!("query");
                event["operator"] = json!(operator);
                event["value"] = value.clone();
                Action::Query
            }
            Need::Order { descending, .. } => {
                event["kind"] = json!("orderBy");
                event["operator"] = json!("orderBy");
                event["descending"] = json!(descending);
                Action::OrderBy
            }
            Need::Rows(_) | Need::Values(_) => return Ok(None),
        };
        let returned = self.invoke(Code::of_attribute(action, class, at).with(vec![event], Map::new())).await?;
        if let Returned::Value(value) = Returned::read(returned.get())? {
            match serde_json::from_str(value.get())? {
                Json::Null => return Ok(None),
                Json::String(text) => return Ok(Some(InPlace { text, parameters: None })),
                Json::Object(mut members) => {
                    if let Some(Json::String(text)) = members.remove("query") {
                        let parameters = members.remove("parameters").filter(|parameters| !parameters.is_null());
                        return Ok(Some(InPlace { text, parameters }));
                    }
                }
                _ => {}
            }
        }
        let list = if action == Action::Query { "query" } else { "orderBy" };
        let message = format!("{list} of the computed attribute {} gives neither a text nor {{query, parameters}} nor null", self.function);
        Err(Error::new(ErrorKind::Failed, 1046, message).into())
    }

    /// What a computed attribute is of every entity of its dataclass, as far as one call may load entities (`functions.md` 3).
    pub(super) async fn all_values(&self, at: AttrRef) -> Result<ComputedValues, Unanswered> {
        let ty = self.calculated(at)?.1;
        let all = self.select(&Select::of(SelectFrom::All(at.class))).await?;
        let keys = self.keys_of(all.cut(0, MOST_ROWS + 1)).await?;
        if keys.len() as u64 > MOST_ROWS {
            return Err(Unanswered::Limit(Limit::Rows));
        }
        let fixed = self.select(&Select::of(SelectFrom::Keys(at.class, keys.clone()))).await?;
        let mut values = Vec::with_capacity(keys.len());
        while values.len() < keys.len() {
            let page = self.read_page(&fixed, values.len() as u64, TOGETHER as u64).await?.each()?;
            if page.is_empty() {
                break;
            }
            // Entities may have gone meanwhile.
            let there: Vec<String> = page.iter().flatten().cloned().collect();
            let mut computed = self.values_of(at, &there).await?.into_iter();
            values.extend(page.iter().map(|entity| match entity {
                Some(_) => computed.next().and_then(Result::ok).unwrap_or(Value::Null),
                None => Value::Null,
            }));
        }
        values.resize(keys.len(), Value::Null);
        Ok(ComputedValues { attribute: at, ty, keys: keys.as_ref().clone(), values })
    }

    /// The values of a computed attribute of these entities; the text of one that does not fit its type.
    pub(super) async fn values_of(&self, at: AttrRef, entities: &[String]) -> Result<Vec<Result<Value, String>>, Unanswered> {
        let (ty, value_type) = self.calculated(at)?;
        let mut values = Vec::with_capacity(entities.len());
        let (mut failed, mut first) = (0_u64, None);
        for together in entities.chunks(TOGETHER) {
            let returned = self.invoke(Code::of_attribute(Action::Get, self.model().dataclass(at.class), at).on_each(together)).await?;
            let results: Vec<Got> = serde_json::from_str(returned.get())?;
            if results.len() != together.len() {
                return Err(Unanswered::Nonsense("there is not one value for each entity".to_owned()));
            }
            for got in results {
                values.push(match got {
                    Got::Value { value } => fitting(ty, value_type, value),
                    other => {
                        failed += 1;
                        first.get_or_insert(match other {
                            Got::Error { error } => error.message,
                            _ => "an entity, a selection or a response is no value of an attribute".to_owned(),
                        });
                        Ok(Value::Null)
                    }
                });
            }
        }
        if let Some(error) = first {
            let (request, function) = (self.request, self.function);
            tracing::error!(target: "function", function, request, failed, error, "a computed attribute has no value");
        }
        Ok(values)
    }

    fn calculated(&self, at: AttrRef) -> Result<(StorageType, ValueType), Unanswered> {
        type_of(self.model().attribute(at)).ok_or_else(|| Unanswered::Nonsense("this is no computed attribute".to_owned()))
    }

    /// Refuses to compute an attribute for what computes it (`data-model.md` 3.5).
    pub(super) fn refuse_loop(&self, at: AttrRef) -> Result<(), Unanswered> {
        if !self.computing.contains(&at) {
            return Ok(());
        }
        let message = format!("The computed attribute {} leads back to itself", name(self.served, at));
        Err(Error::new(ErrorKind::Failed, 1046, message).into())
    }
}

/// Type of a computed attribute.
pub(super) fn type_of(attribute: &Attribute) -> Option<(StorageType, ValueType)> {
    match &attribute.kind {
        Kind::Calculated(calculated) => Some((calculated.ty, calculated.value_type())),
        _ => None,
    }
}

/// A result as a value of the declared type, or its text.
pub(super) fn fitting(ty: StorageType, value_type: ValueType, value: Json) -> Result<Value, String> {
    let typed = Value::from_json(value_type, Some(ty), &value);
    let typed = match (typed, value_type, &value) {
        // A Date is an instant; of a simple date it is the day.
        (Err(_), ValueType::Date, Json::String(text)) => {
            claviger_model::value::parse_instant(text).and_then(SimpleDate::from_instant).map(Value::Date).ok_or(())
        }
        (typed, ..) => typed.map_err(|_| ()),
    };
    typed.map_err(|()| match value {
        Json::String(text) => text,
        other => other.to_string(),
    })
}
