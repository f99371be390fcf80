//! What every step of planning asks: names, exposure, permissions.

use claviger_access::{Action, Grants, Protected};
use claviger_model::{AttrRef, Attribute, ClassId, Dataclass, FunctionId, Model};

use super::denial;
use crate::ask::Options;
use crate::asked::{Asked, Bearing, Notes};
use crate::error::Error;
use crate::media::Source;
use crate::need::Outside;

/// Who asks: decides which names exist.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Asker {
    /// A request: only what is exposed.
    Rest,
    /// Code of the operator: also what is not exposed (`data-model.md` AT-4).
    Function,
}

/// Model, permissions and settings of one request.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) model: &'a Model,
    pub(super) grants: &'a Grants,
    /// Permissions for everything: what computes an attribute reads with them.
    pub(super) all: &'a Grants,
    pub(super) options: &'a Options,
    /// Bytes that the request may store.
    pub(super) bytes: &'a dyn Source,
    /// Where an explanation is made of: what is asked is written down here.
    pub(super) notes: Option<&'a Notes>,
    /// What the operator's functions say, and what of it this planning misses.
    pub(super) outside: &'a Outside<'a>,
    pub(super) asker: Asker,
}

impl<'a> Context<'a> {
    /// The exposed dataclass of this name.
    pub(super) fn class(&self, name: &str) -> Result<&'a Dataclass, Error> {
        self.model.find(name).filter(|class| class.exposed).ok_or_else(|| denial::no_dataclass(name))
    }

    /// The attribute of this name, where it exists for who asks.
    pub(super) fn visible<'c>(&self, class: &'c Dataclass, name: &str) -> Option<&'c Attribute> {
        class.find(name).filter(|attribute| self.is_visible(attribute))
    }

    /// The attribute exists for who asks. What the loader made (a hidden foreign key) exists for nobody.
    pub(super) fn is_visible(&self, attribute: &Attribute) -> bool {
        (attribute.exposed || self.asker == Asker::Function) && !attribute.implicit
    }

    /// The plan looks at entities of the dataclass.
    #[inline]
    pub(super) fn touch(&self, class: &Dataclass) {
        self.outside.touch(class);
    }

    /// The plan looks at what these relations lead to.
    pub(super) fn touch_steps(&self, steps: &[AttrRef]) {
        for target in steps.iter().filter_map(|step| self.attribute_at(*step).target()) {
            self.touch(self.dataclass(target));
        }
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
        self.note(action, Protected::Dataclass(class.id), allowed, Bearing::Needed);
        if allowed { Ok(()) } else { Err(denial::dataclass(class, action)) }
    }

    /// Refuses a caller who may not read the attribute.
    pub(super) fn ask_read(&self, class: &Dataclass, attribute: &Attribute) -> Result<(), Error> {
        let allowed = self.may_read(class.at(attribute.id));
        self.note(Action::Read, Protected::Attribute(class.at(attribute.id)), allowed, Bearing::Needed);
        if allowed { Ok(()) } else { Err(denial::attribute(class, attribute.id, Action::Read)) }
    }

    /// Refuses a caller who may not call the function (`roles-privileges.md` PR-3: by his own privileges).
    pub(super) fn ask_execute(&self, function: FunctionId) -> Result<(), Error> {
        let allowed = self.grants.executes(function);
        self.note(Action::Execute, Protected::Function(function), allowed, Bearing::Needed);
        match self.model.functions().name(function) {
            Some(name) if !allowed => Err(denial::function(self.model, function, name)),
            _ => Ok(()),
        }
    }

    pub(super) fn may_read(&self, at: AttrRef) -> bool {
        self.grants.attribute(at, Action::Read)
    }

    /// Writes down what was asked, when somebody wants to know.
    #[inline]
    pub(super) fn note(&self, action: Action, on: Protected, allowed: bool, bearing: Bearing) {
        if let Some(notes) = self.notes {
            notes.add(Asked { action, on, allowed, bearing });
        }
    }
}

/// The exposed attribute of this name.
pub(crate) fn visible<'a>(class: &'a Dataclass, name: &str) -> Option<&'a Attribute> {
    class.find(name).filter(|attribute| attribute.exposed && !attribute.implicit)
}
