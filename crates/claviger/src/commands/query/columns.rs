//! What is asked of each entity, and the columns that come of it.

use anyhow::Result;
use claviger_client::{AttributeInfo, AttributeKind, AttributeType, Catalog, DataclassInfo, Error, Missing, RemoteError, Row, Value};
use serde_json::{Value as Json, json};

use crate::failure::Usage;
use crate::remote;

/// The columns of an answer.
pub(super) struct Columns {
    pub(super) list: Vec<Column>,
    /// What travels; all that there is when absent.
    pub(super) select: Option<Vec<String>>,
}

/// One column: an attribute, or one that is reached over relations to one entity.
pub(super) struct Column {
    /// `author.fullName`.
    pub(super) name: String,
    path: Vec<String>,
    attribute: AttributeInfo,
    /// Of a relation: the related entity's key is a number.
    is_number_key: bool,
}

/// Where an attribute leads.
enum Lead<'c> {
    /// Nowhere: it is a value.
    Value,
    /// None when the key cannot see the dataclass.
    One(Option<&'c DataclassInfo>),
    Many,
}

impl Columns {
    /// Of a list like `title,author.fullName,publisher.*`; without one, all attributes but those that lead to several entities.
    pub(super) fn of(catalog: &Catalog, class: &DataclassInfo, list: Option<&str>) -> Result<Self> {
        let mut columns = Self { list: Vec::new(), select: None };
        let pieces: Vec<&str> = list.unwrap_or("*").split(',').map(str::trim).collect();
        if pieces.contains(&"") {
            return Err(Usage("--attributes has an empty name: names are separated by one comma".to_owned()).into());
        }
        for piece in &pieces {
            let path: Vec<&str> = piece.split('.').collect();
            columns.add(catalog, class, &path)?;
        }
        if pieces != ["*"] {
            // The star beside other names would be one of them.
            let names = pieces.iter().flat_map(|piece| match *piece {
                "*" => shown(catalog, class).map(|attribute| attribute.name.clone()).collect(),
                piece => vec![piece.to_owned()],
            });
            columns.select = Some(names.collect());
        }
        Ok(columns)
    }

