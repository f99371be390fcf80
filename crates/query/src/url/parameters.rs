//! The parameters behind `?` (`rest-dialect.md` 2.2, 2.4), typed but not yet understood.

use serde_json::Value as Json;

use super::path::missing_quote;
use super::percent::{decode_query, unit};
use crate::error::{Error, ErrorKind};

/// `$method`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Method {
    Update,
    Insert,
    Delete,
    EntitySet,
    SubEntitySet,
    Release,
    Validate,
}

/// Every parameter of the dialect that has an effect here; the ignored ones are read and dropped.
#[derive(Clone, Default, Debug)]
pub(crate) struct Parameters {
    pub(crate) filter: Option<String>,
    pub(crate) params: Option<Json>,
    pub(crate) order_by: Option<String>,
    pub(crate) attributes: Option<String>,
    pub(crate) expand: Option<String>,
    pub(crate) method: Option<Method>,
    pub(crate) skip: Option<u64>,
    /// The smaller of `$top` and `$limit`.
    pub(crate) top: Option<u64>,
    pub(crate) as_array: bool,
    pub(crate) format: Option<String>,
    pub(crate) compute: Option<String>,
    pub(crate) distinct: bool,
    pub(crate) query_plan: bool,
    pub(crate) query_path: bool,
    pub(crate) atomic: bool,
    pub(crate) lock: Option<bool>,
    /// `$stamp`, an extension: what is deleted must have it. Boxed: few requests have it, and all are moved.
    pub(crate) stamp: Option<Box<i64>>,
    /// `$imageformat` (14.1).
    pub(crate) image_format: Option<String>,
    /// `$binary=true` (14.2 to 14.4).
    pub(crate) binary: bool,
    /// `$rawPict`: `true`, or the type of the image (14.3, 14.4); `false` is none.
    pub(crate) raw_pict: Option<String>,
    /// `$extendedAttributes=true`: a body does not make it an update (12.2).
    pub(crate) extended: bool,
    /// `$refresh=true` (19).
    pub(crate) refresh: bool,
    /// `$timeout`, as written: it has a meaning only where something is kept (R5).
    pub(crate) timeout: Option<String>,
    pub(crate) saved_filter: Option<String>,
    pub(crate) saved_order_by: Option<String>,
    pub(crate) sub_order_by: Option<String>,
    pub(crate) clean: bool,
    /// `$logicOperator`, or its older name `$operator`.
    pub(crate) logic_operator: Option<String>,
    pub(crate) other_collection: Option<String>,
}

