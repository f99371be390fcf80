//! The body of `$method=update` becomes what to save, permissions asked for each attribute (`rest-dialect.md` 12.1,
//! `roles-privileges.md` 4.4).

use std::cell::RefCell;

use bytes::Bytes;
use claviger_access::{Action, Protected};
use claviger_model::{AttrId, Attribute, Dataclass, Kind, StorageType, Value, ValueType};
use serde_json::{Map, Value as Json};

use super::context::{Asker, Context};
use super::denial::{self, malformed};
use super::key::{key_of_json, key_values};
use crate::ask::Body;
use crate::asked::Bearing;
use crate::change::{Assign, Computed, SaveItem};
use crate::error::{Error, ErrorKind};
use crate::media::MediaKind;
use crate::url::KeyText;

/// What the request says beside its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'a> {
    /// The key in the path (`Book(12)?$method=update`): same as giving `__KEY`.
    pub(super) path_key: Option<&'a KeyText>,
    /// `$method=insert`: `__KEY` and `__STAMP` in the body are ignored.
    pub(super) create_only: bool,
}

/// What a body says.
pub(super) struct ToSave {
    /// One per object of the body.
    pub(super) items: Vec<SaveItem>,
    /// The body was an array.
    pub(super) array: bool,
    /// For the setters of what may be saved.
    pub(super) computed: Vec<Computed>,
}

/// 1806 when the body is neither an object nor an array of objects.
pub(super) fn save_items(context: Context<'_>, class: &Dataclass, manner: Manner<'_>, body: Body) -> Result<ToSave, Error> {
    let wrong = || malformed(1806, "The body must be a JSON object, or an array of objects, with the attributes to save.");
    let (objects, array) = match body {
        Some(object @ Json::Object(_)) => (vec![object], false),
        Some(Json::Array(objects)) => (objects, true),
        _ => return Err(wrong()),
    };
    let writer = Writer::new(context, class, manner);
    let (mut items, mut computed) = (Vec::with_capacity(objects.len()), Vec::new());
    for (at, object) in objects.into_iter().enumerate() {
        let Json::Object(members) = object else { return Err(wrong()) };
        let item = writer.item(&members);
        let of_setters = writer.computed.take();
        if !matches!(item, SaveItem::Refused { .. }) {
            computed.extend(of_setters.into_iter().map(|(attribute, given)| Computed { at, attribute, given }));
        }
        items.push(item);
    }
    Ok(ToSave { items, array, computed })
}

/// The item of a direct post (14.3): the bytes of the request into one attribute of the entity in the path.
pub(super) fn posted_item(context: Context<'_>, class: &Dataclass, key: &KeyText, attribute: &Attribute, bytes: &Bytes) -> SaveItem {
    let writer = Writer::new(context, class, Manner { path_key: Some(key), create_only: false });
    let item = writer.try_item(Some(key), || Ok(None), |action| writer.assign_bytes(attribute, bytes, action));
    writer.finished(item, Some(key.text().into_owned()))
}

/// An item that is not saved, with the whole chain.
pub(super) fn refused(class: &Dataclass, error: Error, text: Option<String>) -> SaveItem {
    let name = &class.name;
    let error = match &text {
        _ if error.items.last().is_some_and(|item| matches!(item.code, 1517 | 1534)) => error,
        Some(text) => error.then(1517, format!("Saving entity {text} of {name} failed")),
        None => error.then(1534, format!("Saving a new entity of {name} failed")),
    };
    SaveItem::Refused { text, error }
}

/// The item with further values, which count more than its own.
pub(super) fn changed(context: Context<'_>, class: &Dataclass, item: SaveItem, members: &Map<String, Json>) -> SaveItem {
    let writer = Writer::new(context, class, Manner { path_key: None, create_only: false });
    let more = |action, values: &mut Vec<Assign>| {
        for assign in writer.assigns(members, action)? {
            values.retain(|known| known.attribute != assign.attribute);
            values.push(assign);
        }
        Ok(())
    };
    match item {
        SaveItem::Create(mut values) => match more(Action::Create, &mut values) {
            Ok(()) => SaveItem::Create(writer.without_null_keys(values)),
            Err(error) => refused(class, error, None),
        },
        SaveItem::Update { key, text, stamp, seen, mut values } => {
            let made = more(Action::Update, &mut values).and_then(|()| writer.without_key(key.as_deref(), values));
            match made {
                Ok(values) => SaveItem::Update { key, text, stamp, seen, values },
                Err(error) => refused(class, error, Some(text)),
            }
        }
        refused @ SaveItem::Refused { .. } => refused,
    }
}

