//! Whole statements: pages, counts, keys, aggregates, distinct values.

use crate::bind::Bind;
use crate::layout::Dialect;
use claviger_model::{AttrRef, ClassId};
use claviger_query::{Aggregate, Base, Operand, Plan, Predicate, ScopeId, Scopes};

use super::columns::{Selected, whole_value};
use super::distinct::{Distinct, distinct, distinct_parts};
use super::operand::Term;
use super::{ROOT, Sql, Tables, Writer, aggregate};
use crate::decode::Decoder;

/// The statement that finds one entity by key: its parameters are the binds, then the key parts ([`super::operand::Column::bind_key`]).
pub fn by_key(tables: Tables<'_>, selected: &Selected, class: ClassId) -> Sql {
    // Nothing here is asked of a computed attribute, and others are answered by the same statement.
    let tables = tables.without_values();
    let mut binds = selected.binds.clone();
    let source = tables.source(class, &mut binds);
    let key = tables.key(class, ROOT);
    let conditions: Vec<String> =
        key.iter().enumerate().map(|(index, column)| column.equals_parameter(binds.taken() + index + 1)).collect();
    let conditions = if conditions.is_empty() { "FALSE".to_owned() } else { conditions.join(" AND ") };
    let text = format!("{} FROM {source} AS {ROOT}{} WHERE {conditions}", selected.columns, selected.joins);
    Sql { text, binds: binds.into_values() }
}

/// A page of a plan, or its one entity.
///
/// Where rows are sorted or skipped, the page is found first and only then joined with what is sent, so that the joins are made for the
/// rows of the page alone.
pub fn page(tables: Tables<'_>, plan: &Plan, selected: &Selected, skip: u64, top: u64) -> Sql {
    let class = plan.class();
    let mut writer = Writer::behind(tables, plan.scopes(), selected.binds.clone());
    plan.filter().into_iter().for_each(|filter| writer.use_predicate(filter));
    plan.order().iter().for_each(|order| writer.use_operand(&order.operand));
    let (table, root, joins) = (tables.table(class), writer.root(class, plan.base()), writer.joins(ScopeId(0)));
    let conditions = writer.where_clause(class, plan.base(), plan.filter());
    let order = writer.order_of(class, plan.base(), plan.order());
    let limit = writer.limit(skip, top);
    let place = tables.default_order(class, ROOT);
    if selected.joins.is_empty() || place.is_empty() || (plan.order().is_empty() && skip == 0) {
        return writer.finish(format!("{} FROM {root}{joins}{}{conditions}{order}{limit}", selected.columns, selected.joins));
    }
    let columns: Vec<String> = place.iter().enumerate().map(|(index, column)| format!("{column} AS k{index}")).collect();
    let same: Vec<String> = place.iter().enumerate().map(|(index, column)| format!("{column} = k.k{index}")).collect();
    if tables.layout.dialect() != Dialect::Sqlite {
        // An inner order is no promise for the outer rows: their places are numbered.
        return writer.finish(format!(
            "{} FROM (SELECT i.*, row_number() OVER () AS n FROM (SELECT {} FROM {root}{joins}{conditions}{order}{limit}) AS i) AS k \
             JOIN {table} AS {ROOT} ON {}{} ORDER BY k.n",
            selected.columns,
            columns.join(", "),
            same.join(" AND "),
            selected.joins
        ));
    }
    // A limit, if only a huge one, keeps the engine from dissolving the inner statement and its order; a cross join is never turned round.
    let limit = if limit.is_empty() { " LIMIT -1".to_owned() } else { limit };
    writer.finish(format!(
        "{} FROM (SELECT {} FROM {root}{joins}{conditions}{order}{limit}) AS k CROSS JOIN {table} AS {ROOT} ON {}{}",
        selected.columns,
        columns.join(", "),
        same.join(" AND "),
        selected.joins
    ))
}

/// The bytes at the end of a path from the one entity of a plan.
pub fn media(tables: Tables<'_>, plan: &Plan, path: &[AttrRef]) -> Sql {
    let class = plan.class();
    let (column, joins, binds) = whole_value(tables, path);
    let mut writer = Writer::behind(tables, plan.scopes(), binds);
    let root = writer.root(class, plan.base());
    let conditions = writer.where_clause(class, plan.base(), plan.filter());
    let order = writer.order_clause(class, plan.order());
    let limit = writer.limit(0, 1);
    writer.finish(format!("SELECT {column} FROM {root}{joins}{conditions}{order}{limit}"))
}

/// Number of entities that a filter finds.
pub fn count(tables: Tables<'_>, class: ClassId, scopes: &Scopes, base: &Base, filter: Option<&Predicate>) -> Sql {
    let mut writer = Writer::new(tables, scopes);
    let from = writer.from(class, base, filter);
    writer.finish(format!("SELECT count(*) FROM {from}"))
}

