//! Scopes: which rows stand in a statement, and how they are joined.

use claviger_query::{Operand, Predicate, ScopeId, Source};

use super::Writer;
use crate::layout::Dialect;

impl Writer<'_> {
    /// Marks a scope and those it starts from as used.
    pub fn use_scope(&mut self, mut id: ScopeId) {
        loop {
            let index = usize::from(id.0);
            if index >= self.used.len() || self.used[index] {
                return;
            }
            self.used[index] = true;
            let scope = self.scopes.get(id);
            if let Source::Elements(operand) = &scope.source {
                self.use_scope(operand.scope());
            }
            id = scope.parent;
        }
    }

    /// Marks the scopes of a condition as used.
    pub fn use_predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|part| self.use_predicate(part)),
            Predicate::Not(part) => self.use_predicate(part),
            Predicate::Compare(operand, ..)
            | Predicate::Match(operand, _)
            | Predicate::Keyword(operand, _)
            | Predicate::In(operand, _)
            | Predicate::IsNull(operand) => self.use_operand(operand),
            Predicate::Exists(scope, body) | Predicate::ForAll(scope, body) => {
                self.use_scope(*scope);
                self.use_predicate(body);
            }
        }
    }

    /// Outer joins of the N -> 1 scopes that start, directly or through others, at the row of `anchor`.
    pub fn joins(&mut self, anchor: ScopeId) -> String {
        let mut sql = String::new();
        let mut here = vec![false; self.used.len()];
        if let Some(at) = here.get_mut(usize::from(anchor.0)) {
            *at = true;
        }
        for (index, scope) in self.scopes.all().iter().enumerate() {
            let Source::ToOne(at) = &scope.source else { continue };
            if !self.used[index] || !here[usize::from(scope.parent.0)] {
                continue;
            }
            here[index] = true;
            let (row, near) = (format!("s{index}"), format!("s{}", scope.parent.0));
            let table = self.tables.source(self.tables.target(*at), &mut self.binds);
            sql.push_str(&format!(" LEFT JOIN {table} AS {row} ON {}", self.tables.join(*at, &near, &row)));
        }
        sql
    }

    /// `FROM` body of a scope that a quantifier binds, and the condition that ties it to the scope it starts from.
    pub(super) fn bound(&mut self, id: ScopeId) -> (String, Option<String>) {
        let scope = self.scopes.get(id);
        let row = format!("s{}", id.0);
        match &scope.source {
            Source::ToMany(at) | Source::ToOne(at) => {
                let condition = self.tables.join(*at, &format!("s{}", scope.parent.0), &row);
                let joins = self.joins(id);
                let table = self.tables.source(self.tables.target(*at), &mut self.binds);
                (format!("{table} AS {row}{joins}"), Some(condition))
            }
            Source::Elements(operand) => {
                let array = self.elements(operand);
                match self.tables.layout.dialect() {
                    Dialect::Sqlite => (format!("json_each({array}) AS {row}"), None),
                    Dialect::Postgres(_) => (format!("json_array_elements({array}) AS {row}(value)"), None),
                }
            }
            Source::Root(class) => (format!("{} AS {row}", self.tables.source(*class, &mut self.binds)), None),
        }
    }

    /// The array under an operand in the form that `json_each` takes apart without loss; null when there is none.
    pub(super) fn elements(&mut self, operand: &Operand) -> String {
        format!("{}({})", self.tables.layout.dialect().function("clv_json_elements"), self.json_arguments(operand))
    }
}
