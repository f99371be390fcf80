//! Checks of a value at save (`data-model.md` 3.3), in the order mandatory, range, lengths, pattern. Uniqueness needs the database.

use std::cmp::Ordering;
use std::fmt;

use bigdecimal::BigDecimal;

use crate::attribute::{Attribute, Rules, StorageType};
use crate::decimal;
use crate::value::{Value, key_text};

/// A rule of `data-model.md` 3.3 that a value breaks. Prints as one sentence that names the attribute and the rule, never the value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Name of the attribute.
    pub attribute: String,
    /// Which rule.
    pub rule: Rule,
}

/// The rules, with their limits.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are those of data-model.md 3.3")]
pub enum Rule {
    Mandatory,
    MinValue(String),
    MaxValue(String),
    /// Digits in all, digits after the point of an exact decimal.
    Precision(u16, u16),
    MinLength(u32),
    MaxLength(u32),
    Pattern(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{}\" ", self.attribute)?;
        match &self.rule {
            Rule::Mandatory => write!(out, "is mandatory and has no value"),
            Rule::MinValue(limit) => write!(out, "must not be less than {limit}"),
            Rule::MaxValue(limit) => write!(out, "must not be greater than {limit}"),
            Rule::Precision(precision, scale) => write!(out, "must not have more than {precision} digits, {scale} of them after the point"),
            Rule::MinLength(limit) => write!(out, "must have at least {limit} characters"),
            Rule::MaxLength(limit) => write!(out, "must have at most {limit} characters"),
            Rule::Pattern(pattern) => write!(out, "must match the pattern {pattern}"),
        }
    }
}

impl std::error::Error for Broken {}

impl Rules {
    /// A pattern, compiled so that it matches the whole value.
    pub fn compile(pattern: &str) -> Result<regex_lite::Regex, regex_lite::Error> {
        // On its own first: `a)(b` must not close the group that anchors it.
        regex_lite::Regex::new(pattern)?;
        regex_lite::Regex::new(&format!(r"\A(?:{pattern})\z"))
    }
}

/// Checks a value that is about to be saved, after defaults and generated values. Attributes that are not stored have no rules.
///
/// # Errors
/// The first rule that is broken.
pub fn check(attribute: &Attribute, value: &Value) -> Result<(), Broken> {
    let Some(storage) = attribute.storage() else { return Ok(()) };
    let rules = &storage.rules;
    let broken = |rule| Err(Broken { attribute: attribute.name.clone(), rule });
    if value.is_null() {
        return if rules.not_null { broken(Rule::Mandatory) } else { Ok(()) };
    }
    if let Some(least) = rules.min_value.as_ref().filter(|least| compare(value, least) == Some(Ordering::Less)) {
        return broken(Rule::MinValue(text_of(least)));
    }
    if let Some(most) = rules.max_value.as_ref().filter(|most| compare(value, most) == Some(Ordering::Greater)) {
        return broken(Rule::MaxValue(text_of(most)));
    }
    if let (Value::Decimal(number), Some((precision, scale))) = (value, storage.decimal)
        && precision > 0
        && !fits(number, precision, scale)
    {
        return broken(Rule::Precision(precision, scale));
    }
    if let Value::Text(text) = value {
        if let Some(least) = rules.min_length.filter(|least| text.chars().count() < *least as usize) {
            return broken(Rule::MinLength(least));
        }
        // A text has no more characters than bytes, so that most are not counted.
        if let Some(most) = rules.max_length.filter(|most| text.len() > *most as usize && text.chars().count() > *most as usize) {
            return broken(Rule::MaxLength(most));
        }
        if storage.ty == StorageType::String && rules.compiled.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
            return broken(Rule::Pattern(rules.pattern.clone().unwrap_or_default()));
        }
    }
    Ok(())
}

