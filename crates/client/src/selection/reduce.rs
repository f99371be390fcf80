//! Sums and distinct values of a selection (`rest-dialect.md` 10).

use serde_json::Value as Json;

use crate::Result;
use crate::ask::{Ask, name};
use crate::catalog::AttributeType;
use crate::value::{Value, convert};

use super::{Origin, Selection, refined};

/// What to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compute {
    /// How many have a value.
    Count,
    /// Of numbers.
    Sum,
    /// Of numbers.
    Average,
    /// Of numbers, texts, dates.
    Min,
    /// Of numbers, texts, dates.
    Max,
}

impl Compute {
    fn keyword(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Average => "average",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}

impl Selection {
    /// Sum of an attribute (`sum()`), with all its digits.
    pub async fn sum(&self, attribute: &str) -> Result<serde_json::Number> {
        convert(Value::from(self.computed(attribute, "sum").await?), attribute)
    }

    /// Mean of an attribute (`average()`); none of no values.
    pub async fn average(&self, attribute: &str) -> Result<Option<f64>> {
        convert(Value::from(self.computed(attribute, "average").await?), attribute)
    }

    /// Smallest value (`min()`).
    pub async fn min(&self, attribute: &str) -> Result<Value> {
        self.compute(attribute, Compute::Min).await
    }

    /// Greatest value (`max()`).
    pub async fn max(&self, attribute: &str) -> Result<Value> {
        self.compute(attribute, Compute::Max).await
    }

    /// How many of its entities have a value there (`count()`).
    pub async fn count(&self, attribute: &str) -> Result<u64> {
        convert(Value::from(self.computed(attribute, "count").await?), attribute)
    }

    /// One of them by name. Smallest and greatest have the attribute's type.
    pub async fn compute(&self, attribute: &str, what: Compute) -> Result<Value> {
        let answer = self.computed(attribute, what.keyword()).await?;
        let kind = match what {
            Compute::Min | Compute::Max => self.value_type(attribute),
            Compute::Count | Compute::Sum | Compute::Average => AttributeType::Other,
        };
        Ok(Value::read(&answer, kind))
    }

    /// All that fit the attribute's type, as the wire has them.
    pub async fn compute_all(&self, attribute: &str) -> Result<Json> {
        let mut answer = self.computed(attribute, "$all").await?;
        Ok(answer.get_mut(attribute).map(Json::take).unwrap_or(answer))
    }

    async fn computed(&self, attribute: &str, keyword: &str) -> Result<Json> {
        if matches!(self.inner.origin, Origin::Empty) {
            // As the server answers when no entity fits.
            return Ok(if matches!(keyword, "sum" | "count") { Json::from(0) } else { Json::Null });
        }
        self.over(attribute, |ask| ask.with("$compute", keyword)).await
    }

    /// Its different values, ascending (`distinct()`).
    pub async fn distinct(&self, attribute: &str) -> Result<Vec<Value>> {
        if matches!(self.inner.origin, Origin::Empty) {
            return Ok(Vec::new());
        }
        let kind = self.value_type(attribute);
        match self.over(attribute, |ask| ask.with("$distinct", "true")).await? {
            Json::Array(values) => Ok(values.iter().map(|value| Value::read(value, kind)).collect()),
            other => Err(self.store().wire().odd("The answer is no list of values", &other)),
        }
    }

    /// Of a property of an object attribute, or over a relation: whatever JSON says.
    fn value_type(&self, attribute: &str) -> AttributeType {
        self.dataclass().info().and_then(|info| info.attribute(attribute)).map_or(AttributeType::Other, |attribute| attribute.value_type())
    }

    /// Asks about one attribute of all its entities: with its filter while it has no set.
    async fn over(&self, attribute: &str, what: impl Fn(Ask) -> Ask) -> Result<Json> {
        let path = format!("{}/{}", name(self.dataclass().name()), name(attribute));
        match &self.inner.origin {
            Origin::Query { filter, .. } if !self.inner.has_set().await => {
                self.inner.json(&what(refined(Ask::get(path), filter.as_ref(), None))).await
            }
            _ => self.inner.ask_of_set(|id| what(Ask::get(format!("{path}/$entityset/{}", name(&id))))).await,
        }
    }
}
