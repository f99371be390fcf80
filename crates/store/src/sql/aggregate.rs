//! Aggregates (`$compute`, `rest-dialect.md` 10.1): sums and averages are exact, whatever the engine; misfits count as values but are
//! neither added nor compared.

use claviger_model::ValueType;
use claviger_query::Aggregate;

use super::operand::{Column, Term};
use crate::decode::Decoder;
use crate::layout::Dialect;
use crate::postgres::types::PgType;

/// One aggregate of a term as SQL and how its result is read. `own` reads the term's own values.
///
/// A double counts as its shortest decimal; sum and average of doubles are rounded once, at the end, and null beyond all doubles.
pub fn of_term(term: &Term, aggregate: Aggregate, own: Decoder, dialect: Dialect) -> (String, Decoder) {
    if aggregate == Aggregate::Count {
        let counted = match term {
            Term::Column(column) => column.sql.clone(),
            _ => term.compared(),
        };
        return (format!("count({counted})"), Decoder::INT);
    }
    match dialect {
        Dialect::Sqlite => sqlite(term, aggregate, own),
        Dialect::Postgres(_) => postgres(term, aggregate, own, dialect),
    }
}

fn type_of(term: &Term) -> ValueType {
    match term {
        Term::Column(column) => column.ty,
        Term::Json(..) => ValueType::Object,
        Term::Number(_) | Term::Reference(_) => ValueType::Int,
    }
}

fn sqlite(term: &Term, aggregate: Aggregate, own: Decoder) -> (String, Decoder) {
    let ty = type_of(term);
    let compared = term.compared();
    // What is added: numbers only.
    let number = match (term, ty) {
        (Term::Json(arguments, _), _) => format!("clv_json_number({arguments})"),
        (Term::Column(column), ValueType::Decimal) => column.sql.clone(),
        _ => format!("CASE WHEN typeof({compared}) IN ('integer', 'real') THEN {compared} END"),
    };
    match aggregate {
        Aggregate::Count => (format!("count({compared})"), Decoder::INT),
        Aggregate::Sum if ty == ValueType::Double => (format!("clv_sum_double({number})"), Decoder::DOUBLE),
        Aggregate::Sum => (format!("clv_sum({number})"), Decoder::DECIMAL),
        Aggregate::Average if ty == ValueType::Double => (format!("clv_average_double({number})"), Decoder::DOUBLE),
        Aggregate::Average => (format!("clv_average({number})"), Decoder::DECIMAL),
        Aggregate::Min | Aggregate::Max => {
            let (name, by) = if aggregate == Aggregate::Min { ("min", "clv_min_by") } else { ("max", "clv_max_by") };
            match (term, ty) {
                // By fold, then by text, with a character between that sorts before all others.
                (Term::Column(column), ValueType::Text) => (format!("{by}({compared} || char(0) || {sql}, {sql})", sql = column.sql), own),
                (Term::Column(column), ValueType::Decimal) => (format!("{by}({compared}, {})", column.sql), own),
                (Term::Json(arguments, _), _) => (format!("{by}(clv_json_order({arguments}), clv_json_value({arguments}))"), own),
                (_, ValueType::Int | ValueType::Double | ValueType::Duration) => (format!("{name}({number})"), own),
                // Normalised by the comparable form.
                _ => (format!("{name}({compared})"), own.native()),
            }
        }
    }
}

fn postgres(term: &Term, aggregate: Aggregate, own: Decoder, dialect: Dialect) -> (String, Decoder) {
    let ty = type_of(term);
    let function = |name: &str| dialect.function(name);
    match aggregate {
        Aggregate::Count => (format!("count({})", term.compared()), Decoder::INT),
        Aggregate::Sum => {
            let sum = format!("coalesce(sum({}), 0)", exact(term, dialect));
            if ty == ValueType::Double {
                (format!("{}({sum})", function("clv_double")), Decoder::DOUBLE)
            } else {
                (format!("{sum}::text"), Decoder::DECIMAL)
            }
        }
        Aggregate::Average => {
            let number = exact(term, dialect);
            (format!("sum({number})::text || ' ' || count({number})::text"), Decoder::average(ty))
        }
        Aggregate::Min | Aggregate::Max => {
            let name = if aggregate == Aggregate::Min { "min" } else { "max" };
            match term {
                Term::Json(argument, _) => {
                    let of = function("clv_json_of_extreme");
                    (format!("{of}({name}({}({argument}) COLLATE \"C\"))", function("clv_json_extreme")), own)
                }
                Term::Number(sql) => (format!("{name}({sql})"), own),
                Term::Reference(parts) => match parts.first() {
                    Some(column) => (extreme(column, name, dialect), own),
                    None => ("NULL::text".to_owned(), own),
                },
                Term::Column(column) => (extreme(column, name, dialect), own),
            }
        }
    }
}

/// The exact number that is added, null for what is none.
fn exact(term: &Term, dialect: Dialect) -> String {
    let function = |name: &str, sql: &str| format!("{}({sql})", dialect.function(name));
    let column = match term {
        Term::Json(argument, _) => return function("clv_json_number", argument),
        Term::Number(sql) => return function("clv_exact", sql),
        Term::Column(column) => Some(column),
        Term::Reference(parts) => parts.first(),
    };
    let Some((column, ty)) = column.and_then(|column| Some((column, column.pg?))) else { return "NULL::numeric".to_owned() };
    let compared = ty.compared(&column.sql);
    match ty {
        PgType::Int | PgType::Span => format!("({compared})::int8"),
        PgType::Float4 | PgType::Float8 => function("clv_exact", &compared),
        PgType::Numeric => finite(&compared, "numeric"),
        _ => "NULL::numeric".to_owned(),
    }
}

/// The smallest or largest value of a column, in the form in which it is read.
fn extreme(column: &Column, name: &str, dialect: Dialect) -> String {
    let Some(ty) = column.pg else { return format!("{name}({})", column.sql) };
    let compared = ty.compared(&column.sql);
    match ty {
        // By fold, then by text.
        PgType::Text | PgType::AsText => format!(
            "{}({name}({}({}, {}) COLLATE \"C\"))",
            dialect.function("clv_of_ordered"),
            dialect.function("clv_ordered"),
            column.compared(),
            column.spelled()
        ),
        PgType::Numeric => format!("{name}({})::text", finite(&compared, "numeric")),
        PgType::Float4 | PgType::Float8 => format!("{name}(nullif({compared}, 'NaN'))"),
        PgType::Bool => format!("{}({compared})", if name == "min" { "bool_and" } else { "bool_or" }),
        PgType::Uuid => format!("{name}(({compared})::text)::uuid"),
        PgType::Date => format!("{name}({compared})::text"),
        PgType::Int | PgType::Span | PgType::Timestamp | PgType::Instant | PgType::TimestampTz => format!("{name}({compared})"),
        PgType::Json | PgType::Jsonb | PgType::Array | PgType::Bytea => "NULL::text".to_owned(),
    }
}

/// A number that is neither an infinity nor none at all.
fn finite(sql: &str, ty: &str) -> String {
    format!("CASE WHEN {sql} > '-Infinity'::{ty} AND {sql} < 'Infinity'::{ty} THEN {sql} END")
}
