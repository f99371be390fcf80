//! The statements of one projection, written once.

use std::sync::Arc;

use claviger_query::Projection;

use super::columns::Selected;
use super::operand::Column;
use super::{ROOT, Tables, select};

/// The statements of one projection.
#[derive(Debug)]
pub struct Prepared {
    /// Columns, joins and shape.
    pub selected: Selected,
    /// Finds one entity by key; parameters are the key parts.
    pub by_key: String,
    /// Key columns: each part is bound with [`Column::bind_key`].
    pub key: Vec<Column>,
}

impl Prepared {
    /// Writes the statements of a projection.
    pub fn new(tables: Tables<'_>, projection: &Arc<Projection>) -> Self {
        let class = projection.class();
        let selected = Selected::of(tables, projection);
        let by_key = select::by_key(tables, &selected, class);
        Self { selected, by_key, key: tables.key(class, ROOT) }
    }
}
