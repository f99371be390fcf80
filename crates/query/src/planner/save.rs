//! Creating and updating (`rest-dialect.md` 12): what may be saved of a body is [`super::body`]'s work.

use claviger_model::Dataclass;

use super::Planning;
use super::body::{Manner, ToSave, save_items};
use super::denial::malformed;
use crate::ask::{Body, Request};
use crate::change::{Change, Save, SaveItem, Trial};
use crate::error::{Error, ErrorKind};
use crate::plan::PageForm;
use crate::restriction::Restrictions;
use crate::url::{Pick, Target};

impl<'a> Planning<'a> {
    pub(super) fn save(
        self,
        class: &'a Dataclass,
        target: &'a Target,
        create_only: bool,
        trial: Option<Trial>,
        body: Body,
    ) -> Result<Request, Error> {
        let key = match &target.pick {
            None => None,
            Some(Pick::Key(key)) if !create_only => Some(key),
            Some(_) => return Err(malformed(1813, "Saving is applicable to a dataclass, or to one entity by its key.")),
        };
        let ToSave { mut items, array, computed } = save_items(self.context, class, Manner { path_key: key, create_only }, body)?;
        if array && key.is_some() {
            return Err(malformed(1806, "One entity by key takes one object, not an array."));
        }
        // A validation tells it like any other fault.
        if !array && trial != Some(Trial::Validate) {
            items = items.into_iter().map(allowed).collect::<Result<_, _>>()?;
        }
        let projection = self.projection(class, target, PageForm::Selection)?;
        // A validation looks at each entity (12.8).
        let atomic = self.ask.parameters.atomic && trial != Some(Trial::Validate);
        let restrictions = Restrictions::default();
        Ok(Request::Write(Change::Save(Save { class: class.id, items, atomic, array, projection, trial, restrictions, computed })))
    }
}

/// A single object that may not be saved at all is a refused request (roles-privileges 6.4).
pub(super) fn allowed(item: SaveItem) -> Result<SaveItem, Error> {
    match item {
        SaveItem::Refused { error, .. } if error.kind == ErrorKind::Denied => Err(error),
        item => Ok(item),
    }
}
