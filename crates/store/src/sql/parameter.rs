//! Values as parameters: in which form each dialect binds a value, and the SQL that stands for the parameter.

use claviger_model::{Value, ValueType};

use super::operand::{Column, Term, json_bind, plain_bind};
use crate::bind::Bind;
use crate::layout::Dialect;
use crate::postgres::types::PgType;
use crate::sqlite::functions::{self, dates, numbers};

impl Column {
    /// Value to compare with [`Self::compared`].
    pub fn bind(&self, value: &Value) -> Bind {
        match (self.ty, value) {
            (ValueType::Text, Value::Text(text)) if self.pg.is_some() => Bind::Text(unfound(&functions::fold(text))),
            (ValueType::Text, Value::Text(text)) => Bind::Text(functions::fold(text)),
            (ValueType::Decimal, _) => match (numbers::decimal_of_value(value), self.pg) {
                (Some(number), None) => Bind::Blob(numbers::key(&number)),
                (Some(number), Some(_)) => Bind::Text(numbers::canonical(&number)),
                (None, _) => Bind::Null,
            },
            _ => self.stored(value),
        }
    }

    /// Value of a key part to look for with [`Self::key_compared`].
    pub fn bind_key(&self, value: &Value) -> Bind {
        match (self.ty, numbers::decimal_of_value(value)) {
            (ValueType::Decimal, Some(number)) => {
                let digits = numbers::canonical(&number);
                if self.native || self.pg.is_some() {
                    return Bind::Text(digits);
                }
                digits.parse().map(Bind::Integer).or_else(|_| digits.parse().map(Bind::Real)).unwrap_or(Bind::Text(digits))
            }
            // No key holds what the server cannot store.
            _ if self.pg.is_some() && matches!(value, Value::Text(text) if text.contains('\0')) => Bind::Null,
            _ => self.stored(value),
        }
    }

    /// The value as it is stored in such a column.
    pub fn stored(&self, value: &Value) -> Bind {
        match value {
            Value::Date(date) if self.pg.is_some() => Bind::Text(dates::postgres_text(*date)),
            // Every digit of a number, whose column may be wider than any binary one.
            Value::Decimal(number) if self.pg.is_some() => Bind::Text(numbers::canonical(number)),
            _ => plain_bind(value),
        }
    }

    /// Condition that the column is the key part in the parameter with this number.
    pub fn equals_parameter(&self, number: usize) -> String {
        let parameter = self.dialect.parameter(number);
        let parameter = match self.pg {
            None => parameter,
            // A key part has the key's type: [`Self::bind_key`].
            Some(ty) => ty.cast(&parameter),
        };
        format!("{} = {parameter}", self.key_compared())
    }

    /// Condition that the column holds the value in the parameter with this number, which was read from such a column.
    pub fn equals_stored(&self, number: usize) -> String {
        match self.pg {
            None => format!("{} = {}", self.sql, self.dialect.parameter(number)),
            Some(_) => self.equals_parameter(number),
        }
    }

    /// The SQL of a parameter that holds what [`Self::bind`] or [`Self::bind_key`] gave.
    pub fn parameter(&self, bind: &Bind, parameter: String) -> String {
        match self.pg {
            None => parameter,
            Some(PgType::Int | PgType::Float4 | PgType::Float8 | PgType::Numeric) => number(bind, &parameter),
            Some(ty) => ty.cast(&parameter),
        }
    }
}

impl Term {
    /// Value to compare with [`Self::compared`].
    pub fn bind(&self, value: &Value) -> Bind {
        match self {
            Self::Column(column) => column.bind(value),
            Self::Json(_, Dialect::Sqlite) => json_bind(value),
            Self::Json(_, Dialect::Postgres(_)) => json_text(value).map_or(Bind::Null, Bind::Text),
            Self::Number(_) => plain_bind(value),
            Self::Reference(parts) => parts.first().map_or(Bind::Null, |column| column.bind(value)),
        }
    }

    /// The SQL of a parameter that holds what [`Self::bind`] gave.
    pub fn parameter(&self, dialect: Dialect, bind: &Bind, parameter: String) -> String {
        match (self, dialect) {
            (_, Dialect::Sqlite) => parameter,
            (Self::Column(column), _) => column.parameter(bind, parameter),
            (Self::Json(..), _) => format!("{}({parameter}::json)", dialect.function("clv_json_key")),
            (Self::Number(_), _) => number(bind, &parameter),
            (Self::Reference(parts), _) => match parts.first() {
                Some(column) => column.parameter(bind, parameter),
                None => "NULL".to_owned(),
            },
        }
    }
}

/// A folded text that PostgreSQL can be asked for. None of its texts holds U+0000; a capital, which no fold holds, has as little to be found.
pub(super) fn unfound(folded: &str) -> String {
    folded.replace('\0', "A")
}

/// A number in the type in which it was bound, so that one which the column's own type could not hold is no error.
fn number(bind: &Bind, parameter: &str) -> String {
    match bind {
        Bind::Real(_) => format!("{parameter}::float8"),
        Bind::Text(_) => format!("{parameter}::text::numeric"),
        Bind::Null | Bind::Integer(_) | Bind::Blob(_) => format!("{parameter}::int8"),
    }
}

/// A value as the JSON scalar that it is compared with. JSON has no dates: they are texts there.
fn json_text(value: &Value) -> Option<String> {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match value {
        Value::Null | Value::Uuid(_) | Value::Object(_) | Value::Bytes(_) => None,
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Text(value) => Some(text(value)),
        Value::Date(date) => Some(text(&functions::dates::date_text(*date))),
        Value::Int(_) | Value::Double(_) | Value::Decimal(_) | Value::Instant(_) | Value::Duration(_) => {
            numbers::decimal_of_value(value).map(|number| numbers::canonical(&number))
        }
    }
}
