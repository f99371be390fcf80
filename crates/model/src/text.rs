//! Comparison of texts without case and accents (settlement "Text on two engines"), words and patterns (`rest-dialect.md` 9.2).

use std::borrow::Cow;
use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// NFD, combining marks removed, simple lower case. Borrowed when the text is its own fold, which most keys and codes are.
pub fn fold(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if bytes.iter().any(|byte| !byte.is_ascii()) {
        Cow::Owned(fold_unicode(text))
    } else if bytes.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn fold_unicode(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd() {
        if !is_combining_mark(c) {
            // No character that is left after NFD has a lower case of several characters.
            folded.extend(c.to_lowercase());
        }
    }
    folded
}

/// Equality of the dialect: equal folds.
pub fn equal(a: &str, b: &str) -> bool {
    a == b || fold(a) == fold(b)
}

/// Order of the dialect: code points of the folds, then of the texts.
pub fn compare(a: &str, b: &str) -> Ordering {
    // UTF-8 bytes order as code points do.
    fold(a).cmp(&fold(b)).then_with(|| a.cmp(b))
}

/// The words of a text: runs of letters, digits and `_`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Keyword comparator `%`: every word of `folded_words` is a whole word of `folded_text`. Without any word: false.
pub fn contains_words(folded_text: &str, folded_words: &str) -> bool {
    let mut wanted: Vec<&str> = words(folded_words).collect();
    wanted.sort_unstable();
    wanted.dedup();
    // The text is walked once, however many words are wanted.
    let mut missing = wanted.len();
    let mut found = vec![false; wanted.len()];
    missing > 0
        && words(folded_text).any(|word| {
            if let Ok(at) = wanted.binary_search(&word)
                && !std::mem::replace(&mut found[at], true)
            {
                missing -= 1;
            }
            missing == 0
        })
}

/// A pattern of literal parts with any run of characters between each two matches the whole text. Parts and text are folded;
/// one part alone is equality, no part at all matches nothing.
pub fn matches(parts: &[String], folded: &str) -> bool {
    let (first, rest) = match parts {
        [] => return false,
        [only] => return only == folded,
        [first, rest @ ..] => (first, rest),
    };
    let Some(mut left) = folded.strip_prefix(first.as_str()) else { return false };
    let Some((last, middle)) = rest.split_last() else { return false };
    for part in middle {
        // The leftmost occurrence leaves most for the parts that follow.
        match left.find(part.as_str()) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Vec<String> {
        text.split('@').map(str::to_owned).collect()
    }

    #[test]
    fn folds() {
        assert!(matches!(fold("abc 12"), Cow::Borrowed("abc 12")));
        assert_eq!(fold("ABC"), "abc");
        assert_eq!(fold("Éé E\u{301}"), "ee e");
        assert_eq!(fold("Ångström"), "angstrom");
        assert_eq!(fold("İI"), "ii");
        assert_eq!(fold("ΣΑΣ"), "σασ");
        assert_eq!(fold("Straße"), "straße");
        assert!(equal("Él", "el") && !equal("ss", "ß"));
    }

    #[test]
    fn order_is_fold_then_text() {
        let mut texts = ["b", "Á", "a", "A", "Z", "é"];
        texts.sort_by(|a, b| compare(a, b));
        assert_eq!(texts, ["A", "a", "Á", "b", "é", "Z"]);
    }

    #[test]
    fn keywords_are_whole_words() {
        assert!(contains_words("slow rivers, deep water", "rivers"));
        assert!(contains_words("slow rivers, deep water", "water slow"));
        assert!(contains_words("slow rivers, slow water", "water slow slow rivers"));
        assert!(!contains_words("slow slow slow", "slow rivers"));
        assert!(!contains_words("slow rivers", "river"));
        assert!(!contains_words("slow rivers", ""));
        assert!(!contains_words("slow rivers", " - "));
    }

    #[test]
    fn wildcards() {
        for (written, text, expected) in [
            ("slow@", "slow rivers", true),
            ("@ivers", "slow rivers", true),
            ("@low@iv@", "slow rivers", true),
            ("slow@slow", "slow", false),
            ("a@b@b", "ab", false),
            ("a@b@b", "abb", true),
            ("@", "", true),
            ("@@", "x", true),
            ("slow", "slow", true),
            ("slow", "slower", false),
        ] {
            assert_eq!(matches(&pattern(written), text), expected, "{written} on {text}");
        }
    }

    /// The obvious definition, for comparison.
    fn matches_slowly(parts: &[String], text: &str) -> bool {
        match parts {
            [] => false,
            [only] => only == text,
            [first, rest @ ..] => text
                .strip_prefix(first.as_str())
                .is_some_and(|left| left.char_indices().map(|(at, _)| at).chain([left.len()]).any(|at| matches_slowly(rest, &left[at..]))),
        }
    }

    proptest! {
        #[test]
        fn fold_is_idempotent(text in "\\PC*") {
            let once = fold(&text).into_owned();
            prop_assert_eq!(fold(&once).into_owned(), once);
        }

        #[test]
        fn matching_is_what_the_definition_says(written in "[ab@]{0,6}", text in "[ab]{0,8}") {
            let parts = pattern(&written);
            prop_assert_eq!(matches(&parts, &text), matches_slowly(&parts, &text));
        }
    }
}