struct Writer<'a> {
    context: Context<'a>,
    class: &'a Dataclass,
    manner: Manner<'a>,
    /// What was said of attributes with a setter.
    computed: RefCell<Vec<(AttrId, Json)>>,
}

impl<'a> Writer<'a> {
    fn new(context: Context<'a>, class: &'a Dataclass, manner: Manner<'a>) -> Self {
        Self { context, class, manner, computed: RefCell::default() }
    }

    fn item(&self, members: &Map<String, Json>) -> SaveItem {
        let key = if self.manner.create_only { None } else { self.given_key(members) };
        let text = key.as_ref().map(|key| key.text().into_owned());
        let stamp = || stamp(members);
        self.finished(self.try_item(key.as_ref(), stamp, |action| self.assigns(members, action)), text)
    }

    /// The item, or its refusal with the whole chain.
    fn finished(&self, item: Result<SaveItem, Error>, text: Option<String>) -> SaveItem {
        item.unwrap_or_else(|error| refused(self.class, error, text))
    }

    fn try_item(
        &self,
        key: Option<&KeyText>,
        stamp: impl FnOnce() -> Result<Option<i64>, Error>,
        assigns: impl FnOnce(Action) -> Result<Vec<Assign>, Error>,
    ) -> Result<SaveItem, Error> {
        let action = if key.is_some() { Action::Update } else { Action::Create };
        if action == Action::Update {
            // Updating needs reading too (roles-privileges 3): the read error comes first.
            self.context.ask_dataclass(self.class, Action::Read)?;
        }
        self.context.ask_dataclass(self.class, action)?;
        if !self.class.is_writable() {
            let message = format!("{} cannot be written: it is read only, or nothing identifies its entities", self.class.name);
            return Err(Error::new(ErrorKind::Failed, 1046, message));
        }
        let values = assigns(action)?;
        let Some(key) = key else { return Ok(SaveItem::Create(self.without_null_keys(values))) };
        let stamp = stamp()?;
        let parts = key_values(self.class, key);
        let values = self.without_key(parts.as_deref(), values)?;
        Ok(SaveItem::Update { key: parts, text: key.text().into_owned(), stamp, seen: None, values })
    }

    /// `__KEY`, in the path or the body; null and the empty text mean none.
    fn given_key(&self, members: &Map<String, Json>) -> Option<KeyText> {
        if let Some(key) = self.manner.path_key {
            return Some(key.clone());
        }
        match members.get("__KEY")? {
            Json::Null => None,
            Json::String(text) if text.is_empty() => None,
            key => Some(key_of_json(key)),
        }
    }

    fn is_key(&self, attribute: AttrId) -> bool {
        self.class.key_attributes().contains(&attribute)
    }

    fn assigns(&self, members: &Map<String, Json>, action: Action) -> Result<Vec<Assign>, Error> {
        let mut assigns: Vec<Assign> = Vec::with_capacity(members.len());
        for (name, given) in members {
            match self.context.visible(self.class, name) {
                Some(attribute) => self.assign(attribute, given, action, &mut assigns)?,
                // Clients post back what they received (12.1).
                None if name.starts_with("__") || name == "uri" || !self.context.options.strict_attributes => {}
                None => return Err(denial::no_attribute(ErrorKind::Malformed, self.class, name)),
            }
        }
        Ok(assigns)
    }

