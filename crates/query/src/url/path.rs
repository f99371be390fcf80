//! The path: which resource is asked for (`rest-dialect.md` 1, 2.3, 2.5).

use std::borrow::Cow;

use serde_json::Value as Json;

use super::percent::{decode_path, unit};
use crate::directory::DirectoryCall;
use crate::error::{Error, ErrorKind};
use crate::info::Info;
use crate::later::Later;

/// What the path names, as written.
#[derive(Clone, Debug)]
pub(crate) enum Resource {
    /// `$catalog…`
    Catalog(CatalogAsk),
    /// `$openapi`
    OpenApi,
    /// A dataclass or one of its entities.
    Data(Target),
    /// `$upload` (14.4)
    Upload,
    /// `$entityset/$release`, `{dc}/$entityset/$release` (11.7): the dataclass named.
    Release(Option<String>),
    /// `$info…`
    Info(Info),
    /// `$directory/…`, `$logout`
    Directory(DirectoryCall),
    /// `$singleton/{Class}/{fn}` (15.1)
    Singleton { class: String, function: String },
    /// Something that a later version serves.
    Later(Later),
}

/// What of the catalog is asked for (8).
#[derive(Clone, Debug)]
pub(crate) enum CatalogAsk {
    /// `$catalog`
    Short,
    /// `$catalog/$all`
    All,
    /// `$catalog/Book,Author`
    Named(Vec<String>),
}

/// A dataclass, or entities of it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) class: String,
    pub(crate) pick: Option<Pick>,
    /// Attribute list of the path, comma separated.
    pub(crate) list: Option<String>,
    /// `$entityset/{id}`
    pub(crate) set: Option<String>,
}

/// Which entity of a dataclass (2.3).
#[derive(Clone, Debug)]
pub(crate) enum Pick {
    /// `Author(7)`, `Author[7]`
    Key(KeyText),
    /// `Book:isbn(978-1)`
    Unique { attribute: String, value: String },
}

/// A key as written.
#[derive(Clone, Debug)]
pub(crate) enum KeyText {
    /// One text: a key of one part, or the JSON array of several.
    Text(String),
    /// `[1,3402]`, read as JSON.
    Parts(Vec<Json>),
}

impl KeyText {
    /// The key for messages and `__KEY`.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Parts(parts) => match parts.as_slice() {
                [Json::String(text)] => Cow::Borrowed(text),
                [part] => Cow::Owned(part.to_string()),
                _ => Cow::Owned(Json::Array(parts.clone()).to_string()),
            },
        }
    }
}

/// Behind `$entityset/`: sets are given up.
const RELEASE: &str = "$release";

/// Parses the raw path behind `/rest/`.
pub(crate) fn parse_path(raw: &str) -> Result<Resource, Error> {
    let mut rest = raw;
    let Some(first) = next_segment(&mut rest)? else {
        return Err(Error::new(ErrorKind::NotFound, 1800, "No dataclass is named. Ask for /rest/$catalog to see them."));
    };
    if starts_with_dollar(first) {
        let name = decode_path(first)?;
        refuse_ampersand(&name)?;
        return reserved(&name, rest);
    }
    let first = decode_path(first)?;
    let (class, pick) = keyed(&first)?;
    let mut target = Target { class: class.to_owned(), pick, list: None, set: None };
    while let Some(segment) = next_segment(&mut rest)? {
        let segment = decode_path(segment)?;
        refuse_ampersand(&segment)?;
        if segment.eq_ignore_ascii_case("$entityset") {
            // An empty ID means "no entity set" (2.5).
            let Some(id) = next_segment(&mut rest)?.map(decode_path).transpose()? else { continue };
            refuse_ampersand(&id)?;
            let is_alone = target.pick.is_none() && target.list.is_none() && target.set.is_none();
            if is_alone && id.eq_ignore_ascii_case(RELEASE) && rest.bytes().all(|byte| byte == b'/') {
                return Ok(Resource::Release(Some(target.class)));
            }
            if target.set.replace(id).is_some() {
                return Err(Error::new(ErrorKind::Malformed, 1806, "One entity set can be named in the path."));
            }
            continue;
        }
        target.list = Some(match target.list.take() {
            Some(list) => list + "," + &segment,
            None => segment,
        });
    }
    Ok(Resource::Data(target))
}

