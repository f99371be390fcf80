//! Third step of reading: aliases and calculated attributes (`data-model.md` 3.5, 3.6).

use super::members::Members;
use super::{Draft, Pending};
use crate::attribute::{Alias, Calculated, Computation, Kind, StorageType, ValueType, WaitingAlias};
use crate::expression::{self, Expression};
use crate::model::{AttrId, AttrRef};

/// Longest path of an alias, other aliases included: long before it a filter over it would be unusable.
const MAX_STEPS: usize = 32;

impl<'a> Draft<'a> {
    /// Resolves calculated attributes and aliases, through each other; loops are errors.
    pub(super) fn resolve_paths(&mut self) {
        for class in 0..self.classes.len() {
            for index in 0..self.classes[class].pending.len() {
                self.resolve(class, index, &mut Vec::new());
            }
        }
    }

    /// Resolves one attribute. `open`: those whose resolution led here.
    fn resolve(&mut self, class: usize, index: usize, open: &mut Vec<(usize, usize)>) {
        let pending = self.classes[class].pending[index].clone();
        let members = match &pending {
            Pending::Alias(members) | Pending::Calculated(members) => members.clone(),
            _ => return,
        };
        let property = if matches!(pending, Pending::Alias(_)) { "path" } else { "sql" };
        if open.contains(&(class, index)) {
            let name = &self.classes[class].class.attributes[index].name;
            self.report.error(&members.at(property), "loop", format!("{name} leads back to itself"));
            self.settle(class, index, None);
            return;
        }
        open.push((class, index));
        let kind = match pending {
            Pending::Alias(_) => self.alias(class, index, &members, open),
            _ => self.calculated(class, index, &members, open).map(Kind::Calculated),
        };
        open.pop();
        // A loop may have settled it as broken meanwhile.
        if matches!(self.classes[class].pending[index], Pending::Broken) {
            return;
        }
        self.settle(class, index, kind);
    }

    fn alias(&mut self, class: usize, index: usize, members: &Members<'a>, open: &mut Vec<(usize, usize)>) -> Option<Kind> {
        let Some(path) = members.text("path", &mut self.report) else {
            if members.get("path").is_none() {
                self.report.error(&members.at("path"), "missing", "an alias needs a path");
            }
            return None;
        };
        let mut steps: Vec<AttrRef> = Vec::new();
        let mut waits = None;
        let mut at = Some(class);
        let last = path.split('.').count() - 1;
        for (number, name) in path.split('.').enumerate() {
            let Some(here) = at else {
                self.report.error(&members.at("path"), "alias-path", format!("{name}: what stands before it is no relation"));
                return None;
            };
            let Some(found) = self.classes[here].attribute_index(name) else {
                if self.classes[here].extends {
                    return None;
                }
                let message = format!("there is no attribute {name} in {}", self.classes[here].class.name);
                self.report.error(&members.at("path"), "alias-path", message);
                return None;
            };
            self.resolve(here, found, open);
            if matches!(self.classes[here].pending[found], Pending::Broken) {
                return None;
            }
            let class = &self.classes[here].class;
            match &class.attributes[found].kind {
                // What it leads to is declared only, and so it is itself.
                Kind::Calculated(Calculated { by: Computation::Missing(waiting), ty, simple_date }) => {
                    let message = format!("{} leads over {name}, which is declared, not implemented", members.text_of("name"));
                    self.report.warning(&members.at("path"), "not-implemented", message);
                    waits = Some((*ty, *simple_date, number == last));
                    match waiting {
                        Some(waiting) => steps.extend_from_slice(&waiting.alias.steps),
                        None => steps.push(class.at(AttrId(found as u16))),
                    }
                }
                Kind::Alias(inner) => steps.extend_from_slice(&inner.steps),
                _ => steps.push(class.at(AttrId(found as u16))),
            }
            if steps.len() > MAX_STEPS {
                self.report.error(&members.at("path"), "alias-path", format!("the path has more than {MAX_STEPS} steps"));
                return None;
            }
            if waits.is_some() {
                break;
            }
            at = steps.last().and_then(|step| self.related_class(*step));
        }
        let many = steps.iter().any(|step| matches!(self.kind(*step), Kind::RelatedEntities(_)));
        // Writable only when it is another name for one storage attribute of the same dataclass.
        let is_writable = match steps.as_slice() {
            [only] => matches!(self.kind(*only), Kind::Storage(_)) && !self.classes[class].class.attribute(only.attr).read_only,
            _ => false,
        };
        self.classes[class].class.attributes[index].read_only |= !is_writable;
        let alias = Alias { path: path.to_owned(), steps, many };
        let Some((ty, simple_date, is_whole)) = waits else { return Some(Kind::Alias(alias)) };
        let waiting = is_whole.then(|| Box::new(WaitingAlias { alias, exposed: false }));
        Some(Kind::Calculated(Calculated { ty, simple_date, by: Computation::Missing(waiting) }))
    }

