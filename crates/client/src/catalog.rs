//! What a server exposes (`rest-dialect.md` 8).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::row::excerpt;
use crate::value::Value;
use crate::{Error, Result};

/// The description of everything that the key can see (`$catalog/$all`).
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Catalog {
    /// Name of the application.
    #[serde(rename = "__NAME", default)]
    pub name: Option<String>,
    /// Never changes for a datastore.
    #[serde(rename = "__UNIQID", default)]
    pub unique_id: Option<String>,
    /// In the order of the model.
    #[serde(rename = "dataClasses", default, deserialize_with = "shared")]
    pub dataclasses: Vec<Arc<DataclassInfo>>,
    /// Functions of the datastore.
    #[serde(default)]
    pub methods: Vec<MethodInfo>,
    /// Shared singletons.
    #[serde(default)]
    pub singletons: Vec<SingletonInfo>,
    /// What the server can do.
    #[serde(default)]
    pub properties: CatalogProperties,
}

/// What a server says of itself in its catalog.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CatalogProperties {
    /// A deletion may say which stamp the entity must have (`$stamp`): an extension, which servers of the reference do not know.
    pub support_delete_stamp: bool,
}

/// One dataclass (`dataClass.getInfo()`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DataclassInfo {
    /// Name.
    pub name: String,
    /// `BookSelection`.
    pub collection_name: String,
    /// Stable number.
    pub table_number: Option<i64>,
    /// Entities of a page when none is asked for; 100 when not said.
    pub default_top_size: Option<usize>,
    /// In the order of the model.
    pub attributes: Vec<AttributeInfo>,
    /// Functions of the dataclass, its selections and its entities.
    pub methods: Vec<MethodInfo>,
    /// Attributes of the primary key.
    pub key: Vec<KeyPart>,
}

/// One attribute of the primary key.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct KeyPart {
    /// Name of the attribute.
    pub name: String,
}

/// One attribute (`rest-dialect.md` 8.4).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttributeInfo {
    /// Name.
    pub name: String,
    /// Where its values come from.
    pub kind: AttributeKind,
    /// `string`, `long`, `date` …; for relations the target's name or its collection's.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Of dates: without time of day.
    pub simple_date: Option<bool>,
    /// Of relations and aliases: where they lead.
    pub path: Option<String>,
    /// Cannot be written.
    pub read_only: bool,
    /// Has an index.
    pub indexed: bool,
    /// No two entities share a value.
    pub unique: bool,
    /// Must have a value.
    #[serde(rename = "not_null")]
    pub not_null: bool,
    /// The server numbers it.
    pub autosequence: bool,
    /// Part of the primary key.
    pub identifying: bool,
    /// Of a relatedEntity: the attribute that holds the other's key.
    pub foreign_key: Option<String>,
    /// Of relations: the other side.
    pub inverse_name: Option<String>,
    /// Of relatedEntities.
    pub reverse_path: bool,
}

/// Where an attribute's values come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeKind {
    /// A stored value.
    #[default]
    Storage,
    /// Computed by the server.
    Calculated,
    /// Another attribute, reached over relations.
    Alias,
    /// One entity of another dataclass.
    RelatedEntity,
    /// Several entities of another dataclass.
    RelatedEntities,
    /// Something newer than this library.
    #[serde(other)]
    Other,
}

/// What values an attribute has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// `string`.
    Text,
    /// `uuid`.
    Uuid,
    /// `bool`.
    Bool,
    /// `byte`, `word`, `long`, `long64`.
    Integer,
    /// `number`.
    Number,
    /// `duration`, in milliseconds.
    Duration,
    /// `date` without time of day.
    Date,
    /// `date` with time of day.
    Instant,
    /// `object`, and collections.
    Object,
    /// `image`.
    Image,
    /// `blob`.
    Blob,
    /// One entity.
    Entity,
    /// A selection.
    Selection,
    /// Something newer than this library: JSON as it comes.
    Other,
}

/// One function.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MethodInfo {
    /// Name.
    pub name: String,
    /// `dataStore`, `dataClass`, `entityCollection`, `entity`.
    pub apply_to: String,
    /// May be called by GET.
    #[serde(rename = "allowedOnHTTPGET")]
    pub allowed_on_http_get: bool,
}

/// A shared singleton.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SingletonInfo {
    /// Name of its class.
    pub name: String,
    /// Its functions.
    pub methods: Vec<MethodInfo>,
}

fn shared<'de, D: serde::Deserializer<'de>>(items: D) -> Result<Vec<Arc<DataclassInfo>>, D::Error> {
    Ok(Vec::<DataclassInfo>::deserialize(items)?.into_iter().map(Arc::new).collect())
}

impl Catalog {
    pub(crate) fn read(body: Json) -> Result<Self> {
        let text = body.to_string();
        let is_catalog = body.get("dataClasses").is_some_and(Json::is_array);
        let wrong = |cause: String| Error::Protocol { cause, excerpt: excerpt(&text) };
        if !is_catalog {
            return Err(wrong("The answer is no catalog".to_owned()));
        }
        serde_json::from_value(body).map_err(|error| wrong(format!("The catalog cannot be read: {error}")))
    }

    /// A dataclass by its name.
    pub fn dataclass(&self, name: &str) -> Option<&Arc<DataclassInfo>> {
        self.dataclasses.iter().find(|dataclass| dataclass.name == name)
    }
}

impl DataclassInfo {
    /// An attribute by its name.
    pub fn attribute(&self, name: &str) -> Option<&AttributeInfo> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// A function by its name and what it is called on.
    pub fn method(&self, name: &str) -> Option<&MethodInfo> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// Name of the primary key when it is one attribute.
    pub fn single_key(&self) -> Option<&str> {
        match self.key.as_slice() {
            [part] => Some(&part.name),
            _ => None,
        }
    }
}

impl AttributeInfo {
    /// What a value of an answer is, with its type. Of a relation: the related entity.
    pub fn value(&self, raw: &Json) -> Value {
        let mut value = Value::read(raw, self.value_type());
        if let Value::Entity(entity) = &mut value {
            entity.dataclass.clone_from(&self.type_name);
        }
        value
    }

    /// What values it has.
    pub fn value_type(&self) -> AttributeType {
        match self.kind {
            AttributeKind::RelatedEntity => return AttributeType::Entity,
            AttributeKind::RelatedEntities => return AttributeType::Selection,
            _ => {}
        }
        match self.type_name.as_str() {
            "string" | "text" => AttributeType::Text,
            "uuid" => AttributeType::Uuid,
            "bool" => AttributeType::Bool,
            "byte" | "word" | "long" | "long64" => AttributeType::Integer,
            "number" => AttributeType::Number,
            "duration" => AttributeType::Duration,
            "date" if self.simple_date == Some(true) => AttributeType::Date,
            "date" => AttributeType::Instant,
            "object" | "collection" => AttributeType::Object,
            "image" => AttributeType::Image,
            "blob" => AttributeType::Blob,
            _ => AttributeType::Other,
        }
    }
}
