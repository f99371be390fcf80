//! What a projection reads: the columns of the statement, the joins they need, and the shape in which they become an entity.

use std::sync::Arc;

use claviger_model::{AttrRef, ClassId, Kind, ValueType};
use claviger_query::{Output, Projection};
use rustc_hash::FxHashMap;

use super::distinct::distinct;
use super::operand::{Column, Term};
use super::{Binds, ROOT, Sql, Tables};
use crate::decode::Decoder;
use crate::layout::Dialect;
use crate::postgres::types::PgType;

/// Alias of the parent rows in a statement for all of them.
const PARENTS: &str = "p";

/// Columns and joins of one statement under construction.
#[derive(Debug)]
pub struct Columns<'a> {
    tables: Tables<'a>,
    list: Vec<String>,
    known: FxHashMap<String, usize>,
    joins: String,
    binds: Binds,
    rows: FxHashMap<(String, AttrRef), String>,
    /// Columns of stamp and time of rows.
    heads: FxHashMap<String, (usize, usize)>,
    count: usize,
}

/// One column of the statement's rows and how it becomes a cell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Slot {
    /// Index in the row.
    pub column: usize,
    /// How it is read.
    pub decoder: Decoder,
}

/// How a row becomes an entity.
#[derive(Clone, Debug)]
pub struct EntityShape {
    /// What is sent.
    pub projection: Arc<Projection>,
    /// Key parts.
    pub key: Vec<Slot>,
    /// Column of the stamp.
    pub stamp: usize,
    /// Column of the time, in milliseconds.
    pub timestamp: usize,
    /// One for each field of the projection.
    pub fields: Vec<FieldShape>,
}

/// How a field is read.
#[derive(Clone, Debug)]
pub enum FieldShape {
    /// A cell.
    Cell(Slot),
    /// A deferred N -> 1 relation: key parts of the related entity.
    Reference(Vec<Slot>),
    /// A deferred 1 -> N relation.
    DeferredMany,
    /// Distinct values through a 1 -> N relation.
    List(Box<ListShape>),
    /// An expanded N -> 1 relation.
    One {
        /// Column that is null when there is no related entity.
        present: usize,
        /// The related entity.
        shape: Box<EntityShape>,
    },
    /// An expanded 1 -> N relation.
    Many(Box<ManyShape>),
}

/// A column of a parent row that a statement for what is related is tied to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Link {
    /// Index in the row.
    pub column: usize,
    /// Type in which it is compared (PostgreSQL).
    pub pg: Option<PgType>,
}

/// A statement for a list of values: on SQLite for one parent row, its parameters are `links`; on PostgreSQL for all parent rows at once, its
/// parameters are arrays of `links`, and its first column is the number of the parent row, from 1. What the statement binds by itself comes
/// behind the links.
#[derive(Clone, Debug)]
pub struct ListShape {
    /// The statement.
    pub sql: Sql,
    /// Columns of the parent row.
    pub links: Vec<Link>,
    /// How the only column is read.
    pub decoder: Decoder,
}

/// Statements for related entities, with parameters and first column as in [`ListShape`].
#[derive(Clone, Debug)]
pub struct ManyShape {
    /// Their number.
    pub count_sql: Sql,
    /// The first page in default order.
    pub page_sql: Sql,
    /// Columns of the parent row.
    pub links: Vec<Link>,
    /// The related entities.
    pub shape: EntityShape,
    /// Number of entities that the page holds at most.
    pub top: u64,
}

/// What a projection reads of the rows of its dataclass, ready to be completed with conditions.
#[derive(Clone, Debug)]
pub struct Selected {
    /// `SELECT …`, the columns.
    pub columns: String,
    /// Joins behind the table, each with a leading space.
    pub joins: String,
    /// What the joins and columns bind.
    pub binds: Binds,
    /// How a row becomes an entity.
    pub shape: EntityShape,
}

impl Selected {
    /// Columns, joins and shape of a projection; the entity's row is [`ROOT`].
    pub fn of(tables: Tables<'_>, projection: &Arc<Projection>) -> Self {
        Self::behind(tables, projection, Binds::behind(tables.layout.dialect(), 0))
    }

