//! A text that fits a rule's pattern: the regular expressions of models, as far as one text can be read off them.

use std::iter::Peekable;
use std::str::Chars;

/// A text that fits; `None` where the pattern uses what is not known here (look-around, classes by name, references).
pub(super) fn text(pattern: &str) -> Option<String> {
    let mut rest = pattern.chars().peekable();
    let made = alternatives(&mut rest, 0)?;
    rest.next().is_none().then_some(made)
}

type Rest<'a> = Peekable<Chars<'a>>;

/// How deep groups may nest.
const DEEPEST: usize = 20;
/// Characters of a text.
const LONGEST: usize = 200;

/// The first of several alternatives; the others are read over.
fn alternatives(rest: &mut Rest<'_>, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let first = sequence(rest, depth)?;
    while rest.next_if_eq(&'|').is_some() {
        sequence(rest, depth)?;
    }
    Some(first)
}

fn sequence(rest: &mut Rest<'_>, depth: usize) -> Option<String> {
    let mut made = String::new();
    while let Some(next) = rest.next_if(|next| !matches!(next, '|' | ')')) {
        let one = match next {
            '^' | '$' => continue,
            '(' => {
                if rest.next_if_eq(&'?').is_some() {
                    rest.next_if_eq(&':')?;
                }
                let inner = alternatives(rest, depth + 1)?;
                rest.next_if_eq(&')')?;
                inner
            }
            '[' => class(rest)?.to_string(),
            '.' => "a".to_owned(),
            '\\' => escaped(rest.next()?)?.to_string(),
            '*' | '+' | '?' | '{' => return None,
            plain => plain.to_string(),
        };
        let times = least(rest)?;
        if made.len() + one.len() * times > LONGEST {
            return None;
        }
        made.push_str(&one.repeat(times));
    }
    Some(made)
}

/// The least number of times that a quantifier asks for. What may be absent is put there once where nothing forbids it.
fn least(rest: &mut Rest<'_>) -> Option<usize> {
    let times = match rest.peek() {
        Some('*' | '?' | '+') => {
            rest.next();
            1
        }
        Some('{') => {
            rest.next();
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            while rest.next_if(|next| *next == ',' || next.is_ascii_digit()).is_some() {}
            rest.next_if_eq(&'}')?;
            digits.parse().ok()?
        }
        _ => 1,
    };
    // Lazy or greedy makes no difference here.
    if times != 1 || rest.peek() == Some(&'?') {
        rest.next_if_eq(&'?');
    }
    Some(times)
}

/// The greatest letter or digit of a class, else its greatest character: what other data has least often.
fn class(rest: &mut Rest<'_>) -> Option<char> {
    if rest.peek() == Some(&'^') {
        return None;
    }
    let mut members = Vec::new();
    loop {
        let from = match rest.next()? {
            ']' if !members.is_empty() => break,
            '[' => return None,
            '\\' => escaped(rest.next()?)?,
            plain => plain,
        };
        members.push(from);
        if rest.peek() == Some(&'-') {
            rest.next();
            match rest.peek()? {
                ']' => members.push('-'),
                _ => members.push(rest.next()?),
            }
        }
    }
    members.iter().copied().filter(char::is_ascii_alphanumeric).max().or_else(|| members.into_iter().max())
}

fn escaped(character: char) -> Option<char> {
    match character {
        'd' => Some('9'),
        'w' => Some('z'),
        's' => Some(' '),
        plain if !plain.is_ascii_alphanumeric() => Some(plain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_patterns() {
        let patterns =
            ["[A-Z]{2}", "[0-9X-]{10,17}", "M[0-9]{5}", "(ordered|paid|shipped|returned)", "\\d{3}-\\w+", "a?b*c+(?:x|y){2,}", "[^a]"];
        let made = patterns.map(text);
        let wanted = ["ZZ", "XXXXXXXXXX", "M99999", "ordered", "999-z", "abcxx"];
        assert_eq!(made[..6].iter().map(|made| made.as_deref().unwrap()).collect::<Vec<_>>(), wanted);
        assert_eq!(made[6], None);
        for (pattern, made) in patterns.iter().zip(&made) {
            if let Some(made) = made {
                assert!(regex_lite::Regex::new(&format!("^(?:{pattern})$")).unwrap().is_match(made), "{pattern} {made}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_text() {
        for pattern in ["(", "a)", "[", "[]", "*a", "a{x}", "(?=a)", "\\b", "(?i)a", "a{9999}", "[[:alpha:]]"] {
            assert_eq!(text(pattern), None, "{pattern}");
        }
        assert_eq!(text(&"(".repeat(10_000)), None);
    }
}
