//! The body of `$method=update` becomes what to save, permissions asked for each attribute (`rest-dialect.md` 12.1,
//! `roles-privileges.md` 4.4). (Written by the lead: the planner calls [`save_items`].)

use claviger_access::{Action, Grants};
use claviger_model::{AttrId, Attribute, Dataclass, Key, Kind, Model, Storage, Value, ValueType};
use serde_json::{Map, Value as Json};

use crate::change::{Assign, SaveItem};
use crate::denial;
use crate::error::{Error, ErrorKind};

/// What the request says beside its body.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// The key in the path (`Book(12)?$method=update`): its parts as JSON values, same as giving `__KEY`.
    pub path_key: Option<&'a Json>,
    /// `$method=insert`: `__KEY` and `__STAMP` in the body are ignored.
    pub insert_only: bool,
    /// Unknown attribute names are 1500 instead of ignored.
    pub strict: bool,
}

/// One item per object of the body; `true` when the body was an array.
///
/// # Errors
/// 1806 when the body is neither an object nor an array of objects.
pub fn save_items(
    model: &Model,
    grants: &Grants,
    dataclass: &Dataclass,
    manner: Manner<'_>,
    body: Option<Json>,
) -> Result<(Vec<SaveItem>, bool), Error> {
    let wrong = || Error::new(ErrorKind::Malformed, 1806, "The body must be a JSON object, or an array of objects, with the attributes to save.");
    let (objects, array) = match body {
        Some(Json::Object(object)) => (vec![Json::Object(object)], false),
        Some(Json::Array(objects)) => (objects, true),
        _ => return Err(wrong()),
    };
    let writer = Writer { model, grants, dataclass, manner };
    let mut items = Vec::with_capacity(objects.len());
    for object in objects {
        let Json::Object(object) = object else { return Err(wrong()) };
        items.push(writer.item(object));
    }
    Ok((items, array))
}

/// Key values of a dataclass out of `__KEY` as JSON: a value, an array of parts, or an array as text (`"[1,3402]"`).
/// `None`: it cannot be a key of this dataclass, so the entity is absent.
pub fn key_values(dataclass: &Dataclass, key: &Json) -> Option<Vec<Value>> {
    let parts = match &dataclass.key {
        Key::None => return None,
        Key::RowId => {
            let Value::Int(rowid) = Value::from_json(ValueType::Int, None, single(key)?).ok()? else { return None };
            return Some(vec![Value::Int(rowid)]);
        }
        Key::Attributes(parts) => parts,
    };
    if let [part] = parts.as_slice() {
        return Some(vec![key_value(dataclass.attribute(*part).storage()?, single(key)?)?]);
    }
    let parsed;
    let given = match key {
        Json::Array(given) => given,
        Json::String(text) => {
            parsed = serde_json::from_str::<Vec<Json>>(text).ok()?;
            &parsed
        }
        _ => return None,
    };
    if given.len() != parts.len() {
        return None;
    }
    parts.iter().zip(given).map(|(part, given)| key_value(dataclass.attribute(*part).storage()?, given)).collect()
}

/// A key of one part may come in an array of one.
fn single(key: &Json) -> Option<&Json> {
    match key {
        Json::Array(parts) => match parts.as_slice() {
            [part] => Some(part),
            _ => None,
        },
        other => Some(other),
    }
}

fn key_value(storage: &Storage, given: &Json) -> Option<Value> {
    match Value::from_json(storage.value_type(), Some(storage.ty), given).ok()? {
        Value::Null => None,
        value => Some(value),
    }
}

struct Writer<'a> {
    model: &'a Model,
    grants: &'a Grants,
    dataclass: &'a Dataclass,
    manner: Manner<'a>,
}

