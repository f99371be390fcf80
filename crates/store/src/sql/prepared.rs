//! The statements of one projection, written once for all callers who see every entity.

use std::sync::Arc;

use claviger_model::Value;
use claviger_query::Projection;

use super::columns::Selected;
use super::operand::Column;
use super::{ROOT, Sql, Tables, select};
use crate::bind::Bind;

/// The statements of one projection.
#[derive(Debug)]
pub struct Prepared {
    /// Columns, joins and shape.
    pub selected: Selected,
    /// Finds one entity by key; parameters are the binds, then the key parts.
    pub by_key: Sql,
    /// Key columns: each part is bound with [`Column::bind_key`].
    pub key: Vec<Column>,
}

impl Prepared {
    /// Writes the statements of a projection.
    pub fn new(tables: Tables<'_>, projection: &Arc<Projection>) -> Self {
        Self::found_in(tables, tables, projection)
    }

    /// The same for an entity that the caller has just saved: it is sent even when it is one that he does not see.
    pub fn of_saved(tables: Tables<'_>, projection: &Arc<Projection>) -> Self {
        Self::found_in(tables.whole(), tables, projection)
    }

    /// The parameters of [`Self::by_key`] for a key.
    pub fn key_binds(&self, key: &[Value]) -> Vec<Bind> {
        let key = self.key.iter().zip(key).map(|(column, part)| column.bind_key(part));
        self.by_key.binds.iter().cloned().chain(key).collect()
    }

    fn found_in(root: Tables<'_>, tables: Tables<'_>, projection: &Arc<Projection>) -> Self {
        let class = projection.class();
        let selected = Selected::of(tables, projection);
        let by_key = select::by_key(root, &selected, class);
        Self { selected, by_key, key: tables.key(class, ROOT) }
    }
}
