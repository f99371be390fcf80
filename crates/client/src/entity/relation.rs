//! What an entity is related to; read on first use.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::Result;
use crate::catalog::AttributeKind;
use crate::dataclass::Dataclass;
use crate::error::{Error, Missing};
use crate::row::Row;
use crate::selection::{Origin, Selection, Shape, related_key};

use super::Entity;

impl Entity {
    /// The entity that a relation leads to; none when it leads nowhere (`book.author`). Read once.
    pub async fn related(&self, relation: &str) -> Result<Option<Self>> {
        let class = self.dataclass().described().await?;
        let info = class.attribute(relation)?;
        if info.kind != AttributeKind::RelatedEntity {
            return Err(Error::Misuse(format!("\"{relation}\" does not lead to one entity.")));
        }
        let target = class.store().dataclass(&info.type_name)?;
        let known = self.related.lock().get(relation).cloned();
        let row = match known {
            Some(row) => row,
            None => {
                let row = self.find_related(&target, relation).await?.map(Arc::new);
                self.related.lock().insert(relation.to_owned(), row.clone());
                row
            }
        };
        Ok(row.map(|row| Self::read(target, row, None)))
    }

    async fn find_related(&self, target: &Dataclass, relation: &str) -> Result<Option<Row>> {
        match self.raw(relation) {
            Some(Json::Null) => Ok(None),
            // It was expanded.
            Some(Json::Object(members)) if members.contains_key("__STAMP") => Ok(Some(Row::read(members.clone()))),
            Some(value) => match related_key(value).or_else(|| crate::value::key_text(value)) {
                Some(key) => target.row(key, None).await,
                None => Ok(None),
            },
            None if self.is_new() => Ok(None),
            None => {
                // It was not among what was read.
                let row = self.dataclass().row(self.saved_key()?, Some(relation)).await?;
                match row.as_ref().and_then(|row| related_key(row.values.get(relation)?)) {
                    Some(key) => target.row(key, None).await,
                    None => Ok(None),
                }
            }
        }
    }

    /// The entities that a relation leads to (`author.books`).
    pub async fn related_selection(&self, relation: &str) -> Result<Selection> {
        self.related_selection_by(relation, None).await
    }

    pub(crate) async fn related_selection_by(&self, relation: &str, page_size: Option<usize>) -> Result<Selection> {
        let class = self.dataclass().described().await?;
        let info = class.attribute(relation)?.clone();
        if info.kind != AttributeKind::RelatedEntities {
            return Err(Error::Misuse(format!("\"{relation}\" does not lead to several entities.")));
        }
        let catalog = class.store().catalog().await?;
        let target = catalog.dataclasses.iter().find(|target| target.collection_name == info.type_name);
        let target = target.ok_or_else(|| Error::missing(Missing::Dataclass, format!("{} is of no dataclass.", info.type_name)))?;
        let target = Dataclass::new(class.store().clone(), &target.name, Some(Arc::clone(target)));
        let shape = Shape::of(page_size.unwrap_or(class.store().wire().rules.page_size));
        let Some(key) = self.key() else { return Ok(target.new_selection()) };
        let origin = Origin::Related { address: class.address(key), attribute: relation.to_owned() };
        Selection::asked(target, origin, shape).await
    }
}