    fn add(&mut self, catalog: &Catalog, class: &DataclassInfo, path: &[&str]) -> Result<()> {
        let (mut at, mut rest, mut before) = (class, path, Vec::new());
        while let Some((name, after)) = rest.split_first() {
            if *name == "*" && after.is_empty() {
                for attribute in shown(catalog, at) {
                    self.push(catalog, &before, attribute);
                }
                return Ok(());
            }
            let attribute = at.attribute(name).ok_or_else(|| absent(at, name))?;
            let misuse = |text: &str| Err(Usage(format!("--attributes {}: {text}", path.join("."))).into());
            match (lead(catalog, attribute), after) {
                (Lead::Many, _) => {
                    return misuse(&format!("\"{name}\" leads to several entities, which are no column: query their dataclass instead"));
                }
                (_, []) => {
                    self.push(catalog, &before, attribute);
                    return Ok(());
                }
                (Lead::Value, _) => return misuse(&format!("\"{name}\" is a value: take it as a whole")),
                (Lead::One(None), _) => return misuse(&format!("the key cannot see where \"{name}\" leads")),
                (Lead::One(Some(target)), _) => {
                    before.push(*name);
                    (at, rest) = (target, after);
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, catalog: &Catalog, before: &[&str], attribute: &AttributeInfo) {
        let path: Vec<String> = before.iter().map(|name| (*name).to_owned()).chain([attribute.name.clone()]).collect();
        let name = path.join(".");
        if self.list.iter().any(|column| column.name == name) {
            return;
        }
        let key = match lead(catalog, attribute) {
            Lead::One(Some(target)) => target.single_key().and_then(|key| target.attribute(key)),
            _ => None,
        };
        let is_number_key = key.is_some_and(|key| matches!(key.value_type(), AttributeType::Integer | AttributeType::Number));
        self.list.push(Column { name, path, attribute: attribute.clone(), is_number_key });
    }

    /// Without those that the key may not read: entities of a page have all attributes or none.
    pub(super) fn drop_unreadable(&mut self, rows: &[Row]) -> Vec<String> {
        let mut dropped = Vec::new();
        self.list.retain(|column| {
            let is_there = rows.is_empty() || rows.iter().any(|row| column.value(row).is_some());
            if !is_there {
                dropped.push(column.name.clone());
            }
            is_there
        });
        dropped
    }
}

impl Column {
    /// The value as plain JSON: dates and instants as ISO 8601, a related entity as its key, images and blobs as their address. None when it is not
    /// there.
    pub(super) fn value(&self, row: &Row) -> Option<Json> {
        let (first, rest) = self.path.split_first()?;
        let mut raw = row.values.get(first)?;
        for name in rest {
            // A relation that leads nowhere has nothing behind it.
            raw = if raw.is_null() { raw } else { raw.as_object()?.get(name)? };
        }
        Some(match self.attribute.value(raw) {
            Value::Entity(entity) => self.key(entity.key),
            Value::Media(media) => json!(media.uri),
            // An alias of a relation.
            Value::Json(Json::Object(members)) if members.contains_key("__deferred") || members.contains_key("__KEY") => {
                let deferred = members.get("__deferred").and_then(Json::as_object).unwrap_or(&members);
                match deferred.get("__KEY") {
                    Some(key) => self.key(key.as_str().map(str::to_owned).or_else(|| Some(key.to_string()))),
                    None => deferred.get("uri").cloned().unwrap_or_default(),
                }
            }
            value => value.plain(),
        })
    }

    fn key(&self, key: Option<String>) -> Json {
        let number = key.as_deref().filter(|_| self.is_number_key).and_then(|key| serde_json::from_str(key).ok());
        number.unwrap_or_else(|| key.map_or(Json::Null, Json::String))
    }
}

/// Attributes that can be columns.
fn shown<'c>(catalog: &'c Catalog, class: &'c DataclassInfo) -> impl Iterator<Item = &'c AttributeInfo> {
    class.attributes.iter().filter(|attribute| !matches!(lead(catalog, attribute), Lead::Many))
}

fn lead<'c>(catalog: &'c Catalog, attribute: &AttributeInfo) -> Lead<'c> {
    let target = catalog.dataclass(&attribute.type_name).map(AsRef::as_ref);
    match (attribute.kind, attribute.value_type()) {
        (AttributeKind::RelatedEntity, _) => Lead::One(target),
        (AttributeKind::RelatedEntities, _) => Lead::Many,
        (AttributeKind::Alias, AttributeType::Other) if target.is_some() => Lead::One(target),
        (AttributeKind::Alias, AttributeType::Other)
            if catalog.dataclasses.iter().any(|class| class.collection_name == attribute.type_name) =>
        {
            Lead::Many
        }
        _ => Lead::Value,
    }
}

/// As the server would say it, with the names that there are.
fn absent(class: &DataclassInfo, name: &str) -> anyhow::Error {
    let known = class.attributes.iter().map(|attribute| attribute.name.as_str()).collect::<Vec<_>>().join(", ");
    let message = format!("The \"{name}\" attribute cannot be found in the \"{}\" dataclass, which has: {known}", class.name);
    let errors = vec![RemoteError { err_code: 1500, message, component_signature: "rest".to_owned() }];
    remote::failure(Error::NotFound { kind: Missing::Attribute, errors })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        serde_json::from_value(json!({ "dataClasses": [
            { "name": "Book", "collectionName": "BookSelection", "key": [{ "name": "ID" }], "attributes": [
                { "name": "ID", "kind": "storage", "type": "long" },
                { "name": "published", "kind": "storage", "type": "date", "simpleDate": true },
                { "name": "addedAt", "kind": "storage", "type": "date", "simpleDate": false },
                { "name": "details", "kind": "storage", "type": "object" },
                { "name": "cover", "kind": "storage", "type": "image" },
                { "name": "author", "kind": "relatedEntity", "type": "Author" },
                { "name": "writer", "kind": "alias", "type": "Author", "path": "author" },
                { "name": "land", "kind": "relatedEntity", "type": "Country" },
                { "name": "loans", "kind": "relatedEntities", "type": "LoanSelection" } ] },
            { "name": "Author", "collectionName": "AuthorSelection", "key": [{ "name": "ID" }], "attributes": [
                { "name": "ID", "kind": "storage", "type": "long" },
                { "name": "fullName", "kind": "storage", "type": "string" },
                { "name": "books", "kind": "relatedEntities", "type": "BookSelection" } ] } ] }))
        .unwrap()
    }