    fn behind(tables: Tables<'_>, projection: &Arc<Projection>, binds: Binds) -> Self {
        let mut columns = Columns::new(tables, binds);
        let shape = columns.entity(ROOT, projection);
        let list = if columns.list.is_empty() { "TRUE".to_owned() } else { columns.list.join(", ") };
        Self { columns: format!("SELECT {list}"), joins: columns.joins, binds: columns.binds, shape }
    }
}

/// What stands at the end of N -> 1 relations as it is, bytes too: the column, the joins that lead to it (each with a leading space), and what
/// they bind. The entity's row is [`ROOT`].
pub fn whole_value(tables: Tables<'_>, path: &[AttrRef]) -> (String, String, Binds) {
    let Some((last, relations)) = path.split_last() else { unreachable!("a path has an end") };
    let mut columns = Columns::new(tables, Binds::behind(tables.layout.dialect(), 0));
    let row = columns.walk(ROOT, relations);
    (tables.column(*last, &row).sql, columns.joins, columns.binds)
}

impl<'a> Columns<'a> {
    fn new(tables: Tables<'a>, binds: Binds) -> Self {
        Self {
            // What is sent are no values that the operator's code computes.
            tables: tables.without_values(),
            list: Vec::new(),
            known: FxHashMap::default(),
            joins: String::new(),
            binds,
            rows: FxHashMap::default(),
            heads: FxHashMap::default(),
            count: 0,
        }
    }

    /// Index of a column, added when it is new.
    fn index(&mut self, sql: String) -> usize {
        if let Some(index) = self.known.get(&sql) {
            return *index;
        }
        self.list.push(sql.clone());
        self.known.insert(sql, self.list.len() - 1);
        self.list.len() - 1
    }

    fn slot(&mut self, column: Column) -> Slot {
        let decoder = Decoder::of(&column);
        // Bytes stay where they are: only whether there are some is told.
        let media = matches!(column.ty, ValueType::Image | ValueType::Blob);
        let sql = if media { format!("({} IS NOT NULL)", column.sql) } else { column.selected() };
        Slot { column: self.index(sql), decoder }
    }

    fn alias(&mut self) -> String {
        self.count += 1;
        format!("p{}", self.count)
    }

    /// Walks N -> 1 relations from a row, joining what is not joined yet; returns the last row.
    fn walk(&mut self, row: &str, path: &[AttrRef]) -> String {
        let mut row = row.to_owned();
        for step in path {
            let at = (row.clone(), *step);
            if let Some(known) = self.rows.get(&at) {
                row = known.clone();
                continue;
            }
            let far = self.alias();
            let table = self.tables.source(self.tables.target(*step), &mut self.binds);
            self.joins.push_str(&format!(" LEFT JOIN {table} AS {far} ON {}", self.tables.join(*step, &row, &far)));
            self.rows.insert(at, far.clone());
            row = far;
        }
        row
    }

    fn entity(&mut self, row: &str, projection: &Arc<Projection>) -> EntityShape {
        let class = projection.class();
        let key = self.tables.key(class, row).into_iter().map(|column| self.slot(column)).collect();
        let (stamp, timestamp) = self.head(class, row);
        let fields = projection.fields().iter().map(|field| self.field(row, class, field.attribute(), field.output())).collect();
        EntityShape { projection: Arc::clone(projection), key, stamp, timestamp, fields }
    }

    /// Columns of stamp and time.
    fn head(&mut self, class: ClassId, row: &str) -> (usize, usize) {
        if let Some(known) = self.heads.get(row) {
            return *known;
        }
        let side = self.alias();
        let head = self.tables.layout.head(class, row, &side);
        if let Some(join) = head.join {
            self.joins.push_str(&join);
        }
        let columns = (self.index(head.stamp), self.index(head.timestamp));
        self.heads.insert(row.to_owned(), columns);
        columns
    }