    fn kind(&self, at: AttrRef) -> &Kind {
        &self.classes[usize::from(at.class.0)].class.attribute(at.attr).kind
    }

    /// The dataclass on the other side of a relation.
    fn related_class(&self, at: AttrRef) -> Option<usize> {
        let attribute = self.classes[usize::from(at.class.0)].class.attribute(at.attr);
        attribute.target().map(|target| usize::from(target.0))
    }

    fn calculated(&mut self, class: usize, index: usize, members: &Members<'a>, open: &mut Vec<(usize, usize)>) -> Option<Calculated> {
        let ty = members.text("type", &mut self.report).and_then(StorageType::from_name)?;
        let simple_date = ty == StorageType::Date && members.is("simpleDate", &mut self.report);
        let Some(text) = members.text("sql", &mut self.report) else {
            if members.get("sql").is_some() {
                return None;
            }
            self.report.warning(&members.path, "not-implemented", "the calculated attribute has no sql expression and is not shown");
            return Some(Calculated { ty, simple_date, by: Computation::Missing(None) });
        };
        if matches!(ty, StorageType::Image | StorageType::Blob | StorageType::Object) {
            self.report.error(&members.at("type"), "expression", format!("an expression cannot make a value of type {}", ty.name()));
            return None;
        }
        match expression::parse(text, &mut |name| self.expression_name(class, name, open)) {
            Ok(expression) => Some(Calculated { ty, simple_date, by: Computation::Expression(expression) }),
            // It leads back to itself, which is said already.
            Err(_) if matches!(self.classes[class].pending[index], Pending::Broken) => None,
            Err(error) => {
                self.report.error(&members.at("sql"), "expression", error.to_string());
                None
            }
        }
    }

    /// What a name in an expression stands for: a storage attribute, or another calculated attribute's expression, put in its place.
    fn expression_name(&mut self, class: usize, name: &str, open: &mut Vec<(usize, usize)>) -> Result<Expression, String> {
        let missing = || format!("there is no attribute {name}");
        let index = self.classes[class].attribute_index(name).ok_or_else(missing)?;
        self.resolve(class, index, open);
        if matches!(self.classes[class].pending[index], Pending::Broken) {
            return Err(format!("{name} cannot be used"));
        }
        match &self.classes[class].class.attributes[index].kind {
            Kind::Storage(storage) => match storage.value_type() {
                ValueType::Object | ValueType::Image | ValueType::Blob => {
                    Err(format!("{name} is of type {} and cannot be used here", storage.ty.name()))
                }
                _ => Ok(Expression::Attribute(AttrId(index as u16))),
            },
            Kind::Calculated(Calculated { by: Computation::Expression(expression), .. }) => {
                let size = expression.size();
                if size > MAX_EXPANSION { Err(format!("{name} grows too large when it is put in here")) } else { Ok(expression.clone()) }
            }
            Kind::Calculated(_) => Err(format!("{name} has no expression")),
            _ => Err(format!("{name} is neither a storage nor a calculated attribute of this dataclass")),
        }
    }
}

/// Calculated attributes that use each other twice double in size at each step; this ends it.
const MAX_EXPANSION: usize = 2000;
