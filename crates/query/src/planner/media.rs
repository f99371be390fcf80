//! Images and blobs: their bytes out and in (`rest-dialect.md` 14).

use claviger_access::{Action, Protected};
use claviger_model::{AttrRef, Attribute, Dataclass, Kind, ValueType};

use super::Planning;
use super::body::posted_item;
use super::choice::names;
use super::denial::{malformed, not_in_list, nothing_to_save};
use super::key::type_of;
use super::save::allowed;
use crate::ask::{Request, Verb};
use crate::asked::Bearing;
use crate::change::{Change, Save, Trial};
use crate::error::Error;
use crate::media::{Media, MediaForm, MediaKind, Upload};
use crate::plan::PageForm;
use crate::restriction::Restrictions;
use crate::url::{Pick, Target, seconds};

impl<'a> Planning<'a> {
    /// The bytes that one entity is asked for: `$expand` (or the path) names one image or blob, and `$imageformat` or `$binary` stands beside it
    /// (R12). Nothing when it is the entity that is asked for.
    pub(super) fn media(self, class: &'a Dataclass, target: &Target) -> Result<Option<Media>, Error> {
        let parameters = &self.ask.parameters;
        if parameters.image_format.is_none() && !parameters.binary {
            return Ok(None);
        }
        for name in target.list.iter().flat_map(|list| names(list)) {
            let first = name.split('.').next().unwrap_or_default();
            self.context.visible(class, first).ok_or_else(|| not_in_list(class, name))?;
        }
        let expanded = parameters.expand.as_deref().map(str::trim).filter(|expand| !expand.is_empty());
        let Some(name) = expanded.or_else(|| target.list.as_deref().map(str::trim)) else { return Ok(None) };
        let Some(attribute) = self.context.visible(class, name) else { return Ok(None) };
        let Some((path, kind)) = self.media_path(class, attribute) else { return Ok(None) };
        self.context.ask_read(class, attribute)?;
        self.context.touch_steps(&path);
        let form = match (kind, parameters.image_format.as_deref()) {
            (MediaKind::Image, Some(text)) if !parameters.binary => MediaForm::of_parameter(text)
                .ok_or_else(|| malformed(1824, format!("The picture type \"{text}\" is not known. Use best, gif, png, jpeg or tiff.")))?,
            _ => MediaForm::Binary,
        };
        Ok(Some(Media { path, form }))
    }

    /// The way to the bytes of an attribute, through N -> 1 relations for an alias; nothing for an attribute without.
    fn media_path(self, class: &Dataclass, attribute: &Attribute) -> Option<(Vec<AttrRef>, MediaKind)> {
        let path = match &attribute.kind {
            Kind::Alias(alias) if alias.many => return None,
            Kind::Alias(alias) => alias.steps.clone(),
            _ => vec![class.at(attribute.id)],
        };
        let kind = kind_of(self.context.attribute_at(*path.last()?))?;
        Some((path, kind))
    }

    /// The bytes of the request go into one attribute of one entity (14.3).
    pub(super) fn post(self, class: &'a Dataclass, target: &'a Target, trial: Option<Trial>) -> Result<Request, Error> {
        let Some(Pick::Key(key)) = &target.pick else {
            return Err(malformed(1813, "Bytes are posted to one entity by its key."));
        };
        let name = target.list.as_deref().unwrap_or_default().trim();
        let attribute = match self.context.visible(class, name) {
            Some(attribute) => attribute,
            None => {
                self.context.ask_dataclass(class, Action::Read)?;
                return Err(not_in_list(class, name));
            }
        };
        let bytes = self.context.bytes.posted().unwrap_or_default();
        let item = allowed(posted_item(self.context, class, key, attribute, &bytes))?;
        let wanted = if self.ask.parameters.raw_pict.is_some() { MediaKind::Image } else { MediaKind::Blob };
        match self.media_path(class, attribute) {
            Some((_, kind)) if kind == wanted => {}
            Some((_, MediaKind::Image)) => return Err(malformed(1806, format!("\"{name}\" is an image. Post it with $rawPict=true."))),
            Some((_, MediaKind::Blob)) => return Err(malformed(1806, format!("\"{name}\" is a blob. Post it with $binary=true."))),
            None => return Err(malformed(1806, format!("\"{name}\" is neither an image nor a blob. Post a JSON object to the entity."))),
        }
        self.check_type()?;
        if bytes.is_empty() {
            return Err(malformed(1806, "The body is empty. To clear an image, save null."));
        }
        // What is sent back is the entity, not the attribute that the path names (12.3).
        let whole = Target { list: None, ..target.clone() };
        let projection = self.projection(class, &whole, PageForm::Selection)?;
        let (items, restrictions) = (vec![item], Restrictions::default());
        Ok(Request::Write(Change::Save(Save {
            class: class.id,
            items,
            atomic: false,
            array: false,
            projection,
            trial,
            restrictions,
            computed: Vec::new(),
        })))
    }

    /// Bytes are taken in for a later save (14.4): for callers who may save something somewhere.
    pub(super) fn upload(self) -> Result<Upload, Error> {
        self.ask_any_save()?;
        if self.ask.verb != Verb::Post {
            return Err(malformed(1813, "$upload takes a POST."));
        }
        let parameters = &self.ask.parameters;
        let kind = match (&parameters.raw_pict, parameters.binary) {
            (Some(_), _) => MediaKind::Image,
            (None, true) => MediaKind::Blob,
            (None, false) => {
                return Err(malformed(1806, "Say what is uploaded: $rawPict=true for an image, $binary=true for anything else."));
            }
        };
        self.check_type()?;
        let life = parameters.timeout.as_deref().map(seconds).transpose()?;
        Ok(Upload::new(kind, life))
    }

    /// Refuses a caller who may neither create nor update entities of any dataclass that exists for him.
    fn ask_any_save(self) -> Result<(), Error> {
        let classes = || self.context.model.dataclasses().iter().filter(|class| class.exposed);
        let may = |class: &Dataclass, action| self.context.grants.dataclass(class.id, action);
        let actions = [Action::Create, Action::Update];
        let granted = classes().find_map(|class| actions.into_iter().find(|action| may(class, *action)).map(|action| (class, action)));
        if let Some((class, action)) = granted {
            self.context.note(action, Protected::Dataclass(class.id), true, Bearing::Needed);
            return Ok(());
        }
        for class in classes() {
            for action in actions {
                self.context.note(action, Protected::Dataclass(class.id), false, Bearing::Needed);
            }
        }
        Err(nothing_to_save())
    }

    /// `$rawPict` says `true` or an image type, whichever; what the bytes are is found out from themselves.
    fn check_type(self) -> Result<(), Error> {
        let Some(text) = &self.ask.parameters.raw_pict else { return Ok(()) };
        let lower = text.to_ascii_lowercase();
        let is_known = lower.is_empty() || lower == "true" || lower.starts_with("image/") || MediaForm::of_parameter(&lower).is_some();
        if is_known { Ok(()) } else { Err(malformed(1824, format!("The picture type \"{text}\" is not known. Use true or image/png."))) }
    }
}

/// What an attribute with bytes is; nothing for any other.
fn kind_of(attribute: &Attribute) -> Option<MediaKind> {
    match type_of(attribute)?.0 {
        ValueType::Image => Some(MediaKind::Image),
        ValueType::Blob => Some(MediaKind::Blob),
        _ => None,
    }
}