    fn field(&mut self, row: &str, class: ClassId, attribute: AttrRef, output: &Output) -> FieldShape {
        match output {
            Output::Scalar | Output::Media => {
                let column = self.tables.column(self.tables.scalar(attribute), row);
                FieldShape::Cell(self.slot(column))
            }
            Output::Path(steps) => {
                let Some((last, relations)) = steps.split_last() else { unreachable!("a path has an end") };
                let row = self.walk(row, relations);
                FieldShape::Cell(self.slot(self.tables.column(*last, &row)))
            }
            Output::DeferredOne(steps) => {
                let Some((last, relations)) = steps.split_last() else { unreachable!("a path has an end") };
                let row = self.walk(row, relations);
                let parts = self.tables.reference(*last, &row, &mut self.binds);
                FieldShape::Reference(parts.into_iter().map(|part| self.slot(part)).collect())
            }
            Output::DeferredMany => FieldShape::DeferredMany,
            Output::ExpandedOne(steps, projection) => self.one(row, steps, projection),
            Output::Computed(steps, projection) => {
                let Some((_, relations)) = steps.split_last() else { unreachable!("a path has an end") };
                self.one(row, relations, projection)
            }
            Output::List(steps) => {
                let Some((last, relations)) = steps.split_last() else { unreachable!("a path has an end") };
                let (links, from, rows, binds) = self.chain(row, class, relations);
                let row = rows.last().map_or(ROOT, String::as_str);
                let column = self.tables.column(*last, row);
                let decoder = Decoder::of(&column);
                let sql = self.for_parents(&links, "x.v", &distinct(&Term::Column(column), &from.0, &from.1), binds);
                FieldShape::List(Box::new(ListShape { sql, links, decoder }))
            }
            Output::ExpandedMany(steps, projection) => FieldShape::Many(Box::new(self.many(row, class, steps, projection))),
        }
    }

    /// The row at the end of N -> 1 relations, none of them for the row itself.
    fn one(&mut self, row: &str, steps: &[AttrRef], projection: &Arc<Projection>) -> FieldShape {
        let row = self.walk(row, steps);
        let present = steps.last().map_or_else(
            || "TRUE".to_owned(),
            |last| {
                let (_, relation) = self.tables.relation(*last);
                relation
                    .target_key
                    .first()
                    .map_or_else(|| "TRUE".to_owned(), |attr| self.tables.column(AttrRef { class: relation.target, attr: *attr }, &row).sql)
            },
        );
        let present = match self.tables.layout.dialect() {
            Dialect::Sqlite => present,
            Dialect::Postgres(_) => format!("CASE WHEN {present} IS NOT NULL THEN 1 END"),
        };
        FieldShape::One { present: self.index(present), shape: Box::new(self.entity(&row, projection)) }
    }

    /// Steps that end at (or pass) a 1 -> N relation. Those before the first 1 -> N step are joined here; the rest becomes a statement of
    /// its own: columns of this statement's row that it is bound to, its `FROM` and `WHERE`, its rows, and what it binds.
    fn chain(&mut self, row: &str, class: ClassId, steps: &[AttrRef]) -> (Vec<Link>, (String, String), Vec<String>, Binds) {
        let first = steps.iter().position(|step| matches!(self.tables.attribute(*step).kind, Kind::RelatedEntities(_))).unwrap_or(0);
        let near = self.walk(row, &steps[..first]);
        let mut rows: Vec<String> = Vec::new();
        let mut binds = self.behind_links(steps[first]);
        let (mut links, mut from, mut conditions) = (Vec::new(), String::new(), "TRUE".to_owned());
        for (index, step) in steps[first..].iter().enumerate() {
            let far = format!("c{}", index + 1);
            let table = self.tables.source(self.tables.target(*step), &mut binds);
            if index == 0 {
                from = format!("{table} AS {far}");
                (links, conditions) = self.link(*step, &near, &far);
            } else {
                from.push_str(&format!(" JOIN {table} AS {far} ON {}", self.tables.join(*step, &rows[index - 1], &far)));
            }
            rows.push(far);
        }
        debug_assert!(self.tables.class(class).id == class);
        (links, (from, conditions), rows, binds)
    }

    /// Values of a statement that is tied to a row of this one by the relation `step`.
    fn behind_links(&self, step: AttrRef) -> Binds {
        Binds::behind(self.tables.layout.dialect(), self.tables.relation(step).1.foreign_key.len())
    }

