//! How a selection is found, so that it can be found again when the server has forgotten it (`remote-datastore.md` 5).

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::Result;
use crate::ask::{Ask, name};
use crate::dataclass::Dataclass;
use crate::error::{Error, Missing};
use crate::farewell::EntitySet;
use crate::query::Filter;
use crate::row::Page;

use super::Kept;

/// Keys of one request: its address stays short enough for any server.
const KEYS_AT_ONCE: usize = 100;

/// What was asked for.
pub(crate) enum Origin {
    /// Of the whole dataclass.
    Query { filter: Option<Filter>, order: Option<String> },
    /// Of another selection.
    Refined { base: Arc<Kept>, filter: Option<Filter>, order: Option<String> },
    /// Of two others: `AND`, `OR`, `EXCEPT`.
    Combined { left: Arc<Kept>, right: Arc<Kept>, operator: &'static str },
    /// What belongs to an entity.
    Related { address: String, attribute: String },
    /// Entities with one of these values at a path: mostly their keys.
    Among { path: String, values: Vec<Json>, order: Option<String> },
    /// A function made it; it cannot be found again.
    Called,
    /// Nothing.
    Empty,
}

/// A request for a selection, with the sets that it needs alive.
pub(crate) struct Prepared {
    pub(crate) ask: Ask,
    _sets: Vec<EntitySet>,
}

impl Origin {
    /// Has an order of its own.
    pub(crate) fn is_ordered(&self) -> bool {
        match self {
            Self::Query { order, filter } => {
                order.is_some() || filter.as_ref().is_some_and(|filter| filter.text.to_ascii_lowercase().contains("order by"))
            }
            Self::Refined { base, order, .. } => order.is_some() || base.origin.is_ordered(),
            Self::Combined { left, .. } => left.origin.is_ordered(),
            _ => false,
        }
    }

    /// Can be asked for again.
    pub(crate) fn can_be_found_again(&self) -> bool {
        match self {
            Self::Called => false,
            Self::Refined { base, .. } => base.origin.can_be_found_again(),
            Self::Combined { left, right, .. } => left.origin.can_be_found_again() && right.origin.can_be_found_again(),
            _ => true,
        }
    }

    /// What it is made of.
    pub(crate) fn bases(&self) -> Vec<&Arc<Kept>> {
        match self {
            Self::Refined { base, .. } => vec![base],
            Self::Combined { left, right, .. } => vec![left, right],
            _ => Vec::new(),
        }
    }

    /// The request for it, without page and attributes. `keep`: the server makes an entity set of it.
    pub(crate) async fn prepare(&self, class: &Dataclass, keep: bool) -> Result<Prepared> {
        let kept = |ask: Ask| if keep { ask.with("$method", "entityset") } else { ask };
        let mut sets = Vec::new();
        let ask = match self {
            Self::Query { filter, order } => kept(refined(Ask::get(name(class.name())), filter.as_ref(), order.as_deref())),
            Self::Refined { base, filter, order } => {
                let set = set_path(class.name(), &base.set().await?);
                kept(refined(Ask::get(set), filter.as_ref(), order.as_deref()))
            }
            Self::Combined { left, right, operator } => {
                let (left, right) = (left.set().await?, right.set().await?);
                kept(combined(class.name(), &left, operator, &right))
            }
            Self::Related { address, attribute } => {
                let path = format!("{address}/{}", name(attribute));
                Ask::get(path).with("$expand", attribute).with("$method", "subentityset")
            }
            Self::Among { path, values, order } => {
                let among = |values: &[Json]| {
                    let filter = Filter { text: format!("{path} in :1"), params: vec![json!(values)] };
                    refined(Ask::get(name(class.name())), Some(&filter), order.as_deref())
                };
                let mut groups = values.chunks(KEYS_AT_ONCE);
                let first = groups.next().unwrap_or_default();
                if groups.len() == 0 {
                    kept(among(first))
                } else {
                    let mut set = stored(class, among(first)).await?;
                    for group in groups {
                        let other = stored(class, among(group)).await?;
                        let both = stored(class, combined(class.name(), &set.id, "OR", &other.id)).await?;
                        set = both;
                    }
                    let ask = refined(Ask::get(set_path(class.name(), &set.id)), None, order.as_deref());
                    sets.push(set);
                    kept(ask)
                }
            }
            Self::Called | Self::Empty => {
                return Err(Error::missing(Missing::EntitySet, "The selection cannot be found again.".to_owned()));
            }
        };
        Ok(Prepared { ask, _sets: sets })
    }
}

/// Makes a set of what is asked for.
async fn stored(class: &Dataclass, ask: Ask) -> Result<EntitySet> {
    let wire = class.store().wire();
    let page = Page::read(wire.json(&ask.with("$method", "entityset").with("$top", "0")).await?)?;
    page.set.map(|id| EntitySet::new(wire, id)).ok_or_else(no_set)
}

/// The server answered without the set that it was asked to make.
pub(crate) fn no_set() -> Error {
    Error::Protocol { cause: "The answer names no entity set".to_owned(), excerpt: String::new() }
}

pub(crate) fn set_path(dataclass: &str, id: &str) -> String {
    format!("{}/$entityset/{}", name(dataclass), name(id))
}

fn combined(dataclass: &str, left: &str, operator: &str, right: &str) -> Ask {
    Ask::get(set_path(dataclass, left)).with("$logicOperator", operator).with("$otherCollection", right)
}

/// With filter and order.
pub(crate) fn refined(mut ask: Ask, filter: Option<&Filter>, order: Option<&str>) -> Ask {
    if let Some(filter) = filter {
        ask = ask.quoted("$filter", &filter.text);
        if !filter.params.is_empty() {
            ask = ask.params(&filter.params);
        }
    }
    match order {
        Some(order) => ask.quoted("$orderby", order),
        None => ask,
    }
}
