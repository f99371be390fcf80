//! What a key can reach, as the generators need it.

use claviger_client::{AttributeInfo, AttributeKind, AttributeType, Catalog, DataclassInfo, MethodInfo};
use serde_json::Value as Json;

/// The datastore.
pub(super) struct Model {
    pub(super) name: String,
    pub(super) classes: Vec<Class>,
    /// Functions of the datastore.
    pub(super) functions: Vec<String>,
}

/// A dataclass.
pub(super) struct Class {
    pub(super) name: String,
    /// Names of the key's attributes.
    pub(super) key: Vec<String>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) of_dataclass: Vec<String>,
    pub(super) of_selections: Vec<String>,
    pub(super) of_entities: Vec<String>,
}

/// An attribute.
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_null: bool,
    pub(super) is_read_only: bool,
    /// The server gives the value when the entity is saved first.
    pub(super) is_numbered: bool,
    /// For people: the dialect's type, and what is special.
    pub(super) about: String,
}

/// What values it has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bool,
    Integer,
    /// Beyond what a double can hold.
    Long,
    Number,
    Duration,
    Date,
    Instant,
    Object,
    Image,
    Blob,
    /// An entity of this dataclass of the model; none when the key does not reach it.
    One(Option<usize>),
    Many(Option<usize>),
    Other,
}

impl Model {
    /// Of the catalog. `reached`: the OpenAPI document of servers that tell what the key reaches; what it does not name is left out.
    pub(super) fn of(catalog: &Catalog, reached: Option<&Json>) -> Self {
        let reach = Reach(reached);
        let mut infos: Vec<&DataclassInfo> = Vec::new();
        for info in &catalog.dataclasses {
            if reach.attributes(&info.name).is_some() && infos.iter().all(|known| known.name != info.name) {
                infos.push(info);
            }
        }
        let functions = named(&catalog.methods, |function| reach.has(&format!("/rest/$catalog/{function}")));
        Self {
            name: catalog.name.clone().unwrap_or_default(),
            classes: infos.iter().map(|info| Class::of(info, &infos, &reach)).collect(),
            functions,
        }
    }
}

impl Class {
    fn of(info: &DataclassInfo, all: &[&DataclassInfo], reach: &Reach<'_>) -> Self {
        let mut attributes: Vec<Attribute> = Vec::new();
        for attribute in &info.attributes {
            let known = attributes.iter().any(|known| known.name == attribute.name);
            if let (false, Some(is_read_only)) = (known, reach.attribute(&info.name, &attribute.name)) {
                attributes.push(Attribute::of(attribute, all, is_read_only));
            }
        }
        let of = |targets: &[&str], before: &str| {
            let methods: Vec<_> = info
                .methods
                .iter()
                .filter(|method| targets.iter().any(|target| method.apply_to.eq_ignore_ascii_case(target)))
                .cloned()
                .collect();
            // Attributes come before functions of the same name.
            let is_free = |function: &str| attributes.iter().all(|attribute| attribute.name != function);
            named(&methods, |function| is_free(function) && reach.has(&format!("/rest/{}{before}/{function}", info.name)))
        };
        // Older servers have the other names.
        let of_selections = of(&["entityCollection", "entitySelection", "dataClassSelection"], "");
        let (of_dataclass, of_entities) = (of(&["dataClass"], ""), of(&["entity"], "({key})"));
        let key = info.key.iter().map(|part| part.name.clone()).collect();
        Self { name: info.name.clone(), key, attributes, of_dataclass, of_selections, of_entities }
    }
}

impl Attribute {
    fn of(info: &AttributeInfo, all: &[&DataclassInfo], is_read_only: bool) -> Self {
        let kind = kind(info, all);
        let mut about = match info.kind {
            AttributeKind::Calculated => format!("{}, calculated", info.type_name),
            AttributeKind::Alias => format!("{}, alias of {}", info.type_name, info.path.as_deref().unwrap_or("another attribute")),
            _ => info.type_name.clone(),
        };
        for (is, word) in
            [(info.identifying, "key"), (info.unique && !info.identifying, "unique"), (info.autosequence, "numbered by the server")]
        {
            if is {
                about.push_str(", ");
                about.push_str(word);
            }
        }
        Self {
            name: info.name.clone(),
            kind,
            is_null: !(info.not_null || info.identifying || matches!(kind, Kind::Many(_))),
            is_numbered: info.autosequence,
            is_read_only: is_read_only || info.read_only || info.autosequence || matches!(kind, Kind::Many(_)),
            about,
        }
    }
}

fn kind(info: &AttributeInfo, all: &[&DataclassInfo]) -> Kind {
    let one = all.iter().position(|class| class.name == info.type_name);
    let many = all.iter().position(|class| class.collection_name == info.type_name);
    match info.value_type() {
        AttributeType::Text | AttributeType::Uuid => Kind::Text,
        AttributeType::Bool => Kind::Bool,
        AttributeType::Integer if info.type_name == "long64" => Kind::Long,
        AttributeType::Integer => Kind::Integer,
        AttributeType::Number => Kind::Number,
        AttributeType::Duration => Kind::Duration,
        AttributeType::Date => Kind::Date,
        AttributeType::Instant => Kind::Instant,
        AttributeType::Object => Kind::Object,
        AttributeType::Image => Kind::Image,
        AttributeType::Blob => Kind::Blob,
        AttributeType::Entity => Kind::One(one),
        AttributeType::Selection => Kind::Many(many),
        AttributeType::Other => Kind::Other,
    }
}

/// Names without repetition, in their order.
fn named(methods: &[MethodInfo], is_reached: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for method in methods.iter().filter(|method| is_reached(&method.name)) {
        if !names.contains(&method.name) {
            names.push(method.name.clone());
        }
    }
    names
}

/// What the key reaches, where the server says so.
struct Reach<'r>(Option<&'r Json>);

impl Reach<'_> {
    /// Attributes of a dataclass that can be read; null when all can be, or nobody knows. None when the dataclass cannot be read.
    fn attributes(&self, dataclass: &str) -> Option<&Json> {
        match self.0 {
            None => Some(&Json::Null),
            Some(document) => document.get("components")?.get("schemas")?.get(dataclass)?.get("properties"),
        }
    }

    /// Whether an attribute can only be read; none when not even that.
    fn attribute(&self, dataclass: &str, name: &str) -> Option<bool> {
        match self.attributes(dataclass)? {
            Json::Null => Some(false),
            properties => Some(properties.get(name)?.get("readOnly") == Some(&Json::Bool(true))),
        }
    }

    fn has(&self, path: &str) -> bool {
        self.0.is_none_or(|document| document.get("paths").is_some_and(|paths| paths.get(path).is_some()))
    }
}
