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

/// Rows and elements that conditions joined by AND share: they speak of the same one. Without a scope: the case that there is none,
/// in which every condition on it is false.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Vec<(Identity, Option<ScopeId>)>);

/// What makes two conditions speak of the same row or element.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Identity {
    Related(ScopeId, AttrRef, Vec<i64>),
    Element(Operand, u8),
}

impl Shared {
    fn find(&self, identity: &Identity) -> Option<Option<ScopeId>> {
        self.0.iter().find(|(known, _)| known == identity).map(|(_, scope)| *scope)
    }

    /// The same with one more row or element; without scope, it is taken not to be there.
    pub(super) fn with(&self, identity: &Identity, scope: Option<ScopeId>) -> Self {
        let mut more = self.clone();
        more.0.push((identity.clone(), scope));
        more
    }
}

/// One hop of a walk.
enum Step {
    /// A row that there is only one of.
    Shared(ScopeId),
    /// One of several; without identity it belongs to the condition alone.
    Open(Source, Option<Identity>),
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

    /// With the scopes that a selection has already.
    pub(super) fn of(scopes: Scopes) -> Self {
        Self(scopes.0)
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

    /// Walks a path from a row that may only pass N -> 1 relations; nothing when it passes anything else.
    pub(super) fn walk_to_one(&mut self, from: ScopeId, path: &Resolved) -> Result<Option<ScopeId>, Error> {
        let mut scope = from;
        for hop in &path.hops {
            match hop {
                Hop::One(at) => scope = self.one(scope, *at)?,
                Hop::Many(..) | Hop::Elements(..) => return Ok(None),
            }
        }
        Ok(Some(scope))
    }

    /// Walks a path from a row. Rows and elements that are not yet shared are added to `shared` and to `opened`, which the caller must bind.
    /// Nothing when the path goes over a row or element that is taken not to be there.
    pub(super) fn walk(
        &mut self,
        from: ScopeId,
        path: &Resolved,
        shared: &mut Shared,
        opened: &mut Vec<ScopeId>,
    ) -> Result<Option<Arrival>, Error> {
        let mut scope = from;
        let mut own = Vec::new();
        for number in 0..path.hops.len() {
            let (source, identity) = match self.step(scope, path, number)? {
                Step::Shared(one) => {
                    scope = one;
                    continue;
                }
                Step::Open(source, identity) => (source, identity),
            };
            let Some(identity) = identity.filter(|_| own.is_empty()) else {
                scope = self.add(scope, source)?;
                own.push(scope);
                continue;
            };
            scope = match shared.find(&identity) {
                Some(Some(known)) => known,
                Some(None) => return Ok(None),
                None => {
                    let added = self.add(scope, source)?;
                    shared.0.push((identity, Some(added)));
                    opened.push(added);
                    added
                }
            };
        }
        Ok(Some(Arrival { scope, own }))
    }

    /// The first row or element on the path that others could share and nobody does yet.
    pub(super) fn first_unshared(&mut self, from: ScopeId, path: &Resolved, shared: &Shared) -> Result<Option<Identity>, Error> {
        let mut scope = from;
        for number in 0..path.hops.len() {
            scope = match self.step(scope, path, number)? {
                Step::Shared(one) => one,
                Step::Open(_, None) => return Ok(None),
                Step::Open(_, Some(identity)) => match shared.find(&identity) {
                    Some(Some(known)) => known,
                    Some(None) => return Ok(None),
                    None => return Ok(Some(identity)),
                },
            };
        }
        Ok(None)
    }

    /// A scope for the row or element, to be shared and bound.
    pub(super) fn open(&mut self, identity: &Identity) -> Result<ScopeId, Error> {
        match identity {
            Identity::Related(parent, at, _) => self.add(*parent, Source::ToMany(*at)),
            Identity::Element(array, _) => self.add(array.scope(), Source::Elements(array.clone())),
        }
    }

    fn step(&mut self, scope: ScopeId, path: &Resolved, number: usize) -> Result<Step, Error> {
        Ok(match &path.hops[number] {
            Hop::One(at) => Step::Shared(self.one(scope, *at)?),
            // "Is there any" speaks of no entity in particular.
            Hop::Many(at, _) if path.tail == Tail::Selection && number + 1 == path.hops.len() => Step::Open(Source::ToMany(*at), None),
            Hop::Many(at, indexes) => Step::Open(Source::ToMany(*at), Some(Identity::Related(scope, *at, indexes.clone()))),
            Hop::Elements(array, letter) => {
                let array = operand(scope, array);
                Step::Open(Source::Elements(array.clone()), letter.map(|letter| Identity::Element(array, letter)))
            }
        })
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
