//! `$lock` (`rest-dialect.md` 13.2).

use claviger_access::Action;
use claviger_model::Dataclass;

use super::context::Context;
use super::denial::malformed;
use super::scope::Arena;
use super::{Planning, key};
use crate::ask::Request;
use crate::change::Lock;
use crate::error::{Error, ErrorKind};
use crate::restriction::Restrictions;
use crate::url::{Pick, Target};

impl<'a> Planning<'a> {
    /// Needs what an update needs: who may only read must not be able to block writers (`roles-privileges.md` A-14).
    pub(super) fn lock(self, class: &'a Dataclass, target: &'a Target, taken: bool) -> Result<Request, Error> {
        ask(self.context, class)?;
        let base = match &target.pick {
            Some(Pick::Key(text)) => key::base(class, text),
            Some(Pick::Unique { attribute, value }) => self.unique(class, attribute, value)?,
            None => return Err(malformed(1813, "$lock needs one entity, as in Book(12).")),
        };
        Ok(Request::Lock(Lock { class: class.id, scopes: Arena::new(class).finish(), base, taken, restrictions: Restrictions::default() }))
    }
}

/// Refuses a caller who may not lock entities of the dataclass.
pub(super) fn ask(context: Context<'_>, class: &Dataclass) -> Result<(), Error> {
    context.ask_dataclass(class, Action::Update)?;
    context.ask_dataclass(class, Action::Read)?;
    if class.is_writable() {
        return Ok(());
    }
    let message = format!("{} cannot be locked: it is read only, or nothing identifies its entities", class.name);
    Err(Error::new(ErrorKind::Failed, 1046, message))
}
