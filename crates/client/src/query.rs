//! Queries before they are asked (`dataClass.query()`, `remote-datastore.md` 4.1).

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde_json::{Value as Json, json};

use crate::dataclass::Dataclass;
use crate::error::RemoteError;
use crate::row::Page;
use crate::selection::{Origin, Selection, Shape};
use crate::value::Value;
use crate::{Error, Result};

/// A query that becomes a [`Selection`] when it is awaited; its first page is asked for then.
#[must_use = "a query does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct Query {
    class: Dataclass,
    /// None: the whole dataclass.
    base: Option<Selection>,
    filter: Result<Option<Filter>, Error>,
    order: Option<String>,
    shape: Shape,
}

/// A filter with the values of its placeholders, as they travel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter {
    pub(crate) text: String,
    pub(crate) params: Vec<Json>,
}

/// The settings object of `query()`: placeholders with names.
#[derive(Clone, Debug, Default)]
pub struct QuerySettings {
    parameters: BTreeMap<String, Value>,
    attributes: BTreeMap<String, Json>,
    refuses_formulas: bool,
}

impl QuerySettings {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `:name` (`parameters`).
    pub fn parameter(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// The attribute that `:name` stands for (`attributes`).
    pub fn attribute(mut self, name: &str, path: &str) -> Self {
        self.attributes.insert(name.to_owned(), json!(path));
        self
    }

    /// Whether the text may hold `eval(…)` (`allowFormulas`); the server has the last word.
    pub fn allow_formulas(mut self, allow: bool) -> Self {
        self.refuses_formulas = !allow;
        self
    }
}

impl Query {
    pub(crate) fn new(class: Dataclass, base: Option<Selection>, filter: Result<Option<Filter>>) -> Self {
        let shape = base.as_ref().map(Selection::shape).unwrap_or_else(|| Shape::of(class.store().wire().rules.page_size));
        Self { class, base, filter, order: None, shape }
    }

    /// The order: `"price desc, title"` (`orderBy()`).
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order = Some(order.into());
        self
    }

    /// Only these attributes travel: `["title", "author.fullName"]` (`remote-datastore.md` 7).
    pub fn select<I: IntoIterator<Item = S>, S: AsRef<str>>(mut self, attributes: I) -> Self {
        self.shape.select = Some(joined(attributes));
        self
    }

    /// Entities of a page, instead of the connection's.
    pub fn page_size(mut self, entities: usize) -> Self {
        self.shape.page_size = entities.max(1);
        self
    }

    /// The entity set is made with the first page, not with the second: all pages then show the entities that were there at one moment.
    pub fn kept(mut self) -> Self {
        self.shape.is_kept = true;
        self
    }

    /// The selection will know how it was found (`queryPlan`, `queryPath`).
    pub fn explained(mut self) -> Self {
        self.shape.is_explained = true;
        self
    }

    async fn ask(self) -> Result<Selection> {
        let shape = self.shape.clone();
        let (class, origin) = self.origin().await?;
        Selection::asked(class, origin, shape).await
    }

    /// Only how many entities fit, without reading any.
    pub async fn length(self) -> Result<usize> {
        let (class, origin) = self.origin().await?;
        let prepared = origin.prepare(&class, false).await?;
        let body = class.store().wire().json(&prepared.ask.clone().with("$top", "0")).await?;
        Ok(Page::read(body)?.count)
    }

    async fn origin(self) -> Result<(Dataclass, Origin)> {
        let filter = self.filter?;
        let class = self.class.described().await?;
        let origin = match self.base {
            Some(base) => Origin::Refined { base: base.inner, filter, order: self.order },
            None => Origin::Query { filter, order: self.order },
        };
        Ok((class, origin))
    }
}

impl IntoFuture for Query {
    type Output = Result<Selection>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Selection>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ask())
    }
}

impl Filter {
    /// A text with `:1`, `:2` …; an empty text is no filter.
    pub(crate) fn positional(text: &str, values: &[Value]) -> Result<Option<Self>> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let params = values.iter().map(Value::as_param).collect::<Result<_>>()?;
        Ok(Some(Self { text: text.to_owned(), params }))
    }

    /// Placeholders with names become numbered ones, because only those travel. Numbered ones take the values.
    pub(crate) fn named(text: &str, values: &[Value], settings: &QuerySettings) -> Result<Option<Self>> {
        let Some(Self { text, mut params }) = Self::positional(text, values)? else { return Ok(None) };
        let mut made = String::with_capacity(text.len());
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut quote = None;
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let (one, after) = rest.split_at(first.len_utf8());
            rest = after;
            if let Some(open) = quote {
                quote = (first != open).then_some(open);
            } else if first == '\'' || first == '"' {
                quote = Some(first);
            } else if first == ':' && rest.starts_with(|next: char| next.is_alphabetic() || next == '_') {
                let length = rest.find(|next: char| !(next.is_alphanumeric() || next == '_')).unwrap_or(rest.len());
                let (name, after) = rest.split_at(length);
                rest = after;
                let place = match places.get(name) {
                    Some(place) => *place,
                    None => {
                        params.push(settings.find(name)?);
                        places.insert(name.to_owned(), params.len());
                        params.len()
                    }
                };
                made.push_str(&format!(":{place}"));
                continue;
            } else if settings.refuses_formulas && first == '(' && made.trim_end().to_ascii_lowercase().ends_with("eval") {
                return Err(refused(1278, "Formulas are not allowed in this query."));
            }
            made.push_str(one);
        }
        Ok(Some(Self { text: made, params }))
    }
}

impl QuerySettings {
    fn find(&self, name: &str) -> Result<Json> {
        match (self.parameters.get(name), self.attributes.get(name)) {
            (Some(value), _) => value.as_param(),
            (None, Some(path)) => Ok(path.clone()),
            (None, None) => Err(refused(1279, &format!("The query has no value for the placeholder :{name}."))),
        }
    }
}

fn refused(err_code: i64, message: &str) -> Error {
    let error = RemoteError { err_code, message: message.to_owned(), component_signature: "rest".to_owned() };
    Error::Remote { http_status: 400, errors: vec![error] }
}

/// An attribute list as `$attributes` has it.
pub(crate) fn joined<I: IntoIterator<Item = S>, S: AsRef<str>>(attributes: I) -> String {
    attributes.into_iter().map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Filter, QuerySettings};
    use crate::params;

    #[test]
    fn names_become_numbers_and_quoted_text_stays() {
        let settings = QuerySettings::new().parameter("who", "Ines@").attribute("att", "author.fullName");
        let values = params![20];
        let filter = Filter::named("price < :1 and :att = :who and title = ':who' and :att # 'x'", &values, &settings).unwrap().unwrap();
        assert_eq!(filter.text, "price < :1 and :2 = :3 and title = ':who' and :2 # 'x'");
        assert_eq!(filter.params, vec![json!(20), json!("author.fullName"), json!("Ines@")]);
    }

    #[test]
    fn a_name_without_value_and_a_refused_formula_are_errors() {
        let error = Filter::named("title = :nobody", &[], &QuerySettings::new()).unwrap_err();
        assert_eq!(error.number(), Some(1279));
        let error = Filter::named("Eval (1 = 1)", &[], &QuerySettings::new().allow_formulas(false)).unwrap_err();
        assert_eq!(error.number(), Some(1278));
        assert!(Filter::named("evaluation = 1", &[], &QuerySettings::new().allow_formulas(false)).is_ok());
        assert!(Filter::positional("  ", &[]).unwrap().is_none());
    }
}
