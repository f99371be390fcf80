//! Columns that change their type: the old value as the new type.

/// A change of type.
pub(super) struct Conversion {
    /// The old value in the new type, as SQL.
    pub sql: String,
    /// Every value of the old type has one in the new type and can be changed back.
    pub is_lossless: bool,
    /// The new type holds fewer whole numbers: its least and greatest.
    pub range: Option<(i64, i64)>,
}

/// What becomes of a column (as SQL) when its type changes. What has no value in the new type is the server's error, and the migration is
/// refused.
pub(super) fn convert(column: &str, from: &str, to: &str) -> Conversion {
    let plain = |sql: String| Conversion { sql, is_lossless: false, range: None };
    let lossless = |sql: String| Conversion { sql, is_lossless: true, range: None };
    match (whole(from), whole(to)) {
        (Some(before), Some(after)) => {
            let range =
                (before > after).then(|| if after == 2 { (i16::MIN.into(), i16::MAX.into()) } else { (i32::MIN.into(), i32::MAX.into()) });
            return Conversion { sql: format!("{column}::{to}"), is_lossless: true, range };
        }
        (None, Some(_)) if from == "boolean" => return lossless(format!("{column}::integer::{to}")),
        (Some(_), None) if to == "boolean" => return plain(format!("{column} <> 0")),
        (None, Some(_)) if matches!(from, "double precision" | "numeric") => return plain(format!("trunc({column})::{to}")),
        (None, Some(_)) if from == "timestamptz" => return plain(format!("trunc(extract(epoch FROM {column}) * 1000)::{to}")),
        (Some(_), None) if to == "timestamptz" => return plain(format!("'epoch'::timestamptz + {column} * '1 millisecond'::interval")),
        _ => {}
    }
    match (from, to) {
        ("uuid", "text") => plain(format!("upper(replace({column}::text, '-', ''))")),
        ("bytea", "text") => plain(format!("encode({column}, 'hex')")),
        ("text", "bytea") => plain(format!("convert_to({column}, 'UTF8')")),
        // The same text as ever, as in a database of SQLite, where both are texts.
        ("json" | "numeric", "text") => lossless(format!("{column}::text")),
        ("timestamptz", "date") => plain(format!("({column} AT TIME ZONE 'UTC')::date")),
        ("date", "timestamptz") => plain(format!("{column}::timestamp AT TIME ZONE 'UTC'")),
        _ => plain(format!("{column}::text::{to}")),
    }
}

/// Bytes of a type of whole numbers.
fn whole(ty: &str) -> Option<u8> {
    match ty {
        "smallint" => Some(2),
        "integer" => Some(4),
        "bigint" => Some(8),
        _ => None,
    }
}
