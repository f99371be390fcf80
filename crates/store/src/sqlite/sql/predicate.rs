//! Conditions: three-valued logic is SQL's own (`rest-dialect.md` 9.2).

use claviger_model::{Value, ValueType};
use claviger_query::{Comparison, Operand, Pattern, Predicate, ScopeId, Source};
use rusqlite::types::Value as Bind;

use super::Writer;
use super::operand::{Column, Term};
use crate::sqlite::functions::FOLD;

impl Writer<'_> {
    /// A condition as SQL in parentheses where needed.
    pub fn predicate(&mut self, predicate: &Predicate) -> String {
        match predicate {
            Predicate::And(parts) => self.connect(parts, " AND ", "1"),
            Predicate::Or(parts) => self.connect(parts, " OR ", "0"),
            Predicate::Not(part) => format!("(NOT {})", self.predicate(part)),
            Predicate::Compare(operand, comparison, value) => self.compare(operand, *comparison, value),
            Predicate::Match(operand, pattern) => self.matches(operand, pattern),
            Predicate::Keyword(operand, word) => {
                let text = self.term(operand).text();
                let word = self.bind(Bind::Text(word.clone()));
                format!("clv_keyword({text}, {word})")
            }
            Predicate::In(operand, values) => {
                let term = self.term(operand);
                let values: Vec<String> = values.iter().map(|value| self.bind(term.bind(value))).collect();
                format!("({} IN ({}))", term.compared(), values.join(", "))
            }
            Predicate::IsNull(operand) => format!("({})", self.term(operand).is_null()),
            Predicate::Exists(scope, body) => self.exists(*scope, body),
            Predicate::ForAll(scope, body) => self.for_all(*scope, body),
        }
    }

    /// Balanced, so that the depth of the engine's expression tree grows with the logarithm of their number.
    fn connect(&mut self, parts: &[Predicate], word: &str, empty: &str) -> String {
        match parts {
            [] => empty.to_owned(),
            [only] => self.predicate(only),
            _ => {
                let (left, right) = parts.split_at(parts.len() / 2);
                let left = self.connect(left, word, empty);
                let right = self.connect(right, word, empty);
                format!("({left}{word}{right})")
            }
        }
    }

    fn compare(&mut self, operand: &Operand, comparison: Comparison, value: &Value) -> String {
        let term = self.term(operand);
        let bound = term.bind(value);
        let symbol = match comparison {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        };
        let is_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let compared = term.compared();
        match &term {
            // Values of another JSON type have no order with this one.
            Term::Json(_) if is_order => {
                let kind = match &bound {
                    Bind::Blob(key) => key.first().copied().unwrap_or_default(),
                    _ => return "NULL".to_owned(),
                };
                let bound = self.bind(bound);
                let kind = self.bind(Bind::Blob(vec![kind]));
                format!("(CASE WHEN substr({compared}, 1, 1) = {kind} THEN {compared} {symbol} {bound} END)")
            }
            // Texts that do not belong in a number column stand above all numbers for the engine.
            Term::Column(column) if is_loose_number(column) && matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual) => {
                let bound = self.bind(bound);
                format!("({compared} {symbol} {bound} AND {compared} < '')")
            }
            Term::Column(_) | Term::Json(_) | Term::Number(_) => {
                let bound = self.bind(bound);
                format!("({compared} {symbol} {bound})")
            }
            // Equality with a key of several parts cannot be asked by one value.
            Term::Reference(parts) if parts.len() != 1 => "NULL".to_owned(),
            Term::Reference(_) => {
                let bound = self.bind(bound);
                format!("({compared} {symbol} {bound})")
            }
        }
    }

    fn matches(&mut self, operand: &Operand, pattern: &Pattern) -> String {
        let term = self.term(operand);
        // A beginning is a range of folds, which an index on the fold can serve.
        if let (Term::Column(column), Some(start)) = (&term, pattern.as_prefix())
            && column.ty == ValueType::Text
        {
            let folded = format!("{FOLD}({})", column.sql);
            let from = self.bind(Bind::Text(start.to_owned()));
            return match after_prefix(start) {
                Some(end) => {
                    let end = self.bind(Bind::Text(end));
                    format!("({folded} >= {from} AND {folded} < {end})")
                }
                None => format!("({folded} >= {from})"),
            };
        }
        let parts: Vec<String> = pattern.parts().iter().map(|part| self.bind(Bind::Text(part.clone()))).collect();
        format!("clv_match({}, {})", term.text(), parts.join(", "))
    }

    fn exists(&mut self, scope: ScopeId, body: &Predicate) -> String {
        let (from, tie) = self.bound(scope);
        let body = self.predicate(body);
        let tie = tie.map_or_else(String::new, |tie| format!("{tie} AND "));
        format!("EXISTS (SELECT 1 FROM {from} WHERE {tie}{body})")
    }

    fn for_all(&mut self, scope: ScopeId, body: &Predicate) -> String {
        let present = match &self.scopes.get(scope).source {
            Source::Elements(operand) => {
                let operand = operand.clone();
                format!("{} IS NOT NULL AND ", self.elements(&operand))
            }
            _ => String::new(),
        };
        let (from, tie) = self.bound(scope);
        let body = self.predicate(body);
        let tie = tie.map_or_else(String::new, |tie| format!("{tie} AND "));
        format!("({present}NOT EXISTS (SELECT 1 FROM {from} WHERE {tie}({body}) IS NOT TRUE))")
    }
}

/// A number column that may hold texts, because its table is not ours.
fn is_loose_number(column: &Column) -> bool {
    !column.native && matches!(column.ty, ValueType::Int | ValueType::Double | ValueType::Bool)
}

/// The first text, in code point order, behind all texts that begin so; `None` when there is none.
fn after_prefix(start: &str) -> Option<String> {
    let mut characters: Vec<char> = start.chars().collect();
    while let Some(last) = characters.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_its_successor() {
        assert_eq!(after_prefix("slow").as_deref(), Some("slox"));
        assert_eq!(after_prefix("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(after_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{10ffff}"), None);
        assert_eq!(after_prefix(""), None);
    }
}