    /// Ties the row `far` of another statement to the row `near` of this one by the relation `step`: columns to bind, condition.
    fn link(&mut self, step: AttrRef, near: &str, far: &str) -> (Vec<Link>, String) {
        let (holder, relation) = self.tables.relation(step);
        let (mut links, mut conditions) = (Vec::new(), Vec::new());
        for (foreign, key) in relation.foreign_key.iter().zip(&relation.target_key) {
            let key = AttrRef { class: relation.target, attr: *key };
            let foreign = AttrRef { class: holder, attr: *foreign };
            let (here, there) =
                if matches!(self.tables.attribute(step).kind, Kind::RelatedEntity(_)) { (foreign, key) } else { (key, foreign) };
            let (here, there) = (self.tables.column(here, near), self.tables.column(there, far));
            let is_time = |column: &Column| column.pg.is_some_and(PgType::is_time);
            // By its text a time is handed on to the microsecond.
            let selected = if is_time(&here) { format!("({})::text", here.sql) } else { here.selected() };
            links.push(Link { column: self.index(selected), pg: there.pg });
            let number = links.len();
            conditions.push(match there.pg {
                None => format!("{} = ?{number}", there.sql),
                Some(_) if is_time(&there) => format!("{} = {PARENTS}.l{number}", there.sql),
                Some(_) => format!("{} = {PARENTS}.l{number}", there.key_compared()),
            });
        }
        (links, conditions.join(" AND "))
    }

    fn many(&mut self, row: &str, class: ClassId, steps: &[AttrRef], projection: &Arc<Projection>) -> ManyShape {
        let target = projection.class();
        let passes = steps.iter().filter(|step| matches!(self.tables.attribute(**step).kind, Kind::RelatedEntities(_))).count();
        let last_is_many = steps.last().is_some_and(|last| matches!(self.tables.attribute(*last).kind, Kind::RelatedEntities(_)));
        let (links, condition, mut binds) = if let ([before @ .., last], true) = (steps, passes == 1 && last_is_many) {
            let near = self.walk(row, before);
            let (links, condition) = self.link(*last, &near, ROOT);
            (links, condition, self.behind_links(*last))
        } else {
            // Each entity once, however many ways lead to it.
            let Some((last, before)) = steps.split_last() else { unreachable!("a path has an end") };
            let (links, (from, tie), rows, binds) = self.chain(row, class, before);
            let join = self.tables.join(*last, rows.last().map_or(ROOT, String::as_str), ROOT);
            (links, format!("EXISTS (SELECT 1 FROM {from} WHERE {tie} AND {join})"), binds)
        };
        let table = self.tables.source(target, &mut binds);
        let count_sql = format!("SELECT count(*) AS v FROM {table} AS {ROOT} WHERE {condition}");
        let count_sql = self.for_parents(&links, "x.v", &count_sql, binds.clone());
        let selected = Selected::behind(self.tables, projection, binds);
        let order = self.tables.default_terms(target, ROOT);
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
        let top = u64::from(self.tables.class(target).default_top_size);
        let page_sql = format!("{} FROM {table} AS {ROOT}{} WHERE {condition}{order} LIMIT {top}", selected.columns, selected.joins);
        ManyShape { count_sql, page_sql: self.for_parents(&links, "x.*", &page_sql, selected.binds), links, shape: selected.shape, top }
    }
}

impl Columns<'_> {
    /// A statement that is tied to one parent row becomes, on PostgreSQL, one for all parent rows: however many there are, what is related to
    /// them costs one statement.
    fn for_parents(&self, links: &[Link], columns: &str, sql: &str, binds: Binds) -> Sql {
        let binds = binds.into_values();
        if self.tables.layout.dialect() == Dialect::Sqlite {
            return Sql { text: sql.to_owned(), binds };
        }
        let types = links.iter().map(|link| link.pg.unwrap_or(PgType::Text));
        let arrays: Vec<String> = types.enumerate().map(|(index, ty)| ty.cast_array(&format!("${}", index + 1))).collect();
        let names: Vec<String> = (1..=links.len()).map(|number| format!("l{number}")).collect();
        let text = format!(
            "SELECT {PARENTS}.n, {columns} FROM unnest({}) WITH ORDINALITY AS {PARENTS}({}, n) CROSS JOIN LATERAL ({sql}) AS x",
            arrays.join(", "),
            names.join(", ")
        );
        Sql { text, binds }
    }
}

impl Tables<'_> {
    /// The storage or calculated attribute behind an attribute that is sent as a scalar of the same row.
    fn scalar(self, at: AttrRef) -> AttrRef {
        match &self.attribute(at).kind {
            Kind::Alias(alias) => alias.steps.last().copied().unwrap_or(at),
            _ => at,
        }
    }
}
