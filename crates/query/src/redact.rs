//! What of a request may be kept for later: names of dataclasses and attributes, never a value, a key or what may be a secret.

use claviger_access::Secret;
use claviger_access::secret::PREFIX;
use claviger_model::names::is_name_char;

use crate::planner::absent_dataclass;
use crate::url::{decode_path, next_segment};

/// Stands for what is not kept.
pub const MASK: &str = "…";
/// Longest text that is taken for a name.
const LONGEST_NAME: usize = 40;
/// Names longer than this with [`MANY_DIGITS`] may as well be tokens.
const LONG_NAME: usize = 16;
const MANY_DIGITS: usize = 3;
/// Segments kept of a path.
const MOST_SEGMENTS: usize = 8;

/// The raw path behind `/rest/` with [`MASK`] in place of keys, values of attributes, IDs of entity sets, and of everything that is no name.
/// The first segment only has to look like one, so that a mistyped dataclass can be told; behind it a name must be known to the model,
/// since a value may look like a name.
pub fn path(raw: &str, is_known: impl Fn(&str) -> bool) -> String {
    let mut rest = raw;
    let mut out = String::with_capacity(raw.len().min(128));
    let mut mask_next = false;
    for number in 0.. {
        let segment = match next_segment(&mut rest) {
            Ok(None) => break,
            Ok(Some(segment)) if number < MOST_SEGMENTS => decode_path(segment).ok(),
            Ok(Some(_)) | Err(_) => None,
        };
        if number > 0 {
            out.push('/');
        }
        let Some(segment) = segment else {
            out.push_str(MASK);
            break;
        };
        let (name, key) = segment.split_at(segment.find(['(', '[']).unwrap_or(segment.len()));
        let is_told = |name: &str| is_name(name) && (number == 0 || name.is_empty() || name.starts_with('$') || is_known(name));
        let is_shown = !mask_next && name.split([',', '.', ':']).all(is_told);
        out.push_str(if is_shown { name } else { MASK });
        mask_next = segment.eq_ignore_ascii_case("$entityset");
        let (open, close) = match key.chars().next() {
            None => continue,
            Some('(') => ('(', ')'),
            Some(_) => ('[', ']'),
        };
        out.extend([open, '…', close]);
        if !key.ends_with(close) {
            // The key may go on behind a slash.
            if !rest.is_empty() {
                out.push('/');
                out.push_str(MASK);
            }
            break;
        }
    }
    out
}

/// True for the text of an error that tells of a dataclass which does not exist, unless its name may be something else: such a text holds
/// no data.
pub fn is_absent_dataclass(message: &str) -> bool {
    absent_dataclass(message).is_some_and(is_name)
}

/// True for what may stand in a path as a name. Somebody may have put a value, or even a secret, where a name belongs.
fn is_name(text: &str) -> bool {
    let name = text.strip_prefix(['$', '*']).unwrap_or(text);
    let digits = || name.chars().filter(char::is_ascii_digit).count();
    let is_secret = || Secret::check(name).is_ok() || name.strip_prefix(PREFIX).is_some_and(|rest| rest.len() > 8);
    (name.chars().next().is_none_or(|first| first.is_alphabetic() || first == '_'))
        && name.chars().all(is_name_char)
        && name.chars().count() <= LONGEST_NAME
        && (name.len() <= LONG_NAME || digits() < MANY_DIGITS)
        && !is_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_keep_names_only() {
        for (raw, kept) in [
            ("Book", "Book"),
            ("Book(17)", "Book(…)"),
            ("Book%2817%29/title,author.Name/", "Book(…)/title,author.Name"),
            ("Book[\"a]/b\"]/title", "Book[…]/title"),
            ("Book:isbn(978-1)/title", "Book:isbn(…)/title"),
            ("Book('jane/doe')/title", "Book(…)/title"),
            ("Book(jane/doe)/title", "Book(…)/…"),
            ("Book(\"jane", "…"),
            ("Book(jane)doe", "Book(…)"),
            ("$catalog/$all", "$catalog/$all"),
            ("Book/$entityset/ABCDEFABCDEFABCD/title", "Book/$entityset/…/title"),
            ("Book/jane@example.org", "Book/…"),
            ("Book/2026-01-31/title", "Book/…/title"),
            ("Book/5551234", "Book/…"),
            ("Book/$filter=title=Private", "Book/…"),
            ("Book%ff/title", "…"),
            ("Größe/Straße", "Größe/Straße"),
            ("invoice_line_archive/the_first_10_of_2024", "invoice_line_archive/…"),
            ("claviger_abcdefghijk", "…"),
            ("claviger_app", "claviger_app"),
            ("a/b/c/d/e/f/g/h/i/j", "a/b/c/d/e/f/g/h/…"),
            ("Employee/Smith", "Employee/…"),
            ("User/jane.smith", "User/…"),
            ("Coupon/SUMMER24X", "Coupon/…"),
            ("", ""),
        ] {
            let is_known = |name: &str| !["Smith", "jane", "SUMMER24X"].contains(&name);
            assert_eq!(path(raw, is_known), kept, "{raw}");
        }
        let secret = Secret::mint(&mut |buffer: &mut [u8]| buffer.fill(0x5a));
        assert_eq!(path(&format!("{}/x", secret.expose()), |_| true), "…/x");
        assert_eq!(path(secret.expose().strip_prefix(PREFIX).unwrap(), |_| true), "…");
    }

    #[test]
    fn only_texts_about_names_are_kept() {
        assert!(is_absent_dataclass("The \"Bokk\" dataclass cannot be found"));
        for dropped in [
            "The \"jane@example.org\" dataclass cannot be found",
            "The \"claviger_abcdefghijk\" dataclass cannot be found",
            "The \"Smith\" attribute cannot be found in The \"Book\" dataclass",
            "No entity of dataclass \"Book\" has the key \"17\"",
            "Saving entity 17 of Book failed",
            "",
        ] {
            assert!(!is_absent_dataclass(dropped), "{dropped}");
        }
    }
}
