//! Names and texts of somebody else's catalog as parts of a program: whatever they hold, they stay names and texts.

use std::collections::HashSet;

/// Names that are given once.
pub(super) struct Names(HashSet<String>);

impl Names {
    /// These are taken.
    pub(super) fn without<S: AsRef<str>>(taken: impl IntoIterator<Item = S>) -> Self {
        Self(taken.into_iter().map(|name| name.as_ref().to_owned()).collect())
    }

    /// The wanted name, or with a number at its end.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }

    /// A name whose variants with all of these endings are free, too.
    pub(super) fn take_with(&mut self, wanted: &str, endings: &[&str]) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while endings.iter().any(|ending| self.0.contains(&format!("{name}{ending}"))) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        self.0.extend(endings.iter().map(|ending| format!("{name}{ending}")));
        name
    }
}

/// A letter that every language takes as one, in the same form.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || (matches!(c, '\u{c0}'..='\u{17f}')
            && !matches!(c, '×' | '÷' | '\u{132}' | '\u{133}' | '\u{13f}' | '\u{140}' | '\u{149}' | '\u{17f}'))
}

/// Can stand as an identifier of any language, but for their reserved words.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit() || c == '_')
}

/// The name as an identifier: what cannot stand in one is written as its number.
pub(super) fn word(name: &str) -> String {
    let mut word: String = name
        .chars()
        .map(|c| match c {
            ' ' | '-' => "_".to_owned(),
            c if is_letter(c) || c.is_ascii_digit() || c == '_' => c.to_string(),
            c => format!("u{:x}", u32::from(c)),
        })
        .collect();
    if !word.starts_with(is_letter) {
        word.insert(0, 'x');
    }
    word
}

/// Part of a comment, on one line and without what ends comments, hides text or turns it around.
pub(super) fn comment(text: &str) -> String {
    let shown = |c: char| {
        if c.is_whitespace() {
            ' '
        } else if is_shown(c) {
            c
        } else {
            '\u{fffd}'
        }
    };
    text.chars().map(shown).collect::<String>().replace("*/", "*\u{2215}").replace('\\', "\u{2216}").replace(['"', '`'], "'")
}

/// A character that prints as itself.
fn is_shown(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1
}

/// A text between double quotes, for TypeScript and for Rust.
pub(super) fn literal(text: &str) -> String {
    let inner = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if is_shown(c) => c.to_string(),
        c => format!("\\u{{{:x}}}", u32::from(c)),
    });
    format!("\"{}\"", inner.collect::<String>())
}

/// `fullName` becomes `full_name`, `authorID` `author_id`.
pub(super) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && letters.get(at + 1).is_some_and(|next| next.is_lowercase()))
            });
        if begins {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers_and_stay_different() {
        assert_eq!(
            (word("Book"), word("Société 2"), word("2nd"), word("a*/b"), word("")),
            ("Book".to_owned(), "Société_2".to_owned(), "x2nd".to_owned(), "au2au2fb".to_owned(), "x".to_owned())
        );
        let mut names = Names::without(["Model"]);
        assert_eq!((names.take("a"), names.take("a"), names.take("Model")), ("a".to_owned(), "a_2".to_owned(), "Model_2".to_owned()));
        assert_eq!(
            (names.take_with("B", &["", "Model"]), names.take_with("B", &["", "Model"]), names.take("BModel")),
            ("B".to_owned(), "B_2".to_owned(), "BModel_2".to_owned())
        );
        assert!(is_word("Größe") && is_word("a_1") && !is_word("_a") && !is_word("ﬁ") && !is_word("日本") && !is_word(""));
    }

    #[test]
    fn texts_cannot_leave_their_quotes_or_comments() {
        assert_eq!(literal("a\"\\\n\u{202e}"), "\"a\\\"\\\\\\u{a}\\u{202e}\"");
        assert_eq!(comment("a */ b\r\nc \"\"\" \\ \u{202e}`"), "a *\u{2215} b  c ''' \u{2216} \u{fffd}'");
    }

    #[test]
    fn members_of_rust_are_written_with_underscores() {
        for (name, expected) in
            [("fullName", "full_name"), ("ID", "id"), ("authorID", "author_id"), ("URLName", "url_name"), ("a1B", "a1_b"), ("x_y", "x_y")]
        {
            assert_eq!(snake(name), expected);
        }
    }
}