impl Writer<'_> {
    fn item(&self, object: Map<String, Json>) -> SaveItem {
        let key = if self.manner.insert_only { None } else { self.given_key(&object) };
        let (new, action) = if key.is_some() { (false, Action::Update) } else { (true, Action::Create) };
        let text = key.as_ref().map(key_text);
        let refused = |error: Error| SaveItem::Refused { text: text.clone(), error: self.chain(error, new, text.as_deref()) };
        // Updating needs reading too (roles-privileges 3): the read error comes first.
        if !new && !self.grants.dataclass(self.dataclass.id, Action::Read) {
            return refused(denial::dataclass(Action::Read, &self.dataclass.name));
        }
        if !self.grants.dataclass(self.dataclass.id, action) {
            return refused(denial::dataclass(action, &self.dataclass.name));
        }
        if !self.dataclass.is_writable() {
            let message = format!("The \"{}\" dataclass is read only: it is a view, or a table without primary key", self.dataclass.name);
            return refused(Error::new(ErrorKind::Failed, 1569, message));
        }
        let stamp = match stamp(&object) {
            Ok(stamp) => stamp,
            Err(error) => return refused(error),
        };
        let values = match self.assigns(&object, action) {
            Ok(values) => values,
            Err(error) => return refused(error),
        };
        match key {
            None => SaveItem::Create(values),
            Some(key) => {
                let parts = key_values(self.dataclass, &key);
                if let Some(error) = parts.as_ref().and_then(|parts| self.key_change(parts, &values)) {
                    return refused(error);
                }
                let values = values.into_iter().filter(|assign| !self.dataclass.key_attributes().contains(&assign.attribute)).collect();
                SaveItem::Update { key: parts, text: key_text(&key), stamp, values }
            }
        }
    }

    /// `__KEY`, in the path or the body; null and empty text mean absent.
    fn given_key(&self, object: &Map<String, Json>) -> Option<Json> {
        if let Some(key) = self.manner.path_key {
            return Some(key.clone());
        }
        match object.get("__KEY") {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) if text.is_empty() => None,
            Some(key) => Some(key.clone()),
        }
    }

    fn assigns(&self, object: &Map<String, Json>, action: Action) -> Result<Vec<Assign>, Error> {
        let mut assigns: Vec<Assign> = Vec::with_capacity(object.len());
        for (name, given) in object {
            if name.starts_with("__") && self.dataclass.find(name).is_none() || name == "uri" && self.dataclass.find(name).is_none() {
                continue;
            }
            let Some(attribute) = self.dataclass.find(name).filter(|attribute| attribute.exposed) else {
                if self.manner.strict {
                    let message = format!("The \"{name}\" attribute cannot be found in The \"{}\" dataclass", self.dataclass.name);
                    return Err(Error::new(ErrorKind::Malformed, 1500, message));
                }
                continue;
            };
            self.assign(attribute, given, action, &mut assigns)?;
        }
        Ok(assigns)
    }

    fn assign(&self, attribute: &Attribute, given: &Json, action: Action, assigns: &mut Vec<Assign>) -> Result<(), Error> {
        match &attribute.kind {
            Kind::Storage(storage) => {
                if attribute.read_only || storage.generated || is_deferred(given) {
                    return Ok(());
                }
                if matches!(storage.value_type(), ValueType::Image | ValueType::Blob) {
                    return self.media(attribute, given, action, assigns);
                }
                let value = Value::from_json(storage.value_type(), Some(storage.ty), given).map_err(|error| self.type_error(attribute, &error))?;
                let denied = self.denied(attribute, &value, action);
                // The relation wins over its foreign key attribute, whichever comes first (12.1).
                if !assigns.iter().any(|assign| assign.attribute == attribute.id && assign.relation.is_some()) {
                    assigns.push(Assign { attribute: attribute.id, value, denied, relation: None });
                }
                Ok(())
            }
            Kind::RelatedEntity(relation) => {
                if attribute.read_only || is_unchanged_relation(given) {
                    return Ok(());
                }
                let target = self.model.dataclass(relation.target);
                let values = self.related_key(attribute, target, &relation.target_key, given)?;
                for (local, value) in relation.foreign_key.iter().zip(values) {
                    let denied = self.denied(attribute, &value, action);
                    assigns.retain(|assign| assign.attribute != *local);
                    assigns.push(Assign { attribute: *local, value, denied, relation: Some(attribute.id) });
                }
                Ok(())
            }
            Kind::Alias(alias) => match alias.steps.as_slice() {
                // Writable only when the path is one storage attribute of the same dataclass (data-model 3.6).
                [only] if !attribute.read_only => self.assign(self.model.attribute(*only), given, action, assigns),
                _ => Ok(()),
            },
            Kind::RelatedEntities(_) | Kind::Calculated(_) => Ok(()),
        }
    }

    /// Until uploads exist only null can be written.
    fn media(&self, attribute: &Attribute, given: &Json, action: Action, assigns: &mut Vec<Assign>) -> Result<(), Error> {
        match given {
            Json::Null => {
                let denied = self.denied(attribute, &Value::Null, action);
                assigns.push(Assign { attribute: attribute.id, value: Value::Null, denied, relation: None });
                Ok(())
            }
            Json::Object(object) if object.contains_key("ID") => {
                let code = if attribute.storage().is_some_and(|storage| storage.ty == claviger_model::StorageType::Image) { 1825 } else { 1826 };
                Err(Error::new(ErrorKind::Malformed, code, format!("The upload given for \"{}\" cannot be found", attribute.name)))
            }
            Json::Object(_) => Ok(()),
            _ => {
                let message = format!("\"{}\" takes {{\"ID\": \"an upload's ID\"}} or null", attribute.name);
                Err(Error::new(ErrorKind::Failed, 1569, message))
            }
        }
    }

    /// The key of the related entity: `{"__KEY": k}`, a bare key, or null (12.1).
    fn related_key(&self, attribute: &Attribute, target: &Dataclass, wanted: &[AttrId], given: &Json) -> Result<Vec<Value>, Error> {
        let key = match given {
            Json::Object(object) => object.get("__KEY").unwrap_or(&Json::Null),
            other => other,
        };
        if key.is_null() || matches!(key, Json::String(text) if text.is_empty()) {
            return Ok(vec![Value::Null; wanted.len()]);
        }
        let values = if wanted == target.key_attributes() {
            key_values(target, key)
        } else if let [only] = wanted {
            target.attribute(*only).storage().and_then(|storage| key_value(storage, key)).map(|value| vec![value])
        } else {
            None
        };
        values.ok_or_else(|| {
            let message = format!("\"{}\": no entity of the {} dataclass has such a key", attribute.name, target.name);
            Error::new(ErrorKind::Failed, 1542, message)
        })
    }

    /// The permission that a change of this attribute needs; `None` when the caller has it.
    fn denied(&self, attribute: &Attribute, value: &Value, action: Action) -> Option<Error> {
        let at = self.dataclass.at(attribute.id);
        let needed = match (action, value) {
            // A null at creation is the default and needs nothing.
            (Action::Create, Value::Null) => return None,
            (Action::Create, _) => Action::Create,
            // Rule A-6.
            (_, Value::Null) if self.grants.has_own_list(at, Action::Drop) => Action::Drop,
            _ => Action::Update,
        };
        if self.grants.attribute(at, needed) { None } else { Some(denial::attribute(needed, &self.dataclass.name, &attribute.name)) }
    }

    /// The body may repeat the key, but not change it.
    fn key_change(&self, key: &[Value], values: &[Assign]) -> Option<Error> {
        let changed = self.dataclass.key_attributes().iter().zip(key).find_map(|(part, value)| {
            values.iter().find(|assign| assign.attribute == *part && assign.value != *value).map(|_| self.dataclass.attribute(*part))
        })?;
        let message = format!("The key of an existing entity cannot be changed (\"{}\" of {})", changed.name, self.dataclass.name);
        Some(Error::new(ErrorKind::Failed, 1569, message))
    }

    fn type_error(&self, attribute: &Attribute, error: &dyn std::fmt::Display) -> Error {
        Error::new(ErrorKind::Failed, 1569, format!("\"{}\" of {}: {error}", attribute.name, self.dataclass.name))
    }

    /// What went wrong, then that the entity could not be saved: 1517 existing, 1534 new (12.7).
    fn chain(&self, error: Error, new: bool, key: Option<&str>) -> Error {
        let name = &self.dataclass.name;
        if new {
            error.then(1534, format!("Saving a new entity of {name} failed"))
        } else {
            error.then(1517, format!("Saving entity {} of {name} failed", key.unwrap_or_default()))
        }
    }
}

/// `__STAMP`: a whole number, or absent.
fn stamp(object: &Map<String, Json>) -> Result<Option<i64>, Error> {
    match object.get("__STAMP") {
        None | Some(Json::Null) => Ok(None),
        Some(given) => match Value::from_json(ValueType::Int, None, given) {
            Ok(Value::Int(stamp)) => Ok(Some(stamp)),
            _ => Err(Error::new(ErrorKind::Malformed, 1806, "__STAMP must be a whole number")),
        },
    }
}

/// A member that a client posts back as it received it.
fn is_deferred(given: &Json) -> bool {
    given.as_object().is_some_and(|object| object.contains_key("__deferred"))
}

/// A deferred relation posted back is unchanged; an expanded one carries `__KEY` at its top and is an assignment.
fn is_unchanged_relation(given: &Json) -> bool {
    given.as_object().is_some_and(|object| object.contains_key("__deferred") && !object.contains_key("__KEY"))
}

/// `__KEY` as text for messages and answers.
fn key_text(key: &Json) -> String {
    match key {
        Json::String(text) => text.clone(),
        Json::Array(parts) if parts.len() == 1 => key_text(&parts[0]),
        other => other.to_string(),
    }
}
