//! The filter's tree becomes a [`Predicate`] over scopes (`rest-dialect.md` 9.2).
//!
//! Conditions joined by AND over the same 1 -> N path speak of one related entity: they share a scope, bound by one `Exists` around all of
//! them. An OR among them speaks of that entity too, by distribution. Where only ORs joined by AND speak of an entity, none of them need
//! be true by it: either there is such an entity for all of them, or they are true without one. Under NOT a condition is negated as a
//! whole, so nothing is shared with outside.

use claviger_model::{AttrRef, Dataclass};

use super::computed::{self, Place};
use super::context::Context;
use super::literal::Comparer;
use super::path::{Purpose, Resolved, Tail, Type, resolve};
use super::scope::{Arena, Identity, Shared, operand};
use crate::error::{Error, ErrorKind};
use crate::filter::{self, Condition, Expr, Literal, Parameters, PathAsk};
use crate::need::{InPlace, Need};
use crate::predicate::{Operand, Predicate, ScopeId};

/// Makes predicates of one request's filter.
pub(super) struct Conditions<'a> {
    pub(super) context: Context<'a>,
    pub(super) class: &'a Dataclass,
    pub(super) parameters: Parameters<'a>,
    /// The row that paths begin at.
    root: ScopeId,
    /// How many texts of the operator's code are around.
    depth: u8,
}

impl<'a> Conditions<'a> {
    /// Of a filter over entities of a dataclass.
    pub(super) fn new(context: Context<'a>, class: &'a Dataclass, parameters: Parameters<'a>) -> Self {
        Self { context, class, parameters, root: ScopeId(0), depth: 0 }
    }

    /// The whole filter.
    pub(super) fn predicate(&self, expr: &Expr, arena: &mut Arena) -> Result<Predicate, Error> {
        let predicate = self.build(expr, &Shared::default(), arena)?;
        Ok(settle(predicate, false))
    }

    fn build(&self, expr: &Expr, shared: &Shared, arena: &mut Arena) -> Result<Predicate, Error> {
        match expr {
            Expr::Or(sides) => {
                let sides: Result<_, _> = sides.iter().map(|side| self.build(side, shared, arena)).collect();
                Ok(Predicate::Or(sides?))
            }
            Expr::Not(inner) => Ok(Predicate::Not(Box::new(self.build(inner, &Shared::default(), arena)?))),
            Expr::And(_) | Expr::Condition(_) => {
                let mut conjuncts = Vec::new();
                flatten(expr, &mut conjuncts);
                self.conjunction(&conjuncts, shared, arena)
            }
        }
    }

    fn conjunction(&self, conjuncts: &[&Expr], outside: &Shared, arena: &mut Arena) -> Result<Predicate, Error> {
        let mut shared = outside.clone();
        let mut opened = Vec::new();
        // First the conditions, so that every OR among them finds what they share.
        let mut built: Vec<Option<Predicate>> = Vec::with_capacity(conjuncts.len());
        for conjunct in conjuncts {
            built.push(match conjunct {
                Expr::Condition(condition) => Some(self.condition(condition, &mut shared, &mut opened, arena)?),
                _ => None,
            });
        }
        self.alternatives(conjuncts, &built, &shared, &opened, arena)
    }

    /// The conjunction with its plain conditions built. An entity that several ORs speak of, and no plain condition, is either there
    /// for all of them, or for none.
    fn alternatives(
        &self,
        conjuncts: &[&Expr],
        built: &[Option<Predicate>],
        shared: &Shared,
        opened: &[ScopeId],
        arena: &mut Arena,
    ) -> Result<Predicate, Error> {
        if let Some(identity) = self.spoken_of_twice(conjuncts, shared, arena)? {
            let scope = arena.open(&identity)?;
            let more: Vec<ScopeId> = opened.iter().copied().chain([scope]).collect();
            let there = self.alternatives(conjuncts, built, &shared.with(&identity, Some(scope)), &more, arena)?;
            let absent = self.alternatives(conjuncts, built, &shared.with(&identity, None), opened, arena)?;
            return Ok(Predicate::Or(vec![there, absent]));
        }
        let mut predicates = Vec::with_capacity(conjuncts.len());
        for (conjunct, built) in conjuncts.iter().zip(built) {
            predicates.push(match built {
                Some(predicate) => predicate.clone(),
                None => self.build(conjunct, shared, arena)?,
            });
        }
        Ok(bind(predicates, opened, arena))
    }

