//! Where an attached database would gain from an index (settlement "Attached databases": text filters may scan).

use claviger_model::{Model, StorageType};
use tokio_postgres::{Error, GenericClient};

use crate::layout::{Dialect, Layout, quote};
use crate::postgres::types::PgType;
use crate::schema::{FoldHint, WORTH_ROWS};

/// Text attributes in tables of some size, without an index on their folded text. Only reads. Nothing where the product's functions are
/// not in the database (no `--allow-schema`), because no index could use them.
pub async fn fold_hints(client: &impl GenericClient, model: &Model, layout: &Layout) -> Result<Vec<FoldHint>, Error> {
    let mut hints = Vec::new();
    let dialect = layout.dialect();
    if dialect == Dialect::Postgres("pg_temp") {
        return Ok(hints);
    }
    for class in model.dataclasses().iter().filter(|class| class.exposed && !class.table.read_only) {
        let place = layout.class(class.id);
        let texts: Vec<_> = class
            .attributes
            .iter()
            .filter(|attribute| attribute.exposed && !class.key_attributes().contains(&attribute.id))
            .filter(|attribute| place.types.get(usize::from(attribute.id.0)) == Some(&Some(PgType::Text)))
            .filter_map(|attribute| Some((attribute, attribute.storage().filter(|storage| storage.ty == StorageType::String)?)))
            .collect();
        if texts.is_empty() {
            continue;
        }
        let rows = count(client, &place.table_sql()).await?;
        if rows < WORTH_ROWS {
            continue;
        }
        let leading = leading_expressions(client, &place.table_sql()).await?;
        for (attribute, storage) in texts {
            let column = quote(&storage.column);
            let fold = dialect.function("clv_fold");
            if leading.iter().any(|expression| is_fold_of(expression, &storage.column)) {
                continue;
            }
            let name = quote(&format!("{}__{}__fold", place.table, storage.column));
            let sql = format!(
                "CREATE INDEX {name} ON {} (({fold}({column}) COLLATE \"C\") NULLS FIRST, {column} COLLATE \"C\" NULLS FIRST)",
                place.table_sql()
            );
            hints.push(FoldHint { attribute: format!("{}.{}", class.name, attribute.name), rows, sql });
        }
    }
    Ok(hints)
}

/// Rows of a table: the server's estimate where it has one, which spares counting many.
async fn count(client: &impl GenericClient, table: &str) -> Result<u64, Error> {
    let estimate: i64 = client.query_one("SELECT reltuples::int8 FROM pg_class WHERE oid = to_regclass($1)", &[&table]).await?.get(0);
    if estimate >= WORTH_ROWS as i64 {
        return Ok(estimate.unsigned_abs());
    }
    let rows: i64 = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.get(0);
    Ok(rows.unsigned_abs())
}

/// What the indexes of a table begin with.
async fn leading_expressions(client: &impl GenericClient, table: &str) -> Result<Vec<String>, Error> {
    let sql =
        "SELECT pg_get_indexdef(indexrelid, 1, true) FROM pg_index WHERE indrelid = to_regclass($1) AND indpred IS NULL AND indisvalid";
    Ok(client.query(sql, &[&table]).await?.iter().map(|row| row.get(0)).collect())
}

/// The server's text of the fold of a column: `claviger.clv_fold(title)`, `claviger.clv_fold("Title"::text)`.
fn is_fold_of(expression: &str, column: &str) -> bool {
    let Some((_, argument)) = expression.split_once("clv_fold(") else { return false };
    let argument = argument.trim_start_matches('(');
    let rest = argument.strip_prefix(&quote(column)).or_else(|| argument.strip_prefix(column));
    rest.is_some_and(|rest| rest.starts_with([')', ':']))
}
