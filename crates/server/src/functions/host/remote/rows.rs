//! Entities of other applications as the code in the worker takes them: the wire's values as those of rows, and back (`rest-dialect.md` 5.4).

use std::sync::Arc;

use claviger_client::{AttributeInfo, AttributeKind, AttributeType, Catalog, DataclassInfo, Row};
use serde_json::{Map, Value as Json, json};

use crate::functions::host::entities::{Saved as Asked, mergeable};

/// The dataclasses of one catalog.
pub(super) struct Shapes(Vec<Shape>);

/// What the entities of one dataclass are made of.
pub(super) struct Shape {
    pub(super) info: Arc<DataclassInfo>,
    key: KeyKind,
    pub(super) columns: Vec<Column>,
}

/// One attribute.
pub(super) struct Column {
    pub(super) info: AttributeInfo,
    pub(super) ty: AttributeType,
    /// Where a relation or an alias leads.
    pub(super) target: Option<Target>,
}

/// A dataclass that an attribute leads to.
pub(super) struct Target {
    pub(super) name: String,
    /// To several of its entities.
    pub(super) many: bool,
    key: KeyKind,
}

/// What keys are made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Number,
    Text,
    Several,
}

impl KeyKind {
    fn of(info: &DataclassInfo) -> Self {
        let Some(name) = info.single_key() else { return if info.key.is_empty() { Self::Number } else { Self::Several } };
        let is_number = info.attribute(name).is_some_and(|key| matches!(key.value_type(), AttributeType::Integer | AttributeType::Number));
        if is_number { Self::Number } else { Self::Text }
    }

    /// A key as rows have it.
    fn native(self, text: &str) -> Json {
        match self {
            Self::Text => json!(text),
            Self::Number | Self::Several => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        }
    }
}

impl Shapes {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let target = |attribute: &AttributeInfo| {
            if !matches!(attribute.kind, AttributeKind::RelatedEntity | AttributeKind::RelatedEntities | AttributeKind::Alias) {
                return None;
            }
            let is_one = |info: &&Arc<DataclassInfo>| info.name == attribute.type_name;
            let is_many = |info: &&Arc<DataclassInfo>| info.collection_name == attribute.type_name;
            let one = catalog.dataclasses.iter().find(is_one).map(|info| (info, false));
            let (info, many) = one.or_else(|| catalog.dataclasses.iter().find(is_many).map(|info| (info, true)))?;
            Some(Target { name: info.name.clone(), many, key: KeyKind::of(info) })
        };
        let column = |info: &AttributeInfo| Column { ty: info.value_type(), target: target(info), info: info.clone() };
        let shape = |info: &Arc<DataclassInfo>| Shape {
            key: KeyKind::of(info),
            columns: info.attributes.iter().map(column).collect(),
            info: Arc::clone(info),
        };
        Self(catalog.dataclasses.iter().map(shape).collect())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Shape> {
        self.0.iter()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Shape> {
        self.0.iter().find(|shape| shape.info.name == name)
    }
}

impl Shape {
    /// The attribute of a key of one part.
    pub(super) fn key_name(&self) -> Option<&str> {
        self.info.single_key()
    }

    /// Its keys are texts.
    pub(super) fn has_text_key(&self) -> bool {
        self.key == KeyKind::Text
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.info.name == name)
    }

    /// It holds images (true) or blobs.
    pub(super) fn media(&self, name: &str) -> Option<bool> {
        match self.column(name)?.ty {
            AttributeType::Image => Some(true),
            AttributeType::Blob => Some(false),
            _ => None,
        }
    }

    /// `{attributes, rows}`; null for an entity that is gone.
    pub(super) fn page(&self, rows: &[Row]) -> Json {
        let is_there = |column: &&Column| column.stands_in_rows() && rows.iter().any(|row| row.values.contains_key(&column.info.name));
        let columns: Vec<&Column> = self.columns.iter().filter(is_there).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.info.name.as_str()).collect();
        let rows: Vec<Json> = rows.iter().map(|row| self.row(&columns, row)).collect();
        json!({ "attributes": names, "rows": rows })
    }

    fn row(&self, columns: &[&Column], row: &Row) -> Json {
        let Some(key) = &row.key else { return Json::Null };
        let value = |column: &&Column| row.values.get(&column.info.name).map_or(Json::Null, |value| column.of_wire(value));
        json!([self.key.native(key), row.stamp, columns.iter().map(value).collect::<Vec<_>>()])
    }

    /// One that a function gave; new where it has no key.
    pub(super) fn entity(&self, row: &Row) -> Json {
        let page = self.page(std::slice::from_ref(row));
        if row.key.is_some() {
            return json!({ "kind": "entity", "class": self.info.name, "attributes": page["attributes"], "row": page["rows"][0] });
        }
        let known = self.columns.iter().filter(|column| column.stands_in_rows());
        let values: Map<String, Json> =
            known.filter_map(|column| Some((column.info.name.clone(), column.of_wire(row.values.get(&column.info.name)?)))).collect();
        json!({ "kind": "entity", "class": self.info.name, "attributes": [], "row": null, "values": values })
    }

    /// A value of code, as a body has it.
    pub(super) fn to_wire(&self, name: &str, value: &Json) -> Json {
        let Some(column) = self.column(name) else { return value.clone() };
        match (column.ty, value) {
            (_, Json::Null) => Json::Null,
            (AttributeType::Entity, key) => json!({ "__KEY": key_text(key) }),
            (AttributeType::Date, Json::String(text)) => {
                let parts: Vec<&str> = text.split('T').next().unwrap_or_default().split('-').collect();
                let number = |part: &str| part.trim_start_matches('0').to_owned();
                match parts[..] {
                    [year, month, day] => json!(format!("{}!{}!{year}", number(day), number(month))),
                    _ => value.clone(),
                }
            }
            _ => value.clone(),
        }
    }

    /// The stamp to save with, when what others changed is something else; else the status (ST-5).
    pub(super) fn merged(&self, asked: &Asked, current: &Row) -> Result<i64, String> {
        let is_whole = |name: &str| {
            self.column(name).is_some_and(|column| matches!(column.ty, AttributeType::Image | AttributeType::Blob | AttributeType::Object))
        };
        let now = |name: &str| Some(self.column(name)?.of_wire(current.values.get(name)?));
        mergeable(asked, is_whole, now).map(|()| current.stamp)
    }
}

