//! From authorised plans to SQL text and binds.
//!
//! Identifiers come from the model through [`crate::layout::quote`] only; every value is bound. Aliases: `s0` is the entity selected, `s1`… the
//! scopes of the plan, `p1`… rows joined for the projection, `c1`… rows on the way to an expanded 1 -> N relation.

pub mod aggregate;
pub mod columns;
pub mod computed;
pub mod distinct;
pub mod expression;
pub mod operand;
pub mod parameter;
pub mod predicate;
pub mod prepared;
pub mod restrict;
pub mod scope;
pub mod select;
pub mod set;

use crate::bind::Bind;
use claviger_model::{AttrRef, Attribute, ClassId, Dataclass, Kind, Model, RelatedEntity, Value};
use claviger_query::{Base, Operand, Order, Predicate, Restrictions, Scopes};

use crate::layout::{Dialect, Layout, quote};
use crate::sets::key;
use operand::{Column, Term};

/// Alias of the entity that a statement selects.
pub const ROOT: &str = "s0";

/// The model, how it lies in the database, and what of it a caller sees.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    /// Dataclasses and attributes.
    pub model: &'a Model,
    /// Tables and system columns.
    pub layout: &'a Layout,
    /// Where nothing stands, every entity is seen.
    restrictions: Option<&'a Restrictions>,
    /// Values of computed attributes, which stand beside the columns of their rows.
    values: Option<&'a Restrictions>,
    /// How deep in what restricts what the values are: their columns have names of their own.
    level: u8,
}

/// The values of a statement under construction; their parameters are numbered behind those that others bind.
#[derive(Clone, Debug)]
pub struct Binds {
    dialect: Dialect,
    before: usize,
    values: Vec<Bind>,
}

/// A finished statement.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sql {
    /// Text with numbered parameters.
    pub text: String,
    /// Their values; parameter 1 is the first.
    pub binds: Vec<Bind>,
}

/// Bytes of a statement by which what it finds is remembered at most: a list of many values would push out what others ask for.
const LONGEST_KEY: usize = 8 << 10;

impl Sql {
    /// Text and values as one key; none where they are so long that they are not worth remembering.
    pub fn key(&self) -> Option<Vec<u8>> {
        let lengths = self.binds.iter().map(|bind| match bind {
            Bind::Text(text) => text.len(),
            Bind::Blob(bytes) => bytes.len(),
            Bind::Null | Bind::Integer(_) | Bind::Real(_) => size_of::<i64>(),
        });
        if self.text.len() + lengths.sum::<usize>() > LONGEST_KEY {
            return None;
        }
        let mut key = self.text.clone().into_bytes();
        key.push(0);
        key::encode(&self.binds, &mut key);
        Some(key)
    }
}

/// Writes the conditions, joins and order of one statement and collects its binds.
#[derive(Debug)]
pub struct Writer<'a> {
    tables: Tables<'a>,
    scopes: &'a Scopes,
    /// Scopes that this statement speaks of.
    used: Vec<bool>,
    binds: Binds,
    /// Under an odd number of NOTs: *unknown* must not become *false* here.
    negated: bool,
    /// Joins a row with a key of the set that is read ([`Self::root`]).
    base_condition: Option<String>,
}

impl Binds {
    /// Values of a statement whose first parameters, so many, somebody else binds.
    pub fn behind(dialect: Dialect, before: usize) -> Self {
        Self { dialect, before, values: Vec::new() }
    }

    /// Binds one more value; returns its parameter.
    pub fn bind(&mut self, value: Bind) -> String {
        self.values.push(value);
        self.dialect.parameter(self.taken())
    }

    /// Number of parameters so far.
    pub fn taken(&self) -> usize {
        self.before + self.values.len()
    }

    /// The values in the order of their parameters.
    pub fn into_values(self) -> Vec<Bind> {
        self.values
    }
}

impl<'a> Tables<'a> {
    /// All entities of a database.
    pub fn new(model: &'a Model, layout: &'a Layout) -> Self {
        Self { model, layout, restrictions: None, values: None, level: 0 }
    }

