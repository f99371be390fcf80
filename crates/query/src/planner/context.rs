//! What every step of planning asks: names, exposure, permissions.

use claviger_access::{Action, Grants};
use claviger_model::{AttrId, AttrRef, Attribute, ClassId, Dataclass, Model};

use super::denial;
use crate::ask::Options;
use crate::asked::{Asked, Bearing, Notes};
use crate::error::Error;
use crate::media::Source;

/// Model, permissions and settings of one request.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) model: &'a Model,
    pub(super) grants: &'a Grants,
    pub(super) options: &'a Options,
    /// Bytes that the request may store.
    pub(super) bytes: &'a dyn Source,
    /// Where an explanation is made of: what is asked is written down here.
    pub(super) notes: Option<&'a Notes>,
}

impl<'a> Context<'a> {
    /// The exposed dataclass of this name.
    pub(super) fn class(&self, name: &str) -> Result<&'a Dataclass, Error> {
        self.model.find(name).filter(|class| class.exposed).ok_or_else(|| denial::no_dataclass(name))
    }

    pub(super) fn dataclass(&self, id: ClassId) -> &'a Dataclass {
        self.model.dataclass(id)
    }

    pub(super) fn attribute_at(&self, at: AttrRef) -> &'a Attribute {
        self.model.attribute(at)
    }

    /// Refuses a caller who may not do this to the dataclass.
    pub(super) fn ask_dataclass(&self, class: &Dataclass, action: Action) -> Result<(), Error> {
        let allowed = self.grants.dataclass(class.id, action);
        self.note(action, class.id, None, allowed, Bearing::Needed);
        if allowed { Ok(()) } else { Err(denial::dataclass(class, action)) }
    }

    /// Refuses a caller who may not read the attribute.
    pub(super) fn ask_read(&self, class: &Dataclass, attribute: &Attribute) -> Result<(), Error> {
        let allowed = self.may_read(class.at(attribute.id));
        self.note(Action::Read, class.id, Some(attribute.id), allowed, Bearing::Needed);
        if allowed { Ok(()) } else { Err(denial::attribute(class, attribute.id, Action::Read)) }
    }

    pub(super) fn may_read(&self, at: AttrRef) -> bool {
        self.grants.attribute(at, Action::Read)
    }

    /// Writes down what was asked, when somebody wants to know.
    #[inline]
    pub(super) fn note(&self, action: Action, class: ClassId, attribute: Option<AttrId>, allowed: bool, bearing: Bearing) {
        if let Some(notes) = self.notes {
            notes.add(Asked { action, class, attribute, allowed, bearing });
        }
    }
}

/// The exposed attribute of this name. What the loader made (a hidden foreign key) is not exposed.
pub(crate) fn visible<'a>(class: &'a Dataclass, name: &str) -> Option<&'a Attribute> {
    class.find(name).filter(|attribute| is_visible(attribute))
}

/// Exists for the API.
pub(super) fn is_visible(attribute: &Attribute) -> bool {
    attribute.exposed && !attribute.implicit
}