/// Keys of the entities that a filter finds, in default order; columns are the key columns.
pub fn keys(tables: Tables<'_>, class: ClassId, scopes: &Scopes, base: &Base, filter: Option<&Predicate>) -> Sql {
    let mut writer = Writer::new(tables, scopes);
    let from = writer.from(class, base, filter);
    let columns: Vec<String> = tables.key(class, ROOT).into_iter().map(|column| column.selected()).collect();
    let order = writer.order_of(class, base, &[]);
    writer.finish(format!("SELECT {} FROM {from}{order}", columns.join(", ")))
}

/// Distinct values of an operand (`$distinct`).
pub fn distinct_values(tables: Tables<'_>, plan: &Plan, operand: &Operand) -> (Sql, Decoder) {
    let mut writer = Writer::new(tables, plan.scopes());
    let (term, from, conditions) = writer.source(plan, operand);
    let limit = writer.limit(plan.skip(), plan.top());
    let decoder = Decoder::of_term(&term);
    (writer.finish(distinct(&term, &from, &conditions) + &limit), decoder)
}

/// Aggregates of an operand (`$compute`), one column each, over all values or over the distinct ones (R14).
pub fn aggregates(tables: Tables<'_>, plan: &Plan, operand: &Operand, wanted: &[Aggregate], over_distinct: bool) -> (Sql, Vec<Decoder>) {
    let dialect = tables.layout.dialect();
    let mut writer = Writer::new(tables, plan.scopes());
    let (term, from, conditions) = writer.source(plan, operand);
    let decoder = Decoder::of_term(&term);
    let (term, from, conditions) = if over_distinct {
        let Distinct { value, key, pg } = distinct_parts(&term);
        let conditions = if conditions.is_empty() { String::new() } else { format!("{conditions} AND ") };
        let inner = format!("(SELECT {value} AS v FROM {from} WHERE {conditions}{key} IS NOT NULL GROUP BY {key}) AS d");
        let term = match term {
            Term::Column(column) => Term::Column(super::operand::Column { sql: "d.v".to_owned(), pg, ..column }),
            // The scalar's JSON text is itself a document.
            Term::Json(_, dialect) => Term::Json("d.v".to_owned(), dialect),
            Term::Number(_) | Term::Reference(_) => Term::Number("d.v".to_owned()),
        };
        (term, inner, String::new())
    } else {
        (term, from, conditions)
    };
    let (columns, decoders): (Vec<String>, Vec<Decoder>) =
        wanted.iter().map(|aggregate| aggregate::of_term(&term, *aggregate, decoder, dialect)).unzip();
    let conditions = if conditions.is_empty() { String::new() } else { format!(" WHERE {conditions}") };
    (writer.finish(format!("SELECT {} FROM {from}{conditions}", columns.join(", "))), decoders)
}

impl Writer<'_> {
    /// `LIMIT` and `OFFSET`.
    pub(super) fn limit(&mut self, skip: u64, top: u64) -> String {
        if skip == 0 && top == u64::MAX {
            return String::new();
        }
        let is_sqlite = self.tables.layout.dialect() == Dialect::Sqlite;
        let mut number = |number: u64, otherwise: i64| {
            let parameter = self.bind(Bind::Integer(i64::try_from(number).unwrap_or(otherwise)));
            if is_sqlite { parameter } else { parameter + "::int8" }
        };
        let top = number(top, if is_sqlite { -1 } else { i64::MAX });
        if skip == 0 {
            return format!(" LIMIT {top}");
        }
        let skip = number(skip, i64::MAX);
        format!(" LIMIT {top} OFFSET {skip}")
    }

    /// Table, joins and conditions.
    pub(super) fn from(&mut self, class: ClassId, base: &Base, filter: Option<&Predicate>) -> String {
        if let Some(filter) = filter {
            self.use_predicate(filter);
        }
        let (root, joins) = (self.root(class, base), self.joins(ScopeId(0)));
        let conditions = self.where_clause(class, base, filter);
        format!("{root}{joins}{conditions}")
    }

    /// The term of an operand, the tables it is read from, and the conditions (without `WHERE`).
    fn source(&mut self, plan: &Plan, operand: &Operand) -> (Term, String, String) {
        plan.filter().into_iter().for_each(|filter| self.use_predicate(filter));
        self.use_operand(operand);
        let from = self.root(plan.class(), plan.base()) + &self.joins(ScopeId(0));
        let conditions = self.where_clause(plan.class(), plan.base(), plan.filter());
        let term = self.term(operand);
        (term, from, conditions.strip_prefix(" WHERE ").unwrap_or_default().to_owned())
    }
}