impl Parameters {
    /// Parses the raw query string.
    pub(crate) fn parse(raw: &str) -> Result<Self, Error> {
        let mut parameters = Self::default();
        // Old pages write `filter` without `$`; it counts when `$filter` is absent (2.2).
        let mut plain_filter = None;
        let (mut top, mut limit) = (None, None);
        let mut old_operator = None;
        let mut rest = raw;
        while !rest.is_empty() {
            let (name, value, tail) = next(rest)?;
            rest = tail;
            if name.is_empty() && value.is_none() {
                continue;
            }
            let lower = name.to_ascii_lowercase();
            let text = || value.clone().unwrap_or_default();
            match lower.as_str() {
                "$filter" => once(&mut parameters.filter, &name, text())?,
                "filter" => once(&mut plain_filter, &name, text())?,
                "$params" => parameters.params = params(&text())?,
                "$orderby" => parameters.order_by = Some(text()),
                "$attributes" => parameters.attributes = Some(text()),
                "$expand" => parameters.expand = Some(text()),
                "$method" => parameters.method = method(&text())?,
                "$skip" => parameters.skip = integer(&name, &text())?,
                "$top" => top = integer(&name, &text())?,
                "$limit" => limit = integer(&name, &text())?,
                "$asarray" => parameters.as_array = boolean(&name, value.as_deref())?,
                "$format" => parameters.format = Some(text()),
                "$compute" => parameters.compute = Some(text()),
                "$distinct" => parameters.distinct = boolean(&name, value.as_deref())?,
                "$queryplan" => parameters.query_plan = boolean(&name, value.as_deref())?,
                "$querypath" => parameters.query_path = boolean(&name, value.as_deref())?,
                "$atomic" | "$atonce" => parameters.atomic |= boolean(&name, value.as_deref())?,
                "$lock" => parameters.lock = Some(boolean(&name, value.as_deref())?),
                "$stamp" => parameters.stamp = integer(&name, &text())?.map(|stamp| Box::new(i64::try_from(stamp).unwrap_or(i64::MAX))),
                "$imageformat" => parameters.image_format = Some(text()),
                "$binary" => parameters.binary = boolean(&name, value.as_deref())?,
                "$rawpict" => parameters.raw_pict = raw_pict(value.as_deref()),
                "$timeout" => parameters.timeout = Some(text()),
                "$extendedattributes" => parameters.extended = boolean(&name, value.as_deref())?,
                "$refresh" => parameters.refresh = boolean(&name, value.as_deref())?,
                "$savedfilter" => parameters.saved_filter = Some(saved(value.as_deref())),
                "$savedorderby" => parameters.saved_order_by = Some(saved(value.as_deref())),
                "$suborderby" => parameters.sub_order_by = Some(text()),
                "$clean" => parameters.clean = boolean(&name, value.as_deref())?,
                "$logicoperator" => parameters.logic_operator = Some(text()),
                "$operator" => old_operator = Some(text()),
                "$othercollection" => parameters.other_collection = Some(text()),
                // Without effect until functions are served; ignored by 2.2 and 19.
                "$version" | "$metadata" | "$progressinfo" | "$emmethod" => {}
                _ if lower.starts_with('$') => {
                    return Err(Error::new(ErrorKind::Malformed, 1811, format!("The keyword \"{name}\" is not known.")));
                }
                _ => {}
            }
        }
        parameters.top = match (top, limit) {
            (Some(top), Some(limit)) => Some(std::cmp::min(top, limit)),
            (one, other) => one.or(other),
        };
        if parameters.filter.is_none() {
            parameters.filter = plain_filter;
        }
        if parameters.logic_operator.is_none() {
            parameters.logic_operator = old_operator;
        }
        Ok(parameters)
    }
}

fn malformed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Malformed, 1806, message)
}

/// A bare `$savedfilter` means `true`, as every bare name does.
fn saved(text: Option<&str>) -> String {
    text.unwrap_or("true").to_owned()
}

/// Two filters are refused: the one that is meant may be the one that protects data (R21).
fn once(filter: &mut Option<String>, name: &str, text: String) -> Result<(), Error> {
    match filter.replace(text) {
        None => Ok(()),
        Some(_) => Err(malformed(format!("{name} is given twice; say which one is meant."))),
    }
}

/// Cuts the next parameter off: its decoded name, its decoded value without enclosing quotes, and what follows.
fn next(raw: &str) -> Result<(String, Option<String>, &str), Error> {
    let end = raw.find('&').unwrap_or(raw.len());
    let Some(equals) = raw[..end].find('=') else {
        // A trailing slash behind a bare name, as behind a quoted value, is a habit of manual examples.
        let name = decode_query(raw[..end].trim_end_matches('/'))?;
        return Ok((name, None, raw.get(end + 1..).unwrap_or_default()));
    };
    let name = decode_query(&raw[..equals])?;
    let bytes = raw.as_bytes();
    let start = equals + 1;
    if start < bytes.len() {
        let (quote, length) = unit(bytes, start);
        if matches!(quote, b'"' | b'\'') {
            let (inner, behind) = closing_quote(bytes, start + length, quote)?;
            let value = decode_query(&raw[start + length..inner])?;
            return Ok((name, Some(value), raw.get(behind..).unwrap_or_default()));
        }
    }
    let value = decode_query(&raw[start..end])?;
    Ok((name, Some(value), raw.get(end + 1..).unwrap_or_default()))
}

