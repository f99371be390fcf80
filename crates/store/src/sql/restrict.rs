//! What a caller sees of a table (`functions.md` 1, `restrict`): a statement reads from it as if there were no other entities.
//!
//! The restriction stands inside of the table's place in the statement, whether the table is selected from, joined, counted or looked
//! for in a condition; so NOT, outer joins and aggregates cannot turn it round. Both engines dissolve such a place into the statement.

use std::mem::replace;

use claviger_model::ClassId;
use claviger_query::{Base, Restrictions, ScopeId, Seen, Selection};

use super::{Binds, ROOT, Tables, Writer};
use crate::layout::{Dialect, quote};

impl<'a> Tables<'a> {
    /// The same as a caller with these restrictions sees it.
    pub fn seen_through(self, restrictions: &'a Restrictions) -> Self {
        Self { restrictions: Some(restrictions), ..self }.with_values_of(restrictions)
    }

    /// The same with every entity.
    pub fn whole(self) -> Self {
        Self { restrictions: None, values: None, ..self }
    }

    /// Not every entity of the database is seen: what is prepared for this caller serves nobody else.
    pub fn is_restricted(self) -> bool {
        self.restrictions.is_some_and(Restrictions::hides_entities)
    }

    /// What the caller sees of a dataclass.
    fn seen(self, class: ClassId) -> Seen<'a> {
        match self.restrictions.map(|restrictions| restrictions.seen(class)) {
            None => Seen::All,
            Some(Seen::Unasked) if !self.class(class).restricted => Seen::All,
            Some(seen) => seen,
        }
    }

    /// Some entities of the dataclass may be hidden.
    pub fn hides(self, class: ClassId) -> bool {
        !matches!(self.seen(class), Seen::All)
    }

    /// What stands in a statement for the table of a dataclass, without alias: the table, or those of its rows that are seen.
    pub fn source(self, class: ClassId, binds: &mut Binds) -> String {
        let source = self.seen_source(class, binds);
        self.with_values(class, source, binds)
    }

    fn seen_source(self, class: ClassId, binds: &mut Binds) -> String {
        match self.seen(class) {
            Seen::All => self.table(class),
            Seen::Only(selection) => self.rows_of(selection, binds),
            Seen::Unasked => {
                debug_assert!(false, "a plan over {} without its restriction", self.class(class).name);
                format!("(SELECT {} FROM {} AS {ROOT} WHERE FALSE)", self.all_columns(class), self.table(class))
            }
        }
    }

    fn rows_of(self, selection: &'a Selection, binds: &mut Binds) -> String {
        let (class, dialect) = (selection.class(), self.layout.dialect());
        let tables = self.whole().with_values_of(selection.restrictions());
        let mut writer = Writer::behind(tables, selection.scopes(), replace(binds, Binds::behind(dialect, 0)));
        selection.filter().into_iter().for_each(|filter| writer.use_predicate(filter));
        let joins = writer.joins(ScopeId(0));
        let mut conditions = match selection.base() {
            Base::Set(keys) => vec![writer.in_keys(class, keys)],
            base => writer.base_conditions(class, base),
        };
        let filter = selection.filter().map(|filter| writer.predicate(filter));
        *binds = writer.binds;
        let from = match (dialect, filter) {
            (_, None) => String::new(),
            // SQLite dissolves only a single table on the far side of an outer join.
            (Dialect::Sqlite, Some(filter)) if !joins.is_empty() => {
                conditions.push(format!("EXISTS (SELECT 1 FROM (SELECT 1) AS one{joins} WHERE {filter})"));
                String::new()
            }
            (_, Some(filter)) => {
                conditions.push(filter);
                joins
            }
        };
        if conditions.is_empty() {
            return self.table(class);
        }
        let (columns, table) = (self.all_columns(class), tables.source(class, binds));
        format!("(SELECT {columns} FROM {table} AS {ROOT}{from} WHERE {})", conditions.join(" AND "))
    }

    /// Every column of a row, the row number of an attached table included.
    pub(super) fn all_columns(self, class: ClassId) -> String {
        let layout = self.layout.class(class);
        let mut columns = format!("{ROOT}.*");
        if !self.layout.is_owned() && self.layout.dialect() == Dialect::Sqlite {
            let attributes = || self.class(class).attributes.iter().filter_map(|attribute| attribute.storage());
            let mut added: Vec<&String> = Vec::new();
            for name in layout.key.iter().chain(&layout.order) {
                if !added.contains(&name) && !attributes().any(|storage| storage.column == *name) {
                    let name_sql = quote(name);
                    columns.push_str(&format!(", {ROOT}.{name_sql} AS {name_sql}"));
                    added.push(name);
                }
            }
        }
        columns
    }
}
