//! Calculated attributes: a parsed expression becomes SQL over the row's own columns (`data-model.md` 3.5).

use claviger_model::expression::{Binary, Function, Unary};
use claviger_model::{AttrRef, ClassId, Expression, Kind, ValueType};

use super::Tables;
use crate::layout::text_literal;

impl Tables<'_> {
    /// The expression in the row `row`. Literals come from the model file, never from a request.
    pub fn expression(self, class: ClassId, expression: &Expression, row: &str) -> String {
        let sub = |part: &Expression| self.expression(class, part, row);
        match expression {
            Expression::Attribute(attr) => {
                let at = AttrRef { class, attr: *attr };
                if matches!(self.attribute(at).kind, Kind::Storage(_) | Kind::Calculated(_)) {
                    let column = self.column(at, row);
                    match column.ty {
                        // Compared by their digits, counted as numbers.
                        ValueType::Decimal => format!("CAST({} AS REAL)", column.sql),
                        ValueType::Uuid => format!("hex({})", column.compared()),
                        ValueType::Text => column.sql,
                        _ => column.compared(),
                    }
                } else {
                    "NULL".to_owned()
                }
            }
            Expression::Text(text) => text_literal(&text.replace('\0', "")),
            Expression::Number(digits) if is_number(digits) => digits.clone(),
            Expression::Number(_) | Expression::Null => "NULL".to_owned(),
            Expression::Bool(true) => "1".to_owned(),
            Expression::Bool(false) => "0".to_owned(),
            Expression::Unary(Unary::Negate, part) => format!("(- {})", sub(part)),
            Expression::Unary(Unary::Not, part) => format!("(NOT {})", sub(part)),
            Expression::Binary(operator, left, right) => format!("({} {} {})", sub(left), symbol(*operator), sub(right)),
            Expression::Call(function, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(sub).collect();
                // One argument would make an aggregate of it.
                if matches!(function, Function::Min | Function::Max | Function::Coalesce) && arguments.len() == 1 {
                    return arguments.concat();
                }
                format!("{}({})", name(*function), arguments.join(", "))
            }
            Expression::Case(branches, otherwise) => {
                let mut sql = "(CASE".to_owned();
                for (when, then) in branches {
                    sql.push_str(&format!(" WHEN {} THEN {}", sub(when), sub(then)));
                }
                if let Some(otherwise) = otherwise {
                    sql.push_str(&format!(" ELSE {}", sub(otherwise)));
                }
                sql + " END)"
            }
            Expression::IsNull(part, negated) => format!("({} IS {}NULL)", sub(part), if *negated { "NOT " } else { "" }),
        }
    }
}

fn is_number(digits: &str) -> bool {
    digits.parse::<f64>().is_ok_and(f64::is_finite)
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
}

fn symbol(operator: Binary) -> &'static str {
    match operator {
        Binary::Concat => "||",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Modulo => "%",
        Binary::Equal => "=",
        Binary::NotEqual => "<>",
        Binary::Less => "<",
        Binary::LessOrEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterOrEqual => ">=",
        Binary::And => "AND",
        Binary::Or => "OR",
    }
}

fn name(function: Function) -> &'static str {
    match function {
        Function::Upper => "clv_upper",
        Function::Lower => "clv_lower",
        Function::Length => "length",
        Function::Trim => "trim",
        Function::Substr => "substr",
        Function::Replace => "replace",
        Function::Round => "round",
        Function::Abs => "clv_abs",
        Function::Coalesce => "coalesce",
        Function::NullIf => "nullif",
        Function::Min => "min",
        Function::Max => "max",
    }
}
