//! Scopes: which row or element each condition speaks of (`rest-dialect.md` 9.2, "Paths").

use claviger_model::{AttrRef, Dataclass};

use super::denial::malformed;
use super::path::{Hop, Resolved, Tail};
use crate::error::Error;
use crate::predicate::{Operand, Scope, ScopeId, Scopes, Source};

/// Most scopes of one plan: the engine joins a limited number of tables.
const MOST_SCOPES: usize = 60;

/// The scopes of a plan while it is made.
#[derive(Debug)]
pub(super) struct Arena(Vec<Scope>);

/// Rows and elements that conditions joined by AND share: they speak of the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Vec<(Identity, ScopeId)>);

/// What makes two conditions speak of the same row or element.
#[derive(Clone, PartialEq, Debug)]
enum Identity {
    Related(ScopeId, AttrRef, Vec<i64>),
    Element(Operand, u8),
}

/// Where a path led.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) scope: ScopeId,
    /// Scopes that belong to this condition alone, outermost first.
    pub(super) own: Vec<ScopeId>,
}

impl Arena {
    /// With scope 0, the entity that is selected.
    pub(super) fn new(class: &Dataclass) -> Self {
        Self(vec![Scope { parent: ScopeId(0), source: Source::Root(class.id) }])
    }

    pub(super) fn finish(self) -> Scopes {
        Scopes(self.0)
    }

    fn add(&mut self, parent: ScopeId, source: Source) -> Result<ScopeId, Error> {
        if self.0.len() >= MOST_SCOPES {
            return Err(malformed(1162, format!("The query goes over more than {MOST_SCOPES} relations and arrays")));
        }
        self.0.push(Scope { parent, source });
        Ok(ScopeId((self.0.len() - 1) as u16))
    }

    /// The related entity of a row: there is only one, so its scope is always shared.
    fn one(&mut self, parent: ScopeId, at: AttrRef) -> Result<ScopeId, Error> {
        let known = self.0.iter().position(|scope| scope.parent == parent && scope.source == Source::ToOne(at));
        match known {
            Some(known) => Ok(ScopeId(known as u16)),
            None => self.add(parent, Source::ToOne(at)),
        }
    }

    /// Walks a path that may only pass N -> 1 relations; nothing when it passes anything else.
    pub(super) fn walk_to_one(&mut self, path: &Resolved) -> Result<Option<ScopeId>, Error> {
        let mut scope = ScopeId(0);
        for hop in &path.hops {
            match hop {
                Hop::One(at) => scope = self.one(scope, *at)?,
                Hop::Many(..) | Hop::Elements(..) => return Ok(None),
            }
        }
        Ok(Some(scope))
    }

    /// Walks a path. Rows and elements that are not yet shared are added to `shared` and to `opened`, which the caller must bind.
    pub(super) fn walk(&mut self, path: &Resolved, shared: &mut Shared, opened: &mut Vec<ScopeId>) -> Result<Arrival, Error> {
        let mut scope = ScopeId(0);
        let mut own = Vec::new();
        for (number, hop) in path.hops.iter().enumerate() {
            let (source, identity) = match hop {
                Hop::One(at) => {
                    scope = self.one(scope, *at)?;
                    continue;
                }
                // "Is there any" speaks of no entity in particular.
                Hop::Many(at, _) if path.tail == Tail::Selection && number + 1 == path.hops.len() => (Source::ToMany(*at), None),
                Hop::Many(at, indexes) => (Source::ToMany(*at), Some(Identity::Related(scope, *at, indexes.clone()))),
                Hop::Elements(array, letter) => {
                    let array = operand(scope, array);
                    (Source::Elements(array.clone()), letter.map(|letter| Identity::Element(array, letter)))
                }
            };
            let Some(identity) = identity.filter(|_| own.is_empty()) else {
                scope = self.add(scope, source)?;
                own.push(scope);
                continue;
            };
            scope = match shared.0.iter().find(|(known, _)| *known == identity) {
                Some((_, known)) => *known,
                None => {
                    let added = self.add(scope, source)?;
                    shared.0.push((identity, added));
                    opened.push(added);
                    added
                }
            };
        }
        Ok(Arrival { scope, own })
    }

    /// True for the elements of an array.
    pub(super) fn is_elements(&self, id: ScopeId) -> bool {
        matches!(self.0[usize::from(id.0)].source, Source::Elements(_))
    }

    /// The scope and those that it hangs on, up to the root.
    pub(super) fn ancestors(&self, id: ScopeId) -> impl Iterator<Item = ScopeId> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let id = next?;
            let parent = self.0[usize::from(id.0)].parent;
            next = (parent != id).then_some(parent);
            Some(id)
        })
    }
}

/// What has the value, in the scope that the hops led to.
pub(super) fn operand(scope: ScopeId, tail: &Tail) -> Operand {
    match tail {
        Tail::Attribute(at) => Operand::Attribute(scope, *at),
        Tail::Json(at, names) => Operand::Json(scope, *at, names.clone()),
        Tail::Element(names) => Operand::Element(scope, names.clone()),
        Tail::Length(of) => Operand::Length(Box::new(operand(scope, of))),
        // Never asked for: conditions on a selection are only "is there any".
        Tail::Selection => Operand::Element(scope, Vec::new()),
    }
}
