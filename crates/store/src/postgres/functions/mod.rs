//! The product's functions on PostgreSQL: what SQLite has as Rust functions ([`crate::sqlite::functions`]) stands here as SQL, under the
//! same names and with the same results. A value that does not fit gives null, never an error.
//!
//! They live in the schema that [`crate::layout::Dialect`] names: `claviger`, made once, or `pg_temp`, made for each connection. All are
//! immutable and parallel safe. Those over columns (`clv_fold`, which indexes use, first of all) are plain expressions that the planner puts in
//! the place of the call, and are bound at their creation to what they call, whatever the search path is later. Those over JSON are
//! programs, so that a value is taken apart once however often it is looked at. Results of type text are compared and ordered with `COLLATE "C"`.
//!
//! | function | gives |
//! |---|---|
//! | `clv_fold(text)` | text without case and accents |
//! | `clv_keyword(text, words)` | every word of the folded `words` is a whole word of the text |
//! | `clv_upper(text)`, `clv_lower(text)` | large and small letters |
//! | `clv_uuid(text)` | the UUID that a text is |
//! | `clv_number(text)` | the exact number that a text is, as the product reads numbers |
//! | `clv_exact(float8)` | the shortest decimal of a double; null for an infinity |
//! | `clv_real(numeric)`, `clv_double(numeric)` | the nearest double; beyond all doubles an infinity, or null |
//! | `clv_decimal(float8)` | the digits of a double |
//! | `clv_number_key(numeric)` | text in the order of the numbers |
//! | `clv_json(json)` | the document, fit to be asked for members with `->` (escapes that the server cannot read are replaced) |
//! | `clv_json_key(json)` | comparable text; null for absent and null |
//! | `clv_json_order(json)` | the same for sorting: texts of one fold by their spelling |
//! | `clv_json_string(json)`, `clv_json_number(json)`, `clv_json_value(json)` | the text; the number; the JSON text of a scalar |
//! | `clv_json_extreme(json)`, `clv_json_of_extreme(text)` | key and value as one text for `min` and `max`; the JSON text of its value |
//! | `clv_json_elements(json)` | the array, else null |
//! | `clv_json_length(json)` | number of elements, or the member `length` of an object, as a double |
//! | `clv_ordered(text, text)`, `clv_of_ordered(text)` | two texts as one for `min` and `max` by the first; the second of them |
//! | `clv_row_hash(text)`, `clv_side_stamp(stamp, hash, prior_stamp, prior_hash, now)` | stamps of attached databases |
//! | `clv_add`, `clv_subtract`, `clv_multiply`, `clv_divide`, `clv_modulo`, `clv_negate`, `clv_abs`, `clv_min`, `clv_max` | arithmetic of expressions, over two `int8` or two `float8` (`clv_min` and `clv_max` also over texts): null beyond 64 bits and by zero, an infinity beyond doubles |
//! | `clv_int(float8)`, `clv_round(float8, int8)` | towards zero; by the digits of the shortest decimal |
//! | `clv_substr(text, int8[, int8])`, `clv_replace(text, text, text)` | part of a text from 1, from the end when negative; as on SQLite where there is nothing to look for |
//! | `clv_instant(int8)`, `clv_instant(text)`, `clv_date(int8)`, `clv_date(text)`, `clv_duration(text)` | what milliseconds or a text mean |
//! | `clv_milliseconds(timestamptz)` | milliseconds since 1970; null for the infinities |
//! | `clv_version()` | which version these are |
//!
//! Differences that remain are in characters of which server and program know different Unicode versions: a server decomposes only what
//! its own version of Unicode knows, and a capital that is newer than the program may be written small by the server. A date of the year 0 is null. `clv_upper` and
//! `clv_lower` know letters with several capitals (`ß`) only where the server has ICU, or is version 18 or newer.

mod letters;

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use tokio_postgres::{Client, Error, GenericClient};

pub use letters::Letters;

/// Counts the changes of the functions' meaning: a program never replaces functions of a newer one.
const SERIAL: u32 = 1;

/// Definitions: `FUNCTION name(types) RETURNS type`, a new line, `RETURN expression;`, or `PROGRAM name(parameters) RETURNS type` and a block
/// up to its `END`, null of null. `S.` is the schema; functions stand behind those that they call.
const DEFINITIONS: [&str; 5] = [
    include_str!("text.sql"),
    include_str!("numbers.sql"),
    include_str!("json.sql"),
    include_str!("expressions.sql"),
    include_str!("stamps.sql"),
];

/// SQL that makes all functions in a schema, or replaces them, as one batch. `schema` is written as it is: `claviger` or `pg_temp`.
pub fn create(schema: &str, letters: &Letters) -> String {
    let mut sql = definitions(schema, letters);
    let marker = marker_of(&sql);
    let _ = write!(sql, "{} RETURN '{marker}';", head(&format!("FUNCTION {schema}.clv_version() RETURNS text")));
    sql
}

/// What `clv_version()` gives where [`create`] made the functions.
pub fn marker(schema: &str, letters: &Letters) -> String {
    marker_of(&definitions(schema, letters))
}