    /// A row or element that at least two of the ORs speak of, and that is not shared yet.
    fn spoken_of_twice(&self, conjuncts: &[&Expr], shared: &Shared, arena: &mut Arena) -> Result<Option<Identity>, Error> {
        let mut before: Vec<Identity> = Vec::new();
        for conjunct in conjuncts.iter().filter(|conjunct| matches!(conjunct, Expr::Or(_))) {
            let mut here = Vec::new();
            self.spoken_of(conjunct, shared, arena, &mut here)?;
            if let Some(twice) = here.iter().find(|identity| before.contains(identity)) {
                return Ok(Some(twice.clone()));
            }
            before.append(&mut here);
        }
        Ok(None)
    }

    fn spoken_of(&self, expr: &Expr, shared: &Shared, arena: &mut Arena, found: &mut Vec<Identity>) -> Result<(), Error> {
        match expr {
            Expr::And(all) | Expr::Or(all) => all.iter().try_for_each(|one| self.spoken_of(one, shared, arena, found)),
            Expr::Not(_) => Ok(()),
            Expr::Condition(condition) => {
                found.extend(arena.first_unshared(self.root, &self.resolve(condition)?, shared)?);
                Ok(())
            }
        }
    }

    fn condition(
        &self,
        condition: &Condition,
        shared: &mut Shared,
        opened: &mut Vec<ScopeId>,
        arena: &mut Arena,
    ) -> Result<Predicate, Error> {
        let path = self.resolve(condition)?;
        let Some(arrival) = arena.walk(self.root, &path, shared, opened)? else { return Ok(Predicate::Or(Vec::new())) };
        let comparer = Comparer { parameters: self.parameters, star: self.context.options.star_wildcard };
        let said = self.said(condition, &path, arrival.scope, comparer, arena)?;
        let mut predicate = if let Some(said) = said {
            said
        } else if path.tail == Tail::Selection {
            // Only the null test: "is there any related entity".
            if condition.value != Literal::Null || !condition.comparator.is_equality() {
                comparer.predicate(condition, Operand::Element(arrival.scope, Vec::new()), Type::Selection)?;
                return Err(Error::new(ErrorKind::Malformed, 1112, "A selection of related entities can only be compared with null"));
            }
            Predicate::And(Vec::new())
        } else {
            comparer.predicate(condition, operand(arrival.scope, &path.tail), path.ty)?
        };
        for scope in arrival.own.iter().rev() {
            let every = condition.comparator.is_different() && arena.is_elements(*scope);
            let inner = Box::new(predicate);
            predicate = if every { Predicate::ForAll(*scope, inner) } else { Predicate::Exists(*scope, inner) };
        }
        let is_empty_test = path.tail == Tail::Selection && !condition.comparator.is_different();
        Ok(if is_empty_test { Predicate::Not(Box::new(predicate)) } else { predicate })
    }

    /// What the operator's code says in the place of a condition on a computed attribute; nothing where its values decide.
    fn said(
        &self,
        condition: &Condition,
        path: &Resolved,
        row: ScopeId,
        comparer: Comparer<'_>,
        arena: &mut Arena,
    ) -> Result<Option<Predicate>, Error> {
        let need = |attribute: AttrRef| {
            if !self.context.attribute_at(attribute).getter().is_some_and(|getter| getter.query) {
                return Ok(None);
            }
            let operator = condition.comparator.symbol();
            Ok(Some(Need::Condition { attribute, operator, value: comparer.given(condition, path.ty)? }))
        };
        let (Some(at), Some(place)) = (path.computed, computed::place(self.context, path, need)?) else { return Ok(None) };
        match place {
            Place::Values => Ok(None),
            Place::Unknown => Ok(Some(Predicate::And(Vec::new()))),
            Place::Said(said) => {
                let predicate = self.predicate_of(at, said, row, arena);
                predicate.map(Some).map_err(|error| computed::wrong(self.context, at, "query", error))
            }
        }
    }

    /// A text of the operator's code about a row of the attribute's dataclass. What is unknown in it, stays so.
    fn predicate_of(&self, at: AttrRef, said: &InPlace, root: ScopeId, arena: &mut Arena) -> Result<Predicate, Error> {
        let query = filter::parse(&said.text)?;
        let parameters = Parameters::of(said.parameters.as_ref());
        let context = self.context.of_code();
        let conditions = Conditions { context, class: context.dataclass(at.class), parameters, root, depth: computed::deeper(self.depth)? };
        match &query.condition {
            Some(expr) => conditions.build(expr, &Shared::default(), arena),
            None => Ok(Predicate::And(Vec::new())),
        }
    }

    /// The path of a condition, written or given by a placeholder.
    pub(super) fn resolve(&self, condition: &Condition) -> Result<Resolved, Error> {
        match &condition.path {
            PathAsk::Steps(steps) => resolve(self.context, self.class, steps, Purpose::Filter),
            PathAsk::Placeholder(name) => resolve(self.context, self.class, &self.parameters.path(name)?, Purpose::Filter),
        }
    }
}

