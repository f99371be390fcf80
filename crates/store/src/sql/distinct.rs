//! The distinct values of a term (`rest-dialect.md` 10.2), and how they are found.

use claviger_model::ValueType;

use super::operand::{Column, Term};
use crate::layout::Dialect;
use crate::postgres::types::PgType;

/// Statement for the distinct values of a term, ascending, null left out; of texts that differ in case or accents only, the spelling that
/// comes first (`rest-dialect.md` 10.2).
pub fn distinct(term: &Term, from: &str, conditions: &str) -> String {
    let Distinct { value, key, pg } = distinct_parts(term);
    let value = pg.map_or_else(|| value.clone(), |ty| ty.selected(&value));
    let conditions = if conditions.is_empty() { String::new() } else { format!("{conditions} AND ") };
    format!("SELECT {value} AS v FROM {from} WHERE {conditions}{key} IS NOT NULL GROUP BY {key} ORDER BY {key}")
}

/// How the distinct values of a term are found.
#[derive(Clone, PartialEq, Debug)]
pub struct Distinct {
    /// One value of each group.
    pub value: String,
    /// What the groups are made by.
    pub key: String,
    /// Type of the value (PostgreSQL).
    pub pg: Option<PgType>,
}

/// Value and grouping key of the distinct values of a term.
pub fn distinct_parts(term: &Term) -> Distinct {
    match term {
        // PostgreSQL orders no documents; SQLite's are texts.
        Term::Column(Column { sql, pg: Some(ty @ (PgType::Json | PgType::Jsonb | PgType::Array)), .. }) => {
            let key = format!("(({})::text COLLATE \"C\")", ty.selected(sql));
            Distinct { value: format!("min({key})"), key, pg: Some(PgType::Text) }
        }
        Term::Column(column) => {
            let key = column.compared();
            let value = match (column.pg, column.ty) {
                (Some(PgType::Bool), _) => format!("bool_and({})", column.sql),
                (Some(PgType::Uuid), _) => format!("min(({})::text)::uuid", column.sql),
                (_, ValueType::Text) => format!("min({})", column.spelled()),
                (Some(ty), _) => format!("min({})", ty.compared(&column.sql)),
                (None, _) => format!("min({})", column.sql),
            };
            // What was brought into the product's form already.
            let pg = column.pg.map(|ty| match ty {
                PgType::Span => PgType::Int,
                PgType::Float4 => PgType::Float8,
                PgType::AsText => PgType::Text,
                other => other,
            });
            Distinct { value, key, pg }
        }
        Term::Json(arguments, Dialect::Sqlite) => Distinct {
            value: format!("clv_min_by(clv_json_order({arguments}), clv_json_value({arguments}))"),
            key: format!("clv_json_key({arguments})"),
            pg: None,
        },
        Term::Json(arguments, dialect) => Distinct {
            value: format!(
                "(array_agg({}({arguments}) ORDER BY {}))[1]::json",
                dialect.function("clv_json_value"),
                term.order().join(", ")
            ),
            key: term.compared(),
            pg: Some(PgType::Json),
        },
        Term::Number(_) | Term::Reference(_) => Distinct { value: term.compared(), key: term.compared(), pg: None },
    }
}