    fn assign(&self, attribute: &Attribute, given: &Json, action: Action, assigns: &mut Vec<Assign>) -> Result<(), Error> {
        // Code of the operator may set what the model file calls read only (`data-model.md` 3.3).
        let is_settable = self.context.asker == Asker::Function && matches!(attribute.kind, Kind::Storage(_) | Kind::RelatedEntity(_));
        if attribute.read_only && !is_settable || is_deferred(given) {
            return Ok(());
        }
        if action == Action::Update {
            // Refused whatever the value: whoever may not read it must not learn by saving whether it is the one stored.
            self.context.ask_read(self.class, attribute)?;
        }
        match &attribute.kind {
            Kind::Storage(storage) => {
                if storage.generated {
                    return Ok(());
                }
                let mut misfit = None;
                let value = match storage.value_type() {
                    ValueType::Image | ValueType::Blob => match self.media(attribute, storage.ty, given)? {
                        Some(value) => value,
                        None => return Ok(()),
                    },
                    ty => match Value::from_json(ty, Some(storage.ty), given) {
                        Ok(value) => value,
                        Err(error) => {
                            let refused = broken(format!(
                                "The value given for the \"{}\" attribute of {} is {error}",
                                attribute.name, self.class.name
                            ));
                            // What an attached column holds beyond its type was sent as text, any JSON of an object column as it is: posted back
                            // unchanged it is no change.
                            let value = match given {
                                _ if action != Action::Update => return Err(refused),
                                given if ty == ValueType::Object => Value::Object(given.clone()),
                                Json::String(text) => Value::Text(text.clone()),
                                _ => return Err(refused),
                            };
                            misfit = Some(refused);
                            value
                        }
                    },
                };
                if matches!(value, Value::Object(Json::Array(_))) {
                    // Attached tables may hold arrays: posted back unchanged they are welcome, written they are not (5.4).
                    misfit = Some(broken(format!("The \"{}\" attribute of {} takes an object or null", attribute.name, self.class.name)));
                }
                let denied = self.denied(attribute.id, &value, action).or(misfit);
                // The relation wins over its foreign key attribute, whichever comes first.
                if !assigns.iter().any(|assign| assign.attribute == attribute.id && assign.relation.is_some()) {
                    assigns.retain(|assign| assign.attribute != attribute.id);
                    let given = given.as_str().filter(|_| action == Action::Update).map(str::to_owned);
                    assigns.push(Assign { attribute: attribute.id, value, denied, relation: None, asks_target: false, given });
                }
            }
            Kind::RelatedEntity(relation) => {
                let target = self.context.dataclass(relation.target);
                let values = related_key(attribute, target, &relation.target_key, given)?;
                let asks_target = self.context.grants.dataclass(target.id, Action::Read);
                if asks_target {
                    self.context.touch(target);
                }
                for (local, value) in relation.foreign_key.iter().zip(values) {
                    // The permissions know that a list on the foreign key attribute guards it in this guise, too.
                    let denied = self.denied(attribute.id, &value, action);
                    assigns.retain(|assign| assign.attribute != *local);
                    assigns.push(Assign { attribute: *local, value, denied, relation: Some(attribute.id), asks_target, given: None });
                }
            }
            Kind::Alias(alias) => {
                // Writable only when the path is one attribute of the same dataclass (data-model 3.6), and then guarded by its lists.
                if let [only] = alias.steps.as_slice() {
                    return self.assign(self.context.attribute_at(*only), given, action, assigns);
                }
            }
            // Its setter makes values of others, when the body is planned ([`super::Planner::may_assign`]).
            Kind::Calculated(_) => {
                self.note_assigned(attribute, action);
                if attribute.exposed && attribute.getter().is_some() {
                    self.computed.borrow_mut().push((attribute.id, given.clone()));
                }
            }
            Kind::RelatedEntities(_) => {}
        }
        Ok(())
    }

    fn note_assigned(&self, attribute: &Attribute, action: Action) {
        let (at, bearing) = (self.class.at(attribute.id), if action == Action::Create { Bearing::Needed } else { Bearing::Changed });
        self.context.note(action, Protected::Attribute(at), self.context.grants.attribute(at, action), bearing);
    }

    /// The bytes of the request itself for one attribute (14.3); what no save can change takes nothing.
    fn assign_bytes(&self, attribute: &Attribute, bytes: &Bytes, action: Action) -> Result<Vec<Assign>, Error> {
        if attribute.read_only {
            return Ok(Vec::new());
        }
        self.context.ask_read(self.class, attribute)?;
        match &attribute.kind {
            Kind::Storage(storage) if !storage.generated => {
                let value = Value::Bytes(bytes.clone());
                let denied = self.denied(attribute.id, &value, action);
                Ok(vec![Assign { attribute: attribute.id, value, denied, relation: None, asks_target: false, given: None }])
            }
            Kind::Alias(alias) => match alias.steps.as_slice() {
                [only] => self.assign_bytes(self.context.attribute_at(*only), bytes, action),
                _ => Ok(Vec::new()),
            },
            _ => Ok(Vec::new()),
        }
    }