/// The quote that closes a value is followed by `&`, by the end, or by one `/` and then these. Answers where the text ends and where
/// the next parameter begins.
fn closing_quote(bytes: &[u8], mut at: usize, quote: u8) -> Result<(usize, usize), Error> {
    while at < bytes.len() {
        let (byte, length) = unit(bytes, at);
        if byte == quote {
            let mut behind = at + length;
            if bytes.get(behind) == Some(&b'/') && bytes.get(behind + 1).is_none_or(|next| *next == b'&') {
                behind += 1;
            }
            if bytes.get(behind).is_none_or(|next| *next == b'&') {
                return Ok((at, behind + 1));
            }
        }
        at += length;
    }
    Err(missing_quote(quote))
}

fn params(text: &str) -> Result<Option<Json>, Error> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match serde_json::from_str::<Json>(text) {
        Ok(json @ (Json::Array(_) | Json::Object(_))) => Ok(Some(json)),
        Ok(_) => Err(malformed("$params must be a JSON array.")),
        Err(error) => Err(malformed(format!("$params is not a JSON array: {error}."))),
    }
}

fn method(text: &str) -> Result<Option<Method>, Error> {
    Ok(Some(match text.trim().to_ascii_lowercase().as_str() {
        "" => return Ok(None),
        "update" => Method::Update,
        "insert" => Method::Insert,
        "delete" => Method::Delete,
        "entityset" => Method::EntitySet,
        "subentityset" => Method::SubEntitySet,
        "release" => Method::Release,
        "validate" => Method::Validate,
        _ => return Err(Error::new(ErrorKind::Malformed, 1812, format!("$method={text} is not known."))),
    }))
}

fn boolean(name: &str, text: Option<&str>) -> Result<bool, Error> {
    match text.map(str::trim) {
        None => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) => Err(malformed(format!("{name} must be true or false, not \"{text}\"."))),
    }
}

/// `$rawPict` bare or `true` says no type; `false` says that it is no image.
fn raw_pict(text: Option<&str>) -> Option<String> {
    match text.map(str::trim) {
        None => Some("true".to_owned()),
        Some(text) if text.eq_ignore_ascii_case("false") => None,
        Some(text) => Some(text.to_owned()),
    }
}

/// `$timeout` in seconds: a whole number from 1 on (11.1).
pub(crate) fn seconds(text: &str) -> Result<u64, Error> {
    match integer("$timeout", text)? {
        Some(seconds) if seconds > 0 => Ok(seconds),
        _ => Err(malformed("$timeout must be a whole number of seconds from 1 on.")),
    }
}