/// Order of two values of one type; `None` when there is none.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) | (Value::Duration(a), Value::Duration(b)) | (Value::Instant(a), Value::Instant(b)) => {
            Some(a.cmp(b))
        }
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(crate::text::compare(a, b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn text_of(value: &Value) -> String {
    let mut scratch = String::new();
    key_text(value.as_cell(&mut scratch))
}

/// At most `scale` digits after the point, at most `precision - scale` before it.
fn fits(number: &BigDecimal, precision: u16, scale: u16) -> bool {
    let text = decimal::canonical(number);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.trim_start_matches('-').trim_start_matches('0');
    fraction.len() <= usize::from(scale) && whole.len() + usize::from(scale) <= usize::from(precision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::{DateForm, IndexKind, Kind, Storage};
    use crate::model::AttrId;

    fn attribute(ty: StorageType, decimal: Option<(u16, u16)>, rules: Rules) -> Attribute {
        Attribute {
            id: AttrId(0),
            name: "rating".into(),
            exposed: true,
            uuid: String::new(),
            read_only: false,
            implicit: false,
            kind: Kind::Storage(Storage {
                ty,
                simple_date: false,
                decimal,
                column: "rating".into(),
                date_form: DateForm::Native,
                generated: false,
                rules,
                index: IndexKind::None,
            }),
        }
    }

    fn rule(attribute: &Attribute, value: Value) -> Option<Rule> {
        check(attribute, &value).err().map(|broken| broken.rule)
    }

    #[test]
    fn numbers() {
        let limits = Rules { not_null: true, min_value: Some(Value::Double(0.0)), max_value: Some(Value::Double(5.0)), ..Rules::default() };
        let rating = attribute(StorageType::Number, None, limits);
        assert_eq!(rule(&rating, Value::Null), Some(Rule::Mandatory));
        assert_eq!(rule(&rating, Value::Double(-0.1)), Some(Rule::MinValue("0".into())));
        assert_eq!(rule(&rating, Value::Double(5.1)), Some(Rule::MaxValue("5".into())));
        assert_eq!((rule(&rating, Value::Double(0.0)), rule(&rating, Value::Double(5.0))), (None, None));
        assert_eq!(check(&rating, &Value::Double(6.0)).unwrap_err().to_string(), "\"rating\" must not be greater than 5");
    }

    #[test]
    fn decimals_have_digits() {
        let price = attribute(StorageType::Number, Some((5, 2)), Rules::default());
        let decimal = |text| Value::Decimal(decimal::parse(text).unwrap());
        for (text, expected) in [
            ("999.99", None),
            ("-999.990", None),
            ("0.01", None),
            ("1000", Some(Rule::Precision(5, 2))),
            ("0.001", Some(Rule::Precision(5, 2))),
        ] {
            assert_eq!(rule(&price, decimal(text)), expected, "{text}");
        }
        assert_eq!(rule(&attribute(StorageType::Number, Some((0, 0)), Rules::default()), decimal("0.001")), None);
    }

    #[test]
    fn texts() {
        let pattern = "[0-9X-]{2,4}|é+";
        let rules = Rules {
            min_length: Some(2),
            max_length: Some(4),
            pattern: Some(pattern.into()),
            compiled: Some(Rules::compile(pattern).unwrap()),
            ..Rules::default()
        };
        let isbn = attribute(StorageType::String, None, rules);
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(rule(&isbn, text("1")), Some(Rule::MinLength(2)));
        assert_eq!(rule(&isbn, text("12345")), Some(Rule::MaxLength(4)));
        assert_eq!(rule(&isbn, text("12a")), Some(Rule::Pattern(pattern.into())));
        assert_eq!(rule(&isbn, text("12\n")), Some(Rule::Pattern(pattern.into())));
        assert_eq!((rule(&isbn, text("12-X")), rule(&isbn, text("éééé")), rule(&isbn, Value::Null)), (None, None, None));
        assert!(Rules::compile("a)(b").is_err());
    }
}
