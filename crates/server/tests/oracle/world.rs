//! A small database in memory, and the same one as JSON for the product.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::filter::Op;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Author,
    Book,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Text,
    Whole,
    Number,
    Bool,
    Date,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    pub name: &'static str,
    pub ty: Type,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Text(String),
    /// In hundredths, so that comparing is exact.
    Number(i64),
    Bool(bool),
    /// Year, month, day.
    Date(i64, i64, i64),
}

/// Attributes with a value; absent means null.
pub type Entity = BTreeMap<&'static str, Scalar>;

#[derive(Clone, Debug)]
pub struct World {
    pub authors: Vec<Entity>,
    pub books: Vec<Entity>,
}

/// The alphabet of all texts, with what each letter folds to.
const LETTERS: [(char, char); 10] =
    [('a', 'a'), ('A', 'a'), ('á', 'a'), ('Á', 'a'), ('b', 'b'), ('B', 'b'), ('é', 'e'), ('e', 'e'), ('ñ', 'n'), ('n', 'n')];

pub fn fold(text: &str) -> String {
    text.chars().map(|letter| LETTERS.iter().find(|(from, _)| *from == letter).map_or(letter, |(_, to)| *to)).collect()
}

const fn field(name: &'static str, ty: Type) -> Field {
    Field { name, ty }
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Self::Author => "Author",
            Self::Book => "Book",
        }
    }

    pub fn fields(self) -> Vec<Field> {
        match self {
            Self::Author => vec![
                field("ID", Type::Whole),
                field("name", Type::Text),
                field("rating", Type::Number),
                field("active", Type::Bool),
                field("born", Type::Date),
            ],
            Self::Book => {
                vec![
                    field("ID", Type::Whole),
                    field("title", Type::Text),
                    field("price", Type::Number),
                    field("pages", Type::Whole),
                    field("authorID", Type::Whole),
                ]
            }
        }
    }

    pub fn relations(self) -> Vec<&'static str> {
        match self {
            Self::Author => vec!["books"],
            Self::Book => vec!["author"],
        }
    }
}

pub const MODEL: &str = r#"{ "toJSON": true, "dataClasses": [
  { "name": "Author", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "primKey": true },
    { "name": "name", "kind": "storage", "type": "string" },
    { "name": "rating", "kind": "storage", "type": "number" },
    { "name": "active", "kind": "storage", "type": "bool" },
    { "name": "born", "kind": "storage", "type": "date", "simpleDate": true },
    { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "reversePath": true, "path": "author" } ] },
  { "name": "Book", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "primKey": true },
    { "name": "title", "kind": "storage", "type": "string" },
    { "name": "price", "kind": "storage", "type": "number", "precision": 10, "scale": 2 },
    { "name": "pages", "kind": "storage", "type": "long" },
    { "name": "authorID", "kind": "storage", "type": "long" },
    { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" } ] } ] }"#;

impl Field {
    pub fn values(&self) -> BoxedStrategy<Scalar> {
        match self.ty {
            Type::Text => pattern().prop_map(Scalar::Text).boxed(),
            Type::Whole => (0..14_i64).prop_map(|number| Scalar::Number(number * 100)).boxed(),
            Type::Number => (-3..12_i64).prop_map(|number| Scalar::Number(number * 50)).boxed(),
            Type::Bool => any::<bool>().prop_map(Scalar::Bool).boxed(),
            Type::Date => date().boxed(),
        }
    }

    pub fn operators(&self) -> Vec<Op> {
        match self.ty {
            Type::Bool => vec![Op::Equal, Op::Different],
            Type::Text => vec![
                Op::Equal,
                Op::Equal,
                Op::Exactly,
                Op::Different,
                Op::Less,
                Op::LessOrEqual,
                Op::Greater,
                Op::GreaterOrEqual,
                Op::Begin,
            ],
            _ => vec![Op::Equal, Op::Different, Op::Less, Op::LessOrEqual, Op::Greater, Op::GreaterOrEqual],
        }
    }
}

impl Scalar {
    /// As it stands in a filter.
    pub fn literal(&self) -> String {
        match self {
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => hundredths(*number),
            Self::Bool(value) => value.to_string(),
            Self::Date(year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
        }
    }

    /// As it is sent and received.
    pub fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => serde_json::from_str(&hundredths(*number)).unwrap(),
            Self::Bool(value) => json!(value),
            Self::Date(year, month, day) => json!(format!("{day}!{month}!{year}")),
        }
    }

    /// Order of the dialect: text by fold.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => fold(one).cmp(&fold(two)),
            (Self::Number(one), Self::Number(two)) => one.cmp(two),
            (Self::Bool(one), Self::Bool(two)) => one.cmp(two),
            (Self::Date(a, b, c), Self::Date(d, e, f)) => (a, b, c).cmp(&(d, e, f)),
            _ => Ordering::Equal,
        }
    }

    /// Order of lists: text by fold, then by code points.
    pub fn sort_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => fold(one).cmp(&fold(two)).then_with(|| one.cmp(two)),
            _ => self.order(other),
        }
    }
}