    /// A dataclass.
    pub fn class(self, id: ClassId) -> &'a Dataclass {
        self.model.dataclass(id)
    }

    /// An attribute.
    pub fn attribute(self, at: AttrRef) -> &'a Attribute {
        self.model.attribute(at)
    }

    /// Table of a dataclass as SQL.
    pub fn table(self, id: ClassId) -> String {
        self.layout.class(id).table_sql()
    }

    /// The N -> 1 relation behind a 1 -> N attribute, or the N -> 1 attribute itself: (dataclass that holds the foreign key, relation).
    ///
    /// # Panics
    /// When the attribute is no relation: plans name relations where they walk.
    pub fn relation(self, at: AttrRef) -> (ClassId, &'a RelatedEntity) {
        match &self.attribute(at).kind {
            Kind::RelatedEntity(relation) => (at.class, relation),
            Kind::RelatedEntities(many) => match &self.class(many.target).attribute(many.via).kind {
                Kind::RelatedEntity(relation) => (many.target, relation),
                _ => unreachable!("a 1 -> N attribute goes via an N -> 1 attribute"),
            },
            _ => unreachable!("{} is no relation", self.attribute(at).name),
        }
    }

    /// Condition that joins the row `far` reached by the relation `at` with the row `near` it starts from.
    pub fn join(self, at: AttrRef, near: &str, far: &str) -> String {
        let (holder, relation) = self.relation(at);
        let (one, many) = if matches!(self.attribute(at).kind, Kind::RelatedEntity(_)) { (far, near) } else { (near, far) };
        let pairs = relation.foreign_key.iter().zip(&relation.target_key).map(|(foreign, key)| {
            let foreign = self.column(AttrRef { class: holder, attr: *foreign }, many).sql;
            let key = self.column(AttrRef { class: relation.target, attr: *key }, one).sql;
            format!("{key} = {foreign}")
        });
        pairs.collect::<Vec<_>>().join(" AND ")
    }

    /// Dataclass that a relation leads to.
    pub fn target(self, at: AttrRef) -> ClassId {
        let attribute = self.attribute(at);
        attribute.target().unwrap_or_else(|| unreachable!("{} is no relation", attribute.name))
    }

    /// Key columns of a row.
    pub fn key(self, class: ClassId, row: &str) -> Vec<Column> {
        let dataclass = self.class(class);
        let parts = dataclass.key_attributes();
        if parts.is_empty() {
            return self
                .layout
                .class(class)
                .key
                .iter()
                .map(|name| Column::rowid(format!("{row}.{}", quote(name)), self.layout.dialect()))
                .collect();
        }
        parts.iter().map(|part| self.column(dataclass.at(*part), row)).collect()
    }

    /// ` ORDER BY` terms of [`Self::default_order`]: texts in the order of their code points, whatever the table's own is.
    pub fn default_terms(self, class: ClassId, row: &str) -> Vec<String> {
        let layout = self.layout.class(class);
        if layout.order == layout.key {
            return self.key(class, row).iter().map(Column::key_term).collect();
        }
        self.default_order(class, row)
    }

    /// Columns of the default order of a row: creation order where the table gives it, else the key.
    pub fn default_order(self, class: ClassId, row: &str) -> Vec<String> {
        self.layout.class(class).order.iter().map(|name| format!("{row}.{}", quote(name))).collect()
    }
}

impl<'a> Writer<'a> {
    /// A writer for one statement over these scopes.
    pub fn new(tables: Tables<'a>, scopes: &'a Scopes) -> Self {
        Self::behind(tables, scopes, Binds::behind(tables.layout.dialect(), 0))
    }

    /// The same for a statement of which something is written already, with these values.
    pub fn behind(tables: Tables<'a>, scopes: &'a Scopes, binds: Binds) -> Self {
        Self { tables, scopes, used: vec![false; scopes.all().len()], binds, negated: false, base_condition: None }
    }

    /// Binds a value; returns its parameter.
    pub fn bind(&mut self, value: Bind) -> String {
        self.binds.bind(value)
    }

    /// The statement with this text.
    pub fn finish(self, text: String) -> Sql {
        Sql { text, binds: self.binds.into_values() }
    }

    /// Conditions of the base and the filter as ` WHERE …`, or nothing. Write the table ([`Self::root`]) and mark the scopes
    /// ([`Self::use_predicate`]) first.
    pub fn where_clause(&mut self, class: ClassId, base: &Base, filter: Option<&Predicate>) -> String {
        let mut conditions = self.base_conditions(class, base);
        conditions.extend(filter.map(|filter| self.predicate(filter)));
        if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
    }

