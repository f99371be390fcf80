//! The authorisation oracle: whatever a key asks, the answer is what filtering the whole database in memory by a tiny evaluator gives
//! (`roles-privileges.md` 4 and 6, `rest-dialect.md` 9, 10). And non-interference: two databases that differ only in what a key may
//! not read answer that key with the same bytes.

#![allow(unreachable_pub, clippy::unwrap_used, missing_docs)]

mod filter;
mod permission;
mod product;
mod world;

use std::cmp::Ordering;

use filter::{Filter, Path, Truth, filters};
use permission::{ROLES, Rules, rules};
use product::Product;
use proptest::prelude::*;
use serde_json::{Value, json};
use world::{Class, Entity, Scalar, Type, World, worlds};

/// What is asked.
#[derive(Clone, Debug)]
struct Question {
    class: Class,
    filter: Option<Filter>,
    order: Vec<(Path, bool)>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Page,
    Attributes(Vec<&'static str>),
    Distinct(&'static str),
    Compute(&'static str, &'static str),
}

fn questions() -> impl Strategy<Value = Question> {
    prop::sample::select(vec![Class::Author, Class::Book]).prop_flat_map(|class| {
        let names: Vec<&'static str> = class.fields().iter().map(|field| field.name).collect();
        let kind = prop_oneof![
            4 => Just(Kind::Page),
            2 => prop::sample::subsequence(names.clone(), 1..4).prop_map(Kind::Attributes),
            1 => prop::sample::select(names.clone()).prop_map(Kind::Distinct),
            1 => computations(class),
        ];
        (prop::option::weighted(0.8, filters(class)), order(class), kind).prop_map(move |(filter, order, kind)| Question {
            class,
            filter,
            order,
            kind,
        })
    })
}

/// Minimum and maximum are for numbers, texts and dates (10.1).
fn computations(class: Class) -> impl Strategy<Value = Kind> {
    let all = class.fields().into_iter().flat_map(|field| {
        let what: &[&'static str] = if field.ty == Type::Bool { &["count"] } else { &["count", "min", "max"] };
        what.iter().map(move |what| Kind::Compute(field.name, what))
    });
    prop::sample::select(all.collect::<Vec<_>>())
}

fn order(class: Class) -> impl Strategy<Value = Vec<(Path, bool)>> {
    let mut paths: Vec<Path> = class.fields().into_iter().map(|field| Path { steps: Vec::new(), field }).collect();
    if class == Class::Book {
        paths.extend(Class::Author.fields().into_iter().map(|field| Path { steps: vec![("author", 1)], field }));
    }
    prop::collection::vec((prop::sample::select(paths), any::<bool>()), 0..3)
}

impl Question {
    fn url(&self) -> String {
        let mut url = format!("/rest/{}", self.class.name());
        match &self.kind {
            Kind::Page => url.push_str("?$top=1000"),
            Kind::Attributes(names) => url.push_str(&format!("?$top=1000&$attributes={}", names.join(","))),
            Kind::Distinct(name) => url.push_str(&format!("/{name}?$distinct=true")),
            Kind::Compute(name, what) => url.push_str(&format!("/{name}?$compute={what}")),
        }
        if let Some(filter) = &self.filter {
            url.push_str(&format!("&$filter={}", product::encode(&format!("\"{}\"", filter.text()))));
        }
        if !self.order.is_empty() && !matches!(self.kind, Kind::Distinct(_) | Kind::Compute(..)) {
            let terms: Vec<String> = self
                .order
                .iter()
                .map(|(path, descending)| format!("{} {}", path.text(), if *descending { "desc" } else { "asc" }))
                .collect();
            url.push_str(&format!("&$orderby={}", product::encode(&format!("\"{}\"", terms.join(", ")))));
        }
        url
    }

    /// Every test that the request needs (roles-privileges 4.4).
    fn is_allowed(&self, rules: &Rules, role: &str) -> bool {
        let named = match &self.kind {
            Kind::Page | Kind::Attributes(_) => true,
            Kind::Distinct(name) | Kind::Compute(name, _) => rules.attribute(role, self.class, name),
        };
        let filter = self.filter.iter().flat_map(Filter::paths).all(|path| rules.path(role, self.class, path));
        let sorts = !matches!(self.kind, Kind::Distinct(_) | Kind::Compute(..));
        let order = !sorts || self.order.iter().all(|(path, _)| rules.path(role, self.class, path));
        rules.class(role, self.class) && named && filter && order
    }

    /// What an allowed role is answered.
    fn expected(&self, world: &World, rules: &Rules, role: &str) -> Value {
        let mut found: Vec<&Entity> = world
            .of(self.class)
            .iter()
            .filter(|entity| self.filter.as_ref().is_none_or(|filter| filter.value(world, entity) == Truth::True))
            .collect();
        match &self.kind {
            Kind::Page | Kind::Attributes(_) => {
                found.sort_by(|one, two| self.compare(world, one, two));
                let entities = found.iter().map(|entity| self.shown(entity, rules, role));
                json!(entities.collect::<Vec<_>>())
            }
            Kind::Distinct(name) => json!(distinct(&found, name).iter().map(Scalar::json).collect::<Vec<_>>()),
            Kind::Compute(name, what) => {
                let mut values: Vec<&Scalar> = found.iter().filter_map(|entity| entity.get(name)).collect();
                values.sort_by(|one, two| one.sort_order(two));
                match *what {
                    "count" => json!(values.len()),
                    "min" => values.first().map_or(Value::Null, |value| computed(value)),
                    _ => values.last().map_or(Value::Null, |value| computed(value)),
                }
            }
        }
    }

    fn compare(&self, world: &World, one: &Entity, two: &Entity) -> Ordering {
        for (path, descending) in &self.order {
            let value = |entity| match path.steps.as_slice() {
                [] => Entity::get(entity, path.field.name),
                _ => world.to_one(entity, "author").and_then(|author| author.get(path.field.name)),
            };
            let ordering = match (value(one), value(two)) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Less,
                (Some(_), None) => Ordering::Greater,
                (Some(one), Some(two)) => one.sort_order(two),
            };
            let ordering = if *descending { ordering.reverse() } else { ordering };
            if ordering.is_ne() {
                return ordering;
            }
        }
        one["ID"].order(&two["ID"])
    }

    /// An entity as this role sees it: key, readable attributes, relations deferred, `__INVALID` for a named attribute that is hidden.
    fn shown(&self, entity: &Entity, rules: &Rules, role: &str) -> Value {
        let key = entity["ID"].json().to_string();
        let mut out = serde_json::Map::new();
        out.insert("__KEY".into(), json!(key));
        let cut = match &self.kind {
            Kind::Attributes(names) => Some(names),
            _ => None,
        };
        for field in self.class.fields() {
            let readable = rules.attribute(role, self.class, field.name);
            if cut.is_some_and(|names| !names.contains(&field.name)) {
                continue;
            }
            if readable {
                let value = entity.get(field.name).map_or(Value::Null, |value| if cut.is_some() { banged(value) } else { value.json() });
                out.insert(field.name.into(), value);
            } else if cut.is_some() {
                out.insert("__INVALID".into(), json!(1));
            }
        }
        if cut.is_none() {
            for relation in self.class.relations() {
                if !rules.attribute(role, self.class, relation) {
                    continue;
                }
                let value = match (self.class, entity.get("authorID")) {
                    (Class::Author, _) => json!({ "__deferred": { "uri": format!("/rest/Author[{key}]/books?$expand=books") } }),
                    (Class::Book, None) => Value::Null,
                    (Class::Book, Some(author)) => {
                        json!({ "__deferred": { "uri": format!("/rest/Author[{}]", author.json()), "__KEY": author.json().to_string() } })
                    }
                };
                out.insert(relation.into(), value);
            }
        }
        Value::Object(out)
    }
}

/// Dates in entities cut down with `$attributes` (5.4).
fn banged(value: &Scalar) -> Value {
    match value {
        Scalar::Date(year, month, day) => json!(format!("!!{year:04}-{month:02}-{day:02}!!")),
        other => other.json(),
    }
}

/// Dates coming out of `$compute` (5.4).
fn computed(value: &Scalar) -> Value {
    match value {
        Scalar::Date(year, month, day) => json!(format!("{year:04}-{month:02}-{day:02}T00:00:00.000Z")),
        other => other.json(),
    }
}

fn distinct(found: &[&Entity], name: &str) -> Vec<Scalar> {
    let mut values: Vec<Scalar> = found.iter().filter_map(|entity| entity.get(name).cloned()).collect();
    values.sort_by(Scalar::sort_order);
    values.dedup_by(|later, first| later.order(first).is_eq());
    values
}

/// The members of the answer that the oracle speaks of.
fn simplified(kind: &Kind, answer: &Value) -> Value {
    match kind {
        Kind::Distinct(_) | Kind::Compute(..) => answer.clone(),
        Kind::Page | Kind::Attributes(_) => {
            let mut entities = answer["__ENTITIES"].clone();
            for entity in entities.as_array_mut().unwrap() {
                let members = entity.as_object_mut().unwrap();
                members.remove("__STAMP");
                members.remove("__TIMESTAMP");
            }
            assert_eq!(answer["__COUNT"], json!(entities.as_array().unwrap().len()));
            entities
        }
    }
}

/// Compared without regard to member order and to how a number is written.
fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len() && one.iter().all(|(name, value)| two.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(one), Value::Array(two)) => one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two)),
        (Value::Number(one), Value::Number(two)) => one.as_f64() == two.as_f64(),
        _ => one == two,
    }
}

