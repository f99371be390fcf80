//! Values that the operator's code has computed, in SQL (`functions.md` 1): they reach the database as one bound text and stand beside the
//! columns of their rows, so that what filters, sorts and computes takes them for columns.

use claviger_model::value::{DateStyle, write_cell};
use claviger_model::{AttrRef, ClassId, DateForm, Value, ValueType};
use claviger_query::{ComputedValues, Restrictions};

use super::operand::{Column, plain_bind};
use super::{Binds, ROOT, Tables};
use crate::bind::Bind;
use crate::layout::Dialect;
use crate::postgres::types::PgType;
use crate::sqlite::functions::dates;

/// Alias of the table of values.
const VALUES: &str = "g";

impl<'a> Tables<'a> {
    /// The same without values that code has computed.
    pub(super) fn without_values(self) -> Self {
        Self { values: None, ..self }
    }

    /// The same with those that came with a plan.
    pub(super) fn with_values_of(self, restrictions: &'a Restrictions) -> Self {
        Self { values: restrictions.values().next().map(|_| restrictions), level: self.level + 1, ..self }
    }

    /// The column of a computed attribute whose values the plan came with.
    pub(super) fn computed_column(self, at: AttrRef, row: &str) -> Option<Column> {
        let values = self.values?.values().find(|values| values.attribute == at)?;
        let (dialect, ty) = (self.layout.dialect(), values.ty);
        let pg = (dialect != Dialect::Sqlite).then(|| PgType::of_values(ty));
        // JSON has no bytes: UUIDs are texts in it.
        let native = ty != ValueType::Uuid;
        Some(Column { sql: format!("{row}.{}", self.value_name(at)), ty, native, date_form: DateForm::Native, pg, dialect })
    }

    /// What stands for a table, with the computed values of its rows beside their columns.
    pub(super) fn with_values(self, class: ClassId, source: String, binds: &mut Binds) -> String {
        let Some(restrictions) = self.values else { return source };
        let of_class = restrictions.values().filter(|values| values.attribute.class == class);
        of_class.fold(source, |source, values| {
            let parameter = binds.bind(Bind::Text(self.values_text(values)));
            self.beside(class, &source, values, &parameter)
        })
    }

    fn beside(self, class: ClassId, source: &str, values: &ComputedValues, parameter: &str) -> String {
        let is_sqlite = self.layout.dialect() == Dialect::Sqlite;
        let pairs = if is_sqlite {
            self.pairs_with(class, ROOT, "json_extract(e.value, '$[0]')", "json_extract(e.value, '$[0]')")
        } else {
            self.pairs_with(class, ROOT, "(e.value ->> 0)::int8", "(e.value -> 0)")
        };
        // Without its affinity the column is compared with the values as they are, and by an index that is made of them.
        let column = |column: &str| if is_sqlite { format!("+{column}") } else { column.to_owned() };
        let same: Vec<String> =
            pairs.iter().enumerate().map(|(index, (here, _))| format!("{} = {VALUES}.k{index}", column(here))).collect();
        let same = if same.is_empty() { "FALSE".to_owned() } else { same.join(" AND ") };
        let mut of_row: Vec<String> = pairs.iter().enumerate().map(|(index, (_, part))| format!("{part} AS k{index}")).collect();
        let (table, value) = if is_sqlite {
            (format!("json_each({parameter}) AS e"), "json_extract(e.value, '$[1]')".to_owned())
        } else {
            let table = format!("json_array_elements({parameter}::text::json) AS e(value)");
            let value = match PgType::of_values(values.ty) {
                PgType::Json => "nullif((e.value -> 1)::text, 'null')::json".to_owned(),
                PgType::Instant => "('epoch'::timestamptz + (e.value ->> 1)::int8 * '1 millisecond'::interval)".to_owned(),
                ty => ty.cast("(e.value ->> 1)"),
            };
            (table, value)
        };
        of_row.push(format!("{value} AS v"));
        let of_row = of_row.join(", ");
        let (columns, name) = (self.all_columns(class), self.value_name(values.attribute));
        format!(
            "(WITH {VALUES} AS MATERIALIZED (SELECT {of_row} FROM {table}) \
             SELECT {columns}, {VALUES}.v AS {name} FROM {source} AS {ROOT} LEFT JOIN {VALUES} ON {same})"
        )
    }

    /// Name of a computed attribute's column.
    fn value_name(self, at: AttrRef) -> String {
        format!("\"computed {} {}\"", self.level, at.attr.0)
    }

    /// Keys and values, in pairs.
    fn values_text(self, values: &ComputedValues) -> String {
        let mut text = String::from("[");
        for (index, (key, value)) in values.keys.iter().zip(&values.values).enumerate() {
            text.push_str(if index > 0 { ",[" } else { "[" });
            self.key_text(&mut text, key);
            text.push(',');
            text.push_str(&match self.layout.dialect() {
                Dialect::Sqlite => for_sqlite(value),
                Dialect::Postgres(_) => for_postgres(value),
            });
            text.push(']');
        }
        text.push(']');
        text
    }
}

/// A value in the form in which the product stores it, as JSON.
fn for_sqlite(value: &Value) -> String {
    let json = match plain_bind(value) {
        Bind::Null => serde_json::Value::Null,
        Bind::Integer(number) => number.into(),
        Bind::Real(number) => number.into(),
        Bind::Text(text) => text.into(),
        Bind::Blob(_) => return as_json(value),
    };
    json.to_string()
}

fn for_postgres(value: &Value) -> String {
    match value {
        Value::Instant(milliseconds) => milliseconds.to_string(),
        Value::Date(date) => serde_json::Value::from(dates::postgres_text(*date)).to_string(),
        // The server has no such character.
        Value::Text(text) if text.contains('\0') => serde_json::Value::from(text.replace('\0', "\u{fffd}")).to_string(),
        other => as_json(other),
    }
}

fn as_json(value: &Value) -> String {
    let (mut text, mut scratch) = (Vec::new(), String::new());
    write_cell(&mut text, value.as_cell(&mut scratch), DateStyle::Plain);
    String::from_utf8(text).unwrap_or_else(|_| "null".to_owned())
}
