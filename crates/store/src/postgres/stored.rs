//! How a bound value becomes what a column holds: the SQL around its parameter in an `INSERT` or `UPDATE`.
//!
//! Parameters have the forms of [`PgType::cast`]; what is cast here is checked by the column it goes to and never cut to fit.

use super::types::PgType;
use crate::layout::ClassLayout;
use claviger_model::AttrId;

/// SQL of the type `time` without zone, as [`ClassLayout::stored`] has it.
const TIME: &str = "\"pg_catalog\".\"time\"";

impl ClassLayout {
    /// The value of an attribute's column from a parameter (`$3`). Out of range, too long, of no member of an enum: the server's error.
    pub fn stored_sql(&self, attribute: AttrId, parameter: &str) -> String {
        let at = usize::from(attribute.0);
        let (Some(Some(ty)), Some(Some(sql))) = (self.types.get(at), self.stored.get(at)) else { return parameter.to_owned() };
        stored(*ty, sql, parameter)
    }
}

/// As [`ClassLayout::stored_sql`]. `sql`: the type.
pub fn stored(ty: PgType, sql: &str, parameter: &str) -> String {
    match ty {
        PgType::AsText => format!("{parameter}::text::{sql}"),
        PgType::Jsonb => format!("{parameter}::json::{sql}"),
        // With as many dimensions as the document has.
        PgType::Array => format!("(SELECT r.v FROM json_to_record(json_build_object('v', {parameter}::json)) AS r (v {sql}))"),
        // Not by adding to midnight, which would begin again after a day.
        PgType::Span if sql == TIME => format!(
            "make_time(({parameter}::int8 / 3600000)::int4, ({parameter}::int8 / 60000 % 60)::int4, ({parameter}::int8 % 60000) / 1000.0::float8)"
        ),
        PgType::Span => format!("({parameter}::int8 * '1 millisecond'::interval)"),
        _ => ty.cast(parameter),
    }
}