/// `150` is `1.5`.
pub fn hundredths(number: i64) -> String {
    let (sign, digits) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    let text = format!("{sign}{}.{:02}", digits / 100, digits % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl World {
    pub fn of(&self, class: Class) -> &[Entity] {
        match class {
            Class::Author => &self.authors,
            Class::Book => &self.books,
        }
    }

    pub fn to_one<'w>(&'w self, book: &Entity, relation: &str) -> Option<&'w Entity> {
        assert_eq!(relation, "author");
        let key = book.get("authorID")?;
        self.authors.iter().find(|author| author.get("ID") == Some(key))
    }

    pub fn books_of<'w>(&'w self, author: &Entity) -> impl Iterator<Item = &'w Entity> + use<'w> {
        let key = author.get("ID").cloned();
        self.books.iter().filter(move |book| book.get("authorID") == key.as_ref())
    }

    /// Bodies for `$method=update`, authors first.
    pub fn bodies(&self) -> [(Class, Value); 2] {
        let body = |entities: &[Entity]| {
            Value::Array(
                entities
                    .iter()
                    .map(|entity| {
                        Value::Object(entity.iter().map(|(name, value)| ((*name).to_owned(), value.json())).collect::<Map<_, _>>())
                    })
                    .collect(),
            )
        };
        [(Class::Author, body(&self.authors)), (Class::Book, body(&self.books))]
    }
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(LETTERS.to_vec()), 0..4)
        .prop_map(|letters| letters.into_iter().map(|(letter, _)| letter).collect())
}

/// A text, sometimes with a wildcard. Never empty together with a wildcard only, which would be no condition worth testing.
fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => text(),
        1 => text().prop_map(|text| format!("{text}@")),
        1 => text().prop_map(|text| format!("@{text}")),
        1 => (text(), text()).prop_map(|(one, two)| format!("{one}@{two}")),
    ]
}

fn date() -> impl Strategy<Value = Scalar> {
    (1990..1993_i64, 1..4_i64, 1..4_i64).prop_map(|(year, month, day)| Scalar::Date(year, month, day))
}

fn maybe(value: BoxedStrategy<Scalar>) -> BoxedStrategy<Option<Scalar>> {
    prop_oneof![4 => value.prop_map(Some), 1 => Just(None)].boxed()
}

/// Random databases.
pub fn worlds() -> impl Strategy<Value = World> {
    let author = (
        maybe(text().prop_map(Scalar::Text).boxed()),
        maybe(field("", Type::Number).values()),
        maybe(any::<bool>().prop_map(Scalar::Bool).boxed()),
        maybe(date().boxed()),
    );
    let book = (
        maybe(text().prop_map(Scalar::Text).boxed()),
        maybe(field("", Type::Number).values()),
        maybe(field("", Type::Whole).values()),
        maybe((1..8_i64).prop_map(|number| Scalar::Number(number * 100)).boxed()),
    );
    (prop::collection::vec(author, 7), prop::collection::vec(book, 0..16)).prop_map(|(authors, books)| World {
        authors: authors
            .into_iter()
            .zip(1..)
            .map(|((name, rating, active, born), id)| entity(id, [("name", name), ("rating", rating), ("active", active), ("born", born)]))
            .collect(),
        books: books
            .into_iter()
            .zip(1..)
            .map(|((title, price, pages, author), id)| {
                entity(id, [("title", title), ("price", price), ("pages", pages), ("authorID", author)])
            })
            .collect(),
    })
}

fn entity(id: i64, values: [(&'static str, Option<Scalar>); 4]) -> Entity {
    let mut entity = Entity::from([("ID", Scalar::Number(id * 100))]);
    entity.extend(values.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))));
    entity
}