    /// An image or blob: null clears it, an upload's ID sets it, what was received before is ignored.
    fn media(&self, attribute: &Attribute, ty: StorageType, given: &Json) -> Result<Option<Value>, Error> {
        let kind = if ty == StorageType::Image { MediaKind::Image } else { MediaKind::Blob };
        match given {
            Json::Null => Ok(Some(Value::Null)),
            Json::Object(members) if members.contains_key("ID") => {
                let id = members.get("ID").and_then(Json::as_str).unwrap_or_default();
                let bytes = self.context.bytes.uploaded(kind, id).ok_or_else(|| kind.no_upload())?;
                Ok(Some(Value::Bytes(bytes)))
            }
            Json::Object(members) if members.contains_key("uri") => Ok(None),
            _ => Err(broken(format!("The \"{}\" attribute takes {{\"ID\": \"…\"}} of an upload, or null", attribute.name))),
        }
    }

    /// What forbids this caller to change the attribute to the value (`roles-privileges.md` 3, 4.4).
    fn denied(&self, attribute: AttrId, value: &Value, action: Action) -> Option<Error> {
        let at = self.class.at(attribute);
        let grants = self.context.grants;
        let needed = match (action, value) {
            // Null is the default: at creation it needs nothing.
            (Action::Create, Value::Null) => return None,
            (Action::Create, _) => Action::Create,
            // Rule A-6.
            (_, Value::Null) if grants.has_own_list(at, Action::Drop) => Action::Drop,
            _ => Action::Update,
        };
        let allowed = grants.attribute(at, needed);
        let bearing = if action == Action::Create { Bearing::Needed } else { Bearing::Changed };
        self.context.note(needed, Protected::Attribute(self.class.at(attribute)), allowed, bearing);
        (!allowed).then(|| denial::attribute(self.class, attribute, needed))
    }

    /// A null key means "generate", as if it were left out.
    fn without_null_keys(&self, mut values: Vec<Assign>) -> Vec<Assign> {
        values.retain(|assign| assign.value != Value::Null || !self.is_key(assign.attribute));
        values
    }

    /// Values for an existing entity.
    fn without_key(&self, key: Option<&[Value]>, mut values: Vec<Assign>) -> Result<Vec<Assign>, Error> {
        if let Some(key) = key {
            self.refuse_key_change(key, &values)?;
        }
        values.retain(|assign| !self.is_key(assign.attribute));
        Ok(values)
    }

    /// The body may repeat the key, but not change it.
    fn refuse_key_change(&self, key: &[Value], values: &[Assign]) -> Result<(), Error> {
        for (part, value) in self.class.key_attributes().iter().zip(key) {
            if values.iter().any(|assign| assign.attribute == *part && assign.value != *value) {
                let name = &self.class.attribute(*part).name;
                return Err(broken(format!("The key \"{name}\" of an existing entity of {} cannot be changed", self.class.name)));
            }
        }
        Ok(())
    }
}

/// A value breaks a rule (4.2).
fn broken(message: String) -> Error {
    Error::new(ErrorKind::Failed, 1569, message)
}

/// The key of the related entity: `{"__KEY": k}`, a bare key, or null (12.1).
fn related_key(attribute: &Attribute, target: &Dataclass, wanted: &[AttrId], given: &Json) -> Result<Vec<Value>, Error> {
    let key = match given {
        Json::Object(members) => {
            members.get("__KEY").ok_or_else(|| broken(format!("The object given for the \"{}\" attribute has no __KEY", attribute.name)))?
        }
        other => other,
    };
    if key.is_null() || key.as_str().is_some_and(str::is_empty) {
        return Ok(vec![Value::Null; wanted.len()]);
    }
    // A relation may refer to attributes of the target that are not its key: then a key says nothing about them.
    let values = if wanted == target.key_attributes() { key_values(target, &key_of_json(key)) } else { None };
    values.ok_or_else(|| broken(format!("No entity of {} has the key given for the \"{}\" attribute", target.name, attribute.name)))
}

/// A member that a client posts back as it received it.
fn is_deferred(given: &Json) -> bool {
    given.as_object().is_some_and(|members| members.contains_key("__deferred"))
}

/// `__STAMP`: a whole number, or none.
fn stamp(members: &Map<String, Json>) -> Result<Option<i64>, Error> {
    match members.get("__STAMP") {
        None | Some(Json::Null) => Ok(None),
        Some(given) => match Value::from_json(ValueType::Int, None, given) {
            Ok(Value::Int(stamp)) => Ok(Some(stamp)),
            _ => Err(malformed(1806, "__STAMP must be a whole number.")),
        },
    }
}