/// The functions of a schema that keeps them: those that are there, and what makes this program's.
pub struct Kept {
    /// SQL that makes or replaces them; none where they are there already, or a newer program's are.
    pub missing: Option<String>,
    /// Marker of those that are in force once `missing` was run: an index over the fold of others is to be made anew.
    pub marker: String,
}

/// Looks at the functions of a schema. Whoever makes what is missing holds [`LOCK`].
///
/// # Errors
/// When the server fails.
pub async fn look(client: &impl GenericClient, schema: &str, letters: &Letters) -> Result<Kept, Error> {
    let wanted = marker(schema, letters);
    Ok(match found(client, schema).await? {
        Some(found) if is_current(Some(&found), &wanted) => Kept { missing: None, marker: found },
        _ => Kept { missing: Some(create(schema, letters)), marker: wanted },
    })
}

/// Makes the functions in a schema that keeps them, unless they are there already, or a newer program's are. Waits for another node that
/// is doing the same. True when they were made or replaced: an index over a fold made by older ones is to be made anew.
///
/// # Errors
/// When the server refuses: no right to make functions in the schema.
pub async fn ensure(client: &Client, schema: &str, letters: &Letters) -> Result<bool, Error> {
    if look(client, schema, letters).await?.missing.is_none() {
        return Ok(false);
    }
    client.batch_execute(&format!("BEGIN; SELECT pg_catalog.pg_advisory_xact_lock({LOCK})")).await?;
    let made = async {
        match look(client, schema, letters).await?.missing {
            None => Ok(false),
            Some(sql) => client.batch_execute(&sql).await.map(|()| true),
        }
    }
    .await;
    client.batch_execute(if made.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    made
}

/// Number of the advisory lock under which functions and tables are made and changed, so that servers that start at once do not race.
pub const LOCK: i64 = 0x636c_765f_666e;

/// The marker of the functions that are there.
async fn found(client: &impl GenericClient, schema: &str) -> Result<Option<String>, Error> {
    let name = format!("{schema}.clv_version()");
    let there: bool = client.query_one("SELECT pg_catalog.to_regprocedure($1) IS NOT NULL", &[&name]).await?.get(0);
    if !there {
        return Ok(None);
    }
    Ok(Some(client.query_one(&format!("SELECT {name}"), &[]).await?.get(0)))
}

fn is_current(found: Option<&str>, wanted: &str) -> bool {
    let newer =
        |found: &str| found.split_once('.').and_then(|(serial, _)| serial.parse::<u32>().ok()).is_some_and(|serial| serial > SERIAL);
    found.is_some_and(|found| found == wanted || newer(found))
}

fn marker_of(definitions: &str) -> String {
    let digest = Sha256::digest(definitions.as_bytes());
    digest.iter().take(8).fold(format!("{SERIAL}."), |mut marker, byte| {
        let _ = write!(marker, "{byte:02x}");
        marker
    })
}

fn definitions(schema: &str, letters: &Letters) -> String {
    let fold = letters.lowered(&format!("regexp_replace(normalize($1, NFD) COLLATE \"C\", '[{}]+', '', 'g')", *letters::MARKS));
    let mut sql = String::with_capacity(64 * 1024);
    for line in DEFINITIONS.iter().flat_map(|part| part.lines()) {
        if line.starts_with("--") || line.is_empty() {
            continue;
        }
        if let Some(program) = line.strip_prefix("PROGRAM ") {
            let _ = write!(sql, "CREATE OR REPLACE FUNCTION {schema}.{program} LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $clv$");
        } else if let Some(function) = line.strip_prefix("FUNCTION ") {
            sql.push_str(&head(&format!("FUNCTION {schema}.{function}")));
        } else {
            sql.push_str(&line.replace("S.clv_", &format!("{schema}.clv_")));
            if line == "END" {
                sql.push_str(" $clv$;");
            }
        }
        sql.push('\n');
    }
    sql.replace("<fold>", &fold).replace("<word>", &letters::WORD).replace("<full>", &letters.full())
}

/// `FUNCTION …` as the beginning of a statement.
fn head(function: &str) -> String {
    format!("CREATE OR REPLACE {function} LANGUAGE sql IMMUTABLE PARALLEL SAFE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_follows_the_definitions() {
        let letters = Letters::by_tables();
        assert!(create("claviger", &letters).contains(&marker("claviger", &letters)));
        assert!(is_current(Some(&marker("claviger", &letters)), &marker("claviger", &letters)));
        assert!(!is_current(None, "1.a") && !is_current(Some("1.b"), "1.a") && !is_current(Some("0.a"), "1.a"));
        assert!(is_current(Some("99.b"), "1.a"));
    }

    #[test]
    fn nothing_is_left_to_the_search_path() {
        let sql = create("claviger", &Letters::by_tables());
        assert!(!sql.contains("S.clv_") && !sql.contains("<fold>") && !sql.contains("<word>") && !sql.contains("<full>"));
        for (at, _) in sql.match_indices("clv_").filter(|(at, _)| !sql[..*at].ends_with('$')) {
            assert!(sql[..at].ends_with("claviger."), "{}", &sql[at..at + 20]);
        }
    }
}