    fn columns(list: Option<&str>) -> Result<Columns> {
        let catalog = catalog();
        Columns::of(&catalog, catalog.dataclass("Book").unwrap(), list)
    }

    fn names(columns: &Columns) -> Vec<&str> {
        columns.list.iter().map(|column| column.name.as_str()).collect()
    }

    fn row(values: Json) -> Row {
        Row { key: Some("1".to_owned()), stamp: 1, timestamp: None, values: values.as_object().unwrap().clone() }
    }

    #[test]
    fn names_paths_and_stars_become_columns() {
        let all = columns(None).unwrap();
        assert_eq!(names(&all), ["ID", "published", "addedAt", "details", "cover", "author", "writer", "land"]);
        assert_eq!(all.select, None);
        let some = columns(Some("ID, author.*,writer.fullName,ID")).unwrap();
        assert_eq!(names(&some), ["ID", "author.ID", "author.fullName", "writer.fullName"]);
        assert_eq!(some.select.unwrap(), ["ID", "author.*", "writer.fullName", "ID"]);
        let with_star = columns(Some("*,author.fullName")).unwrap();
        assert_eq!((names(&with_star).len(), with_star.select.unwrap().len()), (9, 9));
    }

    #[test]
    fn what_can_be_no_column_is_refused_with_a_reason() {
        for (list, told) in [
            ("titel", "which has: ID, published"),
            ("loans", "several entities"),
            ("author.books.ID", "several entities"),
            ("details.size", "take it as a whole"),
            ("land.name", "cannot see"),
            ("ID,,cover", "empty name"),
            ("author.", "cannot be found"),
        ] {
            let text = columns(Some(list)).err().unwrap().to_string();
            assert!(text.contains(told), "{list}: {text}");
        }
    }

    #[test]
    fn values_are_plain_and_keep_their_types() {
        let mut all = columns(None).unwrap();
        let first = row(json!({
            "ID": 9_007_199_254_740_993_i64, "published": "4!8!1991", "addedAt": "2024-02-28T16:40:00.250Z", "details": { "a": [1] },
            "cover": { "__deferred": { "uri": "/rest/Book[1]/cover?$version=1", "image": true } },
            "author": { "__deferred": { "uri": "/rest/Author[7]", "__KEY": "7" } }, "writer": { "__KEY": "7", "__STAMP": 1 }
        }));
        let values: Vec<_> = all.list.iter().map(|column| column.value(&first)).collect();
        let expected = [
            json!(9_007_199_254_740_993_i64),
            json!("1991-08-04"),
            json!("2024-02-28T16:40:00.250Z"),
            json!({ "a": [1] }),
            json!("/rest/Book[1]/cover?$version=1"),
            json!(7),
            json!(7),
        ];
        assert_eq!(values[..7], expected.map(Some));
        assert_eq!(values[7], None);
        assert_eq!(all.drop_unreadable(&[first]), ["land"]);
        assert_eq!(all.list.len(), 7);
        let over = columns(Some("author.fullName,land")).unwrap();
        let behind =
            row(json!({ "author": { "__KEY": "7", "__STAMP": 1, "fullName": "Ana" }, "land": { "__deferred": { "__KEY": "07" } } }));
        assert_eq!((over.list[0].value(&behind), over.list[1].value(&behind)), (Some(json!("Ana")), Some(json!("07"))));
        let nothing = row(json!({ "author": null, "land": null }));
        assert_eq!((over.list[0].value(&nothing), over.list[1].value(&nothing)), (Some(Json::Null), Some(Json::Null)));
    }
}