/// `$catalog` and everything else whose first segment begins with `$`.
fn reserved(name: &str, mut rest: &str) -> Result<Resource, Error> {
    let second = next_segment(&mut rest)?.map(decode_path).transpose()?;
    if let Some(second) = &second {
        refuse_ampersand(second)?;
    }
    if name.eq_ignore_ascii_case("$catalog") {
        if let Some(extra) = next_segment(&mut rest)? {
            let message = format!("\"{}\" is no part of the catalog", decode_path(extra)?);
            return Err(Error::new(ErrorKind::NotFound, 1800, message));
        }
        return Ok(Resource::Catalog(match second {
            None => CatalogAsk::Short,
            Some(all) if all.eq_ignore_ascii_case("$all") => CatalogAsk::All,
            Some(names) => CatalogAsk::Named(names.split(',').map(|name| name.trim().to_owned()).collect()),
        }));
    }
    if name.eq_ignore_ascii_case("$openapi") {
        return match second {
            None => Ok(Resource::OpenApi),
            Some(extra) => Err(Error::new(ErrorKind::NotFound, 1800, format!("\"{extra}\" is no part of $openapi"))),
        };
    }
    if name.eq_ignore_ascii_case("$upload") && second.is_none() {
        return Ok(Resource::Upload);
    }
    let is_release = second.as_deref().is_some_and(|second| second.eq_ignore_ascii_case(RELEASE));
    if name.eq_ignore_ascii_case("$entityset") && is_release && rest.bytes().all(|byte| byte == b'/') {
        return Ok(Resource::Release(None));
    }
    if name.eq_ignore_ascii_case("$info") {
        return Info::of(second.as_deref()).map(Resource::Info);
    }
    if name.eq_ignore_ascii_case("$directory") {
        return DirectoryCall::of(second.as_deref()).map(Resource::Directory);
    }
    if name.eq_ignore_ascii_case("$logout") {
        return Ok(Resource::Directory(DirectoryCall::Logout));
    }
    if name.eq_ignore_ascii_case("$singleton") {
        let function = next_segment(&mut rest)?.map(decode_path).transpose()?.unwrap_or_default();
        refuse_ampersand(&function)?;
        let class = second.unwrap_or_default();
        // What stands behind the function is no part of its name, so that there is no such function.
        let function = if rest.bytes().all(|byte| byte == b'/') { function } else { String::new() };
        return Ok(Resource::Singleton { class, function });
    }
    Ok(Resource::Later(Later::reserved(name)))
}

fn starts_with_dollar(raw: &str) -> bool {
    !raw.is_empty() && unit(raw.as_bytes(), 0).0 == b'$'
}

/// Parameters written with `/` or `&` but no `?` (2.2): 1807.
fn refuse_ampersand(segment: &str) -> Result<(), Error> {
    if segment.contains('&') || (segment.starts_with('$') && segment.contains('=')) {
        return Err(Error::new(ErrorKind::Malformed, 1807, "The first parameter must stand behind a '?', not behind '/' or '&'."));
    }
    Ok(())
}

/// Cuts the next segment that is not empty off the raw path. A slash inside the quotes of a key does not end it.
pub(crate) fn next_segment<'a>(rest: &mut &'a str) -> Result<Option<&'a str>, Error> {
    *rest = rest.trim_start_matches('/');
    if rest.is_empty() {
        return Ok(None);
    }
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'/' {
        let (byte, length) = unit(bytes, at);
        at += length;
        match byte {
            b'(' => at = after_parenthesis(bytes, at)?,
            b'[' => at = after_bracket(bytes, at)?,
            _ => {}
        }
    }
    let at = at.min(bytes.len());
    let (segment, tail) = rest.split_at(at);
    *rest = tail;
    Ok(Some(segment))
}

