//! One request, which can be asked of both engines, made smaller, and told.

use std::fmt;

use serde_json::Value;

use crate::filters::Filter;

/// Where the set that an engine made last on the dataclass is named.
pub const SET: &str = "{set}";
/// The one before it.
pub const OTHER_SET: &str = "{other}";

/// An option that stands within the filter.
pub const ORDER_IN_FILTER: &str = "order by";

/// A request in pieces, so that a smaller one can be tried.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub class: String,
    /// What follows the dataclass's name.
    pub place: String,
    pub filter: Option<Filter>,
    pub options: Vec<(&'static str, String)>,
    pub body: Option<Value>,
}

impl Request {
    pub fn get(class: &str, place: impl Into<String>) -> Self {
        Self { method: "GET", class: class.to_owned(), place: place.into(), filter: None, options: Vec::new(), body: None }
    }

    pub fn post(class: &str, place: impl Into<String>, body: Option<Value>) -> Self {
        Self { method: "POST", body, ..Self::get(class, place) }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.options.push((name, value.into()));
        self
    }

    /// Path and parameters, not yet encoded.
    fn pieces(&self) -> (String, Vec<(&str, String)>) {
        let mut options: Vec<(&str, String)> = self.options.iter().map(|(name, value)| (*name, value.clone())).collect();
        if let Some(filter) = &self.filter {
            let mut parameters = Vec::new();
            let mut text = filter.text(&mut parameters);
            if let Some(at) = options.iter().position(|(name, _)| *name == ORDER_IN_FILTER) {
                text = format!("{text} order by {}", options.remove(at).1);
            }
            options.insert(0, ("$filter", format!("\"{text}\"")));
            if !parameters.is_empty() {
                options.push(("$params", Value::from(parameters).to_string()));
            }
        }
        (format!("/rest/{}{}", self.class, self.place), options)
    }

    /// The URL, with sets named.
    pub fn url(&self, set: &str, other: &str) -> String {
        let named = |text: &str| text.replace(SET, set).replace(OTHER_SET, other);
        let (path, options) = self.pieces();
        let options: Vec<String> = options.iter().map(|(name, value)| format!("{name}={}", encode(&named(value)))).collect();
        let mut url = encode(&named(&path));
        if !options.is_empty() {
            url.push('?');
            url.push_str(&options.join("&"));
        }
        url
    }

    /// True when nothing of a save stays.
    pub fn is_trial(&self) -> bool {
        self.options.iter().any(|(name, value)| *name == "$refresh" || *name == "$method" && value == "validate")
    }

    /// True when the data may be other afterwards, or what the next requests see of it.
    pub fn leaves_something(&self) -> bool {
        self.method == "POST"
            || self.options.iter().any(|(name, value)| *name == "$lock" || *name == "$method" && value.contains("entityset"))
    }

    /// Smaller ones.
    pub fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let without = |filter| Self { filter, ..self.clone() };
        if let Some(filter) = &self.filter {
            all.push(without(None));
            all.extend(filter.smaller().into_iter().map(|filter| without(Some(filter))));
        }
        for at in 0..self.options.len() {
            let mut less = self.clone();
            let (name, value) = less.options.remove(at);
            all.push(less);
            if matches!(name, "$orderby" | ORDER_IN_FILTER | "$attributes" | "$subOrderby") && value.contains(',') {
                let parts: Vec<&str> = value.split(',').collect();
                for gone in 0..parts.len() {
                    let kept: Vec<&str> = parts.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, part)| *part).collect();
                    let mut less = self.clone();
                    less.options[at].1 = kept.join(",");
                    all.push(less);
                }
            }
        }
        all.extend(self.body.iter().flat_map(smaller_body).map(|body| Self { body: Some(body), ..self.clone() }));
        all
    }
}

fn smaller_body(body: &Value) -> Vec<Value> {
    match body {
        Value::Array(items) => {
            let mut all: Vec<Value> = (0..items.len())
                .map(|gone| {
                    Value::from(items.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, item)| item.clone()).collect::<Vec<_>>())
                })
                .collect();
            for (at, item) in items.iter().enumerate() {
                all.extend(smaller_body(item).into_iter().map(|item| {
                    let mut items = items.clone();
                    items[at] = item;
                    Value::from(items)
                }));
            }
            all
        }
        Value::Object(members) => members
            .keys()
            .map(|gone| members.iter().filter(|(name, _)| *name != gone).map(|(name, value)| (name.clone(), value.clone())).collect())
            .collect(),
        _ => Vec::new(),
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, options) = self.pieces();
        write!(f, "{} {path}", self.method)?;
        for (at, (name, value)) in options.iter().enumerate() {
            write!(f, "{}{name}={value}", if at == 0 { " ?" } else { " &" })?;
        }
        if let Some(body) = &self.body {
            write!(f, "\n      {body}")?;
        }
        Ok(())
    }
}

fn encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/$()[]:,._-".contains(&byte);
    text.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