/// Decimal digits.
fn integer(name: &str, text: &str) -> Result<Option<u64>, Error> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed(format!("{name} must be a whole number from 0 on, not \"{text}\".")));
    }
    // More digits than fit mean "all": the ceiling is applied later.
    Ok(Some(text.parse().unwrap_or(u64::MAX).min(i64::MAX as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> Parameters {
        Parameters::parse(raw).unwrap()
    }

    fn filter(raw: &str) -> String {
        parse(raw).filter.unwrap()
    }

    fn code(raw: &str) -> i64 {
        Parameters::parse(raw).unwrap_err().code()
    }

    #[test]
    fn quoted_values_hold_anything() {
        assert_eq!(filter("$filter=\"title = 'a&b'\"&$top=2"), "title = 'a&b'");
        assert_eq!(filter("$filter=%22title%20=%20'a=b?c&d'%22&$top=2"), "title = 'a=b?c&d'");
        assert_eq!(filter("$filter='title = \"Slow\"'"), "title = \"Slow\"");
        assert_eq!(filter("$filter=%27title = %22Slow%22%27"), "title = \"Slow\"");
        assert_eq!(filter("$filter=\"a = 'x'\"/"), "a = 'x'");
        assert_eq!(filter("$filter=\"a = 'x'\"/&$top=1"), "a = 'x'");
        assert_eq!(filter("$filter=\"fullName=O'Neil\""), "fullName=O'Neil");
        assert_eq!(filter("$filter=\"title in [\\\"A\\\",\\\"B\\\"]\"&$top=1"), "title in [\\\"A\\\",\\\"B\\\"]");
    }

    #[test]
    fn unquoted_values_run_to_the_ampersand() {
        assert_eq!(filter("$filter=price>=5"), "price>=5");
        assert_eq!(filter("$filter=title=@art@ AND price >= 2&$top=3"), "title=@art@ AND price >= 2");
        assert_eq!(filter("$filter=title=Slow+Rivers"), "title=Slow Rivers");
        assert_eq!(filter("$filter=title=C%2B%2B"), "title=C++");
        assert_eq!(filter("filter=price>5"), "price>5");
        assert_eq!(filter("filter=price>5&$filter=price>6"), "price>6");
    }

    #[test]
    fn names_in_any_case_and_encoded() {
        assert_eq!(parse("%24TOP=1").top, Some(1));
        assert_eq!(parse("$Limit=5&$tOp=3").top, Some(3));
        assert_eq!(parse("$limit=5&$top=9").top, Some(5));
        assert!(parse("$asArray").as_array);
        assert!(parse("$asArray/").as_array);
        assert!(!parse("$asArray=FALSE").as_array);
        assert!(parse("$atOnce=true").atomic);
        assert_eq!(parse("$method=UPDATE").method, Some(Method::Update));
    }

    #[test]
    fn params_with_and_without_quotes() {
        for raw in ["$params=[1,\"a\"]", "$params='[1,\"a\"]'", "$params=%27%5B1,%22a%22%5D%27"] {
            assert_eq!(parse(raw).params, Some(serde_json::json!([1, "a"])), "{raw}");
        }
        assert_eq!(code("$params=[1"), 1806);
        assert_eq!(code("$params=7"), 1806);
    }

    #[test]
    fn duplicates_and_unknown_names() {
        assert_eq!(parse("$top=1&$top=7").top, Some(7));
        assert_eq!(code("$filter=a=1&$filter=b=2"), 1806);
        assert_eq!(code("$bogus=1"), 1811);
        assert_eq!(code("$method=frobnicate"), 1812);
        assert_eq!(code("$filter=\"a=1"), 1809);
        assert_eq!(code("$filter='a=1"), 1808);
        assert_eq!(code("$top=-1"), 1806);
        assert_eq!(code("$top=ten"), 1806);
        assert_eq!(code("$top="), 1806);
        assert_eq!(code("$asArray=maybe"), 1806);
        assert_eq!(parse("$Stamp=3").stamp.as_deref(), Some(&3));
        assert!(parse("$metadata=full&api-key=x&$progressInfo=1&$version=3&&").filter.is_none());
        assert_eq!(code("$clean=maybe"), 1806);
    }

    #[test]
    fn parameters_of_sets() {
        let set =
            parse("$SavedFilter=\"price < 20\"&$savedorderby&$operator=or&$otherCollection='AB'&$clean&$timeout=60&$suborderby=title");
        assert_eq!((set.saved_filter.as_deref(), set.saved_order_by.as_deref()), (Some("price < 20"), Some("true")));
        assert_eq!((set.logic_operator.as_deref(), set.other_collection.as_deref()), (Some("or"), Some("AB")));
        assert_eq!((set.clean, set.timeout.as_deref(), set.sub_order_by.as_deref()), (true, Some("60"), Some("title")));
        assert_eq!(parse("$logicOperator=and&$operator=or").logic_operator.as_deref(), Some("and"));
        assert_eq!(seconds("7200"), Ok(7200));
        for wrong in ["0", "-5", "1.5", "", "soon"] {
            assert_eq!(seconds(wrong).unwrap_err().code(), 1806, "{wrong}");
        }
    }
}
