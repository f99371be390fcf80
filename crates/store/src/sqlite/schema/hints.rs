//! Where an attached database would gain from an index (settlement "Attached databases": text filters may scan).

use claviger_model::{Model, StorageType};
use rusqlite::Connection;

use crate::layout::quote;
use crate::schema::{FoldHint, WORTH_ROWS};

/// Text attributes in tables of some size, without an index on their folded text. Only reads.
pub fn fold_hints(connection: &Connection, model: &Model) -> rusqlite::Result<Vec<FoldHint>> {
    let mut hints = Vec::new();
    for class in model.dataclasses().iter().filter(|class| class.exposed && !class.table.read_only) {
        let table = &class.table.name;
        let texts: Vec<_> = class
            .attributes
            .iter()
            .filter(|attribute| attribute.exposed && !class.key_attributes().contains(&attribute.id))
            .filter_map(|attribute| Some((attribute, attribute.storage().filter(|storage| storage.ty == StorageType::String)?)))
            .collect();
        if texts.is_empty() {
            continue;
        }
        let rows: i64 = connection.query_row(&format!("SELECT count(*) FROM {}", quote(table)), [], |row| row.get(0))?;
        let rows = rows.unsigned_abs();
        if rows < WORTH_ROWS {
            continue;
        }
        for (attribute, storage) in texts {
            let column = quote(&storage.column);
            // The engine's own plan tells whether an index on the fold is there, whatever its name.
            let mut plan =
                connection.prepare(&format!("EXPLAIN QUERY PLAN SELECT 1 FROM {} WHERE clv_fold({column}) = 'x'", quote(table)))?;
            let steps: Vec<String> = plan.query_map([], |row| row.get(3))?.collect::<Result<_, _>>()?;
            if steps.iter().any(|step| step.starts_with("SEARCH")) {
                continue;
            }
            let name = quote(&format!("{table}__{}__fold", storage.column));
            let sql = format!("CREATE INDEX {name} ON {} (clv_fold({column}), {column})", quote(table));
            hints.push(FoldHint { attribute: format!("{}.{}", class.name, attribute.name), rows, sql });
        }
    }
    Ok(hints)
}
