//! What a server knows of letters, and the tables that make up for what it does not: the fold of a text must be the same on every engine
//! (settlement "Text on two engines").

use std::fmt::Write as _;
use std::sync::LazyLock;

use tokio_postgres::{Error, GenericClient};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The fewest collations that are asked; a server has hundreds, nearly all of which write small letters alike.
const KNOWN: [&str; 6] = ["pg_c_utf8", "C.utf8", "C.UTF-8", "ucs_basic", "en_US.utf8", "en_US.UTF-8"];

/// Collations that know letters with several capitals (`ß`), best first.
const FULL: [&str; 2] = ["pg_unicode_fast", "und-x-icu"];

/// More differences than this, and the collation is no help: `translate` looks its characters up one after the other.
const MANY: usize = 200;

/// How a server writes letters small and large. Read once for each server ([`Letters::of_server`]): it depends on its version and on the
/// system it runs on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letters {
    /// Collation for the lower case of single characters.
    small: String,
    /// Characters that it writes otherwise than the product, and what the product makes of them.
    fixes: Vec<(char, char)>,
    /// Collation for the upper and lower case of whole texts.
    full: String,
}

impl Letters {
    /// Asks a server: the collation whose lower case is nearest to the product's, and the characters in which they differ.
    pub async fn of_server(client: &impl GenericClient) -> Result<Self, Error> {
        let known: Vec<&str> = KNOWN.into_iter().chain(FULL).collect();
        let rows = client
            .query(
                "SELECT DISTINCT collname::text FROM pg_catalog.pg_collation WHERE collnamespace = 'pg_catalog'::pg_catalog.regnamespace \
                 AND collencoding IN (-1, pg_catalog.pg_char_to_encoding('UTF8')) AND collisdeterministic \
                 AND collname::text = ANY($1)",
                &[&known],
            )
            .await?;
        let there: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let there = |names: &[&str]| {
            names.iter().filter(|name| there.iter().any(|found| found == *name)).map(|name| (*name).to_owned()).collect::<Vec<_>>()
        };
        let mut best: Option<(String, Vec<(char, char)>)> = None;
        for collation in there(&KNOWN) {
            let fixes = differences(client, &collation).await?;
            let is_better = best.as_ref().is_none_or(|(_, known)| fixes.len() < known.len());
            let is_perfect = fixes.is_empty();
            if is_better {
                best = Some((collation, fixes));
            }
            if is_perfect {
                break;
            }
        }
        let (small, fixes) = best.filter(|(_, fixes)| fixes.len() <= MANY).unwrap_or_else(|| ("C".to_owned(), WIDE_CAPITALS.clone()));
        let full = there(&FULL).into_iter().next().unwrap_or_else(|| small.clone());
        Ok(Self { small, fixes, full })
    }

    /// A server of which nothing is known: everything beyond ASCII by tables.
    pub fn by_tables() -> Self {
        Self { small: "C".to_owned(), fixes: WIDE_CAPITALS.clone(), full: "C".to_owned() }
    }

    /// SQL of the lower case, character by character, of the text `sql`.
    pub(super) fn lowered(&self, sql: &str) -> String {
        let (from, to): (String, String) = self.fixes.iter().copied().unzip();
        let text = if from.is_empty() { sql.to_owned() } else { format!("translate({sql}, '{from}', '{to}')") };
        format!("lower({text} COLLATE \"{}\")", self.small)
    }

    /// Collation for whole texts, as SQL.
    pub(super) fn full(&self) -> String {
        format!("\"{}\"", self.full)
    }
}

/// Characters that the server's collation writes small otherwise than the product does. What it cannot be talked out of (a capital of a
/// Unicode newer than the program's) is left.
async fn differences(client: &impl GenericClient, collation: &str) -> Result<Vec<(char, char)>, Error> {
    // `collation` is one of [`KNOWN`].
    let (capitals, small): (Vec<String>, Vec<String>) =
        WIDE_CAPITALS.iter().map(|(capital, small)| (capital.to_string(), small.to_string())).unzip();
    let sql = format!(
        "SELECT c, s FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS t(c, s) \
         WHERE pg_catalog.lower(c COLLATE \"{collation}\") COLLATE \"C\" <> s AND pg_catalog.lower(s COLLATE \"{collation}\") COLLATE \"C\" = s"
    );
    let rows = client.query(&sql, &[&capitals, &small]).await?;
    let first = |text: &str| text.chars().next().unwrap_or_default();
    Ok(rows.iter().map(|row| (first(row.get(0)), first(row.get(1)))).collect())
}

/// Characters beyond ASCII whose lower case is another character, with it. Those that decompose are not among them: a fold never meets them.
static WIDE_CAPITALS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    characters()
        .filter(|c| !c.is_ascii())
        .filter(|c| std::iter::once(*c).nfd().eq(std::iter::once(*c)))
        .filter_map(|c| {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(small), None) if small != c => Some((c, small)),
                _ => None,
            }
        })
        .collect()
});

/// All that may be a letter or a mark: the planes 4 to 13 are empty, and behind 14 there are only private characters.
fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{3ffff}').chain('\u{e0000}'..='\u{effff}')
}

/// The body of a regular expression's bracket for combining marks.
pub(super) static MARKS: LazyLock<String> = LazyLock::new(|| class(is_combining_mark));

/// The body of a regular expression's bracket for the characters of words.
pub(super) static WORD: LazyLock<String> = LazyLock::new(|| class(|c| c.is_alphanumeric() || c == '_'));

/// Ranges of the characters of which `is_member` holds, as a regular expression's bracket has them.
fn class(is_member: impl Fn(char) -> bool) -> String {
    let mut class = String::new();
    let mut start = None::<char>;
    let mut last = '\0';
    let mut close = |start: char, last: char| {
        // By number: a mark alone between brackets would be unreadable for people, and a letter may be read from right to left.
        let written = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\U{:08X}", u32::from(c)) };
        let _ = if start == last { write!(class, "{}", written(start)) } else { write!(class, "{}-{}", written(start), written(last)) };
    };
    for c in characters() {
        match (is_member(c), start) {
            (true, None) => start = Some(c),
            (false, Some(from)) => {
                close(from, last);
                start = None;
            }
            _ => {}
        }
        last = c;
    }
    if let Some(from) = start {
        close(from, last);
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_ranges() {
        assert_eq!(class(|c| ('a'..='c').contains(&c) || c == 'x'), "a-cx");
        assert_eq!(class(|c| c > '\u{efffd}'), "\\U000EFFFE-\\U000EFFFF");
        assert!(WORD.starts_with("0-9A-Z_a-z\\U000000AA"));
        assert!(MARKS.starts_with("\\U00000300-\\U0000036F"));
    }

    #[test]
    fn no_letter_or_mark_is_left_out() {
        let is_any = |c: char| c.is_alphanumeric() || is_combining_mark(c) || c.to_lowercase().next() != Some(c);
        let left_out = ('\u{40000}'..='\u{dffff}').chain('\u{f0000}'..=char::MAX).filter(|c| is_any(*c));
        assert_eq!(left_out.collect::<Vec<_>>(), []);
    }

    #[test]
    fn capitals_that_decompose_are_left_to_the_decomposition() {
        let capitals = &*WIDE_CAPITALS;
        assert!(capitals.contains(&('Σ', 'σ')) && capitals.contains(&('Ø', 'ø')));
        assert!(!capitals.iter().any(|(capital, _)| *capital == 'É' || capital.is_ascii()));
    }
}