    /// Conditions of the base; of a set, the one that joins its keys with the rows.
    fn base_conditions(&mut self, class: ClassId, base: &Base) -> Vec<String> {
        match base {
            Base::All => Vec::new(),
            Base::Key { parts, .. } => vec![self.key_condition(class, parts.as_deref())],
            Base::Unique { attribute, value, .. } => match value {
                Some(value) => {
                    let column = self.tables.column(*attribute, ROOT);
                    let term = Term::Column(column);
                    vec![format!("{} = {}", term.compared(), self.bind_value(&term, value))]
                }
                None => vec!["FALSE".to_owned()],
            },
            Base::Set(_) => self.base_condition.take().into_iter().collect(),
            Base::Related { from, parts, steps, .. } => vec![self.related_condition(class, *from, parts.as_deref(), steps)],
            Base::RelatedToAny { from, keys, steps } => vec![self.related_to_any(class, *from, keys, steps)],
        }
    }

    /// Condition that the entity selected has this key.
    pub fn key_condition(&mut self, class: ClassId, parts: Option<&[Value]>) -> String {
        self.has_key(class, ROOT, parts).unwrap_or_else(|| "FALSE".to_owned())
    }

    /// Condition that a row has this key; none where no row can.
    fn has_key(&mut self, class: ClassId, row: &str, parts: Option<&[Value]>) -> Option<String> {
        let columns = self.tables.key(class, row);
        let parts = parts.filter(|parts| parts.len() == columns.len() && !parts.is_empty())?;
        let pairs = columns.iter().zip(parts).map(|(column, part)| {
            let bind = column.bind_key(part);
            let parameter = self.bind(bind.clone());
            format!("{} = {}", column.key_compared(), column.parameter(&bind, parameter))
        });
        Some(pairs.collect::<Vec<_>>().join(" AND "))
    }

    /// ` ORDER BY …` for the order of a plan; ties by key.
    pub fn order_clause(&mut self, class: ClassId, order: &[Order]) -> String {
        let mut terms = Vec::new();
        let key = self.tables.key(class, ROOT);
        for order in order {
            let term = self.term(&order.operand);
            // A key is never null, and PostgreSQL finds an index for an order only where both say the same of nulls.
            let is_key = matches!(&term, Term::Column(column) if key.iter().any(|part| part.sql == column.sql));
            let direction = match (self.tables.layout.dialect(), order.descending) {
                (Dialect::Sqlite, false) => "",
                (Dialect::Sqlite, true) => " DESC",
                (Dialect::Postgres(_), false) if is_key => "",
                (Dialect::Postgres(_), true) if is_key => " DESC",
                (Dialect::Postgres(_), false) => " NULLS FIRST",
                (Dialect::Postgres(_), true) => " DESC NULLS LAST",
            };
            terms.extend(term.order().into_iter().map(|term| term + direction));
        }
        if order.is_empty() {
            terms = self.tables.default_terms(class, ROOT);
        } else {
            terms.extend(key.iter().map(Column::key_term));
        }
        if terms.is_empty() { String::new() } else { format!(" ORDER BY {}", terms.join(", ")) }
    }

    /// Marks the scopes of an operand as used.
    pub fn use_operand(&mut self, operand: &Operand) {
        self.use_scope(operand.scope());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_statements_are_not_remembered() {
        let sql = |text: &str, binds: Vec<Bind>| Sql { text: text.to_owned(), binds };
        let long = "x".repeat(LONGEST_KEY);
        let keys = [
            sql("a", vec![]).key(),
            sql("a", vec![Bind::Text("b".to_owned())]).key(),
            sql("a", vec![Bind::Blob(b"b".to_vec())]).key(),
            sql("a", vec![Bind::Integer(1)]).key(),
            sql("a", vec![Bind::Integer(1), Bind::Null]).key(),
            sql(&long, vec![]).key(),
        ];
        assert!(keys.iter().all(Option::is_some));
        assert!(keys.iter().enumerate().all(|(at, key)| !keys[..at].contains(key)));
        assert_eq!(sql(&long, vec![Bind::Null]).key(), None);
        assert_eq!(sql("a", vec![Bind::Text(long.clone())]).key(), None);
        assert_eq!(sql("a", vec![Bind::Blob(long.into_bytes())]).key(), None);
        assert_eq!(sql("a", vec![Bind::Integer(1); LONGEST_KEY / 8]).key(), None);
    }
}