/// Nested ANDs are one.
fn flatten<'e>(expr: &'e Expr, into: &mut Vec<&'e Expr>) {
    match expr {
        Expr::And(all) => all.iter().for_each(|one| flatten(one, into)),
        other => into.push(other),
    }
}

/// Puts each opened scope's `Exists` around all conjuncts that speak of it. Scopes that no conjunct ties together stay apart.
fn bind(predicates: Vec<Predicate>, opened: &[ScopeId], arena: &Arena) -> Predicate {
    let mut groups: Vec<Group> = Vec::new();
    let mut free = Vec::new();
    for predicate in predicates {
        let mut scopes = Vec::new();
        mentions(&predicate, arena, &mut |scope| {
            if opened.contains(&scope) && !scopes.contains(&scope) {
                scopes.push(scope);
            }
        });
        if scopes.is_empty() {
            free.push(predicate);
            continue;
        }
        let mut group = Group { scopes, predicates: Vec::new() };
        // Everything that shares a scope with this conjunct becomes one group with it, in the order written.
        let (tied, apart): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(|other| other.scopes.iter().any(|scope| group.scopes.contains(scope)));
        for other in tied {
            group.predicates.extend(other.predicates);
            group.scopes.extend(other.scopes);
        }
        group.predicates.push(predicate);
        group.scopes.sort_unstable();
        group.scopes.dedup();
        groups = apart;
        groups.push(group);
    }
    free.extend(groups.into_iter().map(|group| group.bind(arena)));
    if free.len() == 1 { free.remove(0) } else { Predicate::And(free) }
}

/// Conjuncts tied together by scopes.
struct Group {
    /// A parent stands before its children, because scopes are numbered so.
    scopes: Vec<ScopeId>,
    predicates: Vec<Predicate>,
}

impl Group {
    /// One `Exists` per scope, nested; each conjunct stands at the innermost scope that it speaks of.
    fn bind(self, arena: &Arena) -> Predicate {
        let mut levels: Vec<(ScopeId, Vec<Predicate>)> = self.scopes.into_iter().map(|scope| (scope, Vec::new())).collect();
        for predicate in self.predicates {
            let mut innermost = ScopeId(0);
            mentions(&predicate, arena, &mut |scope| {
                if scope > innermost && levels.iter().any(|(level, _)| *level == scope) {
                    innermost = scope;
                }
            });
            if let Some((_, level)) = levels.iter_mut().find(|(scope, _)| *scope == innermost) {
                level.push(predicate);
            }
        }
        let mut inner: Option<Predicate> = None;
        for (scope, mut body) in levels.into_iter().rev() {
            body.extend(inner.take());
            let body = if body.len() == 1 { body.remove(0) } else { Predicate::And(body) };
            inner = Some(Predicate::Exists(scope, Box::new(body)));
        }
        inner.unwrap_or_else(|| Predicate::And(Vec::new()))
    }
}

/// Calls back with every scope that the predicate speaks of, and those that these hang on.
fn mentions(predicate: &Predicate, arena: &Arena, found: &mut dyn FnMut(ScopeId)) {
    match predicate {
        Predicate::And(all) | Predicate::Or(all) => all.iter().for_each(|one| mentions(one, arena, found)),
        Predicate::Not(inner) => mentions(inner, arena, found),
        Predicate::Compare(operand, _, _)
        | Predicate::Match(operand, _)
        | Predicate::Keyword(operand, _)
        | Predicate::In(operand, _)
        | Predicate::IsNull(operand) => arena.ancestors(operand.scope()).for_each(found),
        Predicate::Exists(scope, body) | Predicate::ForAll(scope, body) => {
            arena.ancestors(*scope).for_each(&mut *found);
            mentions(body, arena, found);
        }
    }
}

/// Replaces conditions that are unknown for every row. Only *true* selects, so in a positive place unknown is as good as false and under
/// a NOT as good as true; the body of `Exists` and `ForAll` is a positive place of its own.
fn settle(predicate: Predicate, negated: bool) -> Predicate {
    let each = |all: Vec<Predicate>| all.into_iter().map(|one| settle(one, negated)).collect();
    match predicate {
        Predicate::In(_, values) if values.is_empty() => {
            if negated {
                Predicate::And(Vec::new())
            } else {
                Predicate::Or(Vec::new())
            }
        }
        Predicate::And(all) => Predicate::And(each(all)),
        Predicate::Or(all) => Predicate::Or(each(all)),
        Predicate::Not(inner) => Predicate::Not(Box::new(settle(*inner, !negated))),
        Predicate::Exists(scope, body) => Predicate::Exists(scope, Box::new(settle(*body, false))),
        Predicate::ForAll(scope, body) => Predicate::ForAll(scope, Box::new(settle(*body, false))),
        other => other,
    }
}