impl Column {
    /// What takes further requests is asked for when it is used.
    fn stands_in_rows(&self) -> bool {
        match self.info.kind {
            AttributeKind::RelatedEntities => false,
            AttributeKind::Alias => self.target.is_none(),
            _ => true,
        }
    }

    fn of_wire(&self, value: &Json) -> Json {
        match (self.ty, value) {
            (_, Json::Null) => Json::Null,
            (AttributeType::Entity, value) => {
                let inner = value.get("__deferred").unwrap_or(value);
                let kind = self.target.as_ref().map_or(KeyKind::Text, |target| target.key);
                inner.get("__KEY").map_or(Json::Null, |key| kind.native(&key_text(key)))
            }
            (AttributeType::Image | AttributeType::Blob, _) => json!({ "bytes": 0 }),
            (AttributeType::Date, Json::String(text)) => match text.split('!').collect::<Vec<_>>()[..] {
                ["0", "0", "0"] => Json::Null,
                [day, month, year] => json!(format!("{year:0>4}-{month:0>2}-{day:0>2}")),
                _ => json!(text.get(..10).unwrap_or(text)),
            },
            _ => value.clone(),
        }
    }
}

/// The text of a key.
pub(super) fn key_text(key: &Json) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes() -> Shapes {
        let catalog: Catalog = serde_json::from_value(json!({ "dataClasses": [
            { "name": "Book", "collectionName": "BookSelection", "key": [{ "name": "ID" }], "attributes": [
                { "name": "ID", "kind": "storage", "type": "long" }, { "name": "out", "kind": "storage", "type": "date", "simpleDate": true },
                { "name": "at", "kind": "storage", "type": "date" }, { "name": "cover", "kind": "storage", "type": "image" },
                { "name": "country", "kind": "relatedEntity", "type": "Country", "path": "Country" } ] },
            { "name": "Country", "collectionName": "CountrySelection", "key": [{ "name": "code" }], "attributes": [
                { "name": "code", "kind": "storage", "type": "string" },
                { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "path": "country" } ] },
            { "name": "Pair", "collectionName": "PairSelection", "key": [{ "name": "a" }, { "name": "b" }], "attributes": [
                { "name": "a", "kind": "storage", "type": "long" }, { "name": "b", "kind": "storage", "type": "long" } ] } ] }))
        .unwrap();
        Shapes::of(&catalog)
    }

    fn row(key: Option<&str>, values: &Json) -> Row {
        Row { key: key.map(str::to_owned), stamp: 2, values: values.as_object().unwrap().clone(), ..Row::default() }
    }

    #[test]
    fn values_of_the_wire_are_those_of_rows() {
        let shapes = shapes();
        let book = shapes.find("Book").unwrap();
        let wire = json!({ "ID": 7, "out": "4!8!1991", "at": "2024-02-28T16:40:00.250Z", "cover": { "__deferred": { "uri": "/x", "image": true } },
            "country": { "__deferred": { "uri": "/rest/Country(%22PT%22)", "__KEY": "PT" } } });
        let page = book.page(&[row(Some("7"), &wire), row(None, &json!({}))]);
        assert_eq!(
            page,
            json!({ "attributes": ["ID", "out", "at", "cover", "country"],
                    "rows": [[7, 2, [7, "1991-08-04", "2024-02-28T16:40:00.250Z", { "bytes": 0 }, "PT"]], null] })
        );
        // What nobody sent may not be read.
        assert_eq!(book.page(&[row(Some("7"), &json!({ "ID": 7 }))])["attributes"], json!(["ID"]));
        assert_eq!(shapes.find("Pair").unwrap().page(&[row(Some("[1,2]"), &json!({ "a": 1 }))])["rows"][0][0], json!([1, 2]));
        assert_eq!(shapes.find("Country").unwrap().page(&[row(Some("12"), &json!({ "code": "12" }))])["rows"][0][0], "12");
    }

    #[test]
    fn values_of_code_are_written_as_the_wire_has_them() {
        let shapes = shapes();
        let book = shapes.find("Book").unwrap();
        assert_eq!(book.to_wire("out", &json!("1991-08-04")), "4!8!1991");
        assert_eq!(book.to_wire("out", &json!("1991-08-04T00:00:00.000Z")), "4!8!1991");
        assert_eq!(book.to_wire("at", &json!("1991-08-04T00:00:00.000Z")), "1991-08-04T00:00:00.000Z");
        assert_eq!(book.to_wire("country", &json!("PT")), json!({ "__KEY": "PT" }));
        assert_eq!(book.to_wire("country", &Json::Null), Json::Null);
        assert_eq!((book.media("cover"), book.media("out")), (Some(true), None));
    }
}