const DATABASES: u32 = 8;
const QUESTIONS: usize = 60;

proptest! {
    #![proptest_config(ProptestConfig { cases: DATABASES, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_what_the_oracle_says(
        world in worlds(), rules in rules(), questions in prop::collection::vec(questions(), QUESTIONS)
    ) {
        let product = Product::open(&rules.file(), &world);
        for question in &questions {
            for (role, _) in ROLES {
                let url = question.url();
                let (status, answer) = product.get(role, &url);
                if question.is_allowed(&rules, role) {
                    prop_assert_eq!(status, 200, "{} as {}: {}", url, role, answer);
                    let (got, wanted) = (simplified(&question.kind, &answer), question.expected(&world, &rules, role));
                    prop_assert!(same(&got, &wanted), "{} as {}:\n got {}\n not {}", url, role, got, wanted);
                } else {
                    prop_assert_eq!(status, 401, "{} as {}: {}", url, role, answer);
                    prop_assert!(answer["__ERROR"].is_array());
                }
            }
        }
    }

    #[test]
    fn what_may_not_be_read_cannot_be_told_apart(
        one in worlds(), other in worlds(), rules in rules(), questions in prop::collection::vec(questions(), QUESTIONS)
    ) {
        for (role, _) in ROLES {
            let changed = unreadable_replaced(&one, &other, &rules, role);
            let (first, second) = (Product::open(&rules.file(), &one), Product::open(&rules.file(), &changed));
            for question in &questions {
                let url = question.url();
                prop_assert_eq!(first.get_raw(role, &url), second.get_raw(role, &url), "{} as {}", url, role);
            }
        }
    }
}

/// The first world with every value that the role may not read taken from the other.
fn unreadable_replaced(one: &World, other: &World, rules: &Rules, role: &str) -> World {
    let mut changed = one.clone();
    for (class, entities, others) in
        [(Class::Author, &mut changed.authors, &other.authors), (Class::Book, &mut changed.books, &other.books)]
    {
        for (entity, other) in entities.iter_mut().zip(others) {
            for field in class.fields() {
                // The key is always shown; a foreign key shows through the readable relation, in either direction.
                let shows = field.name == "ID"
                    || rules.attribute(role, class, field.name)
                    || (field.name == "authorID"
                        && (rules.attribute(role, class, "author") || rules.attribute(role, Class::Author, "books")));
                if !shows {
                    match other.get(field.name) {
                        Some(value) => entity.insert(field.name, value.clone()),
                        None => entity.remove(field.name),
                    };
                }
            }
        }
    }
    changed
}
