//! `$info` (`rest-dialect.md` 16).

use claviger_access::Grants;

use crate::ask::Verb;
use crate::error::{Error, ErrorKind};

/// What of the server's information is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Info {
    /// `$info`
    All,
    /// `$info/entitySet`
    EntitySets,
    /// `$info/sessionInfo`
    Sessions,
    /// `$info/progressInfo`
    Progress,
}

impl Info {
    /// From the segment behind `$info`.
    pub(crate) fn of(part: Option<&str>) -> Result<Self, Error> {
        let parts = [("entityset", Self::EntitySets), ("sessioninfo", Self::Sessions), ("progressinfo", Self::Progress)];
        let Some(part) = part else { return Ok(Self::All) };
        let found = parts.into_iter().find(|(name, _)| part.eq_ignore_ascii_case(name));
        found.map(|(_, info)| info).ok_or_else(|| Error::new(ErrorKind::NotFound, 1800, format!("\"{part}\" is no part of $info")))
    }

    /// Administration keys only (settlement "Gate"); clients of the dialect ask with GET or POST.
    pub(crate) fn allow(self, grants: &Grants, verb: Verb) -> Result<Self, Error> {
        if !grants.is_administration() {
            return Err(Error::new(ErrorKind::Denied, 1611, "No permission to read the server's information"));
        }
        match verb {
            Verb::Get | Verb::Post => Ok(self),
            _ => Err(Error::new(ErrorKind::Malformed, 1806, "$info is asked for with GET.")),
        }
    }
}