/// Behind the key that begins at `at`: a quoted one runs to its quote, any other to the next slash.
fn after_parenthesis(bytes: &[u8], mut at: usize) -> Result<usize, Error> {
    if at >= bytes.len() {
        return Ok(at);
    }
    let (quote, length) = unit(bytes, at);
    if !matches!(quote, b'"' | b'\'') {
        return Ok(at);
    }
    at += length;
    while at < bytes.len() {
        let (byte, length) = unit(bytes, at);
        at += length;
        if byte == quote && at < bytes.len() {
            let (close, length) = unit(bytes, at);
            match close {
                b')' => return Ok(at + length),
                // Several key parts in parentheses: `Place("A",3)`.
                b',' => return Ok(at),
                _ => {}
            }
        }
    }
    Err(missing_quote(quote))
}

/// Behind the bracket that closes the JSON array; at the next slash when there is none.
fn after_bracket(bytes: &[u8], mut at: usize) -> Result<usize, Error> {
    let mut quoted = false;
    while at < bytes.len() {
        if !quoted && bytes[at] == b'/' {
            return Ok(at);
        }
        let (byte, length) = unit(bytes, at);
        at += length;
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted && at < bytes.len() => at += unit(bytes, at).1,
            b']' if !quoted => return Ok(at),
            _ => {}
        }
    }
    if quoted { Err(missing_quote(b'"')) } else { Ok(at) }
}

/// The error for a quote that is never closed (4.2).
pub(super) fn missing_quote(quote: u8) -> Error {
    if quote == b'\'' {
        Error::new(ErrorKind::Malformed, 1808, "A closing ' is missing.")
    } else {
        Error::new(ErrorKind::Malformed, 1809, "A closing \" is missing.")
    }
}

/// Splits `Author(7)`, `Author[7]`, `Book:isbn("978-1")` into dataclass and what picks the entity.
fn keyed(segment: &str) -> Result<(&str, Option<Pick>), Error> {
    let Some(open) = segment.find(['(', '[']) else {
        refuse_ampersand(segment)?;
        return Ok((segment, None));
    };
    let (name, key) = segment.split_at(open);
    refuse_ampersand(name)?;
    let (close, brackets) = if key.starts_with('(') { (')', false) } else { (']', true) };
    let Some(end) = key.rfind(close) else {
        return Err(Error::new(ErrorKind::Malformed, 1806, format!("The key of \"{name}\" is not closed with '{close}'.")));
    };
    if end + 1 != key.len() {
        refuse_ampersand(&key[end + 1..])?;
        return Err(Error::new(ErrorKind::Malformed, 1806, format!("\"{}\" behind the key cannot be understood.", &key[end + 1..])));
    }
    let inner = &key[1..end];
    if let Some((class, attribute)) = name.split_once(':') {
        let value = unquote(if brackets { inner.trim() } else { inner }).to_owned();
        return Ok((class, Some(Pick::Unique { attribute: attribute.to_owned(), value })));
    }
    let key = if brackets { bracket_key(key, inner) } else { KeyText::Text(unquote(inner).to_owned()) };
    Ok((name, Some(Pick::Key(key))))
}

/// The bracket text is a JSON array of key parts; text that is not JSON is one raw string (2.3).
fn bracket_key(whole: &str, inner: &str) -> KeyText {
    if !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_digit()) {
        return KeyText::Text(inner.to_owned());
    }
    match serde_json::from_str::<Vec<Json>>(whole) {
        Ok(parts) => KeyText::Parts(parts),
        Err(_) => KeyText::Text(unquote(inner).to_owned()),
    }
}

