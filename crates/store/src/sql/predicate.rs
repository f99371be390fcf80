//! Conditions: three-valued logic is SQL's own (`rest-dialect.md` 9.2).

use crate::bind::Bind;
use claviger_model::{Value, ValueType};
use claviger_query::{Comparison, Operand, Pattern, Predicate, ScopeId, Source};

use super::Writer;
use super::operand::{Column, Term};
use super::parameter::unfound;
use crate::layout::Dialect;
use crate::sqlite::functions::{self, FOLD};

impl Writer<'_> {
    /// A condition as SQL in parentheses where needed.
    pub fn predicate(&mut self, predicate: &Predicate) -> String {
        match predicate {
            Predicate::And(parts) => self.connect(parts, " AND ", "TRUE"),
            Predicate::Or(parts) => self.connect(parts, " OR ", "FALSE"),
            Predicate::Not(part) => {
                // Deeper, inside a quantifier, the place is positive again.
                self.negated = !self.negated;
                let sql = format!("(NOT {})", self.predicate(part));
                self.negated = !self.negated;
                sql
            }
            Predicate::Compare(operand, comparison, value) => self.compare(operand, *comparison, value),
            Predicate::Match(operand, pattern) => self.matches(operand, pattern),
            Predicate::Keyword(operand, word) => {
                let term = self.term(operand);
                let text = term.text();
                // Between words, as any other sign.
                let word = self.bind_text(if self.is_sqlite() { word.clone() } else { word.replace('\0', " ") });
                let found = format!("{}({text}, {word})", self.tables.layout.dialect().function("clv_keyword"));
                self.of_text_only(&term, found)
            }
            Predicate::In(operand, values) => {
                let term = self.term(operand);
                let values: Vec<String> = values.iter().map(|value| self.bind_value(&term, value)).collect();
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
        let is_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let (comparison, value) = match value {
            Value::Text(text) if is_order && !self.is_sqlite() => before_nul(comparison, text).unwrap_or((comparison, value.clone())),
            _ => (comparison, value.clone()),
        };
        let bound = term.bind(&value);
        let symbol = match comparison {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        };
        let compared = term.compared();
        match &term {
            // Values of another JSON type have no order with this one.
            Term::Json(_, dialect) if is_order => {
                let Some(kind) = json_kind(&value) else { return "NULL".to_owned() };
                let bound = self.bind_for(&term, bound);
                let kind = match dialect {
                    Dialect::Sqlite => self.bind(Bind::Blob(vec![kind])),
                    Dialect::Postgres(_) => self.bind_text(kind.to_string()),
                };
                format!("(CASE WHEN substr({compared}, 1, 1) = {kind} THEN {compared} {symbol} {bound} END)")
            }
            // Texts that do not belong in a number column stand above all numbers for the engine.
            Term::Column(column) if is_loose_number(column) && matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual) => {
                let bound = self.bind_for(&term, bound);
                format!("({compared} {symbol} {bound} AND {compared} < '')")
            }
            // Equality with a key of several parts cannot be asked by one value.
            Term::Reference(parts) if parts.len() != 1 => "NULL".to_owned(),
            Term::Column(_) | Term::Json(..) | Term::Number(_) | Term::Reference(_) => {
                let bound = self.bind_for(&term, bound);
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
            let folded = column.compared();
            let start = &if self.is_sqlite() { start.to_owned() } else { unfound(start) };
            let from = self.bind_text(start);
            return match after_prefix(start) {
                Some(end) => {
                    let end = self.bind_text(end);
                    format!("({folded} >= {from} AND {folded} < {end})")
                }
                None => format!("({folded} >= {from})"),
            };
        }
        let dialect = self.tables.layout.dialect();
        if dialect != Dialect::Sqlite {
            let like = self.bind_text(unfound(&like_pattern(pattern)));
            let matched = format!("({}({}) COLLATE \"C\" LIKE {like})", dialect.function(FOLD), term.text());
            return self.of_text_only(&term, matched);
        }
        let parts: Vec<String> = pattern.parts().iter().map(|part| self.bind(Bind::Text(part.clone()))).collect();
        let matched = format!("clv_match({}, {})", term.text(), parts.join(", "));
        self.of_text_only(&term, matched)
    }

    /// A condition that only texts satisfy: a property that holds something else differs, as it does from any text without wildcards.
    fn of_text_only(&self, term: &Term, condition: String) -> String {
        match term {
            Term::Json(..) if self.negated => format!("(CASE WHEN {} IS NOT NULL THEN coalesce({condition}, FALSE) END)", term.compared()),
            _ => condition,
        }
    }

    fn exists(&mut self, scope: ScopeId, body: &Predicate) -> String {
        let present = if self.negated && !is_null_test(body) { self.array_of(scope) } else { None };
        let exists = self.quantified(scope, body, |from, tie, body| format!("EXISTS (SELECT 1 FROM {from} WHERE {tie}{body})"));
        match present {
            Some(array) => format!("(CASE WHEN {array} IS NOT NULL THEN {exists} END)"),
            None => exists,
        }
    }

    /// The array whose elements a scope has; under NOT, what is said of an array that is not there is unknown, as of any absent property.
    fn array_of(&mut self, scope: ScopeId) -> Option<String> {
        match &self.scopes.get(scope).source {
            Source::Elements(operand) => Some(self.elements(&operand.clone())),
            _ => None,
        }
    }

    fn quantified(&mut self, scope: ScopeId, body: &Predicate, write: impl FnOnce(&str, &str, &str) -> String) -> String {
        let outside = std::mem::replace(&mut self.negated, false);
        let (from, tie) = self.bound(scope);
        let body = self.predicate(body);
        self.negated = outside;
        let tie = tie.map_or_else(String::new, |tie| format!("{tie} AND "));
        write(&from, &tie, &body)
    }

    fn for_all(&mut self, scope: ScopeId, body: &Predicate) -> String {
        let array = self.array_of(scope);
        let all =
            self.quantified(scope, body, |from, tie, body| format!("NOT EXISTS (SELECT 1 FROM {from} WHERE {tie}({body}) IS NOT TRUE)"));
        match array {
            // "Never unknown".
            Some(array) if is_null_test(body) => format!("({array} IS NOT NULL AND {all})"),
            Some(array) => format!("(CASE WHEN {array} IS NOT NULL THEN {all} END)"),
            None => all,
        }
    }
}

/// The same comparison of a text that PostgreSQL can be asked for. None of its texts holds U+0000, so that what begins with the text before it
/// stands behind the whole, and that text itself before.
fn before_nul(comparison: Comparison, text: &str) -> Option<(Comparison, Value)> {
    let (before, _) = text.split_once('\0')?;
    let is_less = matches!(comparison, Comparison::Less | Comparison::LessOrEqual);
    Some((if is_less { Comparison::LessOrEqual } else { Comparison::Greater }, Value::Text(before.to_owned())))
}

/// The first character of what `clv_json_key` gives for a value of this type.
fn json_kind(value: &Value) -> Option<u8> {
    match value {
        Value::Bool(_) => Some(functions::KEY_BOOL),
        Value::Text(_) | Value::Date(_) => Some(functions::KEY_TEXT),
        Value::Int(_) | Value::Double(_) | Value::Decimal(_) | Value::Instant(_) | Value::Duration(_) => Some(functions::KEY_NUMBER),
        Value::Null | Value::Uuid(_) | Value::Object(_) | Value::Bytes(_) => None,
    }
}

/// A pattern for `LIKE`.
fn like_pattern(pattern: &Pattern) -> String {
    let parts: Vec<String> =
        pattern.parts().iter().map(|part| part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")).collect();
    parts.join("%")
}

/// `= null`, `!= null`, and nothing else: never unknown.
fn is_null_test(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::IsNull(_) => true,
        Predicate::Not(part) => is_null_test(part),
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().all(is_null_test),
        _ => false,
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