/// Removes one pair of enclosing quotes.
fn unquote(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(raw: &str) -> Target {
        match parse_path(raw).unwrap() {
            Resource::Data(target) => target,
            other => panic!("{other:?}"),
        }
    }

    fn key(raw: &str) -> String {
        match target(raw).pick {
            Some(Pick::Key(key)) => key.text().into_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn code(raw: &str) -> i64 {
        parse_path(raw).unwrap_err().code()
    }

    #[test]
    fn keys_in_every_form() {
        for (written, text) in [
            ("Author(7)", "7"),
            ("Author[7]", "7"),
            ("Author%5B7%5D", "7"),
            ("Country(\"FR\")", "FR"),
            ("Country('FR')", "FR"),
            ("Country(FR)", "FR"),
            ("Country[\"FR\"]", "FR"),
            ("Country[%22FR%22]", "FR"),
            ("Country[FR]", "FR"),
            ("Country(\"a/b\")", "a/b"),
            ("Country(%22a/b%22)/name", "a/b"),
            ("Country[\"a/]b\"]/name", "a/]b"),
            ("Country(a%2Fb)", "a/b"),
            ("Country(O'Neil)", "O'Neil"),
            ("Country(a&b)", "a&b"),
            ("Country(C++)", "C++"),
            ("Country[\"say \\\"hi\\\"\"]", "say \"hi\""),
            ("PlaylistTrack[1,3402]", "[1,3402]"),
            ("Country(\"\")", ""),
            ("Country(f(x))", "f(x)"),
        ] {
            assert_eq!(key(written), text, "{written}");
        }
    }

    #[test]
    fn other_attributes() {
        for written in ["Book:isbn(978-1)", "Book:isbn(\"978-1\")", "Book%3Aisbn(%22978-1%22)", "Book:isbn[978-1]"] {
            let target = target(written);
            assert_eq!(target.class, "Book");
            match target.pick {
                Some(Pick::Unique { attribute, value }) => assert_eq!((attribute.as_str(), value.as_str()), ("isbn", "978-1"), "{written}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn sub_resources_in_any_order() {
        for written in ["Book/title,price/$entityset/AB", "Book/$entityset/AB/title,price", "Book//title,price/%24entityset/AB/"] {
            let target = target(written);
            assert_eq!((target.list.as_deref(), target.set.as_deref()), (Some("title,price"), Some("AB")), "{written}");
        }
        assert_eq!(target("Book/applyDiscount/$entityset/").set, None);
        assert!(target("Book/").list.is_none());
    }

    #[test]
    fn releases() {
        for written in ["$entityset/$release", "%24EntitySet/$Release/", "Book/$entityset/$release", "Book//$entityset/%24release//"] {
            let class = match parse_path(written).unwrap() {
                Resource::Release(class) => class,
                other => panic!("{other:?}"),
            };
            assert_eq!(class.is_some(), written.starts_with("Book"), "{written}");
        }
        assert_eq!(target("Book/$entityset/$release/title").set.as_deref(), Some("$release"));
        assert_eq!(code("Book/$entityset/AB/$entityset/CD"), 1806);
    }

    #[test]
    fn malformed_paths() {
        assert_eq!(code("Book/$filter=\"a=1\""), 1807);
        assert_eq!(code("Book&$top=2"), 1807);
        assert_eq!(code("Book(1)&$top=2"), 1807);
        assert_eq!(code("Book(1"), 1806);
        assert_eq!(code("Book[1"), 1806);
        assert_eq!(code("Book(1)x"), 1806);
        assert_eq!(code("Country(\"FR)"), 1809);
        assert_eq!(code("Country('FR)"), 1808);
        assert_eq!(code("Country[\"FR]"), 1809);
        assert_eq!(code("Book%FF"), 1806);
        assert_eq!(code(""), 1800);
        assert_eq!(code("$catalog/$all/x"), 1800);
    }

    #[test]
    fn the_catalog() {
        assert!(matches!(parse_path("$catalog/").unwrap(), Resource::Catalog(CatalogAsk::Short)));
        assert!(matches!(parse_path("%24catalog/$all").unwrap(), Resource::Catalog(CatalogAsk::All)));
        match parse_path("$catalog/Book,Author").unwrap() {
            Resource::Catalog(CatalogAsk::Named(names)) => assert_eq!(names, ["Book", "Author"]),
            other => panic!("{other:?}"),
        }
    }
}
